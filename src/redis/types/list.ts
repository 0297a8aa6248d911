import { wordAt } from '../../net/bytes.ts'
import type { Database } from '../keyspace/database.ts'
import { LISTPACK, QUICKLIST } from '../keyspace/entry.ts'
import type { LargeValue } from '../keyspace/objects.ts'
import type { Arena } from '../memory/arena.ts'
import {
  createPacked,
  FIRST_PLACE,
  packedAt,
  packedCount,
  packedEach,
  packedEnd,
  packedFind,
  packedInsert,
  packedIs,
  packedLength,
  packedNext,
  packedPrevious,
  packedRemove,
  packedReplace,
  packedSize,
  packedStart,
  type TakeBytes,
} from './packed.ts'

const FIRST_NODES = 8

/** A list too large for one chunk: several, one behind the other, in a ring of their names that grows at both ends. */
export class Quicklist implements LargeValue {
  count = 0
  nodes = 0
  readonly #arena: Arena
  #ring = new Int32Array(FIRST_NODES)
  #first = 0

  constructor(arena: Arena) {
    this.#arena = arena
  }

  get bytes(): number {
    let sum = 4 * this.#ring.length
    for (let node = 0; node < this.nodes; node++) sum += this.#arena.capacity(this.chunk(node))
    return sum
  }

  chunk(node: number): number {
    return wordAt(this.#ring, this.#slot(node))
  }

  setChunk(node: number, chunk: number): void {
    this.#ring[this.#slot(node)] = chunk
  }

  /** Puts a chunk before a node; behind the last, if that is `nodes`. The shorter side makes room. */
  insert(node: number, chunk: number): void {
    if (this.nodes === this.#ring.length) this.#grow()
    if (node < this.nodes / 2) {
      this.#first = (this.#first - 1) & (this.#ring.length - 1)
      this.nodes++
      for (let at = 0; at < node; at++) this.setChunk(at, this.chunk(at + 1))
    } else {
      this.nodes++
      for (let at = this.nodes - 1; at > node; at--) this.setChunk(at, this.chunk(at - 1))
    }
    this.setChunk(node, chunk)
  }

  /** Takes a node out; its chunk is the caller's. */
  remove(node: number): void {
    if (node < this.nodes / 2) {
      for (let at = node; at > 0; at--) this.setChunk(at, this.chunk(at - 1))
      this.#first = (this.#first + 1) & (this.#ring.length - 1)
    } else {
      for (let at = node; at < this.nodes - 1; at++) this.setChunk(at, this.chunk(at + 1))
    }
    this.nodes--
  }

  copy(): Quicklist {
    const arena = this.#arena
    const copied = new Quicklist(arena)
    copied.count = this.count
    for (let node = 0; node < this.nodes; node++) {
      const chunk = this.chunk(node)
      const used = packedEnd(arena, chunk)
      const other = arena.allocate(used)
      const start = arena.offset(chunk)
      arena.page(chunk).copy(arena.page(other), arena.offset(other), start, start + used)
      copied.insert(node, other)
    }
    return copied
  }

  freeSome(members: number): boolean {
    for (let left = members; left > 0 && this.nodes > 0; ) {
      const chunk = this.chunk(this.nodes - 1)
      left -= packedCount(this.#arena, chunk)
      this.#arena.release(chunk)
      this.nodes--
    }
    return this.nodes === 0
  }

  #slot(node: number): number {
    return (this.#first + node) & (this.#ring.length - 1)
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#ring.length)
    for (let node = 0; node < this.nodes; node++) larger[node] = this.chunk(node)
    this.#ring = larger
    this.#first = 0
  }
}

// `list-max-listpack-size`, where it is negative: -1 to -5, as which all below it count.
const LARGEST_BYTES = 65_536
const SIZES = [4096, 8192, 16_384, 32_768, LARGEST_BYTES] as const
// Where it counts elements, they may not take more than this.
const SAFE_BYTES = 8192

/** How many elements and bytes a chunk may hold, by `list-max-listpack-size`. */
export const chunkLimits = (maxSize: number): { readonly elements: number; readonly bytes: number } => ({
  elements: maxSize < 0 ? Number.POSITIVE_INFINITY : Math.max(1, maxSize),
  bytes: maxSize < 0 ? (SIZES[-maxSize - 1] ?? LARGEST_BYTES) : SAFE_BYTES,
})

/**
 * The list that a command works on, small (one chunk) or large, with a place in it: between elements, and at the one behind it. One is
 * enough for most commands: `open` makes it another's.
 */
export class OpenList {
  #db: Database | undefined
  #arena: Arena | undefined
  #entry = 0
  #large: Quicklist | undefined
  #mostElements = 0
  #mostBytes = 0
  #node = 0
  #place = FIRST_PLACE

  /** @param maxSize `list-max-listpack-size`: how large a chunk may be. */
  open(db: Database, entry: number, maxSize: number): this {
    this.#db = db
    this.#arena = db.arena
    this.#entry = entry
    this.#large = db.encodingOf(entry) === LISTPACK ? undefined : (db.objectOf(entry) as Quicklist) // a list's only object
    const { elements, bytes } = chunkLimits(maxSize)
    this.#mostElements = elements
    this.#mostBytes = bytes
    return this
  }

  get length(): number {
    return this.#large?.count ?? packedCount(this.arena, this.#chunk(0))
  }

  get arena(): Arena {
    return this.#arena as Arena // nothing is asked of it before `open`
  }

  /** What is at the place: where in the page of `chunk` the element begins, and how long it is. */
  get chunk(): number {
    return this.#chunk(this.#node)
  }

  get start(): number {
    return packedStart(this.arena, this.chunk, this.#place)
  }

  get elementLength(): number {
    return packedLength(this.arena, this.chunk, this.#place)
  }

  /** A copy of the element at the place. */
  element(): Buffer {
    const { start } = this
    return Buffer.from(this.arena.page(this.chunk).subarray(start, start + this.elementLength))
  }

  /** Whether the element at the place is these bytes. */
  is(view: DataView, start: number, length: number): boolean {
    return packedIs(this.arena, this.chunk, this.#place, view, start, length)
  }

  /** Goes to an element by its index, from the end if that is negative. Answers whether there is one. */
  seek(index: number): boolean {
    const { arena, length } = this
    let left = index < 0 ? length + index : index
    if (left < 0 || left >= length) return false
    if (left < length / 2) {
      this.#node = 0
      for (let held = this.#heldBy(0); left >= held; held = this.#heldBy(this.#node)) {
        left -= held
        this.#node++
      }
    } else {
      left = length - left
      this.#node = this.nodes - 1
      for (let held = this.#heldBy(this.#node); left > held; held = this.#heldBy(this.#node)) {
        left -= held
        this.#node--
      }
      left = this.#heldBy(this.#node) - left
    }
    this.#place = packedAt(arena, this.chunk, left)
    return true
  }

  /** Goes to the element behind this one; false: it was the last. */
  next(): boolean {
    this.#place = packedNext(this.arena, this.chunk, this.#place)
    return this.here()
  }

  /** Whether there is an element at the place, or behind it where a chunk has ended. */
  here(): boolean {
    while (this.#node < this.nodes) {
      if (this.#place < packedEnd(this.arena, this.chunk)) return true
      this.#node++
      this.#place = FIRST_PLACE
    }
    return false
  }

  /** Goes to the element before the place; false: there is none. */
  previous(): boolean {
    const { arena } = this
    if (this.#place === FIRST_PLACE) {
      if (this.#node === 0) return false
      this.#node--
      this.#place = packedEnd(arena, this.chunk)
    }
    this.#place = packedPrevious(arena, this.chunk, this.#place)
    return true
  }

  /** Goes to the first element that is these bytes. */
  find(view: DataView, start: number, length: number): boolean {
    for (this.#node = 0; this.#node < this.nodes; this.#node++) {
      this.#place = packedFind(this.arena, this.chunk, view, start, length)
      if (this.#place !== 0) return true
    }
    return false
  }

  /** Gives each of so many elements from an index on to `take`, backwards if it is told so. */
  each(index: number, elements: number, take: TakeBytes, backwards = false): void {
    const { arena } = this
    if (elements <= 0 || !this.seek(index)) return
    if (!backwards) {
      let left = packedEach(arena, this.chunk, this.#place, elements, take)
      for (let node = this.#node + 1; left > 0 && node < this.nodes; node++)
        left = packedEach(arena, this.#chunk(node), FIRST_PLACE, left, take)
      return
    }
    let left = elements
    do {
      const { chunk, start } = this
      take(arena.page(chunk), arena.view(chunk), start, start + this.elementLength)
    } while (--left > 0 && this.previous())
  }

  /** Adds an element at either end. `source` may not be of the list's own chunks, here as below. */
  push(atHead: boolean, source: Buffer, start: number, end: number): void {
    const node = atHead ? 0 : this.nodes - 1
    const chunk = this.#chunk(node)
    if (this.#hasRoom(chunk, end - start)) {
      const place = atHead ? FIRST_PLACE : packedEnd(this.arena, chunk)
      this.#put(node, packedInsert(this.arena, chunk, place, source, start, end))
    } else this.#addNode(atHead ? 0 : this.nodes, source, start, end)
    this.#count(1)
    this.#outgrow()
  }

  /** Adds an element at the place, which stays before or behind it. */
  insert(behind: boolean, source: Buffer, start: number, end: number): void {
    const { arena } = this
    if (behind) this.#place = packedNext(arena, this.chunk, this.#place)
    this.#insertHere(source, start, end)
    this.#count(1)
  }

  /** To be called before an element of so many bytes is put in: servers make a list large that would not hold it besides all it has. */
  expect(bytes: number): void {
    if (this.#large === undefined && !this.#hasRoom(this.#chunk(0), bytes)) this.#enlarged()
  }

  /** Puts other bytes in the place of the element. */
  replace(source: Buffer, start: number, end: number): void {
    const { arena, chunk } = this
    const grows = packedSize(end - start) - packedSize(this.elementLength)
    if (grows <= 0 || packedEnd(arena, chunk) + grows <= this.#mostBytes || packedCount(arena, chunk) === 1) {
      this.#put(this.#node, packedReplace(arena, chunk, this.#place, source, start, end))
      this.#outgrow()
      return
    }
    this.#put(this.#node, packedRemove(arena, chunk, this.#place))
    this.#insertHere(source, start, end)
  }

  /** Takes out the element; the place is then where it was. */
  remove(): void {
    this.#removeFrom(this.#node, this.#place, 1)
    this.#count(-1)
  }

  /** Takes out so many elements at either end, of which there are more. */
  removeEnd(atHead: boolean, elements: number): void {
    const { arena } = this
    for (let left = elements; left > 0; ) {
      const node = atHead ? 0 : this.nodes - 1
      const held = this.#heldBy(node)
      const taken = Math.min(held, left)
      const place = atHead ? FIRST_PLACE : packedAt(arena, this.#chunk(node), held - taken)
      this.#removeFrom(node, place, taken)
      left -= taken
    }
    this.#count(-elements)
  }

  /** To be called after elements were taken out: a list that fits into half a chunk becomes small again. */
  settle(): void {
    const large = this.#large
    if (large === undefined || large.nodes !== 1) return
    const chunk = large.chunk(0)
    if (packedEnd(this.arena, chunk) > this.#mostBytes / 2 || large.count > this.#mostElements / 2) return
    const db = this.database
    large.nodes = 0
    db.keyspace.objects.take(db.packedOf(this.#entry))
    db.setValue(this.#entry, LISTPACK, chunk)
    this.#large = undefined
  }

  // Of TypeScript's privacy, here and below: V8 has its runtime look up the getters that are JavaScript's own, each time.
  private get database(): Database {
    return this.#db as Database // nothing is asked of it before `open`
  }

  private get nodes(): number {
    return this.#large?.nodes ?? 1
  }

  #chunk(node: number): number {
    return this.#large?.chunk(node) ?? this.database.packedOf(this.#entry)
  }

  #heldBy(node: number): number {
    return packedCount(this.arena, this.#chunk(node))
  }

  #put(node: number, chunk: number): void {
    if (this.#large) this.#large.setChunk(node, chunk)
    else this.database.setValue(this.#entry, LISTPACK, chunk)
  }

  #count(by: number): void {
    if (this.#large) this.#large.count += by
  }

  #hasRoom(chunk: number, bytes: number): boolean {
    const { arena } = this
    const count = packedCount(arena, chunk)
    // What is too large for any has a chunk for itself.
    if (count === 0) return true
    return count < this.#mostElements && packedEnd(arena, chunk) + packedSize(bytes) <= this.#mostBytes
  }

  #insertHere(source: Buffer, start: number, end: number): void {
    const { arena } = this
    const bytes = end - start
    const node = this.#node
    const chunk = this.#chunk(node)
    if (this.#hasRoom(chunk, bytes)) {
      this.#put(node, packedInsert(arena, chunk, this.#place, source, start, end))
      return
    }
    const atEnd = this.#place === packedEnd(arena, chunk)
    const beside = this.#place === FIRST_PLACE ? node - 1 : atEnd ? node + 1 : -1
    if (beside >= 0 && beside < this.nodes && this.#hasRoom(this.#chunk(beside), bytes)) {
      const other = this.#chunk(beside)
      const place = beside < node ? packedEnd(arena, other) : FIRST_PLACE
      this.#put(beside, packedInsert(arena, other, place, source, start, end))
    } else if (this.#place === FIRST_PLACE) this.#addNode(node, source, start, end)
    else {
      if (!atEnd) this.#split(node, this.#place)
      this.#addNode(node + 1, source, start, end)
    }
  }

  /** Makes a chunk of what is behind a place. */
  #split(node: number, place: number): void {
    const { arena } = this
    const chunk = this.#chunk(node)
    let rest = createPacked(arena, packedEnd(arena, chunk) - place + FIRST_PLACE)
    let moved = 0
    for (let at = place; at < packedEnd(arena, chunk); at = packedNext(arena, chunk, at)) {
      const start = packedStart(arena, chunk, at)
      const end = start + packedLength(arena, chunk, at)
      rest = packedInsert(arena, rest, packedEnd(arena, rest), arena.page(chunk), start, end)
      moved++
    }
    this.#enlarged().insert(node + 1, rest)
    this.#put(node, packedRemove(arena, chunk, place, moved))
  }

  #addNode(node: number, source: Buffer, start: number, end: number): void {
    const { arena } = this
    const chunk = createPacked(arena, FIRST_PLACE + packedSize(end - start))
    this.#enlarged().insert(node, packedInsert(arena, chunk, FIRST_PLACE, source, start, end))
  }

  /** A list is no longer small once its only element is too large for any chunk. */
  #outgrow(): void {
    if (this.#large === undefined && packedEnd(this.arena, this.#chunk(0)) > this.#mostBytes) this.#enlarged()
  }

  /** The list as one of several chunks. */
  #enlarged(): Quicklist {
    if (this.#large) return this.#large
    const db = this.database
    const chunk = db.packedOf(this.#entry)
    const large = new Quicklist(this.arena)
    large.insert(0, chunk)
    large.count = packedCount(this.arena, chunk)
    db.setValue(this.#entry, QUICKLIST, large)
    this.#large = large
    return large
  }

  #removeFrom(node: number, place: number, elements: number): void {
    const { arena } = this
    const chunk = this.#chunk(node)
    if (this.#large && this.#large.nodes > 1 && packedCount(arena, chunk) === elements) {
      this.#large.remove(node)
      arena.release(chunk)
      if (node === this.#node) this.#place = FIRST_PLACE
    } else this.#put(node, packedRemove(arena, chunk, place, elements))
  }
}
