import { wordAt } from '../../net/bytes.ts'
import { giveBack } from '../../net/give-back.ts'
import { FREE, META, NEXT, PREVIOUS, RETIRED } from './item.ts'
import { PAGE_BYTES, type SlabClasses } from './slab-classes.ts'

// A chunk is named by one integer: its page in the upper bits, its place in the page in units of 8 bytes in the lower
// 17. Page 0 does not exist, so that 0 means "none". 31 bits name 16 GiB of pages.
const UNIT_BITS = 17
const UNIT_MASK = (1 << UNIT_BITS) - 1
const MAX_PAGES = (1 << (31 - UNIT_BITS)) - 1

/** The pool of pages that belong to no class, as memcached numbers it among the classes. */
export const POOL = 0

const CLASSES = 64
const NO_PAGE = Buffer.alloc(0)
const NO_WORDS = new Int32Array(0)
const NO_VIEW = new DataView(NO_WORDS.buffer)

/** Slab pages off the JavaScript heap, cut into chunks; each class keeps the chunks given back to it. */
export class Slabs {
  readonly classes: SlabClasses
  /** Pages taken, by class id; those of the pool under POOL. */
  readonly pagesOf = new Int32Array(CLASSES)
  /** Chunks handed out, by class id. */
  readonly usedChunks = new Int32Array(CLASSES)

  #memoryLimit: number
  readonly #reckoned: number
  readonly #bytes: Buffer[] = [NO_PAGE]
  readonly #words: Int32Array[] = [NO_WORDS]
  readonly #views: DataView[] = [NO_VIEW]
  // The pages of each class, those it has had longest first.
  readonly #pages: number[][] = Array.from({ length: CLASSES }, () => [])
  // Numbers of pages that were given back to the system.
  readonly #vacant: number[] = []
  readonly #returned = new Int32Array(CLASSES)
  readonly #fresh = new Int32Array(CLASSES)
  readonly #freshLeft = new Int32Array(CLASSES)

  constructor(classes: SlabClasses, memoryLimit: number, reckoned = 0) {
    this.classes = classes
    this.#reckoned = reckoned
    this.#memoryLimit = memoryLimit
  }

  /** Bytes of pages a node may take, apart from the first page of each class. */
  get memoryLimit(): number {
    return this.#memoryLimit
  }

  /** What is over a lower limit goes back to the system as far as the pool holds it; the rest as pages get there. */
  set memoryLimit(bytes: number) {
    this.#memoryLimit = bytes
    this.#giveBack()
  }

  /** Bytes of all pages taken, those of the pool included. */
  get pageBytes(): number {
    return (this.#bytes.length - 1 - this.#vacant.length) * PAGE_BYTES + this.#reckoned
  }

  /** A chunk of class `id`, or 0 when the class has none and may not take a page. Its contents are whatever was there. */
  allocate(id: number): number {
    const chunk = this.reuse(id)
    return chunk !== 0 || !this.#takePage(id) ? chunk : this.reuse(id)
  }

  /** A chunk from the pages that class `id` has, or 0. */
  reuse(id: number): number {
    let chunk = wordAt(this.#returned, id)
    if (chunk !== 0) {
      this.#returned[id] = this.word(chunk, NEXT)
    } else {
      const left = wordAt(this.#freshLeft, id)
      if (left === 0) return 0
      chunk = wordAt(this.#fresh, id)
      this.#fresh[id] = chunk + (wordAt(this.classes.sizes, id) >>> 3)
      this.#freshLeft[id] = left - 1
    }
    this.usedChunks[id] = wordAt(this.usedChunks, id) + 1
    return chunk
  }

  release(chunk: number, id: number): void {
    this.#free(chunk, id)
    this.usedChunks[id] = wordAt(this.usedChunks, id) - 1
  }

  /** Takes a chunk in use out of service: its page is about to leave the class. */
  retire(chunk: number, id: number): void {
    this.setWord(chunk, META, RETIRED)
    this.usedChunks[id] = wordAt(this.usedChunks, id) - 1
  }

  /** As `retire`, of a chunk that is FREE. */
  retireFree(chunk: number, id: number): void {
    const next = this.word(chunk, NEXT)
    const previous = this.word(chunk, PREVIOUS)
    if (wordAt(this.#returned, id) === chunk) this.#returned[id] = next
    else this.setWord(previous, NEXT, next)
    if (next !== 0) this.setWord(next, PREVIOUS, previous)
    this.setWord(chunk, META, RETIRED)
  }

  /**
   * The page that a class has had longest, as its first chunk and the one behind its last: of one not handed out to its
   * end, only what was. No more of it is from now on, but for chunks given back.
   */
  oldestPage(id: number): { first: number; end: number } {
    const page = this.#pages[id]?.[0] ?? 0
    const first = page << UNIT_BITS
    const units = wordAt(this.classes.sizes, id) >>> 3
    if (wordAt(this.#freshLeft, id) > 0 && pageOf(wordAt(this.#fresh, id)) === page) {
      this.#freshLeft[id] = 0
      return { first, end: wordAt(this.#fresh, id) }
    }
    return { first, end: first + units * wordAt(this.classes.perPage, id) }
  }

  /** Moves the oldest page of a class, all of whose chunks have been retired, to another class or the pool. */
  reassign(from: number, to: number): void {
    const page = this.#pages[from]?.shift()
    if (page === undefined) return
    this.pagesOf[from] = wordAt(this.pagesOf, from) - 1
    this.#pages[to]?.push(page)
    this.pagesOf[to] = wordAt(this.pagesOf, to) + 1
    if (to === POOL) {
      this.#giveBack()
      return
    }
    const units = wordAt(this.classes.sizes, to) >>> 3
    let chunk = page << UNIT_BITS
    for (let left = wordAt(this.classes.perPage, to); left > 0; left--) {
      this.#free(chunk, to)
      chunk += units
    }
  }

  /** The page that holds a chunk. */
  page(chunk: number): Buffer {
    return this.#bytes[chunk >>> UNIT_BITS] as Buffer // chunks are named by allocate() only
  }

  /** The same page as a view. */
  view(chunk: number): DataView {
    return this.#views[chunk >>> UNIT_BITS] as DataView // chunks are named by allocate() only
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

  // In both directions, so that a chunk can be taken out of the middle when its page leaves. What the first one has for
  // PREVIOUS is left over and never read.
  #free(chunk: number, id: number): void {
    const next = wordAt(this.#returned, id)
    this.setWord(chunk, NEXT, next)
    this.setWord(chunk, META, FREE)
    if (next !== 0) this.setWord(next, PREVIOUS, chunk)
    this.#returned[id] = chunk
  }

  // As memcached does, a class gets its first page even beyond the limit: otherwise a full node could never store an
  // item of a new size.
  #takePage(id: number): boolean {
    const page = this.#pages[POOL]?.pop() ?? this.#newPage(wordAt(this.pagesOf, id) === 0)
    if (page === 0) return false
    this.pagesOf[POOL] = this.#pages[POOL]?.length ?? 0
    this.#pages[id]?.push(page)
    this.pagesOf[id] = wordAt(this.pagesOf, id) + 1
    this.#fresh[id] = page << UNIT_BITS
    this.#freshLeft[id] = wordAt(this.classes.perPage, id)
    return true
  }

  #newPage(beyondLimit: boolean): number {
    if (!beyondLimit && this.pageBytes + PAGE_BYTES > this.#memoryLimit) return 0
    const page = this.#vacant.pop() ?? this.#bytes.length
    if (page > MAX_PAGES) return 0
    const bytes = Buffer.allocUnsafeSlow(PAGE_BYTES)
    this.#bytes[page] = bytes
    this.#words[page] = new Int32Array(bytes.buffer)
    this.#views[page] = new DataView(bytes.buffer)
    return page
  }

  #giveBack(): void {
    while (this.pageBytes > this.#memoryLimit) {
      const page = this.#pages[POOL]?.pop()
      if (page === undefined) break
      const bytes = this.#bytes[page]
      if (bytes !== undefined) giveBack(bytes.buffer)
      this.#bytes[page] = NO_PAGE
      this.#words[page] = NO_WORDS
      this.#views[page] = NO_VIEW
      this.#vacant.push(page)
    }
    this.pagesOf[POOL] = this.#pages[POOL]?.length ?? 0
  }
}

/** The number of the page a chunk is in. */
export function pageOf(chunk: number): number {
  return chunk >>> UNIT_BITS
}
