import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { HASHTABLE, INTSET, LISTPACK, SET } from '../keyspace/entry.ts'
import type { Arena } from '../memory/arena.ts'
import type { Args } from '../protocol/args.ts'
import { readInteger } from '../protocol/numbers.ts'
import { Fields } from './fields.ts'
import {
  createPacked,
  FIRST_PLACE,
  packedAt,
  packedCount,
  packedEnd,
  packedFind,
  packedInsert,
  packedLength,
  packedNext,
  packedPrevious,
  packedRemove,
  packedStart,
} from './packed.ts'
import { distinctIndexes, distinctMembers } from './sampling.ts'
import { emptySpan, type Span, show } from './span.ts'

/**
 * The set that a command works on: whole numbers in their order (INTSET) or other members (LISTPACK) in one chunk, or a large one.
 * `open` makes it another's.
 */
export class OpenSet {
  /** The member that is shown. */
  readonly member: Span = emptySpan()
  #client: Client | undefined
  #entry = 0
  #large: Fields | undefined

  open(client: Client, entry: number): this {
    const { db } = client
    this.#client = client
    this.#entry = entry
    this.#large = db.encodingOf(entry) === HASHTABLE ? (db.objectOf(entry) as Fields) : undefined // a set's only object
    return this
  }

  /** Makes an empty one of a key, whatever it was before. */
  create(client: Client, args: Args, index: number): this {
    const { db } = client
    return this.open(client, db.overwrite(args, index, SET, INTSET, createPacked(db.arena)))
  }

  /**
   * Readies it for so many words, as Valkey does: none of them, it guesses, is the same as another, or there already.
   * @param isInteger Whether the first is; absent: the set has been there before.
   */
  expect(words: number, isInteger?: boolean): void {
    if (this.#large) return
    const { setMaxIntsetEntries, setMaxListpackEntries } = this.opener.core.config.settings
    const isNew = isInteger !== undefined
    if ((isInteger ?? this.encoding === INTSET) && words <= setMaxIntsetEntries) return
    if (words > setMaxListpackEntries || (!isNew && this.encoding === INTSET)) this.#enlarge()
    else if (isNew) this.db.setValue(this.#entry, LISTPACK, this.chunk)
  }

  get count(): number {
    return this.#large?.count ?? packedCount(this.arena, this.chunk)
  }

  has(view: DataView, start: number, end: number): boolean {
    return this.#large
      ? this.#large.find(view, start, end) !== 0
      : packedFind(this.arena, this.chunk, view, start, end - start) !== 0
  }

  /** Answers whether the member is new. */
  add(bytes: Buffer, view: DataView, start: number, end: number): boolean {
    if (this.#large) return this.#large.add(bytes, view, start, end)
    if (this.has(view, start, end)) return false
    if (!this.#takesPacked(bytes, start, end)) {
      this.#enlarge()
      return this.add(bytes, view, start, end)
    }
    const chunk = this.chunk
    const isInts = this.encoding === INTSET
    const place = isInts ? this.#placeOf(bytes, start, end) : packedEnd(this.arena, chunk)
    this.#put(packedInsert(this.arena, chunk, place, bytes, start, end))
    return true
  }

  /** Answers whether the member was there. */
  remove(view: DataView, start: number, end: number): boolean {
    if (this.#large) {
      const found = this.#large.find(view, start, end)
      if (found !== 0) this.#large.remove(found)
      return found !== 0
    }
    const place = packedFind(this.arena, this.chunk, view, start, end - start)
    if (place !== 0) this.#put(packedRemove(this.arena, this.chunk, place))
    return place !== 0
  }

  /** Calls `take` with each member shown; false from it ends that. */
  each(take: (member: Span) => unknown): void {
    const arena = this.arena
    if (this.#large) {
      let goesOn = true
      this.#large.table.each((member) => {
        if (goesOn) goesOn = take(this.#showMember(member)) !== false
      })
      return
    }
    const chunk = this.chunk
    for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); place = packedNext(arena, chunk, place)) {
      if (take(this.#showPlace(place)) === false) return
    }
  }

  /** Shows one by chance. */
  one(random: () => number): Span {
    return this.#large
      ? this.#showMember(this.#large.table.random(random))
      : this.#showIndex(Math.floor(random() * this.count))
  }

  /** Calls `take` with so many by chance, each once; there are more. */
  sample(random: () => number, count: number, take: (member: Span) => void): void {
    if (this.#large) {
      for (const member of distinctMembers(random, count, this.#large.table)) take(this.#showMember(member))
    } else for (const index of distinctIndexes(random, count, this.count)) take(this.#showIndex(index))
  }

  /** As SCAN: calls `take` with some, and answers the cursor of the next; a small one is shown as a whole. */
  scan(cursor: number, take: (member: Span) => void): number {
    if (this.#large) return this.#large.table.scan(cursor, (member) => take(this.#showMember(member)))
    this.each(take)
    return 0
  }

  /** Whether it stays in one chunk with this member, which isn't there yet; numbers among others become such. */
  #takesPacked(bytes: Buffer, start: number, end: number): boolean {
    const { setMaxIntsetEntries, setMaxListpackEntries, setMaxListpackValue } = this.opener.core.config.settings
    const { count } = this
    if (this.encoding === INTSET) {
      if (readInteger(bytes, start, end) !== undefined) return count < setMaxIntsetEntries
      if (this.#longestNumber() > setMaxListpackValue) return false
      this.db.setValue(this.#entry, LISTPACK, this.chunk)
    }
    return count < setMaxListpackEntries && end - start <= setMaxListpackValue
  }

  /** Digits of the longest of numbers in order: the least or the greatest. */
  #longestNumber(): number {
    const arena = this.arena
    const chunk = this.chunk
    if (this.count === 0) return 0
    const last = packedPrevious(arena, chunk, packedEnd(arena, chunk))
    return Math.max(packedLength(arena, chunk, FIRST_PLACE), packedLength(arena, chunk, last))
  }

  /** Where among numbers in order another one belongs. */
  #placeOf(bytes: Buffer, start: number, end: number): number {
    const arena = this.arena
    const chunk = this.chunk
    const page = arena.page(chunk)
    const last = packedEnd(arena, chunk)
    let place = FIRST_PLACE
    for (; place < last; place = packedNext(arena, chunk, place)) {
      const at = packedStart(arena, chunk, place)
      if (isBelow(bytes, start, end, page, at, at + packedLength(arena, chunk, place))) break
    }
    return place
  }

  #enlarge(): void {
    const db = this.db
    const chunk = this.chunk
    const large = new Fields(db.arena, db.keyspace.seed)
    this.each(({ page, view, start, end }) => {
      large.add(page, view, start, end)
    })
    db.setValue(this.#entry, HASHTABLE, large)
    db.arena.release(chunk)
    this.#large = large
  }

  // Of TypeScript's privacy, here and below: V8 has its runtime look up the getters that are JavaScript's own, each time.
  private get opener(): Client {
    return this.#client as Client // nothing is asked of it before `open`
  }

  private get db(): Database {
    return this.opener.db
  }

  private get arena(): Arena {
    return this.db.arena
  }

  private get chunk(): number {
    return this.db.packedOf(this.#entry)
  }

  get encoding(): number {
    return this.db.encodingOf(this.#entry)
  }

  #put(chunk: number): void {
    this.db.setValue(this.#entry, this.encoding, chunk)
  }

  #showIndex(index: number): Span {
    return this.#showPlace(packedAt(this.arena, this.chunk, index))
  }

  #showPlace(place: number): Span {
    const arena = this.arena
    const start = packedStart(arena, this.chunk, place)
    return this.#show(this.chunk, start, packedLength(arena, this.chunk, place))
  }

  #showMember(member: number): Span {
    const large = this.#large as Fields // members are those of large ones
    return this.#show(member, large.fieldStart(member), large.fieldLength(member))
  }

  #show(chunk: number, start: number, length: number): Span {
    show(this.member, this.arena, chunk, start, length)
    return this.member
  }
}

const MINUS = 0x2d

/** Whether a whole number is below another, both as the digits that redis writes. */
function isBelow(a: Buffer, aStart: number, aEnd: number, b: Buffer, bStart: number, bEnd: number): boolean {
  const isNegative = a[aStart] === MINUS
  if (isNegative !== (b[bStart] === MINUS)) return isNegative
  const longer = aEnd - aStart - (bEnd - bStart)
  const order = longer === 0 ? a.compare(b, bStart, bEnd, aStart, aEnd) : longer
  return isNegative ? order > 0 : order < 0
}
