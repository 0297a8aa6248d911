interface PrefixCounts {
  gets: number
  hits: number
  sets: number
  deletes: number
}

/** What `stats detail on` counts: requests by the part of the key before its first colon, or another delimiter. */
export class PrefixStats {
  readonly #counts = new Map<string, PrefixCounts>()
  readonly #delimiter: number

  constructor(delimiter = ':') {
    this.#delimiter = delimiter.charCodeAt(0)
  }

  get(bytes: Buffer, start: number, end: number, hit: boolean): void {
    const counts = this.#of(bytes, start, end)
    if (counts === undefined) return
    counts.gets++
    if (hit) counts.hits++
  }

  set(bytes: Buffer, start: number, end: number): void {
    const counts = this.#of(bytes, start, end)
    if (counts !== undefined) counts.sets++
  }

  delete(bytes: Buffer, start: number, end: number): void {
    const counts = this.#of(bytes, start, end)
    if (counts !== undefined) counts.deletes++
  }

  /** `stats detail dump`, without its END. */
  dump(): string {
    return [...this.#counts]
      .map(
        ([prefix, { gets, hits, sets, deletes }]) =>
          `PREFIX ${prefix} get ${gets} hit ${hits} set ${sets} del ${deletes}\r\n`,
      )
      .join('')
  }

  clear(): void {
    this.#counts.clear()
  }

  #of(bytes: Buffer, start: number, end: number): PrefixCounts | undefined {
    const colon = bytes.indexOf(this.#delimiter, start)
    if (colon < 0 || colon >= end) return undefined
    const prefix = bytes.toString('latin1', start, colon)
    let counts = this.#counts.get(prefix)
    if (counts === undefined) {
      counts = { gets: 0, hits: 0, sets: 0, deletes: 0 }
      this.#counts.set(prefix, counts)
    }
    return counts
  }
}
