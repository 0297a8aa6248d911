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
  return slotOf(bytes, 0, bytes.length)
}

/** The same of the key `bytes[start, end)`. A node asks for it with each command: nothing is made for it. */
export function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let from = start
  let to = end
  let open = start
  while (open < end && bytes[open] !== OPEN) open++
  if (open < end) {
    let close = open + 1
    while (close < end && bytes[close] !== CLOSE) close++
    if (close < end && close > open + 1) {
      from = open + 1
      to = close
    }
  }
  let crc = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number // within the key
    crc = ((crc << 8) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] as number)) & 0xffff // of 256
  }
  return crc % SLOTS
}
