/** Where requests begin and end in the bytes of a client, as far as a relay must know. Pure. */

const LF = 10
const BINARY_MAGIC = 0x80
const BINARY_HEADER_BYTES = 24
/** ElastiCache's own opcodes: config get, set, delete and their kin. */
const BINARY_CONFIG = { from: 0x60, to: 0x68 } as const
const KEY_MAX_BYTES = 250
/** A line without an end: memcached hangs up on longer ones, unless it is a get of many keys, which carries no data. */
const LINE_LIMIT = 2048
/** Larger configuration entries are not the engine's to refuse: nothing is gathered for them. */
const CONFIG_LIMIT = 1 << 20

/** What answers a request: memcached, or the engine where memcached has no such command or is not to be asked. */
export type Answerer = 'server' | 'engine'

export interface RequestKinds {
  /** Whether the engine answers `config`, text and binary. */
  readonly config: boolean
  /** Whether the engine answers `watch`: it refuses it. */
  readonly watch: boolean
}

/** A run of bytes: of whole requests, or of parts of them, for the server; of one whole request for the engine. */
export interface Run {
  readonly answerer: Answerer
  readonly start: number
  readonly end: number
}

/**
 * Follows the requests of one connection. Bytes that do not yet tell what they are, at most a line or a header, are for the
 * caller to keep and to offer again, with what comes behind them.
 */
export class Requests {
  protocol: 'unknown' | 'text' | 'binary' = 'unknown'
  /** Whether the server has been asked to be watched: from then on what it says are no replies. */
  isWatching = false
  /** Bytes still to come of a value, or of the rest of a binary request. */
  #body = 0
  /** In a line too long to be kept. */
  #inLine = false

  /** Cuts `bytes[0, length)` into runs; what is left behind the last of them is to be offered again. */
  cut(bytes: Buffer, length: number, kinds: RequestKinds): Run[] {
    const runs: Run[] = []
    let start = 0
    let at = 0
    while (at < length) {
      const end = this.#skip(bytes, at, length) ?? this.#request(bytes, at, length, kinds)
      if (end === undefined) break
      if (typeof end === 'number') {
        at = end
        continue
      }
      if (at > start) runs.push({ answerer: 'server', start, end: at })
      runs.push({ answerer: 'engine', start: at, end: end.engine })
      at = end.engine
      start = at
    }
    if (at > start) runs.push({ answerer: 'server', start, end: at })
    return runs
  }

  /** Passes what belongs to a request seen before; undefined when a request begins here. */
  #skip(bytes: Buffer, at: number, length: number): number | undefined {
    if (this.#body > 0) {
      const end = Math.min(length, at + this.#body)
      this.#body -= end - at
      return end
    }
    if (!this.#inLine) return undefined
    const newline = find(bytes, LF, at, length)
    this.#inLine = newline < 0
    return newline < 0 ? length : newline + 1
  }

  /** The end of what is known of the request that begins here: a number if it is the server's; undefined: not yet known. */
  #request(
    bytes: Buffer,
    at: number,
    length: number,
    kinds: RequestKinds,
  ): number | { readonly engine: number } | undefined {
    if (this.protocol === 'unknown') this.protocol = bytes[at] === BINARY_MAGIC ? 'binary' : 'text'
    return this.protocol === 'binary' ? this.#binary(bytes, at, length, kinds) : this.#text(bytes, at, length, kinds)
  }

  #text(bytes: Buffer, at: number, length: number, kinds: RequestKinds) {
    const newline = find(bytes, LF, at, length)
    if (newline < 0) {
      if (length - at <= LINE_LIMIT) return undefined
      this.#inLine = true
      return length
    }
    const end = newline + 1
    if (!mayMatter(bytes[at])) return end
    const words = bytes
      .toString('latin1', at, Math.min(end, at + LINE_LIMIT))
      .trim()
      .split(/ +/)
    const body = bodyBytes(words)
    const isConfig = kinds.config && words[0] === 'config' && body <= CONFIG_LIMIT
    if (isConfig || (kinds.watch && words[0] === 'watch')) {
      return end + body <= length ? { engine: end + body } : undefined
    }
    this.isWatching ||= words[0] === 'watch'
    this.#body = words[0] === 'config' ? 0 : body
    return end
  }

  #binary(bytes: Buffer, at: number, length: number, kinds: RequestKinds) {
    if (length - at < BINARY_HEADER_BYTES) return undefined
    const opcode = bytes[at + 1] ?? 0
    const body = bytes.readUInt32BE(at + 8)
    const end = at + BINARY_HEADER_BYTES
    const isConfig = kinds.config && opcode >= BINARY_CONFIG.from && opcode <= BINARY_CONFIG.to && body <= CONFIG_LIMIT
    if (isConfig) return end + body <= length ? { engine: end + body } : undefined
    this.#body = body
    return end
  }
}

/** First letters of the commands that carry data (set, add, append, replace, prepend, cas, ms), of `config` and `watch`. */
const LETTERS = new Set(Buffer.from('sarpcmw '))

const mayMatter = (letter: number | undefined): boolean => letter !== undefined && LETTERS.has(letter)

/** The word that tells how long the data is. */
const LENGTH_WORD: ReadonlyMap<string, number> = new Map([
  ...['set', 'add', 'replace', 'append', 'prepend', 'cas', 'config'].map((verb) => [verb, 4] as const),
  ['ms', 2],
])

/** Bytes that follow a line, its own end included. Of a line that memcached refuses at sight, none. */
function bodyBytes(words: readonly string[]): number {
  const [verb = '', key = ''] = words
  const word = LENGTH_WORD.get(verb)
  if (word === undefined || key.length > KEY_MAX_BYTES || (verb === 'config' && key !== 'set')) return 0
  const text = words[word] ?? ''
  return /^\d{1,10}$/.test(text) ? Number(text) + 2 : 0
}

function find(bytes: Buffer, byte: number, at: number, length: number): number {
  const found = bytes.indexOf(byte, at)
  return found >= length ? -1 : found
}
