/** Bytes of the unit in which chunks are named: the smallest chunk, and what all sizes are a multiple of. */
const UNIT_BYTES = 16
/** A run holds chunks of one class. Large classes have runs of a whole page. */
export const RUN_BYTES = 64 * 1024
export const PAGE_BYTES = 1 << 20
/** The largest chunk of a small run: four of them fit. */
const SMALL_BYTES = RUN_BYTES / 4
/** The largest chunk that shares a page with others. */
export const LARGEST_BYTES = PAGE_BYTES / 2

// As jemalloc has them: steps of 16 bytes up to 128, then four sizes to each doubling, so that at most a fifth is lost.
const FINE_BYTES = 128

function sizesUpTo(largest: number): number[] {
  const sizes: number[] = []
  for (let size = UNIT_BYTES; size <= FINE_BYTES; size += UNIT_BYTES) sizes.push(size)
  for (let base = FINE_BYTES; base < largest; base *= 2)
    for (let quarter = 1; quarter <= 4; quarter++) sizes.push(base + (base / 4) * quarter)
  return sizes
}

/** Bytes of the chunks of each class. */
export const SIZES: Int32Array = Int32Array.from(sizesUpTo(LARGEST_BYTES))
/** Classes from this one on have runs of a whole page. */
export const FIRST_WHOLE: number = SIZES.findIndex((size) => size > SMALL_BYTES)

// By units, for what is asked for most.
const TABLED_UNITS = 128
const TABLE = Uint8Array.from({ length: TABLED_UNITS + 1 }, (_, units) =>
  SIZES.findIndex((size) => size >= units * UNIT_BYTES),
)

/** The class whose chunks are the smallest that hold so many bytes, up to LARGEST_BYTES. */
export function classOf(bytes: number): number {
  const units = (bytes + UNIT_BYTES - 1) >>> 4
  if (units <= TABLED_UNITS) return TABLE[units] as number // within the table
  // The power of two below, and how many of its quarters are needed beyond it.
  const power = 31 - Math.clz32(bytes - 1)
  const quarters = ((bytes - 1) >>> (power - 2)) & 3
  return FINE_BYTES / UNIT_BYTES + (power - 7) * 4 + quarters
}
