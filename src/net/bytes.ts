// The compiler reads an element of a typed array as `number | undefined`. The hot path indexes within bounds it has
// already checked, and says so here once; V8 inlines these to the bare load. Loops over bytes index by themselves: what V8
// learns of one place it believes of all that go through here, which costs a request 5 % (measured on Node 20).

/** The byte at `index`, which the caller knows to be in range. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number // in range by the caller's contract
}

/** The word at `index`, which the caller knows to be in range. */
export function wordAt(words: Int32Array | Float64Array | Uint8Array, index: number): number {
  return words[index] as number // in range by the caller's contract
}

/** A DataView of the very bytes of a buffer. */
export const viewOf = (buffer: Buffer): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.length)

/** The view of a buffer; of the one asked for last, which is nearly always the next one too, it is kept. */
class LastView {
  #buffer: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))

  of(buffer: Buffer): DataView {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer
      this.#view = viewOf(buffer)
    }
    return this.#view
  }
}

const requests = new LastView()
const answers = new LastView()

/** The view of a buffer that requests are read into. */
export const requestView = (bytes: Buffer): DataView => requests.of(bytes)

/** The view of a buffer that replies are gathered in. */
export const replyView = (bytes: Buffer): DataView => answers.of(bytes)

const NODE = Number.parseInt(process.versions.node, 10)

// Up to this length a byte loop beats the call into the runtime.
const LOOP_LIMIT = 24
// Buffer.copy became a fast call in Node 22 (40 ns for 100 bytes); before, a view of the source and TypedArray's set
// take half the time of it (measured on Node 20, 22 and 24).
const FAST_COPY = NODE >= 22

/** Copies `source[start, end)` to `target` at `at`; answers the position after the last byte written. */
export function copyBytes(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const length = end - start
  if (length <= LOOP_LIMIT) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number // start + i < end
  } else if (FAST_COPY) {
    source.copy(target, at, start, end)
  } else {
    target.set(new Uint8Array(source.buffer, source.byteOffset + start, length), at)
  }
  return at + length
}

const WORD = 4
const DOUBLE = 8
// Node 20 copies values of these lengths faster as doubles than with a view and a call (without sockets a get of 100 bytes
// takes 16 % less). That NaNs keep their bits is this V8's word, not the language's: no other Node does it, and a test holds
// it.
const DOUBLES_TO = NODE === 20 ? 256 : 0

/** As `copyBytes`, and faster for what is short, between buffers whose views are at hand: those need not be aligned. */
export function copyViewed(
  source: Buffer,
  sourceView: DataView,
  start: number,
  end: number,
  target: Buffer,
  targetView: DataView,
  at: number,
): number {
  const length = end - start
  if (length >= 2 * DOUBLE && length <= DOUBLES_TO) {
    // The last bytes overlap those before them, here and below.
    const tail = length - DOUBLE
    for (let i = 0; i < tail; i += DOUBLE) targetView.setFloat64(at + i, sourceView.getFloat64(start + i, true), true)
    targetView.setFloat64(at + tail, sourceView.getFloat64(start + tail, true), true)
  } else if (length >= WORD && length <= LOOP_LIMIT) {
    const tail = length - WORD
    for (let i = 0; i < tail; i += WORD) targetView.setInt32(at + i, sourceView.getInt32(start + i, true), true)
    targetView.setInt32(at + tail, sourceView.getInt32(start + tail, true), true)
  } else return copyBytes(source, start, end, target, at)
  return at + length
}

/** Whether `length` bytes are the same in both. */
export function sameBytes(a: DataView, atA: number, b: DataView, atB: number, length: number): boolean {
  let i = 0
  for (; i + WORD <= length; i += WORD) if (a.getInt32(atA + i, true) !== b.getInt32(atB + i, true)) return false
  for (; i < length; i++) if (a.getUint8(atA + i) !== b.getUint8(atB + i)) return false
  return true
}

/** Below 0, 0, or above 0, as the bytes of one come before, are the same as, or come after those of the other. */
export function compareBytes(
  a: DataView,
  atA: number,
  lengthA: number,
  b: DataView,
  atB: number,
  lengthB: number,
): number {
  const length = Math.min(lengthA, lengthB)
  let i = 0
  for (; i + WORD <= length; i += WORD) {
    if (a.getInt32(atA + i, true) === b.getInt32(atB + i, true)) continue
    return a.getUint32(atA + i) < b.getUint32(atB + i) ? -1 : 1
  }
  for (; i < length; i++) {
    const order = a.getUint8(atA + i) - b.getUint8(atB + i)
    if (order !== 0) return order
  }
  return lengthA - lengthB
}
