import { MAX_STRING, type Machine, text, typeName } from '../machine.ts'
import { LuaTable } from '../table.ts'
import { first, LuaFunction, type LuaRun, type LuaValue, NOTHING } from '../values.ts'
import { type Arguments, calling, type Library, plain } from './arguments.ts'
import { format } from './format.ts'
import { Matcher } from './pattern.ts'

const SPECIALS = /[\^$*+?.([%-]/
/** How bytecode begins. There is none behind it, and servers load none. */
const BYTECODE = '\x1bLuaQ\0\x01\x04\b\x04\b\0'
const MAX_RESULTS = 8000

export function string(machine: Machine): Library {
  const gmatch = plain(machine, (args) => {
    const [source, pattern] = [args.string(1), args.string(2)]
    let at = 0
    return plain(machine, () => {
      const matcher = new Matcher(machine, source, pattern)
      for (; at <= source.length; at++) {
        const end = matcher.match(at, 0)
        if (end < 0) continue
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
    find: plain(machine, (args) => search(machine, args, true)),
    match: plain(machine, (args) => search(machine, args, false)),
    format: plain(machine, format),
    gmatch,
    gfind: gmatch,
    gsub: calling(machine, (args) => substitute(machine, args)),
    len: plain(machine, (args) => args.string(1).length),
    lower: plain(machine, (args) => args.string(1).replace(/[A-Z]+/g, (run) => run.toLowerCase())),
    upper: plain(machine, (args) => args.string(1).replace(/[a-z]+/g, (run) => run.toUpperCase())),
    rep: plain(machine, (args) => {
      const [source, times] = [args.string(1), Math.max(args.int(2), 0)]
      if (source.length * times > MAX_STRING) machine.raise('resulting string too large')
      return source.repeat(times)
    }),
    reverse: plain(machine, (args) => [...args.string(1)].reverse().join('')),
    sub: plain(machine, (args) => {
      const source = args.string(1)
      const start = Math.max(position(args.int(2), source.length), 1)
      const end = Math.min(position(args.optionalInt(3, -1), source.length), source.length)
      return start > end ? '' : source.slice(start - 1, end)
    }),
  }
}

/** A position from the start of a string of `length`; one from the end is negative. */
const position = (at: number, length: number): number => (at >= 0 ? at : Math.max(length + at + 1, 0))

function search(machine: Machine, args: Arguments, isFind: boolean): LuaValue | LuaValue[] {
  const [source, pattern] = [args.string(1), args.string(2)]
  const start = Math.min(Math.max(position(args.optionalInt(3, 1), source.length) - 1, 0), source.length)
  if (isFind && (machine.truth(args.at(4)) || !SPECIALS.test(pattern))) {
    const at = source.indexOf(pattern, start)
    return at < 0 ? undefined : [at + 1, at + pattern.length]
  }
  const isAnchored = pattern.startsWith('^')
  const matcher = new Matcher(machine, source, pattern)
  for (let at = start; at <= source.length; at++) {
    const end = matcher.match(at, isAnchored ? 1 : 0)
    if (end >= 0) return isFind ? [at + 1, end, ...matcher.results(at, end, false)] : matcher.results(at, end, true)
    if (isAnchored) break
  }
  return undefined
}

function* substitute(machine: Machine, args: Arguments): LuaRun {
  const [source, pattern] = [args.string(1), args.string(2)]
  const by = args.at(3)
  const template = text(by)
  if (template === undefined && !(by instanceof LuaTable) && !(by instanceof LuaFunction)) {
    args.fail(3, 'string/function/table expected')
  }
  const most = args.at(4) === undefined ? source.length + 1 : args.int(4)
  const isAnchored = pattern.startsWith('^')
  const matcher = new Matcher(machine, source, pattern)
  let [at, count, result] = [0, 0, '']
  while (count < most) {
    const end = matcher.match(at, isAnchored ? 1 : 0)
    if (end >= 0) {
      count++
      const whole = source.slice(at, end)
      if (template !== undefined) result += expanded(template, matcher, at, end)
      else {
        const value = yield* replacement(machine, by, matcher, at, end)
        if (value === undefined || value === false) result += whole
        else result += text(value) ?? machine.raise(`invalid replacement value (a ${typeName(value)})`)
      }
    }
    if (end > at) at = end
    else if (at < source.length) result += source[at++]
    else break
    if (isAnchored) break
  }
  return [result + source.slice(at), count]
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
  let result = ''
  for (let at = 0; at < template.length; at++) {
    const char = template[at] ?? ''
    if (char !== '%') {
      result += char
      continue
    }
    const next = template[++at] ?? '\0'
    if (next < '0' || next > '9') result += next
    else if (next === '0') result += matcher.slice(start, end)
    else result += text(matcher.capture(Number(next) - 1, start, end)) ?? ''
  }
  return result
}
