import { createHash } from 'node:crypto'
import { ReplyDecoder } from '../../protocols/resp/decode.ts'
import { itemsOf, type Reply, textOf } from '../../protocols/resp/reply.ts'
import { Client } from '../client.ts'
import type { Core } from '../core.ts'
import { Args } from '../protocol/args.ts'
import { scanFloat, shortestText } from '../protocol/numbers.ts'
import type { Database } from './database.ts'
import { HASH_TYPE, LIST, SET, STREAM, ZSET } from './entry.ts'

/** What commands tell of a value, whatever its encoding. */
const TELLING: Readonly<Record<number, readonly string[]>> = {
  [LIST]: ['LRANGE', '', '0', '-1'],
  [SET]: ['SMEMBERS', ''],
  [ZSET]: ['ZRANGE', '', '0', '-1', 'WITHSCORES'],
  [HASH_TYPE]: ['HGETALL', ''],
  [STREAM]: ['XRANGE', '', '-', '+'],
}
const STRING_TELLING = ['GET', '']
const BYTES = 20
const EXPIRES = Buffer.from('!!expire!!')
/** Streams have another number there than they have here. */
const STREAM_NUMBER = 6

const sha1 = (bytes: Buffer): Buffer => createHash('sha1').update(bytes).digest()

/** As servers count it, so that what they have can be compared with what a node has: in any order, or in just this one. */
class Digest {
  readonly bytes = Buffer.alloc(BYTES)

  /** Adds something whose place does not matter. */
  add(bytes: Buffer): void {
    for (const [at, byte] of sha1(bytes).entries()) this.bytes[at] = (this.bytes[at] ?? 0) ^ byte
  }

  /** Adds something that comes after what was added before. */
  mix(bytes: Buffer): void {
    this.add(bytes)
    sha1(this.bytes).copy(this.bytes)
  }

  mixText(text: string): void {
    this.mix(Buffer.from(text, 'latin1'))
  }

  mixNumber(number: number): void {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    this.mix(bytes)
  }
}

const bytesOf = (reply: Reply | undefined): Buffer =>
  Buffer.isBuffer(reply) ? reply : Buffer.from(textOf(reply ?? null))

/** A score as it is counted: Valkey counts whole ones in other digits than it replies them. */
const scoreIn = (told: Reply, short: boolean): Reply =>
  short ? Buffer.from(shortestText(scanFloat(textOf(told)) ?? 0)) : told

function addPairs(digest: Digest, items: readonly Reply[]): void {
  for (let at = 0; at < items.length; at += 2) {
    const pair = new Digest()
    pair.mix(bytesOf(items[at]))
    pair.mix(bytesOf(items[at + 1]))
    digest.add(pair.bytes)
  }
}

/** @param short Whether scores have the fewest digits. */
function addValue(digest: Digest, type: number, told: Reply, short: boolean): void {
  const items = itemsOf(told)
  if (type === LIST) for (const item of items) digest.mix(bytesOf(item))
  else if (type === SET) for (const item of items) digest.add(bytesOf(item))
  else if (type === ZSET)
    addPairs(
      digest,
      items.map((item, at) => (at % 2 === 0 ? item : scoreIn(item, short))),
    )
  else if (type === HASH_TYPE) addPairs(digest, items)
  else if (type === STREAM) {
    for (const entry of items) {
      const [id, fields = null] = itemsOf(entry)
      digest.mixText(bytesOf(id).toString('latin1').replace('-', '.'))
      for (const field of itemsOf(fields)) digest.mix(bytesOf(field))
    }
  } else digest.mix(bytesOf(told))
}

function mixValue(core: Core, db: Database, key: Buffer, entry: number, digest: Digest): void {
  const type = db.typeOf(entry)
  const args = Args.of((TELLING[type] ?? STRING_TELLING).map((word) => (word === '' ? key : word)))
  const command = core.commands.find(args)
  if (command === undefined) return
  const asker = new Client(core, undefined)
  asker.db = db
  const { keyspace } = core
  const { showsExpired, mayExpire } = keyspace
  keyspace.showsExpired = true
  keyspace.mayExpire = false
  const decoder = new ReplyDecoder()
  decoder.push(core.runFor(asker, command, args))
  keyspace.showsExpired = showsExpired
  keyspace.mayExpire = mayExpire
  digest.mixNumber(type === STREAM ? STREAM_NUMBER : type)
  addValue(digest, type, decoder.next() ?? null, core.replies.shortDoubles)
  if (db.expiryOf(entry) >= 0) digest.add(EXPIRES)
}

/** 40 digits that are the same for the same value, and whether it expires; zeros where there is no such key. */
export function digestOf(core: Core, db: Database, key: Buffer): string {
  const digest = new Digest()
  const entry = db.findKey(key)
  if (entry !== 0) mixValue(core, db, key, entry, digest)
  return digest.bytes.toString('hex')
}

/** The same of all keys of all databases. */
export function digestOfAll(core: Core): string {
  const sum = new Digest()
  for (const db of core.keyspace.databases) {
    if (db.keys === 0) continue
    sum.mixNumber(db.id)
    const keys: Buffer[] = []
    db.table.each((entry) => keys.push(db.keyOf(entry)))
    for (const key of keys) {
      const digest = new Digest()
      digest.mix(key)
      mixValue(core, db, key, db.findKey(key), digest)
      sum.add(digest.bytes)
    }
  }
  return sum.bytes.toString('hex')
}
