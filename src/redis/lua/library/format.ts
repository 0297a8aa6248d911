import { exponentOf, fixed, general, notFinite, scientific } from '../../protocol/printed.ts'
import { toInt64 } from '../numbers.ts'
import type { LuaValue } from '../values.ts'
import type { Arguments } from './arguments.ts'

const DIRECTIVE = /%([-+ #0]*)(\d*)(?:(\.)(\d*))?([\s\S]?)/g

interface Shape {
  readonly flags: string
  readonly width: number
  /** Undefined where none is given. */
  readonly precision: number | undefined
}

/** `string.format`, which is C's printf for the conversions that Lua lets through, and `%q`. */
export function format(args: Arguments): string {
  let argument = 1
  return args
    .string(1)
    .replace(DIRECTIVE, (directive, flags: string, width: string, dot: string, digits: string, letter: string) => {
      if (directive.length === 2) {
        if (letter === '%') return '%'
        const short = inShort(args.at(argument + 1), letter)
        if (short !== undefined) {
          argument++
          return short
        }
      }
      if (flags.length > 5) args.machine.raise('invalid format (repeated flags)')
      if (width.length > 2 || (digits ?? '').length > 2)
        args.machine.raise('invalid format (width or precision too long)')
      const shape = { flags, width: Number(width), precision: dot === undefined ? undefined : Number(digits) }
      if (++argument > args.count) args.fail(argument, 'no value')
      switch (letter) {
        case 'c':
          return upToZero(
            padded(String.fromCharCode(args.int(argument) & 255), { ...shape, flags: flags.replace('0', '') }),
          )
        case 'd':
        case 'i':
          return integer(toInt64(args.number(argument)), shape)
        case 'o':
        case 'u':
        case 'x':
        case 'X':
          return unsigned(unsignedOf(args.number(argument)), letter, shape)
        case 'e':
        case 'E':
        case 'f':
        case 'g':
        case 'G':
          return float(args.number(argument), letter, shape)
        case 'q':
          return quoted(args.string(argument))
        case 's': {
          const text = args.string(argument)
          // C's printf ends a string at a zero byte; Lua leaves long ones to itself.
          if (shape.precision === undefined && text.length >= 100) return text
          return padded(upToZero(text).slice(0, shape.precision ?? text.length), {
            ...shape,
            flags: flags.replace('0', ''),
          })
        }
        default:
          return args.machine.raise(`invalid option '%${letter}' to 'format'`)
      }
    })
}

/** What most directives come to: whole numbers and strings as they are. */
function inShort(value: LuaValue, letter: string): string | undefined {
  if (letter === 's') return typeof value === 'string' && !value.includes('\0') ? value : undefined
  return letter === 'd' && Number.isSafeInteger(value) ? String(value) : undefined
}

/** As C converts a double to `unsigned long long` on the processors that servers run on. */
function unsignedOf(value: number): bigint {
  if (value >= 2 ** 63) return BigInt.asUintN(64, toInt64(value - 2 ** 63) ^ (1n << 63n))
  return BigInt.asUintN(64, toInt64(value))
}

/** As much of a string as C sees. */
const upToZero = (text: string): string => (text.includes('\0') ? text.slice(0, text.indexOf('\0')) : text)

function padded(body: string, { flags, width }: Shape): string {
  if (flags.includes('-')) return body.padEnd(width)
  if (!flags.includes('0')) return body.padStart(width)
  const sign = /^[-+ ]?(0[xX])?/.exec(body)?.[0] ?? ''
  return sign + body.slice(sign.length).padStart(width - sign.length, '0')
}

const signed = (isNegative: boolean, body: string, flags: string): string =>
  isNegative ? `-${body}` : flags.includes('+') ? `+${body}` : flags.includes(' ') ? ` ${body}` : body

function integer(value: bigint, shape: Shape): string {
  const digits = shape.precision === 0 && value === 0n ? '' : String(value < 0n ? -value : value)
  const body = signed(value < 0n, digits.padStart(shape.precision ?? 0, '0'), shape.flags)
  return padded(body, withoutZero(shape))
}

/** Where a precision is given, integers are not filled with zeros. */
const withoutZero = (shape: Shape): Shape =>
  shape.precision === undefined ? shape : { ...shape, flags: shape.flags.replaceAll('0', '') }

function unsigned(value: bigint, letter: string, shape: Shape): string {
  const radix = letter === 'o' ? 8 : letter === 'u' ? 10 : 16
  let digits = shape.precision === 0 && value === 0n ? '' : value.toString(radix)
  digits = digits.padStart(shape.precision ?? 0, '0')
  if (shape.flags.includes('#') && letter === 'o' && !digits.startsWith('0')) digits = `0${digits}`
  if (shape.flags.includes('#') && radix === 16 && value !== 0n) digits = `0x${digits}`
  return padded(letter === 'X' ? digits.toUpperCase() : digits, withoutZero(shape))
}

function float(value: number, letter: string, shape: Shape): string {
  const isUpper = letter !== 'f' && letter < 'a'
  const isNegative = value < 0 || Object.is(value, -0)
  if (!Number.isFinite(value)) {
    const word = notFinite(value)
    const body = word.startsWith('-') ? word : signed(false, word, shape.flags)
    const spaced = padded(body, { ...shape, flags: shape.flags.replaceAll('0', '') })
    return isUpper ? spaced.toUpperCase() : spaced
  }
  const body = signed(isNegative, magnitude(Math.abs(value), letter.toLowerCase(), shape), shape.flags)
  return padded(isUpper ? body.toUpperCase() : body, shape)
}

function magnitude(value: number, letter: string, { flags, precision = 6 }: Shape): string {
  const keepsPoint = flags.includes('#')
  if (letter === 'f') return fixed(value, precision) + (keepsPoint && precision === 0 ? '.' : '')
  if (letter === 'e') {
    const [mantissa, power] = scientific(value, precision)
    return mantissa + (keepsPoint && precision === 0 ? '.' : '') + exponentOf(power)
  }
  if (!keepsPoint) return general(value, precision === 0 ? 1 : precision)
  const digits = Math.max(precision, 1)
  const [mantissa, exponent] = scientific(value, digits - 1)
  const shown =
    exponent < -4 || exponent >= digits ? mantissa + exponentOf(exponent) : fixed(value, digits - 1 - exponent)
  return shown.includes('.') ? shown : `${shown}.`
}

const QUOTES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\\n', '\r': '\\r', '\0': '\\000' }

/** A string as Lua would read it back. */
const quoted = (text: string): string => `"${text.replace(/["\\\n\r\0]/g, (char) => QUOTES[char] ?? char)}"`
