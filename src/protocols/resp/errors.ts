const LF = 0x0a
const MINUS = 0x2d
/** Of bulk strings, errors and verbatim strings: what follows the line is of any bytes. */
const BULKS: readonly number[] = [0x24, 0x21, 0x3d]
const NOTHING = Buffer.alloc(0)

/** Goes through what a server answers, in whatever pieces, and puts other lines in the place of errors. Values stay as they are. */
export class ErrorRewriter {
  readonly #rewrite: (line: string) => string | undefined
  /** A line that is not all there. */
  #line: Buffer = NOTHING
  /** Bytes of a value that are still to come. */
  #rest = 0

  /** @param rewrite Of an error, from the minus on and without its line end; undefined: it stays. */
  constructor(rewrite: (line: string) => string | undefined) {
    this.#rewrite = rewrite
  }

  /** What is complete with `piece`, to be passed on. */
  push(piece: Buffer): Buffer {
    const bytes = this.#line.length === 0 ? piece : Buffer.concat([this.#line, piece])
    const passed: Buffer[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#rest > 0) {
        const value = bytes.subarray(at, at + this.#rest)
        this.#rest -= value.length
        at += value.length
        passed.push(value)
        continue
      }
      const end = bytes.indexOf(LF, at)
      if (end < 0) break
      passed.push(this.#read(bytes.subarray(at, end + 1)))
      at = end + 1
    }
    this.#line = Buffer.from(bytes.subarray(at))
    return passed.length === 1 ? (passed[0] ?? NOTHING) : Buffer.concat(passed)
  }

  #read(line: Buffer): Buffer {
    const [mark = 0] = line
    if (BULKS.includes(mark)) this.#rest = lengthOf(line)
    if (mark !== MINUS) return line
    const other = this.#rewrite(line.toString('utf8').trimEnd())
    return other === undefined ? line : Buffer.from(`${other}\r\n`)
  }
}

/** Of what follows, its line end included; a value that is null has none. */
function lengthOf(line: Buffer): number {
  const said = Number(line.toString('latin1', 1))
  return said >= 0 ? said + 2 : 0
}
