import { wordAt } from '../bytes.ts'
import { PAGE_BYTES, type SlabClasses } from './slab-classes.ts'

// A chunk is named by one integer: its page in the upper bits, its place in the page in units of 8 bytes in the lower
// 17. Page 0 does not exist, so that 0 means "none". 31 bits name 16 GiB of pages.
const UNIT_BITS = 17
const UNIT_MASK = (1 << UNIT_BITS) - 1
const MAX_PAGES = (1 << (31 - UNIT_BITS)) - 1

/** Slab pages off the JavaScript heap, cut into chunks; each class keeps the chunks given back to it. */
export class Slabs {
  readonly classes: SlabClasses
  /** Bytes of pages a node may take, apart from the first page of each class. */
  memoryLimit: number
  /** Pages taken, by class id. */
  readonly pagesOf = new Int32Array(64)
  /** Chunks handed out, by class id. */
  readonly usedChunks = new Int32Array(64)

  readonly #bytes: Buffer[] = [Buffer.alloc(0)]
  readonly #words: Int32Array[] = [new Int32Array(0)]
  readonly #returned = new Int32Array(64)
  readonly #fresh = new Int32Array(64)
  readonly #freshLeft = new Int32Array(64)

  constructor(classes: SlabClasses, memoryLimit: number) {
    this.classes = classes
    this.memoryLimit = memoryLimit
  }

  /** Bytes of all pages taken. */
  get pageBytes(): number {
    return (this.#bytes.length - 1) * PAGE_BYTES
  }

  /** Whether another page of a class that has one already would exceed the limit. */
  get limitReached(): boolean {
    return this.pageBytes + PAGE_BYTES > this.memoryLimit
  }

  /** A chunk of class `id`, or 0 when the class has none and may not take a page. Its contents are whatever was there. */
  allocate(id: number): number {
    let chunk = wordAt(this.#returned, id)
    if (chunk !== 0) {
      this.#returned[id] = this.word(chunk, 0)
    } else {
      if (wordAt(this.#freshLeft, id) === 0 && !this.#takePage(id)) return 0
      chunk = wordAt(this.#fresh, id)
      this.#fresh[id] = chunk + (wordAt(this.classes.sizes, id) >>> 3)
      this.#freshLeft[id] = wordAt(this.#freshLeft, id) - 1
    }
    this.usedChunks[id] = wordAt(this.usedChunks, id) + 1
    return chunk
  }

  release(chunk: number, id: number): void {
    this.setWord(chunk, 0, wordAt(this.#returned, id))
    this.#returned[id] = chunk
    this.usedChunks[id] = wordAt(this.usedChunks, id) - 1
  }

  /** The page that holds a chunk. */
  page(chunk: number): Buffer {
    return this.#bytes[chunk >>> UNIT_BITS] as Buffer // chunks are named by allocate() only
  }

  /** Where in its page a chunk starts, in bytes. */
  offset(chunk: number): number {
    return (chunk & UNIT_MASK) << 3
  }

  word(chunk: number, field: number): number {
    const words = this.#words[chunk >>> UNIT_BITS] as Int32Array // chunks are named by allocate() only
    return words[((chunk & UNIT_MASK) << 1) + field] as number // fields lie within the smallest chunk
  }

  setWord(chunk: number, field: number, value: number): void {
    const words = this.#words[chunk >>> UNIT_BITS] as Int32Array // chunks are named by allocate() only
    words[((chunk & UNIT_MASK) << 1) + field] = value
  }

  // As memcached does, a class gets its first page even beyond the limit: otherwise a full node could never store an
  // item of a new size.
  #takePage(id: number): boolean {
    if (wordAt(this.pagesOf, id) > 0 && this.limitReached) return false
    if (this.#bytes.length > MAX_PAGES) return false
    const page = Buffer.allocUnsafeSlow(PAGE_BYTES)
    this.#fresh[id] = this.#bytes.length << UNIT_BITS
    this.#freshLeft[id] = wordAt(this.classes.perPage, id)
    this.#bytes.push(page)
    this.#words.push(new Int32Array(page.buffer))
    this.pagesOf[id] = wordAt(this.pagesOf, id) + 1
    return true
  }
}
