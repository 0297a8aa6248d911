import { readFloat } from './numbers.ts'

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

const ZERO: LongDouble = { mantissa: 0n, power: 0 }

const bitsOf = (value: bigint): number => value.toString(2).length

/** The sum of two numbers as redis writes it; undefined: one of them is none. `Infinity` and `NaN` are told as such. */
export function addAsLongDoubles(a: string, b: string): string | undefined {
  const [left, right] = [readFloat(a), readFloat(b)]
  if (left === undefined || right === undefined) return undefined
  if (!Number.isFinite(left) || !Number.isFinite(right)) return String(left + right)
  return textOf(add(parse(a, left), parse(b, right)))
}

/** A double as redis writes it for people (`%.17Lf`): coordinates. It is finite. */
export function humanText(value: number): string {
  let [mantissa, power] = [value, 0]
  for (; !Number.isInteger(mantissa); mantissa *= 2) power--
  return textOf({ mantissa: BigInt(mantissa), power })
}

function parse(text: string, value: number): LongDouble {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ??
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(String(value)) ??
    []
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
