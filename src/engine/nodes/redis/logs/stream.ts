/** Log streams as files: what is read of a log is in its stream once, whenever the engine is killed. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { sizeOf } from '../../server-log.ts'

/** A stream that is longer is begun anew; what was in it is in a file beside it, in the place of what was there. */
const FULL_BYTES = 10_000_000

/** How far a log has been read, and the stream with it. */
interface Note<P> {
  /** The file of the stream. */
  readonly stream: string
  /**
   * Bytes that are in it; what is there besides has been written by an engine that was killed before it took note of it. Null: it
   * could not be looked at.
   */
  readonly bytes: number | null
  readonly position: P
}

/** Where a log of one node goes. A position says how far the log has been read. */
export class LogStream<P> {
  readonly #file: string
  #note: Note<P> | undefined

  /** @param file Where the note is kept. */
  constructor(file: string) {
    this.#file = file
    this.#note = noteIn<P>(file)
  }

  get position(): P | undefined {
    return this.#note?.position
  }

  /** From here on, where nothing has been read yet. Throws when the stream cannot be written: nothing is lost meanwhile. */
  begin(stream: string, position: P): void {
    this.#write({ stream, bytes: bytesIn(stream), position })
    write(stream, '')
  }

  /** Throws when it cannot be written. */
  probe(stream: string): void {
    write(stream, '')
  }

  /** What comes next goes there. */
  goTo(stream: string): void {
    if (this.#note && this.#note.stream !== stream) this.begin(stream, this.#note.position)
  }

  /** Puts lines at the end of a stream. It has all of them then, or an error is thrown and they are to be put there again. */
  append(stream: string, lines: readonly string[], position: P): void {
    this.goTo(stream)
    this.#cut(stream)
    if (sizeOf(stream) > FULL_BYTES) {
      renameSync(stream, `${stream}.1`)
      this.begin(stream, this.#note?.position ?? position)
    }
    write(stream, lines.map((line) => `${line}\n`).join(''))
    this.#write({ stream, bytes: statSync(stream).size, position })
  }

  /** Nothing of the log is wanted any more. */
  end(): void {
    this.#note = undefined
    rmSync(this.#file, { force: true })
  }

  #cut(stream: string): void {
    const { bytes } = this.#note ?? { bytes: null }
    if (bytes !== null && sizeOf(stream) > bytes) truncateSync(stream, bytes)
  }

  #write(note: Note<P>): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    writeFileSync(`${this.#file}.new`, JSON.stringify(note), { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
    this.#note = note
  }
}

/** There it is then, for its owner only. */
function write(stream: string, text: string): void {
  mkdirSync(dirname(stream), { recursive: true, mode: 0o700 })
  appendFileSync(stream, text, { mode: 0o600 })
}

function bytesIn(stream: string): number | null {
  try {
    return sizeOf(stream)
  } catch {
    return null // what is in the way is told when it is written
  }
}

function noteIn<P>(file: string): Note<P> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Note<P> // written above, whole
  } catch {
    return undefined // none yet
  }
}
