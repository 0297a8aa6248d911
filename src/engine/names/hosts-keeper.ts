import { errorMessage } from '../../api/thrown.ts'
import { soon } from '../../net/clock.ts'
import { type HostLine, writeBlock } from '../../net/hosts-block.ts'
import type { NameBook } from './book.ts'

export interface HostsKeeperOptions {
  readonly path: string
  /** Whose block it is: the state directory. */
  readonly owner: string
  readonly book: () => NameBook
  readonly log: (line: string) => void
}

/** Keeps the engine's block of a hosts file as the names are, and takes it away at the end. */
export class HostsKeeper {
  readonly #options: HostsKeeperOptions
  #isDue = false
  #isClosed = false
  /** What went wrong last: it is told once. */
  #trouble: string | undefined

  constructor(options: HostsKeeperOptions) {
    this.#options = options
  }

  /** Why the file is not as it is to be; undefined: it is. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** The names may have changed: the file follows once what is being done is done. */
  follow(): void {
    if (this.#isDue || this.#isClosed) return
    this.#isDue = true
    soon(() => {
      this.#isDue = false
      if (!this.#isClosed) this.write()
    })
  }

  /** Now. */
  write(): void {
    this.#put(linesOf(this.#options.book()))
  }

  /** Nothing of the engine's is left in the file. */
  close(): void {
    this.#isClosed = true
    this.#put([])
  }

  #put(lines: readonly HostLine[]): void {
    const { path, owner, log } = this.#options
    try {
      writeBlock(path, owner, lines)
      this.#trouble = undefined
    } catch (error) {
      const trouble = errorMessage(error)
      if (trouble !== this.#trouble) log(`${path} cannot be kept as the names are: ${trouble}`)
      this.#trouble = trouble
    }
  }
}

/** Addresses of each name: a hosts file knows of no aliases. */
const linesOf = (book: NameBook): HostLine[] =>
  [...book.values()]
    .flatMap(({ name, addresses }) => addresses.map((address) => ({ address, name })))
    .sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))
