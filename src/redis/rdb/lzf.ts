/** LZF: runs of bytes as they are, and copies of what came up to 8 KiB before. */

const HASH_BITS = 14
const FARTHEST = 1 << 13
const SHORTEST_COPY = 3
const LONGEST_COPY = 264
const LONGEST_RUN = 32
const HASH_FACTOR = 0x9e3779b1
/** A copy's length less two, from here on in a byte of its own. */
const LONG = 7

// Where three bytes of such a hash were seen last. Positions of one call are above those of all calls before, so that nothing has
// to be wiped in between.
const seen = new Int32Array(1 << HASH_BITS)
let base = 1

/**
 * Writes bytes compressed, `source[start, end)` to `target` at `at`. Answers how many it took; 0: they would not be at least
 * `spared` fewer.
 */
export function compress(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  targetAt: number,
  spared: number,
): number {
  const length = end - start
  const limit = targetAt + length - spared
  if (base > 2 ** 30) {
    seen.fill(0)
    base = 1
  }
  const offset = base - start
  base += length + 1
  let from = start
  // The control byte of the run of literals, and what is in it.
  let run = targetAt
  let to = targetAt + 1
  let literals = 0
  const last = end - SHORTEST_COPY
  while (from <= last) {
    const bytes = ((source[from] as number) << 16) | ((source[from + 1] as number) << 8) | (source[from + 2] as number) // from + 2 < end
    const hash = Math.imul(bytes, HASH_FACTOR) >>> (32 - HASH_BITS)
    const before = (seen[hash] as number) - offset // hash < length
    seen[hash] = from + offset
    const distance = from - before
    if (
      before < start ||
      distance > FARTHEST ||
      source[before] !== source[from] ||
      source[before + 1] !== source[from + 1] ||
      source[before + 2] !== source[from + 2]
    ) {
      if (to >= limit) return 0
      target[to++] = source[from++] as number // from < end
      if (++literals === LONGEST_RUN) {
        target[run] = literals - 1
        literals = 0
        run = to++
      }
      continue
    }
    const most = Math.min(LONGEST_COPY, end - from)
    let copied = SHORTEST_COPY
    while (copied < most && source[before + copied] === source[from + copied]) copied++
    if (literals === 0) to--
    else target[run] = literals - 1
    if (to + 4 > limit) return 0
    const far = distance - 1
    if (copied - 2 < LONG) target[to++] = ((copied - 2) << 5) | (far >> 8)
    else {
      target[to++] = (LONG << 5) | (far >> 8)
      target[to++] = copied - 2 - LONG
    }
    target[to++] = far & 0xff
    literals = 0
    run = to++
    from += copied
  }
  for (; from < end; from++) {
    if (to >= limit) return 0
    target[to++] = source[from] as number // from < end
    if (++literals === LONGEST_RUN) {
      target[run] = literals - 1
      literals = 0
      run = to++
    }
  }
  if (literals === 0) to--
  else target[run] = literals - 1
  return to > limit ? 0 : to - targetAt
}

/** Writes the bytes that were compressed, which are `length`, to the beginning of `bytes`. Answers whether they can be that. */
export function expand(source: Buffer, start: number, end: number, bytes: Buffer, length: number): boolean {
  let [from, to] = [start, 0]
  while (from < end) {
    const control = source[from++] as number // from < end
    if (control < LONGEST_RUN) {
      const literals = control + 1
      if (from + literals > end || to + literals > length) return false
      for (let left = literals; left > 0; left--) bytes[to++] = source[from++] as number // as checked above
      continue
    }
    let copied = (control >> 5) + 2
    if (copied === LONG + 2) {
      if (from === end) return false
      copied += source[from++] as number // from < end
    }
    if (from === end) return false
    let before = to - ((control & 31) << 8) - (source[from++] as number) - 1 // from < end
    if (before < 0 || to + copied > length) return false
    // Byte by byte: what is copied may be what the copy makes.
    for (let left = copied; left > 0; left--) bytes[to++] = bytes[before++] as number // before < to
  }
  return to === length
}
