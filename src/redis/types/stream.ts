import type { LargeValue } from '../keyspace/objects.ts'
import type { Arena } from '../memory/arena.ts'
import type { Args } from '../protocol/args.ts'
import type { Replies } from '../protocol/replies.ts'
import {
  createPacked,
  FIRST_PLACE,
  packedAppend,
  packedCount,
  packedEnd,
  packedNext,
  packedPrevious,
  packedRemove,
  packedStart,
} from './packed.ts'
import { type Group, UNKNOWN_READ } from './stream-groups.ts'
import { NodeBooks, type NodeLimits } from './stream-node.ts'

/** Ids of entries are one number of 128 bits, milliseconds before sequence: so they are compared and counted on. */
const SEQUENCE_BITS = 64n
const SEQUENCE_MASK = (1n << SEQUENCE_BITS) - 1n
export const LAST_ID: bigint = (1n << 128n) - 1n
export const MOST_PART: bigint = SEQUENCE_MASK

export const idOf = (ms: bigint, sequence: bigint): bigint => (ms << SEQUENCE_BITS) | sequence
export const msOf = (id: bigint): bigint => id >> SEQUENCE_BITS
export const sequenceOf = (id: bigint): bigint => id & SEQUENCE_MASK
export const idText = (id: bigint): string => `${msOf(id)}-${sequenceOf(id)}`

/** How a stream is shortened. */
export interface Trim {
  /** So many entries are left, or those from an id on. */
  readonly to: { readonly length: number } | { readonly id: bigint }
  /** Only whole nodes go. */
  readonly isRough: boolean
  /** Entries that may go at once; 0: all. */
  readonly limit: number
}

/** Told of an entry: where it lies is valid during the call. Answers whether it wants the next one. */
type TakeEntry = (id: bigint, chunk: number, place: number) => boolean

// An entry is one element of a node: its id, how many words it has, and each behind its length.
const WORDS_AT = 16
const ENTRY_HEAD = 20
const WORD_HEAD = 4

/** A stream: entries in chunks of some each, in order, and its groups. */
export class Stream implements LargeValue {
  length = 0
  lastId = 0n
  firstId = 0n
  maxDeletedId = 0n
  entriesAdded = 0
  readonly groups = new Map<string, Group>()
  readonly #arena: Arena
  #chunks: number[] = []
  /** Of each node. */
  #books: NodeBooks[] = []

  constructor(arena: Arena) {
    this.#arena = arena
  }

  get nodes(): number {
    return this.#chunks.length
  }

  get bytes(): number {
    let sum = 0
    for (const chunk of this.#chunks) sum += this.#arena.capacity(chunk)
    for (const { pending } of this.groups.values()) sum += PENDING_BYTES * pending.size
    return sum
  }

  /** Adds an entry, whose id is above the last; its fields and values are the words from `from` on. */
  append(id: bigint, args: Args, from: number, limits: NodeLimits): void {
    const entry = encoded(id, args, from)
    const arena = this.#arena
    let node = this.#chunks.length - 1
    let books = this.#books[node]
    if (!books?.hasRoom(packedCount(arena, this.#chunk(node)), args, from, limits)) {
      node++
      books = NodeBooks.of(id, args, from, books)
      this.#chunks.push(createPacked(arena))
      this.#books.push(books)
    }
    books.add(id, args, from)
    this.#chunks[node] = packedAppend(arena, this.#chunk(node), entry, 0, entry.length)
    this.length++
    this.entriesAdded++
    this.lastId = id
    if (this.length === 1) this.firstId = id
  }

  /** Takes an entry out. Answers whether there was one. */
  remove(id: bigint): boolean {
    const node = this.#nodeOf(id)
    if (node < 0) return false
    const place = this.#placeFrom(node, id)
    const chunk = this.#chunk(node)
    if (place >= packedEnd(this.#arena, chunk) || this.#idAt(chunk, place) !== id) return false
    this.#removeFrom(node, place, 1)
    if (id > this.maxDeletedId) this.maxDeletedId = id
    this.#noteFirst()
    return true
  }

  /** Shortens it. Answers how many entries have gone. */
  trim({ to, isRough, limit }: Trim): number {
    const arena = this.#arena
    let removed = 0
    let nodes = 0
    for (; nodes < this.#chunks.length; nodes++) {
      const chunk = this.#chunk(nodes)
      const held = packedCount(arena, chunk)
      if (limit > 0 && removed + held > limit) break
      const goes =
        'length' in to
          ? this.length - removed - held >= to.length
          : this.#idAt(chunk, packedPrevious(arena, chunk, packedEnd(arena, chunk))) < to.id
      if (!goes) {
        if (!isRough) removed += this.#trimNode(nodes, 'length' in to ? this.length - removed - to.length : to.id)
        break
      }
      removed += held
      arena.release(chunk)
    }
    this.#chunks.splice(0, nodes)
    this.#books.splice(0, nodes)
    this.length -= removed
    this.#noteFirst()
    return removed
  }

  /** Takes out the first entries of a node, of which some stay: so many, or those below an id. Answers how many. */
  #trimNode(node: number, most: number | bigint): number {
    const chunk = this.#chunk(node)
    let entries = 0
    for (let place = FIRST_PLACE; ; entries++) {
      if (typeof most === 'number' ? entries >= most : this.#idAt(chunk, place) >= most) break
      place = packedNext(this.#arena, chunk, place)
    }
    if (entries === 0) return 0
    this.#chunks[node] = packedRemove(this.#arena, chunk, FIRST_PLACE, entries)
    this.#noteGone(node, entries)
    return entries
  }

  has(id: bigint): boolean {
    let found = false
    this.each(id, id, false, () => {
      found = true
      return false
    })
    return found
  }

  /** The id of the last entry there is; 0: none is. */
  lastThere(): bigint {
    const chunk = this.#chunks.at(-1)
    if (chunk === undefined) return 0n
    return this.#idAt(chunk, packedPrevious(this.#arena, chunk, packedEnd(this.#arena, chunk)))
  }

  /** Gives the entries between two ids to `take`, from the last on if it is told so. */
  each(from: bigint, to: bigint, backwards: boolean, take: TakeEntry): void {
    if (backwards) this.#eachBackwards(from, to, take)
    else this.#eachForwards(from, to, take)
  }

  #eachForwards(from: bigint, to: bigint, take: TakeEntry): void {
    const arena = this.#arena
    const first = Math.max(0, this.#nodeOf(from))
    for (let node = first; node < this.#chunks.length; node++) {
      const chunk = this.#chunk(node)
      let place = node === first ? this.#placeFrom(node, from) : FIRST_PLACE
      for (; place < packedEnd(arena, chunk); place = packedNext(arena, chunk, place)) {
        const id = this.#idAt(chunk, place)
        if (id > to || !take(id, chunk, place)) return
      }
    }
  }

  #eachBackwards(from: bigint, to: bigint, take: TakeEntry): void {
    const arena = this.#arena
    for (let node = this.#nodeOf(to); node >= 0; node--) {
      const chunk = this.#chunk(node)
      let place = packedEnd(arena, chunk)
      while (place > FIRST_PLACE) {
        place = packedPrevious(arena, chunk, place)
        const id = this.#idAt(chunk, place)
        if (id > to) continue
        if (id < from || !take(id, chunk, place)) return
      }
    }
  }

  /** Replies an entry: its id, and its fields and values. */
  reply(replies: Replies, id: bigint, chunk: number, place: number): void {
    const arena = this.#arena
    const [page, view] = [arena.page(chunk), arena.view(chunk)]
    const start = packedStart(arena, chunk, place)
    const words = view.getUint32(start + WORDS_AT, true)
    replies.array(2)
    replies.bulkText(idText(id))
    replies.array(words)
    let at = start + ENTRY_HEAD
    for (let word = 0; word < words; word++) {
      const length = view.getUint32(at, true)
      at += WORD_HEAD
      replies.bulk(page, view, at, at + length)
      at += length
    }
  }

  /** Copies of the fields and values of an entry. */
  wordsAt(chunk: number, place: number): Buffer[] {
    const page = this.#arena.page(chunk)
    const start = packedStart(this.#arena, chunk, place)
    let at = start + ENTRY_HEAD
    return Array.from({ length: page.readUInt32LE(start + WORDS_AT) }, () => {
      const from = at + WORD_HEAD
      at = from + page.readUInt32LE(at)
      return Buffer.from(page.subarray(from, at))
    })
  }

  copy(): Stream {
    const arena = this.#arena
    const copied = new Stream(arena)
    const { length, lastId, firstId, maxDeletedId, entriesAdded } = this
    Object.assign(copied, { length, lastId, firstId, maxDeletedId, entriesAdded })
    copied.#books = this.#books.map((books) => books.copy())
    copied.#chunks = this.#chunks.map((chunk) => {
      const used = packedEnd(arena, chunk)
      const other = arena.allocate(used)
      const start = arena.offset(chunk)
      arena.page(chunk).copy(arena.page(other), arena.offset(other), start, start + used)
      return other
    })
    for (const [name, group] of this.groups) copied.groups.set(name, group.copy())
    return copied
  }

  freeSome(members: number): boolean {
    for (let left = members; left > 0; ) {
      const chunk = this.#chunks.pop()
      if (chunk === undefined) break
      left -= packedCount(this.#arena, chunk)
      this.#arena.release(chunk)
    }
    return this.#chunks.length === 0
  }

  // How far groups have read.

  /** How many entries were added up to this one; UNKNOWN_READ where it can't be told. */
  entriesUpTo(id: bigint): number {
    const { entriesAdded, firstId, lastId, length, maxDeletedId } = this
    if (entriesAdded === 0) return 0
    if (length === 0 && id <= lastId) return entriesAdded
    if (id === lastId) return entriesAdded
    if (id > lastId) return UNKNOWN_READ
    if (maxDeletedId === 0n || maxDeletedId < firstId) {
      if (id < firstId) return entriesAdded - length
      if (id === firstId) return entriesAdded - length + 1
    }
    return UNKNOWN_READ
  }

  /** Whether an entry from this one on was deleted from amid others. */
  hasGapsFrom(id: bigint): boolean {
    return this.length > 0 && this.maxDeletedId !== 0n && this.maxDeletedId >= this.firstId && id <= this.maxDeletedId
  }

  /** How many entries a group has yet to read; undefined: it can't be told. */
  lagOf(group: Group): number | undefined {
    if (this.entriesAdded === 0) return 0
    if (group.entriesRead !== UNKNOWN_READ && !this.hasGapsFrom(group.lastId))
      return this.entriesAdded - group.entriesRead
    const read = this.entriesUpTo(group.lastId)
    return read === UNKNOWN_READ ? undefined : this.entriesAdded - read
  }

  // Nodes.

  #chunk(node: number): number {
    return this.#chunks[node] as number // callers name nodes that there are
  }

  #noteGone(node: number, entries: number): void {
    const books = this.#books[node]
    if (books !== undefined) books.gone += entries
  }

  #idAt(chunk: number, place: number): bigint {
    const start = packedStart(this.#arena, chunk, place)
    const view = this.#arena.view(chunk)
    return idOf(view.getBigUint64(start, true), view.getBigUint64(start + 8, true))
  }

  /** The last node whose first entry is not above an id; -1: all are. */
  #nodeOf(id: bigint): number {
    let [low, high] = [0, this.#chunks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#idAt(this.#chunk(middle), FIRST_PLACE) <= id) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The place in a node of the first entry from an id on; its end, if there is none. */
  #placeFrom(node: number, id: bigint): number {
    const arena = this.#arena
    const chunk = this.#chunk(node)
    let place = FIRST_PLACE
    while (place < packedEnd(arena, chunk) && this.#idAt(chunk, place) < id) place = packedNext(arena, chunk, place)
    return place
  }

  #removeFrom(node: number, place: number, entries: number): void {
    const arena = this.#arena
    const chunk = this.#chunk(node)
    this.length -= entries
    if (packedCount(arena, chunk) === entries) {
      this.#chunks.splice(node, 1)
      this.#books.splice(node, 1)
      arena.release(chunk)
      return
    }
    this.#chunks[node] = packedRemove(arena, chunk, place, entries)
    this.#noteGone(node, entries)
  }

  #noteFirst(): void {
    const first = this.#chunks[0]
    this.firstId = first === undefined ? 0n : this.#idAt(first, FIRST_PLACE)
  }
}

// What an entry that is pending takes of the heap, about.
const PENDING_BYTES = 150

function encoded(id: bigint, args: Args, from: number): Buffer {
  const words = args.count - from
  let bytes = ENTRY_HEAD
  for (let i = from; i < args.count; i++) bytes += WORD_HEAD + args.length(i)
  const entry = Buffer.allocUnsafe(bytes)
  entry.writeBigUInt64LE(msOf(id), 0)
  entry.writeBigUInt64LE(sequenceOf(id), 8)
  entry.writeUInt32LE(words, WORDS_AT)
  let at = ENTRY_HEAD
  for (let i = from; i < args.count; i++) {
    at = entry.writeUInt32LE(args.length(i), at)
    at += args.bytes.copy(entry, at, args.start(i), args.end(i))
  }
  return entry
}
