import { type Machine, READ_ONLY, text, typeName } from '../machine.ts'
import type { LuaTable } from '../table.ts'
import { callOf, first, type LuaFunction, type LuaRun, type LuaValue } from '../values.ts'
import { calling, type Library, plain } from './arguments.ts'
import { Pieces } from './pieces.ts'

/** To move one weighs as much as to look at so many characters. */
const ELEMENT = 8
/** More than these are not sorted in one go. */
const MANY = 2 ** 17

export function table(machine: Machine): Library {
  return {
    concat: plain(machine, (args) => {
      const separator = args.optionalString(2, '')
      const list = args.table(1)
      const from = args.optionalInt(3, 1)
      const to = args.at(4) === undefined ? list.length : args.int(4)
      const parts = new Pieces(machine)
      for (let at = from; at <= to; at++) {
        if (at > from && separator !== '') parts.push(separator)
        const value = list.get(at)
        parts.push(
          text(value) ?? machine.raise(`invalid value (${typeName(value)}) at index ${at} in table for 'concat'`),
        )
      }
      return parts.text()
    }),
    foreach: calling(machine, function* (args): LuaRun {
      const [of, f] = [args.table(1), args.function(2)]
      for (let key = of.next(undefined); key !== undefined && key !== null; key = of.next(key)) {
        const result = first(yield* machine.invoke(f, key, of.get(key)))
        if (result !== undefined) return result
      }
      return []
    }),
    foreachi: calling(machine, function* (args): LuaRun {
      const [of, f] = [args.table(1), args.function(2)]
      const { length } = of
      for (let at = 1; at <= length; at++) {
        const result = first(yield* machine.invoke(f, at, of.get(at)))
        if (result !== undefined) return result
      }
      return []
    }),
    getn: plain(machine, (args) => args.table(1).length),
    maxn: plain(machine, (args) => {
      const of = args.table(1)
      let most = 0
      for (let key = of.next(undefined); key !== undefined && key !== null; key = of.next(key)) {
        if (typeof key === 'number' && key > most) most = key
      }
      return most
    }),
    insert: plain(machine, (args) => {
      const list = args.table(1)
      const end = list.length + 1
      if (args.count === 2) machine.rawSet(list, end, args.at(2))
      else if (args.count === 3) {
        const at = args.int(2)
        machine.spend(Math.abs(end - at) * ELEMENT)
        for (let to = Math.max(end, at); to > at; to--) machine.rawSet(list, to, list.get(to - 1))
        machine.rawSet(list, at, args.at(3))
      } else machine.raise("wrong number of arguments to 'insert'")
      return []
    }),
    remove: plain(machine, (args) => {
      const list = args.table(1)
      const { length } = list
      const at = args.optionalInt(2, length)
      if (at < 1 || at > length) return []
      machine.spend((length - at) * ELEMENT)
      const removed = list.get(at)
      for (let to = at; to < length; to++) machine.rawSet(list, to, list.get(to + 1))
      machine.rawSet(list, length, undefined)
      return removed
    }),
    setn: plain(machine, (args) => {
      args.table(1)
      return machine.raise("'setn' is obsolete")
    }),
    sort: calling(machine, function* (args): LuaRun {
      const list = args.table(1)
      const { length } = list
      const by = args.at(2) === undefined ? undefined : args.function(2)
      if (list.readonly && length > 1) machine.fault(READ_ONLY)
      if (by !== undefined || length > MANY || !sortAlike(list, length))
        yield* machine.hosted(quicksort(machine, list, 1, length, by))
      return []
    }),
  }
}

/** Sorts what is only numbers or only strings: no order among equal ones can be seen there. */
function sortAlike(list: LuaTable, length: number): boolean {
  const values = Array.from({ length }, (_, at) => list.get(at + 1))
  const type = typeof values[0]
  if ((type !== 'number' && type !== 'string') || values.some((one) => typeof one !== type || Number.isNaN(one)))
    return false
  values.sort((a, b) => (lower(a, b) ? -1 : lower(b, a) ? 1 : 0))
  values.forEach((one, at) => {
    list.set(at + 1, one)
  })
  return true
}

/** Both are numbers or both strings. */
const lower = (a: LuaValue, b: LuaValue): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a < b : String(a) < String(b)

/** Lua's own way, step by step: scripts see where it puts elements that are equal, and how it finds a comparator out. */
function* quicksort(machine: Machine, list: LuaTable, from: number, to: number, by: LuaFunction | undefined): LuaRun {
  const { frame } = machine
  const caller = frame?.up ?? null
  const less = function* (a: LuaValue, b: LuaValue): LuaRun {
    // Once for all comparisons, not for each, the machine has noted that the host calls.
    machine.frame = by === undefined ? caller : frame
    if (--machine.fuel < 0) yield* machine.tick(machine.frame)
    return machine.truth(first(by === undefined ? yield* machine.isLess(a, b) : yield* callOf(by, a, b)))
  }
  const refuse = () => {
    machine.frame = caller
    machine.raise('invalid order function for sorting')
  }
  const swap = (a: number, b: number) => {
    const held = list.get(a)
    machine.rawSet(list, a, list.get(b))
    machine.rawSet(list, b, held)
  }
  let [low, high] = [from, to]
  while (low < high) {
    if (yield* less(list.get(high), list.get(low))) swap(low, high)
    if (high - low === 1) break
    const middle = Math.floor((low + high) / 2)
    if (yield* less(list.get(middle), list.get(low))) swap(middle, low)
    else if (yield* less(list.get(high), list.get(middle))) swap(middle, high)
    if (high - low === 2) break
    const pivot = list.get(middle)
    swap(middle, high - 1)
    let [i, j] = [low, high - 1]
    for (;;) {
      while (yield* less(list.get(++i), pivot)) if (i > high) refuse()
      while (yield* less(pivot, list.get(--j))) if (j < low) refuse()
      if (j < i) break
      swap(i, j)
    }
    swap(high - 1, i)
    if (i - low < high - i) {
      yield* quicksort(machine, list, low, i - 1, by)
      low = i + 1
    } else {
      yield* quicksort(machine, list, i + 1, high, by)
      high = i - 1
    }
  }
  return []
}
