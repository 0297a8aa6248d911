import { compareBytes, copyViewed, wordAt } from '../../net/bytes.ts'
import type { LargeValue } from '../keyspace/objects.ts'
import type { Arena } from '../memory/arena.ts'
import { ChainTable, HASH } from '../memory/chain-table.ts'
import { hashBytes } from '../memory/hash.ts'

// A member in the arena: the two words of every table, its length, its height, its score (a double), the member before it, its bytes,
// and for each level of its height the next member there and how many members that is further on.
const LENGTH = 2
const HEIGHT = 3
const SCORE = 2
const BEFORE = 6
const KEY_WORD = 7
const KEY_BYTE = 4 * KEY_WORD
const KEY_PLACE = { lengthWord: LENGTH, keyAt: KEY_BYTE }
const LEVEL_WORDS = 2
// As many as pairs of zeros at the head of a hash can give: every level has a quarter of the members of the one below.
const MOST_LEVELS = 17

// The last member before the place that was looked for, at each level, and how many members there are up to it.
const path = new Int32Array(MOST_LEVELS)
const walked = new Int32Array(MOST_LEVELS)

const wordsOf = (length: number): number => (length + 3) >>> 2

/**
 * The members of a large sorted set, off the heap: by their hash, and in a skip list by score and bytes, which knows ranks. A member
 * is named by its chunk, which stays the same as long as it is there. Its height comes from its hash.
 */
export class Ranked implements LargeValue {
  readonly table: ChainTable
  /** The last member; 0: there is none. */
  last = 0
  #levels = 1
  /** Bytes of members; those of the table besides. */
  #memberBytes = 0
  readonly #head: number
  readonly #arena: Arena
  readonly #seed: number

  constructor(arena: Arena, seed: number) {
    this.#arena = arena
    this.#seed = seed
    this.table = new ChainTable(arena, KEY_PLACE)
    this.#head = this.#allocate(0, MOST_LEVELS)
  }

  get count(): number {
    return this.table.count
  }

  get bytes(): number {
    return this.#memberBytes + this.table.bytes
  }

  /** 0: there is none. */
  find(view: DataView, start: number, end: number): number {
    return this.table.find(view, start, end - start, hashBytes(view, start, end, this.#seed))
  }

  /** Adds a member, which is not there yet. */
  add(score: number, bytes: Buffer, bytesView: DataView, start: number, end: number): void {
    const arena = this.#arena
    const hash = hashBytes(bytesView, start, end, this.#seed)
    const member = this.#allocate(end - start, 1 + (Math.clz32(hash) >>> 1))
    arena.setWord(member, HASH, hash)
    arena.setDouble(member, SCORE, score)
    copyViewed(bytes, bytesView, start, end, arena.page(member), arena.view(member), this.start(member))
    this.table.insert(member)
    this.#link(member)
  }

  setScore(member: number, score: number): void {
    const before = this.before(member)
    const next = this.next(member)
    const stays = (before === 0 || this.score(before) < score) && (next === 0 || this.score(next) > score)
    if (!stays) this.#unlink(member)
    this.#arena.setDouble(member, SCORE, score)
    if (!stays) this.#link(member)
  }

  remove(member: number): void {
    this.#unlink(member)
    this.table.remove(member)
    this.#memberBytes -= this.#arena.capacity(member)
    this.#arena.release(member)
  }

  score(member: number): number {
    return this.#arena.double(member, SCORE)
  }

  /** Where in the page of its chunk a member begins. */
  start(member: number): number {
    return this.#arena.offset(member) + KEY_BYTE
  }

  length(member: number): number {
    return this.#arena.word(member, LENGTH)
  }

  /** The member after one; 0: it is the last. */
  next(member: number): number {
    return this.#arena.word(member, this.#level(member, 0))
  }

  /** The member before one; 0: it is the first. */
  before(member: number): number {
    return this.#arena.word(member, BEFORE)
  }

  /** How many members there are before one. */
  rank(member: number): number {
    this.#walkTo(member)
    return wordAt(walked, 0)
  }

  /** The member of a rank, which there is. */
  at(rank: number): number {
    const arena = this.#arena
    let left = rank + 1
    let member = this.#head
    for (let level = this.#levels - 1; left > 0; level--) {
      for (;;) {
        const place = this.#level(member, level)
        const span = arena.word(member, place + 1)
        if (arena.word(member, place) === 0 || span > left) break
        left -= span
        member = arena.word(member, place)
      }
    }
    return member
  }

  /** How many members there are at the beginning that `isBefore` holds for: of these, and of no others. */
  countWhile(isBefore: (member: number) => boolean): number {
    const arena = this.#arena
    let count = 0
    let member = this.#head
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (;;) {
        const place = this.#level(member, level)
        const next = arena.word(member, place)
        if (next === 0 || !isBefore(next)) break
        count += arena.word(member, place + 1)
        member = next
      }
    }
    return count
  }

  copy(): Ranked {
    const arena = this.#arena
    const copied = new Ranked(arena, this.#seed)
    copied.table.reserve(this.count)
    for (let member = this.next(this.#head); member !== 0; member = this.next(member)) {
      const start = this.start(member)
      copied.add(this.score(member), arena.page(member), arena.view(member), start, start + this.length(member))
    }
    return copied
  }

  freeSome(members: number): boolean {
    const isDone = this.table.drain(members, (member) => this.#arena.release(member))
    if (isDone) this.#arena.release(this.#head)
    return isDone
  }

  #allocate(length: number, height: number): number {
    const arena = this.#arena
    const member = arena.allocate(4 * (KEY_WORD + wordsOf(length) + LEVEL_WORDS * height))
    this.#memberBytes += arena.capacity(member)
    arena.setWord(member, LENGTH, length)
    arena.setWord(member, HEIGHT, height)
    arena.setWord(member, BEFORE, 0)
    const first = this.#level(member, 0)
    for (let word = 0; word < LEVEL_WORDS * height; word++) arena.setWord(member, first + word, 0)
    return member
  }

  /** The word of a member with the next one at a level; the one behind it has the distance. */
  #level(member: number, level: number): number {
    return KEY_WORD + wordsOf(this.#arena.word(member, LENGTH)) + LEVEL_WORDS * level
  }

  /** Fills `path` and `walked` for the place of a member. */
  #walkTo(member: number): void {
    const arena = this.#arena
    const score = this.score(member)
    const view = arena.view(member)
    const start = this.start(member)
    const length = this.length(member)
    let at = this.#head
    let count = 0
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (;;) {
        const place = this.#level(at, level)
        const next = arena.word(at, place)
        if (next === 0 || !this.#isBefore(next, score, view, start, length)) break
        count += arena.word(at, place + 1)
        at = next
      }
      path[level] = at
      walked[level] = count
    }
  }

  #isBefore(member: number, score: number, view: DataView, start: number, length: number): boolean {
    const own = this.score(member)
    if (own !== score) return own < score
    return compareBytes(this.#arena.view(member), this.start(member), this.length(member), view, start, length) < 0
  }

  /** Puts a member, which the table has already, in its place. */
  #link(member: number): void {
    const arena = this.#arena
    const head = this.#head
    this.#walkTo(member)
    const height = arena.word(member, HEIGHT)
    for (; this.#levels < height; this.#levels++) {
      path[this.#levels] = head
      walked[this.#levels] = 0
      arena.setWord(head, this.#level(head, this.#levels) + 1, this.count - 1)
    }
    const rank = wordAt(walked, 0)
    for (let level = 0; level < this.#levels; level++) {
      const before = wordAt(path, level)
      const place = this.#level(before, level)
      const span = arena.word(before, place + 1)
      if (level >= height) {
        arena.setWord(before, place + 1, span + 1)
        continue
      }
      const distance = rank - wordAt(walked, level)
      const own = this.#level(member, level)
      arena.setWord(member, own, arena.word(before, place))
      arena.setWord(member, own + 1, span - distance)
      arena.setWord(before, place, member)
      arena.setWord(before, place + 1, distance + 1)
    }
    const before = wordAt(path, 0)
    arena.setWord(member, BEFORE, before === head ? 0 : before)
    const next = this.next(member)
    if (next === 0) this.last = member
    else arena.setWord(next, BEFORE, member)
  }

  #unlink(member: number): void {
    const arena = this.#arena
    this.#walkTo(member)
    for (let level = 0; level < this.#levels; level++) {
      const before = wordAt(path, level)
      const place = this.#level(before, level)
      const span = arena.word(before, place + 1)
      if (arena.word(before, place) === member) {
        const own = this.#level(member, level)
        arena.setWord(before, place, arena.word(member, own))
        arena.setWord(before, place + 1, span + arena.word(member, own + 1) - 1)
      } else arena.setWord(before, place + 1, span - 1)
    }
    const next = this.next(member)
    if (next === 0) this.last = this.before(member)
    else arena.setWord(next, BEFORE, this.before(member))
    const head = this.#head
    while (this.#levels > 1 && arena.word(head, this.#level(head, this.#levels - 1)) === 0) this.#levels--
  }
}
