/** The time that a verdict may take, shared out among its stages. */
import { linkedAbort } from '../net/abort.ts'
import { systemClock } from '../net/clock.ts'
import type { ExamineOptions } from './doctor.ts'

export interface Shares {
  /** Milliseconds until so much of the whole (of 1) is over, not below 0; undefined: there is no limit. */
  left(share: number): number | undefined
  /** A stage with a signal that aborts when so much of the whole is over. */
  until<T>(share: number, stage: (options: ExamineOptions) => Promise<T>): Promise<T>
}

/** Begins to count. */
export function sharesOf(options: ExamineOptions): Shares {
  const { limitMs, clock = systemClock } = options
  const start = clock.monotonicMs()
  const left = (share: number): number | undefined =>
    limitMs === undefined ? undefined : Math.max(0, start + share * limitMs - clock.monotonicMs())
  return {
    left,
    async until(share, stage) {
      const ms = left(share)
      if (ms === undefined) return stage(options)
      const stop = linkedAbort(options.signal)
      const cancel = clock.after(ms, () => stop.abort())
      try {
        return await stage({ ...options, signal: stop.signal })
      } finally {
        cancel()
        stop.release()
      }
    },
  }
}

/** The waits for a connection, for an answer, and for one that comes late, where nothing else is said. */
const [TIMEOUT_MS, PATIENCE_MS, LATE_MS] = [3500, 2000, 4000]
/** A lost SYN is sent again after 1 s; answers take longer only from the other end of the world. */
const [LEAST_TIMEOUT_MS, LEAST_PATIENCE_MS] = [1300, 500]

type Waits = Pick<ExamineOptions, 'timeoutMs' | 'patienceMs' | 'latePatienceMs'>

/** Waits at addresses that are over in time, one after the other: a connection, an answer, another that is late. */
export function shortened(
  { timeoutMs = TIMEOUT_MS, patienceMs = PATIENCE_MS, latePatienceMs = LATE_MS }: Waits,
  leftMs: number | undefined,
): Required<Waits> {
  const within = (most: number, least: number, share: number): number =>
    leftMs === undefined ? most : Math.min(most, Math.max(least, share * leftMs))
  return {
    timeoutMs: within(timeoutMs, LEAST_TIMEOUT_MS, 0.9),
    patienceMs: within(patienceMs, LEAST_PATIENCE_MS, 0.3),
    latePatienceMs: within(latePatienceMs, LEAST_PATIENCE_MS, 0.5),
  }
}
