import type { Core } from '../core.ts'
import type { Database } from '../keyspace/database.ts'
import {
  HASH_TYPE,
  HASHTABLE,
  INTSET,
  isObject,
  LIST,
  LISTPACK,
  SET,
  SKIPLIST,
  STREAM,
  STRING,
  ZSET,
} from '../keyspace/entry.ts'
import { doubleText, readInteger, shortDoubleText } from '../protocol/numbers.ts'
import type { Fields } from '../types/fields.ts'
import type { Quicklist } from '../types/list.ts'
import { FIRST_PLACE, packedCount, packedEnd, packedLength, packedNext, packedStart } from '../types/packed.ts'
import type { Ranked } from '../types/ranked.ts'
import { LAST_ID, msOf, type Stream, sequenceOf } from '../types/stream.ts'
import type { Group, PendingList } from '../types/stream-groups.ts'
import { FORMATS, TYPES } from './codes.ts'
import { ListpackWriter } from './listpack.ts'
import type { RdbWriter } from './writer.ts'

/** Strings from here on are written in parts of so many bytes. */
const PART_BYTES = 1 << 20
// Buckets and members between two parts of a large collection.
const PER_PART = 64
const NODE_PACKED = 2

/** The version of the file format that a node writes. */
export const formatOf = ({ dialect }: Core): number => FORMATS[dialect.engine]

/** Writes values of keys as a node of its engine does. */
export class ValueWriter {
  readonly #pack = new ListpackWriter()
  readonly #isNewer: boolean

  constructor(core: Core) {
    this.#isNewer = formatOf(core) > FORMATS.redis
  }

  /** The byte that says what a value is. */
  typeOf(db: Database, entry: number): number {
    const encoding = db.encodingOf(entry)
    switch (db.typeOf(entry)) {
      case LIST:
        return TYPES.listOfListpacks
      case SET:
        if (encoding === INTSET) return TYPES.setIntset
        return encoding === LISTPACK && this.#isNewer ? TYPES.setListpack : TYPES.set
      case ZSET:
        return encoding === LISTPACK ? TYPES.zsetListpack : TYPES.zset
      case HASH_TYPE:
        return encoding === LISTPACK ? TYPES.hashListpack : TYPES.hash
      case STREAM:
        return this.#isNewer ? TYPES.streamThird : TYPES.streamSecond
      default:
        return TYPES.string
    }
  }

  /** Writes a value. What is too large to be written at once is left to the parts that are answered, each of which is brief. */
  write(to: RdbWriter, db: Database, entry: number): Iterator<void> | undefined {
    const encoding = db.encodingOf(entry)
    const type = db.typeOf(entry)
    if (type === STRING) {
      const start = db.stringStart(entry)
      const length = db.stringLength(entry)
      if (length > PART_BYTES) return longString(to, db, entry)
      to.string(db.arena.page(entry), start, start + length)
      return undefined
    }
    if (isObject(encoding)) return this.#large(to, db, entry, encoding, type)
    const chunk = db.packedOf(entry)
    if (encoding === INTSET) intset(to, db, chunk)
    else if (type === ZSET) this.#smallZset(to, db, chunk)
    else if (type === SET && !this.#isNewer) memberByMember(to, db, chunk)
    else {
      if (type === LIST) {
        to.length(1)
        to.length(NODE_PACKED)
      }
      this.#packed(to, db, chunk)
    }
    return undefined
  }

  #large(to: RdbWriter, db: Database, entry: number, encoding: number, type: number): Iterator<void> {
    const object: unknown = db.objectOf(entry)
    if (encoding === HASHTABLE) return fields(to, db, object as Fields, type === HASH_TYPE) // as its encoding says
    if (encoding === SKIPLIST) return ranked(to, db, object as Ranked) // as above
    return type === LIST ? this.#list(to, db, object as Quicklist) : this.#stream(to, db, object as Stream) // as above
  }

  /** A chunk as a listpack of the same elements. */
  #packed(to: RdbWriter, { arena }: Database, chunk: number): void {
    const pack = this.#pack.begin()
    const page = arena.page(chunk)
    const end = packedEnd(arena, chunk)
    for (let place = FIRST_PLACE; place < end; place = packedNext(arena, chunk, place)) {
      const start = packedStart(arena, chunk, place)
      pack.add(page, start, start + packedLength(arena, chunk, place))
    }
    pack.end()
    to.blob(pack.bytes, 0, pack.length)
  }

  #smallZset(to: RdbWriter, { arena }: Database, chunk: number): void {
    const pack = this.#pack.begin()
    const page = arena.page(chunk)
    const end = packedEnd(arena, chunk)
    for (let place = FIRST_PLACE; place < end; ) {
      const start = packedStart(arena, chunk, place)
      pack.add(page, start, start + packedLength(arena, chunk, place))
      place = packedNext(arena, chunk, place)
      const score = page.readDoubleLE(packedStart(arena, chunk, place))
      if (Number.isInteger(score) && Math.abs(score) <= MOST_WHOLE_SCORE) pack.number(score)
      else {
        const text = Buffer.from(this.#isNewer ? shortDoubleText(score) : doubleText(score), 'latin1')
        pack.add(text, 0, text.length)
      }
      place = packedNext(arena, chunk, place)
    }
    pack.end()
    to.blob(pack.bytes, 0, pack.length)
  }

  *#list(to: RdbWriter, db: Database, list: Quicklist): Generator<void> {
    to.length(list.nodes)
    for (let node = 0; node < list.nodes; node++) {
      to.length(NODE_PACKED)
      this.#packed(to, db, list.chunk(node))
      yield
    }
  }

  *#stream(to: RdbWriter, db: Database, stream: Stream): Generator<void> {
    to.length(stream.nodes)
    for (let next = 0n; next <= stream.lastThere() && stream.length > 0; ) {
      next = this.#streamNode(to, db, stream, next)
      yield
    }
    to.length(stream.length)
    writeId(to, stream.lastId)
    writeId(to, stream.firstId)
    writeId(to, stream.maxDeletedId)
    to.length(stream.entriesAdded)
    to.length(stream.groups.size)
    for (const [name, group] of stream.groups) {
      to.text(name)
      this.#group(to, group)
      yield
    }
  }

  /** Writes the node with the first entry from an id on. Answers the id from which the next one is found. */
  #streamNode(to: RdbWriter, { arena }: Database, stream: Stream, from: bigint): bigint {
    const pack = this.#pack.begin()
    let node = 0
    let next = from
    let first = 0n
    let fields: readonly Buffer[] = []
    stream.each(from, LAST_ID, false, (id, chunk, place) => {
      if (node === 0) {
        node = chunk
        first = id
        fields = stream.wordsAt(chunk, place).filter((_, at) => at % 2 === 0)
        pack.number(packedCount(arena, chunk))
        pack.number(0)
        pack.number(fields.length)
        for (const field of fields) pack.add(field, 0, field.length)
        pack.number(0)
      } else if (chunk !== node) return false
      streamEntry(pack, id, first, fields, stream.wordsAt(chunk, place))
      next = id + 1n
      return true
    })
    pack.end()
    const key = idBytes(first)
    to.blob(key, 0, key.length)
    to.blob(pack.bytes, 0, pack.length)
    return next
  }

  #group(to: RdbWriter, group: Group): void {
    writeId(to, group.lastId)
    to.wideLength(BigInt.asUintN(64, BigInt(group.entriesRead)))
    pendingOf(to, group.pending, true)
    to.length(group.consumers.size)
    for (const { name, seenAt, activeAt, pending } of group.consumers.values()) {
      to.text(name)
      to.milliseconds(seenAt)
      if (this.#isNewer) to.milliseconds(activeAt)
      pendingOf(to, pending, false)
    }
  }
}

function* longString(to: RdbWriter, db: Database, entry: number): Generator<void> {
  const length = db.stringLength(entry)
  to.length(length)
  to.room(length)
  for (let written = 0; written < length; written += PART_BYTES) {
    const start = db.stringStart(entry) + written
    to.raw(db.arena.page(entry), start, start + Math.min(PART_BYTES, length - written))
    yield
  }
}

function* fields(to: RdbWriter, { arena }: Database, members: Fields, withValues: boolean): Generator<void> {
  to.length(members.count)
  const write = (member: number): void => {
    const page = arena.page(member)
    const start = members.fieldStart(member)
    const value = start + members.fieldLength(member)
    to.string(page, start, value)
    if (withValues) to.string(page, value, value + members.valueLength(member))
  }
  // What is being written is written to its end before it is changed.
  for (let next = members.table.walk(0, PER_PART, write); next !== 0; next = members.table.walk(next, PER_PART, write))
    yield
}

/** From the last to the first, as servers do: then each is added in front of those before it. */
function* ranked(to: RdbWriter, { arena }: Database, members: Ranked): Generator<void> {
  to.length(members.count)
  let left = PER_PART
  for (let member = members.last; member !== 0; member = members.before(member)) {
    const start = members.start(member)
    to.string(arena.page(member), start, start + members.length(member))
    to.double(members.score(member))
    if (--left > 0) continue
    left = PER_PART
    yield
  }
}

function memberByMember(to: RdbWriter, { arena }: Database, chunk: number): void {
  to.length(packedCount(arena, chunk))
  const page = arena.page(chunk)
  for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); place = packedNext(arena, chunk, place)) {
    const start = packedStart(arena, chunk, place)
    to.string(page, start, start + packedLength(arena, chunk, place))
  }
}

function intset(to: RdbWriter, { arena }: Database, chunk: number): void {
  const page = arena.page(chunk)
  const numbers: bigint[] = []
  for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); place = packedNext(arena, chunk, place)) {
    const start = packedStart(arena, chunk, place)
    numbers.push(readInteger(page, start, start + packedLength(arena, chunk, place)) ?? 0n)
  }
  const within = (bits: number): boolean => numbers.every((value) => BigInt.asIntN(bits, value) === value)
  const width = within(16) ? 2 : within(32) ? 4 : 8
  const bytes = Buffer.alloc(8 + width * numbers.length)
  bytes.writeUInt32LE(width, 0)
  bytes.writeUInt32LE(numbers.length, 4)
  for (const [at, value] of numbers.entries()) {
    if (width === 8) bytes.writeBigInt64LE(value, 8 + 8 * at)
    else bytes.writeIntLE(Number(value), 8 + width * at, width)
  }
  to.blob(bytes, 0, bytes.length)
}

const SAME_FIELDS = 2
/** Half of what 64 bits hold: larger scores are texts. */
const MOST_WHOLE_SCORE = 2 ** 62

/** One entry of a node, told by what differs from the node's first. */
function streamEntry(
  pack: ListpackWriter,
  id: bigint,
  first: bigint,
  fields: readonly Buffer[],
  words: readonly Buffer[],
): void {
  const pairs = words.length / 2
  const isSame = pairs === fields.length && fields.every((field, at) => words[2 * at]?.equals(field))
  pack.number(isSame ? SAME_FIELDS : 0)
  pack.wide(BigInt.asIntN(64, msOf(id) - msOf(first)))
  pack.wide(BigInt.asIntN(64, sequenceOf(id) - sequenceOf(first)))
  if (!isSame) pack.number(pairs)
  for (const [at, word] of words.entries()) if (!isSame || at % 2 === 1) pack.add(word, 0, word.length)
  // How many elements there are of it, for who walks backwards.
  pack.number(3 + (isSame ? pairs : 2 * pairs + 1))
}

function idBytes(id: bigint): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64BE(msOf(id), 0)
  bytes.writeBigUInt64BE(sequenceOf(id), 8)
  return bytes
}

function writeId(to: RdbWriter, id: bigint): void {
  to.wideLength(msOf(id))
  to.wideLength(sequenceOf(id))
}

/** Ids that are pending; of a group with when and how often they were delivered. */
function pendingOf(to: RdbWriter, pending: PendingList, withTimes: boolean): void {
  to.length(pending.size)
  for (const [id, { deliveredAt, deliveries }] of pending.entries()) {
    to.raw(idBytes(id), 0, 16)
    if (!withTimes) continue
    to.milliseconds(deliveredAt)
    to.length(deliveries)
  }
}
