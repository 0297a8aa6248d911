/**
 * HyperLogLog as servers keep it in a string: 16384 registers of six bits (dense), or runs of equal ones (sparse: `00`: up to 64
 * zeros, `01`: up to 16384, `1`: up to four of a value up to 32), behind a head of 16 bytes that holds the cardinality counted last.
 */
import { byteAt } from '../../net/bytes.ts'
import { murmur64 } from './murmur.ts'

const INDEX_BITS = 14
export const REGISTERS: number = 1 << INDEX_BITS
/** Bits of a hash that are counted. */
const COUNTED = 64 - INDEX_BITS
const HEAD = 16
const DENSE_BYTES = HEAD + (REGISTERS * 6) / 8
const MAGIC = 'HYLL'
const ENCODING_AT = 4
const CARDINALITY_AT = 8
/** Its highest bit says that the cardinality is not valid. */
const STALE_AT = 15
const DENSE = 0
const SPARSE = 1
const MOST_ZEROS = 64
const MOST_IN_SPARSE = 32
const LONGEST_RUN = 4
// Runs that are looked at for such as can be one.
const MERGED_RUNS = 5
const ALPHA = 0.5 / Math.LN2

/** Whether bytes look like a HyperLogLog: its runs may still be corrupt. */
export function isSketch(bytes: Buffer): boolean {
  if (bytes.length < HEAD || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return false
  return bytes[ENCODING_AT] === SPARSE || (bytes[ENCODING_AT] === DENSE && bytes.length === DENSE_BYTES)
}

/** Its runs are not those of all registers. */
export class CorruptSketch extends Error {
  override readonly name = 'CorruptSketch'
}

/** Registers with a byte each, to gather the greatest of several in. */
export class Registers {
  readonly values = new Uint8Array(REGISTERS)

  merge(sketch: Sketch): void {
    sketch.eachRun((first, length, value) => {
      const end = first + length
      for (let at = first; at < end; at++) if (byteAt(this.values, at) < value) this.values[at] = value
    })
  }

  count(): number {
    const histogram = new Float64Array(64)
    for (const value of this.values) histogram[value] = (histogram[value] as number) + 1 // of six bits
    return estimate(histogram)
  }
}

/** One that is worked on. Its bytes are changed in place while it is dense, and others after they have grown. */
export class Sketch {
  bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  static empty(): Sketch {
    const bytes = Buffer.alloc(HEAD + 2)
    bytes.write(MAGIC, 'latin1')
    bytes[ENCODING_AT] = SPARSE
    writeZeros(bytes, HEAD, REGISTERS)
    return new Sketch(bytes)
  }

  get isDense(): boolean {
    return this.bytes[ENCODING_AT] === DENSE
  }

  /** The cardinality counted last; undefined: registers have changed since. */
  get cached(): bigint | undefined {
    return byteAt(this.bytes, STALE_AT) >= 0x80 ? undefined : this.bytes.readBigUInt64LE(CARDINALITY_AT)
  }

  cache(cardinality: number): void {
    this.bytes.writeBigUInt64LE(BigInt(cardinality), CARDINALITY_AT)
  }

  forgetCached(): void {
    this.bytes[STALE_AT] = byteAt(this.bytes, STALE_AT) | 0x80
  }

  /** Counts an element in. Answers whether a register has changed. @param most Bytes of a sparse one, which becomes dense then. */
  add(element: Buffer, most: number): boolean {
    const { low, high } = murmur64(element)
    const rest = (low >>> INDEX_BITS) | (high << (32 - INDEX_BITS))
    const restHigh = (high >>> INDEX_BITS) | (1 << (COUNTED - 32))
    const count = rest === 0 ? 32 + trailing(restHigh) : trailing(rest)
    return this.set(low & (REGISTERS - 1), count, most)
  }

  /** Raises a register. Answers whether it was lower. @throws CorruptSketch */
  set(index: number, count: number, most: number): boolean {
    return this.isDense ? this.#setDense(index, count) : this.#setSparse(index, count, most)
  }

  register(index: number): number {
    const at = HEAD + Math.floor((index * 6) / 8)
    const shift = (index * 6) & 7
    return ((byteAt(this.bytes, at) >> shift) | ((this.bytes[at + 1] ?? 0) << (8 - shift))) & 63
  }

  /** Calls `take` with each run of equal registers. @throws CorruptSketch */
  eachRun(take: (first: number, length: number, value: number) => void): void {
    if (this.isDense) {
      for (let index = 0; index < REGISTERS; index++) take(index, 1, this.register(index))
      return
    }
    let first = 0
    for (let at = HEAD; at < this.bytes.length; at += runBytes(this.bytes, at)) {
      const length = runLength(this.bytes, at)
      if (first + length > REGISTERS) throw new CorruptSketch()
      take(first, length, runValue(this.bytes, at))
      first += length
    }
    if (first !== REGISTERS) throw new CorruptSketch()
  }

  /** Answers whether it was sparse. @throws CorruptSketch */
  makeDense(): boolean {
    if (this.isDense) return false
    const dense = new Sketch(Buffer.alloc(DENSE_BYTES))
    this.bytes.copy(dense.bytes, 0, 0, HEAD)
    dense.bytes[ENCODING_AT] = DENSE
    this.eachRun((first, length, value) => {
      if (value > 0) for (let index = first; index < first + length; index++) dense.#setDense(index, value)
    })
    this.bytes = dense.bytes
    return true
  }

  /** An estimate of how many elements were counted in. @throws CorruptSketch */
  count(): number {
    const histogram = new Float64Array(64)
    this.eachRun((_first, length, value) => {
      histogram[value] = (histogram[value] as number) + length // of six bits
    })
    return estimate(histogram)
  }

  /** Its runs as PFDEBUG DECODE shows them. */
  decoded(): string {
    const runs: string[] = []
    for (let at = HEAD; at < this.bytes.length; at += runBytes(this.bytes, at)) {
      const length = runLength(this.bytes, at)
      const value = runValue(this.bytes, at)
      if (value > 0) runs.push(`v:${value},${length}`)
      else runs.push(`${runBytes(this.bytes, at) === 2 ? 'Z' : 'z'}:${length}`)
    }
    return runs.join(' ')
  }

  #setDense(index: number, count: number): boolean {
    if (this.register(index) >= count) return false
    const { bytes } = this
    const at = HEAD + Math.floor((index * 6) / 8)
    const shift = (index * 6) & 7
    bytes[at] = (byteAt(bytes, at) & ~(63 << shift)) | (count << shift)
    if (shift > 2) bytes[at + 1] = (byteAt(bytes, at + 1) & ~(63 >> (8 - shift))) | (count >> (8 - shift))
    return true
  }

  #setSparse(index: number, count: number, most: number): boolean {
    if (count > MOST_IN_SPARSE) return this.#setAsDense(index, count)
    const { bytes } = this
    let first = 0
    let at = HEAD
    let before = HEAD
    while (at < bytes.length && index >= first + runLength(bytes, at)) {
      first += runLength(bytes, at)
      before = at
      at += runBytes(bytes, at)
    }
    if (at >= bytes.length) throw new CorruptSketch()
    const length = runLength(bytes, at)
    const value = runValue(bytes, at)
    if (value >= count) return false
    const split = Buffer.alloc(5)
    let end = writeRun(split, 0, index - first, value)
    end = writeRun(split, end, 1, count)
    end = writeRun(split, end, first + length - 1 - index, value)
    const growth = end - runBytes(bytes, at)
    if (growth > 0 && bytes.length + growth > most) return this.#setAsDense(index, count)
    const behind = bytes.subarray(at + runBytes(bytes, at))
    this.bytes = Buffer.concat([bytes.subarray(0, at), split.subarray(0, end), behind])
    this.#mergeRuns(before)
    this.forgetCached()
    return true
  }

  #setAsDense(index: number, count: number): boolean {
    this.makeDense()
    return this.#setDense(index, count)
  }

  /** Makes one of neighbours of the same value, around a run that was changed. */
  #mergeRuns(from: number): void {
    let { bytes } = this
    let at = from
    for (let left = MERGED_RUNS; left > 0 && at < bytes.length; left--) {
      const value = runValue(bytes, at)
      const length = runLength(bytes, at)
      const next = at + runBytes(bytes, at)
      const joins = value > 0 && next < bytes.length && runValue(bytes, next) === value
      if (joins && length + runLength(bytes, next) <= LONGEST_RUN) {
        writeRun(bytes, next, length + runLength(bytes, next), value)
        bytes.copyWithin(at, next)
        bytes = bytes.subarray(0, bytes.length - 1)
      } else at = next
    }
    this.bytes = bytes
  }
}

/** Zeros at the end of a word, and one. */
const trailing = (word: number): number => 32 - Math.clz32(word & -word)

// Runs of a sparse one.

const runBytes = (bytes: Buffer, at: number): number => ((byteAt(bytes, at) & 0xc0) === 0x40 ? 2 : 1)

function runLength(bytes: Buffer, at: number): number {
  const byte = byteAt(bytes, at)
  if (byte >= 0x80) return (byte & 3) + 1
  return byte < 0x40 ? byte + 1 : (((byte & 0x3f) << 8) | (bytes[at + 1] ?? 0)) + 1
}

/** 0: a run of zeros. */
function runValue(bytes: Buffer, at: number): number {
  const byte = byteAt(bytes, at)
  return byte < 0x80 ? 0 : ((byte >> 2) & 0x1f) + 1
}

/** Answers the place behind it. */
function writeRun(bytes: Buffer, at: number, length: number, value: number): number {
  if (length === 0) return at
  if (value === 0) return writeZeros(bytes, at, length)
  bytes[at] = 0x80 | ((value - 1) << 2) | (length - 1)
  return at + 1
}

function writeZeros(bytes: Buffer, at: number, length: number): number {
  if (length <= MOST_ZEROS) {
    bytes[at] = length - 1
    return at + 1
  }
  bytes[at] = 0x40 | ((length - 1) >> 8)
  bytes[at + 1] = (length - 1) & 0xff
  return at + 2
}

/** By how many registers have each value: Ertl, "New cardinality estimation algorithms for HyperLogLog sketches". */
function estimate(histogram: Float64Array): number {
  const having = (value: number): number => histogram[value] ?? 0
  let z = REGISTERS * tau((REGISTERS - having(COUNTED + 1)) / REGISTERS)
  for (let value = COUNTED; value >= 1; value--) z = (z + having(value)) * 0.5
  z += REGISTERS * sigma(having(0) / REGISTERS)
  return Math.round((ALPHA * REGISTERS * REGISTERS) / z)
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let [x, y, z, before] = [share, 1, share, Number.NaN]
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [x, y, z, before] = [share, 1, 1 - share, Number.NaN]
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
