import { wordAt } from '../../net/bytes.ts'
import { COLD, HOT, TIME } from './item.ts'
import type { ItemStore } from './items.ts'
import { POOL } from './slabs.ts'

const CLASSES = 64
const PAGES_TO_GIVE = 2
const PAGES_TO_RECLAIM = 2.5
const EVICTED_SHARE = 0.25

/** What was seen of each class in the last seconds, a row of `window` for each. */
interface Window {
  readonly age: Float64Array
  readonly dirty: Uint8Array
  readonly evictedShare: Float64Array
  readonly evicting: Uint8Array
}

/**
 * Decides about pages as memcached does with `slab_automove 1` (slab_automove.c). A class with more than two and a half
 * pages free, and quiet throughout the window, gives one to the pool. Otherwise the class whose coldest items are oldest
 * gives one to the class that evicts the youngest, if that is younger than `ratio` of it and evicts steadily.
 */
export class Automove {
  readonly ratio: number
  readonly #store: ItemStore
  readonly #size: number
  readonly #window: Window
  readonly #evicted = new Float64Array(CLASSES)
  readonly #outOfMemory = new Float64Array(CLASSES)
  readonly #pages = new Int32Array(CLASSES)
  #at = 0

  /** @param window How many decisions it looks back: seconds, as long as there is nothing to do. */
  constructor(store: ItemStore, window: number, ratio: number) {
    this.ratio = ratio
    this.#store = store
    this.#size = window
    const cells = window * CLASSES
    this.#window = {
      age: new Float64Array(cells),
      dirty: new Uint8Array(cells),
      evictedShare: new Float64Array(cells),
      evicting: new Uint8Array(cells),
    }
    for (let id = 1; id < CLASSES; id++) this.#remember(id)
  }

  /** Looks at all classes; the page to move, if there is one. */
  decide(): { from: number; to: number } | undefined {
    const { classes, pagesOf, usedChunks } = this.#store.slabs
    const evictedNow = this.#evictedSinceLast()
    this.#at++
    let [oldest, oldestAge] = [0, 0]
    let [youngest, youngestAge, youngestEvicts] = [0, Number.POSITIVE_INFINITY, false]
    let reclaim = 0
    for (let id = 1; id <= classes.largest && reclaim === 0; id++) {
      const seen = this.#look(id, evictedNow)
      const perPage = wordAt(classes.perPage, id)
      const free = wordAt(pagesOf, id) * perPage - wordAt(usedChunks, id)
      if (free > perPage * PAGES_TO_RECLAIM && seen.dirty === 0) reclaim = id
      if (seen.age > oldestAge && wordAt(pagesOf, id) > PAGES_TO_GIVE) [oldest, oldestAge] = [id, seen.age]
      const evictsOften = seen.evicting > Math.floor(this.#size / 2) || seen.evictedShare / this.#size > EVICTED_SHARE
      if (evictsOften && seen.age < youngestAge) {
        ;[youngest, youngestAge, youngestEvicts] = [id, seen.age, seen.evictingNow]
      }
    }
    for (let id = 1; id < CLASSES; id++) this.#remember(id)
    if (reclaim !== 0) return { from: reclaim, to: POOL }
    const decided = youngest !== 0 && oldest !== 0 && this.#at > this.#size
    if (!decided || !youngestEvicts || youngestAge >= oldestAge * this.ratio) return undefined
    return { from: oldest, to: youngest }
  }

  #evictedSinceLast(): number {
    let total = 0
    for (let id = 1; id < CLASSES; id++) total += this.#evictedOf(id) - wordAt(this.#evicted, id)
    return total
  }

  // Notes what has become of a class since the last decision, in the place of what is a window ago; answers the window.
  #look(id: number, evictedNow: number) {
    const { age, dirty, evictedShare, evicting } = this.#window
    const first = id * this.#size
    const cell = first + (this.#at % this.#size)
    const evicted = this.#evictedOf(id) - wordAt(this.#evicted, id)
    const refused = this.#outOfMemoryOf(id) > wordAt(this.#outOfMemory, id)
    const grew = wordAt(this.#store.slabs.pagesOf, id) > wordAt(this.#pages, id)
    age[cell] = this.#ageOf(id)
    dirty[cell] = evicted > 0 || refused || grew ? 1 : 0
    evictedShare[cell] = evicted > 0 ? evicted / evictedNow : 0
    evicting[cell] = evicted > 0 ? 1 : 0
    const seen = { age: 0, dirty: 0, evictedShare: 0, evicting: 0, evictingNow: evicted > 0 }
    for (let at = first; at < first + this.#size; at++) {
      seen.age += wordAt(age, at)
      seen.dirty += wordAt(dirty, at)
      seen.evictedShare += wordAt(evictedShare, at)
      seen.evicting += wordAt(evicting, at)
    }
    seen.age = Math.floor(seen.age / this.#size)
    return seen
  }

  #remember(id: number): void {
    this.#evicted[id] = this.#evictedOf(id)
    this.#outOfMemory[id] = this.#outOfMemoryOf(id)
    this.#pages[id] = wordAt(this.#store.slabs.pagesOf, id)
  }

  #evictedOf(id: number): number {
    return wordAt(this.#store.listCounters.evicted, id | COLD)
  }

  #outOfMemoryOf(id: number): number {
    return wordAt(this.#store.listCounters.outOfMemory, id | HOT)
  }

  #ageOf(id: number): number {
    const { lru, slabs, now } = this.#store
    const coldest = wordAt(lru.tails, id | COLD)
    return coldest === 0 ? 0 : now - slabs.word(coldest, TIME)
  }
}
