import { copyViewed } from '../../net/bytes.ts'
import type { LargeValue } from '../keyspace/objects.ts'
import type { Arena } from '../memory/arena.ts'
import { ChainTable, HASH } from '../memory/chain-table.ts'
import { hashBytes } from '../memory/hash.ts'

// A member in the arena: the two words of every table, these two, then the bytes of the field and those of its value.
const FIELD_BYTES = 2
const VALUE_BYTES = 3
const HEADER_BYTES = 16
const KEY_PLACE = { lengthWord: FIELD_BYTES, keyAt: HEADER_BYTES }

/**
 * Fields with values, or members without, of a large hash or set: off the heap, by their hash. A member is named by its chunk, which
 * changes when its value is set.
 */
export class Fields implements LargeValue {
  readonly table: ChainTable
  /** Bytes of members; those of the table besides. */
  #memberBytes = 0
  readonly #arena: Arena
  readonly #seed: number

  constructor(arena: Arena, seed: number) {
    this.#arena = arena
    this.#seed = seed
    this.table = new ChainTable(arena, KEY_PLACE)
  }

  get count(): number {
    return this.table.count
  }

  get bytes(): number {
    return this.#memberBytes + this.table.bytes
  }

  /** The member of a field, which is `bytes` of `view`; 0: there is none. */
  find(view: DataView, start: number, end: number): number {
    return this.table.find(view, start, end - start, hashBytes(view, start, end, this.#seed))
  }

  /**
   * Gives a field a value, which is set besides if the field is there already. Answers whether it is new.
   * @param source Of field and value; `valueStart` = `valueEnd`: there is none.
   */
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
    const hash = hashBytes(fieldView, start, end, this.#seed)
    const found = this.table.find(fieldView, start, end - start, hash)
    if (found !== 0) {
      this.setValue(found, value, valueView, valueStart, valueEnd)
      return false
    }
    const arena = this.#arena
    const member = arena.allocate(HEADER_BYTES + end - start + valueEnd - valueStart)
    arena.setWord(member, HASH, hash)
    arena.setWord(member, FIELD_BYTES, end - start)
    arena.setWord(member, VALUE_BYTES, valueEnd - valueStart)
    const at = arena.offset(member) + HEADER_BYTES
    const page = arena.page(member)
    const view = arena.view(member)
    const behind = copyViewed(field, fieldView, start, end, page, view, at)
    copyViewed(value, valueView, valueStart, valueEnd, page, view, behind)
    this.#memberBytes += arena.capacity(member)
    this.table.insert(member)
    return true
  }

  /** Adds a member without a value. Answers whether it is new. */
  add(field: Buffer, view: DataView, start: number, end: number): boolean {
    return this.set(field, view, start, end, field, view, end, end)
  }

  /** Gives a member another value. Answers the member, which may be another. */
  setValue(member: number, value: Buffer, valueView: DataView, start: number, end: number): number {
    const arena = this.#arena
    const head = HEADER_BYTES + arena.word(member, FIELD_BYTES)
    const before = arena.capacity(member)
    const fitted = arena.resize(member, head + end - start, head)
    if (fitted !== member) {
      this.#memberBytes += arena.capacity(fitted) - before
      this.table.replace(member, fitted)
    }
    arena.setWord(fitted, VALUE_BYTES, end - start)
    copyViewed(value, valueView, start, end, arena.page(fitted), arena.view(fitted), arena.offset(fitted) + head)
    return fitted
  }

  remove(member: number): void {
    this.table.remove(member)
    this.#memberBytes -= this.#arena.capacity(member)
    this.#arena.release(member)
  }

  fieldLength(member: number): number {
    return this.#arena.word(member, FIELD_BYTES)
  }

  /** Where in the page of its member a field begins. */
  fieldStart(member: number): number {
    return this.#arena.offset(member) + HEADER_BYTES
  }

  valueLength(member: number): number {
    return this.#arena.word(member, VALUE_BYTES)
  }

  valueStart(member: number): number {
    return this.#arena.offset(member) + HEADER_BYTES + this.#arena.word(member, FIELD_BYTES)
  }

  /** A copy of a field. */
  fieldOf(member: number): Buffer {
    const start = this.fieldStart(member)
    return Buffer.from(this.#arena.page(member).subarray(start, start + this.fieldLength(member)))
  }

  /** A copy of a value. */
  valueOf(member: number): Buffer {
    const start = this.valueStart(member)
    return Buffer.from(this.#arena.page(member).subarray(start, start + this.valueLength(member)))
  }

  copy(): Fields {
    const arena = this.#arena
    const copied = new Fields(arena, this.#seed)
    copied.table.reserve(this.count)
    this.table.each((member) => {
      const page = arena.page(member)
      const view = arena.view(member)
      const start = this.fieldStart(member)
      const value = this.valueStart(member)
      copied.set(page, view, start, value, page, view, value, value + this.valueLength(member))
    })
    return copied
  }

  freeSome(members: number): boolean {
    return this.table.drain(members, (member) => this.#arena.release(member))
  }
}
