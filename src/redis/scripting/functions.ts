import type { Dialect } from '../commands/command.ts'
import { Arguments } from '../lua/library/arguments.ts'
import { type Machine, plainText, text } from '../lua/machine.ts'
import { errorTable } from '../lua/replies.ts'
import { inServerWords } from '../lua/server-words.ts'
import { LuaTable } from '../lua/table.ts'
import { LuaError, LuaFunction, type LuaValue, native } from '../lua/values.ts'
import { isScriptFlag, readLibraryHead, type ScriptFlag } from './flags.ts'

/** A function that a library has registered. */
export interface RegisteredFunction {
  readonly name: string
  readonly description: string | undefined
  readonly flags: ReadonlySet<ScriptFlag>
  readonly callback: LuaFunction
}

export interface FunctionLibrary {
  readonly name: string
  /** As it was loaded, its first line included. */
  readonly code: string
  /** By name. */
  readonly functions: ReadonlyMap<string, RegisteredFunction>
}

/** Libraries of functions, and their functions by name, which is in letters of any case. */
export class FunctionRegistry {
  readonly libraries = new Map<string, FunctionLibrary>()
  readonly #functions = new Map<string, RegisteredFunction>()

  find(name: string): RegisteredFunction | undefined {
    return this.#functions.get(name.toLowerCase())
  }

  get functionCount(): number {
    return this.#functions.size
  }

  /** Adds a library, in the place of one of its name. Answers what speaks against it, and changes nothing then. */
  add(library: FunctionLibrary): string | undefined {
    const former = this.libraries.get(library.name)
    if (former !== undefined) this.remove(former)
    const taken = [...library.functions.keys()].find((name) => this.find(name) !== undefined)
    if (taken !== undefined) {
      if (former !== undefined) this.#put(former)
      return `ERR Function ${taken} already exists`
    }
    this.#put(library)
    return undefined
  }

  remove(library: FunctionLibrary): void {
    this.libraries.delete(library.name)
    for (const name of library.functions.keys()) this.#functions.delete(name.toLowerCase())
  }

  clear(): void {
    this.libraries.clear()
    this.#functions.clear()
  }

  /** Adds all of `others`, or none of them: then a string says why. */
  join(others: readonly FunctionLibrary[], replace: boolean): string | undefined {
    const before = [...this.libraries.values()]
    for (const library of others) {
      const former = this.libraries.get(library.name)
      const refusal = former !== undefined && !replace ? `ERR Library ${library.name} already exists` : undefined
      if (refusal === undefined && former !== undefined) this.remove(former)
      if (refusal !== undefined) return this.#restore(before, refusal)
    }
    for (const library of others) {
      const refusal = this.add(library)
      if (refusal !== undefined) return this.#restore(before, refusal)
    }
    return undefined
  }

  #restore(before: readonly FunctionLibrary[], refusal: string): string {
    this.clear()
    for (const library of before) this.#put(library)
    return refusal
  }

  #put(library: FunctionLibrary): void {
    this.libraries.set(library.name, library)
    for (const [name, one] of library.functions) this.#functions.set(name.toLowerCase(), one)
  }
}

const NAME = /^[A-Za-z0-9_]+$/
const BAD_NAME =
  'Library names can only contain letters, numbers, or underscores(_) and must be at least one character long'
/** How long a library may take to register its functions. */
const LOAD_MS = 500

/** Runs the code of a library, for as long as `expired` says nothing. Throws LuaError. */
type RunLibrary = (code: string, expired: () => string | undefined) => void

/** Loads libraries: runs their code, which registers functions. */
export class LibraryLoader {
  #registered: Map<string, RegisteredFunction> | undefined
  readonly #run: RunLibrary
  readonly #monotonicMs: () => number
  readonly #dialect: Dialect

  constructor(dialect: Dialect, run: RunLibrary, monotonicMs: () => number) {
    this.#dialect = dialect
    this.#run = run
    this.#monotonicMs = monotonicMs
  }

  /** A library of this source, or what is wrong with it: also that its name is taken. */
  load(source: string, isTaken: (name: string) => boolean): FunctionLibrary | string {
    const head = readLibraryHead(source)
    if (typeof head === 'string') return head
    if (!NAME.test(head.name)) return `ERR ${BAD_NAME}`
    if (head.engine.toLowerCase() !== 'lua') return `ERR Engine '${head.engine}' not found`
    if (isTaken(head.name)) return `ERR Library '${head.name}' already exists`
    const functions = new Map<string, RegisteredFunction>()
    this.#registered = functions
    const until = this.#monotonicMs() + LOAD_MS
    try {
      this.#run(head.code, () => (this.#monotonicMs() > until ? 'FUNCTION LOAD timeout' : undefined))
    } catch (error) {
      if (error instanceof LuaError) return `ERR ${messageOf(error)}`
      throw error
    } finally {
      this.#registered = undefined
    }
    return functions.size === 0 ? 'ERR No functions registered' : { name: head.name, code: source, functions }
  }

  /** `redis.register_function`. */
  registrar(machine: Machine): LuaFunction {
    return native((...values) => {
      const problem = this.#register(new Arguments(machine, values))
      return problem === undefined ? [] : machine.throw(errorTable(inServerWords(this.#dialect, problem)))
    })
  }

  #register(args: Arguments): string | undefined {
    const registered = this.#registered
    if (registered === undefined) return 'redis.register_function can only be called on FUNCTION LOAD command'
    if (args.count < 1 || args.count > 2) return 'wrong number of arguments to redis.register_function'
    const made = args.count === 1 ? readNamed(args.at(1)) : readPositional(args.at(1), args.at(2))
    if (typeof made === 'string') return made
    if (!NAME.test(made.name)) return BAD_NAME
    if (registered.has(made.name)) return 'Function already exists in the library'
    registered.set(made.name, made)
    return undefined
  }
}

/** An error of a library's code, told apart by whether it could be read at all. */
function messageOf({ value, source }: LuaError): string {
  const message = value instanceof LuaTable ? text(value.field('err')) : `ERR ${plainText(value)}`
  return source === undefined && !(value instanceof LuaTable)
    ? `Error compiling function: ${plainText(value)}`
    : `Error registering functions: ${message ?? 'ERR unknown error'}`
}

function readPositional(name: LuaValue, callback: LuaValue): RegisteredFunction | string {
  const word = text(name)
  if (word === undefined) return 'first argument to redis.register_function must be a string'
  if (!(callback instanceof LuaFunction)) return 'second argument to redis.register_function must be a function'
  return { name: word, description: undefined, flags: new Set(), callback }
}

function readNamed(given: LuaValue): RegisteredFunction | string {
  if (!(given instanceof LuaTable)) {
    return 'calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).'
  }
  let name: string | undefined
  let description: string | undefined
  let callback: LuaFunction | undefined
  let flags: ReadonlySet<ScriptFlag> = new Set()
  for (const [key, value] of given.pairs()) {
    switch (text(key)?.toLowerCase()) {
      case undefined:
        return 'named argument key given to redis.register_function is not a string'
      case 'function_name':
        name = text(value)
        if (name === undefined) return 'function_name argument given to redis.register_function must be a string'
        break
      case 'description':
        description = text(value)
        if (description === undefined) return 'description argument given to redis.register_function must be a string'
        break
      case 'callback':
        if (!(value instanceof LuaFunction)) {
          return 'callback argument given to redis.register_function must be a function'
        }
        callback = value
        break
      case 'flags': {
        if (!(value instanceof LuaTable)) {
          return 'flags argument to redis.register_function must be a table representing function flags'
        }
        const read = readFlags(value)
        if (read === undefined) return 'unknown flag given'
        flags = read
        break
      }
      default:
        return 'unknown argument given to redis.register_function'
    }
  }
  if (name === undefined) return 'redis.register_function must get a function name argument'
  if (callback === undefined) return 'redis.register_function must get a callback argument'
  return { name, description, flags, callback }
}

function readFlags(names: LuaTable): ReadonlySet<ScriptFlag> | undefined {
  const flags = new Set<ScriptFlag>()
  for (let at = 1; names.get(at) !== undefined; at++) {
    const name = text(names.get(at))?.toLowerCase()
    if (name === undefined || !isScriptFlag(name)) return undefined
    flags.add(name)
  }
  return flags
}
