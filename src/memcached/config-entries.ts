/** A configuration entry: opaque bytes under a name, as the Auto Discovery commands keep them. */
export interface ConfigEntry {
  readonly flags: number
  readonly data: Buffer
}

export type ConfigRefusal = 'too large' | 'too many'

/** What a client did to an entry that is not its to change. */
export type Loss = 'deleted' | 'replaced'

/** The entries of one node, apart from its items: flush_all and eviction do not touch them. */
export class ConfigEntries {
  readonly #entries = new Map<string, ConfigEntry>()
  readonly #max: number
  readonly #sizeMax: number
  /** What the control plane has set, and clients do not keep others from reading. */
  readonly #announced = new Map<string, ConfigEntry>()

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

  /** Sets an entry in the control plane's name: {@link restore} brings it back. */
  announce(name: string, data: Buffer): void {
    const entry = { flags: 0, data }
    this.#announced.set(name, entry)
    this.#entries.set(name, entry)
  }

  /** Puts back what was announced where a client has changed it. Answers what the client did, if it did. */
  restore(): Loss | undefined {
    let loss: Loss | undefined
    for (const [name, entry] of this.#announced) {
      const found = this.#entries.get(name)
      if (found === entry) continue
      this.#entries.set(name, entry)
      if (found === undefined) loss = 'deleted'
      else if (found.flags !== entry.flags || !found.data.equals(entry.data)) loss = 'replaced'
    }
    return loss
  }
}
