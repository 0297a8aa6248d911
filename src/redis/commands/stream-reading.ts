import { isAtLeast } from '../../api/catalog/versions.ts'
import type { Client } from '../client.ts'
import { STREAM } from '../keyspace/entry.ts'
import { Args } from '../protocol/args.ts'
import { type Refusal, refusal, SYNTAX } from '../protocol/refusals.ts'
import { idText, LAST_ID, type Stream } from '../types/stream.ts'
import { type Consumer, type Group, type Pending, UNKNOWN_READ } from '../types/stream-groups.ts'
import type { Row } from './command.ts'
import { consumerOf, noGroup, streamId, streamOf } from './stream-words.ts'
import { timeoutMs } from './waiting.ts'

const GROUP_OF_XREAD = refusal('ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.')
const NOACK_OF_XREAD = refusal('ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.')
const NEEDS_GROUP = refusal('ERR Missing GROUP option for XREADGROUP')
const NEW_OF_XREAD = refusal(
  'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
)
const LAST_OF_GROUP = refusal(
  'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.',
)
const LAST_ENTRY_OF_GROUP = refusal(
  'ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.',
)
const NO_LAST_ENTRY = refusal('ERR the stream last element ID is 0-0')
const KEY_GONE = refusal('UNBLOCKED the stream key no longer exists')
const GROUP_GONE = refusal('NOGROUP the consumer group this client was blocked on no longer exists')

/** XREAD and XREADGROUP. */
export const STREAM_READING: readonly Row[] = [
  { name: 'xread', run: (client, args) => read(client, args, false) },
  { name: 'xreadgroup', run: (client, args) => read(client, args, true) },
]

interface Reading {
  /** Words with the name of the group, and the first of the keys. */
  group: number
  streams: number
  count: number
  /** Milliseconds; absent: it doesn't wait. */
  timeout: number | undefined
  noAck: boolean
}

/** One of the streams that are read, from an id on; `isNew`: what the group has not had yet. */
interface Source {
  readonly key: number
  readonly stream: Stream | undefined
  readonly group: Group | undefined
  readonly after: bigint
  readonly isNew: boolean
}

function readingOf(client: Client, args: Args, ofGroup: boolean): Reading {
  const reading: Reading = { group: 0, streams: 0, count: Number.POSITIVE_INFINITY, timeout: undefined, noAck: false }
  for (let i = 1; i < args.count; i++) {
    const more = args.count - 1 - i
    if (args.is(i, 'BLOCK') && more > 0) {
      if (client.isScript && client.core.dialect.engine === 'redis') {
        throw refusal(`ERR ${args.text(0)} command is not allowed with BLOCK option from scripts`)
      }
      reading.timeout = timeoutMs(client, args, ++i)
    } else if (args.is(i, 'COUNT') && more > 0) {
      const count = args.integer(++i)
      reading.count = count > 0 ? count : Number.POSITIVE_INFINITY
    } else if (args.is(i, 'STREAMS') && more > 0) {
      reading.streams = i + 1
      if (more % 2 !== 0) throw unbalanced(client, args, ofGroup)
      break
    } else if (args.is(i, 'GROUP') && more > 1) {
      if (!ofGroup) throw GROUP_OF_XREAD
      reading.group = i + 1
      i += 2
    } else if (args.is(i, 'NOACK')) {
      if (!ofGroup) throw NOACK_OF_XREAD
      reading.noAck = true
    } else throw SYNTAX
  }
  if (reading.streams === 0) throw SYNTAX
  if (ofGroup && reading.group === 0) throw NEEDS_GROUP
  return reading
}

function unbalanced({ core }: Client, args: Args, ofGroup: boolean): Refusal {
  const isRedis = core.dialect.engine === 'redis'
  const shown = isRedis ? 'XREAD' : `'${args.text(0).toLowerCase()}'`
  const id = ofGroup && !isRedis ? '>' : '$'
  return refusal(`ERR Unbalanced ${shown} list of streams: for each stream key an ID or '${id}' must be specified.`)
}

function read(client: Client, args: Args, ofGroup: boolean): void {
  const { core, db, replies } = client
  const reading = readingOf(client, args, ofGroup)
  const keys = (args.count - reading.streams) / 2
  const sources = Array.from({ length: keys }, (_, i) => i)
    .filter((i) => !core.blocking.overlooks(args, reading.streams + i))
    .map((i) => sourceOf(client, args, reading, i, keys))
  // Valkey has a consumer there even if there is nothing for it.
  const consumers = sources.map((source) =>
    source.group && (core.dialect.engine === 'valkey' || hasMore(source))
      ? readerOf(client, args, reading, source, source.group)
      : undefined,
  )
  const served = sources.filter(hasMore)
  // Valkey looks at all of the keys again once one of them has something.
  if (served.length > 0 && core.blocking.isServing && core.dialect.engine === 'valkey')
    for (const { key } of sources) db.readOf(STREAM, args, key)
  if (served.length > 0) {
    const isMap = replies.resp === 3
    if (isMap) replies.map(served.length)
    else replies.array(served.length)
    for (const [i, source] of sources.entries()) {
      if (!hasMore(source)) continue
      if (!isMap) replies.array(2)
      replies.bulk(args.bytes, args.view, args.start(source.key), args.end(source.key))
      tell(client, args, reading, source, consumers[i])
    }
  } else if (reading.timeout === undefined) replies.nullArray()
  else {
    const wait = { timeout: reading.timeout, timedOut: () => replies.nullArray(), untilGone: ofGroup }
    core.blocking.block(client, waitingArgs(args, reading, sources), { keys: sources.map(({ key }) => key), ...wait })
  }
  if (ofGroup) core.propagation.nothing()
}

/** XREAD ... `+`, from the last entry on: of Valkey 8. */
const knowsLast = ({ core: { dialect } }: Client): boolean =>
  dialect.engine === 'valkey' && isAtLeast(dialect.version, '8.0.0')

function sourceOf(client: Client, args: Args, { group: at, streams }: Reading, i: number, keys: number): Source {
  const key = streams + i
  const word = key + keys
  const stream = readable(client, args, key, at !== 0)
  const group = at === 0 ? undefined : stream?.groups.get(args.text(at))
  if (at !== 0 && group === undefined) {
    if (client.core.blocking.isServing && client.core.dialect.engine === 'redis')
      throw stream === undefined ? KEY_GONE : GROUP_GONE
    throw noGroup(args, key, at, ' in XREADGROUP with GROUP option')
  }
  const source = { key, stream, group, isNew: false }
  if (args.equals(word, '$')) {
    if (group) throw LAST_OF_GROUP
    return { ...source, after: stream?.lastId ?? 0n }
  }
  if (args.equals(word, '+') && knowsLast(client)) {
    if (group) throw LAST_ENTRY_OF_GROUP
    if (stream?.lastId === 0n) throw NO_LAST_ENTRY
    return { ...source, after: stream === undefined ? 0n : stream.lastId - 1n }
  }
  if (args.equals(word, '>')) {
    if (group === undefined) throw NEW_OF_XREAD
    return { ...source, after: group.lastId, isNew: true }
  }
  const after = streamId(args, word)
  return after === LAST_ID && group ? { ...source, after: group.lastId, isNew: true } : { ...source, after }
}

/** The stream of a key. Who waits already goes on waiting where there is something else meanwhile. */
function readable({ core, db }: Client, args: Args, key: number, ofGroup: boolean): Stream | undefined {
  const waits = core.blocking.isServing && !(ofGroup && core.dialect.engine === 'valkey')
  const entry = waits ? db.lookupRead(args, key) : db.readOf(STREAM, args, key)
  if (entry === 0 || db.typeOf(entry) !== STREAM) return undefined
  if (ofGroup) db.preserve(entry)
  return streamOf(db, entry)
}

/** Whether there is something to tell; of what a consumer has had already, even if that is nothing. */
function hasMore({ stream, group, after, isNew }: Source): boolean {
  if (stream === undefined) return false
  if (group && !isNew) return true
  return stream.length > 0 && stream.lastThere() > after
}

function readerOf(client: Client, args: Args, { group: at, noAck }: Reading, { key }: Source, group: Group): Consumer {
  const { core, db } = client
  const { consumer, isNew } = consumerOf(client, args, key, group, at + 1)
  // With the first of its entries it is made on replicas, too.
  if (isNew && noAck) {
    const words = [args.bytesOf(key), args.bytesOf(at), args.bytesOf(at + 1)]
    core.propagation.instead(db, 'XGROUP', 'CREATECONSUMER', ...words)
  }
  return consumer
}

/** As a client waits: for what comes behind the entries there are now. */
function waitingArgs(args: Args, { streams }: Reading, sources: readonly Source[]): Args {
  const words = args.words()
  let isSame = true
  for (const [i, { after }] of sources.entries()) {
    const at = streams + sources.length + i
    if (!args.equals(at, '$')) continue
    words[at] = Buffer.from(idText(after))
    isSame = false
  }
  return isSame ? args : Args.of(words)
}

/** Replies the entries of one stream, and has the group remember who got them. */
function tell(client: Client, args: Args, reading: Reading, source: Source, consumer: Consumer | undefined): void {
  const { replies } = client
  const { stream, group, after, isNew } = source
  if (stream === undefined) return
  if (group && consumer && !isNew) {
    tellAgain(client, stream, consumer, after, reading.count)
    return
  }
  replies.counted('array', () => {
    let told = 0
    stream.each(after + 1n, LAST_ID, false, (id, chunk, place) => {
      stream.reply(replies, id, chunk, place)
      if (group && consumer) deliver(client, args, reading, source.key, stream, group, consumer, id)
      return ++told < reading.count
    })
    return told
  })
  if (group === undefined || consumer === undefined) return
  client.db.touched(args, source.key)
  // Claims don't say how many entries a group has read.
  if (reading.noAck || client.core.dialect.engine === 'valkey')
    tellLastId(client, args, source.key, reading.group, group)
}

/** Replies what a consumer has got before and not acknowledged. */
function tellAgain({ core, replies }: Client, stream: Stream, consumer: Consumer, after: bigint, count: number): void {
  replies.counted('array', () => {
    let told = 0
    for (const [id, pending] of consumer.pending.entries(after + 1n)) {
      let isThere = false
      stream.each(id, id, false, (_, chunk, place) => {
        stream.reply(replies, id, chunk, place)
        isThere = true
        return false
      })
      if (isThere) {
        pending.deliveredAt = core.keyspace.now
        pending.deliveries++
      } else {
        replies.array(2)
        replies.bulkText(idText(id))
        replies.nullArray()
      }
      if (++told >= count) break
    }
    return told
  })
}

function deliver(
  client: Client,
  args: Args,
  { group: at, noAck }: Reading,
  key: number,
  stream: Stream,
  group: Group,
  consumer: Consumer,
  id: bigint,
): void {
  if (id > group.lastId) {
    if (group.entriesRead !== UNKNOWN_READ && !stream.hasGapsFrom(id)) group.entriesRead++
    else if (stream.entriesAdded > 0) group.entriesRead = stream.entriesUpTo(id)
    group.lastId = id
  }
  if (noAck) return
  const pending: Pending = group.pending.get(id) ?? { consumer: undefined, deliveredAt: 0, deliveries: 1 }
  pending.deliveredAt = client.core.keyspace.now
  pending.deliveries = 1
  group.pending.set(id, pending)
  group.assign(id, pending, consumer)
  consumer.activeAt = pending.deliveredAt
  tellClaim(client, args, key, at, group, id, pending)
}

/** Replicas are told what a consumer got as a claim: the same entry is the same consumer's there. */
export function tellClaim(
  { core, db }: Client,
  args: Args,
  key: number,
  at: number,
  group: Group,
  id: bigint,
  { consumer, deliveredAt, deliveries }: Pending,
): void {
  if (core.propagation.feed === undefined || consumer === undefined) return
  const to = [args.bytesOf(key), args.bytesOf(at), Buffer.from(consumer.name, 'latin1')]
  const how = ['TIME', String(deliveredAt), 'RETRYCOUNT', String(deliveries), 'FORCE', 'JUSTID']
  core.propagation.instead(db, 'XCLAIM', ...to, '0', idText(id), ...how, 'LASTID', idText(group.lastId))
}

/** Replicas are told how far a group has read. */
export function tellLastId({ core, db }: Client, args: Args, key: number, at: number, group: Group): void {
  const to = [args.bytesOf(key), args.bytesOf(at), idText(group.lastId)]
  core.propagation.instead(db, 'XGROUP', 'SETID', ...to, 'ENTRIESREAD', String(group.entriesRead))
}
