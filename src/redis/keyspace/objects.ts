import { wordAt } from '../../net/bytes.ts'

/**
 * A value that is too large to be packed: a JavaScript object that keeps what it holds in the arena. It is told from others by the
 * encoding of its entry.
 */
export interface LargeValue {
  /** Bytes that it takes, for MEMORY USAGE; what is in the arena counts for used memory by itself. */
  readonly bytes: number
  /** A value of its own with the same contents. */
  copy(): LargeValue
  /** Gives back up to so many members; answers whether it is done. Nothing else is asked of it from then on. */
  freeSome(members: number): boolean
}

const GROWTH = 1024

/** The large values of a node, by slot: what an entry has for its value. */
export class Objects {
  readonly #values: (LargeValue | undefined)[] = [undefined]
  #vacant = new Int32Array(GROWTH)
  #vacancies = 0

  add(value: LargeValue): number {
    const slot = this.#vacancies > 0 ? wordAt(this.#vacant, --this.#vacancies) : this.#values.length
    this.#values[slot] = value
    return slot
  }

  get(slot: number): LargeValue {
    return this.#values[slot] as LargeValue // slots are named by add() only
  }

  replace(slot: number, value: LargeValue): void {
    this.#values[slot] = value
  }

  /** Forgets a value, which the caller frees. */
  take(slot: number): LargeValue {
    const value = this.get(slot)
    this.#values[slot] = undefined
    if (this.#vacancies === this.#vacant.length) {
      const larger = new Int32Array(2 * this.#vacant.length)
      larger.set(this.#vacant)
      this.#vacant = larger
    }
    this.#vacant[this.#vacancies++] = slot
    return value
  }
}
