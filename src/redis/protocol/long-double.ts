import { scanFloat } from './numbers.ts'

/** Redis counts fractions (INCRBYFLOAT) in the 80 bits of x86: a mantissa of 64 bits. What it stores are their digits. */

const MANTISSA_BITS = 64
const PLACES = 17n
// No number of a command has more digits; powers beyond are nothing, or more than there is.
const MOST_POWER = 5000

/** A number as mantissa times a power of two; both exact. */
interface LongDouble {
  readonly mantissa: bigint
  readonly power: number
}

/** Powers of two of the largest number, and of the least that is more than nothing. */
const MOST_BITS = 16384
const LEAST_BITS = -16445

const ZERO: LongDouble = { mantissa: 0n, power: 0 }
/** Zeros, whatever their power. */
const NOTHING = /^[+-]?(?:0x)?[0.]+(?:[ep].*)?$/i
/** Longer texts are no numbers to the servers. */
const MOST_CHARACTERS = 5120

const bitsOf = (value: bigint): number => value.toString(2).length

/** The sum of two numbers as redis writes it; undefined: one of them is none. `Infinity` and `NaN` are told as such. */
export function addAsLongDoubles(a: string, b: string): string | undefined {
  const [left, right] = [read(a), read(b)]
  if (left === undefined || right === undefined) return undefined
  if (typeof left === 'number' || typeof right === 'number') return 'Infinity'
  const sum = add(left, right)
  return sizeOf(sum) > MOST_BITS ? 'Infinity' : textOf(sum)
}

/** Whether a text is a number of 80 bits. */
export const isLongDouble = (text: string): boolean => read(text) !== undefined

/** A number as strtold reads it; an infinite one as a number. Undefined: it is none, or out of range. */
function read(text: string): LongDouble | number | undefined {
  if (text.length >= MOST_CHARACTERS) return undefined
  const value = scanFloat(text)
  if (value === undefined) return undefined
  if (/inf/i.test(text)) return value
  const number = parse(text)
  const size = sizeOf(number)
  const isNothing = number.mantissa === 0n || size < LEAST_BITS
  if (isNothing) return NOTHING.test(text) ? ZERO : undefined
  return size > MOST_BITS ? undefined : number
}

/** How many bits a number has before its point. */
const sizeOf = ({ mantissa, power }: LongDouble): number => power + bitsOf(mantissa < 0n ? -mantissa : mantissa)

/** A double as redis writes it for people (`%.17Lf`): coordinates. It is finite. */
export function humanText(value: number): string {
  let [mantissa, power] = [value, 0]
  for (; !Number.isInteger(mantissa); mantissa *= 2) power--
  return textOf({ mantissa: BigInt(mantissa), power })
}

/** Reads what is a finite number. */
function parse(text: string): LongDouble {
  const [hexadecimal, minus, all = '', behind = '', twice = '0'] =
    /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text) ?? []
  if (hexadecimal !== undefined) {
    const bits = BigInt(`0x${all}${behind}`)
    if (bits === 0n) return ZERO
    const { mantissa, power } = rounded(bits, 1n)
    return { mantissa: minus === '-' ? -mantissa : mantissa, power: power + Number(twice) - 4 * behind.length }
  }
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const digits = BigInt(whole + fraction || '0')
  const tens = Number(power) - fraction.length
  if (digits === 0n || tens < -MOST_POWER) return ZERO
  const scaled = 10n ** BigInt(Math.min(MOST_POWER, Math.abs(tens)))
  const { mantissa, power: twos } = tens < 0 ? rounded(digits, scaled) : rounded(digits * scaled, 1n)
  return { mantissa: sign === '-' ? -mantissa : mantissa, power: twos }
}

/** The nearest number to a fraction, which is above 0; of two, the even one. */
function rounded(numerator: bigint, denominator: bigint): LongDouble {
  let shift = MANTISSA_BITS - (bitsOf(numerator) - bitsOf(denominator))
  for (;;) {
    const top = shift > 0 ? numerator << BigInt(shift) : numerator
    const bottom = shift < 0 ? denominator << BigInt(-shift) : denominator
    const quotient = top / bottom
    if (bitsOf(quotient) > MANTISSA_BITS) {
      shift--
      continue
    }
    const twice = 2n * (top % bottom)
    const isUp = twice > bottom || (twice === bottom && quotient % 2n === 1n)
    return { mantissa: isUp ? quotient + 1n : quotient, power: -shift }
  }
}

function add(a: LongDouble, b: LongDouble): LongDouble {
  if (a.mantissa === 0n) return b
  if (b.mantissa === 0n) return a
  const power = Math.min(a.power, b.power)
  const sum = (a.mantissa << BigInt(a.power - power)) + (b.mantissa << BigInt(b.power - power))
  if (sum === 0n) return ZERO
  const { mantissa, power: shift } = rounded(sum < 0n ? -sum : sum, 1n)
  return { mantissa: sum < 0n ? -mantissa : mantissa, power: power + shift }
}

/** `%.17Lf` without the zeros at its end. */
function textOf({ mantissa, power }: LongDouble): string {
  const magnitude = mantissa < 0n ? -mantissa : mantissa
  const scaled = magnitude * 10n ** PLACES
  let digits: bigint
  if (power >= 0) digits = scaled << BigInt(power)
  else {
    const divisor = 1n << BigInt(-power)
    const twice = 2n * (scaled % divisor)
    digits = scaled / divisor
    if (twice > divisor || (twice === divisor && digits % 2n === 1n)) digits++
  }
  const all = String(digits).padStart(Number(PLACES) + 1, '0')
  const text = `${all.slice(0, -Number(PLACES))}.${all.slice(-Number(PLACES))}`.replace(/\.?0+$/, '')
  return mantissa < 0n && text !== '0' ? `-${text}` : text
}
