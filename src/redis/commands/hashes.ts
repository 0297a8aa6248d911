import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { HASH_TYPE } from '../keyspace/entry.ts'
import { HASH_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { addAsLongDoubles, isLongDouble } from '../protocol/long-double.ts'
import { fits64, readInteger } from '../protocol/numbers.ts'
import { NOT_A_FLOAT, refusal, SYNTAX } from '../protocol/refusals.ts'
import type { Replies } from '../protocol/replies.ts'
import { OpenHash } from '../types/hash.ts'
import { bytesOf, type Span, textOf } from '../types/span.ts'
import type { Row } from './command.ts'
import { refuseTooManyPairs, signedCount } from './ranges.ts'
import { scanMembers } from './scanning.ts'

const NOT_A_NUMBER = refusal('ERR hash value is not an integer')
const NO_FLOAT_THERE = refusal('ERR hash value is not a float')
const OVERFLOW = refusal('ERR increment or decrement would overflow')
const NOT_FINITE = refusal('ERR increment would produce NaN or Infinity')
const INFINITE = refusal('ERR value is NaN or Infinity')

/** The commands of hashes. */
export const HASHES: readonly Row[] = [
  { name: 'hset', run: (client, args) => client.replies.integer(setPairs(client, args)) },
  { name: 'hmset', run: hmset },
  { name: 'hsetnx', run: hsetnx },
  { name: 'hget', run: hget },
  { name: 'hmget', run: hmget },
  { name: 'hdel', run: hdel },
  { name: 'hlen', run: hlen },
  { name: 'hstrlen', run: hstrlen },
  { name: 'hexists', run: (client, args) => client.replies.integer(found(client, args) ? 1 : 0) },
  { name: 'hgetall', run: hgetall },
  { name: 'hkeys', run: (client, args) => all(client, args, (hash) => hash.field) },
  { name: 'hvals', run: (client, args) => all(client, args, (hash) => hash.value) },
  { name: 'hincrby', run: hincrby },
  { name: 'hincrbyfloat', run: hincrbyfloat },
  { name: 'hrandfield', run: hrandfield },
  { name: 'hscan', run: hscan },
]

const opened = new OpenHash()

const bulk = (replies: Replies, { page, view, start, end }: Span): void => replies.bulk(page, view, start, end)

/** Opens the hash of a key that is read, and looks word 2 up. */
function found(client: Client, args: Args): boolean {
  const entry = client.db.readOf(HASH_TYPE, args, 1)
  return entry !== 0 && opened.open(client, entry).find(args.view, args.start(2), args.end(2))
}

function writable(client: Client, args: Args): OpenHash {
  const entry = client.db.writeOf(HASH_TYPE, args, 1)
  return entry === 0 ? opened.create(client, args, 1) : opened.open(client, entry)
}

/** Answers how many fields are new. */
function setPairs(client: Client, args: Args): number {
  if (args.count % 2 === 1) throw refusal(`ERR wrong number of arguments for '${args.text(0).toLowerCase()}' command`)
  writable(client, args)
  if (client.core.dialect.engine === 'valkey') opened.expect((args.count - 2) / 2)
  let added = 0
  for (let i = 2; i < args.count; i += 2) if (setWords(args, i, i + 1)) added++
  client.db.changed(args, 1, HASH_EVENT, 'hset', args.count / 2 - 1)
  return added
}

const setWords = (args: Args, field: number, value: number): boolean =>
  opened.set(
    args.bytes,
    args.view,
    args.start(field),
    args.end(field),
    args.bytes,
    args.view,
    args.start(value),
    args.end(value),
  )

function hmset(client: Client, args: Args): void {
  setPairs(client, args)
  client.replies.ok()
}

function hsetnx(client: Client, args: Args): void {
  const { db, replies } = client
  if (writable(client, args).find(args.view, args.start(2), args.end(2))) {
    replies.integer(0)
    return
  }
  setWords(args, 2, 3)
  db.changed(args, 1, HASH_EVENT, 'hset')
  replies.integer(1)
}

function hget(client: Client, args: Args): void {
  if (found(client, args)) bulk(client.replies, opened.value)
  else client.replies.null()
}

function hmget(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.readOf(HASH_TYPE, args, 1)
  if (entry !== 0) opened.open(client, entry)
  replies.array(args.count - 2)
  for (let i = 2; i < args.count; i++) {
    if (entry !== 0 && opened.find(args.view, args.start(i), args.end(i))) bulk(replies, opened.value)
    else replies.null()
  }
}

function hdel(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.writeOf(HASH_TYPE, args, 1)
  let removed = 0
  if (entry !== 0) opened.open(client, entry)
  for (let i = 2; entry !== 0 && i < args.count; i++) {
    if (!opened.find(args.view, args.start(i), args.end(i))) continue
    opened.remove()
    removed++
  }
  if (removed > 0) {
    db.changed(args, 1, HASH_EVENT, 'hdel', removed)
    if (opened.count === 0) db.removeEmpty(entry, args, 1)
  }
  replies.integer(removed)
}

function hlen(client: Client, args: Args): void {
  const entry = client.db.readOf(HASH_TYPE, args, 1)
  client.replies.integer(entry === 0 ? 0 : opened.open(client, entry).count)
}

function hstrlen(client: Client, args: Args): void {
  client.replies.integer(found(client, args) ? opened.value.end - opened.value.start : 0)
}

function hgetall(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.readOf(HASH_TYPE, args, 1)
  if (entry === 0) {
    replies.map(0)
    return
  }
  replies.map(opened.open(client, entry).count)
  opened.each(({ field, value }) => {
    bulk(replies, field)
    bulk(replies, value)
  })
}

function all(client: Client, args: Args, part: (hash: OpenHash) => Span): void {
  const { db, replies } = client
  const entry = db.readOf(HASH_TYPE, args, 1)
  replies.array(entry === 0 ? 0 : opened.open(client, entry).count)
  if (entry !== 0) opened.each((hash) => bulk(replies, part(hash)))
}

function hincrby(client: Client, args: Args): void {
  const { db, replies } = client
  const by = args.integer64(3)
  let before: bigint | undefined = 0n
  if (writable(client, args).find(args.view, args.start(2), args.end(2))) {
    const { page, start, end } = opened.value
    before = readInteger(page, start, end)
  }
  if (before === undefined) throw NOT_A_NUMBER
  const sum = before + by
  if (!fits64(sum)) {
    forgetEmpty(client, args)
    throw OVERFLOW
  }
  setText(args, String(sum))
  db.changed(args, 1, HASH_EVENT, 'hincrby')
  replies.integer64(sum)
}

function hincrbyfloat(client: Client, args: Args): void {
  const { core, db, replies } = client
  const by = args.text(3)
  if (!isLongDouble(by)) throw NOT_A_FLOAT
  if (/inf/i.test(by)) throw INFINITE
  const isThere = writable(client, args).find(args.view, args.start(2), args.end(2))
  const before = isThere ? textOf(opened.value) : '0'
  const sum = addAsLongDoubles(before, by)
  if (sum === undefined) throw NO_FLOAT_THERE
  if (!/\d/.test(sum)) {
    forgetEmpty(client, args)
    throw NOT_FINITE
  }
  setText(args, sum)
  // What a replica adds up might be another number.
  core.propagation.instead(db, 'HSET', args.bytesOf(1), args.bytesOf(2), sum)
  db.changed(args, 1, HASH_EVENT, 'hincrbyfloat')
  replies.bulkText(sum)
}

/** Gives the field of word 2 a value of one byte a character. */
function setText(args: Args, text: string): void {
  const bytes = Buffer.from(text, 'latin1')
  opened.set(args.bytes, args.view, args.start(2), args.end(2), bytes, viewOf(bytes), 0, bytes.length)
}

/** A hash that was made for a field which it doesn't get. */
function forgetEmpty({ db }: Client, args: Args): void {
  if (opened.count === 0) db.remove(db.peek(args, 1))
}

function hrandfield(client: Client, args: Args): void {
  const { db, replies } = client
  const { random } = db.keyspace
  if (args.count === 2) {
    const entry = db.readOf(HASH_TYPE, args, 1)
    if (entry === 0) replies.null()
    else opened.open(client, entry).one(random, ({ field }) => bulk(replies, field))
    return
  }
  const count = signedCount(args, 2)
  const withValues = args.count === 4
  if (args.count > 4 || (withValues && !args.is(3, 'WITHVALUES'))) throw SYNTAX
  if (withValues) refuseTooManyPairs(count)
  const entry = db.readOf(HASH_TYPE, args, 1)
  const size = entry === 0 ? 0 : opened.open(client, entry).count
  const elements = size === 0 ? 0 : count < 0 ? -count : Math.min(count, size)
  const inPairs = withValues && client.resp === 3
  replies.array(withValues && !inPairs ? 2 * elements : elements)
  const reply = ({ field, value }: OpenHash): void => {
    if (inPairs) replies.array(2)
    bulk(replies, field)
    if (withValues) bulk(replies, value)
  }
  if (count < 0) for (let left = elements; left > 0; left--) opened.one(random, reply)
  else if (elements === size && size > 0) opened.each(reply)
  else if (elements > 0) opened.sample(random, elements, reply)
}

function hscan(client: Client, args: Args): void {
  scanMembers(client, args, HASH_TYPE, (entry, cursor, take) =>
    opened.open(client, entry).scan(cursor, ({ field, value }) => take(bytesOf(field), bytesOf(value))),
  )
}
