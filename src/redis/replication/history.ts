import { Backlog } from './backlog.ts'

/** The id of no history. */
export const NO_ID = '0'.repeat(40)

/** A place in a history: its id, and how many bytes of it there are up to here. */
export interface Place {
  readonly id: string
  readonly offset: number
}

/**
 * The history of what a node has, as all that share it count it: a primary makes it, replicas repeat it. When a replica becomes a
 * primary it goes on under a new id, and is known by the former one up to where that happened.
 */
export class History {
  id: string
  /** The history that this one went on from, and how far both are the same. */
  former: Place | undefined
  /** What of it can be told again; absent: nothing, and nobody is told. */
  backlog: Backlog | undefined
  readonly #newId: () => string
  #offset = 0

  constructor(newId: () => string) {
    this.#newId = newId
    this.id = newId()
  }

  /** Bytes of it so far. */
  get offset(): number {
    return this.backlog?.end ?? this.#offset
  }

  get place(): Place {
    return { id: this.id, offset: this.offset }
  }

  /** Whether one who has it up to this place can be told the rest. */
  tellsFrom({ id, offset }: Place): boolean {
    const { backlog, former } = this
    if (backlog === undefined) return false
    const isKnown = id === this.id || (id === former?.id && offset <= former.offset)
    return isKnown && offset >= backlog.first && offset <= backlog.end
  }

  /** Begins to keep what can be told again. */
  keep(size: number): Backlog {
    this.backlog ??= new Backlog(size, this.#offset)
    return this.backlog
  }

  /** Nobody is to be told again what there was: what comes is another history. */
  forget(): void {
    this.#offset = this.offset
    this.backlog = undefined
    this.begin()
  }

  /** From here on it is another history, which nobody knows. */
  begin(): void {
    this.id = this.#newId()
    this.former = undefined
  }

  /** From here on it is a history of this node's own; others who know the former one may go on with it. */
  branch(): void {
    this.former = this.place
    this.id = this.#newId()
  }

  /** From here on it is called so: its primary has made it a new one. */
  rename(id: string): void {
    if (id === this.id) return
    this.former = this.place
    this.id = id
  }

  /** It is the one of a primary, of which the node has got all up to this place. */
  adopt({ id, offset }: Place, size: number): void {
    this.id = id
    this.former = undefined
    this.backlog = new Backlog(size, offset)
  }
}
