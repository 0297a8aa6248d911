import type { LuaTable } from './table.ts'

/**
 * Values of Lua as values of JavaScript: nil is undefined, a string is one with a character for each byte (0 to 255), so that
 * both engines agree on lengths, order and equality without any table of ours.
 */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction | Coroutine | LightUserdata

/** What a call gives: a single value as it is, none or several as an array. No value of Lua is an array. */
export type LuaResults = LuaValue | LuaValue[]

/** A call under way. It yields to whatever drives the script: when the script has to pause, or when a coroutine yields. */
export type LuaRun = Generator<LuaPause | LuaValue[], LuaResults, LuaValue[]>

/** Yielded where a script that has run for long lets others have the thread. */
export const PAUSE: unique symbol = Symbol('pause')
export type LuaPause = typeof PAUSE

export const NOTHING: LuaValue[] = []

/**
 * A function: of Lua (`run`), of the host that calls nothing of Lua (`native`), or of the host that does (`run` with no source).
 * One class for all three, so that every call site sees one shape.
 */
export class LuaFunction {
  readonly native: ((...args: LuaValue[]) => LuaResults) | null
  readonly run: ((...args: LuaValue[]) => LuaRun) | null
  /** Whether its frame is one of Lua code, as levels of `error` count. */
  readonly ofLua: boolean

  constructor(native: LuaFunction['native'], run: LuaFunction['run'], ofLua: boolean) {
    this.native = native
    this.run = run
    this.ofLua = ofLua
  }
}

export const native = (body: (...args: LuaValue[]) => LuaResults): LuaFunction => new LuaFunction(body, null, false)
export const nativeRun = (body: (...args: LuaValue[]) => LuaRun): LuaFunction => new LuaFunction(null, body, false)

export class Coroutine {
  readonly body: LuaFunction
  run: LuaRun | undefined
  status: 'suspended' | 'running' | 'normal' | 'dead' = 'suspended'

  constructor(body: LuaFunction) {
    this.body = body
  }
}

/** A pointer of the host. There is one, the null pointer, which cjson takes for null. */
export class LightUserdata {}
export const NULL_POINTER = new LightUserdata()

/** Calls a function. */
export function* callOf({ native: plain, run }: LuaFunction, ...args: LuaValue[]): LuaRun {
  return plain !== null ? plain(...args) : run !== null ? yield* run(...args) : NOTHING
}

/** Where a call of Lua code stands. Frames are linked, the caller's above. */
export interface Frame {
  /** Index into the call sites of the function's prototype. */
  at: number
  readonly up: Frame | null
  readonly proto: Prototype
  /** Whether the call under way is a tail call: its caller has no line any more. */
  tail: boolean
  readonly depth: number
}

/** What is known of a function's code after it was compiled. */
export interface Prototype {
  /** The name it was loaded under, and what messages call it: `@user_script` is `user_script` there. */
  readonly source: string
  readonly chunk: string
  readonly sites: readonly Site[]
}

/** A place in the source where something can go wrong: its line, and the words for what is called or used there. */
export interface Site {
  readonly line: number
  readonly kind: '' | 'global' | 'local' | 'method' | 'field' | 'upvalue'
  readonly name: string
}

/** An error under way through Lua code. */
export class LuaError {
  readonly value: LuaValue
  /** Source and line of the function that raised it, where it was one of Lua. */
  readonly source: string | undefined
  readonly line: number | undefined

  constructor(value: LuaValue, source: string | undefined, line: number | undefined) {
    this.value = value
    this.source = source
    this.line = line
  }
}

export const first = (results: LuaResults): LuaValue => (Array.isArray(results) ? results[0] : results)
export const all = (results: LuaResults): LuaValue[] => (Array.isArray(results) ? results : [results])
