import { wordAt } from '../../net/bytes.ts'
import { SLOTS, slotOf } from '../../protocols/resp/hash-slot.ts'
import { HEADER_BYTES, KEY_BYTES } from '../keyspace/entry.ts'
import type { Arena } from '../memory/arena.ts'

/** Bytes at the end of each entry's chunk that the index needs. */
export const LINK_BYTES = 8

/**
 * The entries of a database by their slot: a list each, threaded through the last two words of their chunks, the newest first. A
 * node that is not in cluster mode has none.
 */
export class SlotIndex {
  readonly #arena: Arena
  readonly #heads = new Int32Array(SLOTS)
  readonly #counts = new Int32Array(SLOTS)

  constructor(arena: Arena) {
    this.#arena = arena
    arena.used += this.bytes
  }

  get bytes(): number {
    return this.#heads.byteLength + this.#counts.byteLength
  }

  count(slot: number): number {
    return wordAt(this.#counts, slot)
  }

  /** The newest entry of a slot; 0: it has none. */
  first(slot: number): number {
    return wordAt(this.#heads, slot)
  }

  /** The one that came before an entry; 0: it is the oldest. */
  next(entry: number): number {
    return this.#arena.word(entry, this.#end(entry) - 1)
  }

  add(entry: number): void {
    const slot = this.#slotOf(entry)
    this.#link(entry, 0, wordAt(this.#heads, slot), slot)
    this.#counts[slot] = wordAt(this.#counts, slot) + 1
  }

  remove(entry: number): void {
    const slot = this.#slotOf(entry)
    const [newer, older] = [this.#newer(entry), this.next(entry)]
    if (newer === 0) this.#heads[slot] = older
    else this.#arena.setWord(newer, this.#end(newer) - 1, older)
    if (older !== 0) this.#arena.setWord(older, this.#end(older) - 2, newer)
    this.#counts[slot] = wordAt(this.#counts, slot) - 1
  }

  /** As the arena's, with the entry that moved in the place of the one that was. */
  resize(entry: number, bytes: number, kept: number): number {
    const [newer, older] = [this.#newer(entry), this.next(entry)]
    const moved = this.#arena.resize(entry, bytes, kept)
    if (moved !== entry) this.#link(moved, newer, older, this.#slotOf(moved))
    return moved
  }

  clear(): void {
    this.#heads.fill(0)
    this.#counts.fill(0)
  }

  /** It is of no more use. */
  dispose(): void {
    this.#arena.used -= this.bytes
  }

  #link(entry: number, newer: number, older: number, slot: number): void {
    const arena = this.#arena
    const end = this.#end(entry)
    arena.setWord(entry, end - 2, newer)
    arena.setWord(entry, end - 1, older)
    if (newer === 0) this.#heads[slot] = entry
    else arena.setWord(newer, this.#end(newer) - 1, entry)
    if (older !== 0) arena.setWord(older, this.#end(older) - 2, entry)
  }

  #newer(entry: number): number {
    return this.#arena.word(entry, this.#end(entry) - 2)
  }

  /** Words of its chunk. */
  #end(entry: number): number {
    return this.#arena.capacity(entry) >>> 2
  }

  #slotOf(entry: number): number {
    const start = this.#arena.offset(entry) + HEADER_BYTES
    return slotOf(this.#arena.page(entry), start, start + this.#arena.word(entry, KEY_BYTES))
  }
}
