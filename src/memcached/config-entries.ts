/** A configuration entry: opaque bytes under a name, as the Auto Discovery commands keep them. */
export interface ConfigEntry {
  readonly flags: number
  readonly data: Buffer
}

export type ConfigRefusal = 'too large' | 'too many'

/** The entries of one node, apart from its items: flush_all and eviction do not touch them. */
export class ConfigEntries {
  readonly #entries = new Map<string, ConfigEntry>()
  readonly #max: number
  readonly #sizeMax: number

  /** @param max Entries (config_max). @param sizeMax Bytes of one entry (config_size_max). */
  constructor(max: number, sizeMax: number) {
    this.#max = max
    this.#sizeMax = sizeMax
  }

  get count(): number {
    return this.#entries.size
  }

  get names(): string[] {
    return [...this.#entries.keys()]
  }

  get(name: string): ConfigEntry | undefined {
    return this.#entries.get(name)
  }

  /** Why an entry of this name and size would be refused, or undefined. */
  refusal(name: string, bytes: number): ConfigRefusal | undefined {
    if (bytes > this.#sizeMax) return 'too large'
    return this.#entries.size >= this.#max && !this.#entries.has(name) ? 'too many' : undefined
  }

  set(name: string, entry: ConfigEntry): void {
    this.#entries.set(name, entry)
  }

  delete(name: string): boolean {
    return this.#entries.delete(name)
  }
}
