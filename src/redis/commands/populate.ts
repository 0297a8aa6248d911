import { soon } from '../../net/clock.ts'
import type { Client } from '../client.ts'
import { EMBSTR, RAW } from '../keyspace/entry.ts'
import { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import { subcommandSyntax } from '../refused.ts'

const NOT_POSITIVE = refusal('ERR value is out of range, must be positive')
// A few milliseconds, whatever their size.
const KEYS_AT_ONCE = 5000
const BYTES_AT_ONCE = 4 << 20
const LONGEST_VALUE = 512 << 20
const LONGEST_EMBEDDED = 44
/** A server makes keys and values in 128 bytes, with a zero at the end. */
const LONGEST_MADE = 127

/** Keys that are being made for clients: DEBUG POPULATE waits for them, and is run again then. */
const made = new WeakSet<Client>()

/** DEBUG POPULATE: makes so many keys, but for those that are there. Replicas are not told, as with a server. */
export function populate(client: Client, args: Args): void {
  const { core, replies } = client
  if (made.delete(client)) {
    replies.ok()
    return
  }
  if (args.count < 3 || args.count > 5) throw refusal(subcommandSyntax(args))
  const count = args.integerFrom(2, 0, Number.MAX_SAFE_INTEGER, NOT_POSITIVE)
  const size = args.count === 5 ? args.integerFrom(4, 0, LONGEST_VALUE, NOT_POSITIVE) : 0
  const [prefix = ''] = args.count > 3 ? args.text(3).split('\0') : ['key']
  const isWaited = core.blocking.mayBlock(client)
  const atOnce = isWaited ? Math.max(1, Math.min(KEYS_AT_ONCE, Math.floor(BYTES_AT_ONCE / (size || 1)))) : count
  if (count <= atOnce) {
    fill(client, prefix, size, 0, count)
    replies.ok()
    return
  }
  const whole = new Promise<void>((resolve) => {
    const go = (from: number): void => {
      if (client.closing) return
      const to = Math.min(count, from + atOnce)
      core.refreshTime()
      fill(client, prefix, size, from, to)
      core.deliver()
      if (to < count) soon(() => go(to))
      else {
        made.add(client)
        resolve()
      }
    }
    soon(() => go(0))
  })
  core.blocking.until(client, args, whole)
}

function fill({ db }: Client, prefix: string, size: number, from: number, to: number): void {
  const { keyspace } = db
  for (let i = from; i < to; i++) {
    const key = Args.of([Buffer.from(`${prefix}:${i}`, 'latin1').subarray(0, LONGEST_MADE)])
    if (db.lookupWrite(key, 0) !== 0) continue
    const text = Buffer.from(`value:${i}`)
    const value = size === 0 ? text : Buffer.alloc(size)
    if (size > 0) text.copy(value)
    db.setStringBytes(key, 0, value.length <= LONGEST_EMBEDDED ? EMBSTR : RAW, value)
    if (keyspace.observed) keyspace.tell(db, key.bytesOf(0))
    db.ready(key, 0)
  }
}
