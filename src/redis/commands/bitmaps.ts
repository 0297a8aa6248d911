import { isAtLeast } from '../../api/catalog/versions.ts'
import { byteAt, viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { RAW, STRING } from '../keyspace/entry.ts'
import { GENERIC, STRING_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { bitfield } from './bitfield.ts'
import { bitOffset, growToBit } from './bits.ts'
import type { Row } from './command.ts'

const BAD_BIT = refusal('ERR bit is not an integer or out of range')
const BIT_ARGUMENT = refusal('ERR The bit argument must be 1 or 0.')
const NOT_OF_ONE = refusal('ERR BITOP NOT must be called with a single source key.')

/** The commands of bitmaps: strings, bit by bit. */
export const BITMAPS: readonly Row[] = [
  { name: 'setbit', run: setbit },
  { name: 'getbit', run: getbit },
  { name: 'bitcount', run: bitcount },
  { name: 'bitpos', run: bitpos },
  { name: 'bitop', run: bitop },
  { name: 'bitfield', run: (client, args) => bitfield(client, args, false) },
  { name: 'bitfield_ro', run: (client, args) => bitfield(client, args, true) },
]

function setbit(client: Client, args: Args): void {
  const { db, replies } = client
  const offset = bitOffset(client, args, 2)
  const bit = args.integerFrom(3, 0, 1, BAD_BIT)
  const { entry, grown } = growToBit(client, args, offset)
  const at = db.stringStart(entry) + Math.floor(offset / 8)
  const page = db.arena.page(entry)
  const mask = 0x80 >> (offset % 8)
  const before = byteAt(page, at)
  const was = (before & mask) === 0 ? 0 : 1
  page[at] = bit === 1 ? before | mask : before & ~mask
  if (grown || was !== bit) db.changed(args, 1, STRING_EVENT, 'setbit')
  replies.integer(was)
}

function getbit(client: Client, args: Args): void {
  const { db, replies } = client
  const offset = bitOffset(client, args, 2)
  const entry = db.readOf(STRING, args, 1)
  const at = Math.floor(offset / 8)
  if (entry === 0 || at >= db.stringLength(entry)) replies.integer(0)
  else replies.integer((byteAt(db.arena.page(entry), db.stringStart(entry) + at) >> (7 - (offset % 8))) & 1)
}

/** What of a string is looked at, as it is asked for: bytes or bits, from the end if negative. */
interface Asked {
  readonly start: number
  /** Undefined: up to the end. */
  readonly end: number | undefined
  readonly inBits: boolean
}

/** Bytes of a string, and which bits of the first and the last don't count. */
interface Extent {
  readonly first: number
  readonly last: number
  readonly firstIgnored: number
  readonly lastIgnored: number
}

function extentOf({ start, end, inBits }: Asked, bytes: number): Extent {
  const total = inBits ? bytes * 8 : bytes
  const from = Math.max(0, start < 0 ? total + start : start)
  const given = end ?? total - 1
  const to = Math.min(total - 1, Math.max(0, given < 0 ? total + given : given))
  if (!inBits || from > to) return { first: from, last: to, firstIgnored: 0, lastIgnored: 0 }
  return {
    first: Math.floor(from / 8),
    last: Math.floor(to / 8),
    firstIgnored: 0xff & ~(0xff >> (from % 8)),
    lastIgnored: 0x7f >> (to % 8),
  }
}

function inBits(args: Args, index: number): boolean {
  if (args.is(index, 'BIT')) return true
  if (args.is(index, 'BYTE')) return false
  throw SYNTAX
}

/** Servers from 7.2 on read the range before they look for the key, and refuse it even if there is none. */
const readsRangeFirst = ({ core }: Client): boolean => isAtLeast(core.redisVersion, '7.2.0')

function countedRange(client: Client, args: Args): Asked {
  const { core } = client
  if (args.count === 2) return { start: 0, end: undefined, inBits: false }
  const endsItself = args.count === 3 && core.dialect.engine === 'valkey'
  if (!endsItself && args.count !== 4 && args.count !== 5) throw SYNTAX
  const start = args.integer(2)
  // Servers that read it before the key read how it is counted before where it ends.
  const early = readsRangeFirst(client) && args.count === 5 && inBits(args, 4)
  const end = endsItself ? undefined : args.integer(3)
  return { start, end, inBits: early || (args.count === 5 && inBits(args, 4)) }
}

function bitcount(client: Client, args: Args): void {
  const { db, replies } = client
  const early = readsRangeFirst(client) ? countedRange(client, args) : undefined
  const entry = db.readOf(STRING, args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  const asked = early ?? countedRange(client, args)
  const isBackwards = asked.end !== undefined && asked.start < 0 && asked.end < 0 && asked.start > asked.end
  const { first, last, firstIgnored, lastIgnored } = extentOf(asked, db.stringLength(entry))
  if (isBackwards || first > last) {
    replies.integer(0)
    return
  }
  const page = db.arena.page(entry)
  const at = db.stringStart(entry)
  const ignored = ONES[byteAt(page, at + first) & firstIgnored] ?? 0
  const ignoredBehind = ONES[byteAt(page, at + last) & lastIgnored] ?? 0
  replies.integer(onesIn(page, db.arena.view(entry), at + first, at + last + 1) - ignored - ignoredBehind)
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => onesOf(byte))

function onesOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

function onesIn(page: Buffer, view: DataView, start: number, end: number): number {
  let ones = 0
  let at = start
  for (; at + 4 <= end; at += 4) ones += onesOf(view.getInt32(at))
  for (; at < end; at++) ones += byteAt(ONES, byteAt(page, at))
  return ones
}

function searchedRange(args: Args): Asked {
  if (args.count === 3) return { start: 0, end: undefined, inBits: false }
  if (args.count > 6) throw SYNTAX
  const start = args.integer(3)
  const asksForBits = args.count === 6 && inBits(args, 5)
  return { start, end: args.count > 4 ? args.integer(4) : undefined, inBits: asksForBits }
}

function bitpos(client: Client, args: Args): void {
  const { db, replies } = client
  const bit = args.integer(2)
  if (bit !== 0 && bit !== 1) throw BIT_ARGUMENT
  const early = readsRangeFirst(client) ? searchedRange(args) : undefined
  const entry = db.readOf(STRING, args, 1)
  if (entry === 0) {
    replies.integer(bit === 1 ? -1 : 0)
    return
  }
  const asked = early ?? searchedRange(args)
  const extent = extentOf(asked, db.stringLength(entry))
  if (extent.first > extent.last) replies.integer(-1)
  else {
    const found = positionOf(bit, db, entry, extent)
    // Behind a string are zeros, unless the client has said where it ends.
    const behind = bit === 0 && asked.end === undefined ? (extent.last + 1) * 8 : -1
    replies.integer(found < 0 ? behind : found)
  }
}

function positionOf(bit: 0 | 1, db: Database, entry: number, extent: Extent): number {
  const { first, last, firstIgnored, lastIgnored } = extent
  const page = db.arena.page(entry)
  const start = db.stringStart(entry)
  // What is looked for are ones in `byte ^ flip`.
  const flip = bit === 1 ? 0 : 0xff
  for (let at = first; at <= last; at++) {
    let ones = byteAt(page, start + at) ^ flip
    if (at === first) ones &= ~firstIgnored
    if (at === last) ones &= ~lastIgnored
    if (ones !== 0) return at * 8 + Math.clz32(ones) - 24
  }
  return -1
}

type Combine = (a: number, b: number) => number

const OPERATIONS: Readonly<Record<string, Combine>> = {
  AND: (a, b) => a & b,
  OR: (a, b) => a | b,
  XOR: (a, b) => a ^ b,
}

function bitop(client: Client, args: Args): void {
  const { db, replies } = client
  const isNot = args.is(1, 'NOT')
  const name = args.text(1).toUpperCase()
  const combine = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (!isNot && combine === undefined) throw SYNTAX
  if (isNot && args.count !== 4) throw NOT_OF_ONE
  const sources: Buffer[] = []
  for (let i = 3; i < args.count; i++) {
    const entry = db.readOf(STRING, args, i)
    sources.push(entry === 0 ? NOTHING : db.stringOf(entry))
  }
  const result = combine ? combined(sources, combine) : inverted(sources[0] ?? NOTHING)
  const found = db.lookupWrite(args, 2)
  if (result.length > 0) {
    db.setString(args, 2, found, RAW, result, viewOf(result), 0, result.length)
    db.changed(args, 2, STRING_EVENT, 'set')
  } else if (found !== 0) {
    db.remove(found)
    db.changed(args, 2, GENERIC, 'del')
  }
  replies.integer(result.length)
}

const NOTHING = Buffer.alloc(0)

/** As long as the longest; shorter ones go on with zeros. */
function combined(sources: readonly Buffer[], combine: Combine): Buffer {
  const [first = NOTHING, ...others] = sources
  const result = Buffer.alloc(Math.max(...sources.map(({ length }) => length)))
  first.copy(result)
  for (const other of others) {
    for (let at = 0; at < result.length; at++) result[at] = combine(byteAt(result, at), other[at] ?? 0)
  }
  return result
}

function inverted(source: Buffer): Buffer {
  for (let at = 0; at < source.length; at++) source[at] = ~byteAt(source, at)
  return source
}
