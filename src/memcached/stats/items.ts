import { wordAt } from '../../net/bytes.ts'
import type { CacheCore } from '../core.ts'
import { has } from '../since.ts'
import { COLD, HOT, TEMP, TIME, WARM } from '../store/item.ts'
import type { ItemStore } from '../store/items.ts'
import type { StatLine } from './lines.ts'

const LISTS = [HOT, WARM, COLD, TEMP] as const

/** `stats items`: each slab class that has items, or has had to refuse one. */
export function itemsStats({ store, settings }: CacheCore): StatLine[] {
  const lines: StatLine[] = []
  const { lru, listCounters: counters } = store
  for (let id = 1; id <= store.slabs.classes.largest; id++) {
    const overLists = (counts: Float64Array | Int32Array): number =>
      LISTS.reduce<number>((total, list) => total + wordAt(counts, id | list), 0)
    const number = overLists(lru.sizes)
    if (number === 0) continue
    const add = (name: string, value: number): void => {
      lines.push([`items:${id}:${name}`, value])
    }
    add('number', number)
    if (settings.lruSegmented) {
      add('number_hot', wordAt(lru.sizes, id | HOT))
      add('number_warm', wordAt(lru.sizes, id | WARM))
      add('number_cold', wordAt(lru.sizes, id | COLD))
      if (settings.tempLru) add('number_temp', wordAt(lru.sizes, id | TEMP))
      add('age_hot', ageOf(store, id | HOT))
      add('age_warm', ageOf(store, id | WARM))
    }
    add('age', ageOf(store, id | COLD))
    add('mem_requested', overLists(lru.bytes))
    add('evicted', overLists(counters.evicted))
    add('evicted_nonzero', overLists(counters.evictedNonzero))
    add('evicted_time', wordAt(counters.evictedTime, id | COLD))
    add('outofmemory', overLists(counters.outOfMemory))
    add('tailrepairs', 0)
    add('reclaimed', overLists(counters.reclaimed))
    add('expired_unfetched', overLists(counters.expiredUnfetched))
    add('evicted_unfetched', overLists(counters.evictedUnfetched))
    if (settings.lruSegmented) add('evicted_active', overLists(counters.evictedActive))
    add('crawler_reclaimed', overLists(counters.crawlerReclaimed))
    add('crawler_items_checked', overLists(counters.crawlerItemsChecked))
    add('lrutail_reflocked', 0)
    if (!settings.lruSegmented) continue
    add('moves_to_cold', overLists(counters.movesToCold))
    add('moves_to_warm', overLists(counters.movesToWarm))
    add('moves_within_lru', overLists(counters.movesWithinLru))
    add('direct_reclaims', overLists(counters.directReclaims))
    add('hits_to_hot', wordAt(counters.hits, id | HOT))
    add('hits_to_warm', wordAt(counters.hits, id | WARM))
    add('hits_to_cold', wordAt(counters.hits, id | COLD))
    add('hits_to_temp', wordAt(counters.hits, id | TEMP))
  }
  return lines
}

function ageOf(store: ItemStore, list: number): number {
  const tail = wordAt(store.lru.tails, list)
  return tail === 0 ? 0 : store.now - store.slabs.word(tail, TIME)
}

const SIZE_STEP = 32

/** `stats sizes`: how many items there are of each size, in steps of 32 bytes. */
export function sizesStats({ store, settings, sizesSince }: CacheCore): StatLine[] {
  if (!settings.trackSizes && has(settings.engineVersion, 'stats sizes_enable')) return [['sizes_status', 'disabled']]
  const counts = new Map<number, number>()
  store.forEach((item) => {
    if (store.cas(item) < sizesSince) return
    const size = Math.ceil(store.sizeOf(item) / SIZE_STEP) * SIZE_STEP
    counts.set(size, (counts.get(size) ?? 0) + 1)
  })
  return [...counts].sort(([a], [b]) => a - b).map(([size, number]) => [String(size), number])
}
