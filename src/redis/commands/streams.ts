import type { Client } from '../client.ts'
import { STREAM, STREAM_NODES } from '../keyspace/entry.ts'
import { STREAM_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { NO_SUCH_KEY, refusal, SYNTAX } from '../protocol/refusals.ts'
import { idOf, idText, LAST_ID, MOST_PART, msOf, Stream, sequenceOf, type Trim } from '../types/stream.ts'
import type { Row } from './command.ts'
import { STREAM_GROUPS } from './stream-groups.ts'
import { STREAM_INFO } from './stream-info.ts'
import { STREAM_READING } from './stream-reading.ts'
import { intervalEnd, intervalStart, newId, streamId, streamOf } from './stream-words.ts'

const TWO_TRIMS = refusal('ERR syntax error, MAXLEN and MINID options at the same time are not compatible')
const MAXLEN_NEGATIVE = refusal('ERR The MAXLEN argument must be >= 0.')
const LIMIT_NEGATIVE = refusal('ERR The LIMIT argument must be >= 0.')
const LIMIT_ALONE = refusal('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy')
const NO_TRIM = refusal('ERR syntax error, XTRIM must be called with a trimming strategy')
const LIMIT_EXACT = refusal('ERR syntax error, LIMIT cannot be used without the special ~ option')
const ARITY = refusal("ERR wrong number of arguments for 'xadd' command")
const ID_ZERO = refusal('ERR The ID specified in XADD must be greater than 0-0')
const ID_TOO_SMALL = refusal('ERR The ID specified in XADD is equal or smaller than the target stream top item')
const EXHAUSTED = refusal('ERR The stream has exhausted the last possible ID, unable to add more items')
const ADDED_NEGATIVE = refusal('ERR entries_added must be positive')
const BELOW_GIVEN_DELETED = refusal('ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id')
const BELOW_DELETED = refusal('ERR The ID specified in XSETID is smaller than current max_deleted_entry_id')
const BELOW_TOP = refusal('ERR The ID specified in XSETID is smaller than the target stream top item')
const ADDED_TOO_SMALL = refusal('ERR The entries_added specified in XSETID is smaller than the target stream length')

/** The commands of streams. */
export const STREAMS: readonly Row[] = [
  { name: 'xadd', run: xadd },
  { name: 'xtrim', run: xtrim },
  { name: 'xdel', run: xdel },
  { name: 'xlen', run: xlen },
  { name: 'xrange', run: (client, args) => range(client, args, 2, 3) },
  { name: 'xrevrange', run: (client, args) => range(client, args, 3, 2) },
  { name: 'xsetid', run: xsetid },
  ...STREAM_READING,
  ...STREAM_GROUPS,
  ...STREAM_INFO,
]

/** What XADD and XTRIM say between the key and the id. */
interface TrimWords {
  trim: Trim | undefined
  /** The word that says how far, and that which says `~`; 0: none does. */
  threshold: number
  tilde: number
  makesNone: boolean
  /** The word behind the last. */
  end: number
}

// By default, `~` does away with so many full nodes at once, and so many entries at most.
const FULL_AT_ONCE = 100
const MOST_AT_ONCE = 1_000_000
const DEFAULT_AT_ONCE = 10_000

function trimWords({ core, kind }: Client, args: Args, isXadd: boolean): TrimWords {
  const words: TrimWords = { trim: undefined, threshold: 0, tilde: 0, makesNone: false, end: 2 }
  let to: Trim['to'] | undefined
  let limit: number | undefined
  let i = 2
  for (; i < args.count; i++) {
    const more = args.count - 1 - i
    if (isXadd && args.equals(i, '*')) break
    const isLength = args.is(i, 'MAXLEN')
    if ((isLength || args.is(i, 'MINID')) && more > 0) {
      if (to !== undefined) throw TWO_TRIMS
      if (more > 1 && args.equals(i + 1, '~')) words.tilde = ++i
      else if (more > 1 && args.equals(i + 1, '=')) i++
      words.threshold = ++i
      to = isLength ? { length: args.integer(i) } : { id: streamId(args, i) }
      if ('length' in to && to.length < 0) throw MAXLEN_NEGATIVE
    } else if (args.is(i, 'LIMIT') && more > 0) {
      limit = args.integer(++i)
      if (limit < 0) throw LIMIT_NEGATIVE
    } else if (isXadd && args.is(i, 'NOMKSTREAM')) words.makesNone = true
    else if (isXadd) {
      newId(args, i)
      break
    } else throw SYNTAX
  }
  words.end = i
  if (limit && to === undefined) throw LIMIT_ALONE
  if (!isXadd && to === undefined) throw NO_TRIM
  const isRough = words.tilde !== 0
  // A primary has counted already.
  if (kind === 'master') limit = 0
  else if (limit !== undefined && !isRough) throw LIMIT_EXACT
  const most = FULL_AT_ONCE * core.config.settings.streamNodeMaxEntries || DEFAULT_AT_ONCE
  limit ??= isRough ? Math.min(most, MOST_AT_ONCE) : 0
  if (to !== undefined) words.trim = { to, isRough, limit }
  return words
}

/** The words of the command as a replica is to carry it out: what was done roughly here is exact there. */
function exactWords(args: Args, stream: Stream, { trim, threshold, tilde }: TrimWords): Buffer[] {
  const words = args.words()
  if (trim === undefined || tilde === 0) return words
  words[tilde] = Buffer.from('=')
  words[threshold] = Buffer.from('length' in trim.to ? String(stream.length) : idText(stream.firstId))
  return words
}

function xadd(client: Client, args: Args): void {
  const { core, db, replies } = client
  const words = trimWords(client, args, true)
  const { end: at, makesNone, trim } = words
  const fields = args.count - at - 1
  if (fields < 2 || fields % 2 !== 0) throw ARITY
  const given = args.equals(at, '*') ? undefined : newId(args, at)
  if (given?.isWhole && given.id === 0n) throw ID_ZERO
  const found = db.writeOf(STREAM, args, 1)
  if (found === 0 && makesNone) {
    replies.null()
    return
  }
  const last = found === 0 ? 0n : streamOf(db, found).lastId
  if (last === LAST_ID) throw EXHAUSTED
  const id = given === undefined ? nextId(last, BigInt(core.keyspace.now)) : wholeId(last, given)
  if (id <= last) throw ID_TOO_SMALL
  const entry = found || db.create(args, 1, STREAM, STREAM_NODES, new Stream(db.arena))
  const stream = streamOf(db, entry)
  const { streamNodeMaxBytes: bytes, streamNodeMaxEntries: entries } = core.config.settings
  stream.append(id, args, at + 1, { bytes, entries })
  replies.bulkText(idText(id))
  db.changed(args, 1, STREAM_EVENT, 'xadd')
  if (trim !== undefined && stream.trim(trim) > 0) db.notify(STREAM_EVENT, 'xtrim', args, 1)
  if (given?.isWhole !== true || words.tilde !== 0) {
    const told = exactWords(args, stream, words)
    told[at] = Buffer.from(idText(id))
    core.propagation.instead(db, 'XADD', ...told.slice(1))
  }
  db.ready(args, 1)
}

/** The id of an entry that is added now. */
const nextId = (last: bigint, now: bigint): bigint => (now > msOf(last) ? idOf(now, 0n) : last + 1n)

/** The id that was given, with a sequence of ours where it has none. */
function wholeId(last: bigint, { id, isWhole }: ReturnType<typeof newId>): bigint {
  if (isWhole || msOf(id) !== msOf(last)) return id
  if (sequenceOf(last) === MOST_PART) throw ID_TOO_SMALL
  return last + 1n
}

function xtrim(client: Client, args: Args): void {
  const { core, db, replies } = client
  const words = trimWords(client, args, false)
  const entry = db.writeOf(STREAM, args, 1)
  const stream = entry === 0 ? undefined : streamOf(db, entry)
  const removed = stream === undefined || words.trim === undefined ? 0 : stream.trim(words.trim)
  if (stream !== undefined && removed > 0) {
    db.changed(args, 1, STREAM_EVENT, 'xtrim', removed)
    if (words.tilde !== 0) core.propagation.instead(db, 'XTRIM', ...exactWords(args, stream, words).slice(1))
  }
  replies.integer(removed)
}

function xdel({ db, replies }: Client, args: Args): void {
  const entry = db.writeOf(STREAM, args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  const stream = streamOf(db, entry)
  const ids = Array.from({ length: args.count - 2 }, (_, i) => streamId(args, i + 2))
  const removed = ids.filter((id) => stream.remove(id)).length
  if (removed > 0) db.changed(args, 1, STREAM_EVENT, 'xdel', removed)
  replies.integer(removed)
}

function xlen({ db, replies }: Client, args: Args): void {
  const entry = db.readOf(STREAM, args, 1)
  replies.integer(entry === 0 ? 0 : streamOf(db, entry).length)
}

/** @param from The word with the lower end, @param to with the upper one: which comes first is the order. */
function range({ db, replies }: Client, args: Args, from: number, to: number): void {
  const [start, end] = [intervalStart(args, from), intervalEnd(args, to)]
  let count = Number.POSITIVE_INFINITY
  for (let i = 4; i < args.count; i += 2) {
    if (!args.is(i, 'COUNT') || i + 1 >= args.count) throw SYNTAX
    count = Math.max(0, args.integer(i + 1))
  }
  const entry = db.readOf(STREAM, args, 1)
  if (entry === 0) {
    replies.array(0)
    return
  }
  if (count === 0) {
    replies.nullArray()
    return
  }
  const stream = streamOf(db, entry)
  replies.counted('array', () => {
    let told = 0
    stream.each(start, end, from > to, (id, chunk, place) => {
      stream.reply(replies, id, chunk, place)
      return ++told < count
    })
    return told
  })
}

function xsetid({ core, db, replies }: Client, args: Args): void {
  const id = streamId(args, 2)
  let added: number | undefined
  let deleted = 0n
  for (let i = 3; i < args.count; i += 2) {
    const follows = i + 1 < args.count
    if (follows && args.is(i, 'ENTRIESADDED')) {
      added = args.integer(i + 1)
      if (added < 0) throw ADDED_NEGATIVE
    } else if (follows && args.is(i, 'MAXDELETEDID')) {
      deleted = streamId(args, i + 1)
      if (id < deleted) throw BELOW_GIVEN_DELETED
    } else throw SYNTAX
  }
  const entry = db.writeOf(STREAM, args, 1)
  if (entry === 0) throw NO_SUCH_KEY
  const stream = streamOf(db, entry)
  // Redis 7.0 doesn't look at that.
  if (id < stream.maxDeletedId && core.dialect.engine === 'valkey') throw BELOW_DELETED
  if (stream.length > 0) {
    if (id < stream.lastThere()) throw BELOW_TOP
    if (added !== undefined && added < stream.length) throw ADDED_TOO_SMALL
  }
  stream.lastId = id
  if (added !== undefined) stream.entriesAdded = added
  if (deleted !== 0n) stream.maxDeletedId = deleted
  db.changed(args, 1, STREAM_EVENT, 'xsetid')
  replies.ok()
}
