import { scanFloatIn } from '../protocol/numbers.ts'
import { Damaged } from './damaged.ts'
import { expand } from './lzf.ts'

/** Thrown where the bytes at hand end: what was begun has to be read again, once there are more. */
export const SHORT: unique symbol = Symbol('there have to be more bytes')

const NO_BYTES = Buffer.alloc(0)
/** Bytes that are kept for strings that have to be made: longer ones have their own. */
const FIRST_MADE = 128
const MOST_MADE = 1 << 20
const LONGEST_STRING = 2 ** 40
/** No byte of what is compressed can stand for more than this. */
const MOST_EXPANDED = 264

/** How a string is written that is not as it is. */
const ENCODED = 0xc0
const INT8 = 0
const INT16 = 1
const INT32 = 2
const COMPRESSED = 3

/** Reads what a file or a dump is made of, out of the bytes that are at hand. What it throws is SHORT or Damaged. */
export class RdbReader {
  bytes: Buffer = NO_BYTES
  at = 0
  /** How many bytes there have to be for what was tried last. */
  needed = 0

  /** The string that was read last: `text[start, end)`. It is valid until the second one after it. */
  text: Buffer = NO_BYTES
  start = 0
  end = 0
  // What strings are made of that don't lie in the bytes as they are: this one, and the one before.
  #made = Buffer.alloc(FIRST_MADE)
  #madeBefore = Buffer.alloc(FIRST_MADE)

  set(bytes: Buffer): void {
    this.bytes = bytes
    this.at = 0
  }

  byte(): number {
    return this.bytes[this.#skip(1)] as number // as #skip() has seen to
  }

  /** A length, or a number that is not negative. What says how a string is written counts as one here, as servers read it. */
  length(): number {
    const first = this.byte()
    return first >= ENCODED ? first & 0x3f : this.#lengthFrom(first)
  }

  /** The same in all of its 64 bits. */
  wideLength(): bigint {
    if (this.#peek() !== 0x81) return BigInt(this.length())
    this.at++
    return this.bytes.readBigUInt64BE(this.#skip(8))
  }

  /** A string, at `text`. */
  string(): void {
    const first = this.byte()
    if (first < ENCODED) {
      const length = this.#lengthFrom(first)
      if (length > LONGEST_STRING) throw new Damaged('String too long')
      this.text = this.bytes
      this.start = this.#skip(length)
      this.end = this.at
      return
    }
    switch (first & 0x3f) {
      case INT8:
        this.#number(this.bytes.readInt8(this.#skip(1)))
        break
      case INT16:
        this.#number(this.bytes.readInt16LE(this.#skip(2)))
        break
      case INT32:
        this.#number(this.bytes.readInt32LE(this.#skip(4)))
        break
      case COMPRESSED:
        this.#expand()
        break
      default:
        throw new Damaged(`Unknown RDB string encoding type ${first & 0x3f}`)
    }
  }

  /** A copy of a string. */
  stringBytes(): Buffer {
    this.string()
    return Buffer.from(this.text.subarray(this.start, this.end))
  }

  /** A string that is not kept: it shares bytes with what is read. */
  blob(): Buffer {
    this.string()
    return this.text.subarray(this.start, this.end)
  }

  int32(): number {
    return this.bytes.readInt32LE(this.#skip(4))
  }

  /** Milliseconds since 1970, or -1. */
  milliseconds(): number {
    return Number(this.bytes.readBigInt64LE(this.#skip(8)))
  }

  double(): number {
    return this.bytes.readDoubleLE(this.#skip(8))
  }

  /** A double as text behind its length: how it was written before version 8. */
  textDouble(): number {
    const length = this.byte()
    if (length === 255) return Number.NEGATIVE_INFINITY
    if (length === 254) return Number.POSITIVE_INFINITY
    if (length === 253) return Number.NaN
    const start = this.#skip(length)
    const value = scanFloatIn(this.bytes.toString('latin1', start, this.at))
    if (value === undefined) throw new Damaged('Not a double')
    return value
  }

  /** So many bytes as they are, which share memory with what is read. */
  raw(length: number): Buffer {
    const start = this.#skip(length)
    return this.bytes.subarray(start, this.at)
  }

  #peek(): number {
    const at = this.#skip(1)
    this.at = at
    return this.bytes[at] as number // as #skip() has seen to
  }

  #lengthFrom(first: number): number {
    if (first < 0x40) return first
    if (first < 0x80) return ((first & 0x3f) << 8) | this.byte()
    if (first === 0x80) return this.bytes.readUInt32BE(this.#skip(4))
    if (first === 0x81) return Number(this.bytes.readBigUInt64BE(this.#skip(8)))
    throw new Damaged(`Unknown length encoding ${first} in rdbLoadLen()`)
  }

  #number(value: number): void {
    this.text = this.#make(0)
    this.start = 0
    this.end = this.text.write(String(value), 0, 'latin1')
  }

  #expand(): void {
    const packed = this.length()
    const length = this.length()
    const start = this.#skip(packed)
    if (length > packed * MOST_EXPANDED) throw new Damaged('Invalid LZF compressed string')
    this.text = this.#make(length)
    if (!expand(this.bytes, start, this.at, this.text, length)) throw new Damaged('Invalid LZF compressed string')
    this.start = 0
    this.end = length
  }

  /** Where the next string is made, of so many bytes at most. */
  #make(length: number): Buffer {
    const made = this.#madeBefore
    this.#madeBefore = this.#made
    this.#made = made
    if (length > MOST_MADE) return Buffer.allocUnsafeSlow(length)
    if (length > made.length) this.#made = Buffer.allocUnsafeSlow(2 * length)
    return this.#made
  }

  /** Goes so many bytes on, and answers where it was. */
  #skip(length: number): number {
    const { at } = this
    this.at = at + length
    if (this.at > this.bytes.length) {
      this.needed = this.at
      throw SHORT
    }
    return at
  }
}
