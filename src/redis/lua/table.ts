import type { LuaValue } from './values.ts'

/** Indices in the array part of one table, and keys in its hash part, at most: beyond, copying either holds up everyone else. */
const MAX_ARRAY = 2 ** 24
const MAX_HASH = 2 ** 22

/**
 * A table of Lua: an array part of fixed size, which may have holes, and a hash part. Sizes follow Lua 5.1's own rules (a full
 * hash part makes both be counted anew), since `#t` of a table with holes depends on them and scripts see it. The order of
 * `next` within the hash part is that of insertion; Lua leaves it open.
 */
export class LuaTable {
  /** Set only by the host: what scripts share can't be changed by them. */
  readonly = false
  meta: LuaTable | null = null
  array: LuaValue[]
  hash: Map<LuaValue, LuaValue> | null = null
  /** Room of the hash part, a power of two, or 0; and how much of it was taken, keys included that were deleted since. */
  #room: number
  #taken = 0
  /** Where the last `next` within the hash part stood, for the one that follows. */
  #cursor: IterableIterator<LuaValue> | null = null
  #cursorKey: LuaValue

  constructor(array: LuaValue[] = [], room = 0) {
    this.array = array
    this.#room = room
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number') {
      const index = key - 1
      if (index >= 0 && index < this.array.length && Number.isInteger(index)) return this.array[index]
    }
    return this.hash === null ? undefined : this.hash.get(key)
  }

  /** As `get`, for keys that are surely no numbers. */
  field(key: LuaValue): LuaValue {
    return this.hash === null ? undefined : this.hash.get(key)
  }

  /** Sets without regard to metamethods. The key is neither nil nor NaN, and the table not read-only. */
  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'number') {
      const index = key - 1
      if (index >= 0 && index < this.array.length && Number.isInteger(index)) {
        this.array[index] = value
        return
      }
    }
    const hash = this.hash
    if (value === undefined) {
      if (hash !== null) hash.delete(key)
      return
    }
    if (hash === null || !hash.has(key)) {
      if (this.#taken === this.#room) {
        this.#resize(key)
        this.set(key, value)
        return
      }
      this.#taken++
    }
    this.hash ??= new Map()
    this.hash.set(key, value)
  }

  /** Lua's border: the end of the array part if it is full, else found by halving. */
  get length(): number {
    const array = this.array
    let high = array.length
    if (high > 0 && array[high - 1] === undefined) {
      let low = 0
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if (array[middle - 1] === undefined) high = middle
        else low = middle
      }
      return low
    }
    const hash = this.hash
    if (hash === null || hash.size === 0) return high
    let low = high
    high++
    while (hash.get(high) !== undefined) {
      low = high
      high *= 2
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (hash.get(middle) === undefined) high = middle
      else low = middle
    }
    return low
  }

  /** The position of the pair after one at `position` (0 before the first) in the array part, or -1 where that ends. */
  arrayAfter(position: number): number {
    for (let index = position; index < this.array.length; index++) if (this.array[index] !== undefined) return index + 1
    return -1
  }

  /** The key after `key` (undefined before the first), undefined at the end, and null where there is no such key. */
  next(key: LuaValue): LuaValue | null {
    if (
      key === undefined ||
      (typeof key === 'number' && Number.isInteger(key) && key >= 1 && key <= this.array.length)
    ) {
      const position = this.arrayAfter(key === undefined ? 0 : Number(key))
      if (position > 0) return position
      if (this.hash === null) return undefined
      this.#cursor = this.hash.keys()
      return this.#step()
    }
    if (this.#cursor !== null && this.#cursorKey === key) return this.#step()
    return this.#seek(key)
  }

  #step(): LuaValue {
    const step = this.#cursor?.next()
    this.#cursorKey = step?.done === false ? step.value : undefined
    return this.#cursorKey
  }

  #seek(key: LuaValue): LuaValue | null {
    if (this.hash === null || !this.hash.has(key)) return null
    const cursor = this.hash.keys()
    for (const at of cursor) if (at === key) break
    // `for` closes the iterator of a generator, not that of a Map: it goes on from here.
    this.#cursor = cursor
    return this.#step()
  }

  /** All pairs, in the order of `next`. */
  *pairs(): Generator<[LuaValue, LuaValue], void, void> {
    for (let at = this.arrayAfter(0); at > 0; at = this.arrayAfter(at)) yield [at, this.array[at - 1]]
    if (this.hash !== null) yield* this.hash
  }

  /** Counts keys and gives both parts the size that Lua would, with `key` to come. */
  #resize(key: LuaValue): void {
    const slices = new Array<number>(32).fill(0)
    let keys = 1
    let integers = 0
    const count = (at: LuaValue) => {
      if (typeof at !== 'number' || !Number.isInteger(at) || at < 1 || at > 2 ** 26) return
      const slice = at === 1 ? 0 : 32 - Math.clz32(at - 1)
      slices[slice] = (slices[slice] ?? 0) + 1
      integers++
    }
    for (let index = 0; index < this.array.length; index++) {
      if (this.array[index] === undefined) continue
      keys++
      count(index + 1)
    }
    if (this.hash !== null) {
      for (const at of this.hash.keys()) {
        keys++
        count(at)
      }
    }
    count(key)
    let size = 0
    let inArray = 0
    let below = 0
    for (let slice = 0, power = 1; slice < 32 && power / 2 < integers; slice++, power *= 2) {
      below += slices[slice] ?? 0
      if ((slices[slice] ?? 0) > 0 && below > power / 2) {
        size = power
        inArray = below
      }
    }
    this.#become(size, keys - inArray)
  }

  #become(size: number, inHash: number): void {
    // As JavaScript says it where its own memory ends.
    if (size > MAX_ARRAY || inHash > MAX_HASH) throw new RangeError('table too large')
    const former = this.array
    this.#room = inHash === 0 ? 0 : 2 ** Math.ceil(Math.log2(inHash))
    this.#cursor = null
    if (size === former.length && inHash > 0) {
      // Nothing moves.
      this.#taken = this.hash?.size ?? 0
      return
    }
    const pairs = this.hash
    const array = former.slice(0, size)
    while (array.length < size) array.push(undefined)
    this.array = array
    this.#taken = 0
    this.hash = null
    for (let index = size; index < former.length; index++)
      if (former[index] !== undefined) this.set(index + 1, former[index])
    if (pairs !== null) for (const [at, value] of pairs) this.set(at, value)
  }
}
