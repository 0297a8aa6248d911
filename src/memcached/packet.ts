import { byteAt } from '../net/bytes.ts'

/** One binary request, as far as its extras and key. A single one is used again for every request. */
export class Packet {
  bytes: Buffer = Buffer.alloc(0)
  extras = 0
  extrasBytes = 0
  key = 0
  keyBytes = 0
  valueBytes = 0
  casHigh = 0
  casLow = 0

  /** The key's end, where the value starts. */
  get keyEnd(): number {
    return this.key + this.keyBytes
  }

  uint32(at: number): number {
    return uint32(this.bytes, at)
  }
}

export function uint16(bytes: Buffer, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)
}

export function uint32(bytes: Buffer, at: number): number {
  return (
    byteAt(bytes, at) * 16777216 +
    ((byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3))
  )
}
