import { looks } from '../../src/cli/commands/diagnose/discover.ts'
import { judgeEvidence } from '../../src/diagnose/causes/index.ts'
import { expectedOf } from '../../src/diagnose/causes/list.ts'
import { type ExamineOptions, examine } from '../../src/diagnose/doctor.ts'
import type { Place } from '../../src/diagnose/evidence.ts'
import { familiesOf } from '../../src/diagnose/family-lacking.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import { PREFERENCES } from '../../src/diagnose/preference.ts'
import { isAsPromised, tryPlace } from '../../src/diagnose/preference-trial.ts'
import { type ProbeEvent, probe } from '../../src/diagnose/probe.ts'
import { type ProbeReport, probeReport } from '../../src/diagnose/report.ts'
import { exitCode } from '../../src/diagnose/statistics.ts'
import { endpoint } from '../../src/net/target.ts'
import { onStage, type Scenario } from './scenario.ts'

/** Whether each of the tools is content with what it looks at. Absent: there is nothing for it to look at. */
export interface Verdicts {
  /** What the doctor says, notes included. */
  readonly doctor: readonly Finding[]
  readonly probe: boolean
  /** `probe --protocol`. */
  readonly protocol: boolean
  readonly preference: boolean
  readonly discover?: boolean
  /** All that the single tools say. */
  readonly words: string
}

/** For connections, and for answers of what never gives any. */
const PATIENCE_MS = 1500

/** Lets doctor, probe, preference and discover look at one and the same scenario. */
export const playFourTools = (scenario: Scenario): Promise<Verdicts> =>
  onStage(scenario, async (options) => {
    const [doctor, connected, answered, tried, discovered] = await Promise.all([
      examine(options).then((evidence) => judgeEvidence(evidence)),
      probed(options, false),
      probed(options, true),
      Promise.all(options.places.map((place) => triedAt(place, options))),
      discoveredBy(options),
    ])
    return {
      doctor,
      probe: exitCode(connected) === 0,
      protocol: exitCode(answered) === 0,
      preference: tried.every(isAsPromised),
      ...(discovered && { discover: discovered.verdict.converged }),
      words: JSON.stringify([connected.findings, answered.findings, tried, discovered?.verdict, discovered?.identity]),
    }
  })

async function probed({ places, clusters, names, trust }: ExamineOptions, protocol: boolean): Promise<ProbeReport> {
  const events: ProbeEvent[] = []
  const [cluster] = clusters
  const tls = places.some((place) => place.tls) && { ...trust.get(cluster?.id ?? '') }
  const promised = cluster ? places.map(({ host }) => [host, familiesOf(cluster.networkType)] as const) : []
  const run = probe({
    targets: [...new Set(places.map(({ host, port }) => endpoint(host, port)))],
    count: 3,
    delayMs: 20,
    timeoutMs: PATIENCE_MS,
    measureFloor: false,
    promised: new Map(promised),
    ...(names && { names }),
    ...(protocol && { depth: { protocol: true, ...(tls && { tls }) } }),
  })
  for await (const event of run) events.push(event)
  return probeReport(events)
}

const triedAt = (place: Place, { clusters, trust, names }: ExamineOptions) =>
  tryPlace(place, PREFERENCES, {
    networkType: clusters.find(({ id }) => id === place.cluster)?.networkType,
    trust: trust.get(place.cluster ?? ''),
    names,
    timeoutMs: PATIENCE_MS,
  })

async function discoveredBy({ places, clusters, trust, names }: ExamineOptions) {
  const seed = places.find(({ role }) => role === 'configuration' || role === 'given')
  if (!seed || names) return undefined
  const cluster = clusters.find(({ id }) => id === seed.cluster)
  const expected = cluster && expectedOf(cluster)
  const how = {
    seed,
    timeoutMs: PATIENCE_MS,
    intervalMs: 1,
    ...(seed.tls && { tls: { ...trust.get(seed.cluster ?? '') } }),
    ...(expected && { expected: async () => expected.nodes }),
  }
  for await (const look of looks(how, { poll: how, api: () => expected }, {})) return look
  return undefined
}
