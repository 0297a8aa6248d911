import { sameBytes, wordAt } from '../../net/bytes.ts'
import { HASH, HASH_NEXT, META } from './item.ts'
import { ITEM_HEADER_BYTES } from './slab-classes.ts'
import type { Slabs } from './slabs.ts'

const INITIAL_POWER = 16
const GROW_AT = 1.5
// Buckets moved with each insertion while the table grows: enough to finish long before the next growth, few enough
// that no request waits for it.
const BUCKETS_PER_STEP = 8

/** Items by key: chains threaded through the item headers. */
export class HashTable {
  readonly #slabs: Slabs
  #buckets: Int32Array
  #power: number
  #old: Int32Array | undefined
  #moved = 0
  count = 0

  constructor(slabs: Slabs, power = INITIAL_POWER) {
    this.#slabs = slabs
    this.#power = power
    this.#buckets = new Int32Array(1 << power)
  }

  get power(): number {
    return this.#power
  }

  get growing(): boolean {
    return this.#old !== undefined
  }

  /** The item whose key is the `length` bytes of `view` from `start` on, or 0. */
  find(view: DataView, start: number, length: number, hash: number): number {
    const slabs = this.#slabs
    let item = wordAt(this.#table(hash), this.#bucket(hash))
    while (item !== 0) {
      if (slabs.word(item, HASH) === hash && (slabs.word(item, META) & 255) === length) {
        if (sameBytes(view, start, slabs.view(item), slabs.offset(item) + ITEM_HEADER_BYTES, length)) return item
      }
      item = slabs.word(item, HASH_NEXT)
    }
    return 0
  }

  insert(item: number): void {
    const hash = this.#slabs.word(item, HASH)
    const table = this.#table(hash)
    const bucket = this.#bucket(hash)
    this.#slabs.setWord(item, HASH_NEXT, wordAt(table, bucket))
    table[bucket] = item
    this.count++
    if (this.#old !== undefined) this.#moveBuckets(BUCKETS_PER_STEP)
    else if (this.count > this.#buckets.length * GROW_AT) this.#grow()
  }

  remove(item: number): void {
    const slabs = this.#slabs
    const hash = slabs.word(item, HASH)
    const table = this.#table(hash)
    const bucket = this.#bucket(hash)
    let at = wordAt(table, bucket)
    if (at === item) {
      table[bucket] = slabs.word(item, HASH_NEXT)
    } else {
      let next = slabs.word(at, HASH_NEXT)
      while (next !== item) {
        at = next
        next = slabs.word(at, HASH_NEXT)
      }
      slabs.setWord(at, HASH_NEXT, slabs.word(item, HASH_NEXT))
    }
    this.count--
  }

  /** Makes `to`, a copy of `item`, the one that is found in its place. */
  replace(item: number, to: number): void {
    const slabs = this.#slabs
    const hash = slabs.word(item, HASH)
    const table = this.#table(hash)
    const bucket = this.#bucket(hash)
    let at = wordAt(table, bucket)
    if (at === item) {
      table[bucket] = to
      return
    }
    for (let next = slabs.word(at, HASH_NEXT); next !== item; next = slabs.word(at, HASH_NEXT)) at = next
    slabs.setWord(at, HASH_NEXT, to)
  }

  /** Calls `visitor` with the items of some buckets, unless the table is growing; it may remove the item it is given. */
  visit(from: number, buckets: number, visitor: (item: number) => void): void {
    if (this.#old !== undefined) return
    const until = Math.min(from + buckets, this.#buckets.length)
    for (let bucket = from; bucket < until; bucket++) {
      let item = wordAt(this.#buckets, bucket)
      while (item !== 0) {
        const next = this.#slabs.word(item, HASH_NEXT)
        visitor(item)
        item = next
      }
    }
  }

  #table(hash: number): Int32Array {
    const old = this.#old
    return old !== undefined && (hash & (old.length - 1)) >= this.#moved ? old : this.#buckets
  }

  #bucket(hash: number): number {
    const old = this.#old
    if (old !== undefined) {
      const bucket = hash & (old.length - 1)
      if (bucket >= this.#moved) return bucket
    }
    return hash & (this.#buckets.length - 1)
  }

  #grow(): void {
    this.#old = this.#buckets
    this.#moved = 0
    this.#power++
    this.#buckets = new Int32Array(1 << this.#power)
  }

  #moveBuckets(limit: number): void {
    const old = this.#old
    if (old === undefined) return
    const slabs = this.#slabs
    const mask = this.#buckets.length - 1
    const until = Math.min(this.#moved + limit, old.length)
    for (let i = this.#moved; i < until; i++) {
      let item = wordAt(old, i)
      while (item !== 0) {
        const next = slabs.word(item, HASH_NEXT)
        const bucket = slabs.word(item, HASH) & mask
        slabs.setWord(item, HASH_NEXT, wordAt(this.#buckets, bucket))
        this.#buckets[bucket] = item
        item = next
      }
    }
    this.#moved = until
    if (until === old.length) this.#old = undefined
  }
}
