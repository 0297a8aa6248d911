import type { Connection } from '../net/serve/connection.ts'
import { microseconds } from './clock.ts'

/** What a command does with items; undefined: neither. */
export type RequestKind = 'read' | 'write' | undefined

/** Requests of a kind, and the microseconds from their arrival to their answer, all together. */
interface Latency {
  requests: number
  micros: number
}

const KILOBYTE = 1024

/**
 * ElastiCache Processing Units of a serverless cache (guide, "Pricing"): a command costs the greater of the items it names
 * and the kilobytes of values it carries, and at least one. Parts of a kilobyte count as such: a value of 3.2 KB costs 3.2.
 * What is over the limit per second waits for the next second: the guide promises "elevated latency and throttling", and no
 * error that clients would have to know.
 */
export class Meter {
  /** ECPUs since the node started. */
  consumed = 0
  /** Commands that had to wait. */
  throttled = 0
  /** Commands served. */
  commands = 0
  readonly reads: Latency = { requests: 0, micros: 0 }
  readonly writes: Latency = { requests: 0, micros: 0 }
  /** ECPUs a second; infinite without a limit. */
  limit: number

  #items = 0
  #bytes = 0
  #second: number
  // Spent in this second; what a single costly command spends beyond the limit is owed in the next.
  #spent = 0
  /** The clients that wait, and since when. */
  readonly #waiting = new Map<Connection, number>()
  #released: Connection | undefined
  #releasedSince = 0
  // The turn of reading that is being served: all its replies leave together, at its end.
  #turnSince = 0
  #turnReads = 0
  #turnWrites = 0

  /** @param now Seconds, of the clock that `tick` follows. */
  constructor(limit: number, now: number) {
    this.limit = limit
    this.#second = now
  }

  /** Notes an item that the command being served names, and the bytes of its value that go over the wire. */
  item(valueBytes: number): void {
    this.#items++
    this.#bytes += valueBytes
  }

  /** What a connection has sent is about to be served; of one that was held, since it was. */
  begin(connection: Connection): void {
    this.#turnSince = connection === this.#released ? this.#releasedSince : microseconds()
    this.#turnReads = 0
    this.#turnWrites = 0
  }

  /** Its answers are on their way. */
  end(): void {
    if (this.#turnReads === 0 && this.#turnWrites === 0) return
    const micros = microseconds() - this.#turnSince
    this.reads.requests += this.#turnReads
    this.reads.micros += this.#turnReads * micros
    this.writes.requests += this.#turnWrites
    this.writes.micros += this.#turnWrites * micros
  }

  /** Ends a command: it costs what has been noted. */
  charge(kind: RequestKind): void {
    this.commands++
    if (kind === 'read') this.#turnReads++
    else if (kind === 'write') this.#turnWrites++
    const ecpus = Math.max(this.#items, this.#bytes / KILOBYTE, 1)
    this.consumed += ecpus
    this.#spent += ecpus
    this.#items = 0
    this.#bytes = 0
    this.#released = undefined
  }

  get exhausted(): boolean {
    return this.#spent >= this.limit
  }

  /** Serves nothing more from a connection until the next second. */
  hold(connection: Connection): void {
    if (connection !== this.#released) this.throttled++
    connection.congested = true
    this.#waiting.set(connection, connection === this.#released ? this.#releasedSince : microseconds())
  }

  /** Moves the meter's time, in seconds; waiting clients are served again, in the order in which they came. */
  tick(now: number): void {
    if (now === this.#second) return
    this.#spent = Math.max(0, this.#spent - this.limit * (now - this.#second))
    this.#second = now
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [connection, since] of waiting) {
      this.#released = connection
      this.#releasedSince = since
      connection.resume()
    }
    this.#released = undefined
  }
}
