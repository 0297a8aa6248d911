import type { Database } from '../keyspace/database.ts'
import { EMBSTR, INT, RAW } from '../keyspace/entry.ts'
import type { Args } from '../protocol/args.ts'
import { readInteger, readSafe } from '../protocol/numbers.ts'

/** The longest string that redis keeps in one piece with its object. */
const LONGEST_EMBEDDED = 44
const LONGEST_INTEGER = 20

/** The encoding that a string has which is set as a whole. */
export function encodingOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  if (length > LONGEST_EMBEDDED) return RAW
  if (length > LONGEST_INTEGER || length === 0) return EMBSTR
  const first = bytes[start] as number // length > 0
  if (first > 0x39 || (first < 0x30 && first !== 0x2d)) return EMBSTR
  if (!Number.isNaN(readSafe(bytes, start, end))) return INT
  return length > 15 && readInteger(bytes, start, end) !== undefined ? INT : EMBSTR
}

/** Gives a key a word for its value. Answers the entry. */
export function setFromArgs(
  db: Database,
  args: Args,
  key: number,
  value: number,
  found: number,
  keepTtl = false,
): number {
  const start = args.start(value)
  const end = args.end(value)
  const encoding = encodingOf(args.bytes, start, end)
  return db.setString(args, key, found, encoding, args.bytes, args.view, start, end, keepTtl)
}
