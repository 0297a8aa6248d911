import type { Core } from '../core.ts'
import type { Database } from '../keyspace/database.ts'
import { BadRdb, Loader } from '../rdb/loader.ts'

/** Told how it goes. */
export interface LoadingEvents {
  /** What the node had is no more. */
  emptied(): void
  /** All is in place. @param database The one that the stream goes on in. */
  loaded(database: number): void
  failed(why: string): void
  /** Commands begin or end to be refused because of it. */
  changed(): void
}

/**
 * Has a node have what its primary sends, and nothing else. What comes lies aside until it is whole, while the node goes on with what
 * it had; one that has nothing has it at once, and refuses commands until it is whole.
 */
export class Loading {
  readonly #core: Core
  readonly #events: LoadingEvents
  readonly #loader: Loader
  /** What has come; undefined: it is in its place already. */
  readonly #aside: readonly Database[] | undefined
  readonly #libraries: string[] = []
  /** The marks of what is new, as it began. */
  readonly #marks: number
  #isBegun = false
  #isOver = false

  constructor(core: Core, events: LoadingEvents) {
    this.#core = core
    this.#events = events
    const { databases, marks } = core.keyspace
    this.#marks = marks
    const hasSomething = databases.some(({ keys }) => keys > 0)
    this.#aside = hasSomething ? databases.map((db) => db.another()) : undefined
    this.#loader = new Loader(core, {
      keepsExpired: true,
      library: (source) => this.#libraries.push(source),
      ...(this.#aside && { databases: this.#aside }),
    })
  }

  /** Takes bytes, which are the caller's again afterwards. */
  push(bytes: Buffer): void {
    if (this.#isOver) return
    this.#try(() => {
      if (!this.#isBegun) this.#begin()
      this.#loader.feed(Buffer.from(bytes))
    })
  }

  /** All bytes have come. */
  end(): void {
    if (this.#isOver) return
    this.#try(() => {
      this.#loader.end()
      // Nothing is refused any more afterwards.
      const refused = this.#core.scripting.restoreLibraries(this.#libraries, 'flush')
      if (refused !== undefined) throw new BadRdb(refused)
      if (this.#aside) this.#change(this.#aside)
    })
    if (this.#isOver) return
    this.#finish()
    const { loaded, expired, aux } = this.#loader
    this.#core.log('notice', `Done loading RDB, keys loaded: ${loaded}, keys expired: ${expired}.`)
    this.#events.loaded(Number(aux.get('repl-stream-db') ?? 0))
  }

  /** What has come is forgotten. */
  cancel(): void {
    if (this.#isOver) return
    this.#loader.cancel()
    this.#finish()
    for (const db of this.#aside ?? []) {
      db.clear()
      db.slots?.dispose()
    }
    // A part of it is nothing that anyone has ever had.
    if (!this.#aside && this.#isBegun) this.#core.keyspace.flush(undefined)
  }

  #begin(): void {
    this.#isBegun = true
    this.#core.log('notice', 'MASTER <-> REPLICA sync: Loading DB in memory')
    if (!this.#aside) this.#empty()
    this.#core.loading = this.#aside ? 'aside' : 'yes'
    this.#events.changed()
  }

  #empty(): void {
    this.#core.log('notice', 'MASTER <-> REPLICA sync: Flushing old data')
    this.#core.keyspace.flush(undefined)
    this.#events.emptied()
  }

  /** Puts what has come in its place. */
  #change(aside: readonly Database[]): void {
    const { keyspace } = this.#core
    if (keyspace.marks !== this.#marks) for (const db of aside) db.markAnew()
    this.#empty()
    for (const [id, db] of aside.entries()) keyspace.db(id).takeOver(db)
  }

  #try(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof BadRdb)) throw error
      this.cancel()
      this.#events.failed(error.message)
    }
  }

  #finish(): void {
    this.#isOver = true
    this.#core.loading = 'no'
    this.#events.changed()
  }
}
