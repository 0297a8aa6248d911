import { BadReply, ReplyDecoder } from './decode.ts'
import { encodedLength } from './encode.ts'

/** What a primary says to a replica. */
export type Heard =
  /** Its answer to a command of the replica's, with the mark of its kind: `+OK`, `-NOAUTH ...`, `+CONTINUE ...`. */
  | { readonly kind: 'line'; readonly text: string }
  /** A piece of the file of all that it holds. */
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly isLast: boolean }
  /** What it has done since; its replication offset goes on by the bytes of that. */
  | { readonly kind: 'command'; readonly words: readonly Buffer[]; readonly name: string; readonly length: number }

const LF = 0x0a
const NOTHING = Buffer.alloc(0)
/** Longer than any answer of a handshake. */
const LONGEST_LINE = 4096

/**
 * Reads the primary's side of a replication connection (PSYNC, as replicas that know no `capa eof` are spoken to): lines until
 * the one that says what follows, then the file unless the replica goes on where it was, then commands without end.
 */
export class ReplicationReader {
  #bytes: Buffer = NOTHING
  #phase: 'lines' | 'size' | 'file' | 'commands' = 'lines'
  /** Bytes of the file that are still to come. */
  #left = 0
  readonly #commands = new ReplyDecoder()

  /** Undefined: it is not all there, or something else than lines has begun. */
  #line(): string | undefined {
    if (this.#phase !== 'lines' && this.#phase !== 'size') return undefined
    const end = this.#bytes.indexOf(LF)
    if (end < 0 && this.#bytes.length > LONGEST_LINE) throw new BadReply(`a line of more than ${LONGEST_LINE} bytes`)
    if (end < 0) return undefined
    const line = this.#bytes.toString('latin1', 0, end).trimEnd()
    this.#bytes = this.#bytes.subarray(end + 1)
    return line
  }

  /**
   * What is complete with `bytes`, in its order.
   * @throws BadReply when that is nothing a primary would say.
   */
  *push(bytes: Buffer): Generator<Heard> {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      // While it makes the file, it says from time to time that it is still there.
      if (line === '') continue
      if (this.#phase === 'size') this.#begin(line)
      else yield this.#answer(line)
    }
    if (this.#phase === 'file') yield* this.#file()
    if (this.#phase === 'commands') yield* this.#next()
  }

  #answer(text: string): Heard {
    if (text.startsWith('+FULLRESYNC ')) this.#phase = 'size'
    if (/^\+CONTINUE\b/.test(text)) this.#phase = 'commands'
    return { kind: 'line', text }
  }

  #begin(line: string): void {
    const [, size] = /^\$(\d{1,15})$/.exec(line) ?? []
    if (size === undefined) throw new BadReply(`not the size of a file: ${JSON.stringify(line)}`)
    this.#left = Number(size)
    this.#phase = 'file'
  }

  *#file(): Generator<Heard> {
    const bytes = this.#bytes.subarray(0, this.#left)
    this.#bytes = this.#bytes.subarray(bytes.length)
    this.#left -= bytes.length
    const isLast = this.#left === 0
    if (isLast) this.#phase = 'commands'
    if (bytes.length > 0 || isLast) yield { kind: 'file', bytes, isLast }
  }

  *#next(): Generator<Heard> {
    this.#commands.push(this.#bytes)
    this.#bytes = NOTHING
    for (let said = this.#commands.next(); said !== undefined; said = this.#commands.next()) {
      if (!Array.isArray(said) || said.length === 0 || !said.every(Buffer.isBuffer)) throw new BadReply('not a command')
      const words: readonly Buffer[] = said
      const name = words[0]?.toString('latin1').toUpperCase() ?? ''
      // Servers write commands in just one way, so that as many bytes were heard.
      yield { kind: 'command', words, name, length: encodedLength(words) }
    }
  }
}
