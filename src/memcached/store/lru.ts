import { wordAt } from '../../net/bytes.ts'
import { META, NEXT, PREVIOUS } from './item.ts'
import type { Slabs } from './slabs.ts'

const LISTS = 256

/** What memcached counts per list (`stats items`). */
export class ListCounters {
  readonly evicted = new Float64Array(LISTS)
  readonly evictedNonzero = new Float64Array(LISTS)
  /** Seconds since the last access of the item evicted last. */
  readonly evictedTime = new Float64Array(LISTS)
  readonly evictedUnfetched = new Float64Array(LISTS)
  readonly evictedActive = new Float64Array(LISTS)
  readonly outOfMemory = new Float64Array(LISTS)
  readonly reclaimed = new Float64Array(LISTS)
  readonly expiredUnfetched = new Float64Array(LISTS)
  readonly crawlerReclaimed = new Float64Array(LISTS)
  readonly crawlerItemsChecked = new Float64Array(LISTS)
  readonly movesToCold = new Float64Array(LISTS)
  readonly movesToWarm = new Float64Array(LISTS)
  readonly movesWithinLru = new Float64Array(LISTS)
  readonly directReclaims = new Float64Array(LISTS)
  readonly hits = new Float64Array(LISTS)

  reset(): void {
    for (const counts of Object.values(this)) if (counts instanceof Float64Array) counts.fill(0)
  }
}

/** Adds one to a per-list or per-class count. */
export function count(counts: Float64Array, list: number, by = 1): void {
  counts[list] = wordAt(counts, list) + by
}

/** The doubly linked lists, one per slab class and temperature; ids are class | HOT, WARM, COLD or TEMP. */
export class LruLists {
  readonly heads = new Int32Array(LISTS)
  readonly tails = new Int32Array(LISTS)
  readonly sizes = new Int32Array(LISTS)
  readonly bytes = new Float64Array(LISTS)
  readonly #slabs: Slabs

  constructor(slabs: Slabs) {
    this.#slabs = slabs
  }

  /** The list an item is on. */
  listOf(item: number): number {
    return (this.#slabs.word(item, META) >>> 8) & 255
  }

  setList(item: number, list: number): void {
    this.#slabs.setWord(item, META, (this.#slabs.word(item, META) & ~0xff00) | (list << 8))
  }

  /** Puts an item of `bytes` at the head of its list. */
  link(item: number, bytes: number): void {
    const slabs = this.#slabs
    const list = this.listOf(item)
    const head = wordAt(this.heads, list)
    slabs.setWord(item, PREVIOUS, 0)
    slabs.setWord(item, NEXT, head)
    if (head === 0) this.tails[list] = item
    else slabs.setWord(head, PREVIOUS, item)
    this.heads[list] = item
    this.sizes[list] = wordAt(this.sizes, list) + 1
    this.bytes[list] = wordAt(this.bytes, list) + bytes
  }

  unlink(item: number, bytes: number): void {
    const slabs = this.#slabs
    const list = this.listOf(item)
    const next = slabs.word(item, NEXT)
    const previous = slabs.word(item, PREVIOUS)
    if (previous === 0) this.heads[list] = next
    else slabs.setWord(previous, NEXT, next)
    if (next === 0) this.tails[list] = previous
    else slabs.setWord(next, PREVIOUS, previous)
    this.sizes[list] = wordAt(this.sizes, list) - 1
    this.bytes[list] = wordAt(this.bytes, list) - bytes
  }

  /** Puts `to`, a copy of `item`, in its place on its list. */
  replace(item: number, to: number): void {
    const slabs = this.#slabs
    const list = this.listOf(item)
    const next = slabs.word(item, NEXT)
    const previous = slabs.word(item, PREVIOUS)
    if (previous === 0) this.heads[list] = to
    else slabs.setWord(previous, NEXT, to)
    if (next === 0) this.tails[list] = to
    else slabs.setWord(next, PREVIOUS, to)
  }

  /** Moves an item to the head of another list of its class, or of its own. */
  move(item: number, list: number, bytes: number): void {
    this.unlink(item, bytes)
    this.setList(item, list)
    this.link(item, bytes)
  }
}
