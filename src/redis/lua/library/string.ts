import { MAX_STRING, type Machine, text, typeName } from '../machine.ts'
import { LuaTable } from '../table.ts'
import { first, LuaFunction, type LuaRun, type LuaValue, NOTHING, type PAUSE } from '../values.ts'
import { type Arguments, calling, type Library, plain } from './arguments.ts'
import { format } from './format.ts'
import { Matcher, UNFINISHED } from './pattern.ts'

const SPECIALS = /[\^$*+?.([%-]/
/** How bytecode begins. There is none behind it, and servers load none. */
const BYTECODE = '\x1bLuaQ\0\x01\x04\b\x04\b\0'
const MAX_RESULTS = 8000

export function string(machine: Machine): Library {
  const gmatch = plain(machine, (args) => {
    const [source, pattern] = [args.string(1), args.string(2)]
    let at = 0
    return calling(machine, function* (): LuaRun {
      const matcher = new Matcher(machine, source, pattern)
      for (; at <= source.length; at++) {
        let end = matcher.match(at, 0)
        while (end === UNFINISHED) {
          yield* machine.tick(machine.frame)
          end = matcher.goOn()
        }
        if (end < 0) continue
        matcher.settle()
        const results = matcher.results(at, end, true)
        at = end === at ? end + 1 : end
        return results
      }
      return undefined
    })
  })
  return {
    byte: plain(machine, (args) => {
      const source = args.string(1)
      const from = args.optionalInt(2, 1)
      const start = Math.max(position(from, source.length), 1)
      const end = Math.min(position(args.optionalInt(3, position(from, source.length)), source.length), source.length)
      if (end - start + 1 > MAX_RESULTS) machine.raise('string slice too long')
      return start > end
        ? NOTHING
        : Array.from({ length: end - start + 1 }, (_, at) => source.charCodeAt(start - 1 + at))
    }),
    char: plain(machine, (args) => {
      let made = ''
      for (let at = 1; at <= args.count; at++) {
        const code = args.int(at)
        if (code < 0 || code > 255) args.fail(at, 'invalid value')
        made += String.fromCharCode(code)
      }
      return made
    }),
    dump: plain(machine, (args) => {
      const f = args.function(1)
      return f.ofLua ? BYTECODE : machine.raise('unable to dump given function')
    }),
    find: calling(machine, (args) => search(machine, args, true)),
    match: calling(machine, (args) => search(machine, args, false)),
    format: plain(machine, format),
    gmatch,
    gfind: gmatch,
    gsub: calling(machine, (args) => substitute(machine, args)),
    len: plain(machine, (args) => args.string(1).length),
    lower: plain(machine, (args) => inCase(machine, args.string(1), UPPER_A, 32)),
    upper: plain(machine, (args) => inCase(machine, args.string(1), LOWER_A, -32)),
    rep: plain(machine, (args) => {
      const [source, times] = [args.string(1), Math.max(args.int(2), 0)]
      if (source.length * times > MAX_STRING) machine.raise('resulting string too large')
      machine.spend(source.length * times)
      return source.repeat(times)
    }),
    reverse: plain(machine, (args) => {
      const source = args.string(1)
      machine.spend(source.length)
      return textOf(Buffer.from(source, 'latin1').reverse())
    }),
    sub: plain(machine, (args) => {
      const source = args.string(1)
      const start = Math.max(position(args.int(2), source.length), 1)
      const end = Math.min(position(args.optionalInt(3, -1), source.length), source.length)
      return start > end ? '' : source.slice(start - 1, end)
    }),
  }
}

const UPPER_A = 0x41
const LOWER_A = 0x61

/** With the 26 letters from `first` moved by as much. */
function inCase(machine: Machine, source: string, first: number, by: number): string {
  machine.spend(source.length)
  const bytes = Buffer.from(source, 'latin1')
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at] ?? 0
    if (code >= first && code < first + 26) bytes[at] = code + by
  }
  return textOf(bytes)
}

/** Longer texts than this V8 leaves outside of its heap, where what a script takes is not counted. */
const PIECE = 65_536

function textOf(bytes: Buffer): string {
  let made = ''
  for (let at = 0; at < bytes.length; at += PIECE) made += bytes.toString('latin1', at, at + PIECE)
  return made
}

/** A position from the start of a string of `length`; one from the end is negative. */
const position = (at: number, length: number): number => (at >= 0 ? at : Math.max(length + at + 1, 0))

function* search(machine: Machine, args: Arguments, isFind: boolean): LuaRun {
  const [source, pattern] = [args.string(1), args.string(2)]
  const start = Math.min(Math.max(position(args.optionalInt(3, 1), source.length) - 1, 0), source.length)
  if (isFind && (machine.truth(args.at(4)) || !SPECIALS.test(pattern))) {
    const at =
      pattern.length > LONG ? yield* indexOfLong(machine, source, pattern, start) : source.indexOf(pattern, start)
    return at < 0 ? undefined : [at + 1, at + pattern.length]
  }
  const isAnchored = pattern.startsWith('^')
  const matcher = new Matcher(machine, source, pattern)
  for (let at = start; at <= source.length; at++) {
    let end = matcher.match(at, isAnchored ? 1 : 0)
    while (end === UNFINISHED) {
      yield* machine.tick(machine.frame)
      end = matcher.goOn()
    }
    if (end >= 0) {
      matcher.settle()
      return isFind ? [at + 1, end, ...matcher.results(at, end, false)] : matcher.results(at, end, true)
    }
    if (isAnchored) break
  }
  matcher.settle()
  return undefined
}

/** What JavaScript finds about as fast as it reads, whatever it is. */
const LONG = 250
/** Comparisons of characters in one go, at worst. */
const COMPARISONS = 20_000_000

/** As `indexOf`, which takes as long as both lengths multiplied for some texts that are long. */
function* indexOfLong(
  machine: Machine,
  source: string,
  sought: string,
  start: number,
): Generator<typeof PAUSE, number, LuaValue[]> {
  const places = Math.ceil(COMPARISONS / sought.length)
  for (let from = start; from + sought.length <= source.length; from += places) {
    const at = source.slice(from, from + places + sought.length - 1).indexOf(sought)
    if (at >= 0) return from + at
    machine.spend(COMPARISONS)
    if (machine.fuel < 0) yield* machine.tick(machine.frame)
  }
  return -1
}

function* substitute(machine: Machine, args: Arguments): LuaRun {
  const [source, pattern] = [args.string(1), args.string(2)]
  const replacing = args.at(3)
  const template = text(replacing)
  if (template === undefined && !(replacing instanceof LuaTable) && !(replacing instanceof LuaFunction)) {
    args.fail(3, 'string/function/table expected')
  }
  const most = args.at(4) === undefined ? source.length + 1 : args.int(4)
  const isAnchored = pattern.startsWith('^')
  const matcher = new Matcher(machine, source, pattern)
  let [at, count, result, copied] = [0, 0, '', 0]
  while (count < most) {
    let end = matcher.match(at, isAnchored ? 1 : 0)
    while (end === UNFINISHED) {
      yield* machine.tick(machine.frame)
      end = matcher.goOn()
    }
    if (end >= 0) {
      count++
      let by = source.slice(at, end)
      if (template !== undefined) by = expanded(template, matcher, at, end)
      else {
        const value = yield* replacement(machine, replacing, matcher, at, end)
        if (value !== undefined && value !== false)
          by = text(value) ?? machine.raise(`invalid replacement value (a ${typeName(value)})`)
      }
      result += source.slice(copied, at) + by
      machine.spend(by.length)
      copied = end
    }
    if (end > at) at = end
    else if (at < source.length) at++
    else break
    if (isAnchored) break
  }
  matcher.settle()
  return [result + source.slice(copied), count]
}

function* replacement(machine: Machine, by: LuaValue, matcher: Matcher, at: number, end: number): LuaRun {
  if (by instanceof LuaFunction) return first(yield* machine.invoke(by, ...matcher.results(at, end, true)))
  const key = matcher.capture(0, at, end)
  if (!(by instanceof LuaTable)) return undefined
  const found = by.get(key)
  if (found !== undefined || by.meta === null || machine.frame === null) return found
  return first(yield* machine.index(machine.frame, machine.frame.at, by, key))
}

/** The replacement text, with captures where it says `%1`, the whole match for `%0`. */
function expanded(template: string, matcher: Matcher, start: number, end: number): string {
  let [result, copied] = ['', 0]
  for (let at = template.indexOf('%'); at >= 0; at = template.indexOf('%', copied)) {
    const next = template[at + 1] ?? '\0'
    result += template.slice(copied, at)
    copied = at + 2
    if (next < '0' || next > '9') result += next
    else if (next === '0') result += matcher.slice(start, end)
    else result += text(matcher.capture(Number(next) - 1, start, end)) ?? ''
  }
  return result + template.slice(copied)
}
