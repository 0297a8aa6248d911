import { copyViewed, replyView } from '../../net/bytes.ts'
import { WriteQueue } from '../../net/serve/write-queue.ts'
import { doubleText, shortDoubleText } from './numbers.ts'

const OK = Buffer.from('+OK\r\n')
const QUEUED = Buffer.from('+QUEUED\r\n')
const NULL = Buffer.from('_\r\n')
const NULL_BULK = Buffer.from('$-1\r\n')
const NULL_ARRAY = Buffer.from('*-1\r\n')
const TRUE = Buffer.from('#t\r\n')
const FALSE = Buffer.from('#f\r\n')
const ONE = Buffer.from(':1\r\n')
const ZERO = Buffer.from(':0\r\n')
const EMPTY_ARRAY = Buffer.from('*0\r\n')

const BULK = 0x24
const CR = 0x0d
const LF = 0x0a
const INTEGER = 0x3a
const MINUS = 0x2d
// Of a mark, a number and a line end.
const LINE = 32
const FIRST_CAPTURE = 4096
const _LARGEST_KEPT = 1 << 20
const MOST_SPARE = 64 * 1024
// Strings up to here are written by one call into the runtime together with their head.
const NO_MORE = 0

/** What is written while it is captured, and where it would have gone. */
interface Interrupted {
  readonly bytes: Buffer
  readonly length: number
}

/** The replies of one node, in the version of RESP of the client being served. */
export class Replies extends WriteQueue {
  /** The protocol of the client being served. */
  resp: 2 | 3 = 2
  /** Error replies so far: a command has failed that has added to them. */
  errors = 0
  /** How often each code was replied. */
  readonly errorCodes = new Map<string, number>()
  /** Whether doubles are replied with as few digits as tell them, rather than with 17. */
  shortDoubles = false
  #captures = 0
  /** What the last capture was written to, for the next one: scripts capture the reply of each of their commands. */
  #spare: Buffer | undefined

  /** As the queue's; while replies are captured they stay, however many. */
  override reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return
    if (this.#captures === 0) {
      super.reserve(bytes)
      return
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + bytes, 2 * this.bytes.length))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  /** What `write` replies, rather than to send it. It is valid until the next time as deep within others. */
  capture(write: () => void): Buffer {
    const interrupted: Interrupted = { bytes: this.bytes, length: this.length }
    this.bytes = this.#spare ?? Buffer.allocUnsafe(FIRST_CAPTURE)
    this.#spare = undefined
    this.length = 0
    this.#captures++
    try {
      write()
      return this.bytes.subarray(0, this.length)
    } finally {
      this.#captures--
      if (this.bytes.length <= MOST_SPARE) this.#spare = this.bytes
      this.bytes = interrupted.bytes
      this.length = interrupted.length
    }
  }

  get capturing(): boolean {
    return this.#captures > 0
  }

  ok(): void {
    this.text(OK)
  }

  queued(): void {
    this.text(QUEUED)
  }

  /** A status: text of one line. */
  status(text: string): void {
    this.reserve(text.length + LINE)
    this.byte(0x2b)
    this.string(text)
    this.crlf()
  }

  /** An error, beginning with its code. What can't be in a line becomes a space, but at the end. */
  error(line: string): void {
    this.countError(line)
    const safe = /[\r\n]/.test(line) ? line.replace(/[\r\n]+$/, '').replace(/[\r\n]/g, ' ') : line
    this.reserve(safe.length + LINE)
    this.byte(MINUS)
    this.string(safe)
    this.crlf()
  }

  /** Has an error in the statistics that no client is replied: a command of a script was refused. */
  countError(line: string): void {
    this.errors++
    const end = line.indexOf(' ')
    const code = end < 0 ? line : line.slice(0, end)
    this.errorCodes.set(code, (this.errorCodes.get(code) ?? 0) + 1)
  }

  /** A whole number that doubles hold. */
  integer(value: number): void {
    if (value === 1) {
      this.text(ONE)
      return
    }
    if (value === 0) {
      this.text(ZERO)
      return
    }
    this.reserve(LINE)
    this.byte(INTEGER)
    if (value < 0) {
      this.byte(MINUS)
      this.decimal(-value)
    } else this.decimal(value)
    this.crlf()
  }

  integer64(value: bigint): void {
    this.reserve(LINE)
    this.byte(INTEGER)
    this.string(String(value))
    this.crlf()
  }

  /** Bytes `source[start, end)` as a bulk string; `view` is one of `source`. */
  bulk(source: Buffer, view: DataView, start: number, end: number): void {
    const length = end - start
    this.reserve(length + LINE)
    const { bytes } = this
    let at = this.length
    bytes[at++] = BULK
    if (length < 10) bytes[at++] = 0x30 + length
    else {
      this.length = at
      this.decimal(length)
      at = this.length
    }
    bytes[at++] = CR
    bytes[at++] = LF
    at = copyViewed(source, view, start, end, bytes, replyView(bytes), at)
    bytes[at++] = CR
    bytes[at++] = LF
    this.length = at
  }

  bulkBytes(bytes: Buffer): void {
    this.reserve(bytes.length + LINE)
    this.#head(BULK, bytes.length)
    this.copy(bytes, 0, bytes.length)
    this.crlf()
  }

  /** Text of one byte a character. */
  bulkText(text: string): void {
    this.reserve(text.length + LINE)
    this.#head(BULK, text.length)
    this.string(text)
    this.crlf()
  }

  /** A whole number as a bulk string. */
  bulkInteger(value: number): void {
    this.bulkText(String(value))
  }

  array(items: number): void {
    if (items === NO_MORE) {
      this.text(EMPTY_ARRAY)
      return
    }
    this.#aggregate(0x2a, items)
  }

  /** A map of so many pairs; an array of both in RESP2. */
  map(pairs: number): void {
    if (this.resp === 2) this.array(2 * pairs)
    else this.#aggregate(0x25, pairs)
  }

  set(items: number): void {
    this.#aggregate(this.resp === 2 ? 0x2a : 0x7e, items)
  }

  push(items: number): void {
    this.#aggregate(this.resp === 2 ? 0x2a : 0x3e, items)
  }

  attribute(pairs: number): void {
    this.#aggregate(0x7c, pairs)
  }

  /** Nothing, where there would be a string. */
  null(): void {
    this.text(this.resp === 2 ? NULL_BULK : NULL)
  }

  /** Nothing, where there would be an array. */
  nullArray(): void {
    this.text(this.resp === 2 ? NULL_ARRAY : NULL)
  }

  boolean(value: boolean): void {
    if (this.resp === 2) this.integer(value ? 1 : 0)
    else this.text(value ? TRUE : FALSE)
  }

  /** A double as it is replied. @param long With 17 digits, whatever else is asked for. */
  doubleText(value: number, long = false): string {
    return this.shortDoubles && !long ? shortDoubleText(value) : doubleText(value)
  }

  double(value: number): void {
    this.doubleAs(this.doubleText(value))
  }

  /** A double in these digits. */
  doubleAs(text: string): void {
    if (this.resp === 2) {
      this.bulkText(text)
      return
    }
    this.reserve(text.length + LINE)
    this.byte(0x2c)
    this.string(text)
    this.crlf()
  }

  /** Of any size, in decimal. */
  bigNumber(text: string): void {
    if (this.resp === 2) {
      this.bulkText(text)
      return
    }
    this.reserve(text.length + LINE)
    this.byte(0x28)
    this.string(text)
    this.crlf()
  }

  /** Text of one byte a character that says what it is: `txt`, `mkd`. */
  verbatim(text: string, format = 'txt'): void {
    if (this.resp === 2) {
      this.bulkText(text)
      return
    }
    this.reserve(text.length + LINE)
    this.#head(0x3d, text.length + 4)
    this.string(`${format}:`)
    this.string(text)
    this.crlf()
  }

  /**
   * An aggregate whose length is known once `fill` has written its items, which answers how many there are (pairs, of a map).
   */
  counted(kind: 'array' | 'map' | 'set', fill: () => number): void {
    let items = 0
    const written = this.capture(() => {
      items = fill()
    })
    this[kind](items)
    this.text(written)
  }

  /** Lines of a help: statuses. */
  lines(lines: readonly string[]): void {
    this.array(lines.length)
    for (const line of lines) this.status(line)
  }

  #head(mark: number, length: number): void {
    this.byte(mark)
    this.decimal(length)
    this.crlf()
  }

  #aggregate(mark: number, items: number): void {
    this.reserve(LINE)
    this.#head(mark, items)
  }
}
