import { byteAt } from '../net/bytes.ts'

const SPACE = 32
// memcached's MAX_TOKENS; further words are not told apart, only counted as one more.
const MAX_WORDS = 24

/** One command line, cut into words at spaces. A single one is used again for every command. */
export class Line {
  bytes: Buffer = Buffer.alloc(0)
  /** Where the line ends, before its CR LF or LF. */
  end = 0
  /** Where the words after the verb start. */
  rest = 0
  words = 0
  readonly #starts = new Int32Array(MAX_WORDS + 1)
  readonly #ends = new Int32Array(MAX_WORDS + 1)

  /** Cuts `bytes[from, end)` into words after the verb, which stays word 0. */
  cut(verbStart: number, verbEnd: number): void {
    this.#starts[0] = verbStart
    this.#ends[0] = verbEnd
    const { bytes, end } = this
    let words = 1
    let at = verbEnd
    while (at < end && words <= MAX_WORDS) {
      while (at < end && bytes[at] === SPACE) at++
      if (at === end) break
      this.#starts[words] = at
      while (at < end && bytes[at] !== SPACE) at++
      this.#ends[words++] = at
    }
    this.words = words
  }

  start(word: number): number {
    return this.#starts[word] as number // word <= MAX_WORDS
  }

  stop(word: number): number {
    return this.#ends[word] as number // word <= MAX_WORDS
  }

  length(word: number): number {
    return this.stop(word) - this.start(word)
  }

  is(word: number, text: string): boolean {
    if (word >= this.words || this.length(word) !== text.length) return false
    for (let i = 0, at = this.start(word); i < text.length; i++, at++) {
      if (this.bytes[at] !== text.charCodeAt(i)) return false
    }
    return true
  }

  text(word: number): string {
    return word < this.words ? this.bytes.toString('latin1', this.start(word), this.stop(word)) : ''
  }

  /** Whether the last word asks for silence. */
  get noreply(): boolean {
    return this.words > 1 && this.is(this.words - 1, 'noreply')
  }

  /** A word as C's strtol reads it, wrapped to 32 bits as memcached stores it; NaN when it isn't a number. */
  int32(word: number, skip = 0): number {
    return word < this.words ? int32In(this.bytes, this.start(word) + skip, this.stop(word)) : Number.NaN
  }

  /** Like `int32`, for numbers that may not be negative. */
  uint32(word: number, skip = 0): number {
    if (word >= this.words) return Number.NaN
    const value = decimalIn(this.bytes, this.start(word) + skip, this.stop(word))
    if (value >= 0 && Number.isSafeInteger(value)) return value >>> 0
    const big = Number.isNaN(value) ? undefined : uint64Of(this.text(word).slice(skip))
    return big === undefined ? Number.NaN : Number(BigInt.asUintN(32, big))
  }

  /** A word as C's strtoull reads it; undefined when it isn't a number of 64 bits or is negative. `skip` bytes before it. */
  uint64(word: number, skip = 0): bigint | number | undefined {
    const value = word < this.words ? decimalIn(this.bytes, this.start(word) + skip, this.stop(word)) : Number.NaN
    if (Number.isNaN(value)) return undefined
    return value >= 0 && Number.isSafeInteger(value) ? value : uint64Of(this.text(word).slice(skip))
  }
}

/** What `Line.int32` reads, from `bytes[start, end)`. */
export function int32In(bytes: Buffer, start: number, end: number): number {
  const value = decimalIn(bytes, start, end)
  if (Number.isSafeInteger(value)) return value | 0
  const big = Number.isNaN(value) ? undefined : wholeNumberIn(bytes.toString('latin1', start, end))
  return big === undefined || BigInt.asIntN(64, big) !== big ? Number.NaN : Number(BigInt.asIntN(32, big))
}

/** A text as C's strtoull reads it, which `decimalIn` found to be a number. */
export function uint64Of(text: string): bigint | undefined {
  const big = wholeNumberIn(text)
  if (big === undefined) return undefined
  const wrapped = BigInt.asUintN(64, big)
  if (big >= 0n) return wrapped === big ? big : undefined
  // What strtoull makes of a number below zero: memcached refuses it unless it has become a small one.
  return -big <= MOST && wrapped <= MOST >> 1n ? wrapped : undefined
}

const MOST = 0xffff_ffff_ffff_ffffn

function wholeNumberIn(text: string): bigint | undefined {
  const digits = /-?\d+/.exec(text)?.[0]
  return digits === undefined ? undefined : BigInt(digits)
}

/**
 * The number at the start of `bytes[at, end)` as C's strtol finds it, with an optional sign. White space before it and
 * anything after white space is let through, as strtol and memcached's isspace(*endptr) do; else it is NaN.
 */
export function decimalIn(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isSpace(byteAt(bytes, at))) at++
  let sign = 1
  if (at < end && (bytes[at] === 43 || bytes[at] === 45)) sign = bytes[at++] === 45 ? -1 : 1
  const first = at
  let value = 0
  while (at < end) {
    const digit = byteAt(bytes, at) - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
    at++
  }
  if (at === first || (at < end && !isSpace(byteAt(bytes, at)))) return Number.NaN
  return sign * value
}

function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13)
}
