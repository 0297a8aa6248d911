import type { Client } from '../client.ts'
import { STREAM } from '../keyspace/entry.ts'
import type { Args } from '../protocol/args.ts'
import { NO_SUCH_KEY, refusal } from '../protocol/refusals.ts'
import { subcommandSyntax } from '../refused.ts'
import { idText, LAST_ID, type Stream } from '../types/stream.ts'
import { type Consumer, type Group, UNKNOWN_READ } from '../types/stream-groups.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'
import { streamOf } from './stream-words.ts'

const FULL_COUNT = 10

/** XINFO. */
export const STREAM_INFO: readonly Row[] = [
  { name: 'xinfo' },
  { name: 'xinfo|stream', run: stream },
  { name: 'xinfo|groups', run: groups },
  { name: 'xinfo|consumers', run: consumers },
  helpOf('xinfo'),
]

function streamIn({ db }: Client, args: Args): Stream {
  const entry = db.readOf(STREAM, args, 2)
  if (entry === 0) throw NO_SUCH_KEY
  return streamOf(db, entry)
}

function stream(client: Client, args: Args): void {
  const told = streamIn(client, args)
  const isFull = args.count > 3
  let count = FULL_COUNT
  if (isFull) {
    const isRight = args.is(3, 'FULL') && (args.count === 4 || (args.count === 6 && args.is(4, 'COUNT')))
    if (!isRight) throw refusal(subcommandSyntax(args))
    if (args.count === 6) count = args.integer(5)
    if (count < 0) count = FULL_COUNT
  }
  const { replies } = client
  replies.map(isFull ? 9 : 10)
  replies.bulkText('length')
  replies.integer(told.length)
  replies.bulkText('radix-tree-keys')
  replies.integer(told.nodes)
  replies.bulkText('radix-tree-nodes')
  replies.integer(told.nodes + 1)
  const ids = [
    ['last-generated-id', told.lastId],
    ['max-deleted-entry-id', told.maxDeletedId],
  ] as const
  for (const [name, id] of ids) {
    replies.bulkText(name)
    replies.bulkText(idText(id))
  }
  replies.bulkText('entries-added')
  replies.integer(told.entriesAdded)
  replies.bulkText('recorded-first-entry-id')
  replies.bulkText(idText(told.firstId))
  if (isFull) contents(client, told, count || Number.POSITIVE_INFINITY)
  else edges(client, told)
}

function edges({ replies }: Client, told: Stream): void {
  replies.bulkText('groups')
  replies.integer(told.groups.size)
  for (const [name, backwards] of [
    ['first-entry', false],
    ['last-entry', true],
  ] as const) {
    replies.bulkText(name)
    if (told.length === 0) replies.null()
    else
      told.each(0n, LAST_ID, backwards, (id, chunk, place) => {
        told.reply(replies, id, chunk, place)
        return false
      })
  }
}

function contents(client: Client, told: Stream, count: number): void {
  const { replies } = client
  replies.bulkText('entries')
  replies.counted('array', () => {
    let entries = 0
    told.each(0n, LAST_ID, false, (id, chunk, place) => {
      told.reply(replies, id, chunk, place)
      return ++entries < count
    })
    return entries
  })
  replies.bulkText('groups')
  replies.array(told.groups.size)
  for (const [name, group] of inOrder(told)) {
    replies.map(7)
    replies.bulkText('name')
    replies.bulkText(name)
    replies.bulkText('last-delivered-id')
    replies.bulkText(idText(group.lastId))
    progress(client, told, group)
    replies.bulkText('pel-count')
    replies.integer(group.pending.size)
    replies.bulkText('pending')
    pendingOf(client, group, count)
    replies.bulkText('consumers')
    replies.array(group.consumers.size)
    for (const consumer of group.inOrder()) consumerInFull(client, consumer, count)
  }
}

function consumerInFull(client: Client, consumer: Consumer, count: number): void {
  const { core, replies } = client
  const isValkey = core.dialect.engine === 'valkey'
  replies.map(isValkey ? 5 : 4)
  replies.bulkText('name')
  replies.bulkText(consumer.name)
  replies.bulkText('seen-time')
  replies.integer(consumer.seenAt)
  if (isValkey) {
    replies.bulkText('active-time')
    replies.integer(consumer.activeAt)
  }
  replies.bulkText('pel-count')
  replies.integer(consumer.pending.size)
  replies.bulkText('pending')
  pendingOf(client, consumer, count)
}

/** What is pending of a group, with the names of consumers, or of one of them. */
function pendingOf({ replies }: Client, owner: Group | Consumer, count: number): void {
  const isGroup = 'consumers' in owner
  replies.counted('array', () => {
    let told = 0
    for (const [id, { consumer, deliveredAt, deliveries }] of owner.pending.entries()) {
      replies.array(isGroup ? 4 : 3)
      replies.bulkText(idText(id))
      if (isGroup) replies.bulkText(consumer?.name ?? '')
      replies.integer(deliveredAt)
      replies.integer(deliveries)
      if (++told >= count) break
    }
    return told
  })
}

const inOrder = ({ groups: all }: Stream): [string, Group][] => [...all].sort(([a], [b]) => (a < b ? -1 : 1))

function progress({ replies }: Client, told: Stream, group: Group): void {
  replies.bulkText('entries-read')
  if (group.entriesRead === UNKNOWN_READ) replies.null()
  else replies.integer(group.entriesRead)
  replies.bulkText('lag')
  const lag = told.lagOf(group)
  if (lag === undefined) replies.null()
  else replies.integer(lag)
}

function groups(client: Client, args: Args): void {
  const told = streamIn(client, args)
  const { replies } = client
  replies.array(told.groups.size)
  for (const [name, group] of inOrder(told)) {
    replies.map(6)
    replies.bulkText('name')
    replies.bulkText(name)
    replies.bulkText('consumers')
    replies.integer(group.consumers.size)
    replies.bulkText('pending')
    replies.integer(group.pending.size)
    replies.bulkText('last-delivered-id')
    replies.bulkText(idText(group.lastId))
    progress(client, told, group)
  }
}

function consumers(client: Client, args: Args): void {
  const { core, replies } = client
  const group = streamIn(client, args).groups.get(args.text(3))
  if (group === undefined)
    throw refusal(`NOGROUP No such consumer group '${args.shown(3)}' for key name '${args.shown(2)}'`)
  const { now } = core.keyspace
  const isValkey = core.dialect.engine === 'valkey'
  replies.array(group.consumers.size)
  for (const { name, pending, seenAt, activeAt } of group.inOrder()) {
    replies.map(isValkey ? 4 : 3)
    replies.bulkText('name')
    replies.bulkText(name)
    replies.bulkText('pending')
    replies.integer(pending.size)
    replies.bulkText('idle')
    replies.integer(Math.max(0, now - seenAt))
    if (!isValkey) continue
    replies.bulkText('inactive')
    replies.integer(activeAt < 0 ? activeAt : Math.max(0, now - activeAt))
  }
}

// The texts are redis', which clients compare.
