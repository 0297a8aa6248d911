const SAMPLES = 16

/** How much of something there was a second of late: the mean of the last samples, as redis' instantaneous metrics. */
export class Rates<Name extends string> {
  readonly #samples = new Map<Name, number[]>()
  readonly #last = new Map<Name, { readonly at: number; readonly count: number }>()

  /** @param at Milliseconds of a clock that never goes back. */
  sample(name: Name, at: number, count: number): void {
    const last = this.#last.get(name)
    this.#last.set(name, { at, count })
    if (last === undefined || at <= last.at) return
    const samples = this.#samples.get(name) ?? []
    samples.push(((count - last.count) * 1000) / (at - last.at))
    if (samples.length > SAMPLES) samples.shift()
    this.#samples.set(name, samples)
  }

  perSecond(name: Name): number {
    const samples = this.#samples.get(name) ?? []
    return samples.length === 0 ? 0 : Math.round(samples.reduce((sum, each) => sum + each, 0) / samples.length)
  }

  reset(): void {
    this.#samples.clear()
    this.#last.clear()
  }
}
