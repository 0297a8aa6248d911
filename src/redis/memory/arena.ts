import { wordAt } from '../../net/bytes.ts'
import { giveBack } from '../../net/give-back.ts'
import { classOf, FIRST_WHOLE, LARGEST_BYTES, PAGE_BYTES, RUN_BYTES, SIZES } from './size-classes.ts'

// A chunk is named by one integer: its page in the upper 15 bits, its place there in units of 16 bytes in the lower 16. Page 0
// does not exist, so that 0 means "none". 31 bits name 32 GiB.
const UNIT_BITS = 16
const UNIT_MASK = (1 << UNIT_BITS) - 1
const MAX_PAGES = (1 << (31 - UNIT_BITS)) - 1
// Runs are numbered through all pages, 16 to each.
const RUN_SHIFT = 12
const RUNS_PER_PAGE = PAGE_BYTES / RUN_BYTES
const _RUN_UNITS = RUN_BYTES >>> 4
const HUGE = 255
const NO_CLASS = 254
// Empty pages kept for what comes next.
const SPARE_PAGES = 8

const NO_PAGE = Buffer.alloc(0)
const NO_WORDS = new Int32Array(0)
const NO_VIEW = new DataView(NO_WORDS.buffer)
const NO_DOUBLES = new Float64Array(0)

/**
 * Memory off the JavaScript heap. Chunks of one size lie together in runs, which know how many of theirs are in use: an empty run
 * is there for any size again, and a page of empty runs goes back to the system. What is larger than half a page has a page of its
 * own, so that every chunk is contiguous.
 */
export class Arena {
  /** Bytes of all chunks in use. */
  used = 0
  /** Bytes taken from the system. */
  resident = 0

  readonly #bytes: Buffer[] = [NO_PAGE]
  readonly #words: Int32Array[] = [NO_WORDS]
  readonly #views: DataView[] = [NO_VIEW]
  readonly #doubles: Float64Array[] = [NO_DOUBLES]
  readonly #vacant: number[] = []

  // Of each run: its class, chunks given back (a list through their first words), chunks never handed out, chunks in use, and its
  // neighbours among those of its class with room, or among the empty ones.
  #classes = new Uint8Array(RUNS_PER_PAGE).fill(NO_CLASS)
  #returned = new Int32Array(RUNS_PER_PAGE)
  #fresh = new Int32Array(RUNS_PER_PAGE)
  #inUse = new Int32Array(RUNS_PER_PAGE)
  #next = new Int32Array(RUNS_PER_PAGE)
  #previous = new Int32Array(RUNS_PER_PAGE)
  /** By class: the first run with room; 0: none. */
  readonly #open = new Int32Array(SIZES.length)
  /** By class: chunks of a run. */
  readonly #perRun = SIZES.map((size, id) => Math.floor((id < FIRST_WHOLE ? RUN_BYTES : PAGE_BYTES) / size))
  #emptyRun = 0
  /** By page: how many of its runs are empty. */
  readonly #emptyOf: number[] = [0]
  #emptyPages = 0

  /** A chunk of at least so many bytes. Its contents are whatever was there. */
  allocate(bytes: number): number {
    if (bytes > LARGEST_BYTES) return this.#allocateHuge(bytes)
    const id = classOf(bytes)
    let run = wordAt(this.#open, id)
    if (run === 0) run = this.#openRun(id)
    let chunk = wordAt(this.#returned, run)
    if (chunk !== 0) {
      this.#returned[run] = this.word(chunk, 0)
    } else {
      chunk = wordAt(this.#fresh, run)
      this.#fresh[run] = chunk + (wordAt(SIZES, id) >>> 4)
    }
    const inUse = wordAt(this.#inUse, run) + 1
    this.#inUse[run] = inUse
    if (inUse === wordAt(this.#perRun, id)) this.#unlink(run, id)
    this.used += wordAt(SIZES, id)
    return chunk
  }

  release(chunk: number): void {
    const run = this.#runOf(chunk)
    const id = wordAt(this.#classes, run)
    if (id === HUGE) {
      this.#releaseHuge(chunk)
      return
    }
    this.used -= wordAt(SIZES, id)
    this.setWord(chunk, 0, wordAt(this.#returned, run))
    this.#returned[run] = chunk
    const inUse = wordAt(this.#inUse, run) - 1
    this.#inUse[run] = inUse
    if (inUse === wordAt(this.#perRun, id) - 1) this.#link(run, id)
    // The last run with room is kept: a class whose chunks come and go would take and give one each time.
    else if (inUse === 0 && (wordAt(this.#open, id) !== run || wordAt(this.#next, run) !== 0)) this.#retire(run, id)
  }

  /** Bytes that a chunk has room for. */
  capacity(chunk: number): number {
    const id = wordAt(this.#classes, this.#runOf(chunk))
    return id === HUGE ? this.page(chunk).length : wordAt(SIZES, id)
  }

  /** Bytes that a chunk would have which is asked for with so many. */
  static capacityFor(bytes: number): number {
    return bytes > LARGEST_BYTES ? hugeBytes(bytes) : wordAt(SIZES, classOf(bytes))
  }

  /** Another chunk with the first `kept` bytes of this one, which is released; the same where it has room and isn't far too large. */
  resize(chunk: number, bytes: number, kept: number): number {
    const wanted = Arena.capacityFor(bytes)
    if (wanted === this.capacity(chunk)) return chunk
    const other = this.allocate(bytes)
    const start = this.offset(chunk)
    this.page(chunk).copy(this.page(other), this.offset(other), start, start + kept)
    this.release(chunk)
    return other
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
    return (chunk & UNIT_MASK) << 4
  }

  /** The word of 32 bits at an index of a chunk. */
  word(chunk: number, index: number): number {
    const words = this.#words[chunk >>> UNIT_BITS] as Int32Array // chunks are named by allocate() only
    return words[((chunk & UNIT_MASK) << 2) + index] as number // indexes lie within the chunk
  }

  setWord(chunk: number, index: number, value: number): void {
    const words = this.#words[chunk >>> UNIT_BITS] as Int32Array // chunks are named by allocate() only
    words[((chunk & UNIT_MASK) << 2) + index] = value
  }

  /** The double at an index of a chunk, counted in doubles. */
  double(chunk: number, index: number): number {
    const doubles = this.#doubles[chunk >>> UNIT_BITS] as Float64Array // chunks are named by allocate() only
    return doubles[((chunk & UNIT_MASK) << 1) + index] as number // indexes lie within the chunk
  }

  setDouble(chunk: number, index: number, value: number): void {
    const doubles = this.#doubles[chunk >>> UNIT_BITS] as Float64Array // chunks are named by allocate() only
    doubles[((chunk & UNIT_MASK) << 1) + index] = value
  }

  #runOf(chunk: number): number {
    const first = (chunk >>> UNIT_BITS) * RUNS_PER_PAGE
    return wordAt(this.#classes, first) >= FIRST_WHOLE && wordAt(this.#classes, first) !== NO_CLASS
      ? first
      : chunk >>> RUN_SHIFT
  }

  #openRun(id: number): number {
    const run = id < FIRST_WHOLE ? this.#takeRun() : this.#wholePage()
    this.#classes[run] = id
    this.#returned[run] = 0
    this.#fresh[run] = run << RUN_SHIFT
    this.#inUse[run] = 0
    this.#link(run, id)
    return run
  }

  #takeRun(): number {
    if (this.#emptyRun === 0) {
      const page = this.#newPage(PAGE_BYTES)
      for (let at = RUNS_PER_PAGE - 1; at >= 0; at--) this.#linkEmpty(page * RUNS_PER_PAGE + at)
    }
    const run = this.#emptyRun
    this.#unlinkEmpty(run)
    return run
  }

  #wholePage(): number {
    return this.#newPage(PAGE_BYTES) * RUNS_PER_PAGE
  }

  #retire(run: number, id: number): void {
    this.#unlink(run, id)
    this.#classes[run] = NO_CLASS
    const page = Math.floor(run / RUNS_PER_PAGE)
    if (id >= FIRST_WHOLE) {
      this.#dropPage(page)
      return
    }
    this.#linkEmpty(run)
    if (this.#emptyOf[page] !== RUNS_PER_PAGE || this.#emptyPages <= SPARE_PAGES) return
    for (let at = 0; at < RUNS_PER_PAGE; at++) this.#unlinkEmpty(page * RUNS_PER_PAGE + at)
    this.#dropPage(page)
  }

  #link(run: number, id: number): void {
    const next = wordAt(this.#open, id)
    this.#next[run] = next
    this.#previous[run] = 0
    if (next !== 0) this.#previous[next] = run
    this.#open[id] = run
  }

  #unlink(run: number, id: number): void {
    const next = wordAt(this.#next, run)
    const previous = wordAt(this.#previous, run)
    if (next !== 0) this.#previous[next] = previous
    if (previous !== 0) this.#next[previous] = next
    else this.#open[id] = next
  }

  #linkEmpty(run: number): void {
    const page = Math.floor(run / RUNS_PER_PAGE)
    const next = this.#emptyRun
    this.#next[run] = next
    this.#previous[run] = 0
    if (next !== 0) this.#previous[next] = run
    this.#emptyRun = run
    const empty = (this.#emptyOf[page] ?? 0) + 1
    this.#emptyOf[page] = empty
    if (empty === RUNS_PER_PAGE) this.#emptyPages++
  }

  #unlinkEmpty(run: number): void {
    const page = Math.floor(run / RUNS_PER_PAGE)
    const next = wordAt(this.#next, run)
    const previous = wordAt(this.#previous, run)
    if (next !== 0) this.#previous[next] = previous
    if (previous !== 0) this.#next[previous] = next
    else this.#emptyRun = next
    const empty = this.#emptyOf[page] ?? 0
    if (empty === RUNS_PER_PAGE) this.#emptyPages--
    this.#emptyOf[page] = empty - 1
  }

  #newPage(bytes: number): number {
    const page = this.#vacant.pop() ?? this.#bytes.length
    if (page > MAX_PAGES) throw new RangeError('no more than 32 GiB')
    const buffer = Buffer.allocUnsafeSlow(bytes)
    this.#bytes[page] = buffer
    this.#words[page] = new Int32Array(buffer.buffer)
    this.#views[page] = new DataView(buffer.buffer)
    this.#doubles[page] = new Float64Array(buffer.buffer)
    this.#emptyOf[page] = 0
    this.resident += bytes
    this.#makeRoomFor(page)
    this.#classes.fill(NO_CLASS, page * RUNS_PER_PAGE, (page + 1) * RUNS_PER_PAGE)
    return page
  }

  #makeRoomFor(page: number): void {
    const needed = (page + 1) * RUNS_PER_PAGE
    if (needed <= this.#classes.length) return
    const length = Math.max(needed, 2 * this.#classes.length)
    this.#classes = grown(this.#classes, new Uint8Array(length))
    this.#returned = grown(this.#returned, new Int32Array(length))
    this.#fresh = grown(this.#fresh, new Int32Array(length))
    this.#inUse = grown(this.#inUse, new Int32Array(length))
    this.#next = grown(this.#next, new Int32Array(length))
    this.#previous = grown(this.#previous, new Int32Array(length))
  }

  #dropPage(page: number): void {
    const buffer = this.#bytes[page] ?? NO_PAGE
    this.resident -= buffer.length
    giveBack(buffer.buffer)
    this.#bytes[page] = NO_PAGE
    this.#words[page] = NO_WORDS
    this.#views[page] = NO_VIEW
    this.#doubles[page] = NO_DOUBLES
    this.#vacant.push(page)
  }

  #allocateHuge(bytes: number): number {
    const size = hugeBytes(bytes)
    const page = this.#newPage(size)
    this.#classes[page * RUNS_PER_PAGE] = HUGE
    this.used += size
    return page << UNIT_BITS
  }

  #releaseHuge(chunk: number): void {
    this.used -= this.page(chunk).length
    const page = chunk >>> UNIT_BITS
    this.#classes[page * RUNS_PER_PAGE] = NO_CLASS
    this.#dropPage(page)
  }
}

const HUGE_STEP = 16 * 1024
const hugeBytes = (bytes: number): number => Math.ceil(bytes / HUGE_STEP) * HUGE_STEP

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
