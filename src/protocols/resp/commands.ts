/** What a client sends to a server, told apart by commands; only those that are watched are read as a whole. Pure. */

/** A command that is watched, or bytes of others. */
export type Piece = { readonly command: readonly Buffer[]; readonly raw: Buffer } | { readonly raw: Buffer }

const LF = 0x0a
const ARRAY = 0x2a
const BULK = 0x24
const NOTHING = Buffer.alloc(0)
/** Of a length, and of its mark and line end. */
const LENGTH_LINE = 32
/** A watched command, or a line, that is longer is none that a client would send. */
const LONGEST = 64 << 10

/** The command is not all there. */
const MORE = Symbol('more')
/** No server takes this. */
const WRONG = Symbol('wrong')

/**
 * Reads commands, as arrays or as lines, from bytes in whatever pieces they come. What breaks the rules, and all after it, is
 * passed as it is: a server answers to it with an error and hangs up.
 */
export class CommandScanner {
  readonly #watched: ReadonlySet<string>
  readonly #longestName: number
  #bytes: Buffer = NOTHING
  /** Of a command that is not watched: arguments still to come, and bytes of the one that has begun. */
  #arguments = 0
  #rest = 0
  #isLost = false

  /** @param watched Names in capital letters. */
  constructor(watched: readonly string[]) {
    this.#watched = new Set(watched)
    this.#longestName = Math.max(...watched.map(({ length }) => length))
  }

  /** The pieces that are complete with `bytes`, in their order; together they are all that was pushed. */
  push(bytes: Buffer): Piece[] {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    const pieces: Piece[] = []
    let from = 0
    let at = 0
    const pass = () => {
      if (at > from) pieces.push({ raw: this.#bytes.subarray(from, at) })
      from = at
    }
    while (at < this.#bytes.length) {
      const read = this.#read(at)
      if (read === MORE) break
      if (read === WRONG) {
        this.#isLost = true
        at = this.#bytes.length
      } else if (typeof read === 'number') {
        at = read
      } else {
        pass()
        at = read.end
        pieces.push({ command: read.command, raw: this.#bytes.subarray(from, at) })
        from = at
      }
    }
    pass()
    this.#bytes = Buffer.from(this.#bytes.subarray(at))
    return pieces
  }

  /** Where what is next ends; of a watched command its arguments too. */
  #read(at: number): number | { readonly command: Buffer[]; readonly end: number } | typeof MORE | typeof WRONG {
    if (this.#isLost) return this.#bytes.length
    if (this.#rest > 0) {
      const taken = Math.min(this.#rest, this.#bytes.length - at)
      this.#rest -= taken
      return at + taken
    }
    if (this.#arguments > 0) {
      const length = this.#length(at, BULK)
      if (typeof length === 'symbol') return length
      this.#arguments--
      this.#rest = length.value + 2
      return length.end
    }
    return this.#bytes[at] === ARRAY ? this.#array(at) : this.#line(at)
  }

  #array(at: number) {
    const count = this.#length(at, ARRAY)
    if (typeof count === 'symbol') return count
    if (count.value <= 0) return count.end
    const length = this.#length(count.end, BULK)
    if (typeof length === 'symbol') return length
    const { end, value } = length
    const isShort = value <= this.#longestName
    if (isShort && this.#bytes.length < end + value) return MORE
    if (!isShort || !this.#watched.has(this.#bytes.toString('latin1', end, end + value).toUpperCase())) {
      this.#arguments = count.value
      return count.end
    }
    return this.#whole(at, count.end, count.value)
  }

  #whole(from: number, first: number, count: number) {
    const command: Buffer[] = []
    let at = first
    while (command.length < count) {
      const length = this.#length(at, BULK)
      if (length === WRONG) return WRONG
      const end = length === MORE ? Number.POSITIVE_INFINITY : length.end + length.value + 2
      if (length === MORE || end > this.#bytes.length) {
        const isTooLong = Math.max(this.#bytes.length, Number.isFinite(end) ? end : 0) - from > LONGEST
        return isTooLong ? WRONG : MORE
      }
      command.push(Buffer.from(this.#bytes.subarray(length.end, end - 2)))
      at = end
    }
    return { command, end: at }
  }

  #line(at: number) {
    const lineEnd = this.#bytes.indexOf(LF, at)
    if (lineEnd === -1) return this.#bytes.length - at > LONGEST ? WRONG : MORE
    const words = this.#bytes.toString('latin1', at, lineEnd).trim().split(/\s+/)
    const isWatched = this.#watched.has((words[0] ?? '').toUpperCase())
    return isWatched ? { command: words.map((word) => Buffer.from(word, 'latin1')), end: lineEnd + 1 } : lineEnd + 1
  }

  /** The number behind `mark`, and where its line ends. */
  #length(at: number, mark: number): { readonly value: number; readonly end: number } | typeof MORE | typeof WRONG {
    if (at >= this.#bytes.length) return MORE
    if (this.#bytes[at] !== mark) return WRONG
    const lineEnd = this.#bytes.indexOf(LF, at)
    if (lineEnd === -1) return this.#bytes.length - at > LENGTH_LINE ? WRONG : MORE
    const digits = this.#bytes.toString('latin1', at + 1, lineEnd).trim()
    const isAllowed = mark === ARRAY ? /^-?\d{1,10}$/ : /^\d{1,10}$/
    return isAllowed.test(digits) ? { value: Number(digits), end: lineEnd + 1 } : WRONG
  }
}
