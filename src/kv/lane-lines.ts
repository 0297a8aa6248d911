/** Lines of answers to gets and sets under load, in both protocols: bytes are looked at, no text is made of them. */
import { BadReply } from '../protocols/resp/decode.ts'
import type { ReadLine } from './lane.ts'
import { NotMemcached } from './replies.ts'

const [E, S, V, N] = [0x45, 0x53, 0x56, 0x4e]

/** `VALUE ...` and its bytes before `END`; `STORED`. */
export const readMemcachedLine: ReadLine = (bytes, at, end, counts, reading) => {
  const first = bytes[at]
  if (first === V) {
    reading.hit = true
    reading.skip = numberBefore(bytes, end) + 2
    return false
  }
  const isEnd = first === E && bytes[at + 1] === N
  if (isEnd) {
    if (!reading.hit) counts.misses++
    reading.hit = false
  } else if (first !== S || bytes[at + 1] === E) {
    const line = bytes.toString('latin1', at, end)
    if (!/^(ERROR|CLIENT_ERROR|SERVER_ERROR)/.test(line)) {
      throw new NotMemcached(`not an answer of Memcached: ${JSON.stringify(line.slice(0, 80))}`)
    }
    counts.refused++
  }
  return true
}

const [PLUS, MINUS, DOLLAR, UNDERSCORE] = [0x2b, 0x2d, 0x24, 0x5f]

/** `+OK`, `$3` and its bytes, `$-1` or `_` for a miss, `-OOM ...`. */
export const readRespLine: ReadLine = (bytes, at, end, counts, reading) => {
  const first = bytes[at]
  if (first === DOLLAR && bytes[at + 1] !== MINUS) reading.skip = numberBefore(bytes, end) + 2
  else if (first === DOLLAR || first === UNDERSCORE) counts.misses++
  else if (first === MINUS) counts.refused++
  else if (first !== PLUS) {
    throw new BadReply(`not an answer in RESP: ${JSON.stringify(bytes.toString('latin1', at, Math.min(end, at + 80)))}`)
  }
  return true
}

/** The number at the end of a line, before its CR LF. */
function numberBefore(bytes: Buffer, end: number): number {
  let number = 0
  let factor = 1
  for (let at = end - 2; at >= 0; at--) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) break
    number += digit * factor
    factor *= 10
  }
  return number
}
