import { copyBytes } from '../../net/bytes.ts'
import { readSafe } from '../protocol/numbers.ts'
import { compress } from './lzf.ts'

const FIRST_BYTES = 64 * 1024
const LONGEST_HEAD = 16
/** Shorter strings are not worth the try. */
const LEAST_COMPRESSED = 20
/** Longer ones are written as they are: to compress one takes longer than a node may stand still. */
const MOST_COMPRESSED = 1 << 20
const LEAST_SPARED = 4
/** Digits of the longest number that is written as one. */
const LONGEST_NUMBER = 11
const ENCODED = 0xc0
// What was read as a double may have been rounded up beyond these.
const MOST_WIDE = 2n ** 64n - 1n
const LATEST = 2n ** 63n - 1n
const COMPRESSED = 3

/** Gathers what a file or a dump is made of: lengths, strings and numbers in redis' ways to write them. */
export class RdbWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** Bytes that are gathered. */
  at = 0
  readonly #compresses: boolean

  /** @param compresses `rdbcompression`. */
  constructor(compresses: boolean) {
    this.#compresses = compresses
  }

  byte(value: number): void {
    this.room(1)
    this.bytes[this.at++] = value
  }

  /** A length or a number that is not negative: the smaller, the shorter. */
  length(value: number): void {
    this.room(LONGEST_HEAD)
    const { bytes } = this
    if (value < 64) bytes[this.at++] = value
    else if (value < 2 ** 14) {
      bytes[this.at++] = 0x40 | (value >> 8)
      bytes[this.at++] = value & 0xff
    } else if (value < 2 ** 32) {
      bytes[this.at++] = 0x80
      this.at = bytes.writeUInt32BE(value, this.at)
    } else this.wideLength(BigInt(value))
  }

  /** The same of 64 bits. */
  wideLength(value: bigint): void {
    if (value < 2n ** 32n) {
      this.length(Number(value))
      return
    }
    this.room(LONGEST_HEAD)
    this.bytes[this.at++] = 0x81
    this.at = this.bytes.writeBigUInt64BE(value < MOST_WIDE ? value : MOST_WIDE, this.at)
  }

  /** Bytes as they are. */
  raw(source: Buffer, start: number, end: number): void {
    this.room(end - start)
    this.at = copyBytes(source, start, end, this.bytes, this.at)
  }

  /** A string, as short as it gets: what is a small number as one, what is long compressed. */
  string(source: Buffer, start: number, end: number): void {
    const size = end - start
    if (size <= LONGEST_NUMBER && size > 0) {
      const value = readSafe(source, start, end)
      if (value >= -(2 ** 31) && value < 2 ** 31) {
        this.#number(value)
        return
      }
    }
    this.blob(source, start, end)
  }

  /** A string that is no number. */
  blob(source: Buffer, start: number, end: number): void {
    const size = end - start
    if (this.#compresses && size > LEAST_COMPRESSED && size <= MOST_COMPRESSED && this.#compressed(source, start, end))
      return
    this.length(size)
    this.raw(source, start, end)
  }

  text(text: string): void {
    const bytes = Buffer.from(text, 'latin1')
    this.string(bytes, 0, bytes.length)
  }

  double(value: number): void {
    this.room(8)
    this.at = this.bytes.writeDoubleLE(value, this.at)
  }

  /** Milliseconds since 1970, or -1. */
  milliseconds(value: number): void {
    this.room(8)
    const ms = BigInt(Math.trunc(value))
    this.at = this.bytes.writeBigInt64LE(ms < LATEST ? ms : LATEST, this.at)
  }

  /** Makes room for so many bytes more. */
  room(size: number): void {
    const needed = this.at + size
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  /** A copy of what was gathered, which is forgotten. */
  take(): Buffer {
    const taken = Buffer.from(this.bytes.subarray(0, this.at))
    this.at = 0
    // A buffer that one large value has needed is not kept for small ones.
    if (this.bytes.length > 16 * FIRST_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    return taken
  }

  #number(value: number): void {
    this.room(LONGEST_HEAD)
    const { bytes } = this
    if (value >= -128 && value < 128) {
      bytes[this.at++] = ENCODED
      this.at = bytes.writeInt8(value, this.at)
    } else if (value >= -32_768 && value < 32_768) {
      bytes[this.at++] = ENCODED | 1
      this.at = bytes.writeInt16LE(value, this.at)
    } else {
      bytes[this.at++] = ENCODED | 2
      this.at = bytes.writeInt32LE(value, this.at)
    }
  }

  #compressed(source: Buffer, start: number, end: number): boolean {
    const size = end - start
    this.room(size + LONGEST_HEAD)
    // The two lengths come before the bytes, and one of them is known afterwards: it goes where the longest would end.
    const body = this.at + LONGEST_HEAD - 1
    const packed = compress(source, start, end, this.bytes, body, LEAST_SPARED)
    if (packed === 0) return false
    this.bytes[this.at++] = ENCODED | COMPRESSED
    this.length(packed)
    this.length(size)
    this.bytes.copyWithin(this.at, body, body + packed)
    this.at += packed
    return true
  }
}
