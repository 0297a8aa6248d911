/** Plays every scenario and prints what the doctor said first: `tsx test/scenarios/table.ts`. Exit code 1: a miss. */
import { causes } from '../../src/diagnose/causes/index.ts'
import { complaints, isPlayable, playAll, replayed, scenarios } from './all.ts'

const all = scenarios.flatMap(({ file, scenarios: own }) => own.map((scenario) => ({ file, scenario })))
const score = { hits: 0, misses: 0, 'false alarms': 0, 'left out': 0 }
const played = playAll(all.map(({ scenario }) => scenario).filter(isPlayable))
const hitRules = new Set<string>()

for (const { file, scenario } of all) {
  const result = isPlayable(scenario) ? judge(scenario.first, await firstOf(scenario)) : 'left out'
  const kind =
    result === 'hit'
      ? 'hits'
      : result === 'left out'
        ? 'left out'
        : result.startsWith('false')
          ? 'false alarms'
          : 'misses'
  score[kind]++
  if (kind === 'hits' && scenario.first) hitRules.add(scenario.first)
  process.stdout.write(`${result.padEnd(22)} ${(scenario.first ?? 'healthy').padEnd(8)} ${file}: ${scenario.name}\n`)
}
const missing = causes.filter(({ id }) => !hitRules.has(id)).map(({ id }) => id)
process.stdout.write(
  `\n${Object.entries(score)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')} of ${all.length}\n`,
)
if (replayed.length > 0) process.stdout.write(`played again, alone: ${replayed.join('; ')}\n`)
process.stdout.write(
  `${hitRules.size} of ${causes.length} causes came first somewhere; never: ${missing.join(', ') || 'none'}\n`,
)
process.exit(score.misses + score['false alarms'] > 0 ? 1 : 0)

async function firstOf(scenario: (typeof all)[number]['scenario']): Promise<string | undefined> {
  return complaints((await played.get(scenario))?.findings ?? [])[0]?.id
}

function judge(expected: string | null, said: string | undefined): string {
  if (expected === null) return said === undefined ? 'hit' : `false alarm ${said}`
  return said === expected ? 'hit' : `miss: ${said ?? 'nothing'}`
}
