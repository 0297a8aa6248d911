import { soon } from '../../net/clock.ts'
import type { Core } from '../core.ts'
import type { Snapshot } from '../rdb/snapshot.ts'
import type { Replica } from './replica.ts'

/** How long it writes at once while others wait. */
const SLICE_MS = 2
/** A replica that is so far behind is sent no more until it has read some of it. */
const MOST_BEHIND = 4 << 20
/** Until it is looked at again whether it has. */
const PATIENCE_MS = 5
const MARK_DIGITS = 40

/** Sends one replica a snapshot, as it is made; at once where the replica has to know its length before. */
export class FullSync {
  readonly #core: Core
  readonly #replica: Replica
  readonly #snapshot: Snapshot
  readonly #done: () => void
  readonly #mark: string
  /** What is kept until its length is known. */
  readonly #kept: Buffer[] = []
  #isOver = false

  /** @param done Called once all of it is on its way. */
  constructor(core: Core, replica: Replica, snapshot: Snapshot, done: () => void) {
    this.#core = core
    this.#replica = replica
    this.#snapshot = snapshot
    this.#done = done
    this.#mark = Array.from({ length: MARK_DIGITS }, () => Math.floor(core.random() * 16).toString(16)).join('')
    replica.cancel = () => this.#cancel()
    if (replica.greeting.eof) {
      replica.state = 'send_bulk'
      replica.write(Buffer.from(`$EOF:${this.#mark}\r\n`))
    }
    soon(this.#step)
  }

  readonly #step = (): void => {
    if (this.#isOver) return
    const { client, greeting } = this.#replica
    if ((client.connection?.behind ?? 0) > MOST_BEHIND) {
      this.#core.clock.after(PATIENCE_MS, this.#step)
      return
    }
    const piece = this.#snapshot.slice(SLICE_MS)
    if (piece === undefined) {
      this.#end()
      return
    }
    if (greeting.eof) this.#replica.write(piece)
    else this.#kept.push(piece)
    soon(this.#step)
  }

  #end(): void {
    const replica = this.#replica
    this.#isOver = true
    if (replica.greeting.eof) replica.write(Buffer.from(this.#mark))
    else {
      const length = this.#kept.reduce((sum, piece) => sum + piece.length, 0)
      replica.state = 'send_bulk'
      replica.write(Buffer.from(`$${length}\r\n`))
      for (const piece of this.#kept) replica.write(piece)
    }
    this.#done()
  }

  #cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#snapshot.cancel()
  }
}
