/** Statistics of samples over periods, as CloudWatch has them. Pure. */
import { isNameOf } from '../../api/tables.ts'

/** Of one period that has samples. */
export interface Datapoint {
  /** Start of the period, minutes since the epoch. */
  readonly start: number
  /** In the order of the minutes. */
  readonly samples: readonly number[]
}

export type StatisticName = 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Sum'

const total = (samples: readonly number[]): number => samples.reduce((sum, value) => sum + value, 0)

/** Each of samples that there is at least one of. */
export const STATISTICS: Readonly<Record<StatisticName, (samples: readonly number[]) => number>> = {
  Average: (samples) => total(samples) / samples.length,
  Maximum: (samples) => samples.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  Minimum: (samples) => samples.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  SampleCount: (samples) => samples.length,
  Sum: total,
}

/** What computes a statistic by its name: one of the five, or a percentile as `p99` or `p99.9`; undefined: another. */
export function statisticOf(name: string): ((samples: readonly number[]) => number) | undefined {
  if (isNameOf(STATISTICS, name)) return STATISTICS[name]
  const percent = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1] ?? Number.NaN)
  return percent >= 0 && percent <= 100 ? (samples) => percentile(samples, percent) : undefined
}

/** Between the two samples on either side of the rank, linearly. How CloudWatch interpolates is not documented. */
function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const rank = (percent / 100) * (sorted.length - 1)
  const below = sorted[Math.floor(rank)] ?? Number.NaN
  const above = sorted[Math.ceil(rank)] ?? Number.NaN
  return below + (above - below) * (rank - Math.floor(rank))
}

/**
 * Samples gathered by periods of `length` minutes that begin at `from`; periods without any are left out.
 * @param each Calls back with every sample of [from, to), in the order of time.
 */
export function periodsOf(
  each: (take: (minute: number, value: number) => void) => void,
  from: number,
  length: number,
): Datapoint[] {
  const points: { start: number; samples: number[] }[] = []
  each((minute, value) => {
    const start = from + Math.floor((minute - from) / length) * length
    const last = points.at(-1)
    if (last?.start === start) last.samples.push(value)
    else points.push({ start, samples: [value] })
  })
  return points
}
