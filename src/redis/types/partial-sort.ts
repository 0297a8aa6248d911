/** Negative: the first comes before the second. */
type Order<T> = (a: T, b: T) => number

const FEW = 7
const MANY = 40

/**
 * Sorts so far that the first `wanted` items are in their places, as the servers do it: by Bentley and McIlroy's quicksort, steered
 * alike, so that items that are equal come in the same order as there.
 * @param skipped So many of them need not be.
 */
export function sortFirst<T>(items: T[], wanted: number, order: Order<T>, skipped = 0): void {
  sortPart(items, 0, items.length, [skipped, wanted], order)
}

function sortPart<T>(
  items: T[],
  from: number,
  behind: number,
  range: readonly [number, number],
  order: Order<T>,
): void {
  const [skipped, wanted] = range
  const at = (index: number): T => items[index] as T // all indexes are below the length
  const compare = (a: number, b: number): number => order(at(a), at(b))
  const swap = (a: number, b: number): void => {
    const kept = at(a)
    items[a] = at(b)
    items[b] = kept
  }
  const swapRuns = (a: number, b: number, length: number): void => {
    for (let i = 0; i < length; i++) swap(a + i, b + i)
  }
  const middle = (a: number, b: number, c: number): number => {
    if (compare(a, b) < 0) return compare(b, c) < 0 ? b : compare(a, c) < 0 ? c : a
    return compare(b, c) > 0 ? b : compare(a, c) < 0 ? a : c
  }
  let start = from
  while (behind - start >= FEW) {
    const length = behind - start
    let pivot = start + Math.floor(length / 2)
    if (length > FEW) {
      let [low, high] = [start, behind - 1]
      if (length > MANY) {
        const step = Math.floor(length / 8)
        low = middle(low, low + step, low + 2 * step)
        pivot = middle(pivot - step, pivot, pivot + step)
        high = middle(high - 2 * step, high - step, high)
      }
      pivot = middle(low, pivot, high)
    }
    swap(start, pivot)
    // Equal ones are gathered at both ends, smaller and larger ones between them.
    let [equalLow, low, high, equalHigh] = [start + 1, start + 1, behind - 1, behind - 1]
    for (;;) {
      for (; low <= high && compare(low, start) <= 0; low++) {
        if (compare(low, start) === 0) swap(equalLow++, low)
      }
      for (; low <= high && compare(high, start) >= 0; high--) {
        if (compare(high, start) === 0) swap(high, equalHigh--)
      }
      if (low > high) break
      swap(low++, high--)
    }
    const smaller = low - equalLow
    const larger = equalHigh - high
    const lowRun = Math.min(equalLow - start, smaller)
    swapRuns(start, low - lowRun, lowRun)
    const highRun = Math.min(larger, behind - 1 - equalHigh)
    swapRuns(low, behind - highRun, highRun)
    const isWanted = start < wanted && start + smaller > skipped
    if (smaller > 1 && isWanted) sortPart(items, start, start + smaller, range, order)
    start = behind - larger
    if (larger <= 1 || start >= wanted) return
  }
  for (let i = start + 1; i < behind; i++) {
    for (let j = i; j > start && compare(j - 1, j) > 0; j--) swap(j, j - 1)
  }
}
