/** From two readings of a node, a minute apart, to the values of its metrics. Pure. */
import type { Metric, Minute } from '../families/metric.ts'
import { type Reading, type Readings, read } from '../nodes/readings.ts'

/**
 * @param before The last reading; undefined, or one of another run of the node (it was rebooted or replaced): counters began
 * at zero. So did one that is lower than it was: `stats reset`.
 */
export function minuteOf(readings: Readings, before: Reading | undefined, after: Reading, seconds: number): Minute {
  const base = before && read(before, 'run') === read(after, 'run') ? before : undefined
  return {
    seconds,
    now: (name) => readings.read(after, name),
    grown(name) {
      const value = readings.read(after, name)
      const earlier = base ? readings.read(base, name) : 0
      return value >= earlier ? value - earlier : value
    },
  }
}

/** The values of metrics, in their order; NaN where there is none. */
export function sample(metrics: readonly Metric[], minute: Minute): Float64Array {
  return Float64Array.from(metrics, ({ source }) => source(minute))
}
