import { copyBytes } from '../../net/bytes.ts'
import { readInteger, readSafe } from '../protocol/numbers.ts'
import { Damaged } from './damaged.ts'

/** Listpacks, as redis keeps and writes small collections: elements one behind the other, numbers in as few bytes as they need. */

const HEAD_BYTES = 6
const END = 0xff
const LONGEST_NUMBER = 20
/** A count that says nothing: there are more. */
const UNCOUNTED = 0xffff
const FIRST_BYTES = 1024

/** Writes one listpack after the other, in bytes that it uses again. */
export class ListpackWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** Bytes of it that are written. */
  length = HEAD_BYTES
  #count = 0

  begin(): this {
    this.length = HEAD_BYTES
    this.#count = 0
    return this
  }

  /** Adds an element; one that is a whole number as such. */
  add(source: Buffer, start: number, end: number): void {
    const size = end - start
    const first = size === 0 ? 0 : (source[start] as number) // start < end
    if (size <= LONGEST_NUMBER && (first === 0x2d || (first >= 0x30 && first <= 0x39))) {
      const safe = readSafe(source, start, end)
      if (!Number.isNaN(safe)) {
        this.number(safe)
        return
      }
      const wide = size > 15 ? readInteger(source, start, end) : undefined
      if (wide !== undefined) {
        this.wide(wide)
        return
      }
    }
    this.#room(size)
    const { bytes } = this
    let at = this.length
    if (size < 64) bytes[at++] = 0x80 | size
    else if (size < 4096) {
      bytes[at++] = 0xe0 | (size >> 8)
      bytes[at++] = size & 0xff
    } else {
      bytes[at++] = 0xf0
      at = bytes.writeUInt32LE(size, at)
    }
    this.#close(copyBytes(source, start, end, bytes, at))
  }

  /** Adds a whole number that a double holds. */
  number(value: number): void {
    if (value < -(2 ** 31) || value >= 2 ** 31) {
      this.wide(BigInt(value))
      return
    }
    this.#room(0)
    const { bytes } = this
    let at = this.length
    if (value >= 0 && value < 128) bytes[at++] = value
    else if (value >= -4096 && value < 4096) {
      bytes[at++] = 0xc0 | ((value >> 8) & 0x1f)
      bytes[at++] = value & 0xff
    } else if (value >= -32_768 && value < 32_768) {
      bytes[at++] = 0xf1
      at = bytes.writeInt16LE(value, at)
    } else if (value >= -(2 ** 23) && value < 2 ** 23) {
      bytes[at++] = 0xf2
      at = bytes.writeIntLE(value, at, 3)
    } else {
      bytes[at++] = 0xf3
      at = bytes.writeInt32LE(value, at)
    }
    this.#close(at)
  }

  /** Adds a whole number of 64 bits. */
  wide(value: bigint): void {
    if (value >= -(2n ** 31n) && value < 2n ** 31n) {
      this.number(Number(value))
      return
    }
    this.#room(0)
    this.bytes[this.length] = 0xf4
    this.#close(this.bytes.writeBigInt64LE(value, this.length + 1))
  }

  /** Ends it: it is the first `length` of `bytes`, until the next one begins. */
  end(): void {
    this.bytes[this.length++] = END
    this.bytes.writeUInt32LE(this.length, 0)
    this.bytes.writeUInt16LE(Math.min(this.#count, UNCOUNTED), 4)
  }

  /** Writes how long the element was that ends at a place: from the right to the left, seven bits a byte. */
  #close(end: number): void {
    const { bytes } = this
    const size = end - this.length
    let at = end
    if (size < 128) bytes[at++] = size
    else {
      const width = backBytes(size)
      for (let shift = 7 * (width - 1); shift >= 0; shift -= 7) {
        const bits = Math.floor(size / 2 ** shift) & 127
        bytes[at++] = shift === 7 * (width - 1) ? bits : bits | 128
      }
    }
    this.length = at
    this.#count++
  }

  #room(size: number): void {
    const needed = this.length + size + 16
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * needed)
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

// The greatest number of each width takes a byte more, as redis has it.
const backBytes = (size: number): number =>
  size < 128 ? 1 : size < 2 ** 14 - 1 ? 2 : size < 2 ** 21 - 1 ? 3 : size < 2 ** 28 - 1 ? 4 : 5

/** Takes an element: `bytes[start, end)`, valid during the call. */
export type TakeElement = (bytes: Buffer, start: number, end: number) => void

const digits = Buffer.alloc(32)

/** Gives a whole number to `take` as its digits. */
export function takeNumber(value: number | bigint, take: TakeElement): void {
  take(digits, 0, digits.write(String(value), 0, 'latin1'))
}

/** Gives each element of a listpack to `take`. @throws Damaged */
export function eachOfListpack(pack: Buffer, take: TakeElement): void {
  if (pack.length < HEAD_BYTES + 1 || pack.readUInt32LE(0) !== pack.length)
    throw new Damaged('Listpack integrity check failed.')
  const last = pack.length - 1
  const stated = pack.readUInt16LE(4)
  let count = 0
  let at = HEAD_BYTES
  while (at < last) {
    at = takeOne(pack, at, last, take)
    count++
  }
  if (pack[last] !== END || (stated !== UNCOUNTED && stated !== count))
    throw new Damaged('Listpack integrity check failed.')
}

function takeOne(pack: Buffer, at: number, last: number, take: TakeElement): number {
  const head = pack[at] as number // at < last
  const width = widthOf(head)
  const body = at + width
  // What is beyond the end is zeros to look at, and refused below.
  const size = body <= last ? sizeOf(pack, head, at) : 0
  const end = body + size
  const next = end + backBytes(end - at)
  if (next > last || !endsRight(pack, end, next, end - at)) throw new Damaged('Listpack integrity check failed.')
  if (size > 0 || isText(head)) take(pack, body, end)
  else takeNumber(numberAt(pack, head, at), take)
  return next
}

/** Whether the bytes behind an element say how long it is. */
function endsRight(pack: Buffer, end: number, next: number, size: number): boolean {
  let told = 0
  for (let at = end; at < next; at++) {
    const byte = pack[at] as number // next <= last
    // It is read backwards, for as long as a byte says that there is one before it.
    if (byte >= 128 === (at === end)) return false
    told = told * 128 + (byte & 127)
  }
  return told === size
}

const isText = (head: number): boolean => (head & 0xc0) === 0x80 || (head & 0xf0) === 0xe0 || head === 0xf0

/** Bytes that say what an element is, with those of a number. */
function widthOf(head: number): number {
  if (head < 0xc0) return 1
  if (head < 0xf0) return 2
  const width = [5, 3, 4, 5, 9][head - 0xf0]
  if (width === undefined) throw new Damaged('Listpack integrity check failed.')
  return width
}

/** How long a text is; 0: it is a number. */
function sizeOf(pack: Buffer, head: number, at: number): number {
  if ((head & 0xc0) === 0x80) return head & 0x3f
  if ((head & 0xf0) === 0xe0) return ((head & 0x0f) << 8) | (pack[at + 1] as number) // as widthOf() says
  return head === 0xf0 ? pack.readUInt32LE(at + 1) : 0
}

function numberAt(pack: Buffer, head: number, at: number): number | bigint {
  if (head < 128) return head
  if (head < 0xe0) return ((((head & 0x1f) << 8) | (pack[at + 1] as number)) << 19) >> 19 // as widthOf() says
  if (head === 0xf1) return pack.readInt16LE(at + 1)
  if (head === 0xf2) return pack.readIntLE(at + 1, 3)
  return head === 0xf3 ? pack.readInt32LE(at + 1) : pack.readBigInt64LE(at + 1)
}
