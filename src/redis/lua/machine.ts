import { compile } from './compiler.ts'
import { chunkName } from './lexer.ts'
import { numberToString, stringToNumber, toInt32 } from './numbers.ts'
import { LuaTable } from './table.ts'
import {
  Coroutine,
  callOf,
  type Frame,
  first,
  LightUserdata,
  LuaError,
  LuaFunction,
  type LuaResults,
  type LuaRun,
  type LuaValue,
  NOTHING,
  native,
  PAUSE,
  type Prototype,
  type Site,
} from './values.ts'

/** Rounds of loops and calls between two looks at the clock: some milliseconds of work. */
const FUEL = 50_000
/** Bytes of a chunk: to compile a larger one holds up everyone else for seconds. */
const MAX_SOURCE = 4 * 2 ** 20
/** What takes as long as a round of a loop: 2 to the power of this. */
const CHARACTERS_PER_FUEL_BITS = 5
/**
 * Calls of Lua within each other. Lua allows 20,000; a generator takes more of the thread's stack than Lua's frames do, and
 * the stack of Node's main thread holds some 7,000.
 */
const MAX_DEPTH = 4_000
/** Functions of the host that call into Lua within each other, as Lua counts them. */
const MAX_HOST_DEPTH = 198
/** As deep as no script goes that means well, and how many calls a command takes at most, generously. */
const SHALLOW = 100
const COMMAND_FRAMES = 300
const probe = (left: number): number => (left === 0 ? 0 : probe(left - 1) + 1)

/** Stands for functions of the host among callers. */
const HOST: Prototype = { source: '=[C]', chunk: '', sites: [{ line: -1, kind: '', name: '' }] }

export const READ_ONLY = 'Attempt to modify a readonly table'

/** What one string may hold: JavaScript's own limit is half a gibibyte. */
export const MAX_STRING = 2 ** 29 - 32

/**
 * The machine that compiled Lua runs on: operators where operands are not what is common, calls, errors, frames. One machine
 * has one set of globals. What it says is what Lua 5.1 says, as scripts match on it.
 */
export class Machine {
  /** Of the code that runs: scripts and libraries being loaded have different ones. */
  globals = new LuaTable()
  /** Metatable of all strings. */
  readonly strings = new LuaTable()
  /** Rounds left until `tick`. */
  fuel = FUEL
  frame: Frame | null = null
  /** Calls through functions of the host that a coroutine can't yield across. */
  hostDepth = 0
  coroutine: Coroutine | undefined
  /** Called now and then while a script runs; `pause` makes it let others have the thread, `error` ends it. */
  onTick: () => { readonly pause: boolean; readonly error?: LuaValue } = () => ({ pause: false })

  readonly nextFunction = native((...values) => {
    const [table, key] = values
    if (!(table instanceof LuaTable))
      return this.argumentError(1, `table expected, got ${typeName(table, values.length === 0 ? 'no value' : 'nil')}`)
    const next = table.next(key)
    if (next === null) return this.fault("invalid key to 'next'")
    return next === undefined ? undefined : [next, table.get(next)]
  })

  readonly ipairsFunction = native((...values) => {
    const [table, index] = values
    const at = toNumber(index)
    if (at === undefined)
      return this.argumentError(2, `number expected, got ${typeName(index, values.length < 2 ? 'no value' : 'nil')}`)
    if (!(table instanceof LuaTable)) return this.argumentError(1, `table expected, got ${typeName(table, 'nil')}`)
    const next = toInt32(at) + 1
    const value = table.get(next)
    return value === undefined ? NOTHING : [next, value]
  })

  /** Compiles a chunk loaded under `name`. Throws LuaError where it is no Lua. */
  load(source: string, name: string): LuaFunction {
    if (source.length > MAX_SOURCE) throw new LuaError('not enough memory', undefined, undefined)
    const { text, prototypes } = compile(source, name)
    try {
      // Text made by the compiler from its own words: nothing of the source is in it but numbers and quoted strings.
      const make = new Function('M', 'Fn', 'Table', 'P', 'N', `'use strict'; ${text}`)
      return make(this, LuaFunction, LuaTable, prototypes, NOTHING)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new LuaError(`${chunkName(name)}:1: chunk has too many syntax levels`, undefined, undefined)
    }
  }

  // Frames and errors

  enter(proto: Prototype): Frame {
    const up = this.frame
    const depth = up === null ? 1 : up.depth + 1
    if (depth > MAX_DEPTH) this.raise('stack overflow')
    return { at: 0, up, proto, tail: false, depth }
  }

  /**
   * Makes sure, deep within calls, that there is room on the thread's stack for a command: it is to fail before it begins, not
   * in the midst of a change.
   */
  probeStack(): void {
    if ((this.frame?.depth ?? 0) + this.hostDepth > SHALLOW) probe(COMMAND_FRAMES)
  }

  /** Whether to go on, asked when the fuel is used up. */
  *tick(frame: Frame | null): Generator<typeof PAUSE, void, LuaValue[]> {
    this.fuel = FUEL
    const { pause, error } = this.onTick()
    if (error !== undefined) {
      // Asked again at once, so that a script that catches the error does not go on.
      this.fuel = 0
      throw this.errorAt(frame, error)
    }
    if (!pause) return
    const { hostDepth, coroutine } = this
    yield PAUSE
    this.frame = frame
    this.hostDepth = hostDepth
    this.coroutine = coroutine
  }

  /** What a function of the host has gone through, characters or the like, counts as rounds of a loop. */
  spend(count: number): void {
    this.fuel -= count >> CHARACTERS_PER_FUEL_BITS
  }

  /** Where the code at `level` stands, as messages begin: 1 is the function of Lua that runs. */
  where(level: number): string {
    let frame = this.frame
    for (let at = 1; at < level && frame !== null; at++) {
      frame = frame.up
      if (frame?.tail === true) return ''
    }
    return frame === null || frame.proto === HOST ? '' : `${frame.proto.chunk}:${this.siteOf(frame).line}: `
  }

  siteOf(frame: Frame): Site {
    return frame.proto.sites[frame.at] ?? { line: 0, kind: '', name: '' }
  }

  errorAt(frame: Frame | null, value: LuaValue): LuaError {
    if (frame === null) return new LuaError(value, undefined, undefined)
    return new LuaError(value, frame.proto.source, this.siteOf(frame).line)
  }

  /** Raises a value, as the function of the host that runs. */
  throw(value: LuaValue): never {
    throw this.errorAt(this.frame, value)
  }

  /** Raises a message with the place before it, as `luaL_error`. */
  raise(message: string): never {
    this.throw(this.where(1) + message)
  }

  /** Raises a message of the machine's own inside of a function of the host, where there is no line to name. */
  fault(message: string): never {
    return this.throw(message)
  }

  /** Raises what is wrong with the argument at `index` of the function of the host that was called. */
  argumentError(index: number, message: string): never {
    const { kind, name } = this.frame === null ? { kind: '', name: '' } : this.siteOf(this.frame)
    const at = kind === 'method' ? index - 1 : index
    if (at === 0 && kind === 'method') this.raise(`calling '${name}' on bad self (${message})`)
    this.raise(`bad argument #${at} to '${name || '?'}' (${message})`)
  }

  #at(frame: Frame, site: number): void {
    frame.at = site
    this.frame = frame
  }

  /** What is wrong with a value: "attempt to index field 'x' (a nil value)". */
  #misused(frame: Frame, site: number, doing: string, value: LuaValue): never {
    const { kind, name } = frame.proto.sites[site] ?? { kind: '', name: '' }
    const what = kind === '' ? `a ${typeName(value)} value` : `${kind} '${name}' (a ${typeName(value)} value)`
    this.#at(frame, site)
    this.raise(`attempt to ${doing} ${what}`)
  }

  /** The value of an error that Lua code may catch. What is a fault of ours goes on. */
  caught(error: unknown): LuaValue {
    if (error instanceof LuaError) return error.value
    if (error instanceof RangeError)
      return this.where(1) + (/call stack/.test(error.message) ? 'stack overflow' : 'not enough memory')
    throw error
  }

  // Values

  truth(value: LuaValue): boolean {
    return value !== undefined && value !== false
  }

  first(results: LuaResults): LuaValue {
    return Array.isArray(results) ? results[0] : results
  }

  all(results: LuaResults): LuaValue[] {
    return Array.isArray(results) ? results : [results]
  }

  metatableOf(value: LuaValue): LuaTable | null {
    if (value instanceof LuaTable) return value.meta
    return typeof value === 'string' ? this.strings : null
  }

  metamethod(value: LuaValue, event: string): LuaValue {
    return this.metatableOf(value)?.field(event)
  }

  // Tables

  list(array: LuaValue[], sized: number): LuaTable {
    const size = Math.max(array.length, roundedSize(sized))
    while (array.length < size) array.push(undefined)
    return new LuaTable(array)
  }

  record(sized: number, pairs: number): LuaTable {
    const room = pairs === 0 ? 0 : 2 ** Math.ceil(Math.log2(roundedSize(pairs)))
    return new LuaTable(new Array(roundedSize(sized)).fill(undefined), room)
  }

  items(table: LuaTable, array: LuaValue[]): void {
    while (table.array.length < array.length) table.array.push(undefined)
    for (let at = 0; at < array.length; at++) table.array[at] = array[at]
  }

  fill(frame: Frame, site: number, table: LuaTable, key: LuaValue, value: LuaValue): void {
    if (this.put(table, key, value)) return
    this.#at(frame, site)
    this.checkKey(key)
  }

  argTable(values: LuaValue[]): LuaTable {
    const table = this.list([...values], values.length)
    table.set('n', values.length)
    return table
  }

  /** Sets what can be set at a glance; false leaves it to `setIndex`. */
  put(table: LuaValue, key: LuaValue, value: LuaValue): boolean {
    if (!(table instanceof LuaTable) || table.readonly || table.meta !== null || key === undefined || Number.isNaN(key))
      return false
    table.set(key, value)
    return true
  }

  checkKey(key: LuaValue): void {
    if (key === undefined) this.raise('table index is nil')
    if (Number.isNaN(key)) this.raise('table index is NaN')
  }

  /** Sets with no regard to metamethods, as the functions of the host do. */
  rawSet(table: LuaTable, key: LuaValue, value: LuaValue): void {
    if (table.readonly) this.fault(READ_ONLY)
    if (key === undefined) this.fault('table index is nil')
    if (Number.isNaN(key)) this.fault('table index is NaN')
    table.set(key, value)
  }

  *index(frame: Frame, site: number, of: LuaValue, key: LuaValue): LuaRun {
    let value = of
    for (let loop = 0; loop < 100; loop++) {
      let handler: LuaValue
      if (value instanceof LuaTable) {
        const found = value.get(key)
        if (found !== undefined || value.meta === null) return found
        handler = value.meta.field('__index')
        if (handler === undefined) return undefined
      } else {
        handler = this.metamethod(value, '__index')
        if (handler === undefined) this.#misused(frame, site, 'index', value)
      }
      if (handler instanceof LuaFunction) {
        this.#at(frame, site)
        return first(yield* this.meta(handler, value, key))
      }
      value = handler
    }
    this.#at(frame, site)
    return this.raise('loop in gettable')
  }

  *setIndex(frame: Frame, site: number, of: LuaValue, key: LuaValue, value: LuaValue): LuaRun {
    let target = of
    for (let loop = 0; loop < 100; loop++) {
      let handler: LuaValue
      if (target instanceof LuaTable) {
        this.#at(frame, site)
        if (target.readonly) this.raise(READ_ONLY)
        handler = target.meta?.field('__newindex')
        if (handler === undefined || target.get(key) !== undefined) {
          this.checkKey(key)
          target.set(key, value)
          return NOTHING
        }
      } else {
        handler = this.metamethod(target, '__newindex')
        if (handler === undefined) this.#misused(frame, site, 'index', target)
      }
      if (handler instanceof LuaFunction) {
        this.#at(frame, site)
        yield* this.meta(handler, target, key, value)
        return NOTHING
      }
      target = handler
    }
    this.#at(frame, site)
    return this.raise('loop in settable')
  }

  // Operators

  *arithmetic(frame: Frame, site: number, operator: string, a: LuaValue, b: LuaValue): LuaRun {
    const [x, y] = [toNumber(a), toNumber(b)]
    if (x !== undefined && y !== undefined) return compute(operator, x, y)
    const event = EVENTS[operator] ?? ''
    const handler = this.metamethod(a, event) ?? this.metamethod(b, event)
    if (handler === undefined) {
      const second = x !== undefined
      this.#misused(frame, second ? site + 1 : site, 'perform arithmetic on', second ? b : a)
    }
    this.#at(frame, site)
    return first(yield* this.meta(handler, a, b))
  }

  *minus(frame: Frame, site: number, a: LuaValue): LuaRun {
    const x = toNumber(a)
    if (x !== undefined) return -x
    const handler = this.metamethod(a, '__unm')
    if (handler === undefined) this.#misused(frame, site, 'perform arithmetic on', a)
    this.#at(frame, site)
    return first(yield* this.meta(handler, a, a))
  }

  power(a: number, b: number): number {
    return power(a, b)
  }

  /** Lua 5.1 asks no metamethod for the length of a table or string, and nothing else of scripts has one. */
  length(frame: Frame, site: number, a: LuaValue): number {
    if (a instanceof LuaTable || typeof a === 'string') return a.length
    return this.#misused(frame, site, 'get length of', a)
  }

  *concat(frame: Frame, site: number, a: LuaValue, b: LuaValue): LuaRun {
    const [x, y] = [text(a), text(b)]
    if (x !== undefined && y !== undefined) {
      if (x.length + y.length > MAX_STRING) {
        this.#at(frame, site)
        this.raise('string length overflow')
      }
      return x + y
    }
    const handler = this.metamethod(a, '__concat') ?? this.metamethod(b, '__concat')
    if (handler === undefined) {
      const second = x !== undefined
      this.#misused(frame, second ? site + 1 : site, 'concatenate', second ? b : a)
    }
    this.#at(frame, site)
    return first(yield* this.meta(handler, a, b))
  }

  *equal(frame: Frame, a: LuaTable, b: LuaTable): LuaRun {
    const handler = this.#common(a, b, '__eq')
    if (handler === undefined) return false
    this.frame = frame
    return this.truth(first(yield* this.meta(handler, a, b)))
  }

  *less(frame: Frame, site: number, a: LuaValue, b: LuaValue): LuaRun {
    if (typeof a === 'number' && typeof b === 'number') return a < b
    if (typeof a === 'string' && typeof b === 'string') return a < b
    this.#at(frame, site)
    const handler = this.#common(a, b, '__lt')
    if (handler === undefined) this.raise(incomparable(a, b))
    return this.truth(first(yield* this.meta(handler, a, b)))
  }

  *lessOrEqual(frame: Frame, site: number, a: LuaValue, b: LuaValue): LuaRun {
    if (typeof a === 'number' && typeof b === 'number') return a <= b
    if (typeof a === 'string' && typeof b === 'string') return a <= b
    this.#at(frame, site)
    const handler = this.#common(a, b, '__le')
    if (handler !== undefined) return this.truth(first(yield* this.meta(handler, a, b)))
    const reverse = this.#common(a, b, '__lt')
    if (reverse === undefined) this.raise(incomparable(a, b))
    return !this.truth(first(yield* this.meta(reverse, b, a)))
  }

  /** `a < b` for functions of the host. */
  *isLess(a: LuaValue, b: LuaValue): LuaRun {
    if (typeof a === 'number' && typeof b === 'number') return a < b
    if (typeof a === 'string' && typeof b === 'string') return a < b
    const handler = this.#common(a, b, '__lt')
    if (handler === undefined) this.fault(incomparable(a, b))
    return this.truth(first(yield* this.invoke(handler, a, b)))
  }

  /** A metamethod of comparisons, which counts only where both have the same. */
  #common(a: LuaValue, b: LuaValue, event: string): LuaValue {
    const handler = this.metamethod(a, event)
    return typeName(a) === typeName(b) && handler !== undefined && handler === this.metamethod(b, event)
      ? handler
      : undefined
  }

  bound(frame: Frame, site: number, value: LuaValue, what: string): number {
    const number = toNumber(value)
    if (number !== undefined) return number
    this.#at(frame, site)
    return this.raise(`'for' ${what}${what === 'limit' || what === 'step' ? '' : ' value'} must be a number`)
  }

  // Calls

  *call(frame: Frame, site: number, f: LuaValue, ...args: LuaValue[]): LuaRun {
    this.#at(frame, site)
    if (f instanceof LuaFunction) return f.native !== null ? f.native(...args) : yield* runOf(f)(...args)
    const handler = this.metamethod(f, '__call')
    if (!(handler instanceof LuaFunction)) this.#misused(frame, site, 'call', f)
    return handler.native !== null ? handler.native(f, ...args) : yield* runOf(handler)(f, ...args)
  }

  /** Calls from a function of the host, which stands between the callers as one of C would. */
  *invoke(f: LuaValue, ...args: LuaValue[]): LuaRun {
    return yield* this.hosted(f instanceof LuaFunction ? callOf(f, ...args) : this.meta(f, ...args))
  }

  /** Runs what a function of the host does that calls others. */
  *hosted(run: LuaRun): LuaRun {
    const { frame } = this
    this.frame = { at: 0, up: frame, proto: HOST, tail: false, depth: (frame?.depth ?? 0) + 1 }
    try {
      if (++this.hostDepth > MAX_HOST_DEPTH) this.raise('C stack overflow')
      return yield* run
    } finally {
      this.hostDepth--
      this.frame = frame
    }
  }

  /** Calls from in between: metamethods. No coroutine yields across them. */
  *meta(f: LuaValue, ...args: LuaValue[]): LuaRun {
    const { frame } = this
    try {
      if (++this.hostDepth > MAX_HOST_DEPTH) this.raise('C stack overflow')
      if (f instanceof LuaFunction) return f.native !== null ? f.native(...args) : yield* runOf(f)(...args)
      const handler = this.metamethod(f, '__call')
      if (!(handler instanceof LuaFunction)) return this.raise(`attempt to call a ${typeName(f)} value`)
      return yield* this.meta(handler, f, ...args)
    } finally {
      this.hostDepth--
      this.frame = frame
    }
  }

  /** What goes through a loop without a call for each round: pairs of a table, or ipairs; null for any other. */
  walk(f: LuaValue, of: LuaValue, from: LuaValue): Walk | null {
    if (!(of instanceof LuaTable)) return null
    if (f === this.nextFunction && from === undefined) return new PairsWalk(of)
    return f === this.ipairsFunction && from === 0 ? new IpairsWalk(of) : null
  }

  /** The string that `tostring` gives. */
  *toText(value: LuaValue): Generator<typeof PAUSE | LuaValue[], LuaValue, LuaValue[]> {
    const handler = this.metamethod(value, '__tostring')
    if (handler !== undefined) return first(yield* this.invoke(handler, value))
    return plainText(value)
  }

  /** Runs a function to its end or error, catching neither. Only for what pauses by itself: drivers of scripts. */
  start(f: LuaFunction, args: LuaValue[]): LuaRun {
    this.frame = null
    this.hostDepth = 0
    this.coroutine = undefined
    this.fuel = FUEL
    return this.#started(f, args)
  }

  *#started(f: LuaFunction, args: LuaValue[]): LuaRun {
    return f.native !== null ? f.native(...args) : yield* runOf(f)(...args)
  }
}

/** A function of the host or of Lua that is not `native` has a `run`. */
const runOf = (f: LuaFunction) => f.run as NonNullable<LuaFunction['run']> // it has one of both

interface Walk {
  readonly key: LuaValue
  readonly value: LuaValue
  step(): boolean
}

class PairsWalk implements Walk {
  key: LuaValue
  value: LuaValue
  readonly #table: LuaTable
  #position = 0
  #entries: IterableIterator<[LuaValue, LuaValue]> | null = null

  constructor(table: LuaTable) {
    this.#table = table
  }

  step(): boolean {
    if (this.#entries === null) {
      const at = this.#table.arrayAfter(this.#position)
      if (at > 0) {
        this.#position = at
        this.key = at
        this.value = this.#table.array[at - 1]
        return true
      }
      if (this.#table.hash === null) return false
      this.#entries = this.#table.hash.entries()
    }
    const step = this.#entries.next()
    if (step.done === true) return false
    this.key = step.value[0]
    this.value = step.value[1]
    return true
  }
}

class IpairsWalk implements Walk {
  key = 0
  value: LuaValue
  readonly #table: LuaTable

  constructor(table: LuaTable) {
    this.#table = table
  }

  step(): boolean {
    this.value = this.#table.get(++this.key)
    return this.value !== undefined
  }
}

const EVENTS: Readonly<Record<string, string>> = {
  '+': '__add',
  '-': '__sub',
  '*': '__mul',
  '/': '__div',
  '%': '__mod',
  '^': '__pow',
}

function compute(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a - Math.floor(a / b) * b
    default:
      return power(a, b)
  }
}

/** C's pow, which takes 1 to any power for 1, and -1 to an infinite one too. */
export const power = (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b)

function incomparable(a: LuaValue, b: LuaValue): string {
  const [x, y] = [typeName(a), typeName(b)]
  return x === y ? `attempt to compare two ${x} values` : `attempt to compare ${x} with ${y}`
}

/** A size as Lua's instruction for new tables can hold it: three bits of it, rounded up. */
function roundedSize(size: number): number {
  let [mantissa, power] = [size, 1]
  while (mantissa >= 16) {
    mantissa = (mantissa + 1) >> 1
    power *= 2
  }
  return mantissa * power
}

export const toNumber = (value: LuaValue): number | undefined =>
  typeof value === 'number' ? value : typeof value === 'string' ? stringToNumber(value) : undefined

/** A string, or a number as one. */
export const text = (value: LuaValue): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? numberToString(value) : undefined

export function typeName(value: LuaValue, none = 'nil'): string {
  switch (typeof value) {
    case 'undefined':
      return none
    case 'object':
      return value instanceof LuaTable
        ? 'table'
        : value instanceof LuaFunction
          ? 'function'
          : value instanceof Coroutine
            ? 'thread'
            : 'userdata'
    default:
      return typeof value
  }
}

const addresses = new WeakMap<object, string>()
let nextAddress = 0x7f0000001000

function addressOf(value: object): string {
  let address = addresses.get(value)
  if (address === undefined) {
    nextAddress += 64
    address = `0x${nextAddress.toString(16)}`
    addresses.set(value, address)
  }
  return address
}

export function plainText(value: LuaValue): string {
  if (value === undefined) return 'nil'
  if (typeof value === 'boolean') return String(value)
  const plain = text(value)
  if (plain !== undefined) return plain
  if (value instanceof LightUserdata) return 'userdata: (nil)'
  return `${typeName(value)}: ${addressOf(value as object)}` // all others are objects
}
