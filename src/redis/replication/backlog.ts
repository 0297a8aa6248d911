import type { Args } from '../protocol/args.ts'

// So that a replica is sent much at once, and little is kept longer than it is needed.
const CHUNK = 64 * 1024
// What is larger is kept in pieces: as one it would stay until as much as can be asked for has come after it.
const LARGEST = 1024 * 1024
const DIGITS = 16
const CR_LF = 2
const CR_LF_BYTES = Buffer.from('\r\n')
const CR = 0x0d
const LF = 0x0a
const ARRAY = 0x2a
const BULK = 0x24

interface Chunk {
  /** Of the first byte. */
  readonly start: number
  readonly bytes: Buffer
  length: number
}

/**
 * The latest part of a history of commands, as the bytes that replicas are sent. Places in it are counted in bytes from the begin of
 * the history on. What was read of it stays as it is.
 */
export class Backlog {
  /** Bytes that can be asked for (`repl-backlog-size`). */
  size: number
  /** Where the history ends now. */
  end: number
  readonly #begin: number
  #chunks: Chunk[] = []

  /** @param begin Where the history is when it begins. */
  constructor(size: number, begin: number) {
    this.size = size
    this.end = begin
    this.#begin = begin
  }

  /** The oldest place that can be asked for. */
  get first(): number {
    return Math.max(this.#begin, this.end - this.size)
  }

  /** Bytes that can be asked for. */
  get length(): number {
    return this.end - this.first
  }

  /** Bytes it takes. */
  get memory(): number {
    return this.#chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** Adds bytes as they are. */
  append(bytes: Buffer, start = 0, end = bytes.length): void {
    let at = start
    while (at < end) {
      const chunk = this.#room(1, Math.min(LARGEST, end - at))
      const length = Math.min(end - at, chunk.bytes.length - chunk.length)
      bytes.copy(chunk.bytes, chunk.length, at, at + length)
      chunk.length += length
      this.end += length
      at += length
    }
  }

  /** Adds a command. */
  add(words: readonly Buffer[]): void {
    let length = 0
    for (const word of words) length += word.length
    if (length > LARGEST) {
      this.#appendLine(ARRAY, words.length)
      for (const word of words) this.#appendWord(word, 0, word.length)
      return
    }
    const chunk = this.#room(roomFor(words.length, length))
    let at = line(chunk.bytes, chunk.length, ARRAY, words.length)
    for (const word of words) {
      at = line(chunk.bytes, at, BULK, word.length)
      at += word.copy(chunk.bytes, at)
      at = crlf(chunk.bytes, at)
    }
    this.#grown(chunk, at)
  }

  /** The same of the words of a request. */
  addArgs(args: Args): void {
    const { count, bytes } = args
    let length = 0
    for (let i = 0; i < count; i++) length += args.length(i)
    if (length > LARGEST) {
      this.#appendLine(ARRAY, count)
      for (let i = 0; i < count; i++) this.#appendWord(bytes, args.start(i), args.end(i))
      return
    }
    const chunk = this.#room(roomFor(count, length))
    let at = line(chunk.bytes, chunk.length, ARRAY, count)
    for (let i = 0; i < count; i++) {
      at = line(chunk.bytes, at, BULK, args.length(i))
      at += bytes.copy(chunk.bytes, at, args.start(i), args.end(i))
      at = crlf(chunk.bytes, at)
    }
    this.#grown(chunk, at)
  }

  /** What there is from a place on that has not been forgotten, in pieces. */
  from(place: number): Buffer[] {
    const first = this.#chunks.findLastIndex(({ start }) => start <= place)
    return this.#chunks
      .slice(Math.max(0, first))
      .map(({ start, bytes, length }) => bytes.subarray(Math.max(0, place - start), length))
  }

  /** Forgets what can't be asked for any more, but for what is from `place` on. */
  trim(place: number): void {
    const kept = Math.min(place, this.first)
    let gone = 0
    while (gone < this.#chunks.length - 1) {
      const { start, length } = this.#chunks[gone] as Chunk // gone < length
      if (start + length > kept) break
      gone++
    }
    if (gone > 0) this.#chunks = this.#chunks.slice(gone)
  }

  #appendLine(mark: number, value: number): void {
    const bytes = Buffer.alloc(roomFor(0, 0))
    this.append(bytes, 0, line(bytes, 0, mark, value))
  }

  #appendWord(bytes: Buffer, start: number, end: number): void {
    this.#appendLine(BULK, end - start)
    this.append(bytes, start, end)
    this.append(CR_LF_BYTES)
  }

  /** The chunk to write to, with room for so many bytes; a new one has room for `wanted`. */
  #room(bytes: number, wanted = bytes): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.bytes.length - last.length >= bytes) return last
    const chunk = { start: this.end, bytes: Buffer.allocUnsafeSlow(Math.max(CHUNK, wanted)), length: 0 }
    this.#chunks.push(chunk)
    return chunk
  }

  #grown(chunk: Chunk, to: number): void {
    this.end += to - chunk.length
    chunk.length = to
  }
}

const roomFor = (words: number, bytes: number): number => bytes + (words + 1) * (DIGITS + 2 * CR_LF)

function line(bytes: Buffer, at: number, mark: number, value: number): number {
  bytes[at] = mark
  const end = at + 1 + bytes.write(String(value), at + 1, 'latin1')
  return crlf(bytes, end)
}

function crlf(bytes: Buffer, at: number): number {
  bytes[at] = CR
  bytes[at + 1] = LF
  return at + 2
}
