import { sameBytes, wordAt } from '../../net/bytes.ts'
import type { Arena } from './arena.ts'

/** Words that each member of a table begins with. */
const NEXT = 0
export const HASH = 1

/** Where members have their key: the word with its length, and the byte at which it begins. */
export interface KeyPlace {
  readonly lengthWord: number
  readonly keyAt: number
}

const LEAST_POWER = 2
// Buckets moved with each change while the table is rehashed: enough to finish long before the next time.
const BUCKETS_PER_STEP = 8
// As redis: a table that is a tenth full is made smaller.
const SPARSE = 10
// Where there are as many members as buckets, a chain is longer in one of ten billion cases.
const LONG_CHAIN = 12
// An empty bucket costs less than a member.
const BUCKETS_PER_MEMBER = 1 / 8
const NO_BUCKETS = new Int32Array(0)

/**
 * Members in the arena by their keys: chains threaded through their first words. It grows and shrinks a few buckets at a time, and
 * can be scanned by a cursor meanwhile.
 */
export class ChainTable {
  count = 0
  readonly #arena: Arena
  readonly #lengthWord: number
  readonly #keyAt: number
  #buckets: Int32Array
  #old: Int32Array | undefined
  // Buckets of the old table that have moved already.
  #moved = 0
  // Buckets that were emptied by `drain`.
  #drained = 0

  constructor(arena: Arena, { lengthWord, keyAt }: KeyPlace, power = LEAST_POWER) {
    this.#arena = arena
    this.#lengthWord = lengthWord
    this.#keyAt = keyAt
    this.#buckets = new Int32Array(1 << power)
    arena.used += this.#buckets.byteLength
  }

  get rehashing(): boolean {
    return this.#old !== undefined
  }

  /** Buckets of the table, and of the one that it is rehashed from. */
  get sizes(): readonly [now: number, before: number] {
    return [this.#buckets.length, this.#old?.length ?? 0]
  }

  /** Bytes of buckets. */
  get bytes(): number {
    return this.#buckets.byteLength + (this.#old?.byteLength ?? 0)
  }

  /** The member whose key is the `length` bytes of `view` from `start` on, or 0. */
  find(view: DataView, start: number, length: number, hash: number): number {
    const arena = this.#arena
    let member = wordAt(this.#table(hash), this.#bucket(hash))
    while (member !== 0) {
      if (arena.word(member, HASH) === hash && arena.word(member, this.#lengthWord) === length) {
        if (sameBytes(view, start, arena.view(member), arena.offset(member) + this.#keyAt, length)) return member
      }
      member = arena.word(member, NEXT)
    }
    return 0
  }

  /** Adds a member, whose HASH is set and whose key is not there yet. */
  insert(member: number): void {
    const hash = this.#arena.word(member, HASH)
    const table = this.#table(hash)
    const bucket = this.#bucket(hash)
    this.#arena.setWord(member, NEXT, wordAt(table, bucket))
    table[bucket] = member
    this.count++
    if (this.#old !== undefined) this.step(BUCKETS_PER_STEP)
    else if (this.count > this.#buckets.length) this.#rehash(this.#buckets.length * 2)
  }

  remove(member: number): void {
    this.#relink(member, this.#arena.word(member, NEXT), this.#arena.word(member, HASH))
    this.count--
    if (this.#old !== undefined) this.step(BUCKETS_PER_STEP)
    else if (this.count * SPARSE < this.#buckets.length && this.#buckets.length > 1 << LEAST_POWER) this.#shrink()
  }

  /** Makes `to`, a copy of `member`, which may be gone, the one that is found in its place. */
  replace(member: number, to: number): void {
    this.#relink(member, to, this.#arena.word(to, HASH))
  }

  /** Makes room for so many members at once, before they come. */
  reserve(members: number): void {
    if (members <= this.#buckets.length || this.#old !== undefined) return
    this.#rehash(2 ** Math.ceil(Math.log2(members)))
    if (this.count === 0) this.#finish()
  }

  /** Moves some buckets of a table that is rehashed. */
  step(buckets: number): void {
    const old = this.#old
    if (old === undefined) return
    const arena = this.#arena
    const mask = this.#buckets.length - 1
    const until = Math.min(this.#moved + buckets, old.length)
    for (let i = this.#moved; i < until; i++) {
      let member = wordAt(old, i)
      while (member !== 0) {
        const next = arena.word(member, NEXT)
        const bucket = arena.word(member, HASH) & mask
        arena.setWord(member, NEXT, wordAt(this.#buckets, bucket))
        this.#buckets[bucket] = member
        member = next
      }
      old[i] = 0
    }
    this.#moved = until
    if (until === old.length) this.#finish()
  }

  /** A member by chance, any as likely as the others; 0: there is none. */
  random(random: () => number): number {
    if (this.count === 0) return 0
    const old = this.#old?.length ?? 0
    const all = old + this.#buckets.length
    // Places in chains are drawn, most of which are empty: so members of long chains come up as often as those of short ones.
    const longest = LONG_CHAIN * Math.ceil(this.count / all)
    for (;;) {
      const at = Math.floor(random() * all)
      let member = at < old ? wordAt(this.#old as Int32Array, at) : wordAt(this.#buckets, at - old) // old > 0: it is there
      for (let left = Math.floor(random() * longest); member !== 0 && left > 0; left--) {
        member = this.#arena.word(member, NEXT)
      }
      if (member !== 0) return member
    }
  }

  /** Calls `visit` with up to `most` members that lie next to each other from a random place on. */
  sample(random: () => number, most: number, visit: (member: number) => void): void {
    const old = this.#old?.length ?? 0
    const all = old + this.#buckets.length
    let at = Math.floor(random() * all)
    let left = Math.min(most, this.count)
    for (let tries = most * SPARSE; left > 0 && tries > 0; tries--) {
      const first = at < old ? wordAt(this.#old as Int32Array, at) : wordAt(this.#buckets, at - old) // old > 0: it is there
      for (let member = first; member !== 0 && left > 0; member = this.#arena.word(member, NEXT), left--) visit(member)
      at = at + 1 === all ? 0 : at + 1
    }
  }

  /** Calls `visit` with every member, which it may remove if the table is `settled` before. */
  each(visit: (member: number) => void): void {
    for (const table of [this.#old, this.#buckets]) {
      if (table === undefined) continue
      for (let bucket = 0; bucket < table.length; bucket++) {
        for (let member = wordAt(table, bucket); member !== 0; ) {
          const next = this.#arena.word(member, NEXT)
          visit(member)
          member = next
        }
      }
    }
  }

  /**
   * Calls `visit` with the members of a bucket, and answers the cursor of the next; 0: it was the last. As redis' dictScan: the
   * cursor counts from the highest bit down, so that what is there all the time is visited however the table is rehashed.
   */
  scan(cursor: number, visit: (member: number) => void): number {
    if (this.count === 0) return 0
    const old = this.#old
    if (old === undefined) {
      const mask = this.#buckets.length - 1
      this.#visit(this.#buckets, cursor & mask, visit)
      return advance(cursor, mask)
    }
    const [small, large] = old.length <= this.#buckets.length ? [old, this.#buckets] : [this.#buckets, old]
    const smallMask = small.length - 1
    const largeMask = large.length - 1
    this.#visit(small, cursor & smallMask, visit)
    let at = cursor
    do {
      this.#visit(large, at & largeMask, visit)
      at = advance(at, largeMask)
    } while ((at & (smallMask ^ largeMask)) >>> 0 !== 0)
    return at
  }

  /**
   * As `scan`, so many buckets at a time in the order in which they lie, of a table that is not changed from one call to the next:
   * a fifth faster.
   */
  walk(from: number, buckets: number, visit: (member: number) => void): number {
    const old = this.#old ?? NO_BUCKETS
    const all = old.length + this.#buckets.length
    const until = Math.min(from + buckets, all)
    for (let at = from; at < until; at++)
      if (at < old.length) this.#visit(old, at, visit)
      else this.#visit(this.#buckets, at - old.length, visit)
    return until === all ? 0 : until
  }

  /**
   * Takes out about so many members, of a table that is no longer used otherwise, and calls `free` with each. Answers whether they
   * were the last; then its buckets are given back too.
   */
  drain(members: number, free: (member: number) => void): boolean {
    let left = members
    for (const table of [this.#old ?? NO_BUCKETS, this.#buckets]) {
      const first = table === this.#buckets ? this.#drained : this.#moved
      for (let bucket = first; bucket < table.length; bucket++) {
        if (left <= 0) return false
        left -= BUCKETS_PER_MEMBER
        this.#visit(table, bucket, (member) => {
          left--
          free(member)
        })
        table[bucket] = 0
        if (table === this.#buckets) this.#drained = bucket + 1
        else this.#moved = bucket + 1
      }
    }
    this.#arena.used -= this.bytes
    this.#old = undefined
    this.#buckets = NO_BUCKETS
    this.count = 0
    return true
  }

  #visit(table: Int32Array, bucket: number, visit: (member: number) => void): void {
    for (let member = wordAt(table, bucket); member !== 0; ) {
      const next = this.#arena.word(member, NEXT)
      visit(member)
      member = next
    }
  }

  #relink(member: number, to: number, hash: number): void {
    const arena = this.#arena
    const table = this.#table(hash)
    const bucket = this.#bucket(hash)
    let at = wordAt(table, bucket)
    if (at === member) {
      table[bucket] = to
      return
    }
    for (let next = arena.word(at, NEXT); next !== member; next = arena.word(at, NEXT)) at = next
    arena.setWord(at, NEXT, to)
  }

  #table(hash: number): Int32Array {
    const old = this.#old
    return old !== undefined && (hash & (old.length - 1)) >= this.#moved ? old : this.#buckets
  }

  #bucket(hash: number): number {
    const old = this.#old
    if (old !== undefined) {
      const bucket = hash & (old.length - 1)
      if (bucket >= this.#moved) return bucket
    }
    return hash & (this.#buckets.length - 1)
  }

  #shrink(): void {
    this.#rehash(Math.max(1 << LEAST_POWER, 2 ** Math.ceil(Math.log2(this.count + 1))))
  }

  #rehash(size: number): void {
    this.#old = this.#buckets
    this.#moved = 0
    this.#buckets = new Int32Array(size)
    this.#arena.used += this.#buckets.byteLength
  }

  #finish(): void {
    this.#arena.used -= this.#old?.byteLength ?? 0
    this.#old = undefined
  }
}

/** The cursor after this one: its bits below the mask, counted up from the highest. */
function advance(cursor: number, mask: number): number {
  const reversed = (reverse(cursor | ~mask) + 1) | 0
  return reverse(reversed) >>> 0
}

function reverse(word: number): number {
  let bits = word
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1)
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2)
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4)
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8)
  return (bits >>> 16) | (bits << 16)
}
