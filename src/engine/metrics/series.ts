/** Minutes since the epoch, of the engine's clock. A sample of minute m is what happened from m to m + 1. */
export type MinuteNumber = number

/** Rows a series begins with; it grows by doubling. */
const FIRST_ROWS = 2

/**
 * The samples of one node, or cache: a row of values a minute. Minutes in a row with the same values share one, so that a
 * day of an idle node costs as much as a minute of it.
 */
export class Series {
  /** Values in a row. */
  readonly width: number
  #values: Float64Array
  /** First minute of each row, and how many minutes it stands for. */
  #firsts: Uint32Array
  #lengths: Uint32Array
  #rows = 0

  constructor(width: number) {
    this.width = width
    this.#values = new Float64Array(FIRST_ROWS * width)
    this.#firsts = new Uint32Array(FIRST_ROWS)
    this.#lengths = new Uint32Array(FIRST_ROWS)
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.#values.byteLength + this.#firsts.byteLength + this.#lengths.byteLength
  }

  /** The latest minute; undefined when there is none. */
  get latest(): MinuteNumber | undefined {
    return this.#rows === 0 ? undefined : this.#end(this.#rows - 1) - 1
  }

  get earliest(): MinuteNumber | undefined {
    return this.#rows === 0 ? undefined : this.#firsts[0]
  }

  /** Takes a sample later than the latest; one that is not is left out. */
  add(minute: MinuteNumber, values: Float64Array): void {
    const last = this.#rows - 1
    if (last >= 0) {
      const end = this.#end(last)
      if (minute < end) return
      if (minute === end && this.#equals(last, values)) {
        this.#lengths[last] = (this.#lengths[last] ?? 0) + 1
        return
      }
    }
    if (this.#rows === this.#firsts.length) this.#resize(Math.max(FIRST_ROWS, 2 * this.#rows))
    this.#values.set(values, this.#rows * this.width)
    this.#firsts[this.#rows] = minute
    this.#lengths[this.#rows] = 1
    this.#rows++
  }

  /** Whether a column has a value at any time. */
  has(column: number): boolean {
    for (let row = 0; row < this.#rows; row++) {
      if (!Number.isNaN(this.#values[row * this.width + column])) return true
    }
    return false
  }

  /** Calls `take` with the value of a column for each minute of [from, to) that has one. */
  each(
    column: number,
    from: MinuteNumber,
    to: MinuteNumber,
    take: (minute: MinuteNumber, value: number) => void,
  ): void {
    for (let row = this.#rowAfter(from); row < this.#rows && (this.#firsts[row] ?? 0) < to; row++) {
      const value = this.#values[row * this.width + column] ?? Number.NaN
      if (Number.isNaN(value)) continue
      const end = Math.min(to, this.#end(row))
      for (let minute = Math.max(from, this.#firsts[row] ?? 0); minute < end; minute++) take(minute, value)
    }
  }

  /** Forgets what was before a minute. */
  forgetBefore(minute: MinuteNumber): void {
    let gone = 0
    while (gone < this.#rows && this.#end(gone) <= minute) gone++
    const first = this.#firsts[gone]
    if (gone < this.#rows && first !== undefined && first < minute) {
      this.#lengths[gone] = this.#end(gone) - minute
      this.#firsts[gone] = minute
    }
    if (gone === 0) return
    this.#values.copyWithin(0, gone * this.width, this.#rows * this.width)
    this.#firsts.copyWithin(0, gone, this.#rows)
    this.#lengths.copyWithin(0, gone, this.#rows)
    this.#rows -= gone
    if (this.#rows < this.#firsts.length / 4) this.#resize(Math.max(FIRST_ROWS, 2 * this.#rows))
  }

  /** Plain arrays, for a file; {@link Series.from} takes them back. */
  save(): SavedSeries {
    return {
      values: this.#values.slice(0, this.#rows * this.width),
      firsts: this.#firsts.slice(0, this.#rows),
      lengths: this.#lengths.slice(0, this.#rows),
    }
  }

  static from({ values, firsts, lengths }: SavedSeries, width: number): Series {
    const series = new Series(width)
    series.#values = values
    series.#firsts = firsts
    series.#lengths = lengths
    series.#rows = firsts.length
    return series
  }

  /** The first row that ends after a minute: alarms look at the last few of a day's rows, minute by minute. */
  #rowAfter(minute: MinuteNumber): number {
    let [low, high] = [0, this.#rows]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#end(middle) > minute) high = middle
      else low = middle + 1
    }
    return low
  }

  #end(row: number): MinuteNumber {
    return (this.#firsts[row] ?? 0) + (this.#lengths[row] ?? 0)
  }

  #equals(row: number, values: Float64Array): boolean {
    const at = row * this.width
    for (let column = 0; column < this.width; column++) {
      // Of two values that are missing neither is equal to itself.
      if (!Object.is(this.#values[at + column], values[column])) return false
    }
    return true
  }

  #resize(rows: number): void {
    const values = new Float64Array(rows * this.width)
    values.set(this.#values.subarray(0, this.#rows * this.width))
    this.#values = values
    const firsts = new Uint32Array(rows)
    firsts.set(this.#firsts.subarray(0, this.#rows))
    this.#firsts = firsts
    const lengths = new Uint32Array(rows)
    lengths.set(this.#lengths.subarray(0, this.#rows))
    this.#lengths = lengths
  }
}

export interface SavedSeries {
  readonly values: Float64Array
  readonly firsts: Uint32Array
  readonly lengths: Uint32Array
}
