import type { ConnectFailure } from '../net/connect-outcome.ts'
import type { ResolveFailure } from '../net/resolve.ts'
import type { Family } from '../net/target.ts'
import type { FamilyLacking } from './family-lacking.ts'
import type { Finding } from './finding.ts'
import type { ProbeAttempt, ProbeEvent } from './probe.ts'
import { judge } from './probe-findings.ts'
import { percentile, type Statistics, statisticsOf } from './statistics.ts'

/** How often, and how, attempts at one address failed. */
export interface FailureCount {
  readonly outcome: ConnectFailure
  readonly count: number
  readonly code?: string
  readonly local?: boolean
  /** Median milliseconds to the failure. */
  readonly ms: number
}

/** Everything about one address of one target. */
export interface ProbeRow extends Statistics {
  readonly target: string
  readonly host: string
  readonly address: string
  readonly family: Family
  readonly port: number
  /** An address of this host. */
  readonly here?: true
  /** Most frequent first. */
  readonly failures: readonly FailureCount[]
}

/** What a probe run found. JSON-able: this is what `--output json` prints. */
export interface ProbeReport {
  /** In the resolver's order: the first row of a host is the address a client takes first. */
  readonly rows: readonly ProbeRow[]
  readonly unresolved: readonly ResolveFailure[]
  /** Names that programs here get one family of, and should get both. */
  readonly lacking?: readonly FamilyLacking[]
  readonly totals: Statistics
  /** Only the families that were probed. */
  readonly families: { readonly 4?: Statistics; readonly 6?: Statistics }
  /** The kernel's own round trips, milliseconds. */
  readonly kernelRtt?: { readonly samples: number; readonly min: number; readonly p50: number; readonly max: number }
  /** What a connection costs in this process when the network costs nothing, milliseconds. */
  readonly floorMs?: number
  /** The worst first. */
  readonly findings: readonly Finding[]
}

/** Judges what a probe reported. Pure; may be called at any moment of a run. */
export function probeReport(events: readonly ProbeEvent[]): ProbeReport {
  const attempts = events.flatMap((event) => (event.type === 'attempt' ? [event.attempt] : []))
  const unresolved = events.flatMap((event) => (event.type === 'unresolved' ? [event.failure] : []))
  const floor = events.find((event) => event.type === 'floor')
  const rows = events.flatMap((event) => (event.type === 'resolved' ? rowsOf(event, attempts) : []))
  const lacking = events.flatMap((event) => (event.type === 'resolved' ? (event.lacking ?? []) : []))
  const perHost = [...new Map(lacking.map((each) => [each.host, each])).values()]
  const ofFamily = (family: Family): ProbeAttempt[] => attempts.filter((attempt) => attempt.family === family)
  const measured = {
    rows,
    unresolved,
    ...(perHost.length > 0 && { lacking: perHost }),
    totals: statisticsOf(attempts),
    families: {
      ...(ofFamily(4).length > 0 && { 4: statisticsOf(ofFamily(4)) }),
      ...(ofFamily(6).length > 0 && { 6: statisticsOf(ofFamily(6)) }),
    },
    ...kernelRtt(attempts),
    ...(floor && { floorMs: floor.ms }),
  }
  return { ...measured, findings: judge(measured) }
}

function kernelRtt(attempts: readonly ProbeAttempt[]): Pick<ProbeReport, 'kernelRtt'> {
  const times = attempts.flatMap(({ kernelMs }) => kernelMs ?? [])
  if (times.length === 0) return {}
  const [min, max] = [Math.min(...times), Math.max(...times)]
  return { kernelRtt: { samples: times.length, min, p50: percentile(times, 50), max } }
}

function rowsOf(
  { target: { target, host, port, addresses }, here = [] }: Extract<ProbeEvent, { type: 'resolved' }>,
  attempts: readonly ProbeAttempt[],
): ProbeRow[] {
  return addresses.map(({ address, family }) => {
    const own = attempts.filter((each) => each.target === target && each.address === address && each.port === port)
    const place = { target, host, address, family, port, ...(here.includes(address) && { here: true as const }) }
    return { ...place, ...statisticsOf(own), failures: countFailures(own) }
  })
}

function countFailures(attempts: readonly ProbeAttempt[]): FailureCount[] {
  const groups = new Map<string, { first: FailureCount; times: number[] }>()
  for (const { outcome, code, local, ms } of attempts) {
    if (outcome === 'connected' || outcome === 'aborted') continue
    const key = `${outcome} ${code} ${local}`
    const first = { outcome, count: 0, ms, ...(code && { code }), ...(local && { local }) }
    const group = groups.get(key) ?? { first, times: [] }
    group.times.push(ms)
    groups.set(key, group)
  }
  return [...groups.values()]
    .map(({ first, times }) => ({ ...first, count: times.length, ms: percentile(times, 50) }))
    .sort((a, b) => b.count - a.count)
}
