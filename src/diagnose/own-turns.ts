import { type Clock, elapsedMs } from '../net/clock.ts'

/** How late the timers of this process are, in milliseconds: what it waits for may have come as much sooner. */
export interface OwnTurns {
  /** The latest of those that were due after a moment of the clock. */
  latestSince(start: number): number
  /** The latest of all; watches no more. */
  end(): number
}

const TURN_MS = 10

/** Watches from now on. */
export function watchOwnTurns(clock: Clock): OwnTurns {
  const late: { readonly at: number; readonly ms: number }[] = []
  let due = clock.monotonicMs() + TURN_MS
  let cancel = (): void => {}
  const turn = (): void => {
    const ms = elapsedMs(clock, due)
    if (ms > 0) late.push({ at: due + ms, ms })
    due = clock.monotonicMs() + TURN_MS
    cancel = clock.after(TURN_MS, turn)
  }
  cancel = clock.after(TURN_MS, turn)
  const latestSince = (start: number): number =>
    late.reduce((most, { at, ms }) => (at > start ? Math.max(most, ms) : most), Math.max(0, elapsedMs(clock, due)))
  return {
    latestSince,
    end() {
      cancel()
      return latestSince(Number.NEGATIVE_INFINITY)
    },
  }
}
