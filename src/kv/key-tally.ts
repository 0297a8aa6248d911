/** Which keys are used most, and which are largest, in a bounded amount of memory. Pure. */

export interface KeyUses {
  readonly key: string
  readonly reads: number
  readonly writes: number
}

/** So many keys are counted one by one; of more, those used least are given up when room is needed. */
const COUNTED = 10_000

/** Counts uses of keys. A key that was given up and comes again begins anew: of keys that are used often, few uses are missed. */
export class KeyTally {
  readonly #keys = new Map<string, { reads: number; writes: number }>()
  readonly #most: number
  #uses = 0

  constructor(most = COUNTED) {
    this.#most = most
  }

  /** All there were. */
  get uses(): number {
    return this.#uses
  }

  add(key: string, use: 'reads' | 'writes'): void {
    this.#uses++
    const known = this.#keys.get(key)
    if (known) {
      known[use]++
      return
    }
    // Half of them at once: sorting is not for every key that is new.
    if (this.#keys.size >= 2 * this.#most)
      for (const { key: few } of this.#sorted().slice(this.#most)) this.#keys.delete(few)
    this.#keys.set(key, { reads: 0, writes: 0, [use]: 1 })
  }

  /** The keys used most, the first most of all. */
  top(count: number): KeyUses[] {
    return this.#sorted().slice(0, count)
  }

  #sorted(): KeyUses[] {
    return [...this.#keys]
      .map(([key, uses]) => ({ key, ...uses }))
      .sort((a, b) => b.reads + b.writes - a.reads - a.writes)
  }
}

/** Keeps the largest of what goes by. */
export class Largest<T extends { readonly bytes: number }> {
  readonly #count: number
  #kept: T[] = []
  #seen = 0

  constructor(count: number) {
    this.#count = count
  }

  get seen(): number {
    return this.#seen
  }

  add(item: T): void {
    this.#seen++
    this.#kept.push(item)
    if (this.#kept.length >= 2 * this.#count + 1000) this.#kept = this.sorted()
  }

  /** The largest first. */
  sorted(): T[] {
    return this.#kept.sort((a, b) => b.bytes - a.bytes).slice(0, this.#count)
  }
}
