import { soon } from '../../net/clock.ts'
import { Automove } from './automove.ts'
import type { ItemStore } from './items.ts'
import { POOL } from './slabs.ts'

// Chunks looked at between two turns of the event loop: a third of a millisecond when all of them have to be copied.
const CHUNKS_PER_STEP = 500
/** `slab_automove 1`: by ages and evictions; 2, a page for every eviction, is the store's own doing. */
const BY_AGE = 1

/** Decides once a second whether a page moves, and moves pages in small steps between requests. */
export class Rebalancer {
  readonly #store: ItemStore
  #automove: Automove | undefined
  #second: number
  #under = false
  #stopped = false
  readonly #step: () => void

  constructor(store: ItemStore) {
    this.#store = store
    this.#second = store.now
    this.#step = () => this.#run()
    store.mover.onStart = () => this.#soon()
  }

  /** To be called at least once a second. */
  tick(): void {
    const { mover, options, now } = this.#store
    if (mover.running) {
      // Something in the page had to be waited for.
      this.#soon()
      return
    }
    if (options.slabAutomove !== BY_AGE || now === this.#second) return
    this.#second = now
    this.#decide()
  }

  /** Moves nothing any more. */
  stop(): void {
    this.#stopped = true
  }

  // A page for the pool may be followed by others at once, as memcached has it.
  #decide(): void {
    const { options, mover } = this.#store
    if (this.#automove?.ratio !== options.slabAutomoveRatio) {
      this.#automove = new Automove(this.#store, options.slabAutomoveWindow, options.slabAutomoveRatio)
    }
    const move = this.#automove.decide()
    if (move !== undefined) mover.start(move.from, move.to)
  }

  #soon(): void {
    if (this.#under || this.#stopped) return
    this.#under = true
    soon(this.#step)
  }

  #run(): void {
    this.#under = false
    if (this.#stopped) return
    const { mover, options } = this.#store
    if (mover.step(CHUNKS_PER_STEP)) this.#soon()
    else if (!mover.running && mover.target === POOL && options.slabAutomove === BY_AGE) this.#decide()
  }
}
