import { copyBytes, wordAt } from '../../net/bytes.ts'
import { CHUNKS, META, PART } from './item.ts'
import type { Slabs } from './slabs.ts'

// A value larger than slab_chunk_max lies in a chain of chunks. Each has a header of its own, as large as an item's
// (sizeof(item_chunk)).

export const CHUNK_HEADER_BYTES = 48
const NEXT = 0
const CLASS = 1
const USED = 2
const HEAD = 3
const BEFORE = 4

/**
 * Puts a chunk behind `last` (0: it is the first) of the item `head`, to hold as much as it can of `left` bytes; answers how
 * many.
 */
export function appendChunk(
  slabs: Slabs,
  head: number,
  last: number,
  chunk: number,
  classId: number,
  left: number,
): number {
  const used = Math.min(left, wordAt(slabs.classes.sizes, classId) - CHUNK_HEADER_BYTES)
  slabs.setWord(chunk, NEXT, 0)
  slabs.setWord(chunk, CLASS, classId)
  slabs.setWord(chunk, USED, used)
  slabs.setWord(chunk, HEAD, head)
  slabs.setWord(chunk, BEFORE, last)
  slabs.setWord(chunk, META, PART)
  if (last === 0) slabs.setWord(head, CHUNKS, chunk)
  else slabs.setWord(last, NEXT, chunk)
  return used
}

/** The item a chunk belongs to. */
export function headOf(slabs: Slabs, chunk: number): number {
  return slabs.word(chunk, HEAD)
}

/** Tells the chunks of an item that it has moved. */
export function setHead(slabs: Slabs, head: number): void {
  for (let chunk = slabs.word(head, CHUNKS); chunk !== 0; chunk = slabs.word(chunk, NEXT)) {
    slabs.setWord(chunk, HEAD, head)
  }
}

/** Copies a chunk, and puts the copy in its place in the chain. */
export function replaceChunk(slabs: Slabs, chunk: number, copy: number): void {
  const start = slabs.offset(chunk)
  const end = start + CHUNK_HEADER_BYTES + slabs.word(chunk, USED)
  slabs.page(chunk).copy(slabs.page(copy), slabs.offset(copy), start, end)
  const before = slabs.word(chunk, BEFORE)
  const next = slabs.word(chunk, NEXT)
  if (before === 0) slabs.setWord(headOf(slabs, chunk), CHUNKS, copy)
  else slabs.setWord(before, NEXT, copy)
  if (next !== 0) slabs.setWord(next, BEFORE, copy)
}

export function releaseChunks(slabs: Slabs, first: number): void {
  let chunk = first
  while (chunk !== 0) {
    const next = slabs.word(chunk, NEXT)
    slabs.release(chunk, slabs.word(chunk, CLASS))
    chunk = next
  }
}

/** Copies `source[start, end)` into a chain from its byte `at` on. */
export function writeChunks(slabs: Slabs, first: number, at: number, source: Buffer, start: number, end: number): void {
  let from = at
  let chunk = first
  while (start < end) {
    const used = slabs.word(chunk, USED)
    if (from < used) {
      const length = Math.min(used - from, end - start)
      copyBytes(source, start, start + length, slabs.page(chunk), slabs.offset(chunk) + CHUNK_HEADER_BYTES + from)
      start += length
      from += length
    }
    from -= used
    chunk = slabs.word(chunk, NEXT)
  }
}

/** Copies `length` bytes of a chain from its byte `at` on to `target[to]`; answers the position after them. */
export function readChunks(
  slabs: Slabs,
  first: number,
  at: number,
  length: number,
  target: Buffer,
  to: number,
): number {
  let from = at
  let left = length
  let chunk = first
  while (left > 0) {
    const used = slabs.word(chunk, USED)
    if (from < used) {
      const part = Math.min(used - from, left)
      const start = slabs.offset(chunk) + CHUNK_HEADER_BYTES + from
      to = copyBytes(slabs.page(chunk), start, start + part, target, to)
      left -= part
      from += part
    }
    from -= used
    chunk = slabs.word(chunk, NEXT)
  }
  return to
}
