import { appendFileSync, closeSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'

/** How much of the end of a file is read to find its last line. */
const TAIL_BYTES = 64 * 1024

/**
 * A file of JSON, a value a line, mode 0600. When it has reached its size it becomes `<name>.1`, and the `<name>.1` before it
 * is gone: together they never hold more than twice that.
 */
export class JsonLines {
  readonly #path: string
  readonly #maxBytes: number
  #size: number

  constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#size = sizeOf(path)
    // A crash may have cut the last line off: what is appended begins a line of its own.
    if (!/^$|\n$/.test(endOf(path))) appendFileSync(path, '\n')
  }

  append(value: object): void {
    this.appendText(`${JSON.stringify(value)}\n`)
  }

  /** Lines that are JSON already, each with its line feed. */
  appendText(text: string): void {
    if (this.#size >= this.#maxBytes) {
      renameSync(this.#path, `${this.#path}.1`)
      this.#size = 0
    }
    appendFileSync(this.#path, text, { mode: 0o600 })
    this.#size += Buffer.byteLength(text)
  }

  /** The last value that was written whole; undefined when there is none. */
  last(): unknown {
    for (const path of [this.#path, `${this.#path}.1`]) {
      const lines = endOf(path).split('\n')
      // A line that was cut off by a crash, or begins before what was read, does not parse.
      for (const line of lines.reverse()) {
        try {
          return JSON.parse(line) as unknown
        } catch {}
      }
    }
    return undefined
  }

  clear(): void {
    rmSync(this.#path, { force: true })
    rmSync(`${this.#path}.1`, { force: true })
    this.#size = 0
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

function endOf(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8')
  } finally {
    closeSync(file)
  }
}
