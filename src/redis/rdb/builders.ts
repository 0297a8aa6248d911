import type { Core } from '../core.ts'
import { HASH_TYPE, HASHTABLE, INTSET, LIST, LISTPACK, QUICKLIST, SET, SKIPLIST, ZSET } from '../keyspace/entry.ts'
import type { LargeValue } from '../keyspace/objects.ts'
import type { Arena } from '../memory/arena.ts'
import { readInteger } from '../protocol/numbers.ts'
import { Fields } from '../types/fields.ts'
import { chunkLimits, Quicklist } from '../types/list.ts'
import {
  createPacked,
  FIRST_PLACE,
  packedAppend,
  packedBytes,
  packedCount,
  packedEnd,
  packedFind,
  packedInsert,
  packedLength,
  packedNext,
  packedPrevious,
  packedSize,
  packedStart,
} from '../types/packed.ts'
import { Ranked } from '../types/ranked.ts'
import { Damaged } from './damaged.ts'
import { Viewed } from './viewed.ts'

/** A value that was read: what an entry is given. */
export interface Built {
  readonly type: number
  readonly encoding: number
  readonly value: number | LargeValue
}

/** Makes a value of the members that are read of it. */
export interface Builder {
  /** What has come together; undefined: nothing. Nothing else is asked of it from then on. */
  finish(): Built | undefined
  /** Gives back what has come together. */
  abandon(): void
}

// Fields and values may come out of two buffers in turns.
const first = new Viewed()
const second = new Viewed()

/** A small collection in a chunk, which becomes a large one of another kind. */
abstract class PackedBuilder<Large extends LargeValue> implements Builder {
  protected readonly core: Core
  protected readonly arena: Arena
  protected large: Large | undefined
  protected chunk = 0
  readonly #wasPacked: boolean
  readonly #type: number

  /** @param isLarge Whether it is known to be large from the start. @param bytes What it takes as a small one, about. */
  constructor(core: Core, type: number, isLarge: boolean, bytes: number | undefined) {
    this.core = core
    this.arena = core.keyspace.arena
    this.#type = type
    this.#wasPacked = bytes !== undefined
    if (isLarge) this.large = this.createLarge()
    else this.chunk = createPacked(this.arena, bytes)
  }

  protected abstract createLarge(): Large
  /** Fills a large one with what is in the chunk. */
  protected abstract fill(large: Large): void
  /** The encoding of what is small, and of what is large. */
  protected abstract encoding(isLarge: boolean): number

  /** As many bytes as a member that stays in the chunk may have: any, where it comes in one. */
  protected most(bytes: number): number {
    return this.#wasPacked ? Number.POSITIVE_INFINITY : bytes
  }

  protected get count(): number {
    return packedCount(this.arena, this.chunk)
  }

  protected enlarge(): Large {
    if (this.large) return this.large
    const large = this.createLarge()
    this.fill(large)
    this.arena.release(this.chunk)
    this.large = large
    return large
  }

  finish(): Built | undefined {
    const { arena, large } = this
    if (large) return { type: this.#type, encoding: this.encoding(true), value: large }
    if (this.count === 0) {
      this.abandon()
      return undefined
    }
    const encoding = this.encoding(false)
    const used = packedEnd(arena, this.chunk)
    return { type: this.#type, encoding, value: arena.resize(this.chunk, used, used) }
  }

  abandon(): void {
    if (this.large) this.core.keyspace.freeLater(this.large)
    else this.arena.release(this.chunk)
  }
}

export class HashBuilder extends PackedBuilder<Fields> {
  constructor(core: Core, fields: number, bytes?: number) {
    super(core, HASH_TYPE, fields > core.config.settings.hashMaxListpackEntries, bytes)
  }

  /** @throws Damaged The field is there already. */
  add(field: Buffer, start: number, end: number, value: Buffer, valueStart: number, valueEnd: number): void {
    const { arena } = this
    const view = first.of(field)
    if (this.large === undefined) {
      const { hashMaxListpackValue, hashMaxListpackEntries } = this.core.config.settings
      const most = this.most(hashMaxListpackValue)
      if (packedFind(arena, this.chunk, view, start, end - start, 2) !== 0) throw new Damaged('Hash with dup elements')
      if (end - start <= most && valueEnd - valueStart <= most && this.count < 2 * hashMaxListpackEntries) {
        const chunk = packedAppend(arena, this.chunk, field, start, end)
        this.chunk = packedAppend(arena, chunk, value, valueStart, valueEnd)
        return
      }
    }
    const isNew = this.enlarge().set(field, view, start, end, value, second.of(value), valueStart, valueEnd)
    if (!isNew) throw new Damaged('Duplicate hash fields detected')
  }

  protected createLarge(): Fields {
    return new Fields(this.arena, this.core.keyspace.seed)
  }

  protected fill(large: Fields): void {
    const { arena, chunk } = this
    const page = arena.page(chunk)
    const view = arena.view(chunk)
    for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); ) {
      const value = packedNext(arena, chunk, place)
      const start = packedStart(arena, chunk, place)
      const valueStart = packedStart(arena, chunk, value)
      const end = start + packedLength(arena, chunk, place)
      large.set(page, view, start, end, page, view, valueStart, valueStart + packedLength(arena, chunk, value))
      place = packedNext(arena, chunk, value)
    }
  }

  protected encoding(isLarge: boolean): number {
    return isLarge ? HASHTABLE : LISTPACK
  }
}

export class SetBuilder extends PackedBuilder<Fields> {
  // Whether all are whole numbers so far, and each is above the one before.
  #numbers: boolean
  #inOrder = true
  #before = -(2n ** 64n)
  #longest = 0

  /** @param mixes Whether it stays one of any members even if all of them are numbers. */
  constructor(core: Core, members: number, mixes: boolean, bytes?: number) {
    const { setMaxIntsetEntries, setMaxListpackEntries } = core.config.settings
    super(core, SET, members > Math.max(setMaxIntsetEntries, setMaxListpackEntries), bytes)
    this.#numbers = !mixes
  }

  /** @throws Damaged The member is there already. */
  add(member: Buffer, start: number, end: number): void {
    const { arena } = this
    const view = first.of(member)
    if (this.large === undefined) {
      if (packedFind(arena, this.chunk, view, start, end - start) !== 0)
        throw new Damaged('Duplicate set members detected')
      this.#note(member, start, end)
      if (this.#fits(this.count + 1)) {
        this.chunk = packedAppend(arena, this.chunk, member, start, end)
        return
      }
    }
    if (!this.enlarge().add(member, view, start, end)) throw new Damaged('Duplicate set members detected')
  }

  #note(member: Buffer, start: number, end: number): void {
    this.#longest = Math.max(this.#longest, end - start)
    if (!this.#numbers) return
    const value = readInteger(member, start, end)
    this.#numbers = value !== undefined
    if (value === undefined) return
    if (value < this.#before) this.#inOrder = false
    this.#before = value
  }

  #fits(members: number): boolean {
    const { setMaxIntsetEntries, setMaxListpackEntries, setMaxListpackValue } = this.core.config.settings
    if (this.#numbers && members <= setMaxIntsetEntries) return true
    return members <= setMaxListpackEntries && this.#longest <= this.most(setMaxListpackValue)
  }

  protected createLarge(): Fields {
    return new Fields(this.arena, this.core.keyspace.seed)
  }

  protected fill(large: Fields): void {
    const { arena, chunk } = this
    const page = arena.page(chunk)
    const view = arena.view(chunk)
    for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); place = packedNext(arena, chunk, place)) {
      const start = packedStart(arena, chunk, place)
      large.add(page, view, start, start + packedLength(arena, chunk, place))
    }
  }

  protected encoding(isLarge: boolean): number {
    if (isLarge) return HASHTABLE
    if (!this.#numbers || this.count > this.core.config.settings.setMaxIntsetEntries) return LISTPACK
    if (!this.#inOrder) this.#order()
    return INTSET
  }

  #order(): void {
    const { arena } = this
    const members: bigint[] = []
    for (let place = FIRST_PLACE; place < packedEnd(arena, this.chunk); place = packedNext(arena, this.chunk, place))
      members.push(BigInt(packedBytes(arena, this.chunk, place).toString('latin1')))
    members.sort((a, b) => (a < b ? -1 : 1))
    let ordered = createPacked(arena, packedEnd(arena, this.chunk))
    for (const member of members) {
      const digits = Buffer.from(String(member))
      ordered = packedAppend(arena, ordered, digits, 0, digits.length)
    }
    arena.release(this.chunk)
    this.chunk = ordered
  }
}

const SCORE_BYTES = 8
const scratch = Buffer.alloc(SCORE_BYTES)

export class ZsetBuilder extends PackedBuilder<Ranked> {
  constructor(core: Core, members: number, bytes?: number) {
    super(core, ZSET, members > core.config.settings.zsetMaxListpackEntries, bytes)
  }

  /** @throws Damaged The member is there already, or its score is none. */
  add(member: Buffer, start: number, end: number, score: number): void {
    if (Number.isNaN(score)) throw new Damaged('Zset with NAN score detected')
    const { arena } = this
    const view = first.of(member)
    if (this.large === undefined) {
      const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.core.config.settings
      if (packedFind(arena, this.chunk, view, start, end - start, 2) !== 0)
        throw new Damaged('Zset with dup elements detected')
      if (end - start <= this.most(zsetMaxListpackValue) && this.count < 2 * zsetMaxListpackEntries) {
        const place = this.#placeOf(score, member, start, end)
        scratch.writeDoubleLE(score + 0)
        const chunk = packedInsert(arena, this.chunk, place, member, start, end)
        this.chunk = packedInsert(arena, chunk, place + packedSize(end - start), scratch, 0, SCORE_BYTES)
        return
      }
    }
    const large = this.enlarge()
    if (large.find(view, start, end) !== 0) throw new Damaged('Zset with dup elements detected')
    large.add(score, member, view, start, end)
  }

  /** Most come from the first to the last, or from the last to the first. */
  #placeOf(score: number, member: Buffer, start: number, end: number): number {
    const { arena, chunk } = this
    const last = packedEnd(arena, chunk)
    if (last === FIRST_PLACE) return last
    const final = packedPrevious(arena, chunk, packedPrevious(arena, chunk, last))
    if (this.#isBefore(final, score, member, start, end)) return last
    let place = FIRST_PLACE
    while (this.#isBefore(place, score, member, start, end))
      place = packedNext(arena, chunk, packedNext(arena, chunk, place))
    return place
  }

  #isBefore(place: number, score: number, member: Buffer, start: number, end: number): boolean {
    const { arena, chunk } = this
    const own = this.#scoreAt(packedNext(arena, chunk, place))
    if (own !== score) return own < score
    const at = packedStart(arena, chunk, place)
    return member.compare(arena.page(chunk), at, at + packedLength(arena, chunk, place), start, end) > 0
  }

  #scoreAt(place: number): number {
    return this.arena.page(this.chunk).readDoubleLE(packedStart(this.arena, this.chunk, place))
  }

  protected createLarge(): Ranked {
    return new Ranked(this.arena, this.core.keyspace.seed)
  }

  protected fill(large: Ranked): void {
    const { arena, chunk } = this
    const page = arena.page(chunk)
    const view = arena.view(chunk)
    for (let place = FIRST_PLACE; place < packedEnd(arena, chunk); ) {
      const start = packedStart(arena, chunk, place)
      const score = packedNext(arena, chunk, place)
      large.add(this.#scoreAt(score), page, view, start, start + packedLength(arena, chunk, place))
      place = packedNext(arena, chunk, score)
    }
  }

  protected encoding(isLarge: boolean): number {
    return isLarge ? SKIPLIST : LISTPACK
  }
}

export class ListBuilder implements Builder {
  readonly #core: Core
  readonly #arena: Arena
  readonly #list: Quicklist
  readonly #limits: { readonly elements: number; readonly bytes: number }

  constructor(core: Core) {
    this.#core = core
    this.#arena = core.keyspace.arena
    this.#list = new Quicklist(this.#arena)
    this.#limits = chunkLimits(core.config.settings.listMaxListpackSize)
  }

  /** Adds an element behind the last, in the last node if there is room. */
  push(bytes: Buffer, start: number, end: number): void {
    const size = packedSize(end - start)
    if (this.#list.nodes === 0 || !this.#hasRoom(this.#last, size)) this.beginNode(FIRST_PLACE + size)
    this.append(bytes, start, end)
  }

  /** Begins a node, of so many bytes about. */
  beginNode(bytes: number): void {
    this.#list.insert(this.#list.nodes, createPacked(this.#arena, bytes))
  }

  /** Adds an element behind the last of the node that was begun last. */
  append(bytes: Buffer, start: number, end: number): void {
    this.#list.setChunk(this.#list.nodes - 1, packedAppend(this.#arena, this.#last, bytes, start, end))
    this.#list.count++
  }

  /** Ends a node, in which nothing may be. */
  endNode(): void {
    const node = this.#list.nodes - 1
    const chunk = this.#last
    const used = packedEnd(this.#arena, chunk)
    if (packedCount(this.#arena, chunk) === 0) {
      this.#list.remove(node)
      this.#arena.release(chunk)
    } else this.#list.setChunk(node, this.#arena.resize(chunk, used, used))
  }

  finish(): Built | undefined {
    const list = this.#list
    if (list.count === 0) {
      this.abandon()
      return undefined
    }
    const only = list.chunk(0)
    const { elements, bytes } = this.#limits
    if (list.nodes === 1 && list.count <= elements && packedEnd(this.#arena, only) <= bytes)
      return { type: LIST, encoding: LISTPACK, value: only }
    return { type: LIST, encoding: QUICKLIST, value: list }
  }

  abandon(): void {
    this.#core.keyspace.freeLater(this.#list)
  }

  get #last(): number {
    return this.#list.chunk(this.#list.nodes - 1)
  }

  #hasRoom(chunk: number, size: number): boolean {
    const { elements, bytes } = this.#limits
    return packedCount(this.#arena, chunk) < elements && packedEnd(this.#arena, chunk) + size <= bytes
  }
}
