/** Where a node's time comes from: memcached's time has steps of a second, and so has this. */
export interface Clock {
  /** Whole seconds since 1970. */
  now(): number
  /** Calls `step` about once a second, and at once after a jump, until the function it returns is called. */
  everySecond(step: () => void): () => void
}

/** Of a clock that never goes back, to measure how long something takes. */
export const microseconds = (): number => performance.now() * 1000

/** Keeps the process alive, which may have nothing to wait for, until the function it returns is called. */
export function stayAlive(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30)
  return () => clearInterval(timer)
}

/** The machine's own time. The only place of the cache node that reads it. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  everySecond(step) {
    // Four times a second, so that the node's second is never more than a quarter late.
    const timer = setInterval(step, 250)
    timer.unref()
    return () => clearInterval(timer)
  },
}
