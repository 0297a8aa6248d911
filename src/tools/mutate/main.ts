/**
 * `npm run mutate -- <room> [file]`: makes one small wrong change after the other in the sources of a room, and tells which of them
 * no test notices. Exit code 1 below the goal, 2 for a room that is none. Never part of the tests: it takes minutes.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EQUIVALENTS } from './equivalents.ts'
import type { Mutant } from './mutants.ts'
import { ROOMS } from './rooms.ts'
import { suspects } from './suspects.ts'
import type { Answer, Question, Survey } from './trial.ts'

const GOAL = 0.9
/** How much longer than without a mutant a test file may take. */
const GRACE = { factor: 2, milliseconds: 10_000 }
const PATIENCE = { factor: 20, visits: 100_000 }

type Verdict = 'killed' | 'endless' | 'survived' | 'unreached'

const [room = '', part = ''] = process.argv.slice(2)
const tests = ROOMS.get(room)?.tests
if (!tests) {
  process.stderr.write(`No room '${room}'. There are: ${[...ROOMS.keys()].join(', ')}.\n`)
  process.exit(2)
}

let judge = await startJudge()
process.once('exit', endJudge)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const surveys = await survey(tests)
if (surveys.every(({ byMutant }) => byMutant.size === 0)) throw new Error(`No test of ${room} reaches its sources.`)
const { mutants } = suspects(room)
const tried = [...mutants.entries()].filter(([, { file }]) => file.includes(part))
const judged: [Mutant, Verdict][] = []
for (const [number, mutant] of tried) {
  if (isEquivalent(mutant)) continue
  const verdict = await tryMutant(number)
  judged.push([mutant, verdict])
  if (verdict === 'survived' || verdict === 'unreached') process.stdout.write(line(mutant, verdict))
}
process.exit(summary() < GOAL ? 1 : 0)

async function survey(files: readonly string[]): Promise<Survey[]> {
  const found: Survey[] = []
  for (const file of files) {
    const directory = mkdtempSync(join(tmpdir(), 'cachectl-mutate-'))
    const started = performance.now()
    const { failed } = await ask({ file, trial: { kind: 'survey', directory } }, 300_000)
    const milliseconds = performance.now() - started
    const notes = readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')))
    rmSync(directory, { recursive: true })
    if (failed.length > 0) throw new Error(`${file} fails without a mutant: ${failed.join('; ')}`)
    const [{ asked = 0, byMutant = [] } = {}] = notes
    found.push({ file, milliseconds, asked, byMutant: new Map(byMutant) })
  }
  return found.sort((a, b) => a.milliseconds - b.milliseconds)
}

async function tryMutant(mutant: number): Promise<Verdict> {
  const reaching = surveys.filter(({ byMutant }) => byMutant.has(mutant))
  for (const { file, milliseconds, asked, byMutant } of reaching) {
    const tests = byMutant.get(mutant) ?? null
    const patience = asked * PATIENCE.factor + PATIENCE.visits
    try {
      const limit = milliseconds * GRACE.factor + GRACE.milliseconds
      const { failed } = await ask({ file, trial: { kind: 'mutant', mutant, tests, patience } }, limit)
      if (failed.length > 0) return 'killed'
    } catch {
      endJudge()
      judge = await startJudge()
      return 'endless'
    }
  }
  return reaching.length > 0 ? 'survived' : 'unreached'
}

/** The judge leads a process group, so that its workers end with it. */
async function startJudge(): Promise<ChildProcess> {
  const file = new URL('judge.ts', import.meta.url)
  const started = fork(file, [room], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await message(started, 60_000)
  return started
}

function endJudge(): void {
  try {
    if (judge.pid) process.kill(-judge.pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function ask(question: Question, limit: number): Promise<Answer> {
  judge.send(question)
  return message(judge, limit) as Promise<Answer> // judges send nothing else
}

function message(from: ChildProcess, limit: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      from.off('message', heard).off('exit', ended)
      act()
    }
    const heard = (text: unknown) => settle(() => resolve(text))
    const ended = () => settle(() => reject(new Error('The judge has ended.')))
    const timer = setTimeout(() => settle(() => reject(new Error('The judge does not answer.'))), limit)
    from.once('message', heard).once('exit', ended)
  })
}

function isEquivalent({ file, context, change }: Mutant): boolean {
  return EQUIVALENTS.some((known) => known.file === file && known.context === context && known.change === change)
}

function line({ file, line, context, change }: Mutant, verdict: Verdict): string {
  return `${verdict.padEnd(9)} ${file}:${line}  ${change}\n          in  ${context}\n`
}

function summary(): number {
  const count = (...verdicts: Verdict[]) => judged.filter(([, verdict]) => verdicts.includes(verdict)).length
  const score = judged.length > 0 ? count('killed', 'endless') / judged.length : 1
  process.stdout.write(
    `${room}: ${(score * 100).toFixed(1)} % of ${judged.length} mutants killed (${count('endless')} by never ending), ` +
      `${count('survived')} survived, ${count('unreached')} reached by no test, ${tried.length - judged.length} equivalent.\n`,
  )
  return score
}
