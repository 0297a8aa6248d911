import type { Keyspace } from '../keyspace/keyspace.ts'
import type { Args } from '../protocol/args.ts'
import { fits64 } from '../protocol/numbers.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'

/** What the words after a key and a value ask for, of SET and GETEX. */
export interface StringOptions {
  nx: boolean
  xx: boolean
  get: boolean
  keepTtl: boolean
  persist: boolean
  /** The word that says when the key expires, and in which way; 0: none does. */
  time: number
  unit: 'seconds' | 'milliseconds'
  absolute: boolean
}

/** The last time before the year 292,278,994, where 64 bits end, that a double can tell. */
const LAST = 2 ** 63 - 1024

/**
 * Milliseconds since 1970 that a word says; undefined: more or less than 64 bits hold.
 * @param unit Milliseconds of what the word counts. @param since What it counts from.
 */
export function momentOf(args: Args, index: number, unit: 1 | 1000, since: number): number | undefined {
  const given = args.integer(index)
  // A thousand times what a double holds exactly is still of 64 bits.
  if (Number.isSafeInteger(given)) return given * unit + since
  const counted = args.integer64(index) * BigInt(unit)
  return fits64(counted) && fits64(counted + BigInt(since)) ? Math.min(LAST, Number(counted) + since) : undefined
}

/** @throws Refusal with the text of redis for a time that no key can have. */
export function expiryFrom(
  args: Args,
  index: number,
  keyspace: Keyspace,
  unit: 'seconds' | 'milliseconds',
  absolute: boolean,
): number {
  const at = momentOf(args, index, unit === 'seconds' ? 1000 : 1, absolute ? 0 : keyspace.now)
  if (at === undefined || args.integer(index) <= 0)
    throw refusal(`ERR invalid expire time in '${args.text(0).toLowerCase()}' command`)
  return at
}

const reused: StringOptions = {
  nx: false,
  xx: false,
  get: false,
  keepTtl: false,
  persist: false,
  time: 0,
  unit: 'seconds',
  absolute: false,
}

/** Reads the words from `from` on. The answer is valid until the next call. @throws SYNTAX */
export function stringOptions(args: Args, from: number, command: 'set' | 'getex'): StringOptions {
  const options = reused
  options.nx = options.xx = options.get = options.keepTtl = options.persist = false
  options.time = 0
  const setting = command === 'set'
  // The word that says how long the key is to live.
  let kind = 0
  for (let i = from; i < args.count; i++) {
    const follows = i + 1 < args.count
    // It may come again, and counts as it was last; others may not.
    const may = kind === 0 || args.is(i, args.text(kind).toUpperCase())
    if (setting && args.is(i, 'NX') && !options.xx) options.nx = true
    else if (setting && args.is(i, 'XX') && !options.nx) options.xx = true
    else if (setting && args.is(i, 'GET')) options.get = true
    else if (setting && args.is(i, 'KEEPTTL') && may) {
      options.keepTtl = true
      kind = i
    } else if (!setting && args.is(i, 'PERSIST') && may) {
      options.persist = true
      kind = i
    } else if (may && follows && (args.is(i, 'EX') || args.is(i, 'PX') || args.is(i, 'EXAT') || args.is(i, 'PXAT'))) {
      options.unit = args.is(i, 'EX') || args.is(i, 'EXAT') ? 'seconds' : 'milliseconds'
      options.absolute = args.length(i) === 4
      kind = i
      options.time = ++i
    } else throw SYNTAX
  }
  return options
}

/** Milliseconds since 1970 at which the key is to expire; 0: it isn't said. @throws Refusal */
export const expiryOf = ({ time, unit, absolute }: StringOptions, args: Args, keyspace: Keyspace): number =>
  time === 0 ? 0 : expiryFrom(args, time, keyspace, unit, absolute)
