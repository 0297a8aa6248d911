import { copyViewed, requestView, sameBytes } from '../../net/bytes.ts'
import { Arena } from '../memory/arena.ts'

/**
 * Small collections in one chunk: elements one behind the other, each between its length and its length again, so that they are
 * walked in both directions. As redis' listpack, but for numbers, which are text here. An element is named by its place, a number of
 * bytes from the start of the chunk; what adds to or takes from a chunk answers the chunk that holds them now.
 */

// Words 0 and 1: bytes in use with this head, elements.
const USED = 0
const COUNT = 1
const HEAD_BYTES = 8
// Lengths from here on take four more bytes.
const LONG = 254
const WIDE_BYTES = 5
// Room for what may follow: chunks are moved when they are full.
const FIRST_BYTES = 48

/** Takes an element: bytes of a page. */
export type TakeBytes = (page: Buffer, view: DataView, start: number, end: number) => void

/** The place of the first element. */
export const FIRST_PLACE = HEAD_BYTES

export function createPacked(arena: Arena, bytes: number = FIRST_BYTES): number {
  const chunk = arena.allocate(Math.max(HEAD_BYTES, bytes))
  arena.setWord(chunk, USED, HEAD_BYTES)
  arena.setWord(chunk, COUNT, 0)
  return chunk
}

/** How many elements there are. */
export const packedCount = (arena: Arena, chunk: number): number => arena.word(chunk, COUNT)

/** The place behind the last element. */
export const packedEnd = (arena: Arena, chunk: number): number => arena.word(chunk, USED)

/** Bytes that an element of such a length takes. */
export const packedSize = (length: number): number => length + 2 * (length < LONG ? 1 : WIDE_BYTES)

/** Bytes of the element at a place. */
export function packedLength(arena: Arena, chunk: number, place: number): number {
  const at = arena.offset(chunk) + place
  const view = arena.view(chunk)
  const short = view.getUint8(at)
  return short < LONG ? short : view.getUint32(at + 1, true)
}

/** Where in the page of its chunk an element begins. */
export function packedStart(arena: Arena, chunk: number, place: number): number {
  const at = arena.offset(chunk) + place
  return at + (arena.view(chunk).getUint8(at) < LONG ? 1 : WIDE_BYTES)
}

/** The place of the element after this one; `packedEnd` after the last. */
export const packedNext = (arena: Arena, chunk: number, place: number): number =>
  place + packedSize(packedLength(arena, chunk, place))

/** The place of the element before a place, which is not the first. */
export function packedPrevious(arena: Arena, chunk: number, place: number): number {
  const at = arena.offset(chunk) + place - 1
  const view = arena.view(chunk)
  const short = view.getUint8(at)
  return place - packedSize(short < LONG ? short : view.getUint32(at - 4, true))
}

/** Gives so many elements from a place on to `take`, as far as there are. Answers how many are left. */
export function packedEach(arena: Arena, chunk: number, place: number, elements: number, take: TakeBytes): number {
  const page = arena.page(chunk)
  const view = arena.view(chunk)
  const base = arena.offset(chunk)
  const end = base + packedEnd(arena, chunk)
  let left = elements
  for (let at = base + place; at < end && left > 0; left--) {
    const short = view.getUint8(at)
    const isShort = short < LONG
    const start = at + (isShort ? 1 : WIDE_BYTES)
    const length = isShort ? short : view.getUint32(at + 1, true)
    take(page, view, start, start + length)
    at = start + length + (isShort ? 1 : WIDE_BYTES)
  }
  return left
}

/** The place of an element by its index, from the end if that is negative; 0: there is none. */
export function packedAt(arena: Arena, chunk: number, index: number): number {
  const count = packedCount(arena, chunk)
  const from = index < 0 ? count + index : index
  if (from < 0 || from >= count) return 0
  if (from <= count / 2) {
    let place = FIRST_PLACE
    for (let left = from; left > 0; left--) place = packedNext(arena, chunk, place)
    return place
  }
  let place = packedEnd(arena, chunk)
  for (let left = count - from; left > 0; left--) place = packedPrevious(arena, chunk, place)
  return place
}

/**
 * The place of the first element that is these bytes; 0: there is none.
 * @param step Looks at every so many: 2 for the fields of pairs.
 */
export function packedFind(
  arena: Arena,
  chunk: number,
  view: DataView,
  start: number,
  length: number,
  step = 1,
): number {
  const own = arena.view(chunk)
  const base = arena.offset(chunk)
  const end = packedEnd(arena, chunk)
  let place = FIRST_PLACE
  let skip = 0
  while (place < end) {
    const at = base + place
    const short = own.getUint8(at)
    const isShort = short < LONG
    const bytes = isShort ? short : own.getUint32(at + 1, true)
    if (skip === 0) {
      if (bytes === length && sameBytes(own, at + (isShort ? 1 : WIDE_BYTES), view, start, length)) return place
      skip = step
    }
    skip--
    place += bytes + (isShort ? 2 : 2 * WIDE_BYTES)
  }
  return 0
}

/** Whether an element is these bytes. */
export function packedIs(
  arena: Arena,
  chunk: number,
  place: number,
  view: DataView,
  start: number,
  length: number,
): boolean {
  if (packedLength(arena, chunk, place) !== length) return false
  return sameBytes(arena.view(chunk), packedStart(arena, chunk, place), view, start, length)
}

/** Puts an element before the one at a place; at `packedEnd`, behind the last. `source` may not be of this chunk. */
export function packedInsert(
  arena: Arena,
  chunk: number,
  place: number,
  source: Buffer,
  start: number,
  end: number,
): number {
  const size = packedSize(end - start)
  const moved = open(arena, chunk, place, size)
  write(arena, moved, place, source, start, end)
  arena.setWord(moved, COUNT, arena.word(moved, COUNT) + 1)
  return moved
}

/** Puts an element behind the last. */
export const packedAppend = (arena: Arena, chunk: number, source: Buffer, start: number, end: number): number =>
  packedInsert(arena, chunk, packedEnd(arena, chunk), source, start, end)

/** Puts other bytes in the place of an element. `source` may not be of this chunk. */
export function packedReplace(
  arena: Arena,
  chunk: number,
  place: number,
  source: Buffer,
  start: number,
  end: number,
): number {
  const before = packedSize(packedLength(arena, chunk, place))
  const size = packedSize(end - start)
  let moved = chunk
  if (size > before) moved = open(arena, chunk, place + before, size - before)
  else if (size < before) close(arena, chunk, place, before - size)
  write(arena, moved, place, source, start, end)
  return moved
}

/** Takes out so many elements from a place on. */
export function packedRemove(arena: Arena, chunk: number, place: number, elements = 1): number {
  let end = place
  for (let left = elements; left > 0; left--) end = packedNext(arena, chunk, end)
  close(arena, chunk, place, end - place)
  arena.setWord(chunk, COUNT, arena.word(chunk, COUNT) - elements)
  const used = packedEnd(arena, chunk)
  // What has become much too large is given back.
  return arena.capacity(chunk) > 2 * Arena.capacityFor(Math.max(FIRST_BYTES, used))
    ? arena.resize(chunk, Math.max(FIRST_BYTES, used), used)
    : chunk
}

/** A copy of an element. */
export function packedBytes(arena: Arena, chunk: number, place: number): Buffer {
  const start = packedStart(arena, chunk, place)
  return Buffer.from(arena.page(chunk).subarray(start, start + packedLength(arena, chunk, place)))
}

/** Makes room for so many bytes at a place. */
function open(arena: Arena, chunk: number, place: number, bytes: number): number {
  const used = packedEnd(arena, chunk)
  const needed = used + bytes
  let moved = chunk
  if (needed > arena.capacity(chunk)) moved = arena.resize(chunk, needed + (needed >>> 2), used)
  const at = arena.offset(moved)
  if (place < used) arena.page(moved).copyWithin(at + place + bytes, at + place, at + used)
  arena.setWord(moved, USED, needed)
  return moved
}

/** Takes so many bytes away at a place. */
function close(arena: Arena, chunk: number, place: number, bytes: number): void {
  const used = packedEnd(arena, chunk)
  const at = arena.offset(chunk)
  arena.page(chunk).copyWithin(at + place, at + place + bytes, at + used)
  arena.setWord(chunk, USED, used - bytes)
}

function write(arena: Arena, chunk: number, place: number, source: Buffer, start: number, end: number): void {
  const length = end - start
  const view = arena.view(chunk)
  let at = arena.offset(chunk) + place
  if (length < LONG) view.setUint8(at++, length)
  else {
    view.setUint8(at, LONG)
    view.setUint32(at + 1, length, true)
    at += WIDE_BYTES
  }
  at = copyViewed(source, requestView(source), start, end, arena.page(chunk), view, at)
  if (length < LONG) view.setUint8(at, length)
  else {
    view.setUint32(at, length, true)
    view.setUint8(at + 4, LONG)
  }
}
