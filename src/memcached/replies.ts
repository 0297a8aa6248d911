import { copyBytes } from './bytes.ts'

// Replies of one turn of reading are written at once, from a buffer that all connections of a node share.
const CAPACITY = 128 * 1024
// Small replies are as long as others were before: the views of them on the shared buffer are kept, which saves an
// allocation per request (measured: 9 % of what is not system calls).
const KEPT_VIEWS = 2048
// Buffers kept for when the shared one is still on its way to a slow client: a fresh one costs a page fault per 4 KiB.
const SPARES = 8

/** Where replies go. */
export interface ReplySink {
  /**
   * Takes the bytes, which lie in `whole`. Answers whether it needs them after the call; then it gives `whole` back
   * with `recycle` when it no longer does, or lets go of it.
   */
  take(bytes: Buffer, whole: Buffer): boolean
}

const noViews = (): (Buffer | undefined)[] => new Array(KEPT_VIEWS).fill(undefined)

/** The replies of the connection being served, gathered until `flush`. */
export class Replies {
  bytes: Buffer = Buffer.allocUnsafeSlow(CAPACITY)
  length = 0
  /** All bytes handed to sinks, since `stats reset`. */
  written = 0
  /** How much of what is gathered memcached would have sent by now: it can no longer be taken back. */
  settled = 0
  #shared = this.bytes
  readonly #spares: Buffer[] = []
  #views = noViews()
  #sink: ReplySink | undefined

  /** Starts gathering for another connection. What was gathered before has been flushed. */
  begin(sink: ReplySink): void {
    this.#sink = sink
  }

  flush(): void {
    if (this.length === 0) return
    const whole = this.bytes
    const piece = whole === this.#shared ? this.#view(this.length) : whole.subarray(0, this.length)
    this.written += this.length
    this.length = 0
    this.settled = 0
    const held = this.#sink?.take(piece, whole) ?? false
    if (held && whole === this.#shared) {
      this.#shared = this.#spares.pop() ?? Buffer.allocUnsafeSlow(CAPACITY)
      this.#views = noViews()
    }
    this.bytes = this.#shared
  }

  /** Marks the moments at which memcached sends: after a get, `mn`, and so many commands (`-R`). */
  settle(): void {
    this.settled = this.length
  }

  /** Forgets the rest. memcached loses it, along with all it has not sent, when it hangs up or refuses a key of a get. */
  takeBack(): void {
    this.length = this.settled
  }

  #view(length: number): Buffer {
    if (length >= KEPT_VIEWS) return this.#shared.subarray(0, length)
    let view = this.#views[length]
    if (view === undefined) {
      view = this.#shared.subarray(0, length)
      this.#views[length] = view
    }
    return view
  }

  /** Gives back a buffer that a sink no longer needs. */
  recycle(whole: Buffer): void {
    if (whole.length === CAPACITY && this.#spares.length < SPARES) this.#spares.push(whole)
  }

  /** Makes room for `bytes` more. A reply larger than the buffer gets one of its own, so that it's one write still. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return
    this.flush()
    if (bytes > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(bytes)
  }

  /** A constant reply. */
  text(reply: Buffer): void {
    this.reserve(reply.length)
    this.length = copyBytes(reply, 0, reply.length, this.bytes, this.length)
  }

  /** A reply made for the occasion; CR LF is added. */
  line(reply: string): void {
    this.text(Buffer.from(`${reply}\r\n`, 'latin1'))
  }

  // The following write without checking: the caller has reserved.

  byte(value: number): void {
    this.bytes[this.length++] = value
  }

  copy(source: Buffer, start: number, end: number): void {
    this.length = copyBytes(source, start, end, this.bytes, this.length)
  }

  /** A whole number of 0 or more in decimal; at most 20 bytes. */
  decimal(value: number): void {
    if (value < 10) {
      this.bytes[this.length++] = 48 + value
      return
    }
    if (value > 0x7fffffff) {
      this.length += this.bytes.write(String(value), this.length, 'latin1')
      return
    }
    let digits = 1
    for (let limit = 10; value >= limit; limit *= 10) digits++
    let rest = value | 0
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const next = (rest / 10) | 0
      this.bytes[at] = 48 + rest - next * 10
      rest = next
    }
    this.length += digits
  }

  string(text: string): void {
    this.length += this.bytes.write(text, this.length, 'latin1')
  }

  crlf(): void {
    this.bytes[this.length++] = 13
    this.bytes[this.length++] = 10
  }

  uint16(value: number): void {
    this.bytes[this.length++] = value >>> 8
    this.bytes[this.length++] = value & 255
  }

  uint32(value: number): void {
    this.uint16(value >>> 16)
    this.uint16(value & 0xffff)
  }
}
