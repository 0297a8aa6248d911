/** What the operations have in common: whose samples are asked for, of which time. */

import { NAMESPACE } from '../../api/catalog/metrics.ts'
import { Fault } from '../../api/faults.ts'
import type { RecordedMetric } from '../metrics/recorder.ts'
import { type Datapoint, periodsOf } from '../metrics/statistics.ts'
import type { Store } from '../store/store.ts'
import type { Dimension, GetMetricStatisticsInput } from './model.ts'

export interface MetricsContext {
  readonly account: string
  /** Milliseconds since the epoch, of the engine's clock. */
  readonly now: number
  /** All metrics of the caller's region. */
  readonly metrics: () => Iterable<RecordedMetric>
}

/** For operations on what is kept of a region. */
export interface CloudWatchContext extends MetricsContext {
  readonly region: string
  readonly store: Store
}

export const MINUTE_MS = 60_000

export function needed(members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === '') {
      throw new Fault('MissingParameter', `The parameter ${name} is required.`)
    }
  }
}

/** Minutes since the epoch, and in a period. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly length: number
}

/**
 * From the minute of StartTime ("rounds down to the nearest whole minute"), EndTime excluded; periods begin at StartTime.
 * The two operations have different codes for the same mistake.
 */
export function spanOf(
  start: Date | undefined,
  end: Date | undefined,
  period: number | undefined,
  code: 'InvalidParameterValue' | 'ValidationError',
  path: string,
): Span {
  const from = start?.getTime() ?? 0
  const to = end?.getTime() ?? 0
  const seconds = period ?? 60
  if (from === to) throw new Fault(code, 'The parameter StartTime must not equal parameter EndTime.')
  if (from > to) throw new Fault(code, 'The parameter StartTime must be less than the parameter EndTime.')
  if (seconds < 1 || (seconds % 60 !== 0 && ![1, 5, 10, 20, 30].includes(seconds))) {
    throw new Fault(code, `The parameter ${path} must be 1, 5, 10, 20, 30 or a multiple of 60.`)
  }
  return {
    from: Math.floor(from / MINUTE_MS),
    to: Math.ceil(to / MINUTE_MS),
    // Metrics of AWS services have a sample a minute: a shorter period holds no more than that.
    length: Math.max(1, seconds / 60),
  }
}

export function find(
  { Namespace, MetricName, Dimensions = [] }: Pick<GetMetricStatisticsInput, 'Namespace' | 'MetricName' | 'Dimensions'>,
  unit: string | undefined,
  { metrics }: MetricsContext,
): RecordedMetric | undefined {
  if (Namespace !== NAMESPACE) return undefined
  for (const metric of metrics()) {
    const isIt = metric.name === MetricName && metric.dimensions.length === Dimensions.length
    if (!isIt || !Dimensions.every((wanted) => hasDimension(metric, wanted))) continue
    return unit === undefined || unit === metric.unit ? metric : undefined
  }
  return undefined
}

/** A filter without a value takes any. */
export const hasDimension = ({ dimensions }: RecordedMetric, wanted: Dimension): boolean =>
  dimensions.some(({ Name, Value }) => Name === wanted.Name && (wanted.Value === undefined || Value === wanted.Value))

export const datapoints = (metric: RecordedMetric, { from, to, length }: Span): Datapoint[] =>
  periodsOf((take) => metric.each(from, to, take), from, length)

export const tokenOf = (next: number): string => Buffer.from(`from:${next}`).toString('base64url')

export function firstOf(token: string | undefined): number {
  if (token === undefined) return 0
  const first = /^from:(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString())?.[1]
  if (first === undefined) throw new Fault('InvalidNextToken', 'The next token specified is invalid.')
  return Number(first)
}
