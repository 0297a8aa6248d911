import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { RAW, STRING } from '../keyspace/entry.ts'
import type { Args } from '../protocol/args.ts'
import { readInteger } from '../protocol/numbers.ts'
import { refusal } from '../protocol/refusals.ts'

const BAD_OFFSET = refusal('ERR bit offset is not an integer or out of range')
const HASH = 0x23
const EMPTY = Buffer.alloc(0)
const EMPTY_VIEW = viewOf(EMPTY)

/** Which bit of a string a word names. @param width Of the fields that `#` counts in; 0: it makes no sense here. */
export function bitOffset({ core }: Client, args: Args, index: number, width = 0): number {
  const start = args.start(index)
  const countsFields = width > 0 && args.bytes[start] === HASH
  const value = readInteger(args.bytes, countsFields ? start + 1 : start, args.end(index))
  if (value === undefined) throw BAD_OFFSET
  // As servers multiply: what exceeds 64 bits is lost.
  const offset = Number(countsFields ? BigInt.asIntN(64, value * BigInt(width)) : value)
  if (offset < 0 || Math.floor(offset / 8) >= core.config.settings.maxBulk) throw BAD_OFFSET
  return offset
}

/** The string of word 1, made long enough with zeros to hold a bit; `grown`: it was not, or not there. */
export function growToBit(
  { db }: Client,
  args: Args,
  bit: number,
): { readonly entry: number; readonly grown: boolean } {
  const found = db.writeOf(STRING, args, 1)
  const before = found === 0 ? 0 : db.stringLength(found)
  const length = Math.max(before, Math.floor(bit / 8) + 1)
  const made = found || db.setString(args, 1, 0, RAW, EMPTY, EMPTY_VIEW, 0, 0)
  const entry = db.resizeString(made, length, RAW, found !== 0 && length > before)
  const start = db.stringStart(entry)
  db.arena.page(entry).fill(0, start + before, start + length)
  return { entry, grown: length > before }
}
