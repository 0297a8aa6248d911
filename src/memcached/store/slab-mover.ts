import { wordAt } from '../../net/bytes.ts'
import { headOf, replaceChunk } from './chunks.ts'
import { FREE, LINKED, META, PART, RETIRED } from './item.ts'
import type { ItemStore } from './items.ts'
import { POOL, pageOf } from './slabs.ts'

/** Any class but the one the page is for, the next in turn each time. */
export const ANY = -1

export type MoveStart = 'started' | 'running' | 'same' | 'unknown class' | 'no spare page'

/**
 * Moves slab pages between classes and the pool, one at a time: what lives in a page is copied to other chunks of its class
 * where there are, and evicted where not. memcached's slab_rebalance_*, in steps between requests instead of a thread, with
 * one difference: a copied item keeps its CAS unique, its place in the LRU and its time, which memcached 1.6.18 renews.
 */
export class SlabMover {
  running = false
  /** Pages moved. */
  moved = 0
  /** Items, and parts of large items, copied out of a page. */
  rescues = 0
  chunkRescues = 0
  /** Items lost, there being no chunk to copy them to. */
  evictions = 0
  /** Chunks of the page met while looking for one to copy to. */
  inlineReclaims = 0
  /** Chunks that had to be waited for: of items not stored yet, their values still arriving. */
  busyItems = 0
  /** Called when a move begins: the caller of `step` is not always the one that begins it. */
  onStart: (() => void) | undefined

  readonly #store: ItemStore
  #from = 0
  #to = 0
  #first = 0
  #at = 0
  #end = 0
  #busy = 0
  #lastPicked = 0

  constructor(store: ItemStore) {
    this.#store = store
  }

  /** Where the page goes, or the last one went. */
  get target(): number {
    return this.#to
  }

  /** Begins to move the page that class `from` has had longest. Nothing has moved until `step` is called. */
  start(from: number, to: number): MoveStart {
    const { slabs } = this.#store
    if (this.running) return 'running'
    if (from === to) return 'same'
    const source = from === ANY ? this.#pick(to) : from
    const known = (id: number): boolean => id >= POOL && id <= slabs.classes.largest
    if (!known(source) || !known(to)) return 'unknown class'
    if (wordAt(slabs.pagesOf, source) < 2) return 'no spare page'
    this.#from = source
    this.#to = to
    if (source === POOL) {
      this.#first = this.#end = 0
    } else {
      const { first, end } = slabs.oldestPage(source)
      this.#first = first
      this.#end = end
    }
    this.#at = this.#first
    this.#busy = 0
    this.running = true
    this.onStart?.()
    return 'started'
  }

  /**
   * Looks at up to `chunks` of the page. Answers whether there is more to do at once; false with `running` still true: some
   * of the page has to be waited for.
   */
  step(chunks: number): boolean {
    if (!this.running) return false
    const units = wordAt(this.#store.slabs.classes.sizes, this.#from) >>> 3
    for (let left = chunks; left > 0 && this.#at < this.#end; left--) {
      this.#clear(this.#at)
      this.#at += units
    }
    if (this.#at < this.#end) return true
    if (this.#busy > 0) {
      this.busyItems += this.#busy
      this.#busy = 0
      this.#at = this.#first
      return false
    }
    this.#store.slabs.reassign(this.#from, this.#to)
    this.moved++
    this.running = false
    return false
  }

  /** Sets what it counts to zero. */
  resetCounts(): void {
    this.moved = 0
    this.rescues = 0
    this.chunkRescues = 0
    this.evictions = 0
    this.inlineReclaims = 0
    this.busyItems = 0
  }

  #clear(chunk: number): void {
    const store = this.#store
    const { slabs } = store
    const meta = slabs.word(chunk, META)
    if (meta === RETIRED) return
    if (meta === FREE) {
      slabs.retireFree(chunk, this.#from)
      return
    }
    const item = (meta & PART) !== 0 ? headOf(slabs, chunk) : chunk
    if (!store.has(item, LINKED)) {
      this.#busy++
      return
    }
    const dead = store.isExpired(item) || store.isFlushed(item)
    const copy = dead ? 0 : this.#spare()
    if (copy === 0) {
      if (!dead) this.evictions++
      store.unlink(item)
      slabs.retireFree(chunk, this.#from)
      return
    }
    if (item === chunk) {
      store.relocate(item, copy)
      this.rescues++
    } else {
      replaceChunk(slabs, chunk, copy)
      this.chunkRescues++
    }
    slabs.retire(chunk, this.#from)
  }

  // A chunk outside of the page. A new page is not taken: then moving one would be pointless.
  #spare(): number {
    const { slabs } = this.#store
    const page = pageOf(this.#first)
    for (;;) {
      const chunk = slabs.reuse(this.#from)
      if (chunk === 0 || pageOf(chunk) !== page) return chunk
      slabs.retire(chunk, this.#from)
      this.inlineReclaims++
    }
  }

  #pick(to: number): number {
    const { classes, pagesOf } = this.#store.slabs
    for (let tries = classes.largest; tries > 0; tries--) {
      this.#lastPicked = (this.#lastPicked % classes.largest) + 1
      if (this.#lastPicked !== to && wordAt(pagesOf, this.#lastPicked) > 1) return this.#lastPicked
    }
    return ANY
  }
}
