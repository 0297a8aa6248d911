/**
 * The one file of discovery and diagnosis that asks the machine for the time.
 * Everything else is handed a Clock, so that tests can hold it still.
 */
export interface Clock {
  now(): Date
  /** Milliseconds, with fractions, on a clock that never jumps. Only differences mean anything. */
  monotonicMs(): number
  /** Calls back once, `ms` from now. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  after(ms, callback) {
    // After the sockets have been read: where this process was busy, an answer may have been waiting for longer.
    let late: NodeJS.Immediate | undefined
    const timer = setTimeout(() => {
      late = setImmediate(callback)
    }, ms)
    return () => {
      clearTimeout(timer)
      clearImmediate(late)
    }
  },
}

/** Resolves after `ms`, or as soon as the signal aborts. Leaves neither a timer nor a listener behind. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel()
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    signal?.addEventListener('abort', wake, { once: true })
  })
}

/** Milliseconds since `start` (a `monotonicMs` reading), to the microsecond: finer digits are noise. */
export const elapsedMs = (clock: Clock, start: number): number =>
  Math.round((clock.monotonicMs() - start) * 1000) / 1000

/** Calls `step` in so many milliseconds, unless the process has ended by then. */
export function inMilliseconds(delay: number, step: () => void): void {
  setTimeout(step, delay).unref()
}

/** Calls `step` once what is waiting now has been served. */
export const soon = (step: () => void): void => {
  setImmediate(step)
}
