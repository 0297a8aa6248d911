import { readFloat, readInteger, readSafe } from './numbers.ts'
import { NOT_32_BITS, NOT_A_FLOAT, NOT_AN_INTEGER, type Refusal, shownText } from './refusals.ts'

const NO_BYTES = Buffer.alloc(0)
const FEW = 16

/**
 * The words of one command, as places in the bytes that they lie in: the buffer that all connections read into, or a copy. Word 0 is
 * the command's name. They are valid while the command is served; what is kept of them has to be copied ({@link keep}, `bytesOf`).
 */
export class Args {
  bytes: Buffer = NO_BYTES
  view: DataView = new DataView(NO_BYTES.buffer, 0, 0)
  count = 0
  starts: Int32Array = new Int32Array(FEW)
  ends: Int32Array = new Int32Array(FEW)

  /** Of words that a program gives: scripts, replication, the command line. */
  static of(words: readonly (Buffer | string)[]): Args {
    const buffers = words.map((word) => (typeof word === 'string' ? Buffer.from(word) : word))
    const args = new Args()
    args.setBytes(Buffer.concat(buffers))
    let at = 0
    for (const { length } of buffers) {
      args.add(at, at + length)
      at += length
    }
    return args
  }

  setBytes(bytes: Buffer): void {
    if (this.bytes === bytes) return
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  add(start: number, end: number): void {
    const index = this.count++
    if (index === this.starts.length) this.#grow()
    this.starts[index] = start
    this.ends[index] = end
  }

  #grow(): void {
    const [starts, ends] = [new Int32Array(this.starts.length * 2), new Int32Array(this.starts.length * 2)]
    starts.set(this.starts)
    ends.set(this.ends)
    this.starts = starts
    this.ends = ends
  }

  start(index: number): number {
    return this.starts[index] as number // index < count, by the arity of the command
  }

  end(index: number): number {
    return this.ends[index] as number // as above
  }

  length(index: number): number {
    return this.end(index) - this.start(index)
  }

  /** Whether a word is this one, which is given in capitals, in letters of any case. */
  is(index: number, capitals: string): boolean {
    const start = this.start(index)
    const { length } = capitals
    if (this.end(index) - start !== length) return false
    for (let i = 0; i < length; i++) {
      const byte = this.bytes[start + i] as number // within the word
      const capital = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte
      if (capital !== capitals.charCodeAt(i)) return false
    }
    return true
  }

  /** Whether a word is the bytes of this text. */
  equals(index: number, text: string): boolean {
    return this.length(index) === text.length && this.text(index) === text
  }

  /** A word as text of one byte a character: for what is compared or shown, never for values. */
  text(index: number): string {
    return this.bytes.toString('latin1', this.start(index), this.end(index))
  }

  /** A word as messages repeat it. */
  shown(index: number): string {
    return shownText(this.text(index))
  }

  /** A copy of a word. */
  bytesOf(index: number): Buffer {
    return Buffer.from(this.bytes.subarray(this.start(index), this.end(index)))
  }

  /** A word where it lies: valid as long as the arguments. */
  slice(index: number): Buffer {
    return this.bytes.subarray(this.start(index), this.end(index))
  }

  /** A whole number that doubles hold; throws what redis says of others. */
  integer(index: number, otherwise: Refusal = NOT_AN_INTEGER): number {
    const value = readSafe(this.bytes, this.start(index), this.end(index))
    if (!Number.isNaN(value)) return value
    const wide = readInteger(this.bytes, this.start(index), this.end(index))
    if (wide === undefined) throw otherwise
    // Of 64 bits, but more than any length, index or time: as good as the nearest double.
    return Number(wide)
  }

  /** A whole number of 64 bits. */
  integer64(index: number, otherwise: Refusal = NOT_AN_INTEGER): bigint {
    const value = readInteger(this.bytes, this.start(index), this.end(index))
    if (value === undefined) throw otherwise
    return value
  }

  /** A whole number of 32 bits. */
  integer32(index: number): number {
    const value = this.integer(index)
    if (value < -(2 ** 31) || value >= 2 ** 31) throw NOT_32_BITS
    return value
  }

  /** A whole number between two. */
  integerFrom(index: number, least: number, most: number, otherwise: Refusal = NOT_AN_INTEGER): number {
    const value = this.integer(index, otherwise)
    if (value < least || value > most) throw otherwise
    return value
  }

  float(index: number, otherwise: Refusal = NOT_A_FLOAT): number {
    const value = readFloat(this.text(index))
    if (value === undefined) throw otherwise
    return value
  }

  /** A copy that stays: of all words, in bytes of their own. */
  keep(): Args {
    const first = this.start(0)
    const kept = new Args()
    kept.starts = new Int32Array(Math.max(FEW, this.count))
    kept.ends = new Int32Array(Math.max(FEW, this.count))
    let [least, most] = [first, first]
    for (let i = 0; i < this.count; i++) {
      least = Math.min(least, this.start(i))
      most = Math.max(most, this.end(i))
    }
    kept.setBytes(Buffer.from(this.bytes.subarray(least, most)))
    for (let i = 0; i < this.count; i++) kept.add(this.start(i) - least, this.end(i) - least)
    return kept
  }

  /** The words as copies. */
  words(from = 0): Buffer[] {
    return Array.from({ length: this.count - from }, (_, i) => this.bytesOf(from + i))
  }
}
