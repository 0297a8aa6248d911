import type { Args } from '../protocol/args.ts'
import type { Database } from './database.ts'
import { isObject, STRING } from './entry.ts'

/** Gives a key that is not there a copy of the value of an entry, and its expiry. Answers the new entry. */
export function copyValue(from: Database, source: number, to: Database, args: Args, index: number): number {
  const type = from.typeOf(source)
  const encoding = from.encodingOf(source)
  const at = from.expiryOf(source)
  let copied: number
  if (type === STRING) copied = to.setStringBytes(args, index, encoding, from.stringOf(source))
  else if (isObject(encoding)) copied = to.create(args, index, type, encoding, from.objectOf(source).copy())
  else copied = to.create(args, index, type, encoding, copyChunk(from, from.packedOf(source)))
  if (at >= 0) to.setExpiry(copied, at)
  return copied
}

function copyChunk({ arena }: Database, chunk: number): number {
  const bytes = arena.capacity(chunk)
  const copied = arena.allocate(bytes)
  const start = arena.offset(chunk)
  arena.page(chunk).copy(arena.page(copied), arena.offset(copied), start, start + bytes)
  return copied
}
