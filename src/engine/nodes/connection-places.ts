import type { Places } from '../../net/serve/server.ts'

// Files the engine needs itself: its code and records, listeners, threads, clients of its API. Without them no client could
// find out what is wrong, or delete a cluster.
const OWN_FILES = 100

/**
 * How many connections all embedded nodes may have together, for each is an open file of the one process they share.
 * Undefined: as many as the nodes themselves allow.
 */
export function connectionLimit(fileLimit: number | undefined): number | undefined {
  return fileLimit === undefined ? undefined : Math.max(1, fileLimit - OWN_FILES)
}

/**
 * The connections of all worker threads, counted in memory they share. Beyond the limit a node answers as over its own
 * maximum; left to the system, an accept would fail, and the engine's next file too.
 */
export class ConnectionPlaces {
  readonly buffer: SharedArrayBuffer
  readonly #limit: number
  readonly #taken: Int32Array

  /** @param threads How many count; as many as the buffer was made for. */
  constructor(limit: number, threads: number, buffer = new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#limit = limit
    this.#taken = new Int32Array(buffer)
  }

  /** What one thread's nodes take places with. Two threads at once may both take the last. */
  of(thread: number): Places {
    return {
      take: () => {
        let all = 0
        for (let i = 0; i < this.#taken.length; i++) all += Atomics.load(this.#taken, i)
        if (all >= this.#limit) return false
        Atomics.add(this.#taken, thread, 1)
        return true
      },
      give: () => Atomics.sub(this.#taken, thread, 1),
    }
  }

  /** A thread has ended, and its connections with it. */
  forget(thread: number): void {
    Atomics.store(this.#taken, thread, 0)
  }
}
