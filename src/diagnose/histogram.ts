/** One bar: how many values are in [from, to), milliseconds. */
export interface Bucket {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Buckets that grow by a quarter of a decade: 1, 1.8, 3.2, 5.6, 10. Empty ones between the first and last are kept. */
export function histogram(values: readonly number[]): Bucket[] {
  if (values.length === 0) return []
  const step = (index: number): number => Number((10 ** (index / 4)).toPrecision(2))
  const indexOf = (value: number): number => {
    let index = Math.floor(Math.log10(Math.max(value, 1e-6)) * 4)
    // Rounded edges: a value may belong next door.
    while (value < step(index)) index--
    while (value >= step(index + 1)) index++
    return index
  }
  const indices = values.map(indexOf)
  const [first, last] = [Math.min(...indices), Math.max(...indices)]
  return Array.from({ length: last - first + 1 }, (_, at) => ({
    from: step(first + at),
    to: step(first + at + 1),
    count: indices.filter((index) => index === first + at).length,
  }))
}

const BAR = 40

/** What bars are drawn with: a full place, and what shows that there is something where that would be too much. */
export interface BarCharacters {
  readonly full: string
  readonly parts: readonly string[]
}

/** Bars of how many round trips, in milliseconds, fell into each span. Needs at least one. */
export function histogramLines(values: readonly number[], { full, parts }: BarCharacters): string[] {
  const buckets = histogram(values)
  const most = Math.max(...buckets.map(({ count }) => count))
  return buckets.map(({ from, to, count }) => {
    const bar = full.repeat(Math.round((count / most) * BAR)) || (count > 0 ? (parts[0] ?? full) : '')
    return ` | ${`${from}-${to}ms`.padStart(16)} ${String(count).padStart(6)} ${bar}`
  })
}

/** One character of `ticks` a value, scaled between the least and the greatest; `x` for what was lost. */
export function sparkline(values: readonly (number | undefined)[], ticks: string): string {
  const known = values.filter((value) => value !== undefined)
  const [low, high] = [Math.min(...known), Math.max(...known)]
  return values
    .map((value) => {
      if (value === undefined) return 'x'
      const share = high > low ? (value - low) / (high - low) : 0
      return ticks[Math.min(ticks.length - 1, Math.floor(share * ticks.length))]
    })
    .join('')
}
