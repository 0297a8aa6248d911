import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { EMBSTR, INT, RAW, STRING } from '../keyspace/entry.ts'
import { GENERIC, STRING_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { addAsLongDoubles } from '../protocol/long-double.ts'
import { fits64, readInteger, readSafe } from '../protocol/numbers.ts'
import { NOT_A_FLOAT, NOT_AN_INTEGER, refusal } from '../protocol/refusals.ts'
import { setFromArgs } from '../types/string-value.ts'
import type { Row } from './command.ts'
import { lcs } from './lcs.ts'
import { expiryFrom, expiryOf, stringOptions } from './options.ts'

const OVERFLOW = refusal('ERR increment or decrement would overflow')
const DECREMENT_OVERFLOW = refusal('ERR decrement would overflow')
const NOT_FINITE = refusal('ERR increment would produce NaN or Infinity')
const TOO_LONG = refusal('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
const NEGATIVE_OFFSET = refusal('ERR offset is out of range')
const LEAST_64 = -(2n ** 63n)

/** The commands of strings. */
export const STRINGS: readonly Row[] = [
  { name: 'get', run: get },
  { name: 'set', run: set },
  { name: 'setnx', run: setnx },
  { name: 'setex', run: (client, args) => setWithTime(client, args, 'seconds') },
  { name: 'psetex', run: (client, args) => setWithTime(client, args, 'milliseconds') },
  { name: 'getset', run: getset },
  { name: 'getdel', run: getdel },
  { name: 'getex', run: getex },
  { name: 'mget', run: mget },
  { name: 'mset', run: mset },
  { name: 'msetnx', run: msetnx },
  { name: 'append', run: append },
  { name: 'strlen', run: strlen },
  { name: 'incr', run: (client, args) => increment(client, args, 1, undefined) },
  { name: 'decr', run: (client, args) => increment(client, args, -1, undefined) },
  { name: 'incrby', run: (client, args) => incrementBy(client, args, 1n) },
  { name: 'decrby', run: (client, args) => incrementBy(client, args, -1n) },
  { name: 'incrbyfloat', run: incrbyfloat },
  { name: 'getrange', run: getrange },
  { name: 'substr', run: getrange },
  { name: 'setrange', run: setrange },
  { name: 'lcs', run: lcs },
]

function get({ db, replies }: Client, args: Args): void {
  const entry = db.readOf(STRING, args, 1)
  if (entry === 0) replies.null()
  else replyValue(db, entry)
}

function replyValue(db: Database, entry: number): void {
  const start = db.stringStart(entry)
  db.replies.bulk(db.arena.page(entry), db.arena.view(entry), start, start + db.stringLength(entry))
}

function set(client: Client, args: Args): void {
  const { db, replies } = client
  if (args.count === 3) {
    setFromArgs(db, args, 1, 2, db.lookupWrite(args, 1))
    db.changed(args, 1, STRING_EVENT, 'set')
    replies.ok()
    return
  }
  const options = stringOptions(args, 3, 'set')
  const { nx, xx, get: asksFor, keepTtl } = options
  const isAbsolute = options.absolute && options.unit === 'milliseconds'
  const expiresAt = expiryOf(options, args, db.keyspace)
  const found = asksFor ? db.readOf(STRING, args, 1) : db.lookupWrite(args, 1)
  if (asksFor) {
    if (found === 0) replies.null()
    else replyValue(db, found)
  }
  if ((nx && found !== 0) || (xx && found === 0)) {
    if (!asksFor) replies.null()
    return
  }
  // Redis writes what has expired already, and finds so with the next look at it; Valkey has it gone at once.
  if (expiresAt > 0 && client.core.dialect.engine === 'valkey' && isOver(db, expiresAt)) {
    if (found !== 0) removeExpired(client, args, found)
    if (!asksFor) replies.ok()
    return
  }
  const entry = setFromArgs(db, args, 1, 2, found, keepTtl)
  if (expiresAt > 0) {
    db.setExpiry(entry, expiresAt)
    // Valkey passes on as it is what is said in milliseconds since 1970 already.
    const isSaid = isAbsolute && client.core.dialect.engine === 'valkey'
    const words = [args.bytesOf(1), args.bytesOf(2), 'PXAT', String(expiresAt)]
    if (!isSaid) client.core.propagation.instead(db, 'SET', ...words)
  } else if (asksFor) {
    const options = args.words(3).filter((word) => word.toString('latin1').toUpperCase() !== 'GET')
    client.core.propagation.instead(db, ...args.words().slice(0, 3), ...options)
  }
  db.changed(args, 1, STRING_EVENT, 'set')
  if (expiresAt > 0) db.notify(GENERIC, 'expire', args, 1)
  if (!asksFor) replies.ok()
}

/** Whether a time that a key is given has passed; on a replica that is for its primary to say. */
const isOver = ({ keyspace }: Database, at: number): boolean => keyspace.mayExpire && keyspace.isPast(at)

/** Removes a key that was given a time that has passed. */
function removeExpired({ core, db }: Client, args: Args, found: number): void {
  db.remove(found)
  core.propagation.instead(db, core.deletionWord('lazyExpire'), args.bytesOf(1))
  db.changed(args, 1, GENERIC, 'del')
}

function setnx({ db, replies }: Client, args: Args): void {
  const found = db.lookupWrite(args, 1)
  if (found !== 0) {
    replies.integer(0)
    return
  }
  setFromArgs(db, args, 1, 2, 0)
  db.changed(args, 1, STRING_EVENT, 'set')
  replies.integer(1)
}

function setWithTime(client: Client, args: Args, unit: 'seconds' | 'milliseconds'): void {
  const { db, replies } = client
  const at = expiryFrom(args, 2, db.keyspace, unit, false)
  const entry = setFromArgs(db, args, 1, 3, db.lookupWrite(args, 1))
  db.setExpiry(entry, at)
  client.core.propagation.instead(db, 'SET', args.bytesOf(1), args.bytesOf(3), 'PXAT', String(at))
  db.changed(args, 1, STRING_EVENT, 'set')
  db.notify(GENERIC, 'expire', args, 1)
  replies.ok()
}

function getset(client: Client, args: Args): void {
  const { db, replies } = client
  const found = db.readOf(STRING, args, 1)
  if (found === 0) replies.null()
  else replyValue(db, found)
  setFromArgs(db, args, 1, 2, found)
  client.core.propagation.instead(db, 'SET', args.bytesOf(1), args.bytesOf(2))
  db.changed(args, 1, STRING_EVENT, 'set')
}

function getdel(client: Client, args: Args): void {
  const { db, replies } = client
  const found = db.readOf(STRING, args, 1)
  if (found === 0) {
    replies.null()
    return
  }
  replyValue(db, found)
  db.remove(found)
  client.core.propagation.instead(db, 'DEL', args.bytesOf(1))
  db.changed(args, 1, GENERIC, 'del')
}

function getex(client: Client, args: Args): void {
  const { db, replies } = client
  const { propagation } = client.core
  const options = stringOptions(args, 2, 'getex')
  const found = db.readOf(STRING, args, 1)
  if (found === 0) {
    replies.null()
    return
  }
  const { persist } = options
  const expiresAt = expiryOf(options, args, db.keyspace)
  replyValue(db, found)
  if (expiresAt > 0 && isOver(db, expiresAt)) removeExpired(client, args, found)
  else if (expiresAt > 0) {
    db.setExpiry(found, expiresAt)
    propagation.instead(db, 'PEXPIREAT', args.bytesOf(1), String(expiresAt))
    db.changed(args, 1, GENERIC, 'expire')
  } else if (persist && db.clearExpiry(found)) {
    propagation.instead(db, 'PERSIST', args.bytesOf(1))
    db.changed(args, 1, GENERIC, 'persist')
  }
}

function mget({ db, replies }: Client, args: Args): void {
  replies.array(args.count - 1)
  for (let i = 1; i < args.count; i++) {
    const entry = db.lookupRead(args, i)
    if (entry === 0 || db.typeOf(entry) !== STRING) replies.null()
    else replyValue(db, entry)
  }
}

function refuseOddPairs(args: Args, name: string): void {
  if (args.count % 2 === 0) throw refusal(`ERR wrong number of arguments for '${name}' command`)
}

function setPairs({ db }: Client, args: Args): void {
  for (let i = 1; i < args.count; i += 2) {
    setFromArgs(db, args, i, i + 1, db.lookupWrite(args, i))
    db.changed(args, i, STRING_EVENT, 'set')
  }
}

function mset(client: Client, args: Args): void {
  refuseOddPairs(args, 'mset')
  setPairs(client, args)
  client.replies.ok()
}

function msetnx(client: Client, args: Args): void {
  refuseOddPairs(args, 'msetnx')
  for (let i = 1; i < args.count; i += 2) {
    if (client.db.lookupWrite(args, i) === 0) continue
    client.replies.integer(0)
    return
  }
  setPairs(client, args)
  client.replies.integer(1)
}

function append({ core, db, replies }: Client, args: Args): void {
  const found = db.writeOf(STRING, args, 1)
  if (found === 0) {
    setFromArgs(db, args, 1, 2, 0)
    replies.integer(args.length(2))
  } else {
    const before = db.stringLength(found)
    const length = before + args.length(2)
    if (length > core.config.settings.maxBulk) throw TOO_LONG
    const entry = db.resizeString(found, length, RAW, true)
    args.bytes.copy(db.arena.page(entry), db.stringStart(entry) + before, args.start(2), args.end(2))
    replies.integer(length)
  }
  db.changed(args, 1, STRING_EVENT, 'append')
}

function strlen({ db, replies }: Client, args: Args): void {
  const entry = db.readOf(STRING, args, 1)
  replies.integer(entry === 0 ? 0 : db.stringLength(entry))
}

// Numbers are written here before they become values.
const digits = Buffer.alloc(32)
const digitsView = viewOf(digits)

function incrementBy(client: Client, args: Args, sign: 1n | -1n): void {
  const given = args.integer64(2)
  if (sign < 0 && given === LEAST_64) throw DECREMENT_OVERFLOW
  const by = sign * given
  increment(client, args, Number(by), by)
}

/** @param exactly The same as `by`, where that may be more than doubles hold. */
function increment(client: Client, args: Args, by: number, exactly: bigint | undefined): void {
  const { db, replies } = client
  const found = db.writeOf(STRING, args, 1)
  let sum = by
  if (found !== 0) {
    const start = db.stringStart(found)
    const value = readSafe(db.arena.page(found), start, start + db.stringLength(found))
    sum = value + by
    if (!Number.isSafeInteger(sum) || !Number.isSafeInteger(by)) {
      incrementExactly(client, args, found, exactly ?? BigInt(by))
      return
    }
  } else if (!Number.isSafeInteger(by)) {
    incrementExactly(client, args, 0, exactly ?? BigInt(by))
    return
  }
  setNumber(db, args, found, writeDigits(sum))
  db.changed(args, 1, STRING_EVENT, 'incrby')
  replies.integer(sum)
}

function incrementExactly({ db, replies }: Client, args: Args, found: number, by: bigint): void {
  let value: bigint | undefined = 0n
  if (found !== 0) {
    const start = db.stringStart(found)
    value = readInteger(db.arena.page(found), start, start + db.stringLength(found))
  }
  if (value === undefined) throw NOT_AN_INTEGER
  const sum = value + by
  if (!fits64(sum)) throw OVERFLOW
  setNumber(db, args, found, digits.write(String(sum), 'latin1'))
  db.changed(args, 1, STRING_EVENT, 'incrby')
  replies.integer64(sum)
}

function writeDigits(value: number): number {
  if (value < 0 || value > 0x7fffffff) return digits.write(String(value), 'latin1')
  let length = 1
  for (let limit = 10; value >= limit; limit *= 10) length++
  let rest = value | 0
  for (let at = length - 1; at >= 0; at--) {
    const next = (rest / 10) | 0
    digits[at] = 48 + rest - next * 10
    rest = next
  }
  return length
}

function setNumber(db: Database, args: Args, found: number, length: number): void {
  db.setString(args, 1, found, INT, digits, digitsView, 0, length, true)
}

function incrbyfloat({ core, db, replies }: Client, args: Args): void {
  const found = db.writeOf(STRING, args, 1)
  const before = found === 0 ? '0' : db.stringOf(found).toString('latin1')
  const sum = addAsLongDoubles(before, args.text(2))
  if (sum === undefined) throw NOT_A_FLOAT
  if (!/\d/.test(sum)) throw NOT_FINITE
  const text = Buffer.from(sum)
  // As redis' strings that are made of numbers with a fraction.
  db.setString(args, 1, found, text.length > 44 ? RAW : EMBSTR, text, viewOf(text), 0, text.length, true)
  core.propagation.instead(db, 'SET', args.bytesOf(1), text, 'KEEPTTL')
  db.changed(args, 1, STRING_EVENT, 'incrbyfloat')
  replies.bulkBytes(text)
}

function getrange({ db, replies }: Client, args: Args): void {
  let start = args.integer(2)
  let end = args.integer(3)
  const entry = db.readOf(STRING, args, 1)
  const length = entry === 0 ? 0 : db.stringLength(entry)
  if (start < 0 && end < 0 && start > end) {
    replies.bulkText('')
    return
  }
  start = Math.max(0, start < 0 ? length + start : start)
  end = Math.min(length - 1, Math.max(0, end < 0 ? length + end : end))
  if (start > end || length === 0) {
    replies.bulkText('')
    return
  }
  const at = db.stringStart(entry)
  replies.bulk(db.arena.page(entry), db.arena.view(entry), at + start, at + end + 1)
}

function setrange({ core, db, replies }: Client, args: Args): void {
  const offset = args.integer(2)
  if (offset < 0) throw NEGATIVE_OFFSET
  const found = db.writeOf(STRING, args, 1)
  const length = args.length(3)
  const before = found === 0 ? 0 : db.stringLength(found)
  if (length === 0) {
    replies.integer(before)
    return
  }
  if (offset + length > core.config.settings.maxBulk) throw TOO_LONG
  let entry = found
  const after = Math.max(before, offset + length)
  if (entry === 0) entry = db.setString(args, 1, 0, RAW, digits, digitsView, 0, 0)
  entry = db.resizeString(entry, after, RAW, found !== 0)
  const at = db.stringStart(entry)
  const page = db.arena.page(entry)
  if (offset > before) page.fill(0, at + before, at + offset)
  args.bytes.copy(page, at + offset, args.start(3), args.end(3))
  db.changed(args, 1, STRING_EVENT, 'setrange')
  replies.integer(after)
}
