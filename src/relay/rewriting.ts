/** What clients of a tunnel are told in the place of addresses that only the other end of it reaches. */

/** Where something is for clients on this side; `ip`: its address, where that is told, too. Rejects where nothing can be opened for it. */
export type Here = (
  host: string,
  port: number,
  ip?: string,
) => Promise<{ readonly host: string; readonly port: number }>

/** Changes what goes by in one direction of one connection. Answers what is complete. */
export type Rewrite = (piece: Buffer) => Promise<Buffer> | Buffer

/** Both directions of one connection. */
export interface Rewriter {
  readonly toServer: Rewrite
  readonly toClient: Rewrite
}

const CR_LF = 2

/**
 * Goes through bytes that come in any pieces, line by line: what a line says follows it is passed as it is. `line` answers what is
 * passed in its place, and how many bytes of value follow; undefined: it wants to see more than there is yet.
 */
export class Lines {
  readonly #line: (line: string, behind: Buffer) => Promise<Taken | undefined>
  readonly #value: (bytes: Buffer) => Buffer
  #bytes: Buffer = Buffer.alloc(0)
  #rest = 0

  /** @param value What is passed in the place of a piece of a value. */
  constructor(
    line: (line: string, behind: Buffer) => Promise<Taken | undefined>,
    value: (bytes: Buffer) => Buffer = (bytes) => bytes,
  ) {
    this.#line = line
    this.#value = value
  }

  async push(piece: Buffer): Promise<Buffer> {
    this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece])
    const passed: Buffer[] = []
    while (this.#bytes.length > 0) {
      if (this.#rest > 0) {
        const value = this.#bytes.subarray(0, this.#rest)
        this.#rest -= value.length
        this.#bytes = this.#bytes.subarray(value.length)
        passed.push(this.#value(value))
        continue
      }
      const end = this.#bytes.indexOf('\n') + 1
      if (end === 0) break
      const taken = await this.#line(this.#bytes.toString('latin1', 0, end), this.#bytes.subarray(end))
      if (!taken) break
      this.#rest = taken.follows
      this.#bytes = this.#bytes.subarray(end + taken.skips)
      passed.push(taken.passed)
    }
    return Buffer.concat(passed)
  }
}

export interface Taken {
  readonly passed: Buffer
  /** Bytes behind the line that were taken with it. */
  readonly skips: number
  /** Bytes of value that follow, to be passed. */
  readonly follows: number
}

/** Of a line that is passed as it is, and a value of so many bytes behind it; -1: none. */
export const asItIs = (line: string, length = -1): Taken => ({
  passed: Buffer.from(line, 'latin1'),
  skips: 0,
  follows: length < 0 ? 0 : length + CR_LF,
})
