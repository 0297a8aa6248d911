import { getHeapStatistics } from 'node:v8'
import type { Random } from './library/math.ts'
import { Machine, plainText, text } from './machine.ts'
import { COUNTED } from './replies.ts'
import { evalApi, loadingGlobals, type ScriptHost, type ScriptRun, scriptGlobals } from './sandbox.ts'
import { LuaTable } from './table.ts'
import { first, LuaError, type LuaFunction, type LuaRun, type LuaValue, PAUSE } from './values.ts'

/**
 * What a script may add to the heap of its thread, bytes, garbage included: a server would go on until the system ends it, but here
 * others are in the same thread, and are held up by each collection of its garbage.
 */
const HEAP_OF_SCRIPT = 512 * 2 ** 20
const NOT_ENOUGH_MEMORY = 'not enough memory'

const usedHeap = (): number => getHeapStatistics().used_heap_size

/** What came of a script: a value, or the line of an error, without its minus. */
export type Outcome =
  | { readonly value: LuaValue }
  | { readonly error: string /** Whether it is in the statistics already. */; readonly counted: boolean }

/** How a script that takes long is dealt with, asked again and again while it runs. */
export interface Watch {
  /** Whether to let others have the thread. */
  pauses(): boolean
  /** Whether it was killed, and by what words. */
  killed(): string | undefined
}

/** The interpreter of one kind of scripts: those of EVAL, or functions. */
export class Interpreter {
  readonly machine = new Machine()
  /** The script that runs. */
  run: ScriptRun | undefined
  readonly #globals: LuaTable
  readonly #loading: LuaTable | undefined

  /** @param register What `redis.register_function` does while a library is loaded; absent for EVAL. */
  constructor(host: Omit<ScriptHost, 'run'>, random: Random, register?: (machine: Machine) => LuaFunction) {
    const { machine } = this
    const running: ScriptHost = { ...host, log: (level, message) => host.log(level, message), run: undefined }
    Object.defineProperty(running, 'run', { get: () => this.run })
    this.#globals = scriptGlobals(machine, running, random, register === undefined ? evalApi(machine) : {})
    if (register !== undefined) this.#loading = loadingGlobals(machine, running, register(machine))
    machine.globals = this.#globals
  }

  /** @throws LuaError, of what is no Lua. */
  compile(source: string, name: string): LuaFunction {
    return this.machine.load(source, name)
  }

  /** Sets a global of scripts, as KEYS and ARGV are set before each. */
  setGlobal(name: string, value: LuaValue): void {
    this.#globals.set(name, value)
  }

  /** Runs a script; `resume` it until there is an outcome. */
  start(f: LuaFunction, args: LuaValue[], run: ScriptRun, watch: Watch, name: string): Execution {
    const { machine } = this
    machine.globals = this.#globals
    return new Execution(this, machine.start(f, args), run, watch, name)
  }

  /** Runs a library's code, which registers its functions. @throws LuaError */
  loadLibrary(source: string, expired: () => string | undefined): void {
    const { machine } = this
    const code = machine.load(source, '@user_function')
    machine.globals = this.#loading ?? this.#globals
    machine.onTick = () => ({ pause: false, error: expired() })
    try {
      const run = machine.start(code, [])
      while (run.next([]).done !== true) machine.frame = null
    } catch (error) {
      throw error instanceof LuaError ? error : new LuaError(machine.caught(error), undefined, undefined)
    } finally {
      machine.globals = this.#globals
    }
  }
}

/** A script under way. */
export class Execution {
  readonly #interpreter: Interpreter
  readonly #lua: LuaRun
  readonly #run: ScriptRun
  readonly #watch: Watch
  readonly #name: string
  /** Known from the first look on: most scripts end before, and a look takes as long as they do. */
  #mostHeap: number | undefined

  constructor(interpreter: Interpreter, lua: LuaRun, run: ScriptRun, watch: Watch, name: string) {
    this.#interpreter = interpreter
    this.#lua = lua
    this.#run = run
    this.#watch = watch
    this.#name = name
  }

  /** Goes on until the script ends, or pauses: then there is no outcome yet. */
  resume(): Outcome | undefined {
    const { machine } = this.#interpreter
    this.#interpreter.run = this.#run
    machine.onTick = () => {
      const killed = this.#watch.killed()
      if (killed !== undefined) return { pause: false, error: errorOf(killed) }
      const heap = usedHeap()
      this.#mostHeap ??= heap + HEAP_OF_SCRIPT
      if (heap > this.#mostHeap) return { pause: false, error: NOT_ENOUGH_MEMORY }
      return { pause: this.#watch.pauses() }
    }
    try {
      const step = this.#lua.next([])
      if (step.done !== true && step.value === PAUSE) return undefined
      const killed = this.#watch.killed()
      if (killed !== undefined)
        return { error: `ERR ${killed} script: ${this.#name}, on @user_script:1.`, counted: false }
      return { value: first(step.value === PAUSE ? undefined : step.value) }
    } catch (error) {
      return failed(machine, error, this.#name)
    } finally {
      this.#interpreter.run = undefined
    }
  }
}

function errorOf(message: string): LuaTable {
  const error = new LuaTable()
  error.set('err', `ERR ${message}`)
  return error
}

/** An error that nothing in the script has caught, as clients are told it. */
function failed(machine: Machine, error: unknown, name: string): Outcome {
  const value = machine.caught(error)
  const at =
    error instanceof LuaError ? { source: error.source, line: error.line } : { source: undefined, line: undefined }
  const isTable = value instanceof LuaTable
  const message = isTable ? (text(value.field('err')) ?? 'ERR unknown error') : `ERR ${plainText(value)}`
  const source = at.source ?? (isTable ? text(value.field('source')) : undefined)
  const line = at.line ?? (isTable ? text(value.field('line')) : undefined)
  const where = source === undefined || line === undefined ? '' : ` script: ${name}, on ${source}:${line}.`
  return { error: message + where, counted: isTable && value.field(COUNTED) === true }
}
