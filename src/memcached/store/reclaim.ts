import { wordAt } from '../../net/bytes.ts'
import { ACTIVE, COLD, EXPTIME, FETCHED, HOT, PREVIOUS, TEMP, TIME, WARM } from './item.ts'
import type { ItemStore } from './items.ts'
import { count } from './lru.ts'
import { ANY } from './slab-mover.ts'

const TAIL_TRIES = 5
const JUGGLES_PER_CLASS = 500
/** `slab_automove 2` */
const FOR_EVICTIONS = 2

/**
 * Works at the tail of one list: reclaims dead items, moves live ones to the list they belong on, and with `evict`
 * takes the coldest. memcached's lru_pull_tail.
 * @param totalBytes Bytes of all lists of the class, for the share that hot and warm may keep.
 * @param maxAge Seconds without access after which hot and warm items turn cold.
 * @returns How many items were freed or moved.
 */
export function pullTail(
  store: ItemStore,
  classId: number,
  list: number,
  totalBytes: number,
  evict: boolean,
  maxAge: number,
): number {
  const { slabs, lru, listCounters } = store
  const id = classId | list
  let item = wordAt(lru.tails, id)
  let done = 0
  for (let tries = TAIL_TRIES; tries > 0 && item !== 0; tries--) {
    const previous = slabs.word(item, PREVIOUS)
    if (item === store.pinned) {
      item = previous
      continue
    }
    if (store.isExpired(item) || store.isFlushed(item)) {
      count(listCounters.reclaimed, id)
      if (!store.has(item, FETCHED)) count(listCounters.expiredUnfetched, id)
      store.unlink(item)
      done++
      item = previous
      continue
    }
    if (list === COLD) {
      if (evict) return done + evictItem(store, item, classId)
      if (store.has(item, ACTIVE) && store.options.lruSegmented) {
        count(listCounters.movesToWarm, id)
        store.clearFlag(item, ACTIVE)
        lru.move(item, classId | WARM, store.sizeOf(item))
        done++
      }
      return done
    }
    if (list === TEMP) return done
    if (store.has(item, ACTIVE)) {
      store.clearFlag(item, ACTIVE)
      done++
      count(list === WARM ? listCounters.movesWithinLru : listCounters.movesToWarm, id)
      lru.move(item, classId | WARM, store.sizeOf(item))
      if (list === HOT) return done
      item = previous
      continue
    }
    const percent = list === HOT ? store.options.hotLruPercent : store.options.warmLruPercent
    const limit = Math.floor((totalBytes * percent) / 100)
    if (wordAt(lru.bytes, id) > limit || store.now - slabs.word(item, TIME) > maxAge) {
      count(listCounters.movesToCold, id)
      lru.move(item, classId | COLD, store.sizeOf(item))
      done++
    }
    return done
  }
  return done
}

function evictItem(store: ItemStore, item: number, classId: number): number {
  if (!store.options.evictToFree) return 0
  const id = classId | COLD
  const { slabs, listCounters } = store
  count(listCounters.evicted, id)
  listCounters.evictedTime[id] = store.now - slabs.word(item, TIME)
  if (slabs.word(item, EXPTIME) !== 0) count(listCounters.evictedNonzero, id)
  if (!store.has(item, FETCHED)) count(listCounters.evictedUnfetched, id)
  if (store.has(item, ACTIVE)) count(listCounters.evictedActive, id)
  store.onEviction?.(item)
  store.unlink(item)
  if (store.options.slabAutomove === FOR_EVICTIONS && store.options.slabReassign) store.mover.start(ANY, classId)
  return 1
}

/** One round of the LRU maintainer: keeps hot and warm within their shares. Bounded, so that no request waits long. */
export function maintain(store: ItemStore): void {
  if (!store.options.lruSegmented) return
  for (let classId = 1; classId <= store.slabs.classes.largest; classId++) {
    if (wordAt(store.slabs.pagesOf, classId) > 0 || classId === store.slabs.classes.largest) juggle(store, classId)
  }
}

function juggle(store: ItemStore, classId: number): void {
  const { lru, options, slabs, now } = store
  for (let round = 0; round < JUGGLES_PER_CLASS; round++) {
    const total =
      wordAt(lru.bytes, classId | HOT) + wordAt(lru.bytes, classId | WARM) + wordAt(lru.bytes, classId | COLD)
    const coldTail = wordAt(lru.tails, classId | COLD)
    const coldAge = coldTail === 0 ? 0 : now - slabs.word(coldTail, TIME)
    const hotAge = Math.floor(coldAge * options.hotMaxFactor)
    const warmAge = Math.floor(coldAge * options.warmMaxFactor)
    let moved = 0
    if (options.tempLru) moved += pullTail(store, classId, TEMP, 0, false, 0)
    moved += pullTail(store, classId, HOT, total, false, hotAge)
    moved += pullTail(store, classId, WARM, total, false, warmAge)
    moved += pullTail(store, classId, COLD, total, false, 0)
    if (moved === 0) break
  }
}

/** Evicts, coldest first in each class, until the items take no more than `bytes`, or refuse to go. */
export function evictTo(store: ItemStore, bytes: number): void {
  for (let before = -1; store.bytes > bytes && store.bytes !== before; ) {
    before = store.bytes
    for (let classId = 1; classId <= store.slabs.classes.largest && store.bytes > bytes; classId++) {
      if (pullTail(store, classId, COLD, 0, true, 0) > 0) continue
      pullTail(store, classId, HOT, 0, false, 0)
      pullTail(store, classId, WARM, 0, false, 0)
      pullTail(store, classId, COLD, 0, true, 0)
    }
  }
}
