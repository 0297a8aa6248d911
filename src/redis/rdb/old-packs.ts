import { Damaged } from './damaged.ts'
import { type TakeElement, takeNumber } from './listpack.ts'

/** How servers before 7.0 kept small collections: they are read, and never written. */

const END = 0xff
const LONG = 254
const ZIPLIST_HEAD = 10
const LEAST_SHORT_NUMBER = 0xf1
const MOST_SHORT_NUMBER = 0xfd

/** Gives each element of a ziplist to `take`. @throws Damaged */
export function eachOfZiplist(list: Buffer, take: TakeElement): void {
  const last = list.length - 1
  if (last < ZIPLIST_HEAD || list.readUInt32LE(0) !== list.length || list[last] !== END)
    throw new Damaged('Ziplist integrity check failed.')
  const stated = list.readUInt16LE(8)
  let count = 0
  let at = ZIPLIST_HEAD
  let before = 0
  while (at < last) {
    const began = at
    const isLong = list[at] === LONG
    if (isLong && at + 5 > last) throw new Damaged('Ziplist integrity check failed.')
    if ((isLong ? list.readUInt32LE(at + 1) : list[at]) !== before) throw new Damaged('Ziplist integrity check failed.')
    at = ziplistEntry(list, at + (isLong ? 5 : 1), last, take)
    before = at - began
    count++
  }
  const final = at - before
  if ((stated !== 0xffff && stated !== count) || list.readUInt32LE(4) !== final)
    throw new Damaged('Ziplist integrity check failed.')
}

/** Answers where the next one begins. */
function ziplistEntry(list: Buffer, at: number, last: number, take: TakeElement): number {
  if (at >= last) throw new Damaged('Ziplist integrity check failed.')
  const head = list[at] as number // at < last
  const isText = head < 0xc0
  const width = isText ? ([1, 2, 5][head >> 6] as number) : 1 // head >> 6 < 3
  if (at + width > last) throw new Damaged('Ziplist integrity check failed.')
  const start = at + width
  if (!isText) return ziplistNumber(list, head, start, last, take)
  let length = head & 0x3f
  if (width === 2)
    length = (length << 8) | (list[at + 1] as number) // at + width <= last
  else if (width === 5) length = list.readUInt32BE(at + 1)
  if (start + length > last) throw new Damaged('Ziplist integrity check failed.')
  take(list, start, start + length)
  return start + length
}

const NUMBER_BYTES: Readonly<Record<number, number>> = { 192: 2, 208: 4, 224: 8, 240: 3, 254: 1 }

function ziplistNumber(list: Buffer, head: number, start: number, last: number, take: TakeElement): number {
  if (head >= LEAST_SHORT_NUMBER && head <= MOST_SHORT_NUMBER) {
    takeNumber(head - LEAST_SHORT_NUMBER, take)
    return start
  }
  const width = NUMBER_BYTES[head]
  if (width === undefined || start + width > last) throw new Damaged('Ziplist integrity check failed.')
  takeNumber(width === 8 ? list.readBigInt64LE(start) : list.readIntLE(start, width), take)
  return start + width
}

/** Gives each field and each value of a zipmap to `take`. @throws Damaged */
export function eachOfZipmap(map: Buffer, take: TakeElement): void {
  const last = map.length - 1
  if (last < 1 || map[last] !== END) throw new Damaged('Zipmap integrity check failed.')
  let at = 1
  let count = 0
  for (let isValue = false; at < last || isValue; isValue = !isValue) {
    if (at >= last) throw new Damaged('Zipmap integrity check failed.')
    let length = map[at++] as number // at < last
    if (length === LONG) {
      if (at + 4 > last) throw new Damaged('Zipmap integrity check failed.')
      length = map.readUInt32LE(at)
      at += 4
    } else if (length === END) throw new Damaged('Zipmap integrity check failed.')
    // Behind the length of a value: how many bytes are free behind the value.
    const free = isValue ? (map[at++] as number) : 0 // at <= last
    if (at + length + free > last) throw new Damaged('Zipmap integrity check failed.')
    take(map, at, at + length)
    at += length + free
    if (isValue) count++
  }
  const stated = map[0] as number // there are two bytes at least
  if (stated < LONG && stated !== count) throw new Damaged('Zipmap integrity check failed.')
}

const INTSET_HEAD = 8

/** Gives each number of an intset, in their order, to `take`. @throws Damaged */
export function eachOfIntset(set: Buffer, take: TakeElement): void {
  if (set.length < INTSET_HEAD) throw new Damaged('Intset integrity check failed.')
  const width = set.readUInt32LE(0)
  const count = set.readUInt32LE(4)
  if ((width !== 2 && width !== 4 && width !== 8) || set.length !== INTSET_HEAD + width * count || count === 0)
    throw new Damaged('Intset integrity check failed.')
  let before = -(2n ** 64n)
  for (let at = INTSET_HEAD; at < set.length; at += width) {
    const value = width === 8 ? set.readBigInt64LE(at) : BigInt(set.readIntLE(at, width))
    if (value <= before) throw new Damaged('Intset integrity check failed.')
    takeNumber(value, take)
    before = value
  }
}
