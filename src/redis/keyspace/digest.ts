import { createHash } from 'node:crypto'
import { Client } from '../client.ts'
import type { Core } from '../core.ts'
import { Args } from '../protocol/args.ts'
import type { Database } from './database.ts'
import { HASH_TYPE, LIST, SET, STREAM, ZSET } from './entry.ts'

// What commands tell of a value, whatever its encoding. Those in no order are put in one.
const TELLING: Readonly<Record<number, { readonly words: readonly string[]; readonly inOrder: boolean }>> = {
  [LIST]: { words: ['LRANGE', '', '0', '-1'], inOrder: true },
  [SET]: { words: ['SMEMBERS', ''], inOrder: false },
  [ZSET]: { words: ['ZRANGE', '', '0', '-1', 'WITHSCORES'], inOrder: true },
  [HASH_TYPE]: { words: ['HGETALL', ''], inOrder: false },
  [STREAM]: { words: ['XRANGE', '', '-', '+'], inOrder: true },
}
const NOTHING = '0'.repeat(40)
const STRING_TELLING = { words: ['GET', ''], inOrder: true }

/** 40 digits that are the same for the same value and time to live; zeros where there is no such key. */
export function digestOf(core: Core, db: Database, key: Buffer): string {
  const entry = db.findKey(key)
  if (entry === 0) return NOTHING
  const { words, inOrder } = TELLING[db.typeOf(entry)] ?? STRING_TELLING
  const args = Args.of(words.map((word) => (word === '' ? key : word)))
  const command = core.commands.find(args)
  if (command === undefined) return NOTHING
  const asker = new Client(core, undefined)
  asker.db = db
  const told = core.runFor(asker, command, args).toString('latin1')
  const text = inOrder ? told : pairsInOrder(told)
  return createHash('sha1')
    .update(`${text} ${db.expiryOf(entry) >= 0}`, 'latin1')
    .digest('hex')
}

// Members are told in two lines, fields with their values in four.
const pairsInOrder = (told: string): string => {
  const [head = '', ...lines] = told.slice(0, -2).split('\r\n$')
  return [head, ...lines.sort()].join(' ')
}

/** The same of all keys of all databases. */
export function digestOfAll(core: Core): string {
  const sum = Buffer.alloc(20)
  for (const db of core.keyspace.databases) {
    const keys: Buffer[] = []
    db.table.each((entry) => keys.push(db.keyOf(entry)))
    for (const key of keys) {
      const digest = createHash('sha1')
        .update(`${db.id} `)
        .update(key)
        .update(digestOf(core, db, key))
        .digest()
      for (const [at, byte] of digest.entries()) sum[at] = (sum[at] ?? 0) ^ byte
    }
  }
  return sum.toString('hex')
}
