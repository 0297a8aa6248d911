import { appendChunk, CHUNK_HEADER_BYTES } from './chunks.ts'
import { CHUNKED, CHUNKS, COLD, HOT, META } from './item.ts'
import type { ItemStore } from './items.ts'
import { count } from './lru.ts'
import { pullTail } from './reclaim.ts'
import { ITEM_HEADER_BYTES, slabClassOf } from './slab-classes.ts'

/** Answers of an allocation that are not items. */
export const TOO_LARGE = -1
const OUT_OF_MEMORY = 0
/** There is room for the item, but not for all chunks of its value: memcached takes those as it reads them. */
export const OUT_OF_CHUNKS = -2

const TRIES = 10

/** A chunk of a class, or 0: reclaims or evicts at its cold end until there is one (do_item_alloc_pull). */
export function pullChunk(store: ItemStore, classId: number): number {
  let tries = 0
  let chunk = 0
  for (; tries < TRIES; tries++) {
    if (!store.options.lruSegmented) pullTail(store, classId, COLD, 0, false, 0)
    chunk = store.slabs.allocate(classId)
    if (chunk !== 0) break
    if (pullTail(store, classId, COLD, 0, true, 0) <= 0) {
      if (!store.options.lruSegmented) break
      pullTail(store, classId, HOT, 0, false, 0)
    }
  }
  if (tries > 0) count(store.listCounters.directReclaims, classId, tries)
  if (chunk === 0) count(store.listCounters.outOfMemory, classId)
  return chunk
}

/** The class of the chunk that holds the header and key of an item whose value lies in others. */
export function headerClass(store: ItemStore, keyLength: number): number {
  const bytes = ITEM_HEADER_BYTES + CHUNK_HEADER_BYTES + keyLength + 1 + 4 + store.casBytes
  return slabClassOf(store.slabs.classes, bytes)
}

/** An item of `total` bytes whose value lies in a chain of chunks. */
export function allocateChunked(store: ItemStore, keyLength: number, valueBytes: number, total: number): number {
  const { slabs, options } = store
  const item = pullChunk(store, headerClass(store, keyLength))
  if (item === 0) return OUT_OF_MEMORY
  slabs.setWord(item, META, keyLength | (slabClassOf(slabs.classes, total) << 8) | CHUNKED)
  slabs.setWord(item, CHUNKS, 0)
  let left = valueBytes
  let last = 0
  while (left > 0) {
    let classId = slabClassOf(slabs.classes, Math.min(left + CHUNK_HEADER_BYTES, options.slabChunkMax))
    let chunk = pullChunk(store, classId)
    // The last chunk is of the class it fits; a full node may have none of those and nothing to evict there.
    if (chunk === 0 && classId !== slabs.classes.largest) {
      classId = slabs.classes.largest
      chunk = pullChunk(store, classId)
    }
    if (chunk === 0) {
      store.free(item)
      return OUT_OF_CHUNKS
    }
    left -= appendChunk(slabs, item, last, chunk, classId, left)
    last = chunk
  }
  return item
}
