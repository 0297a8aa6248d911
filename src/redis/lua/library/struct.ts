import { type Machine, toNumber } from '../machine.ts'
import { toInt64 } from '../numbers.ts'
import type { LuaValue } from '../values.ts'
import { Arguments, type Library, plain } from './arguments.ts'

const MAX_INTEGER = 32
const SIZES: Readonly<Record<string, number>> = { B: 1, b: 1, H: 2, h: 2, L: 8, l: 8, T: 8, f: 4, d: 8, x: 1 }
const INTEGERS = 'bBhHlLTiI'

interface Option {
  readonly letter: string
  readonly size: number
  readonly isBig: boolean
  /** Zero bytes before it. */
  readonly gap: number
  /** Blanks, and what says how the rest is to be read; with no letter. */
  readonly isControl?: true
  readonly isUnknown?: true
}

const refuse = (args: Arguments, letter: string): never => args.fail(1, `invalid format option '${letter}'`)

/** Binary structures by format strings, as the library of that name by Roberto Ierusalimschy reads and writes them. */
export function struct(machine: Machine): Library {
  return {
    // The library puts a nil behind the arguments, which is what a missing one is called.
    pack: plain(machine, ({ values }) => pack(new Arguments(machine, [...values, undefined]))),
    unpack: plain(machine, (args) => unpack(args)),
    size: plain(machine, (args) => {
      let size = 0
      for (const option of optionsOf(args, () => size)) {
        // Letters and digits that it does not know count as nothing here.
        if (option.isUnknown && !/[a-z0-9]/i.test(option.letter)) refuse(args, option.letter)
        if (option.letter === 's') args.fail(1, "option 's' has no fixed size")
        if (option.letter === 'c' && option.size === 0) args.fail(1, "option 'c0' has no fixed size")
        size += option.gap + option.size
      }
      return size
    }),
  }
}

/** The options of a format with their sizes; `at` tells how far into the structure the next one stands. */
function* optionsOf(args: Arguments, at: () => number): Generator<Option, void, void> {
  const format = args.string(1).split('\0')[0] ?? ''
  let [index, isBig, alignment] = [0, false, 1]
  const number = (otherwise: number): number => {
    const digits = /^\d+/.exec(format.slice(index))?.[0]
    if (digits === undefined) return otherwise
    index += digits.length
    if (Number(digits) > 0x7fffffff) args.machine.raise('integral size overflow')
    return Number(digits)
  }
  while (index < format.length) {
    const letter = format[index++] ?? ''
    if (' ><!'.includes(letter)) yield { letter, size: 0, isBig, gap: 0, isControl: true }
    switch (letter) {
      case ' ':
        break
      case '>':
      case '<':
        isBig = letter === '>'
        break
      case '!':
        alignment = number(8)
        if (alignment === 0 || (alignment & (alignment - 1)) !== 0) {
          args.machine.raise(`alignment ${alignment} is not a power of 2`)
        }
        break
      case 's':
        yield { letter, size: 0, isBig, gap: 0 }
        break
      case 'c':
        yield { letter, size: number(1), isBig, gap: 0 }
        break
      default: {
        const isSized = letter === 'i' || letter === 'I'
        const size = isSized ? number(4) : SIZES[letter]
        if (size === undefined) {
          yield { letter, size: 0, isBig, gap: 0, isUnknown: true }
          break
        }
        if (size > MAX_INTEGER) args.machine.raise(`integral size ${size} is larger than limit of ${MAX_INTEGER}`)
        const unit = Math.min(size, alignment)
        const gap = size === 0 ? 0 : (unit - (at() & (unit - 1))) & (unit - 1)
        yield { letter, size, isBig, gap }
      }
    }
  }
}

function pack(args: Arguments): string {
  let [packed, argument] = ['', 2]
  for (const { letter, size, isBig, gap, ...kind } of optionsOf(args, () => packed.length)) {
    if (kind.isUnknown) refuse(args, letter)
    if (kind.isControl) continue
    packed += '\0'.repeat(gap)
    if (INTEGERS.includes(letter)) packed += integerBytes(args.number(argument++), size, isBig)
    else if (letter === 'x') packed += '\0'
    else if (letter === 'f' || letter === 'd') packed += floatBytes(args.number(argument++), size, isBig)
    else {
      const text = args.string(argument++)
      const length = size === 0 ? text.length : size
      if (text.length < length) args.fail(argument, 'string too short')
      packed += text.slice(0, length) + (letter === 's' ? '\0' : '')
    }
  }
  return packed
}

function unpack(args: Arguments): LuaValue[] {
  args.string(1)
  const data = args.string(2)
  const from = args.optionalInt(3, 1)
  if (from === 0) args.fail(3, 'offset must be 1 or greater')
  let at = from - 1
  const results: LuaValue[] = []
  const need = (size: number) => {
    // Its offsets have no sign: a negative one is far behind the end.
    if (size > data.length || at < 0 || at > data.length - size) args.fail(2, 'data string too short')
  }
  for (const { letter, size, isBig, gap, ...kind } of optionsOf(args, () => at)) {
    at += gap
    need(size)
    if (kind.isUnknown) refuse(args, letter)
    if (kind.isControl) continue
    if (letter === 's') {
      const end = data.indexOf('\0', at)
      if (end < 0) args.machine.raise('unfinished string in data')
      results.push(data.slice(at, end))
      at = end + 1
    } else if (letter === 'c') {
      const length = size === 0 ? lengthBefore(args, results) : size
      need(length)
      results.push(data.slice(at, at + length))
      at += length
    } else {
      const bytes = data.slice(at, at + size)
      if (letter === 'f' || letter === 'd') results.push(floatOf(bytes, isBig))
      else if (letter !== 'x') results.push(integerOf(bytes, isBig, letter >= 'a'))
      at += size
    }
  }
  return [...results, at + 1]
}

function lengthBefore(args: Arguments, results: LuaValue[]): number {
  const length = toNumber(results.at(-1))
  if (length === undefined) return args.machine.raise("format 'c0' needs a previous size")
  results.pop()
  return Math.trunc(length) < 0 ? Infinity : Math.trunc(length)
}

const reversed = (bytes: string): string => [...bytes].reverse().join('')

/** Beyond eight bytes there are only zeros: the library computes with 64 bits. */
function integerBytes(value: number, size: number, isBig: boolean): string {
  let left = value < 0 ? BigInt.asUintN(64, toInt64(value)) : value < 2 ** 64 ? BigInt(Math.trunc(value)) : 0n
  let bytes = ''
  for (let at = 0; at < size; at++, left >>= 8n) bytes += String.fromCharCode(Number(left & 0xffn))
  return isBig ? reversed(bytes) : bytes
}

function integerOf(bytes: string, isBig: boolean, isSigned: boolean): number {
  let value = 0n
  for (const byte of isBig ? bytes : reversed(bytes)) value = (value << 8n) | BigInt(byte.charCodeAt(0))
  const unsigned = BigInt.asUintN(64, value)
  if (!isSigned) return Number(unsigned)
  return Number(BigInt.asIntN(Math.min(bytes.length * 8, 64), unsigned))
}

const view = new DataView(new ArrayBuffer(8))

function floatBytes(value: number, size: number, isBig: boolean): string {
  if (size === 4) view.setFloat32(0, value)
  else view.setFloat64(0, value)
  // What is no number is negative, as processors of Intel's make it.
  if (Number.isNaN(value)) view.setUint8(0, 0xff)
  let bytes = ''
  for (let at = 0; at < size; at++) bytes += String.fromCharCode(view.getUint8(at))
  return isBig ? bytes : reversed(bytes)
}

function floatOf(bytes: string, isBig: boolean): number {
  const ordered = isBig ? bytes : reversed(bytes)
  for (let at = 0; at < ordered.length; at++) view.setUint8(at, ordered.charCodeAt(at))
  return bytes.length === 4 ? view.getFloat32(0) : view.getFloat64(0)
}
