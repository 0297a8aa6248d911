import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { STREAM_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { type Refusal, refusal } from '../protocol/refusals.ts'
import { idOf, LAST_ID, MOST_PART, type Stream } from '../types/stream.ts'
import type { Consumer, Group } from '../types/stream-groups.ts'

const INVALID_ID = refusal('ERR Invalid stream ID specified as stream command argument')
const INVALID_START = refusal('ERR invalid start ID for the interval')
const INVALID_END = refusal('ERR invalid end ID for the interval')
const LONGEST_ID = 127

/** The stream of an entry of its type. */
export const streamOf = (db: Database, entry: number): Stream => db.objectOf(entry) as Stream // a stream's only encoding

/** Half of an id, as strtoull reads it; undefined: it is none. */
function partOf(text: string): bigint | undefined {
  const [, digits] = /^[\t-\r ]*\+?(\d+)$/.exec(text) ?? []
  const part = digits === undefined ? undefined : BigInt(digits)
  return part === undefined || part > MOST_PART ? undefined : part
}

/** An id that a word gives. @param missing The sequence of one that gives none. @throws Refusal */
export function streamId(args: Args, index: number, missing = 0n): bigint {
  return idIn(args.text(index), missing)
}

/** Whether a word is an id. */
export function isStreamId(args: Args, index: number): boolean {
  try {
    streamId(args, index)
    return true
  } catch {
    return false
  }
}

function idIn(text: string, missing: bigint): bigint {
  const dash = text.indexOf('-')
  const ms = partOf(dash < 0 ? text : text.slice(0, dash))
  const sequence = dash < 0 ? missing : partOf(text.slice(dash + 1))
  if (ms === undefined || sequence === undefined || text.length > LONGEST_ID) throw INVALID_ID
  return idOf(ms, sequence)
}

/** The id of a new entry: `5-1`, or `5-*` whose sequence is the next. @throws Refusal */
export function newId(args: Args, index: number): { readonly id: bigint; readonly isWhole: boolean } {
  const text = args.text(index)
  const isWhole = !text.endsWith('-*')
  return { id: idIn(isWhole ? text : text.slice(0, -2), 0n), isWhole }
}

/** Where an interval begins: `-`, `(5-1`, `5`. @throws Refusal */
export function intervalStart(args: Args, index: number): bigint {
  const { id, isExclusive } = bound(args, index, 0n)
  if (isExclusive && id === LAST_ID) throw INVALID_START
  return isExclusive ? id + 1n : id
}

/** Where an interval ends. @throws Refusal */
export function intervalEnd(args: Args, index: number): bigint {
  const { id, isExclusive } = bound(args, index, MOST_PART)
  if (isExclusive && id === 0n) throw INVALID_END
  return isExclusive ? id - 1n : id
}

function bound(args: Args, index: number, missing: bigint): { readonly id: bigint; readonly isExclusive: boolean } {
  const text = args.text(index)
  const isExclusive = text.length > 1 && text.startsWith('(')
  return { id: isExclusive ? idIn(text.slice(1), missing) : idOrEnd(args, index, missing), isExclusive }
}

/** An id, or either end of all: `-`, `+`. @throws Refusal */
export function idOrEnd(args: Args, index: number, missing = 0n): bigint {
  if (args.equals(index, '-')) return 0n
  if (args.equals(index, '+')) return LAST_ID
  return streamId(args, index, missing)
}

/** What commands of a group refuse where it isn't there. */
export const noGroup = (args: Args, key: number, group: number, where = ''): Refusal =>
  refusal(`NOGROUP No such key '${args.shown(key)}' or consumer group '${args.shown(group)}'${where}`)

/** The consumer of a word, who was named now. It is made if it isn't there: then others are told. */
export function consumerOf(
  { core, db }: Client,
  args: Args,
  key: number,
  group: Group,
  index: number,
): { readonly consumer: Consumer; readonly isNew: boolean } {
  const { now } = core.keyspace
  const known = group.consumers.get(args.text(index))
  if (known) {
    known.seenAt = now
    return { consumer: known, isNew: false }
  }
  const consumer = group.addConsumer(args.text(index), now)
  db.changed(args, key, STREAM_EVENT, 'xgroup-createconsumer')
  return { consumer, isNew: true }
}
