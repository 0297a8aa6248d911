/** Slots of a cluster: each key is in one of them, each slot on one primary. */
export const SLOTS = 16_384

/** CRC-16/XMODEM: polynomial 0x1021, nothing reflected, starts at 0 (Redis cluster specification, appendix A). */
const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

const OPEN = 0x7b
const CLOSE = 0x7d

/** The slot of a key. Of a key with a hash tag, `{user1}:name`, what is within the first braces decides, unless it is nothing. */
export function keySlot(key: Buffer | string): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key
  let crc = 0
  for (const byte of hashed(bytes)) crc = ((crc << 8) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff
  return crc % SLOTS
}

function hashed(key: Buffer): Buffer {
  const open = key.indexOf(OPEN)
  if (open < 0) return key
  const close = key.indexOf(CLOSE, open + 1)
  return close > open + 1 ? key.subarray(open + 1, close) : key
}
