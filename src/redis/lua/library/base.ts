import { type Machine, READ_ONLY, text, toNumber, typeName } from '../machine.ts'
import { LuaTable } from '../table.ts'
import { all, first, LuaError, LuaFunction, type LuaRun, type LuaValue, NOTHING, native, nativeRun } from '../values.ts'
import { Arguments, calling, type Library, plain } from './arguments.ts'

/** Results that fit on Lua's own stack. */
const MAX_RESULTS = 8000

/** The functions without a table of their own. What reads files, prints or changes environments is left out, as servers do. */
export function base(machine: Machine): Library {
  return {
    _VERSION: 'Lua 5.1',
    assert: plain(machine, (args) => {
      if (args.any(1) === undefined || args.at(1) === false) machine.raise(args.optionalString(2, 'assertion failed!'))
      return [...args.values]
    }),
    collectgarbage: plain(machine, (args) => {
      const option = args.optionalString(1, 'collect')
      if (!GARBAGE.has(option)) args.fail(1, `invalid option '${option.replace(/\0.*$/s, '')}'`)
      return option === 'count' ? process.memoryUsage().heapUsed / 1024 : option === 'step' ? false : 0
    }),
    gcinfo: native(() => Math.floor(process.memoryUsage().heapUsed / 1024)),
    error: plain(machine, (args) => {
      const level = args.optionalInt(2, 1)
      const message = text(args.at(1))
      return machine.throw(message !== undefined && level > 0 ? machine.where(level) + message : args.at(1))
    }),
    getmetatable: plain(machine, (args) => {
      const meta = machine.metatableOf(args.any(1))
      return meta === null ? undefined : (meta.field('__metatable') ?? meta)
    }),
    setmetatable: plain(machine, (args) => {
      const table = args.table(1)
      const meta = args.at(2)
      if (args.count < 2 || !(meta === undefined || meta instanceof LuaTable))
        return args.fail(2, 'nil or table expected')
      if (table.meta?.field('__metatable') !== undefined) machine.raise('cannot change a protected metatable')
      if (table.readonly) machine.fault(READ_ONLY)
      table.meta = meta ?? null
      return table
    }),
    ipairs: plain(machine, (args) => [machine.ipairsFunction, args.table(1), 0]),
    pairs: plain(machine, (args) => [machine.nextFunction, args.table(1), undefined]),
    next: machine.nextFunction,
    rawequal: plain(machine, (args) => {
      args.any(1)
      return args.any(2) === args.at(1)
    }),
    rawget: plain(machine, (args) => {
      const table = args.table(1)
      args.any(2)
      return table.get(args.at(2))
    }),
    rawset: plain(machine, (args) => {
      const table = args.table(1)
      args.any(2)
      args.any(3)
      machine.rawSet(table, args.at(2), args.at(3))
      return table
    }),
    select: plain(machine, (args) => {
      if (args.at(1) === '#') return args.count - 1
      const from = args.int(1)
      const at = from < 0 ? args.count + from : from
      if (at < 1) args.fail(1, 'index out of range')
      return args.values.slice(at)
    }),
    tonumber: plain(machine, (args) => {
      const radix = args.optionalInt(2, 10)
      if (radix === 10) return toNumber(args.any(1))
      const digits = args.string(1)
      if (radix < 2 || radix > 36) args.fail(2, 'base out of range')
      return inRadix(digits, radix)
    }),
    tostring: calling(machine, (args) => machine.toText(args.any(1))),
    type: plain(machine, (args) => typeName(args.any(1))),
    unpack: plain(machine, (args) => {
      const table = args.table(1)
      const from = args.optionalInt(2, 1)
      const to = args.at(3) === undefined ? table.length : args.int(3)
      if (from > to) return NOTHING
      if (to - from + 1 + args.count > MAX_RESULTS) machine.raise('too many results to unpack')
      return Array.from({ length: to - from + 1 }, (_, at) => table.get(from + at))
    }),
    pcall: nativeRun((f, ...values) => protectedCall(machine, f, values)),
    xpcall: nativeRun(function* (...values): LuaRun {
      new Arguments(machine, values).any(2)
      const [f, handler] = values
      try {
        return [true, ...all(yield* machine.invoke(f))]
      } catch (error) {
        return yield* handled(machine, handler, machine.caught(error))
      }
    }),
    loadstring: plain(machine, (args) => {
      const source = args.string(1)
      return load(machine, source, args.optionalString(2, source))
    }),
    load: calling(machine, (args) => loadPieces(machine, args.function(1), args.optionalString(2, '=(load)'))),
  }
}

const GARBAGE = new Set(['stop', 'restart', 'collect', 'count', 'step', 'setpause', 'setstepmul'])

/** As Lua's, but that an error of the server's (a table with `err`) becomes its text, as scripts of before version 7 expect. */
function* protectedCall(machine: Machine, f: LuaValue, args: LuaValue[]): LuaRun {
  const { frame, hostDepth } = machine
  try {
    return [true, ...all(yield* machine.invoke(f, ...args))]
  } catch (error) {
    const value = machine.caught(error)
    machine.frame = frame
    machine.hostDepth = hostDepth
    const message = value instanceof LuaTable ? text(value.field('err')) : undefined
    return [false, message ?? value]
  }
}

function load(machine: Machine, source: string, name: string): LuaFunction | LuaValue[] {
  try {
    return machine.load(source, name)
  } catch (error) {
    if (error instanceof LuaError) return [undefined, error.value]
    throw error
  }
}

// As deep as C may call itself in Lua.
const MOST_HANDLERS = 200

/** What xpcall answers for an error. A handler that fails has its own error to handle, until there have been too many. */
function* handled(machine: Machine, handler: LuaValue, error: LuaValue): LuaRun {
  let value = error
  for (let i = 0; handler instanceof LuaFunction && i < MOST_HANDLERS; i++) {
    try {
      return [false, first(yield* machine.invoke(handler, value))]
    } catch (another) {
      value = machine.caught(another)
    }
  }
  return [false, 'error in error handling']
}

function* loadPieces(machine: Machine, reader: LuaFunction, name: string): LuaRun {
  let source = ''
  for (;;) {
    let piece: LuaValue
    try {
      piece = first(yield* machine.invoke(reader))
    } catch (error) {
      return [undefined, machine.caught(error)]
    }
    if (piece === undefined || piece === '') return load(machine, source, name)
    const more = text(piece)
    if (more === undefined) return [undefined, 'reader function must return a string']
    source += more
  }
}

/** A number in a radix as C's strtoul reads it: one with a minus is counted down from 2^64. */
function inRadix(source: string, radix: number): number | undefined {
  const [, minus, digits = ''] = /^[ \t\n\v\f\r]*([+-]?)(?:0x(?=[0-9a-f]))?([0-9a-z]+)[ \t\n\v\f\r]*$/i.exec(
    radix === 16 ? source : source.replace(/0x/i, (prefix) => (radix > 33 ? prefix : '!')),
  ) ?? ['', '', '']
  if (digits === '') return undefined
  let number = 0n
  for (const digit of digits) {
    const value = Number.parseInt(digit, 36)
    if (value >= radix) return undefined
    // Once it is too large it stays so.
    if (number < 2n ** 64n) number = number * BigInt(radix) + BigInt(value)
  }
  if (number >= 2n ** 64n) return 2 ** 64
  return Number(minus === '-' ? BigInt.asUintN(64, -number) : number)
}
