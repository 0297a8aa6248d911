/** Values pushed from callbacks, read with `for await`, in order. For one reader. */
export class EventQueue<T> implements AsyncIterable<T> {
  #waiting: T[] = []
  #ended = false
  #failure: { error: unknown } | undefined
  #wake: () => void = () => {}

  push(value: T): void {
    this.#waiting.push(value)
    this.#wake()
  }

  /** What was pushed is still read. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  fail(error: unknown): void {
    this.#failure = { error }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#waiting
      this.#waiting = []
      yield* batch
      if (this.#waiting.length > 0) continue
      if (this.#failure) throw this.#failure.error
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
