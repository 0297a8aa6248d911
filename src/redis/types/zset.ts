import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { LISTPACK, SKIPLIST, ZSET } from '../keyspace/entry.ts'
import type { Arena } from '../memory/arena.ts'
import type { Args } from '../protocol/args.ts'
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
  packedSize,
  packedStart,
} from './packed.ts'
import { Ranked } from './ranked.ts'
import { distinctIndexes, distinctMembers } from './sampling.ts'
import { emptySpan, type Span, show } from './span.ts'

const SCORE_BYTES = 8
// For the score that is about to be written.
const scratch = Buffer.alloc(SCORE_BYTES)

/** Takes the set with a member of it shown. */
type Take = (zset: OpenZset) => void

/**
 * The sorted set that a command works on: small (members and their scores, of eight bytes, in their order in one chunk) or large.
 * `open` makes it another's.
 */
export class OpenZset {
  /** The member that is shown, and its score. */
  readonly member: Span = emptySpan()
  score = 0
  #client: Client | undefined
  #entry = 0
  #large: Ranked | undefined
  /** Place of the member in a chunk, or member of a large one; 0: it is not there. */
  #found = 0

  open(client: Client, entry: number): this {
    const { db } = client
    this.#client = client
    this.#entry = entry
    this.#found = 0
    this.#large = db.encodingOf(entry) === SKIPLIST ? (db.objectOf(entry) as Ranked) : undefined // a sorted set's only object
    return this
  }

  /** Makes an empty one of a key, whatever it was before. @param members How many it is to have, the longest of so many bytes. */
  create(client: Client, args: Args, index: number, members: number, longest: number): this {
    const { db } = client
    this.open(client, db.overwrite(args, index, ZSET, LISTPACK, createPacked(db.arena)))
    return this.fit(members, longest)
  }

  /** Makes it a large one if so many members, the longest of so many bytes, are too much for a small one. */
  fit(members: number, longest: number): this {
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.opener.core.config.settings
    if (members > zsetMaxListpackEntries || longest > zsetMaxListpackValue) this.#enlarge()
    return this
  }

  get isLarge(): boolean {
    return this.#large !== undefined
  }

  get count(): number {
    return this.#large?.count ?? packedCount(this.arena, this.chunk) / 2
  }

  /** Looks a member up, and shows it. Answers whether it is there. */
  find(view: DataView, start: number, end: number): boolean {
    if (this.#large) {
      this.#found = this.#large.find(view, start, end)
      if (this.#found !== 0) this.#showMember(this.#found)
    } else {
      this.#found = packedFind(this.arena, this.chunk, view, start, end - start, 2)
      if (this.#found !== 0) this.#showPlace(this.#found)
    }
    return this.#found !== 0
  }

  /** Adds a member that is not there. `bytes` may not be of the set's own chunk, here as below. */
  add(score: number, bytes: Buffer, view: DataView, start: number, end: number): void {
    if (this.#large === undefined) {
      const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.opener.core.config.settings
      if (this.count < zsetMaxListpackEntries && end - start <= zsetMaxListpackValue) {
        this.#insert(score, bytes, start, end)
        return
      }
      this.#enlarge()
    }
    const large = this.#large as unknown as Ranked // as #enlarge() has left it
    large.add(score, bytes, view, start, end)
  }

  /** Gives the member that was found, which is these bytes, another score. */
  setScore(score: number, bytes: Buffer, start: number, end: number): void {
    if (this.#large) this.#large.setScore(this.#found, score)
    else {
      this.#put(packedRemove(this.arena, this.chunk, this.#found, 2))
      this.#insert(score, bytes, start, end)
    }
  }

  /** Takes out the member that was found. */
  remove(): void {
    if (this.#large) this.#large.remove(this.#found)
    else this.#put(packedRemove(this.arena, this.chunk, this.#found, 2))
    this.#found = 0
  }

  /** Takes out so many members from a rank on, which are there. */
  removeRange(rank: number, members: number): void {
    if (members <= 0) return
    const large = this.#large
    if (large === undefined) {
      const place = packedAt(this.arena, this.chunk, 2 * rank)
      this.#put(packedRemove(this.arena, this.chunk, place, 2 * members))
      return
    }
    let member = large.at(rank)
    for (let left = members; left > 0; left--) {
      const next = large.next(member)
      large.remove(member)
      member = next
    }
  }

  /** How many members there are before the one that was found. */
  rank(): number {
    if (this.#large) return this.#large.rank(this.#found)
    const arena = this.arena
    const chunk = this.chunk
    let rank = 0
    for (let place = FIRST_PLACE; place < this.#found; place = nextPair(arena, chunk, place)) rank++
    return rank
  }

  /** How many members there are at the beginning that `isBefore` holds for. */
  countWhile(isBefore: (zset: OpenZset) => boolean): number {
    if (this.#large) {
      return this.#large.countWhile((member) => {
        this.#showMember(member)
        return isBefore(this)
      })
    }
    const arena = this.arena
    const chunk = this.chunk
    let count = 0
    for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); place = nextPair(arena, chunk, place)) {
      this.#showPlace(place)
      if (!isBefore(this)) break
      count++
    }
    return count
  }

  /** Shows `take` so many members, which are there, from a rank on; backwards, if it is told so. */
  each(rank: number, members: number, take: Take, backwards = false): void {
    if (members <= 0) return
    const large = this.#large
    if (large) {
      let member = backwards && rank === this.count - 1 ? large.last : large.at(rank)
      for (let left = members; left > 0; left--) {
        this.#showMember(member)
        take(this)
        member = backwards ? large.before(member) : large.next(member)
      }
      return
    }
    const arena = this.arena
    const chunk = this.chunk
    let place = packedAt(arena, chunk, 2 * rank)
    for (let left = members; left > 0; left--) {
      this.#showPlace(place)
      take(this)
      if (left === 1) return
      place = backwards
        ? packedPrevious(arena, chunk, packedPrevious(arena, chunk, place))
        : nextPair(arena, chunk, place)
    }
  }

  /** Shows `take` one by chance. */
  one(random: () => number, take: Take): void {
    if (this.#large) this.#showMember(this.#large.table.random(random))
    else this.#showIndex(Math.floor(random() * this.count))
    take(this)
  }

  /** Shows `take` so many by chance, each once; there are more. */
  sample(random: () => number, count: number, take: Take): void {
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

  /** As SCAN: shows `take` some, and answers the cursor of the next; a small one is shown as a whole. */
  scan(cursor: number, take: Take): number {
    if (this.#large === undefined) {
      this.each(0, this.count, take)
      return 0
    }
    return this.#large.table.scan(cursor, (member) => {
      this.#showMember(member)
      take(this)
    })
  }

  #enlarge(): void {
    if (this.#large) return
    const db = this.db
    const chunk = this.chunk
    const large = new Ranked(db.arena, db.keyspace.seed)
    this.each(0, this.count, ({ score, member: { page, view, start, end } }) =>
      large.add(score, page, view, start, end),
    )
    db.setValue(this.#entry, SKIPLIST, large)
    db.arena.release(chunk)
    this.#large = large
  }

  #insert(score: number, bytes: Buffer, start: number, end: number): void {
    const arena = this.arena
    const place = this.#placeOf(score, bytes, start, end)
    const chunk = packedInsert(arena, this.chunk, place, bytes, start, end)
    // As in a listpack, where zero has no sign.
    scratch.writeDoubleLE(score + 0)
    this.#put(packedInsert(arena, chunk, place + packedSize(end - start), scratch, 0, SCORE_BYTES))
  }

  /** Where in its chunk a member belongs that is not there. */
  #placeOf(score: number, bytes: Buffer, start: number, end: number): number {
    const arena = this.arena
    const chunk = this.chunk
    const { member } = this
    const last = packedEnd(arena, chunk)
    let place = FIRST_PLACE
    for (; place < last; place = nextPair(arena, chunk, place)) {
      this.#showPlace(place)
      if (this.score > score) break
      if (this.score === score && bytes.compare(member.page, member.start, member.end, start, end) < 0) break
    }
    return place
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

  #put(chunk: number): void {
    this.db.setValue(this.#entry, LISTPACK, chunk)
  }

  #showIndex(index: number): void {
    this.#showPlace(packedAt(this.arena, this.chunk, 2 * index))
  }

  #showPlace(place: number): void {
    const arena = this.arena
    const chunk = this.chunk
    show(this.member, arena, chunk, packedStart(arena, chunk, place), packedLength(arena, chunk, place))
    this.score = this.member.view.getFloat64(packedStart(arena, chunk, packedNext(arena, chunk, place)), true)
  }

  #showMember(member: number): void {
    const large = this.#large as Ranked // members are those of large ones
    show(this.member, this.arena, member, large.start(member), large.length(member))
    this.score = large.score(member)
  }
}

const nextPair = (arena: Arena, chunk: number, place: number): number =>
  packedNext(arena, chunk, packedNext(arena, chunk, place))
