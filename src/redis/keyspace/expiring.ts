import { wordAt } from '../../net/bytes.ts'
import type { Arena } from '../memory/arena.ts'
import { HAS_TTL, META, TTL_PLACE } from './entry.ts'

const SEGMENT_BITS = 14
const SEGMENT = 1 << SEGMENT_BITS

/** The entries of a database that expire, in no order: one can be picked by chance, and each knows its place. */
export class Expiring {
  count = 0
  readonly #arena: Arena
  // In segments, so that growing copies nothing.
  readonly #segments: Int32Array[] = []

  constructor(arena: Arena) {
    this.#arena = arena
  }

  at(place: number): number {
    const segment = this.#segments[place >>> SEGMENT_BITS] as Int32Array // place < count
    return wordAt(segment, place & (SEGMENT - 1))
  }

  add(entry: number): void {
    const place = this.count++
    if (place >>> SEGMENT_BITS === this.#segments.length) {
      this.#segments.push(new Int32Array(SEGMENT))
      this.#arena.used += SEGMENT * 4
    }
    this.#put(place, entry)
    this.#arena.setWord(entry, META, this.#arena.word(entry, META) | HAS_TTL)
  }

  remove(entry: number): void {
    const place = this.#arena.word(entry, TTL_PLACE)
    const last = this.at(--this.count)
    if (last !== entry) this.#put(place, last)
    this.#arena.setWord(entry, META, this.#arena.word(entry, META) & ~HAS_TTL)
    if (this.#segments.length - 1 > (this.count + SEGMENT) >>> SEGMENT_BITS) {
      this.#segments.pop()
      this.#arena.used -= SEGMENT * 4
    }
  }

  /** `to` is a copy of an entry, and stands for it from now on. */
  replace(to: number): void {
    this.#put(this.#arena.word(to, TTL_PLACE), to)
  }

  dispose(): void {
    this.#arena.used -= this.#segments.length * SEGMENT * 4
    this.#segments.length = 0
    this.count = 0
  }

  #put(place: number, entry: number): void {
    const segment = this.#segments[place >>> SEGMENT_BITS] as Int32Array // place < count
    segment[place & (SEGMENT - 1)] = entry
    this.#arena.setWord(entry, TTL_PLACE, place)
  }
}
