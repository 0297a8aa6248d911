import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, TIMEOUT_NEGATIVE, TIMEOUT_NOT_A_FLOAT } from '../protocol/refusals.ts'

const TIMEOUT_OUT_OF_RANGE = refusal('ERR timeout is out of range')
const TIMEOUT_NOT_AN_INTEGER = refusal('ERR timeout is not an integer or out of range')
const MOST_MS = 2 ** 63

/** Milliseconds that a command is to wait, which says them in seconds with fractions; 0: for ever. @throws Refusal */
export function timeoutOf({ core }: Client, args: Args, index: number): number {
  const seconds = args.float(index, TIMEOUT_NOT_A_FLOAT)
  const ms = Math.ceil(seconds * 1000)
  // Redis 7.0 overflows.
  if (ms >= MOST_MS) throw core.dialect.engine === 'redis' ? TIMEOUT_NEGATIVE : TIMEOUT_OUT_OF_RANGE
  if (ms < 0) throw TIMEOUT_NEGATIVE
  if (ms + core.keyspace.now >= MOST_MS) throw TIMEOUT_OUT_OF_RANGE
  return ms
}

/** The entry of a key that a client may be waiting for, of a type. It goes on waiting where there is something else meanwhile. */
export function awaited({ core, db }: Client, args: Args, index: number, type: number): number {
  if (core.blocking.passesOver(args, index, type)) return 0
  const entry = db.lookupWrite(args, index)
  if (entry === 0 || db.typeOf(entry) === type) return entry
  return core.blocking.isServing && core.dialect.engine === 'redis' ? 0 : db.writeOf(type, args, index)
}

/** The same of a command that says them in whole milliseconds. @throws Refusal */
export function timeoutMs({ core }: Client, args: Args, index: number): number {
  const ms = args.integer(index, TIMEOUT_NOT_AN_INTEGER)
  if (ms < 0) throw TIMEOUT_NEGATIVE
  if (ms + core.keyspace.now < MOST_MS) return ms
  // Redis 7.0 waits for ever.
  if (core.dialect.engine === 'redis') return 0
  throw TIMEOUT_OUT_OF_RANGE
}
