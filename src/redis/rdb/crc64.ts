/** The polynomial of Jones, bits reversed, as 64 bits in two halves. */
const POLYNOMIAL_HIGH = 0x95ac9329
const POLYNOMIAL_LOW = 0xac4bc9b5
const BYTES = 256

const HIGH = new Int32Array(BYTES)
const LOW = new Int32Array(BYTES)
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

/** The CRC of files and dumps of redis, as the eight bytes that are written behind what it is of. */
export function crc64(bytes: Uint8Array): Buffer {
  let [high, low] = [0, 0]
  for (const byte of bytes) {
    const at = (low ^ byte) & 0xff
    const shifted = (low >>> 8) | (high << 24)
    low = shifted ^ (LOW[at] as number) // at < 256
    high = (high >>> 8) ^ (HIGH[at] as number) // as above
  }
  const crc = Buffer.alloc(8)
  crc.writeInt32LE(low | 0, 0)
  crc.writeInt32LE(high | 0, 4)
  return crc
}
