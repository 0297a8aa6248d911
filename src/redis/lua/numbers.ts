import { general } from '../protocol/printed.ts'

export const numberToString = (value: number): string => general(value, 14)

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]+)$/i
const HEX_FLOAT = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i
const SPACE_AROUND = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g

/** The number that a string spells, as Lua converts it (C's strtod, spaces around allowed), or undefined. */
export function stringToNumber(text: string): number | undefined {
  // C sees nothing behind a zero byte.
  const end = text.indexOf('\0')
  const word = (end < 0 ? text : text.slice(0, end)).replace(SPACE_AROUND, '')
  if (DECIMAL.test(word)) return Number(word)
  const hexadecimal = HEXADECIMAL.exec(word)
  if (hexadecimal !== null) return (hexadecimal[1] === '-' ? -1 : 1) * Number(`0x${hexadecimal[2]}`)
  const float = HEX_FLOAT.exec(word)
  if (float !== null && `${float[2]}${float[3]}` !== '') return hexFloat(float)
  if (/^[+-]?(inf|infinity)$/i.test(word)) return word.startsWith('-') ? -Infinity : Infinity
  return /^[+-]?nan(\([0-9a-z_]*\))?$/i.test(word) ? NaN : undefined
}

function hexFloat([, sign, whole = '', fraction = '', power = '0']: RegExpExecArray): number {
  const digits = Number(`0x${whole}${fraction}`)
  return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(power) - 4 * fraction.length)
}

/** A number as C converts it to a 64-bit integer on the processors that servers run on: towards zero, or the least one. */
export function toInt64(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return value === -(2 ** 63) ? BigInt(value) : -(2n ** 63n)
  return BigInt(Math.trunc(value))
}

/** The same to 32 bits, by way of 64 as `luaL_checkint` does it. */
export const toInt32 = (value: number): number =>
  Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) | 0 : Number(BigInt.asIntN(32, toInt64(value)))
