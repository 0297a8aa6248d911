import type { Client } from '../client.ts'
import { GENERIC } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { type Refusal, refusal, SYNTAX } from '../protocol/refusals.ts'
import { dumpOf, opened, valueIn } from '../rdb/dump.ts'
import { addEntry, discard, setAccess } from '../rdb/loader.ts'
import { formatOf } from '../rdb/value-writer.ts'
import type { Row } from './command.ts'
import { momentOf } from './options.ts'

/** Values as bytes that another server can be given. */
export const DUMPS: readonly Row[] = [
  { name: 'dump', run: dump },
  { name: 'restore', run: restore },
  { name: 'restore-asking', run: restore },
]

const BUSY_KEY = refusal('BUSYKEY Target key name already exists.')
const WRONG_TTL = refusal('ERR Invalid TTL value, must be >= 0')
const WRONG_IDLE_TIME = refusal('ERR Invalid IDLETIME value, must be >= 0')
const WRONG_FREQUENCY = refusal('ERR Invalid FREQ value, must be >= 0 and <= 255')
const WRONG_DUMP = refusal('ERR DUMP payload version or checksum are wrong')
const LONG_AGO = 1
const BAD_DATA = refusal('ERR Bad data format')

function dump({ core, db, replies }: Client, args: Args): void {
  const entry = db.lookupRead(args, 1)
  if (entry === 0) replies.null()
  else replies.bulkBytes(dumpOf(core, db, entry))
}

interface Options {
  replace: boolean
  absolute: boolean
  idle: number
  frequency: number
}

function optionsOf(args: Args): Options {
  const options: Options = { replace: false, absolute: false, idle: -1, frequency: -1 }
  for (let i = 4; i < args.count; i++) {
    const hasMore = i + 1 < args.count
    if (args.is(i, 'REPLACE')) options.replace = true
    else if (args.is(i, 'ABSTTL')) options.absolute = true
    else if (args.is(i, 'IDLETIME') && hasMore && options.frequency === -1)
      options.idle = inRange(args.integer(++i), Number.POSITIVE_INFINITY, WRONG_IDLE_TIME)
    else if (args.is(i, 'FREQ') && hasMore && options.idle === -1)
      options.frequency = inRange(args.integer(++i), 255, WRONG_FREQUENCY)
    else throw SYNTAX
  }
  return options
}

function inRange(value: number, most: number, otherwise: Refusal): number {
  if (value < 0 || value > most) throw otherwise
  return value
}

function restore(client: Client, args: Args): void {
  const { core, db, replies } = client
  const { replace, absolute, idle, frequency } = optionsOf(args)
  // What is replaced may have expired: nobody is told of that.
  const found = replace ? db.findWord(args, 1) : db.lookupWrite(args, 1)
  if (found !== 0 && !replace) throw BUSY_KEY
  const ttl = args.integer(2)
  if (ttl < 0) throw WRONG_TTL
  const payload = args.slice(3)
  if (opened(payload, formatOf(core)) === undefined) throw WRONG_DUMP
  // Servers read on into the checksum where a value is longer than what is before it.
  const value = valueIn(core, payload)
  if (value === undefined) throw BAD_DATA
  if (found !== 0) db.remove(found)
  const { keyspace } = core
  // Beyond 64 bits, the servers' sum is below zero: long ago.
  const at = ttl === 0 ? 0 : (momentOf(args, 2, 1, absolute ? 0 : keyspace.now) ?? LONG_AGO)
  if (at > 0 && at <= keyspace.now && keyspace.mayExpire) {
    discard(core, value)
    if (found !== 0) {
      db.changed(args, 1, GENERIC, 'del')
      core.propagation.instead(db, core.deletionWord('lazyServerDel'), args.bytesOf(1))
    }
    replies.ok()
    return
  }
  const entry = addEntry(db, args, 1, value)
  if (at > 0) db.setExpiry(entry, at)
  setAccess(core, db, entry, idle, frequency)
  if (!absolute && at > 0) {
    const [name = '', key = '', , , ...options] = args.words()
    core.propagation.instead(db, name, key, String(at), payload, ...options, 'ABSTTL')
  }
  db.changed(args, 1, GENERIC, 'restore')
  db.ready(args, 1)
  replies.ok()
}
