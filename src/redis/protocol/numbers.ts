import { general } from './printed.ts'

const MINUS = 0x2d
const ZERO = 0x30
// Numbers of up to so many digits are exact as doubles.
const SAFE_DIGITS = 15
const MOST = 2n ** 63n - 1n
const LEAST = -(2n ** 63n)
const LONGEST = 20

/** What {@link readSafe} answers for what is no whole number, or one that doubles can't hold. */
const NOT_SAFE = Number.NaN

/**
 * A whole number as redis' string2ll reads it, strictly: an optional minus, no leading zeros, nothing else. NaN for what is none
 * or has more than 15 digits.
 */
export function readSafe(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === MINUS
  if (negative) at++
  const digits = end - at
  if (digits <= 0 || digits > SAFE_DIGITS) return NOT_SAFE
  const first = (bytes[at] as number) - ZERO // at < end
  if (first === 0) return digits === 1 && !negative ? 0 : NOT_SAFE
  let value = 0
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO // at < end
    if (digit < 0 || digit > 9) return NOT_SAFE
    value = value * 10 + digit
  }
  return negative ? -value : value
}

/** The same in all of 64 bits; undefined: it is none. */
export function readInteger(bytes: Buffer, start: number, end: number): bigint | undefined {
  const safe = readSafe(bytes, start, end)
  if (!Number.isNaN(safe)) return BigInt(safe)
  if (end - start > LONGEST) return undefined
  const text = bytes.toString('latin1', start, end)
  if (!/^(?:-?[1-9]\d*|0)$/.test(text)) return undefined
  const value = BigInt(text)
  return value > MOST || value < LEAST ? undefined : value
}

/** Whether a whole number has 64 bits. */
export const fits64 = (value: bigint): boolean => value <= MOST && value >= LEAST

/**
 * A floating-point number as redis reads it: as `scanFloat`, but nothing out of the range of a double, neither too large nor so close
 * to zero that nothing of it is left. Undefined: it is none.
 */
export function readFloat(text: string): number | undefined {
  const value = scanFloat(text)
  if (value === undefined) return undefined
  if (value === 0) return SOME_DIGIT.test(text) ? undefined : value
  return Number.isFinite(value) || INFINITE.test(text) ? value : undefined
}

const INFINITE = /^[+-]?inf(?:inity)?$/i
/** More than zeros before the power of ten, or of two. */
const SOME_DIGIT = /^[+-]?(?:0x[0.]*[1-9a-f]|[0.]*[1-9])/i

/**
 * A floating-point number as strtod reads it, with nothing left over: decimal, hexadecimal, `inf`, `infinity`; what is too large is
 * infinite. NaN and space are none. Undefined: it is none.
 */
export function scanFloat(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text)
  if (INFINITE.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text) ?? []
  if (sign === undefined || whole + fraction === '') return undefined
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(power) - 4 * fraction.length)
  return sign === '-' ? -value : value
}

/** The floating-point number that a text begins with, as strtod reads it: blanks before it, anything behind it. */
export function scanFloatIn(text: string): number | undefined {
  const [number] = BEGINS_WITH_NUMBER.exec(text) ?? []
  return number === undefined ? undefined : scanFloat(number.replace(BLANKS, ''))
}

const BLANKS = /^[\t-\r ]+/
const BEGINS_WITH_NUMBER =
  /^[\t-\r ]*[+-]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)/i

/**
 * A double as redis replies it (%.17g, as short as it can be): scores, distances. JavaScript's shortest digits, in C's notation.
 */
export function doubleText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  if (Number.isNaN(value)) return 'nan'
  if (Object.is(value, -0)) return '-0'
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 52) return String(value)
  return general(value, 17)
}

/** A double as Valkey replies it: the fewest digits that tell it from others, and all of a whole number. */
export function shortDoubleText(value: number): string {
  if (Number.isInteger(value) && value !== 0 && Math.abs(value) <= MOST_WHOLE) return String(BigInt(value))
  return shortestText(value)
}

/** The fewest digits that tell a double from others, as Valkey writes them. */
export function shortestText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return doubleText(value)
  const [shortest = ''] = Math.abs(value).toExponential().split('e')
  // So many digits again: what lies between two of them is rounded to the even one at first, and up by this, as Valkey has it.
  const places = Math.max(0, shortest.length - 2)
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential(places).split('e')
  const digits = mantissa.replace('.', '')
  const exponent = Number(power)
  const zeros = exponent + 1 - digits.length
  const sign = value < 0 ? '-' : ''
  if (zeros >= 0 && exponent < digits.length + MOST_ZEROS) return sign + digits + '0'.repeat(zeros)
  if (zeros < 0 && (zeros > -MOST_ZEROS || Math.abs(exponent) < LEAST_POWER)) {
    const whole = digits.length + zeros
    const fraction = whole > 0 ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : `0.${'0'.repeat(-whole)}${digits}`
    return sign + fraction
  }
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
}

// Up to here, whole numbers have all their digits.
const MOST_WHOLE = 2 ** 62
// Numbers with more zeros than these are told with a power of ten.
const MOST_ZEROS = 7
const LEAST_POWER = 4
