/** An entry that was delivered and is not acknowledged. */
export interface Pending {
  consumer: Consumer | undefined
  deliveredAt: number
  deliveries: number
}

/** What is pending, by the id of the entry, in order. */
export class PendingList {
  readonly #byId = new Map<bigint, Pending>()
  /** The same ids in order: most are added behind the last. */
  readonly #ids: bigint[] = []

  get size(): number {
    return this.#ids.length
  }

  get(id: bigint): Pending | undefined {
    return this.#byId.get(id)
  }

  set(id: bigint, pending: Pending): void {
    if (!this.#byId.has(id)) {
      const last = this.#ids.at(-1)
      if (last === undefined || last < id) this.#ids.push(id)
      else this.#ids.splice(this.indexFrom(id), 0, id)
    }
    this.#byId.set(id, pending)
  }

  delete(id: bigint): boolean {
    if (!this.#byId.delete(id)) return false
    this.#ids.splice(this.indexFrom(id), 1)
    return true
  }

  /** The index of the first id from this one on. */
  indexFrom(id: bigint): number {
    let [low, high] = [0, this.#ids.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const between = this.#ids[middle] as bigint // middle < length
      if (between < id) low = middle + 1
      else high = middle
    }
    return low
  }

  /** An id by its index, from the end if that is negative. */
  at(index: number): bigint | undefined {
    return this.#ids.at(index)
  }

  *entries(from = 0n): Generator<readonly [id: bigint, pending: Pending]> {
    for (let index = this.indexFrom(from); index < this.#ids.length; index++) {
      const id = this.#ids[index] as bigint // index < length
      yield [id, this.#byId.get(id) as Pending] // each id has one
    }
  }
}

/** Who reads for a group. */
export interface Consumer {
  readonly name: string
  /** When it was last named, and when it last got something; -1: never. */
  seenAt: number
  activeAt: number
  readonly pending: PendingList
}

/** What a group doesn't know: how many of a stream's entries it has read. */
export const UNKNOWN_READ = -1

/** Consumers that share the entries of a stream. */
export class Group {
  lastId: bigint
  entriesRead: number
  readonly pending = new PendingList()
  readonly consumers = new Map<string, Consumer>()

  constructor(lastId: bigint, entriesRead: number) {
    this.lastId = lastId
    this.entriesRead = entriesRead
  }

  addConsumer(name: string, now: number): Consumer {
    const consumer = { name, seenAt: now, activeAt: -1, pending: new PendingList() }
    this.consumers.set(name, consumer)
    return consumer
  }

  /** In the order in which servers tell them. */
  inOrder(): Consumer[] {
    return [...this.consumers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Gives what is pending to a consumer. */
  assign(id: bigint, pending: Pending, consumer: Consumer): void {
    if (pending.consumer === consumer) return
    pending.consumer?.pending.delete(id)
    pending.consumer = consumer
    consumer.pending.set(id, pending)
  }

  /** Nothing is pending of an entry any more. Answers whether something was. */
  settle(id: bigint): boolean {
    const pending = this.pending.get(id)
    if (pending === undefined) return false
    pending.consumer?.pending.delete(id)
    return this.pending.delete(id)
  }

  removeConsumer(consumer: Consumer): void {
    for (const [id] of consumer.pending.entries()) this.pending.delete(id)
    this.consumers.delete(consumer.name)
  }

  copy(): Group {
    const copied = new Group(this.lastId, this.entriesRead)
    for (const { name, seenAt, activeAt } of this.consumers.values())
      Object.assign(copied.addConsumer(name, seenAt), { activeAt })
    for (const [id, { consumer, deliveredAt, deliveries }] of this.pending.entries()) {
      const pending: Pending = { consumer: undefined, deliveredAt, deliveries }
      copied.pending.set(id, pending)
      const owner = consumer && copied.consumers.get(consumer.name)
      if (owner) copied.assign(id, pending, owner)
    }
    return copied
  }
}
