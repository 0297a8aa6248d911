import { createHash } from 'node:crypto'
import { versionNumbers } from '../../api/catalog/versions.ts'
import { general } from '../protocol/printed.ts'
import { type Arguments, type Library, plain, tableOf } from './library/arguments.ts'
import { base } from './library/base.ts'
import { bit } from './library/bit.ts'
import { cjson } from './library/cjson.ts'
import { cmsgpack } from './library/cmsgpack.ts'
import { coroutine } from './library/coroutine.ts'
import { math, type Random } from './library/math.ts'
import { string } from './library/string.ts'
import { struct } from './library/struct.ts'
import { table } from './library/table.ts'
import { type Machine, text, toNumber } from './machine.ts'
import { COUNTED, errorTable, fromReply, type Resp, record } from './replies.ts'
import { inServerWords } from './server-words.ts'
import { LuaTable } from './table.ts'
import type { LuaFunction, LuaResults, LuaValue } from './values.ts'

/** What a running script may ask of the node. */
export interface ScriptRun {
  resp: Resp
  /** Runs a command for the script: its reply, in the protocol of `resp`, or why it was not run. */
  command(words: readonly string[]): Buffer | Refused
  /** Who hears of what the script writes: bit 1 the append-only file, bit 2 replicas. */
  setReplication(to: number): void
  /** Whether the user who called may run a command; undefined: there is no such command. */
  mayRun(words: readonly string[]): boolean | undefined
}

export interface Refused {
  readonly refused: string
}

/** What scripts of a node see of it whether they run or not. */
export interface ScriptHost {
  readonly engine: 'redis' | 'valkey'
  /** What clients are told it is, `7.0.15`; of Valkey the version of Redis that it stands for. */
  readonly redisVersion: string
  readonly version: string
  log(level: number, message: string): void
  /** The script that runs, while one does. */
  readonly run: ScriptRun | undefined
}

const LEVELS = { LOG_DEBUG: 0, LOG_VERBOSE: 1, LOG_NOTICE: 2, LOG_WARNING: 3 }
const REPLICATION = { REPL_NONE: 0, REPL_AOF: 1, REPL_SLAVE: 2, REPL_REPLICA: 2, REPL_ALL: 3 }

/** Globals of scripts: all that can be reached from them is read-only, and to ask for one that is not there is an error. */
export function scriptGlobals(machine: Machine, host: ScriptHost, random: Random, more: Library): LuaTable {
  const globals = new LuaTable()
  const libraries: Readonly<Record<string, Library>> = {
    bit: bit(machine),
    cjson: cjson(machine),
    cmsgpack: cmsgpack(machine),
    coroutine: coroutine(machine),
    math: math(machine, random, () => host.run !== undefined),
    string: string(machine),
    struct: struct(machine),
    table: table(machine),
  }
  for (const [name, value] of Object.entries(base(machine))) globals.set(name, value)
  for (const [name, library] of Object.entries(libraries)) globals.set(name, tableOf(library))
  machine.strings.set('__index', globals.get('string'))
  const api = tableOf({ ...serverApi(machine, host), ...more })
  globals.set('redis', api)
  if (host.engine === 'valkey' && host.version.startsWith('8')) {
    globals.set('server', api)
    globals.set('os', tableOf({ clock: plain(machine, () => process.cpuUsage().user / 1e6) }))
  }
  globals.set('_G', globals)
  globals.meta = refusingMetatable(machine)
  protect(globals)
  protect(machine.strings)
  return globals
}

/** What a library may use while it is loaded: nothing but the means to register functions. */
export function loadingGlobals(machine: Machine, host: ScriptHost, register: LuaFunction): LuaTable {
  const api = tableOf({ register_function: register, ...logging(machine, host), ...versions(host) })
  api.meta = refusingMetatable(machine)
  const globals = tableOf({ redis: api })
  if (host.engine === 'valkey' && host.version.startsWith('8')) globals.set('server', api)
  globals.meta = refusingMetatable(machine)
  protect(globals)
  return globals
}

function refusingMetatable(machine: Machine): LuaTable {
  const refuse = plain(machine, (args) => {
    const name = text(args.at(2))
    if (args.count !== 2) machine.raise('Wrong number of arguments to luaProtectedTableError')
    if (name === undefined) machine.raise('Second argument to luaProtectedTableError must be a string or number')
    return machine.raise(`Script attempted to access nonexistent global variable '${name}'`)
  })
  return tableOf({ __index: refuse })
}

/** Makes a table read-only, and all that can be reached from it. */
function protect(one: LuaTable): void {
  if (one.readonly) return
  one.readonly = true
  for (const [, value] of one.pairs()) if (value instanceof LuaTable) protect(value)
  if (one.meta !== null) protect(one.meta)
}

function versions({ engine, redisVersion, version }: ScriptHost): Library {
  const redis = { REDIS_VERSION: redisVersion, REDIS_VERSION_NUM: versionNumber(redisVersion) }
  if (engine === 'redis') return redis
  return { ...redis, SERVER_NAME: 'valkey', VALKEY_VERSION: version, VALKEY_VERSION_NUM: versionNumber(version) }
}

/** `7.0.15` as 0x00MMmmpp. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = versionNumbers(version)
  return (major << 16) | (minor << 8) | patch
}

function logging(machine: Machine, host: ScriptHost): Library {
  return {
    ...LEVELS,
    log: plain(machine, (args) => {
      if (args.count < 2) raise(machine, host, 'redis.log() requires two arguments or more.')
      const level = toNumber(args.at(1))
      if (level === undefined) return raise(machine, host, 'First argument must be a number (log level).')
      const rank = Math.trunc(level)
      if (rank < LEVELS.LOG_DEBUG || rank > LEVELS.LOG_WARNING) raise(machine, host, 'Invalid debug level.')
      host.log(
        rank,
        args.values
          .slice(1)
          .flatMap((value) => text(value) ?? [])
          .join(' '),
      )
      return []
    }),
  }
}

/** Raises an error as servers do: as a table, which has no place in the source before its text. */
function raise(machine: Machine, host: ScriptHost, message: string): never {
  return machine.throw(errorTable(inServerWords(host, message)))
}

function serverApi(machine: Machine, host: ScriptHost): Library {
  const running = (name: string): ScriptRun =>
    host.run ?? raise(machine, host, `redis.${name} can only be called inside a script invocation`)
  const command = (args: Arguments, raises: boolean): LuaResults => {
    const reply = replyOf(running('call/pcall'), host, args)
    if (raises && reply.isError) machine.throw(reply.value)
    return reply.value
  }
  return {
    ...logging(machine, host),
    ...versions(host),
    ...REPLICATION,
    call: plain(machine, (args) => command(args, true)),
    pcall: plain(machine, (args) => command(args, false)),
    setresp: plain(machine, (args) => {
      const run = running('setresp')
      if (args.count !== 1) raise(machine, host, 'redis.setresp() requires one argument.')
      const resp = Math.trunc(toNumber(args.at(1)) ?? 0)
      if (resp !== 2 && resp !== 3) return raise(machine, host, 'RESP version must be 2 or 3.')
      run.resp = resp
      return []
    }),
    sha1hex: plain(machine, (args) => {
      if (args.count !== 1) raise(machine, host, 'wrong number of arguments')
      return sha1hex(text(args.at(1)) ?? '')
    }),
    error_reply: plain(machine, (args) => {
      const [message] = args.values
      if (args.count !== 1 || typeof message !== 'string') return errorTable('wrong number or type of arguments')
      return errorTable(message.startsWith('-') ? message : `-${message}`)
    }),
    status_reply: plain(machine, (args) => {
      const [message] = args.values
      if (args.count !== 1 || typeof message !== 'string') return errorTable('wrong number or type of arguments')
      return record('ok', message)
    }),
    set_repl: plain(machine, (args) => {
      const run = running('set_repl')
      if (args.count !== 1) raise(machine, host, 'redis.set_repl() requires two arguments.')
      const to = Math.trunc(toNumber(args.at(1)) ?? 0)
      if ((to & ~REPLICATION.REPL_ALL) !== 0) {
        raise(machine, host, 'Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
      }
      run.setReplication(to)
      return []
    }),
    acl_check_cmd: plain(machine, (args) => {
      const run = running('acl_check_cmd')
      const words = wordsOf(args)
      if (typeof words === 'string') return raise(machine, host, words)
      return run.mayRun(words) ?? raise(machine, host, 'Invalid command passed to redis.acl_check_cmd()')
    }),
  }
}

/** What only scripts of EVAL have, left over from earlier versions and from the debugger. */
export function evalApi(machine: Machine): Library {
  return {
    breakpoint: plain(machine, () => false),
    debug: plain(machine, () => []),
    replicate_commands: plain(machine, () => true),
  }
}

export const sha1hex = (source: string): string => createHash('sha1').update(source, 'latin1').digest('hex')

/** Arguments of a call as the words of a command; or what is wrong with them. Numbers keep all their digits. */
function wordsOf(args: Arguments): string[] | string {
  if (args.count === 0) return 'Please specify at least one argument for this redis lib call'
  const words: string[] = []
  for (const value of args.values) {
    if (typeof value === 'string') words.push(value)
    else if (typeof value === 'number') words.push(general(value, 17))
    else return 'Lua redis lib command arguments must be strings or integers'
  }
  return words
}

function replyOf(
  run: ScriptRun,
  host: ScriptHost,
  args: Arguments,
): { readonly value: LuaValue; readonly isError: boolean } {
  const words = wordsOf(args)
  if (typeof words === 'string') return { value: errorTable(inServerWords(host, words)), isError: true }
  const reply = run.command(words)
  if (Buffer.isBuffer(reply)) return { value: fromReply(reply), isError: reply[0] === 0x2d }
  const value = errorTable(reply.refused)
  value.set(COUNTED, true)
  return { value, isError: true }
}
