const SECONDS = 60
/** What is counted: bytes in, bytes out, reads, writes. */
const KINDS = 4

export type Traffic = readonly [bytesIn: number, bytesOut: number, packetsIn: number, packetsOut: number]

/** How much a node has moved in each of the last sixty seconds, for the greatest of them. */
export class Bursts {
  readonly #moved = new Float64Array(SECONDS * KINDS)
  readonly #before = new Float64Array(KINDS)
  #second: number

  /** @param now Seconds, of the clock that `tick` follows. */
  constructor(now: number) {
    this.#second = now
  }

  /** @param total Everything moved so far. A second without a look was a quiet one. */
  tick(now: number, total: Traffic): void {
    if (now === this.#second) return
    for (let second = Math.max(this.#second + 1, now - SECONDS + 1); second <= now; second++) {
      this.#moved.fill(0, (second % SECONDS) * KINDS, ((second % SECONDS) + 1) * KINDS)
    }
    this.#second = now
    const at = (now % SECONDS) * KINDS
    for (const [kind, count] of total.entries()) {
      // `stats reset` sets them back to zero.
      this.#moved[at + kind] = Math.max(0, count - (this.#before[kind] ?? 0))
      this.#before[kind] = count
    }
  }

  /** The greatest of each in a single second. */
  get most(): Traffic {
    const most: [number, number, number, number] = [0, 0, 0, 0]
    for (const [at, moved] of this.#moved.entries()) {
      const kind = at % KINDS
      if (moved > (most[kind] ?? 0)) most[kind] = moved
    }
    return most
  }
}
