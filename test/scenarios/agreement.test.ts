import { expect, test } from 'vitest'
import type { Finding } from '../../src/diagnose/finding.ts'
import { complaints, gate, isPlayable, scenarios } from './all.ts'
import { playFourTools, type Verdicts } from './four-tools.ts'
import type { Scenario } from './scenario.ts'

/** What each of the single tools looks at, in the doctor's words: where one of these is found, it is not content. */
const LOOKS_AT = {
  probe: ['D11', 'D12', 'D20', 'D21', 'L01', 'L06', 'R01', 'R02', 'R03', 'R04', 'R05', 'R06', 'R07', 'R08', 'R18'],
  // `version`, asked as clients ask.
  protocol: ['R12', 'R13', 'R14', 'S01', 'S04', 'T01', 'T02', 'T03', 'T05', 'T06', 'T07', 'T08', 'T09', 'T10', 'T12'],
  discover: ['A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'P14'],
} as const

type Tool = keyof Omit<Verdicts, 'doctor' | 'words'>

/** preference asks what `probe --protocol` asks, and both connect first. */
const RULES: Readonly<Record<Tool, readonly string[]>> = {
  probe: LOOKS_AT.probe,
  protocol: [...LOOKS_AT.probe, ...LOOKS_AT.protocol],
  preference: [...LOOKS_AT.probe, ...LOOKS_AT.protocol],
  discover: LOOKS_AT.discover,
}

/** Those that the four tools can look at alike: no name server and no network of the scenario's own. */
const isForAll = ({ namespace, world, dns, hosts, at, cluster }: Scenario): boolean =>
  namespace === undefined &&
  world === undefined &&
  dns === undefined &&
  hosts === undefined &&
  (at ?? cluster?.nodePorts) !== undefined

const playable = scenarios.flatMap((each) => each.scenarios).filter((each) => isForAll(each))

let played: ReadonlyMap<Scenario, Promise<Verdicts>> | undefined
const AT_ONCE = 4
function verdictsOf(scenario: Scenario): Promise<Verdicts> {
  if (!played) {
    const turn = gate(AT_ONCE)
    played = new Map(playable.filter(isPlayable).map((each) => [each, turn(() => playFourTools(each))]))
    // A failure is told by the test that awaits it.
    for (const promise of played.values()) promise.catch(() => {})
  }
  return played.get(scenario) ?? Promise.reject(new Error('it is not played'))
}

const said = (findings: readonly Finding[]): string =>
  findings.map(({ id, sentence }) => `${id} ${sentence}`).join('\n')

test.each(playable.map((scenario) => [scenario.name, scenario] as const))(
  'the tools agree: %s',
  async (_, scenario) => {
    if (!isPlayable(scenario)) return
    const { doctor, words, ...tools } = await verdictsOf(scenario)
    const found = complaints(doctor)
    const told = `${said(doctor)}\n${words}`
    for (const [tool, content] of Object.entries(tools) as [Tool, boolean][]) {
      const broken = found.some(({ id }) => RULES[tool].includes(id))
      if (broken) expect([tool, content], told).toEqual([tool, false])
      // A server without a list is no fault of its own: a note says so, where discover was asked for the list.
      const withoutList = tool === 'discover' && doctor.some(({ id }) => id === 'A01' || id === 'A06')
      if (!content && !withoutList) expect(found, `${tool} is not content, and the doctor is: ${told}`).not.toEqual([])
    }
    // Everything here is on this host: there is no way to it that anything could be lost on.
    if (scenario.cluster === undefined) expect(told).not.toMatch(/security group|on the way/i)
  },
)
