import { copyBytes, wordAt } from '../bytes.ts'
import type { Slabs } from './slabs.ts'

// A value larger than slab_chunk_max lies in a chain of chunks. Each has a header of its own, as large as an item's
// (sizeof(item_chunk)).

export const CHUNK_HEADER_BYTES = 48
const NEXT = 0
const CLASS = 1
const USED = 2

/** Makes a chunk hold as much as it can of `left` bytes; answers how many. */
export function initChunk(slabs: Slabs, chunk: number, classId: number, left: number): number {
  const used = Math.min(left, wordAt(slabs.classes.sizes, classId) - CHUNK_HEADER_BYTES)
  slabs.setWord(chunk, NEXT, 0)
  slabs.setWord(chunk, CLASS, classId)
  slabs.setWord(chunk, USED, used)
  return used
}

export function appendChunk(slabs: Slabs, last: number, chunk: number): void {
  slabs.setWord(last, NEXT, chunk)
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
