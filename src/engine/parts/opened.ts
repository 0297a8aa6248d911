/** What the parts of an engine have opened. Closed in the opposite order: each part finds there what it stands on. */
export class Opened {
  readonly #closers: (() => unknown)[] = []

  /** `close` will be called before those of all parts that are open already. */
  add(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Closes everything, once. What cannot be closed does not keep the others open; the first such error is thrown at the end. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
