/** Where a node's time comes from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds, with fractions, of a clock that never goes back. */
  monotonicMs(): number
  /** Calls `step` about every `ms` milliseconds, until the function it returns is called. */
  every(ms: number, step: () => void): () => void
  /** Calls `step` once, `ms` from now, unless the function it returns is called before. */
  after(ms: number, step: () => void): () => void
}

/** Keeps the process alive, which may have nothing to wait for, until the function it returns is called. */
export function stayAlive(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30)
  return () => clearInterval(timer)
}

// A timer of Node's holds no more.
const LONGEST_TIMER = 2 ** 31 - 1

/** The machine's own time. The only place of the node that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  every(ms, step) {
    const timer = setInterval(step, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
  after(ms, step) {
    const timer = setTimeout(step, Math.min(ms, LONGEST_TIMER))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
