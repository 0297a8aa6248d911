import { inPairs, type Reply, type ReplyError } from './reply.ts'

/** What a decoder takes of one reply, whatever the peer announces. */
export interface ReplyLimits {
  /** Aggregates within aggregates. */
  readonly depth: number
  /** Bytes of a line: of what is no bulk string. */
  readonly line: number
  /** Bytes of a bulk string. */
  readonly bulk: number
  /** Values of a whole reply, at all depths. */
  readonly values: number
  /** Bytes of a whole reply. */
  readonly bytes: number
}

/** A bulk string of 512 MB is what servers take by default (proto-max-bulk-len). */
const LIMITS: ReplyLimits = { depth: 64, line: 64 << 10, bulk: 512 << 20, values: 1 << 24, bytes: 1 << 30 }

/** The bytes are no RESP, or more of it than the limits allow. Nothing after them can be read. */
export class BadReply extends Error {
  override readonly name = 'BadReply'
}

type Aggregate = 'array' | 'set' | 'map' | 'push' | 'attribute'

/** An aggregate whose values are still to come. */
interface Open {
  readonly as: Aggregate
  readonly values: Reply[]
  left: number
}

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  '*': 'array',
  '~': 'set',
  '%': 'map',
  '>': 'push',
  '|': 'attribute',
}
const BULKS = '$!='
const LF = 0x0a
const CR = 0x0d
const NOTHING = Buffer.alloc(0)

/** Of a value that is not all there. */
const MORE = Symbol('more')
/** An attribute: it says something of the value after it, and clients may leave it out. */
const NO_VALUE = Symbol('no value')

/**
 * Reads replies of RESP2 and RESP3 from bytes in whatever pieces they come. What has been read of a reply is not read again
 * when the next piece comes. Streamed strings and aggregates (`$?`, `*?`), which no server sends, are refused.
 */
export class ReplyDecoder {
  readonly #limits: ReplyLimits
  #bytes: Buffer = NOTHING
  #at = 0
  /** Pieces that have come since, and how many bytes of them there must be before reading on is of use. */
  #pieces: Buffer[] = []
  #waiting = 0
  #wanted = 0
  #open: Open[] = []
  #values = 0
  #size = 0
  #broken: BadReply | undefined

  constructor(limits: Partial<ReplyLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits }
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#waiting += piece.length
  }

  /**
   * The next whole reply; undefined: it has not all come.
   * @throws BadReply, and from then on always.
   */
  next(): Reply | undefined {
    if (this.#broken) throw this.#broken
    if (this.#waiting >= this.#wanted) this.#join()
    else return undefined
    try {
      return this.#read()
    } catch (error) {
      if (error instanceof BadReply) this.#broken = error
      throw error
    }
  }

  #join(): void {
    if (this.#pieces.length > 0) {
      const rest = this.#bytes.subarray(this.#at)
      this.#bytes =
        rest.length === 0 && this.#pieces.length === 1
          ? (this.#pieces[0] ?? rest)
          : Buffer.concat([rest, ...this.#pieces])
      this.#at = 0
      this.#pieces = []
      this.#waiting = 0
    }
    this.#wanted = 0
  }

  #read(): Reply | undefined {
    for (;;) {
      const value = this.#readValue()
      if (value === MORE) return undefined
      const whole = value === NO_VALUE ? NO_VALUE : this.#place(value)
      if (whole === NO_VALUE) continue
      this.#values = 0
      this.#size = 0
      return whole
    }
  }

  /** Puts a value where it belongs. Answers the reply that it completes, if it does. */
  #place(value: Reply): Reply | typeof NO_VALUE {
    let placed = value
    for (let open = this.#open.at(-1); open; open = this.#open.at(-1)) {
      open.values.push(placed)
      if (--open.left > 0) return NO_VALUE
      this.#open.pop()
      if (open.as === 'attribute') return NO_VALUE
      placed = aggregateOf(open.as, open.values)
    }
    return placed
  }

  #readValue(): Reply | typeof MORE | typeof NO_VALUE {
    const line = this.#peekLine()
    if (line === undefined) return MORE
    const kind = String.fromCharCode(line[0] ?? LF)
    const text = line.toString('latin1', 1)
    const headLength = line.length + 2
    if (BULKS.includes(kind)) return this.#readBulk(kind, text, headLength)
    this.#take(headLength)
    const aggregate = AGGREGATES[kind]
    if (aggregate) return this.#openAggregate(aggregate, text)
    switch (kind) {
      case '+':
        return line.toString('utf8', 1)
      case '-':
        return errorOf(line.toString('utf8', 1))
      case ':':
        return integerOf(text)
      case '(':
        return bigNumberOf(text)
      case ',':
        return doubleOf(text)
      case '#':
        if (text === 't' || text === 'f') return text === 't'
        throw bad('a boolean that is neither t nor f', text)
      case '_':
        if (text === '') return null
        throw bad('a null that says something', text)
      default:
        throw bad('not an answer in RESP', line.toString('latin1'))
    }
  }

  /** The line at hand without its end; undefined: it is not all there. */
  #peekLine(): Buffer | undefined {
    const { line: most } = this.#limits
    const end = this.#bytes.indexOf(LF, this.#at)
    const length = (end < 0 ? this.#bytes.length : end) - this.#at
    if (length > most)
      throw bad(`a line of more than ${most} bytes`, this.#bytes.toString('latin1', this.#at, this.#at + EXCERPT))
    if (end < 0) {
      this.#wanted = 1
      return undefined
    }
    if (this.#bytes[end - 1] !== CR || length < 2) {
      throw bad('a line that does not end in CR LF', this.#bytes.toString('latin1', this.#at, end))
    }
    return this.#bytes.subarray(this.#at, end - 1)
  }

  #readBulk(kind: string, said: string, headLength: number): Reply | typeof MORE {
    if (said === '-1' && kind === '$') {
      this.#take(headLength)
      return null
    }
    const length = lengthOf(said, this.#limits.bulk, 'bytes')
    const start = this.#at + headLength
    const missing = start + length + 2 - this.#bytes.length
    if (missing > 0) {
      this.#wanted = missing
      return MORE
    }
    const bytes = this.#bytes.subarray(start, start + length)
    if (this.#bytes[start + length] !== CR || this.#bytes[start + length + 1] !== LF) {
      throw bad('a string longer than it says', bytes.toString('latin1', 0, EXCERPT))
    }
    this.#take(headLength + length + 2)
    if (kind === '!') return errorOf(bytes.toString())
    if (kind === '$') return bytes
    if (bytes[3] !== COLON) throw bad('a verbatim string without its format', bytes.toString('latin1', 0, EXCERPT))
    return { kind: 'verbatim', format: bytes.toString('latin1', 0, 3), bytes: bytes.subarray(4) }
  }

  #openAggregate(as: Aggregate, said: string): Reply | typeof NO_VALUE {
    if (said === '-1' && as === 'array') return null
    const { depth, values } = this.#limits
    const each = as === 'map' || as === 'attribute' ? 2 : 1
    const left = lengthOf(said, values, 'values') * each
    if (as === 'push' && this.#open.length > 0) throw bad('a push within a reply', said)
    if (left === 0) return as === 'attribute' ? NO_VALUE : aggregateOf(as, [])
    if (this.#open.length >= depth) throw bad(`aggregates more than ${depth} deep`, said)
    this.#open.push({ as, values: [], left })
    return NO_VALUE
  }

  /** Goes past so many bytes, which are those of one value. */
  #take(length: number): void {
    const { values, bytes } = this.#limits
    this.#at += length
    this.#size += length
    if (++this.#values > values) throw bad(`a reply of more than ${values} values`, '')
    if (this.#size > bytes) throw bad(`a reply of more than ${bytes} bytes`, '')
  }
}

const COLON = 0x3a
const EXCERPT = 60

const bad = (what: string, said: string): BadReply =>
  new BadReply(said === '' ? what : `${what}: ${JSON.stringify(said.slice(0, EXCERPT))}`)

function aggregateOf(as: Exclude<Aggregate, 'attribute'>, values: readonly Reply[]): Reply {
  if (as === 'array') return values
  return as === 'map' ? { kind: as, entries: inPairs(values) } : { kind: as, items: values }
}

/** A code is a first word in capitals, as every error of a server's own begins with. */
function errorOf(said: string): ReplyError {
  const [, code = '', text = said] = /^([A-Z][A-Z0-9_]*)(?: (.*))?$/s.exec(said) ?? []
  return { kind: 'error', code, text: code === said ? '' : text }
}

function lengthOf(said: string, most: number, of: string): number {
  if (!/^\d{1,15}$/.test(said)) throw bad('not a length', said)
  const length = Number(said)
  if (length <= most) return length
  throw bad(`more than ${most} ${of}`, said)
}

const INTEGER_BITS = 64

function integerOf(said: string): bigint {
  if (!/^[+-]?\d{1,20}$/.test(said)) throw bad('not a whole number', said)
  const number = BigInt(said)
  if (BigInt.asIntN(INTEGER_BITS, number) !== number)
    throw bad(`a whole number of more than ${INTEGER_BITS} bits`, said)
  return number
}

// BigInt reads no sign of plus.
function bigNumberOf(said: string): bigint {
  if (!/^[+-]?\d+$/.test(said)) throw bad('not a big number', said)
  return BigInt(said.replace('+', ''))
}

function doubleOf(said: string): number {
  if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(said)) return Number(said)
  if (/^[+-]?inf$/i.test(said)) return said.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^[+-]?nan$/i.test(said)) return Number.NaN
  throw bad('not a double', said)
}
