import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { HASH_TYPE, HASHTABLE, LISTPACK } from '../keyspace/entry.ts'
import type { Arena } from '../memory/arena.ts'
import type { Args } from '../protocol/args.ts'
import { Fields } from './fields.ts'
import {
  createPacked,
  FIRST_PLACE,
  packedAppend,
  packedAt,
  packedCount,
  packedEnd,
  packedFind,
  packedLength,
  packedNext,
  packedRemove,
  packedReplace,
  packedStart,
} from './packed.ts'
import { distinctIndexes, distinctMembers } from './sampling.ts'
import { emptySpan, type Span, show } from './span.ts'

/** The hash that a command works on: small (fields and values in one chunk) or large. `open` makes it another's. */
export class OpenHash {
  /** The field and the value that were asked for last. */
  readonly field: Span = emptySpan()
  readonly value: Span = emptySpan()
  #client: Client | undefined
  #entry = 0
  #large: Fields | undefined
  /** Place of the field in a chunk, or member of a large one; 0: it is not there. */
  #found = 0

  open(client: Client, entry: number): this {
    const { db } = client
    this.#client = client
    this.#entry = entry
    this.#found = 0
    this.#large = db.encodingOf(entry) === HASHTABLE ? (db.objectOf(entry) as Fields) : undefined // a hash's only object
    return this
  }

  /** Makes an empty one of a key that isn't there. */
  create(client: Client, args: Args, index: number): this {
    const { db } = client
    return this.open(client, db.create(args, index, HASH_TYPE, LISTPACK, createPacked(db.arena)))
  }

  get count(): number {
    return this.#large?.count ?? packedCount(this.arena, this.chunk) / 2
  }

  /** Looks a field up, and where its value is. Answers whether it is there. */
  find(view: DataView, start: number, end: number): boolean {
    const arena = this.arena
    if (this.#large) {
      this.#found = this.#large.find(view, start, end)
      if (this.#found !== 0) this.#showMember(this.#found)
    } else {
      this.#found = packedFind(arena, this.chunk, view, start, end - start, 2)
      if (this.#found !== 0) this.#showPlace(this.#found)
    }
    return this.#found !== 0
  }

  /** Readies it for so many fields, as Valkey does: none of them, it guesses, is the same as another, or there already. */
  expect(fields: number): void {
    if (this.#large === undefined && fields > this.settings.hashMaxListpackEntries) this.enlarge()
  }

  /** Gives a field a value. Answers whether the field is new. */
  set(
    field: Buffer,
    fieldView: DataView,
    start: number,
    end: number,
    value: Buffer,
    valueView: DataView,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    if (this.#large === undefined) {
      const { hashMaxListpackEntries: mostFields, hashMaxListpackValue: mostBytes } = this.settings
      const isNew = !this.find(fieldView, start, end)
      const isLong = end - start > mostBytes || valueEnd - valueStart > mostBytes
      if (!isLong && this.count + Number(isNew) <= mostFields) {
        this.#setPacked(field, start, end, value, valueStart, valueEnd)
        return isNew
      }
      this.enlarge()
    }
    const large = this.#large as unknown as Fields // as enlarge() has left it
    return large.set(field, fieldView, start, end, value, valueView, valueStart, valueEnd)
  }

  /** Takes out the field that was found. */
  remove(): void {
    if (this.#large) this.#large.remove(this.#found)
    else this.#put(packedRemove(this.arena, this.chunk, this.#found, 2))
    this.#found = 0
  }

  /** Calls `take` with each field and value, at `field` and `value`. */
  each(take: (hash: OpenHash) => void): void {
    const arena = this.arena
    if (this.#large) {
      this.#large.table.each((member) => {
        this.#showMember(member)
        take(this)
      })
      return
    }
    const chunk = this.chunk
    for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); ) {
      this.#showPlace(place)
      take(this)
      place = packedNext(arena, chunk, packedNext(arena, chunk, place))
    }
  }

  /** Calls `take` with one field by chance. */
  one(random: () => number, take: (hash: OpenHash) => void): void {
    if (this.#large) this.#showMember(this.#large.table.random(random))
    else this.#showIndex(Math.floor(random() * this.count))
    take(this)
  }

  /** Calls `take` with so many fields by chance, each once; there are more. */
  sample(random: () => number, count: number, take: (hash: OpenHash) => void): void {
    if (this.#large) {
      for (const member of distinctMembers(random, count, this.#large.table)) {
        this.#showMember(member)
        take(this)
      }
    } else {
      for (const index of distinctIndexes(random, count, this.count)) {
        this.#showIndex(index)
        take(this)
      }
    }
  }

  /** As SCAN: calls `take` with some, and answers the cursor of the next; a small one is shown as a whole. */
  scan(cursor: number, take: (hash: OpenHash) => void): number {
    if (this.#large === undefined) {
      this.each(take)
      return 0
    }
    return this.#large.table.scan(cursor, (member) => {
      this.#showMember(member)
      take(this)
    })
  }

  /** Makes it a large one. */
  enlarge(): void {
    if (this.#large) return
    const db = this.db
    const chunk = this.chunk
    const large = new Fields(db.arena, db.keyspace.seed)
    this.each(({ field, value }) => {
      large.set(field.page, field.view, field.start, field.end, value.page, value.view, value.start, value.end)
    })
    db.setValue(this.#entry, HASHTABLE, large)
    db.arena.release(chunk)
    this.#large = large
  }

  #setPacked(field: Buffer, start: number, end: number, value: Buffer, valueStart: number, valueEnd: number): void {
    const arena = this.arena
    const chunk = this.chunk
    if (this.#found !== 0) {
      const place = packedNext(arena, chunk, this.#found)
      this.#put(packedReplace(arena, chunk, place, value, valueStart, valueEnd))
      return
    }
    this.#put(packedAppend(arena, packedAppend(arena, chunk, field, start, end), value, valueStart, valueEnd))
  }

  // Of TypeScript's privacy, here and below: V8 has its runtime look up the getters that are JavaScript's own, each time.
  private get db(): Database {
    return this.opener.db
  }

  private get settings(): Client['core']['config']['settings'] {
    return this.opener.core.config.settings
  }

  private get opener(): Client {
    return this.#client as Client // nothing is asked of it before `open`
  }

  private get arena(): Arena {
    return this.db.arena
  }

  private get chunk(): number {
    return this.db.packedOf(this.#entry)
  }

  #put(chunk: number): void {
    this.db.setValue(this.#entry, LISTPACK, chunk)
  }

  #showIndex(index: number): void {
    this.#showPlace(packedAt(this.arena, this.chunk, 2 * index))
  }

  #showPlace(place: number): void {
    const arena = this.arena
    const chunk = this.chunk
    showPacked(this.field, arena, chunk, place)
    showPacked(this.value, arena, chunk, packedNext(arena, chunk, place))
  }

  #showMember(member: number): void {
    const arena = this.arena
    const large = this.#large as Fields // members are those of large ones
    const { field, value } = this
    field.page = value.page = arena.page(member)
    field.view = value.view = arena.view(member)
    field.start = large.fieldStart(member)
    field.end = value.start = field.start + large.fieldLength(member)
    value.end = value.start + large.valueLength(member)
  }
}

const showPacked = (span: Span, arena: Arena, chunk: number, place: number): void =>
  show(span, arena, chunk, packedStart(arena, chunk, place), packedLength(arena, chunk, place))
