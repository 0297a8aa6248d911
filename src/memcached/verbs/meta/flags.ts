import { byteAt } from '../../../net/bytes.ts'
import type { CacheCore } from '../../core.ts'
import type { ItemStore } from '../../store/items.ts'
import type { Line } from '../../tokens.ts'
import type { MetaDialect } from './dialect.ts'

// The flags after a meta command's key: one letter, and what follows it up to the space. protocol.txt, "Meta Commands".

const MAX_WORDS = 19
const MAX_OPAQUE_BYTES = 32
const MAX_VALUE_BYTES = 0x7fffffff - 2
const KEY = 1

const refusal = (text: string): Buffer => Buffer.from(`CLIENT_ERROR ${text}\r\n`)

export const TOO_MANY_FLAGS_GET = refusal('options flags are too long')
export const TOO_MANY_FLAGS = refusal('options flags too long')
export const OPAQUE_TOO_LONG = refusal('opaque token too long')
export const INVALID_OR_DUPLICATE = refusal('invalid or duplicate flag')
const DUPLICATE = refusal('duplicate flag')
const INVALID_FLAG = refusal('invalid flag')
const BAD_KEY = refusal('error decoding key')
const BAD_TOKEN = refusal('bad token in command line format')
const BAD_MODE_LENGTH = refusal('incorrect length for M token')
const BAD_INITIAL = refusal('invalid numeric initial value')
const BAD_DELTA = refusal('invalid numeric delta value')
const BAD_FORMAT = refusal('bad command line format')
const BAD_LENGTH = refusal('invalid length')

const code = (letter: string): number => letter.charCodeAt(0)

/** The letters, as bytes. */
export const FLAG = {
  base64: code('b'),
  cas: code('c'),
  compareCas: code('C'),
  delta: code('D'),
  clientFlags: code('f'),
  setClientFlags: code('F'),
  hit: code('h'),
  invalidate: code('I'),
  initial: code('J'),
  key: code('k'),
  lastAccess: code('l'),
  mode: code('M'),
  vivify: code('N'),
  opaque: code('O'),
  quiet: code('q'),
  recache: code('R'),
  size: code('s'),
  length: code('S'),
  proxy: code('P'),
  proxyToo: code('L'),
  ttl: code('t'),
  setTtl: code('T'),
  noUpdate: code('u'),
  value: code('v'),
} as const

// Flags without a meaning of their own in the parser; P and L are for proxies.
const PLAIN = new Set([...'ksctfvhulqOPLI'].map(code))

/** The flags of one command. A single one is used again for every command. */
export class MetaFlags {
  /** The key, decoded when it came as base64. */
  key: Buffer = Buffer.alloc(0)
  keyStart = 0
  keyEnd = 0
  binaryKey = false
  quiet = false
  value = false
  noUpdate = false
  vivify = false
  invalidate = false
  /** Moments in the node's seconds. */
  exptime = 0
  vivifyExptime = 0
  recacheAt = 0
  newTtl = false
  clientFlags = 0
  hasCas = false
  casLow = 0
  casHigh = 0
  /** The letter after M, as a byte; 0 for none. */
  mode = 0
  delta: bigint | number = 1
  initial: bigint | number = 0
  /** `S`: bytes of the value; undefined without it. */
  length: number | undefined
  readonly #seen = new Uint8Array(128)

  /** Reads the words from `first` up to `end`; answers what to refuse the command with. */
  parse(line: Line, first: number, { store, metaDialect }: CacheCore, end = line.words): Buffer | undefined {
    this.#reset(line)
    let refused: Buffer | undefined
    for (let word = first; word < end; word++) {
      const start = line.start(word)
      const letter = byteAt(line.bytes, start)
      if (letter >= 127 || this.#seen[letter] !== 0) return DUPLICATE
      this.#seen[letter] = 1
      if (isUnknown(letter, metaDialect)) return INVALID_FLAG
      const error = PLAIN.has(letter) ? this.#plain(letter) : this.#valued(letter, line, word, store)
      if (error === INVALID_FLAG) return INVALID_FLAG
      // Of several mistakes memcached tells the last, but client flags have no words of their own.
      if (error !== BAD_FORMAT || refused === undefined) refused = error ?? refused
    }
    return refused
  }

  has(letter: number): boolean {
    return this.#seen[letter] === 1
  }

  keyText(): string {
    const key = this.key.subarray(this.keyStart, this.keyEnd)
    return this.binaryKey ? `${key.toString('base64')} b` : key.toString('latin1')
  }

  #reset(line: Line): void {
    this.key = line.bytes
    this.keyStart = line.start(KEY)
    this.keyEnd = line.stop(KEY)
    this.binaryKey = this.quiet = this.value = this.noUpdate = this.vivify = this.invalidate = false
    this.newTtl = this.hasCas = false
    this.exptime = this.vivifyExptime = this.recacheAt = this.clientFlags = this.casLow = this.casHigh = this.mode = 0
    this.delta = 1
    this.initial = 0
    this.length = undefined
    this.#seen.fill(0)
  }

  #plain(letter: number): undefined {
    if (letter === FLAG.quiet) this.quiet = true
    else if (letter === FLAG.value) this.value = true
    else if (letter === FLAG.noUpdate) this.noUpdate = true
    else if (letter === FLAG.invalidate) this.invalidate = true
  }

  #valued(letter: number, line: Line, word: number, store: ItemStore): Buffer | undefined {
    switch (letter) {
      case FLAG.base64:
        return this.#decodeKey(line)
      case FLAG.setTtl:
      case FLAG.vivify:
      case FLAG.recache: {
        const exptime = line.int32(word, 1)
        if (letter === FLAG.vivify) this.vivify = true
        if (Number.isNaN(exptime)) return BAD_TOKEN
        const moment = store.expiry(exptime)
        if (letter === FLAG.setTtl) {
          this.exptime = moment
          this.newTtl = true
        } else if (letter === FLAG.vivify) this.vivifyExptime = moment
        else this.recacheAt = moment
        return undefined
      }
      case FLAG.setClientFlags: {
        const flags = line.uint32(word, 1)
        if (Number.isNaN(flags)) return BAD_FORMAT
        this.clientFlags = flags
        return undefined
      }
      case FLAG.compareCas: {
        const cas = line.uint64(word, 1)
        if (cas === undefined) return BAD_TOKEN
        this.hasCas = true
        this.casLow = Number(BigInt.asIntN(32, BigInt(cas)))
        this.casHigh = Number(BigInt.asIntN(32, BigInt(cas) >> 32n))
        return undefined
      }
      case FLAG.length: {
        const length = line.int32(word, 1)
        if (Number.isNaN(length)) return BAD_FORMAT
        if (length < 0 || length > MAX_VALUE_BYTES) return BAD_LENGTH
        this.length = length
        return undefined
      }
      case FLAG.mode:
        if (line.length(word) !== 2) return BAD_MODE_LENGTH
        this.mode = byteAt(line.bytes, line.start(word) + 1)
        return undefined
      case FLAG.initial: {
        const initial = line.uint64(word, 1)
        if (initial === undefined) return BAD_INITIAL
        this.initial = initial
        return undefined
      }
      case FLAG.delta: {
        const delta = line.uint64(word, 1)
        if (delta === undefined) return BAD_DELTA
        this.delta = delta
        return undefined
      }
      default:
        return INVALID_FLAG
    }
  }

  #decodeKey(line: Line): Buffer | undefined {
    this.binaryKey = true
    const key = decodeBase64(line.text(KEY))
    if (key === undefined) return BAD_KEY
    this.key = key
    this.keyStart = 0
    this.keyEnd = this.key.length
    return undefined
  }
}

/** Whether the version that speaks so does not know the flag, though another does. */
function isUnknown(letter: number, { base64, proxyFlags, lengthIsFlag }: MetaDialect): boolean {
  switch (letter) {
    case FLAG.base64:
      return !base64
    case FLAG.proxy:
    case FLAG.proxyToo:
      return !proxyFlags
    case FLAG.length:
      return !lengthIsFlag
    default:
      return false
  }
}

// As memcached decodes it: other characters are passed over, and what follows the padding too.
function decodeBase64(text: string): Buffer | undefined {
  const letters = text.replace(/[^A-Za-z0-9+/=]/g, '')
  if (letters === '' || letters.length % 4 !== 0) return undefined
  const padded = letters.search(/=/)
  if (padded < 0) return Buffer.from(letters, 'base64')
  const used = letters.slice(0, padded - (padded % 4) + 4)
  const padding = used.split('=').length - 1
  if (padding > 2) return undefined
  const key = Buffer.from(used.replaceAll('=', 'A'), 'base64')
  return key.length > padding ? key.subarray(0, key.length - padding) : undefined
}

/** Whether a command has more words than memcached takes. */
export function tooManyFlags(line: Line): boolean {
  return line.words > MAX_WORDS
}

/** Whether the opaque at `word` is longer than memcached echoes. */
export function opaqueTooLong(line: Line, word: number): boolean {
  return line.length(word) > MAX_OPAQUE_BYTES
}

/** The letter of the flag at `word`. */
export function letterAt(line: Line, word: number): number {
  return byteAt(line.bytes, line.start(word))
}
