import { byteAt, wordAt } from '../../net/bytes.ts'

/** The polynomial of redis' CRC, bits reversed, as 64 bits in two halves. */
const POLYNOMIAL_HIGH = 0x95ac9329
const POLYNOMIAL_LOW = 0xac4bc9b5
const BYTES = 256
// Eight bytes are looked up at once, each in a table of its own: one at a time would wait for the one before (three times as long).
const AT_ONCE = 8

// Table k, from k * 256 on: what a byte makes of the CRC that k zeros follow.
const HIGH = new Int32Array(AT_ONCE * BYTES)
const LOW = new Int32Array(AT_ONCE * BYTES)
for (let byte = 0; byte < BYTES; byte++) {
  let [high, low] = [0, byte]
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) !== 0
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (isOdd) {
      high ^= POLYNOMIAL_HIGH
      low ^= POLYNOMIAL_LOW
    }
  }
  HIGH[byte] = high
  LOW[byte] = low
}
for (let at = BYTES; at < HIGH.length; at++) {
  const [high, low] = [HIGH[at - BYTES] as number, LOW[at - BYTES] as number] // at >= 256
  const byte = low & 0xff
  HIGH[at] = (high >>> 8) ^ (HIGH[byte] as number) // byte < 256
  LOW[at] = ((low >>> 8) | (high << 24)) ^ (LOW[byte] as number) // as above
}

const xored = (table: Int32Array, a: number, b: number, c: number, d: number): number =>
  wordAt(table, a) ^ wordAt(table, b) ^ wordAt(table, c) ^ wordAt(table, d)

const word = (bytes: Uint8Array, at: number): number =>
  byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24)

/** The CRC of files and dumps of redis, of bytes that come one after the other. */
export class Crc64 {
  #high: number
  #low: number

  /** @param before What came before, which stays as it is. */
  constructor(before?: Crc64) {
    this.#high = before ? before.#high : 0
    this.#low = before ? before.#low : 0
  }

  update(bytes: Uint8Array, start: number, end: number): void {
    let [high, low] = [this.#high, this.#low]
    let at = start
    for (; at + AT_ONCE <= end; at += AT_ONCE) {
      const a = low ^ word(bytes, at)
      const b = high ^ word(bytes, at + 4)
      const i7 = 1792 + (a & 0xff)
      const i6 = 1536 + ((a >>> 8) & 0xff)
      const i5 = 1280 + ((a >>> 16) & 0xff)
      const i4 = 1024 + (a >>> 24)
      const i3 = 768 + (b & 0xff)
      const i2 = 512 + ((b >>> 8) & 0xff)
      const i1 = 256 + ((b >>> 16) & 0xff)
      const i0 = b >>> 24
      low = xored(LOW, i7, i6, i5, i4) ^ xored(LOW, i3, i2, i1, i0)
      high = xored(HIGH, i7, i6, i5, i4) ^ xored(HIGH, i3, i2, i1, i0)
    }
    for (; at < end; at++) {
      const index = (low ^ (bytes[at] as number)) & 0xff // at < end
      const shifted = (low >>> 8) | (high << 24)
      low = shifted ^ (LOW[index] as number) // index < 256
      high = (high >>> 8) ^ (HIGH[index] as number) // as above
    }
    this.#high = high
    this.#low = low
  }

  /** As the eight bytes that are written behind what it is of. */
  bytes(): Buffer {
    const crc = Buffer.alloc(8)
    crc.writeInt32LE(this.#low | 0, 0)
    crc.writeInt32LE(this.#high | 0, 4)
    return crc
  }
}

/** The CRC of bytes that are all there. */
export function crc64(bytes: Uint8Array): Buffer {
  const crc = new Crc64()
  crc.update(bytes, 0, bytes.length)
  return crc.bytes()
}
