import type { Core } from '../core.ts'
import { STREAM, STREAM_NODES } from '../keyspace/entry.ts'
import { Args } from '../protocol/args.ts'
import { readInteger } from '../protocol/numbers.ts'
import { idOf, Stream } from '../types/stream.ts'
import { type Consumer, Group, UNKNOWN_READ } from '../types/stream-groups.ts'
import type { NodeLimits } from '../types/stream-node.ts'
import type { Builder, Built } from './builders.ts'
import { TYPES } from './codes.ts'
import { Damaged } from './damaged.ts'
import { eachOfListpack } from './listpack.ts'
import type { RdbReader } from './reader.ts'

const ID_BYTES = 16
const DELETED = 1
const SAME_FIELDS = 2
const UNKNOWN = 2n ** 64n - 1n

/** What is read next: each is read as a whole, so many times. */
type Stage = 'nodes' | 'facts' | 'groups' | 'pending' | 'consumers' | 'consumer-pending'

/** A stream: its nodes, what is known of it as a whole, and its groups with what is pending for their consumers. */
export class StreamBuilder implements Builder {
  readonly #core: Core
  readonly #stream: Stream
  readonly #limits: NodeLimits
  readonly #type: number
  #stage: Stage = 'nodes'
  #nodesLeft: number
  #groupsLeft = 0
  #pendingLeft = 0
  #consumersLeft = 0
  #group: Group = new Group(0n, 0)
  #consumer: Consumer | undefined

  constructor(core: Core, type: number, nodes: number) {
    this.#core = core
    this.#type = type
    this.#nodesLeft = nodes
    this.#stream = new Stream(core.keyspace.arena)
    const { streamNodeMaxEntries: entries, streamNodeMaxBytes: bytes } = core.config.settings
    this.#limits = { entries, bytes }
  }

  /** Reads one part. Answers whether there are more. */
  step(reader: RdbReader): boolean {
    switch (this.#stage) {
      case 'nodes':
        if (this.#nodesLeft === 0) this.#stage = 'facts'
        else this.#node(reader)
        return true
      case 'facts':
        this.#facts(reader)
        this.#stage = 'groups'
        return true
      case 'groups':
        if (this.#groupsLeft === 0) return false
        this.#beginGroup(reader)
        this.#stage = 'pending'
        return true
      case 'pending':
        if (this.#pendingLeft > 0) this.#pendingOf(reader)
        else {
          this.#consumersLeft = reader.length()
          this.#stage = 'consumers'
        }
        return true
      case 'consumers':
        if (this.#consumersLeft === 0) {
          this.#refuseOrphans()
          this.#groupsLeft--
          this.#stage = 'groups'
        } else {
          this.#beginConsumer(reader)
          this.#stage = 'consumer-pending'
        }
        return true
      case 'consumer-pending':
        if (this.#pendingLeft > 0) this.#pendingOfConsumer(reader)
        else {
          this.#consumersLeft--
          this.#stage = 'consumers'
        }
        return true
    }
  }

  finish(): Built {
    return { type: STREAM, encoding: STREAM_NODES, value: this.#stream }
  }

  abandon(): void {
    this.#core.keyspace.freeLater(this.#stream)
  }

  #node(reader: RdbReader): void {
    const key = reader.blob()
    if (key.length !== ID_BYTES) throw new Damaged('Stream node key entry is not the size of a stream ID')
    const [ms, sequence] = [key.readBigUInt64BE(0), key.readBigUInt64BE(8)]
    const pack = reader.blob()
    const elements: Buffer[] = []
    eachOfListpack(pack, (bytes, start, end) => elements.push(Buffer.from(bytes.subarray(start, end))))
    this.#nodesLeft--
    this.#entries(new Elements(elements), ms, sequence)
  }

  #entries(from: Elements, ms: bigint, sequence: bigint): void {
    const stream = this.#stream
    let left = from.count() + from.count()
    const fields = from.take(from.count())
    if (from.number() !== 0n) throw new Damaged('Stream listpack integrity check failed.')
    for (; left > 0; left--) {
      const flags = from.count()
      const id = idOf(BigInt.asUintN(64, ms + from.number()), BigInt.asUintN(64, sequence + from.number()))
      const isSame = (flags & SAME_FIELDS) !== 0
      const words = isSame ? fields.flatMap((field) => [field, ...from.take(1)]) : from.take(2 * from.count())
      // How many elements there were, for what reads them backwards.
      if (from.count() !== (isSame ? fields.length + 3 : words.length + 4))
        throw new Damaged('Stream listpack integrity check failed.')
      if ((flags & DELETED) !== 0) continue
      if (words.length === 0 || (stream.length > 0 && id <= stream.lastId))
        throw new Damaged('Stream listpack integrity check failed.')
      stream.append(id, Args.of(words), 0, this.#limits)
    }
    if (!from.isAtEnd) throw new Damaged('Stream listpack integrity check failed.')
  }

  #facts(reader: RdbReader): void {
    const stream = this.#stream
    const length = reader.length()
    const lastId = idFrom(reader)
    const isFirst = this.#type === TYPES.streamFirst
    const firstId = isFirst ? stream.firstId : idFrom(reader)
    const maxDeletedId = isFirst ? 0n : idFrom(reader)
    const entriesAdded = isFirst ? length : reader.length()
    this.#groupsLeft = reader.length()
    if (length !== stream.length) throw new Damaged('Stream object metadata loading failed.')
    Object.assign(stream, { lastId, firstId, maxDeletedId, entriesAdded })
  }

  #beginGroup(reader: RdbReader): void {
    const name = reader.stringBytes().toString('latin1')
    const lastId = idFrom(reader)
    const isFirst = this.#type === TYPES.streamFirst
    const read = isFirst ? UNKNOWN : reader.wideLength()
    this.#pendingLeft = reader.length()
    const stream = this.#stream
    if (stream.groups.has(name)) throw new Damaged(`Duplicated consumer group name ${name}`)
    const known = isFirst ? stream.entriesUpTo(lastId) : UNKNOWN_READ
    this.#group = new Group(lastId, read === UNKNOWN ? known : Number(BigInt.asIntN(64, read)))
    stream.groups.set(name, this.#group)
  }

  #pendingOf(reader: RdbReader): void {
    const id = rawId(reader)
    const deliveredAt = reader.milliseconds()
    const deliveries = reader.length()
    if (this.#group.pending.get(id)) throw new Damaged('Duplicated global PEL entry loading stream consumer group')
    this.#group.pending.set(id, { consumer: undefined, deliveredAt, deliveries })
    this.#pendingLeft--
  }

  #beginConsumer(reader: RdbReader): void {
    const name = reader.stringBytes().toString('latin1')
    const seenAt = reader.milliseconds()
    const activeAt = this.#type === TYPES.streamThird ? reader.milliseconds() : seenAt
    this.#pendingLeft = reader.length()
    if (this.#group.consumers.has(name)) throw new Damaged('Duplicate stream consumer detected')
    this.#consumer = Object.assign(this.#group.addConsumer(name, seenAt), { activeAt })
  }

  #pendingOfConsumer(reader: RdbReader): void {
    const id = rawId(reader)
    const pending = this.#group.pending.get(id)
    if (pending === undefined) throw new Damaged('Consumer entry not found in group global PEL')
    if (pending.consumer) throw new Damaged('Duplicated consumer PEL entry loading a stream consumer group')
    if (this.#consumer) this.#group.assign(id, pending, this.#consumer)
    this.#pendingLeft--
  }

  #refuseOrphans(): void {
    for (const [, { consumer }] of this.#group.pending.entries())
      if (consumer === undefined) throw new Damaged('NACK from global PEL without consumer')
  }
}

/** The elements of a node, one after the other. */
class Elements {
  readonly #elements: readonly Buffer[]
  #at = 0

  constructor(elements: readonly Buffer[]) {
    this.#elements = elements
  }

  get isAtEnd(): boolean {
    return this.#at === this.#elements.length
  }

  take(count: number): readonly Buffer[] {
    const taken = this.#elements.slice(this.#at, this.#at + count)
    if (taken.length !== count) throw new Damaged('Stream listpack integrity check failed.')
    this.#at += count
    return taken
  }

  number(): bigint {
    const [element] = this.take(1)
    const value = element && readInteger(element, 0, element.length)
    if (value === undefined) throw new Damaged('Stream listpack integrity check failed.')
    return value
  }

  /** A number that says how many there are of something. */
  count(): number {
    const value = Number(this.number())
    if (value < 0 || value > this.#elements.length) throw new Damaged('Stream listpack integrity check failed.')
    return value
  }
}

const idFrom = (reader: RdbReader): bigint => {
  const ms = reader.wideLength()
  return idOf(ms, reader.wideLength())
}

function rawId(reader: RdbReader): bigint {
  const bytes = reader.raw(ID_BYTES)
  return idOf(bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(8))
}
