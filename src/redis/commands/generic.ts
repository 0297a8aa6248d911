import { matcher } from '../../acl/glob.ts'
import { isAtLeast } from '../../api/catalog/versions.ts'
import type { Client } from '../client.ts'
import type { Core } from '../core.ts'
import { frequencyOf, idleMs } from '../keyspace/access-clock.ts'
import { copyValue } from '../keyspace/copy.ts'
import type { Database } from '../keyspace/database.ts'
import {
  ACCESS,
  ENCODING_NAMES,
  HASH_TYPE,
  HASHTABLE,
  LIST,
  LISTPACK,
  QUICKLIST,
  SET,
  STRING,
  TYPE_NAMES,
  ZSET,
} from '../keyspace/entry.ts'
import { GENERIC } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { INVALID_CURSOR, NO_SUCH_KEY, refusal, SYNTAX } from '../protocol/refusals.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'
import { momentOf } from './options.ts'

const SAME_OBJECT = refusal('ERR source and destination objects are the same')
const COPY_IN_CLUSTER = refusal('ERR Copying to another database is not allowed in cluster mode')
const MOVE_IN_CLUSTER = refusal('ERR MOVE is not allowed in cluster mode')
const NO_VALUES = refusal('ERR NOVALUES option can only be used in HSCAN')
const NO_SCORES = refusal('ERR NOSCORES option can only be used in ZSCAN')
const BAD_DB = refusal('ERR DB index is out of range')
const NOT_LFU = refusal(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
)
const IS_LFU = refusal(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
)

/** Commands of keys of any type. */
export const GENERICS: readonly Row[] = [
  { name: 'del', run: remove },
  { name: 'unlink', run: remove },
  { name: 'exists', run: exists },
  { name: 'touch', run: touch },
  { name: 'type', run: type },
  { name: 'expire', run: (client, args) => expire(client, args, 1000, false) },
  { name: 'pexpire', run: (client, args) => expire(client, args, 1, false) },
  { name: 'expireat', run: (client, args) => expire(client, args, 1000, true) },
  { name: 'pexpireat', run: (client, args) => expire(client, args, 1, true) },
  { name: 'ttl', run: (client, args) => timeLeft(client, args, (left) => Math.floor((left + 500) / 1000)) },
  { name: 'pttl', run: (client, args) => timeLeft(client, args, (left) => left) },
  { name: 'expiretime', run: (client, args) => expiryTime(client, args, 1000) },
  { name: 'pexpiretime', run: (client, args) => expiryTime(client, args, 1) },
  { name: 'persist', run: persist },
  { name: 'rename', run: (client, args) => rename(client, args, false) },
  { name: 'renamenx', run: (client, args) => rename(client, args, true) },
  { name: 'copy', run: copy },
  { name: 'move', run: move },
  { name: 'keys', run: keys },
  { name: 'scan', run: scan },
  { name: 'randomkey', run: randomKey },
  { name: 'object' },
  { name: 'object|encoding', run: objectEncoding },
  { name: 'object|refcount', run: objectRefcount },
  { name: 'object|idletime', run: objectIdletime },
  { name: 'object|freq', run: objectFreq },
  helpOf('object'),
]

function remove({ db, replies }: Client, args: Args): void {
  let removed = 0
  for (let i = 1; i < args.count; i++) if (db.delete(args, i)) removed++
  replies.integer(removed)
}

function exists({ db, replies }: Client, args: Args): void {
  let found = 0
  for (let i = 1; i < args.count; i++) if (db.look(args, i) !== 0) found++
  replies.integer(found)
}

function touch({ db, replies }: Client, args: Args): void {
  let found = 0
  for (let i = 1; i < args.count; i++) if (db.lookupRead(args, i) !== 0) found++
  replies.integer(found)
}

function type({ db, replies }: Client, args: Args): void {
  const entry = db.look(args, 1)
  replies.status(entry === 0 ? 'none' : (TYPE_NAMES[db.typeOf(entry)] ?? 'none'))
}

function expire(client: Client, args: Args, unit: 1 | 1000, absolute: boolean): void {
  const { core, db, replies } = client
  const { keyspace } = db
  const options = expireOptions(args)
  const at = momentOf(args, 2, unit, absolute ? 0 : keyspace.now)
  if (at === undefined) throw refusal(`ERR invalid expire time in '${args.text(0).toLowerCase()}' command`)
  const entry = db.lookupWrite(args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  const before = db.expiryOf(entry)
  const isRefused =
    (options.nx && before >= 0) ||
    (options.xx && before < 0) ||
    (options.gt && (before < 0 || at <= before)) ||
    (options.lt && before >= 0 && at >= before)
  if (isRefused) {
    replies.integer(0)
    return
  }
  if (keyspace.mayExpire && at <= keyspace.now) {
    db.remove(entry)
    core.propagation.instead(db, core.deletionWord('lazyExpire'), args.bytesOf(1))
    db.changed(args, 1, GENERIC, 'del')
  } else {
    db.setExpiry(entry, at)
    core.propagation.instead(db, 'PEXPIREAT', args.bytesOf(1), String(at))
    db.changed(args, 1, GENERIC, 'expire')
  }
  replies.integer(1)
}

function expireOptions(args: Args): { nx: boolean; xx: boolean; gt: boolean; lt: boolean } {
  const options = { nx: false, xx: false, gt: false, lt: false }
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'NX')) options.nx = true
    else if (args.is(i, 'XX')) options.xx = true
    else if (args.is(i, 'GT')) options.gt = true
    else if (args.is(i, 'LT')) options.lt = true
    else throw refusal(`ERR Unsupported option ${args.shown(i)}`)
  }
  if (options.nx && (options.xx || options.gt || options.lt)) {
    throw refusal('ERR NX and XX, GT or LT options at the same time are not compatible')
  }
  if (options.gt && options.lt) throw refusal('ERR GT and LT options at the same time are not compatible')
  return options
}

function timeLeft({ db, replies }: Client, args: Args, unit: (ms: number) => number): void {
  const entry = db.look(args, 1)
  const at = entry === 0 ? -2 : db.expiryOf(entry)
  replies.integer(at < 0 ? at : unit(Math.max(0, at - db.keyspace.now)))
}

function expiryTime({ db, replies }: Client, args: Args, unit: number): void {
  const entry = db.look(args, 1)
  const at = entry === 0 ? -2 : db.expiryOf(entry)
  replies.integer(at < 0 ? at : unit === 1 ? at : Math.floor((at + 500) / unit))
}

function persist({ db, replies }: Client, args: Args): void {
  const entry = db.lookupWrite(args, 1)
  if (entry === 0 || !db.clearExpiry(entry)) {
    replies.integer(0)
    return
  }
  db.changed(args, 1, GENERIC, 'persist')
  replies.integer(1)
}

function rename({ db, replies }: Client, args: Args, onlyNew: boolean): void {
  const same = args.slice(1).equals(args.slice(2))
  const source = db.lookupWrite(args, 1)
  if (source === 0) throw NO_SUCH_KEY
  if (same) {
    if (onlyNew) replies.integer(0)
    else replies.ok()
    return
  }
  const target = db.lookupWrite(args, 2)
  if (target !== 0) {
    if (onlyNew) {
      replies.integer(0)
      return
    }
    db.remove(target)
  }
  moveEntry(db, db, args, 1, 2)
  db.changed(args, 1, GENERIC, 'rename_from')
  db.touched(args, 2)
  db.notify(GENERIC, 'rename_to', args, 2)
  db.ready(args, 2)
  if (onlyNew) replies.integer(1)
  else replies.ok()
}

/** Gives the value of a key, and its expiry, to one that isn't there. */
function moveEntry(from: Database, to: Database, args: Args, source: number, target: number): void {
  const entry = from.peek(args, source)
  const at = from.expiryOf(entry)
  let moved: number
  if (from.typeOf(entry) === STRING) {
    const value = from.stringOf(entry)
    const encoding = from.encodingOf(entry)
    from.remove(entry)
    moved = to.setStringBytes(args, target, encoding, value)
  } else moved = to.attach(args, target, from.detach(entry))
  if (at >= 0) to.setExpiry(moved, at)
}

function databaseOf({ core }: Client, args: Args, index: number): Database {
  const id = args.integer32(index)
  if (id < 0 || id >= core.config.settings.databases) throw BAD_DB
  return core.keyspace.db(id)
}

function copy(client: Client, args: Args): void {
  const { db, replies } = client
  let [target, replace] = [db, false]
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'REPLACE')) replace = true
    else if (args.is(i, 'DB') && i + 1 < args.count) target = databaseOf(client, args, ++i)
    else throw SYNTAX
  }
  if (client.core.cluster !== undefined && target.id !== 0) throw COPY_IN_CLUSTER
  if (target === db && args.slice(1).equals(args.slice(2))) throw SAME_OBJECT
  const source = db.lookupRead(args, 1)
  if (source === 0) {
    replies.integer(0)
    return
  }
  const found = target.lookupWrite(args, 2)
  if (found !== 0 && !replace) {
    replies.integer(0)
    return
  }
  if (found !== 0) target.remove(found)
  copyValue(db, source, target, args, 2)
  target.changed(args, 2, GENERIC, 'copy_to')
  target.ready(args, 2)
  replies.integer(1)
}

function move(client: Client, args: Args): void {
  const { db, replies } = client
  if (client.core.cluster !== undefined) throw MOVE_IN_CLUSTER
  const target = databaseOf(client, args, 2)
  if (target === db) throw SAME_OBJECT
  if (db.lookupWrite(args, 1) === 0 || target.lookupWrite(args, 1) !== 0) {
    replies.integer(0)
    return
  }
  moveEntry(db, target, args, 1, 1)
  db.changed(args, 1, GENERIC, 'move_from')
  target.touched(args, 1)
  target.notify(GENERIC, 'move_to', args, 1)
  target.ready(args, 1)
  replies.integer(1)
}

function keys({ db, replies }: Client, args: Args): void {
  const pattern = args.text(1)
  const fits = pattern === '*' ? () => true : matcher(pattern)
  replies.counted('array', () => {
    let found = 0
    db.table.each((entry) => {
      // What has expired is not told of, and left to be found by whoever asks for it.
      if (!fits(db.keyText(entry)) || isStale(db, entry)) return
      replies.bulkBytes(db.keyOf(entry))
      found++
    })
    return found
  })
}

function isStale(db: Database, entry: number): boolean {
  const at = db.expiryOf(entry)
  return at >= 0 && db.keyspace.isPast(at)
}

const MOST_CURSOR = 2n ** 64n - 1n
// strtoul takes a sign, and counts backwards from the end after a minus. Redis takes no number at all for 0; Valkey refuses that, and
// what its own reader of numbers knows to be negative, but blanks in front of a number are as good as none.
const CURSORS = { redis: /^([+-]?)(\d+)$|^$/, valkey: /^[\t-\r ]*([+-]?)(\d+)$/ }
const BELOW_ZERO = /^-[1-9]\d*$/

/** The cursor of SCAN, HSCAN, SSCAN and ZSCAN. @throws INVALID_CURSOR */
export function cursorFrom({ core: { dialect } }: Client, args: Args, index: number): number {
  const text = args.shown(index)
  const [matched, sign, digits = '0'] = CURSORS[dialect.engine].exec(text) ?? []
  const value = BigInt(digits)
  const isRefused = dialect.engine === 'valkey' && BELOW_ZERO.test(text) && value <= MOST_CURSOR / 2n + 1n
  if (matched === undefined || value > MOST_CURSOR || isRefused) throw INVALID_CURSOR
  return Number(BigInt.asUintN(32, sign === '-' ? -value : value))
}

/** What SCAN, HSCAN, SSCAN and ZSCAN have in common: reads MATCH, COUNT and what else the command takes. */
export interface ScanOptions {
  readonly count: number
  readonly fits: (text: string) => boolean
  readonly type: string | undefined
  /** Without the values of fields, the scores of members. */
  readonly onlyNames: boolean
}

const DEFAULT_COUNT = 10

/** @param at Where the options begin. @param of The type of the collection; absent: of keys. @throws Refusal */
export function scanOptions({ core: { dialect } }: Client, args: Args, at: number, of?: number): ScanOptions {
  const knowsMore = dialect.engine === 'valkey' && isAtLeast(dialect.version, '8.0.0')
  let [count, type, onlyNames]: [number, string | undefined, boolean] = [DEFAULT_COUNT, undefined, false]
  let fits: (text: string) => boolean = () => true
  for (let i = at; i < args.count; i++) {
    const follows = i + 1 < args.count
    if (args.is(i, 'COUNT') && follows) {
      count = args.integer(++i)
      if (count < 1) throw SYNTAX
    } else if (args.is(i, 'MATCH') && follows) {
      const pattern = args.text(++i)
      if (pattern !== '*') fits = matcher(pattern)
    } else if (of === undefined && args.is(i, 'TYPE') && follows) {
      type = args.text(++i).toLowerCase()
      if (knowsMore && !TYPE_NAMES.includes(type)) throw refusal(`ERR unknown type name '${args.shown(i)}'`)
    } else if (knowsMore && args.is(i, 'NOVALUES')) {
      if (of !== HASH_TYPE) throw NO_VALUES
      onlyNames = true
    } else if (knowsMore && args.is(i, 'NOSCORES')) {
      if (of !== ZSET) throw NO_SCORES
      onlyNames = true
    } else throw SYNTAX
  }
  return { count, fits, type, onlyNames }
}

function scan(client: Client, args: Args): void {
  const { db, replies } = client
  let cursor = cursorFrom(client, args, 1)
  const { count, fits, type } = scanOptions(client, args, 2)
  const found: Buffer[] = []
  const stale: number[] = []
  let left = 10 * count
  let seen = 0
  do {
    cursor = db.table.scan(cursor, (entry) => {
      seen++
      if (type !== undefined && TYPE_NAMES[db.typeOf(entry)] !== type) return
      if (!fits(db.keyText(entry))) return
      if (isStale(db, entry)) stale.push(entry)
      else found.push(db.keyOf(entry))
    })
  } while (cursor !== 0 && --left > 0 && seen < count)
  if (db.keyspace.mayExpire) for (const entry of stale) db.expire(entry)
  replies.array(2)
  replies.bulkText(String(cursor))
  replies.array(found.length)
  for (const key of found) replies.bulkBytes(key)
}

// On a replica, keys that have expired stay: it gives up looking for another after so many.
const MOST_TRIES = 100

function randomKey({ db, replies }: Client): void {
  for (let tries = 0; ; tries++) {
    const entry = db.table.random(db.keyspace.random)
    if (entry === 0) {
      replies.null()
      return
    }
    if (!isStale(db, entry) || (!db.keyspace.mayExpire && tries >= MOST_TRIES)) {
      replies.bulkBytes(db.keyOf(entry))
      return
    }
    if (db.keyspace.mayExpire) db.expire(entry)
  }
}

/** The entry of a key that is looked at from outside; replies that there is none. */
function objectEntry({ db, replies }: Client, args: Args): number {
  const entry = db.peek(args, 2)
  if (entry === 0) replies.null()
  return entry
}

// Small lists and sets are not told from large ones before 7.2.
const SMALL_SINCE = '7.2'
const BEFORE: Readonly<Record<number, number>> = { [LIST]: QUICKLIST, [SET]: HASHTABLE }

function objectEncoding(client: Client, args: Args): void {
  const { core, db, replies } = client
  const entry = objectEntry(client, args)
  if (entry === 0) return
  replies.bulkText(encodingName(core, db, entry))
}

/** What the claimed version calls the encoding of an entry. */
export function encodingName(core: Core, db: Database, entry: number): string {
  const encoding = db.encodingOf(entry)
  const isOld = encoding === LISTPACK && !isAtLeast(core.dialect.version, SMALL_SINCE)
  return ENCODING_NAMES[(isOld ? BEFORE[db.typeOf(entry)] : undefined) ?? encoding] ?? 'unknown'
}

const SHARED_REFERENCES = 2_147_483_647
const SHARED_BELOW = 10_000

function objectRefcount(client: Client, args: Args): void {
  const { core, db } = client
  const entry = objectEntry(client, args)
  if (entry === 0) return
  // Redis shares small whole numbers, unless it needs an access time for each key.
  const isShared =
    db.typeOf(entry) === STRING &&
    ENCODING_NAMES[db.encodingOf(entry)] === 'int' &&
    !(core.config.settings.maxmemory > 0 && /lru|lfu/.test(core.config.settings.maxmemoryPolicy))
  const value = isShared ? Number(db.stringOf(entry)) : -1
  client.replies.integer(value >= 0 && value < SHARED_BELOW ? SHARED_REFERENCES : 1)
}

function objectIdletime(client: Client, args: Args): void {
  const { core, db } = client
  const entry = objectEntry(client, args)
  if (entry === 0) return
  if (core.config.settings.maxmemoryPolicy.endsWith('lfu')) throw IS_LFU
  client.replies.integer(Math.floor(idleMs(db.keyspace, db.arena.word(entry, ACCESS)) / 1000))
}

function objectFreq(client: Client, args: Args): void {
  const { core, db } = client
  const entry = objectEntry(client, args)
  if (entry === 0) return
  if (!core.config.settings.maxmemoryPolicy.endsWith('lfu')) throw NOT_LFU
  client.replies.integer(frequencyOf(core, db.arena.word(entry, ACCESS)))
}
