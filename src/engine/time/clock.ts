/** Time as the engine sees it; tests move a manual one. Milliseconds since the epoch. */
export interface Clock {
  now(): number
  /** Calls `wake` once at or after `time`. Returns a function that cancels it. */
  at(time: number, wake: () => void): () => void
}

const LONGEST_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, wake) {
    // setTimeout wraps round beyond 24.8 days; an early wake-up only looks and sleeps again.
    const timer = setTimeout(wake, Math.min(Math.max(0, time - Date.now()), LONGEST_TIMER))
    return () => clearTimeout(timer)
  },
}
