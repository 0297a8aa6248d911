/** MurmurHash64A with the seed of servers' HyperLogLogs, in two words: numbers of 64 bits would take several times as long. */
import { byteAt } from '../../net/bytes.ts'

const SEED = 0xadc83b19
const FACTOR_LOW = 0x5bd1e995
const FACTOR_HIGH = 0xc6a4a793
const FACTOR_FIRST = FACTOR_LOW & 0xffff
const FACTOR_SECOND = FACTOR_LOW >>> 16

class Word64 {
  low = 0
  high = 0

  /** Times the factor. */
  multiply(): void {
    const { low } = this
    const first = low & 0xffff
    const second = low >>> 16
    const crossed = second * FACTOR_FIRST + ((first * FACTOR_FIRST) >>> 16)
    const other = first * FACTOR_SECOND + (crossed & 0xffff)
    const carried = second * FACTOR_SECOND + (crossed >>> 16) + (other >>> 16)
    this.high = (carried + Math.imul(this.high, FACTOR_LOW) + Math.imul(low, FACTOR_HIGH)) | 0
    this.low = Math.imul(low, FACTOR_LOW)
  }

  /** Its upper 17 bits into the lower ones. */
  fold(): void {
    this.low ^= this.high >>> 15
  }
}

const hash = new Word64()
const block = new Word64()

/** The hash of bytes, valid until the next one. */
export function murmur64(bytes: Buffer): { readonly low: number; readonly high: number } {
  const { length } = bytes
  hash.low = length
  hash.high = 0
  hash.multiply()
  hash.low ^= SEED
  let at = 0
  for (; at + 8 <= length; at += 8) {
    block.low = bytes.readInt32LE(at)
    block.high = bytes.readInt32LE(at + 4)
    block.multiply()
    block.fold()
    block.multiply()
    hash.low ^= block.low
    hash.high ^= block.high
    hash.multiply()
  }
  if (at < length) {
    for (let shift = 0; at < length; at++, shift += 8) {
      if (shift < 32) hash.low ^= byteAt(bytes, at) << shift
      else hash.high ^= byteAt(bytes, at) << (shift - 32)
    }
    hash.multiply()
  }
  hash.fold()
  hash.multiply()
  hash.fold()
  return hash
}
