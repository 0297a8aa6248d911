import type { Core } from '../core.ts'
import { BadRdb, Loader } from '../rdb/loader.ts'

/** Told how it goes. */
export interface LoadingEvents {
  /** What the node had is no more. */
  emptied(): void
  /** All is in place. @param database The one that the stream goes on in. */
  loaded(database: number): void
  failed(why: string): void
}

/** Has a node have what its primary sends, and nothing else. */
export class Loading {
  readonly #core: Core
  readonly #events: LoadingEvents
  readonly #changed: () => void
  readonly #loader: Loader
  #isBegun = false
  #isOver = false

  /** @param changed Called when commands begin or end to be refused because of it. */
  constructor(core: Core, events: LoadingEvents, changed: () => void) {
    this.#core = core
    this.#events = events
    this.#changed = changed
    this.#loader = new Loader(core, { keepsExpired: true })
  }

  /** Takes bytes, which are the caller's again afterwards. */
  push(bytes: Buffer): void {
    if (this.#isOver) return
    if (!this.#isBegun) this.#begin()
    try {
      this.#loader.feed(Buffer.from(bytes))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** All bytes have come. */
  end(): void {
    if (this.#isOver) return
    try {
      this.#loader.end()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#finish()
    this.#core.log(
      'notice',
      `Done loading RDB, keys loaded: ${this.#loader.loaded}, keys expired: ${this.#loader.expired}.`,
    )
    this.#events.loaded(Number(this.#loader.aux.get('repl-stream-db') ?? 0))
  }

  cancel(): void {
    if (this.#isOver) return
    this.#loader.cancel()
    this.#finish()
  }

  #begin(): void {
    const { keyspace, scripting, log } = this.#core
    this.#isBegun = true
    log('notice', 'MASTER <-> REPLICA sync: Flushing old data')
    keyspace.flush(undefined)
    scripting.functions.clear()
    this.#events.emptied()
    log('notice', 'MASTER <-> REPLICA sync: Loading DB in memory')
    this.#core.loading = 'yes'
    this.#changed()
  }

  #fail(error: unknown): void {
    if (!(error instanceof BadRdb)) throw error
    this.#finish()
    this.#events.failed(error.message)
  }

  #finish(): void {
    this.#isOver = true
    this.#core.loading = 'no'
    this.#changed()
  }
}
