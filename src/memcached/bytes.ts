// The compiler reads an element of a typed array as `number | undefined`. The hot path indexes within bounds it has
// already checked, and says so here once; V8 inlines these to the bare load.

/** The byte at `index`, which the caller knows to be in range. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number // in range by the caller's contract
}

/** The word at `index`, which the caller knows to be in range. */
export function wordAt(words: Int32Array | Float64Array | Uint8Array, index: number): number {
  return words[index] as number // in range by the caller's contract
}

// Below this length a byte loop beats the call into the runtime (measured on Node 20: the lines cross near 100 bytes).
const LOOP_LIMIT = 96

/** Copies `source[start, end)` to `target` at `at`; answers the position after the last byte written. */
export function copyBytes(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const length = end - start
  if (length > LOOP_LIMIT) {
    source.copy(target, at, start, end)
  } else {
    for (let i = 0; i < length; i++) target[at + i] = byteAt(source, start + i)
  }
  return at + length
}
