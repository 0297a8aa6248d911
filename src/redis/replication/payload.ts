const MARK_BYTES = 40
const NOTHING = Buffer.alloc(0)

/** What a piece of a payload holds. */
export interface PayloadPiece {
  /** Bytes of the file. */
  readonly file: readonly Buffer[]
  /** How many of the bytes given belong to the payload. */
  readonly used: number
  readonly isLast: boolean
}

/** Finds the end of a file that a primary sends: it says its length before, or a mark of 40 bytes that stands at its end. */
export class Payload {
  /** Bytes of the file so far. */
  read = 0
  /** Undefined: it is told by its end. */
  readonly size: number | undefined
  readonly #mark: Buffer | undefined
  /** The end of what came last: it may be part of the mark. */
  #held: Buffer = NOTHING

  private constructor(size: number | undefined, mark: Buffer | undefined) {
    this.size = size
    this.#mark = mark
  }

  /** @param line The one before the file, without its end. Answers undefined where it is none. */
  static of(line: string): Payload | undefined {
    if (/^\$\d{1,15}$/.test(line)) return new Payload(Number(line.slice(1)), undefined)
    const [, mark] = /^\$EOF:(.{40})$/.exec(line) ?? []
    return mark === undefined ? undefined : new Payload(undefined, Buffer.from(mark, 'latin1'))
  }

  /** The bytes are the receiver's until the next call. */
  take(bytes: Buffer): PayloadPiece {
    return this.#mark === undefined ? this.#bySize(bytes) : this.#byMark(bytes, this.#mark)
  }

  #bySize(bytes: Buffer): PayloadPiece {
    const left = (this.size ?? 0) - this.read
    const file = bytes.subarray(0, left)
    this.read += file.length
    return { file: file.length > 0 ? [file] : [], used: file.length, isLast: file.length === left }
  }

  /** Nothing follows a mark before the replica has said that it found it. */
  #byMark(bytes: Buffer, mark: Buffer): PayloadPiece {
    const isShort = bytes.length < MARK_BYTES
    const whole = isShort ? Buffer.concat([this.#held, bytes]) : bytes
    const file = isShort || this.#held.length === 0 ? [] : [this.#held]
    const kept = Math.min(whole.length, MARK_BYTES)
    const end = whole.subarray(whole.length - kept)
    if (whole.length > kept) file.push(whole.subarray(0, whole.length - kept))
    for (const { length } of file) this.read += length
    const isLast = end.equals(mark)
    this.#held = isLast ? NOTHING : Buffer.from(end)
    return { file, used: bytes.length, isLast }
  }
}
