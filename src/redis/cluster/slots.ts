import { byteAt, wordAt } from '../../net/bytes.ts'

/** Hash slots of a cluster. */
export const SLOTS = 16_384

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const POLYNOMIAL = 0x1021

// CRC-16/XMODEM, as the cluster specification names it.
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1
  return crc & 0xffff
})

/** The slot of the key `bytes[start, end)`: of what lies between its first braces, if there is anything. */
export function keySlot(bytes: Uint8Array, start: number, end: number): number {
  let from = start
  let to = end
  let open = start
  while (open < end && byteAt(bytes, open) !== OPEN_BRACE) open++
  if (open < end) {
    let close = open + 1
    while (close < end && byteAt(bytes, close) !== CLOSE_BRACE) close++
    if (close < end && close > open + 1) {
      from = open + 1
      to = close
    }
  }
  let crc = 0
  for (let at = from; at < to; at++) crc = ((crc << 8) & 0xffff) ^ wordAt(CRC, (crc >>> 8) ^ byteAt(bytes, at))
  return crc & (SLOTS - 1)
}

// What stands for other characters in a pattern.
const WILD = /[*?[\\]/

/** The slot of all keys that fit a pattern; -1: they may be of several. */
export function patternSlot(pattern: Buffer): number {
  const text = pattern.toString('latin1')
  const wild = text.search(WILD)
  const [tag = ''] = /^[^{]*\{[^}]+\}/.exec(text) ?? []
  if (wild >= 0 && wild < tag.length) return -1
  return wild < 0 || tag !== '' ? keySlot(pattern, 0, pattern.length) : -1
}
