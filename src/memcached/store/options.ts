import type { SlabShape } from './slab-classes.ts'

/** What a store is made with; what is not readonly may change while it is used. */
export interface StoreOptions extends SlabShape {
  /** Bytes of slab pages. */
  memoryLimit: number
  /** Bytes of pages that count as taken though they are not. */
  readonly pagesReckoned: number
  /** Bytes of the largest item with its header (`-I`). */
  readonly maxItemSize: number
  /** false is `-M`: refuse instead of evicting. */
  readonly evictToFree: boolean
  /** false is `-C`: no CAS, 8 bytes less per item. */
  readonly casEnabled: boolean
  /** false: on a segmented LRU, items that never expire stay on the list that is not evicted from. */
  readonly evictUnexpiring: boolean
  lruSegmented: boolean
  hotLruPercent: number
  warmLruPercent: number
  hotMaxFactor: number
  warmMaxFactor: number
  /** Whether items that live no longer than `temporaryTtl` seconds get a list of their own. */
  tempLru: boolean
  temporaryTtl: number
  /** Whether pages may move between slab classes. */
  readonly slabReassign: boolean
  /** slab_automove: 0 is never, 1 by the ages of items and evictions, 2 a page for each eviction. */
  slabAutomove: number
  slabAutomoveRatio: number
  /** Seconds of evictions and ages that are taken into account. */
  readonly slabAutomoveWindow: number
}
