import type { Args } from './args.ts'
import { splitInline } from './inline.ts'
import { readSafe } from './numbers.ts'

const ARRAY = 0x2a
const BULK = 0x24
const LF = 0x0a
const CR = 0x0d
// As redis: of a line, an inline request included.
const LONGEST_LINE = 64 * 1024
const MOST_WORDS = 2 ** 31 - 1
// Of clients that have not authenticated.
const STRANGERS_WORDS = 10
const STRANGERS_BYTES = 16 * 1024
// A request of more words than this that comes in pieces is not read from its start again with each of them.
const WORTH_KEEPING = 256

/** What {@link RequestParser.parse} answers where a request is not all there. */
export const INCOMPLETE = -1
/** What it answers where it is none: see `failure`. */
export const BROKEN = -2

/** Where in a request reading stopped; all places count from its start. */
interface Progress {
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly left: number
  readonly at: number
}

/** What is the same for all clients. */
export interface ParserLimits {
  /** proto-max-bulk-len */
  maxBulk: number
}

/** Reads requests, arrays of RESP or lines, of one client. */
export class RequestParser {
  /** What the client is told before it is hung up on. */
  failure = ''
  /** Whether the client has to authenticate, so that little is read from it. */
  stranger = false
  readonly #limits: ParserLimits
  /** Bytes of a request that is not all there: before there are so many, it is not worth while to look again. */
  wanted = 0
  // What is known of it already.
  #progress: Progress | undefined

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  /**
   * Reads one request from `bytes[at, end)` into `args`; of no words where there is only an empty line. Answers where it ends,
   * INCOMPLETE or BROKEN. After INCOMPLETE the same request is offered from its start again, with more of it.
   */
  parse(args: Args, bytes: Buffer, at: number, end: number): number {
    if (end - at < this.wanted) return INCOMPLETE
    this.wanted = 0
    args.count = 0
    args.setBytes(bytes)
    if (bytes[at] !== ARRAY) return this.#inline(args, bytes, at, end)
    let left: number
    let place: number
    const progress = this.#progress
    if (progress === undefined) {
      place = this.#line(bytes, at, end, 'too big mbulk count string')
      if (place < 0) return place
      left = readSafe(bytes, at + 1, place - 2)
      if (!(left <= MOST_WORDS)) return this.#broken('invalid multibulk length')
      if (this.stranger && left > STRANGERS_WORDS) return this.#broken('unauthenticated multibulk length')
    } else {
      this.#progress = undefined
      for (let i = 0; i < progress.starts.length; i++)
        args.add(at + (progress.starts[i] as number), at + (progress.ends[i] as number)) // both are as long
      left = progress.left
      place = at + progress.at
    }
    while (left > 0) {
      if (place >= end) return this.#stop(args, at, place, left, 1)
      if (bytes[place] !== BULK) {
        return this.#broken(`expected '$', got '${String.fromCharCode(bytes[place] as number)}'`) // place < end
      }
      // A length of one or two digits, which most are.
      let start: number
      let length: number
      if (bytes[place + 2] === CR && place + 3 < end) {
        length = (bytes[place + 1] as number) - 0x30 // place + 1 < end
        start = place + 4
        if (length < 0 || length > 9) return this.#broken('invalid bulk length')
      } else if (bytes[place + 3] === CR && place + 4 < end && bytes[place + 1] !== 0x30) {
        const tens = (bytes[place + 1] as number) - 0x30 // as above
        const ones = (bytes[place + 2] as number) - 0x30 // as above
        if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return this.#broken('invalid bulk length')
        length = tens * 10 + ones
        start = place + 5
      } else {
        start = this.#line(bytes, place, end, 'too big bulk count string')
        if (start === BROKEN) return BROKEN
        if (start === INCOMPLETE) return this.#stop(args, at, place, left, 1)
        length = readSafe(bytes, place + 1, start - 2)
        if (!(length >= 0 && length <= this.#limits.maxBulk)) return this.#broken('invalid bulk length')
        if (this.stranger && length > STRANGERS_BYTES) return this.#broken('unauthenticated bulk length')
      }
      const next = start + length + 2
      if (next > end) return this.#stop(args, at, place, left, next - at)
      args.add(start, start + length)
      place = next
      left--
    }
    return place
  }

  /** Where the line after the one at `at` begins. */
  #line(bytes: Buffer, at: number, end: number, tooLong: string): number {
    const most = Math.min(end, at + LONGEST_LINE)
    for (let i = at + 1; i < most; i++) if (bytes[i] === CR) return i + 1 < end ? i + 2 : INCOMPLETE
    return end - at > LONGEST_LINE ? this.#broken(tooLong) : INCOMPLETE
  }

  #inline(args: Args, bytes: Buffer, at: number, end: number): number {
    const most = Math.min(end, at + LONGEST_LINE)
    let line = at
    // The servers look for the end of the line as C does: none is found behind a zero byte.
    while (line < most && bytes[line] !== LF && bytes[line] !== 0) line++
    if (line === most || bytes[line] === 0)
      return end - at >= LONGEST_LINE ? this.#broken('too big inline request') : INCOMPLETE
    const last = line > at && bytes[line - 1] === CR ? line - 1 : line
    const words = splitInline(bytes.subarray(at, last))
    if (words === undefined) return this.#broken('unbalanced quotes in request')
    const whole = Buffer.concat(words)
    args.setBytes(whole)
    let start = 0
    for (const { length } of words) {
      args.add(start, start + length)
      start += length
    }
    return line + 1
  }

  #stop(args: Args, at: number, place: number, left: number, wanted: number): number {
    this.wanted = wanted
    if (args.count < WORTH_KEEPING) return INCOMPLETE
    const shifted = (places: Int32Array): Int32Array => places.slice(0, args.count).map((each) => each - at)
    this.#progress = { starts: shifted(args.starts), ends: shifted(args.ends), left, at: place - at }
    return INCOMPLETE
  }

  #broken(how: string): number {
    this.failure = how
    return BROKEN
  }
}
