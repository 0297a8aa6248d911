/** What metrics are made of, whatever the engine: a reading as it is, what a counter has grown by, or what is computed of them. */
import { METRICS, type MetricName, type Unit } from '../../api/catalog/metrics.ts'
import type { HostReading, Readings } from '../nodes/readings.ts'

/** What metrics are computed from. */
export interface Minute<Name extends string = string> {
  /** As it was at the end; NaN: whatever runs the node cannot tell. */
  now(name: Name): number
  /** By how much a counter has grown since the sample before. */
  grown(name: Name): number
  readonly seconds: number
}

type Source<Name extends string> = (minute: Minute<Name>) => number

export interface Metric<Name extends string = string> {
  readonly name: MetricName
  readonly unit: Unit
  readonly source: Source<Name>
}

/** The metrics of all nodes of a kind, and the readings they are computed from. */
export interface MetricSet {
  readonly name: string
  readonly readings: Readings
  readonly metrics: readonly Metric[]
}

export const metric = <Name extends string>(name: MetricName, source: Source<Name>): Metric<Name> => ({
  name,
  unit: METRICS[name],
  source,
})

/** A gauge: as it is when it is looked at. */
export const now =
  <Name extends string>(name: Name): Source<Name> =>
  (minute) =>
    minute.now(name)

/** A counter of the node: what has been added to it in the minute. */
export const counted =
  <Name extends string>(name: Name): Source<Name> =>
  (minute) =>
    minute.grown(name)

export const derived = <Name extends string>(source: Source<Name>): Source<Name> => source

/** Of what cannot happen here. */
export const never = (): number => 0

/** Of what the network of an instance type shapes; nothing shapes traffic here, so that nothing is ever exceeded. */
export const ALLOWANCES: readonly Metric<never>[] = [
  metric('NetworkBandwidthInAllowanceExceeded', never),
  metric('NetworkBandwidthOutAllowanceExceeded', never),
  metric('NetworkPacketsPerSecondAllowanceExceeded', never),
  metric('NetworkConntrackAllowanceExceeded', never),
]

/** Of the cores there are for a node: of an embedded one the single thread it shares with others, of a real one its threads. */
export function cpuUtilization({ grown, now, seconds }: Minute<HostReading>): number {
  return Math.min(100, (100 * grown('cpu_seconds')) / (seconds * now('cpu_cores')))
}

/** The most in a second is never more than in the whole minute: what the last sixty seconds saw may lie before it. */
export function burst<Name extends string>(most: HostReading, total: Name) {
  return ({ now, grown }: Minute<Name | HostReading>): number => Math.min(now(most), grown(total))
}
