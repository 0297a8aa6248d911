import { byteAt, copyViewed, replyView, requestView, wordAt } from '../../net/bytes.ts'
import { allocateChunked, headerClass, pullChunk, TOO_LARGE } from './allocation.ts'
import { readChunks, releaseChunks, setHead, writeChunks } from './chunks.ts'
import { HashTable } from './hash-table.ts'
import {
  ACTIVE,
  CAS_HIGH,
  CAS_LOW,
  CHUNKED,
  CHUNKS,
  CLASS_MASK,
  CLIENT_FLAGS,
  COLD,
  EXPTIME,
  FETCHED,
  HASH,
  HOT,
  itemBytes,
  LINKED,
  META,
  NEXT,
  TEMP,
  TIME,
  VALUE_BYTES,
  WARM,
} from './item.ts'
import { count, ListCounters, LruLists } from './lru.ts'
import type { StoreOptions } from './options.ts'
import { ITEM_HEADER_BYTES, slabClasses, slabClassOf } from './slab-classes.ts'
import { SlabMover } from './slab-mover.ts'
import { Slabs } from './slabs.ts'

// An unsegmented LRU moves an item at most once a minute, as memcached does (ITEM_UPDATE_INTERVAL).
const UPDATE_INTERVAL = 60
// The node's seconds start here rather than at 0, so that "in the past" can be told from "never".
const START = UPDATE_INTERVAL + 2
const MAX_RELATIVE_EXPTIME = 60 * 60 * 24 * 30
const ONE_BYTE = Buffer.alloc(1)

/** The items of one node: memory, index, order of use and expiry. Knows nothing of protocols. */
export class ItemStore {
  readonly options: StoreOptions
  readonly slabs: Slabs
  readonly table: HashTable
  readonly lru: LruLists
  readonly listCounters = new ListCounters()
  readonly mover: SlabMover
  /** The node's seconds: START at its beginning, advanced by `tick`. */
  now = START
  /** Bytes of all linked items, as memcached counts them. */
  bytes = 0
  totalItems = 0
  /** Items found expired, or flushed, when they were asked for. */
  getExpired = 0
  getFlushed = 0
  /** The CAS unique given last. */
  lastCas = 0
  /** What a CAS unique adds to an item. */
  readonly casBytes: 0 | 8
  /** An item that an allocation in progress must not evict, or 0. */
  pinned = 0
  onEviction: ((item: number) => void) | undefined
  /** Told of every `find`: the key's bytes, and the item or 0. */
  onFind: ((bytes: Uint8Array, start: number, end: number, item: number) => void) | undefined

  readonly #startedAt: number
  // Items last changed at or before this second are flushed, once it has come; 0 is none.
  #oldestLive = 0
  #oldestCas = 0

  /** @param now Seconds since 1970. */
  constructor(options: StoreOptions, now: number) {
    this.options = options
    this.slabs = new Slabs(slabClasses(options), options.memoryLimit, options.pagesReckoned)
    this.table = new HashTable(this.slabs)
    this.lru = new LruLists(this.slabs)
    this.mover = new SlabMover(this)
    this.#startedAt = now - START
    this.casBytes = options.casEnabled ? 8 : 0
  }

  get items(): number {
    return this.table.count
  }

  /** Seconds since the node's start before which everything is flushed, as `stats settings` shows it. */
  get oldestLive(): number {
    return this.#oldestLive
  }

  /** Calls `visitor` with every linked item, list by list; it may not remove them. */
  forEach(visitor: (item: number) => void): void {
    for (let list = 0; list < this.lru.heads.length; list++) {
      for (let item = wordAt(this.lru.heads, list); item !== 0; item = this.slabs.word(item, NEXT)) visitor(item)
    }
  }

  /** Sets what it counts to zero; what it holds stays. */
  resetCounts(): void {
    this.listCounters.reset()
    this.mover.resetCounts()
    this.totalItems = 0
    this.getExpired = 0
    this.getFlushed = 0
  }

  /** Moves the node's time to `now` (seconds since 1970). */
  setTime(now: number): void {
    this.now = now - this.#startedAt
  }

  /** Seconds since 1970 of a moment in the node's seconds. */
  unixTime(seconds: number): number {
    return seconds + this.#startedAt
  }

  /**
   * A client's exptime in the node's seconds. 0 is never, negative is at once, up to 30 days is relative, more is a
   * moment in seconds since 1970 (protocol.txt, "Expiration times").
   */
  expiry(exptime: number): number {
    if (exptime === 0) return 0
    if (exptime < 0) return 1
    if (exptime <= MAX_RELATIVE_EXPTIME) return exptime + this.now
    // The binary protocol's moments may lie past what a word holds with a sign; the year 2091 is far enough.
    return exptime <= this.#startedAt ? 1 : Math.min(exptime - this.#startedAt, 0x7fffffff)
  }

  // --- finding ---------------------------------------------------------------------------------------------------

  /** The live item under a key, or 0; an expired or flushed one is unlinked on the way. Does not count as use. */
  find(bytes: Buffer, start: number, end: number, hash: number): number {
    const item = this.#live(this.table.find(requestView(bytes), start, end - start, hash))
    if (this.onFind !== undefined) this.onFind(bytes, start, end, item)
    return item
  }

  /** As `find`, of the key of an item that is not linked. */
  findLike(item: number): number {
    const { slabs } = this
    const start = this.keyOffset(item)
    const length = this.keyBytes(item)
    const found = this.#live(this.table.find(slabs.view(item), start, length, slabs.word(item, HASH)))
    if (this.onFind !== undefined) this.onFind(slabs.page(item), start, start + length, found)
    return found
  }

  #live(item: number): number {
    if (item === 0) return 0
    const exptime = this.slabs.word(item, EXPTIME)
    if (exptime !== 0 && exptime <= this.now) {
      this.getExpired++
      this.unlink(item)
      return 0
    }
    if (this.isFlushed(item)) {
      this.getFlushed++
      this.unlink(item)
      return 0
    }
    return item
  }

  isExpired(item: number): boolean {
    const exptime = this.slabs.word(item, EXPTIME)
    return exptime !== 0 && exptime <= this.now
  }

  isFlushed(item: number): boolean {
    const oldest = this.#oldestLive
    if (oldest === 0 || oldest > this.now) return false
    return this.slabs.word(item, TIME) <= oldest || (this.#oldestCas !== 0 && this.cas(item) < this.#oldestCas)
  }

  /** Notes a fetch. On a segmented LRU the second fetch makes an item active, and an active cold item warm. */
  bump(item: number): void {
    const slabs = this.slabs
    const meta = slabs.word(item, META)
    if (!this.options.lruSegmented) {
      slabs.setWord(item, META, meta | FETCHED)
      this.update(item)
    } else if ((meta & FETCHED) === 0) {
      slabs.setWord(item, META, meta | FETCHED)
    } else if ((meta & ACTIVE) === 0) {
      if (((meta >>> 8) & TEMP) === COLD) {
        const list = ((meta >>> 8) & CLASS_MASK) | WARM
        count(this.listCounters.movesToWarm, (list & CLASS_MASK) | COLD)
        slabs.setWord(item, TIME, this.now)
        this.lru.move(item, list, this.sizeOf(item))
      } else {
        slabs.setWord(item, META, meta | ACTIVE)
        slabs.setWord(item, TIME, this.now)
      }
    }
  }

  /** Moves an item to the head of an unsegmented LRU, at most once a minute. */
  update(item: number): void {
    if (this.options.lruSegmented) {
      if (((this.slabs.word(item, META) >>> 8) & TEMP) !== COLD) this.slabs.setWord(item, TIME, this.now)
      return
    }
    if (this.slabs.word(item, TIME) >= this.now - UPDATE_INTERVAL) return
    this.slabs.setWord(item, TIME, this.now)
    this.lru.move(item, this.lru.listOf(item), this.sizeOf(item))
  }

  // --- fields ----------------------------------------------------------------------------------------------------

  keyBytes(item: number): number {
    return this.slabs.word(item, META) & 255
  }

  keyText(item: number): string {
    const start = this.keyOffset(item)
    return this.slabs.page(item).toString('latin1', start, start + this.keyBytes(item))
  }

  /** Where in its page an item's key starts. */
  keyOffset(item: number): number {
    return this.slabs.offset(item) + ITEM_HEADER_BYTES
  }

  /** Bytes of an item's value with its final CR LF. */
  valueBytes(item: number): number {
    return this.slabs.word(item, VALUE_BYTES)
  }

  clientFlags(item: number): number {
    return this.slabs.word(item, CLIENT_FLAGS) >>> 0
  }

  classOf(item: number): number {
    return (this.slabs.word(item, META) >>> 8) & CLASS_MASK
  }

  has(item: number, flag: number): boolean {
    return (this.slabs.word(item, META) & flag) !== 0
  }

  setFlag(item: number, flag: number): void {
    this.slabs.setWord(item, META, this.slabs.word(item, META) | flag)
  }

  clearFlag(item: number, flag: number): void {
    this.slabs.setWord(item, META, this.slabs.word(item, META) & ~flag)
  }

  /** The item's CAS unique; 0 without CAS. Ours count up from 1 and stay below 2^53. */
  cas(item: number): number {
    if (this.casBytes === 0) return 0
    return (this.slabs.word(item, CAS_HIGH) >>> 0) * 4294967296 + (this.slabs.word(item, CAS_LOW) >>> 0)
  }

  setCas(item: number, cas: number): void {
    this.slabs.setWord(item, CAS_LOW, cas | 0)
    this.slabs.setWord(item, CAS_HIGH, Math.floor(cas / 4294967296))
  }

  nextCas(): number {
    return this.casBytes === 0 ? 0 : ++this.lastCas
  }

  /** Bytes an item counts for, as memcached's ITEM_ntotal. */
  sizeOf(item: number): number {
    const slabs = this.slabs
    return (
      ITEM_HEADER_BYTES +
      (slabs.word(item, META) & 255) +
      1 +
      slabs.word(item, VALUE_BYTES) +
      (slabs.word(item, CLIENT_FLAGS) === 0 ? 0 : 4) +
      this.casBytes
    )
  }

  // --- memory ----------------------------------------------------------------------------------------------------

  /** Whether an item of these sizes may be stored at all. */
  fits(keyBytes: number, valueBytes: number, clientFlags: number): boolean {
    return itemBytes(keyBytes, valueBytes, clientFlags, this.casBytes > 0) <= this.options.maxItemSize
  }

  /**
   * An unlinked item with room for `valueBytes` (CR LF included); TOO_LARGE, OUT_OF_MEMORY or OUT_OF_CHUNKS when there is none.
   * @param exptime In the node's seconds.
   * @param keyView Of `key`, where that is not what a request was read into.
   */
  allocate(
    key: Buffer,
    start: number,
    end: number,
    hash: number,
    clientFlags: number,
    exptime: number,
    valueBytes: number,
    keyView = requestView(key),
  ): number {
    const keyLength = end - start
    const total = itemBytes(keyLength, valueBytes, clientFlags, this.casBytes > 0)
    if (total > this.options.maxItemSize) return TOO_LARGE
    const slabs = this.slabs
    const classId = slabClassOf(slabs.classes, total)
    const item =
      total > this.options.slabChunkMax ? allocateChunked(this, keyLength, valueBytes, total) : pullChunk(this, classId)
    if (item <= 0) return item
    const chunked = total > this.options.slabChunkMax ? CHUNKED : 0
    slabs.setWord(item, TIME, this.now)
    slabs.setWord(item, EXPTIME, exptime)
    slabs.setWord(item, VALUE_BYTES, valueBytes)
    slabs.setWord(item, META, keyLength | ((classId | this.#firstList(exptime)) << 8) | chunked)
    slabs.setWord(item, HASH, hash)
    slabs.setWord(item, CLIENT_FLAGS, clientFlags | 0)
    slabs.setWord(item, CAS_LOW, 0)
    slabs.setWord(item, CAS_HIGH, 0)
    const to = slabs.offset(item) + ITEM_HEADER_BYTES
    copyViewed(key, keyView, start, end, slabs.page(item), slabs.view(item), to)
    return item
  }

  /** Gives back an item that is not linked. */
  free(item: number): void {
    const slabs = this.slabs
    if (!this.has(item, CHUNKED)) {
      slabs.release(item, this.classOf(item))
      return
    }
    releaseChunks(slabs, slabs.word(item, CHUNKS))
    slabs.release(item, headerClass(this, this.keyBytes(item)))
  }

  /** Makes an allocated item the one under its key. The caller has unlinked any other, and chosen its CAS. */
  link(item: number): void {
    this.setFlag(item, LINKED)
    this.slabs.setWord(item, TIME, this.now)
    const bytes = this.sizeOf(item)
    this.bytes += bytes
    this.totalItems++
    this.table.insert(item)
    this.lru.link(item, bytes)
  }

  /** Removes a linked item and gives its memory back. */
  unlink(item: number): void {
    const bytes = this.sizeOf(item)
    this.clearFlag(item, LINKED)
    this.bytes -= bytes
    this.table.remove(item)
    this.lru.unlink(item, bytes)
    this.free(item)
  }

  /**
   * Copies a linked item to another chunk of its class, which is the item from then on, everything that is known of it
   * included. The caller sees to the old chunk.
   */
  relocate(item: number, to: number): void {
    const slabs = this.slabs
    const chunked = this.has(item, CHUNKED)
    const length = chunked ? ITEM_HEADER_BYTES + this.keyBytes(item) : this.sizeOf(item)
    const start = slabs.offset(item)
    slabs.page(item).copy(slabs.page(to), slabs.offset(to), start, start + length)
    this.table.replace(item, to)
    this.lru.replace(item, to)
    if (chunked) setHead(slabs, to)
  }

  /** Flushes what was stored until now, or what will have been stored by `exptime` (a client's) when that comes. */
  flush(exptime: number): void {
    const oldest = exptime > 0 ? this.expiry(exptime) : this.now
    if (this.options.casEnabled) {
      this.#oldestLive = oldest - 1
      if (this.#oldestLive <= this.now) this.#oldestCas = this.nextCas()
    } else {
      // Without CAS nothing tells what the same second brings later from what it brought before: memcached flushes both.
      this.#oldestLive = oldest
    }
  }

  // --- values ----------------------------------------------------------------------------------------------------

  /**
   * Copies `source[start, end)` into an item's value from its byte `at` on.
   * @param view Of `source`, where that is not what a request was read into.
   */
  write(item: number, at: number, source: Buffer, start: number, end: number, view = requestView(source)): void {
    if (this.has(item, CHUNKED)) writeChunks(this.slabs, this.slabs.word(item, CHUNKS), at, source, start, end)
    else {
      const to = this.keyOffset(item) + this.keyBytes(item) + at
      copyViewed(source, view, start, end, this.slabs.page(item), this.slabs.view(item), to)
    }
  }

  /**
   * Copies `length` bytes of an item's value from its byte `at` on to `target[to]`; answers the position after them.
   * @param view Of `target`, where that is not what replies are gathered in.
   */
  read(item: number, at: number, length: number, target: Buffer, to: number, view = replyView(target)): number {
    if (this.has(item, CHUNKED)) return readChunks(this.slabs, this.slabs.word(item, CHUNKS), at, length, target, to)
    const start = this.keyOffset(item) + this.keyBytes(item) + at
    return copyViewed(this.slabs.page(item), this.slabs.view(item), start, start + length, target, view, to)
  }

  /** The byte of a value at `at`. */
  valueByte(item: number, at: number): number {
    if (!this.has(item, CHUNKED)) {
      return byteAt(this.slabs.page(item), this.keyOffset(item) + this.keyBytes(item) + at)
    }
    this.read(item, at, 1, ONE_BYTE, 0)
    return byteAt(ONE_BYTE, 0)
  }

  // Segmented: new items are hot, unless they live so briefly that they have a list of their own.
  #firstList(exptime: number): number {
    const { lruSegmented, tempLru, temporaryTtl, evictUnexpiring } = this.options
    if (!lruSegmented) return COLD
    if (!evictUnexpiring && exptime === 0) return TEMP
    return tempLru && exptime !== 0 && exptime - this.now <= temporaryTtl ? TEMP : HOT
  }
}
