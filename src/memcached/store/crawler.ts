import { wordAt } from '../../net/bytes.ts'
import { COLD, FETCHED, HOT, PREVIOUS, TEMP, WARM } from './item.ts'
import type { ItemStore } from './items.ts'
import { count } from './lru.ts'

const LISTS = [HOT, WARM, COLD, TEMP] as const
// The whole index is looked through about once a minute, a part of it with each tick.
const SWEEPS = 240

/** Frees dead items in `classes`, from the cold end of each list; `limit` items per list, or all when 0. */
export function crawl(store: ItemStore, classes: readonly number[], limit: number): void {
  for (const classId of classes) {
    for (const list of LISTS) {
      let item = wordAt(store.lru.tails, classId | list)
      for (let checked = 0; item !== 0 && (limit === 0 || checked < limit); checked++) {
        const previous = store.slabs.word(item, PREVIOUS)
        check(store, item)
        item = previous
      }
    }
  }
}

/** Looks through a part of the index for dead items: the step of a background crawler. */
export class Crawler {
  readonly #store: ItemStore
  #bucket = 0
  readonly #check: (item: number) => void

  constructor(store: ItemStore) {
    this.#store = store
    this.#check = (item) => check(store, item)
  }

  /** Answers whether a new round began. */
  step(): boolean {
    const { table } = this.#store
    const buckets = Math.ceil(2 ** table.power / SWEEPS)
    table.visit(this.#bucket, buckets, this.#check)
    this.#bucket += buckets
    if (this.#bucket < 2 ** table.power) return false
    this.#bucket = 0
    return true
  }
}

function check(store: ItemStore, item: number): void {
  const list = store.lru.listOf(item)
  count(store.listCounters.crawlerItemsChecked, list)
  if (!store.isExpired(item) && !store.isFlushed(item)) return
  count(store.listCounters.crawlerReclaimed, list)
  if (!store.has(item, FETCHED)) count(store.listCounters.expiredUnfetched, list)
  store.unlink(item)
}
