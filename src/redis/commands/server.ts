import type { Client } from '../client.ts'
import { HEADER_BYTES, isObject, KEY_BYTES, STRING } from '../keyspace/entry.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { persistenceOf } from '../rdb/persistence.ts'
import type { Row } from './command.ts'
import { COMMAND } from './command-command.ts'
import { CONFIG } from './config.ts'
import { DEBUG } from './debug.ts'
import { helpOf } from './help.ts'
import { INFO } from './info.ts'
import { MODULE } from './module.ts'

/** Commands of the server as a whole. */
export const SERVER: readonly Row[] = [
  { name: 'dbsize', run: ({ db, replies }) => replies.integer(db.keys) },
  { name: 'flushdb', run: (client, args) => flush(client, args, false) },
  { name: 'flushall', run: (client, args) => flush(client, args, true) },
  { name: 'swapdb', run: swapdb },
  { name: 'time', run: time },
  { name: 'lolwut', run: lolwut },
  { name: 'memory' },
  { name: 'memory|usage', run: memoryUsage },
  { name: 'memory|doctor', run: ({ replies }) => replies.verbatim(DOCTOR) },
  { name: 'memory|purge', run: ({ replies }) => replies.ok() },
  {
    name: 'memory|malloc-stats',
    run: ({ replies }) => replies.verbatim('Stats not supported for the current allocator'),
  },
  { name: 'memory|stats', run: memoryStats },
  helpOf('memory'),
  ...COMMAND,
  ...CONFIG,
  ...DEBUG,
  ...INFO,
  ...MODULE,
]

function flush(client: Client, args: Args, everything: boolean): void {
  const { core, db, replies } = client
  if (args.count > 2 || (args.count === 2 && !args.is(1, 'SYNC') && !args.is(1, 'ASYNC'))) throw SYNTAX
  const { keyspace } = core
  const keys = (everything ? keyspace.databases : [db]).reduce((sum, each) => sum + each.keys, 0)
  keyspace.flush(everything ? undefined : db)
  // Replicas are told of it, too, when there was nothing.
  keyspace.dirty += Math.max(1, keys)
  if (everything) persistenceOf(core).flushed()
  replies.ok()
}

function swapdb({ core, replies }: Client, args: Args): void {
  if (core.config.settings.clusterEnabled) throw refusal('ERR SWAPDB is not allowed in cluster mode')
  const first = args.integer(1, refusal('ERR invalid first DB index'))
  const second = args.integer(2, refusal('ERR invalid second DB index'))
  const { databases } = core.config.settings
  const isWrong = (id: number): boolean => id < 0 || id >= databases
  if (isWrong(first) || isWrong(second)) throw refusal('ERR DB index is out of range')
  core.swapDatabases(first, second)
  core.keyspace.dirty++
  replies.ok()
}

const MICROSECONDS = 1000

function time({ core, replies }: Client): void {
  const { now } = core.keyspace
  replies.array(2)
  replies.bulkText(String(Math.floor(now / 1000)))
  replies.bulkText(String((now % 1000) * MICROSECONDS))
}

function lolwut({ core, replies }: Client): void {
  replies.verbatim(`Redis ver. ${core.redisVersion}\n`)
}

function memoryUsage(client: Client, args: Args): void {
  const { db, replies } = client
  for (let i = 3; i < args.count; i += 2) {
    if (!args.is(i, 'SAMPLES') || i + 1 >= args.count) throw SYNTAX
    if (args.integer(i + 1) < 0) throw SYNTAX
  }
  // Keys that have expired take memory as long as they are there.
  const entry = db.findWord(args, 2)
  if (entry === 0) {
    replies.null()
    return
  }
  replies.integer(memoryOf(client, entry))
}

const BUCKET_BYTES = 4

/** Bytes that a key takes with its value and its place in the table. */
function memoryOf({ db }: Client, entry: number): number {
  const { arena } = db
  const own = arena.capacity(entry) + BUCKET_BYTES
  if (db.typeOf(entry) === STRING) return own
  const encoding = db.encodingOf(entry)
  return own + (isObject(encoding) ? db.objectOf(entry).bytes : arena.capacity(db.packedOf(entry)))
}

function memoryStats({ core, replies }: Client): void {
  const used = core.usedMemory()
  const keys = core.keyspace.databases.reduce((sum, db) => sum + db.keys, 0)
  const overhead = core.overheadMemory()
  const numbers: readonly (readonly [string, number])[] = [
    ['peak.allocated', core.counters.peakMemory],
    ['total.allocated', used],
    ['startup.allocated', core.startupMemory],
    ['replication.backlog', 0],
    ['clients.slaves', 0],
    ['clients.normal', 0],
    ['cluster.links', 0],
    ['aof.buffer', 0],
    ['lua.caches', 0],
    ['functions.caches', 0],
  ]
  const databases = core.keyspace.databases.filter((db) => db.keys > 0)
  const more: readonly (readonly [string, number])[] = [
    ['overhead.total', overhead],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.floor((used - core.startupMemory) / keys)],
    ['dataset.bytes', Math.max(0, used - overhead)],
  ]
  replies.map(numbers.length + databases.length + more.length + 2)
  for (const [name, value] of numbers) {
    replies.bulkText(name)
    replies.integer(value)
  }
  for (const db of databases) {
    replies.bulkText(`db.${db.id}`)
    replies.map(2)
    replies.bulkText('overhead.hashtable.main')
    replies.integer(db.table.bytes + db.keys * (HEADER_BYTES + KEY_BYTES))
    replies.bulkText('overhead.hashtable.expires')
    replies.integer(db.expiring.count * BUCKET_BYTES)
  }
  for (const [name, value] of more) {
    replies.bulkText(name)
    replies.integer(value)
  }
  replies.bulkText('dataset.percentage')
  replies.double(used === core.startupMemory ? 0 : (100 * Math.max(0, used - overhead)) / (used - core.startupMemory))
  replies.bulkText('peak.percentage')
  replies.double(core.counters.peakMemory === 0 ? 0 : (100 * used) / core.counters.peakMemory)
}

const DOCTOR =
  "Hi Sam, this instance is empty or is using very little memory, my issue detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n"
