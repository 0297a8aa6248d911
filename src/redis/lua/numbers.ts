/** A number as C's `%.<precision>g` writes it: 14 digits are Lua's own way, 17 that of arguments of commands. */
export function general(value: number, precision: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14 && precision >= 14)
    return Object.is(value, -0) ? '-0' : String(value)
  if (!Number.isFinite(value)) return notFinite(value)
  const [mantissa, power] = scientific(value, Math.max(precision - 1, 0))
  if (power < -4 || power >= Math.max(precision, 1)) return trimmed(mantissa) + exponentOf(power)
  return trimmed(fixed(value, Math.max(precision - 1 - power, 0)))
}

// JavaScript rounds what lies in the very middle up, C to the even digit. More digits than doubles that lie there have:
const MANY = 60
const MOST = 100
const MIDDLE = /^50*$/
const EVEN = /[02468]$/

/** A number with so many digits after the point of its mantissa, and its power of ten. */
export function scientific(value: number, digits: number): readonly [mantissa: string, power: number] {
  const [mantissa = '', power = '0'] = value.toExponential(digits).split('e')
  const [exact = '', exactPower = '0'] = value.toExponential(Math.min(digits + MANY, MOST)).split('e')
  const cut = exact.length - Math.min(MANY, MOST - digits)
  if (!MIDDLE.test(exact.slice(cut))) return [mantissa, Number(power)]
  const lower = exact.slice(0, cut).replace(/\.$/, '')
  return EVEN.test(lower) ? [lower, Number(exactPower)] : [mantissa, Number(power)]
}

/** A number with so many digits after its point. JavaScript gives up on them from 1e21 on; such a number is an integer. */
export function fixed(value: number, digits: number): string {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`
  const exact = value.toFixed(Math.min(digits + MANY, MOST))
  const cut = exact.length - Math.min(MANY, MOST - digits)
  const lower = exact.slice(0, cut).replace(/\.$/, '')
  return MIDDLE.test(exact.slice(cut)) && EVEN.test(lower) ? lower : value.toFixed(digits)
}

/** Without the zeros that say nothing. */
const trimmed = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits)

/** An exponent as C writes it: a sign, and two digits at least. */
export const exponentOf = (power: number): string =>
  `e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`

/** What is no number is negative where a processor of Intel's made it, which is what servers run on and print. */
export const notFinite = (value: number): string => (value === Infinity ? 'inf' : value === -Infinity ? '-inf' : '-nan')

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
