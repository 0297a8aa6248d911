import fc from 'fast-check'
import { beforeEach, describe, expect, type RunnerTask, test } from 'vitest'
import { causeOf, judgeEvidence } from '../../src/diagnose/causes/index.ts'
import { forThisHost, programsIn } from '../../src/diagnose/commands-here.ts'
import type { Evidence } from '../../src/diagnose/evidence.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import { complaints, isPlayable, type Played, playAll, scenarios } from './all.ts'
import { apart, isOfOneNode, together } from './pairs.ts'
import type { Scenario } from './scenario.ts'

const everything = scenarios.flatMap((each) => each.scenarios).filter(isPlayable)
const titleOf = ({ name, first }: Scenario): string =>
  `${name}: ${first === null ? 'nothing to complain of' : `${first} first`}`

let played: ReadonlyMap<Scenario, Promise<Played>> | undefined
const lookAt = (scenario: Scenario): Promise<Played> =>
  played?.get(scenario) ?? Promise.reject(new Error('it is not played'))

const TWO_FAULTS = 'of two faults at once the doctor names both first, nine times of ten'
/** Some are played again once all others have ended. */
const ALL_TAKE_AT_MOST_MS = 900_000

// Where only some tests are asked for, the others' scenarios are not played.
beforeEach(({ task }) => {
  if (played) return
  const asked = new Set(task.file.tasks.flatMap(askedFor))
  played = playAll(asked.has(TWO_FAULTS) ? everything : everything.filter((each) => asked.has(titleOf(each))))
})

/** Titles of the tests below that are to run, and of what holds them. */
const askedFor = (task: RunnerTask): string[] => {
  const below = 'tasks' in task ? task.tasks.flatMap(askedFor) : []
  const runs = 'tasks' in task ? below.length > 0 : task.mode === 'run'
  return runs ? [task.name, ...below] : []
}

for (const { file, scenarios: own } of scenarios) {
  describe(`the doctor is right about ${file}`, () => {
    for (const scenario of own) {
      test.skipIf(!isPlayable(scenario))(titleOf(scenario), { timeout: ALL_TAKE_AT_MOST_MS }, async () => {
        const found = complaints((await lookAt(scenario)).findings)
        const told = found.map(({ id, sentence }) => `${id} ${sentence}`).join('\n')
        if (scenario.first === null) expect(told).toBe('')
        else expect(found[0]?.id, told).toBe(scenario.first)
        expect(found.flatMap(faultsOfCommands)).toEqual([])
      })
    }
  })
}

/** Programs that commands may start: the doctor looks for them, and tells of our own where they are not. */
const LOOKED_FOR = new Set(
  (
    'curl date docker getent grep ip ip6tables ip6tables-save iptables iptables-save kill nft nstat ping ps ' +
    'ls sed ss sysctl systemctl tail tc tcpdump timedatectl traceroute ethtool wc head cat mtr'
  ).split(' '),
)

/** What is wrong with what is to be pasted: each trouble comes with a command that shows it, on any host. */
function faultsOfCommands(finding: Finding): string[] {
  const again = 'cachectl doctor shop'
  const told = [finding.evidence, finding.check, finding.fix].flatMap((command) => command ?? [])
  const own = forThisHost({ check: again, ...finding }, () => false, again)
  return [
    ...(finding.evidence === undefined ? ['no command shows it'] : []),
    ...told
      .filter((command) => /<[a-z]|\.\.\.|undefined/.test(command))
      .map((command) => `not to be pasted: ${command}`),
    ...told.flatMap(programsIn).filter((program) => !LOOKED_FOR.has(program)),
    ...[own.evidence, own.check].filter((command) => !command?.startsWith('cachectl ')),
    ...(finding.fix !== undefined && !finding.hint.includes(finding.fix) ? ['the hint lacks its command'] : []),
  ].map((fault) => `${finding.id}: ${fault}`)
}

/** `DOCTOR_PAIRS=2000`: so many, of which the same are drawn each time. */
const PAIRS = Number(process.env.DOCTOR_PAIRS ?? 120)
const SEED = 14

interface Fault {
  readonly name: string
  readonly id: string
  readonly evidence: Evidence
  /** Kinds of signs that it shows by. */
  readonly kinds: readonly string[]
}

/** What the doctor saw of each scenario that it was right about: what it misses alone is told by other tests. */
async function faults(): Promise<Fault[]> {
  const seen = await Promise.all(
    everything.map(async (scenario) => ({ scenario, ...(await lookAt(scenario).catch(() => undefined)) })),
  )
  return seen.flatMap(({ scenario: { name, first }, evidence, findings = [] }) =>
    evidence && first !== null && complaints(findings)[0]?.id === first
      ? [{ name, id: first, evidence, kinds: kindsOf(complaints(findings)[0]) }]
      : [],
  )
}

const kindsOf = (finding: Finding | undefined): string[] => finding?.explains?.map(({ kind }) => kind) ?? []

/** Pairs of unlike faults of which the doctor does not name both among its first two. */
function missed(list: readonly Fault[], join: (a: Evidence, b: Evidence) => Evidence): string[] {
  const pair = fc
    .tuple(fc.constantFrom(...list), fc.constantFrom(...list))
    .filter(([a, b]) => a.id !== b.id && a.evidence.places[0]?.tls === b.evidence.places[0]?.tls)
  return fc.sample(pair, { seed: SEED, numRuns: PAIRS }).flatMap(([a, b]) => {
    const found = complaints(judgeEvidence(join(a.evidence, b.evidence)))
    const ids = [...new Set(found.map(({ id }) => id))].slice(0, 2)
    const first = found.filter(({ id }) => ids.includes(id))
    // Beside nodes that are well a cause may be told more closely: the one that is late is late alone.
    const isNamed = ({ id, kinds }: Fault): boolean =>
      ids.includes(id) || first.some((each) => kindsOf(each).some((kind) => kinds.includes(kind)))
    return isNamed(a) && isNamed(b) ? [] : [`${a.id} ${a.name} and ${b.id} ${b.name}: ${ids.join()}`]
  })
}

/** What is wrong with the API or the list is so for all nodes; what nodes count is held against the others. */
const isAtNode = (id: string): boolean =>
  ['host', 'way', 'node', 'certificate'].includes(causeOf(id)?.seat ?? '') && !COUNTED.test(id)
const COUNTED = /^(N0[6-9]|N10|M0\d)$/

describe(TWO_FAULTS, { timeout: ALL_TAKE_AT_MOST_MS }, () => {
  test('on two clusters', async () => {
    const misses = missed(await faults(), apart)
    expect(misses.length, misses.join('\n')).toBeLessThanOrEqual(PAIRS / 10)
  })

  test('on two nodes of one cluster', async () => {
    const ofNodes = (await faults()).filter(({ id, evidence }) => isOfOneNode(evidence) && isAtNode(id))
    const misses = missed(ofNodes, together)
    expect(misses.length, misses.join('\n')).toBeLessThanOrEqual(PAIRS / 10)
  })
})
