// 32 steps for every doubling: a reading is at most 2.2 % off, however long the run.
const STEPS = 32
const LARGEST = 40 * STEPS

/** How long things took, counted in steps that grow with their size. */
export class Latencies {
  readonly #counts = new Uint32Array(LARGEST)
  #count = 0
  #longest = 0

  get count(): number {
    return this.#count
  }

  get longestMs(): number {
    return this.#longest
  }

  add(milliseconds: number): void {
    const step = Math.ceil(Math.log2(Math.max(1, milliseconds * 1000)) * STEPS)
    const at = Math.min(LARGEST - 1, step)
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#count++
    if (milliseconds > this.#longest) this.#longest = milliseconds
  }

  /** Milliseconds that `share` of all (0.99) did not exceed; 0 when there is nothing. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share)
    for (const [step, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0) return Math.min(this.#longest, 2 ** (step / STEPS) / 1000)
    }
    return this.#longest
  }
}
