/** From two readings of a node, a minute apart, to the values of its metrics. Pure. */
import { type Reading, type ReadingName, read } from '../nodes/readings.ts'

/** What metrics are computed from. */
export interface Minute {
  /** As it was at the end; NaN: whatever runs the node cannot tell. */
  now(name: ReadingName): number
  /** By how much a counter has grown since the sample before. */
  grown(name: ReadingName): number
  readonly seconds: number
}

export type Source = (minute: Minute) => number

/** A gauge: as it is when it is looked at. */
export const now =
  (name: ReadingName): Source =>
  (minute) =>
    minute.now(name)

/** A counter of the node: what has been added to it in the minute. */
export const counted =
  (name: ReadingName): Source =>
  (minute) =>
    minute.grown(name)

export const derived = (source: Source): Source => source

/**
 * @param before The last reading; undefined, or one of another run of the node (it was rebooted or replaced): counters began
 * at zero. So did one that is lower than it was: `stats reset`.
 */
export function minuteOf(before: Reading | undefined, after: Reading, seconds: number): Minute {
  const base = before && read(before, 'run') === read(after, 'run') ? before : undefined
  return {
    seconds,
    now: (name) => read(after, name),
    grown(name) {
      const value = read(after, name)
      const earlier = base ? read(base, name) : 0
      return value >= earlier ? value - earlier : value
    },
  }
}

/** The values of metrics, in their order; NaN where there is none. */
export function sample(metrics: readonly { readonly source: Source }[], minute: Minute): Float64Array {
  return Float64Array.from(metrics, ({ source }) => source(minute))
}
