import type { Client } from '../client.ts'
import { STREAM, STREAM_NODES } from '../keyspace/entry.ts'
import { STREAM_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { subcommandSyntax } from '../refused.ts'
import { idText, Stream } from '../types/stream.ts'
import { type Consumer, Group, type Pending, UNKNOWN_READ } from '../types/stream-groups.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'
import { tellClaim, tellLastId } from './stream-reading.ts'
import {
  consumerOf,
  idOrEnd,
  intervalEnd,
  intervalStart,
  isStreamId,
  noGroup,
  streamId,
  streamOf,
} from './stream-words.ts'

const NO_KEY = refusal(
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
)
const BUSY = refusal('BUSYGROUP Consumer Group name already exists')
const READ_NEGATIVE = refusal('ERR value for ENTRIESREAD must be positive or -1')
const COUNT = refusal('ERR COUNT must be > 0')
/** A server makes room for so many ids, of 16 bytes, and has addresses of 47 bits. */
const MOST_CLAIMS = 2 ** 43
const TOO_MANY_CLAIMS = refusal('ERR Insufficient memory, failed allocating transient memory, COUNT too high.')
// Of a claim, more entries than it is to get are looked at.
const ATTEMPTS = 10

/** The commands of groups of consumers. */
export const STREAM_GROUPS: readonly Row[] = [
  { name: 'xgroup' },
  { name: 'xgroup|create', run: create },
  { name: 'xgroup|setid', run: setid },
  { name: 'xgroup|destroy', run: destroy },
  { name: 'xgroup|createconsumer', run: createConsumer },
  { name: 'xgroup|delconsumer', run: deleteConsumer },
  helpOf('xgroup'),
  { name: 'xack', run: xack },
  { name: 'xpending', run: xpending },
  { name: 'xclaim', run: xclaim },
  { name: 'xautoclaim', run: xautoclaim },
]

// Words that XGROUP CREATE and SETID may have, however often each is repeated.
const MOST_TO_CREATE = 8
const MOST_TO_SET = 7

/** The words of XGROUP CREATE and SETID behind the id. */
function groupOptions(args: Args, mayMake: boolean): { readonly entriesRead: number; readonly makes: boolean } {
  let [entriesRead, makes] = [UNKNOWN_READ, false]
  for (let i = 5; i < args.count; i++) {
    if (mayMake && args.is(i, 'MKSTREAM')) makes = true
    else if (args.is(i, 'ENTRIESREAD') && i + 1 < args.count) {
      entriesRead = args.integer(++i)
      if (entriesRead < UNKNOWN_READ) throw READ_NEGATIVE
    } else throw refusal(subcommandSyntax(args))
  }
  if (args.count > (mayMake ? MOST_TO_CREATE : MOST_TO_SET)) throw refusal(subcommandSyntax(args))
  return { entriesRead, makes }
}

/** The stream of XGROUP's key. @throws Refusal where it isn't there */
function streamIn({ db }: Client, args: Args): Stream {
  const entry = db.writeOf(STREAM, args, 2)
  if (entry === 0) throw NO_KEY
  return streamOf(db, entry)
}

/** The stream and the group of XGROUP. @throws Refusal where they aren't there */
function groupIn(client: Client, args: Args): { readonly stream: Stream; readonly group: Group } {
  const stream = streamIn(client, args)
  const group = stream.groups.get(args.text(3))
  if (group === undefined)
    throw refusal(`NOGROUP No such consumer group '${args.shown(3)}' for key name '${args.shown(2)}'`)
  return { stream, group }
}

function create(client: Client, args: Args): void {
  const { db, replies } = client
  const { entriesRead, makes } = groupOptions(args, true)
  const found = db.writeOf(STREAM, args, 2)
  if (found === 0 && !makes) throw NO_KEY
  const last = found === 0 ? 0n : streamOf(db, found).lastId
  const id = args.equals(4, '$') ? last : streamId(args, 4)
  const stream = streamOf(db, found || db.create(args, 2, STREAM, STREAM_NODES, new Stream(db.arena)))
  if (stream.groups.has(args.text(3))) throw BUSY
  stream.groups.set(args.text(3), new Group(id, entriesRead))
  db.changed(args, 2, STREAM_EVENT, 'xgroup-create')
  replies.ok()
}

function setid(client: Client, args: Args): void {
  const { db, replies } = client
  const { entriesRead } = groupOptions(args, false)
  const { stream, group } = groupIn(client, args)
  group.lastId = args.equals(4, '$') ? stream.lastId : idOrEnd(args, 4)
  group.entriesRead = entriesRead
  db.changed(args, 2, STREAM_EVENT, 'xgroup-setid')
  replies.ok()
}

function destroy(client: Client, args: Args): void {
  const { db, replies } = client
  const isGone = streamIn(client, args).groups.delete(args.text(3))
  if (isGone) {
    db.changed(args, 2, STREAM_EVENT, 'xgroup-destroy')
    // Who waits for it hears that.
    db.ready(args, 2)
  }
  replies.integer(isGone ? 1 : 0)
}

function createConsumer(client: Client, args: Args): void {
  const { core, db, replies } = client
  const { group } = groupIn(client, args)
  const isNew = !group.consumers.has(args.text(4))
  if (isNew) {
    group.addConsumer(args.text(4), core.keyspace.now)
    db.changed(args, 2, STREAM_EVENT, 'xgroup-createconsumer')
  }
  replies.integer(isNew ? 1 : 0)
}

function deleteConsumer(client: Client, args: Args): void {
  const { db, replies } = client
  const { group } = groupIn(client, args)
  const consumer = group.consumers.get(args.text(4))
  const pending = consumer?.pending.size ?? 0
  if (consumer) {
    group.removeConsumer(consumer)
    db.changed(args, 2, STREAM_EVENT, 'xgroup-delconsumer')
  }
  replies.integer(pending)
}

/** The stream and the group that words 1 and 2 name. */
function named({ db }: Client, args: Args): { readonly stream: Stream; readonly group: Group } | undefined {
  const entry = db.readOf(STREAM, args, 1)
  if (entry !== 0) db.preserve(entry)
  const stream = entry === 0 ? undefined : streamOf(db, entry)
  const group = stream?.groups.get(args.text(2))
  return stream && group ? { stream, group } : undefined
}

function xack(client: Client, args: Args): void {
  const { db, replies } = client
  const found = named(client, args)
  if (found === undefined) {
    replies.integer(0)
    return
  }
  const ids = Array.from({ length: args.count - 3 }, (_, i) => streamId(args, i + 3))
  const settled = ids.filter((id) => found.group.settle(id)).length
  if (settled > 0) db.touched(args, 1, settled)
  replies.integer(settled)
}

function xpending(client: Client, args: Args): void {
  if (args.count === 3) {
    summary(client, args)
    return
  }
  if (args.count < 6 || args.count > 9) throw SYNTAX
  let at = 3
  let idle = 0
  if (args.is(3, 'IDLE')) {
    idle = args.integer(4)
    if (args.count < 8) throw SYNTAX
    at = 5
  }
  const count = Math.max(0, args.integer(at + 2))
  const [from, to] = [intervalStart(args, at), intervalEnd(args, at + 1)]
  const { core, replies } = client
  const found = named(client, args)
  if (found === undefined) throw noGroup(args, 1, 2)
  const consumer = at + 3 < args.count ? found.group.consumers.get(args.text(at + 3)) : undefined
  if (at + 3 < args.count && consumer === undefined) {
    replies.array(0)
    return
  }
  const { now } = core.keyspace
  replies.counted('array', () => {
    let told = 0
    for (const [id, pending] of (consumer ?? found.group).pending.entries(from)) {
      if (id > to || told >= count) break
      if (now - pending.deliveredAt < idle) continue
      replies.array(4)
      replies.bulkText(idText(id))
      replies.bulkText(pending.consumer?.name ?? '')
      replies.integer(Math.max(0, now - pending.deliveredAt))
      replies.integer(pending.deliveries)
      told++
    }
    return told
  })
}

function summary(client: Client, args: Args): void {
  const { replies } = client
  const found = named(client, args)
  if (found === undefined) throw noGroup(args, 1, 2)
  const { pending } = found.group
  const [first, last] = [pending.at(0), pending.at(-1)]
  replies.array(4)
  replies.integer(pending.size)
  if (first === undefined || last === undefined) {
    replies.null()
    replies.null()
    replies.nullArray()
    return
  }
  replies.bulkText(idText(first))
  replies.bulkText(idText(last))
  const busy = found.group.inOrder().filter((consumer) => consumer.pending.size > 0)
  replies.array(busy.length)
  for (const consumer of busy) {
    replies.array(2)
    replies.bulkText(consumer.name)
    replies.bulkInteger(consumer.pending.size)
  }
}

/** Who claims; Redis 7.0 has it there only once there is something for it. */
const claimerOf = (client: Client, args: Args, group: Group): Consumer | undefined =>
  client.core.dialect.engine === 'valkey' ? consumerOf(client, args, 1, group, 3).consumer : undefined

interface ClaimOptions {
  deliveredAt: number
  deliveries: number | undefined
  forces: boolean
  onlyIds: boolean
  lastId: bigint
  /** The word behind the ids. */
  end: number
}

function claimOptions({ core }: Client, args: Args): ClaimOptions {
  const { now } = core.keyspace
  const options: ClaimOptions = {
    deliveredAt: now,
    deliveries: undefined,
    forces: false,
    onlyIds: false,
    lastId: 0n,
    end: 5,
  }
  while (options.end < args.count && isStreamId(args, options.end)) options.end++
  const invalid = (option: string) => refusal(`ERR Invalid ${option} option argument for XCLAIM`)
  for (let i = options.end; i < args.count; i++) {
    const follows = i + 1 < args.count
    if (args.is(i, 'FORCE')) options.forces = true
    else if (args.is(i, 'JUSTID')) options.onlyIds = true
    else if (args.is(i, 'IDLE') && follows) options.deliveredAt = now - args.integer(++i, invalid('IDLE'))
    else if (args.is(i, 'TIME') && follows) options.deliveredAt = args.integer(++i, invalid('TIME'))
    else if (args.is(i, 'RETRYCOUNT') && follows) options.deliveries = args.integer(++i, invalid('RETRYCOUNT'))
    else if (args.is(i, 'LASTID') && follows) options.lastId = streamId(args, ++i)
    else throw refusal(`ERR Unrecognized XCLAIM option '${args.shown(i)}'`)
  }
  if (options.deliveredAt < 0 || options.deliveredAt > now) options.deliveredAt = now
  if (options.deliveries !== undefined && options.deliveries < 0) options.deliveries = undefined
  return options
}

function xclaim(client: Client, args: Args): void {
  const { core, db, replies } = client
  const found = named(client, args)
  if (found === undefined) throw noGroup(args, 1, 2)
  const { stream, group } = found
  const minIdle = args.integer(4, refusal('ERR Invalid min-idle-time argument for XCLAIM'))
  const options = claimOptions(client, args)
  const { now } = core.keyspace
  let tellsId = options.lastId > group.lastId
  if (tellsId) group.lastId = options.lastId
  let consumer = claimerOf(client, args, group)
  const ids = Array.from({ length: options.end - 5 }, (_, i) => streamId(args, i + 5))
  replies.counted('array', () => {
    let claimed = 0
    for (const id of ids) {
      let pending = group.pending.get(id)
      if (!stream.has(id)) {
        if (pending === undefined) continue
        forget(client, args, group, id, pending)
        tellsId = false
        continue
      }
      if (pending === undefined && options.forces) {
        pending = { consumer: undefined, deliveredAt: 0, deliveries: 1 }
        group.pending.set(id, pending)
      }
      if (pending === undefined || (pending.consumer && now - pending.deliveredAt < minIdle)) continue
      consumer ??= consumerOf(client, args, 1, group, 3).consumer
      group.assign(id, pending, consumer)
      pending.deliveredAt = options.deliveredAt
      if (options.deliveries !== undefined) pending.deliveries = options.deliveries
      else if (!options.onlyIds) pending.deliveries++
      tellEntry(client, stream, id, options.onlyIds)
      consumer.activeAt = now
      tellClaim(client, args, 1, 2, group, id, pending)
      tellsId = false
      db.touched(args, 1)
      claimed++
    }
    return claimed
  })
  if (tellsId) {
    tellLastId(client, args, 1, 2, group)
    db.touched(args, 1)
  }
  core.propagation.nothing()
}

/** An entry is pending that is gone. */
function forget(client: Client, args: Args, group: Group, id: bigint, pending: Pending): void {
  tellClaim(client, args, 1, 2, group, id, pending)
  group.settle(id)
  client.db.touched(args, 1)
}

function tellEntry({ replies }: Client, stream: Stream, id: bigint, onlyId: boolean): void {
  if (onlyId) replies.bulkText(idText(id))
  else
    stream.each(id, id, false, (_, chunk, place) => {
      stream.reply(replies, id, chunk, place)
      return false
    })
}

function xautoclaim(client: Client, args: Args): void {
  const { core, db, replies } = client
  const minIdle = args.integer(4, refusal('ERR Invalid min-idle-time argument for XAUTOCLAIM'))
  const from = intervalStart(args, 5)
  let [left, onlyIds] = [100, false]
  for (let i = 6; i < args.count; i++) {
    if (args.is(i, 'COUNT') && i + 1 < args.count) left = args.integerFrom(++i, 1, Number.MAX_SAFE_INTEGER * 64, COUNT)
    else if (args.is(i, 'JUSTID')) onlyIds = true
    else throw SYNTAX
  }
  const found = named(client, args)
  if (found === undefined) throw noGroup(args, 1, 2)
  if (left > MOST_CLAIMS) throw TOO_MANY_CLAIMS
  const { stream, group } = found
  let consumer = claimerOf(client, args, group)
  const { now } = core.keyspace
  const gone: bigint[] = []
  let attempts = left * ATTEMPTS
  let next = from
  const claims = Buffer.from(
    replies.capture(() =>
      replies.counted('array', () => {
        let claimed = 0
        for (; attempts > 0 && left > 0; attempts--) {
          const id = group.pending.at(group.pending.indexFrom(next))
          const pending = id === undefined ? undefined : group.pending.get(id)
          if (id === undefined || pending === undefined) break
          next = id + 1n
          if (!stream.has(id)) {
            forget(client, args, group, id, pending)
            gone.push(id)
            left--
            continue
          }
          if (now - pending.deliveredAt < minIdle) continue
          consumer ??= consumerOf(client, args, 1, group, 3).consumer
          group.assign(id, pending, consumer)
          pending.deliveredAt = now
          if (!onlyIds) pending.deliveries++
          tellEntry(client, stream, id, onlyIds)
          consumer.activeAt = now
          tellClaim(client, args, 1, 2, group, id, pending)
          db.touched(args, 1)
          claimed++
          left--
        }
        return claimed
      }),
    ),
  )
  replies.array(3)
  replies.bulkText(idText(group.pending.at(group.pending.indexFrom(next)) ?? 0n))
  replies.text(claims)
  replies.array(gone.length)
  for (const id of gone) replies.bulkText(idText(id))
  core.propagation.nothing()
}

// The texts are redis', which clients compare.
