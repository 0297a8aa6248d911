import { call } from '../call.ts'
import { Client } from '../client.ts'
import { CROSS_SLOT, DOWN, DOWN_FOR_WRITES, UNBOUND } from '../cluster/refusals.ts'
import {
  ALLOW_BUSY,
  type Command,
  DENYOOM,
  type Dialect,
  MAY_REPLICATE,
  NOSCRIPT,
  STALE,
  WRITE,
} from '../commands/command.ts'
import type { Core } from '../core.ts'
import { type Execution, Interpreter, type Outcome } from '../lua/interpreter.ts'
import { Random } from '../lua/library/math.ts'
import { type Resp, toReply } from '../lua/replies.ts'
import { type Refused, type ScriptRun, sha1hex } from '../lua/sandbox.ts'
import { LuaTable } from '../lua/table.ts'
import { LuaError, type LuaFunction, type LuaValue } from '../lua/values.ts'
import { Args } from '../protocol/args.ts'
import { shortDoubleText } from '../protocol/numbers.ts'
import { general } from '../protocol/printed.ts'
import { OUT_OF_MEMORY, refusal } from '../protocol/refusals.ts'
import { readShebang, type ScriptFlag } from './flags.ts'
import { type FunctionLibrary, FunctionRegistry, LibraryLoader } from './functions.ts'

/** A script of the cache. */
export interface CachedScript {
  readonly sha: string
  readonly source: string
  readonly code: LuaFunction
  readonly flags: ReadonlySet<ScriptFlag> | undefined
}

/** A script or function that is to run, and how it was called. */
export interface Invocation {
  /** What errors and FUNCTION STATS call it. */
  readonly name: string
  readonly code: LuaFunction
  readonly kind: 'eval' | 'function'
  /** Undefined: of before version 7, which says nothing of itself. */
  readonly flags: ReadonlySet<ScriptFlag> | undefined
  /** Called by a command that ends with `_RO`. */
  readonly readOnly: boolean
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

const LEVELS = ['debug', 'verbose', 'notice', 'warning'] as const
/** How long a script that is busy goes on until others have a turn. */
const SLICE_MS = 10
/** What one command of a script counts in rounds of a loop, as looks at the clock are counted. */
const FUEL_PER_COMMAND = 20
const KILLED = 'Script killed by user with SCRIPT KILL...'
/** What globals and libraries of an interpreter take, about, as INFO tells it. */
const INTERPRETER_BYTES = 64 * 1024
/** Bytes that the cache takes for a script beside its source. */
const SCRIPT_OVERHEAD = 200
const FIRST_SCRATCH = 4096
const HASH = 0x23

/** A script that runs, or waits for its next turn. */
class Running implements ScriptRun {
  resp: Resp = 2
  readonly invocation: Invocation
  readonly caller: Client
  readonly startedAt: number
  sliceAt: number
  /** Words of the command that called it, for FUNCTION STATS. */
  readonly words: readonly Buffer[]
  killed = false
  /** It was let go on once it had run for too long: others are told that the node is busy. */
  busy = false
  /** It has written: it can't be killed any more, nor refused for want of memory. */
  dirty = false
  replicatesTo = 3
  /** Whether the node had used up its memory when it began. */
  readonly outOfMemory: boolean
  /** In cluster mode: the only slot whose keys it may use; -1: it has used none yet. */
  slot: number
  readonly #scripting: Scripting
  readonly #command: Command | undefined

  constructor(
    scripting: Scripting,
    invocation: Invocation,
    caller: Client,
    words: readonly Buffer[],
    outOfMemory: boolean,
  ) {
    this.#scripting = scripting
    this.#command = scripting.core.running
    this.invocation = invocation
    this.caller = caller
    this.words = words
    this.outOfMemory = outOfMemory
    this.slot = caller.core.cluster?.redirections.slot ?? -1
    this.startedAt = this.sliceAt = caller.core.clock.monotonicMs()
  }

  /** It replies an error: which is its own, or that of a command which is in the statistics already. */
  blame(line: string, counted: boolean): void {
    if (!counted) this.caller.replies.countError(line)
    else if (this.#command !== undefined) this.#command.failed++
  }

  get readOnly(): boolean {
    return this.invocation.readOnly || this.invocation.flags?.has('no-writes') === true
  }

  command(words: readonly string[]): Buffer | Refused {
    return this.#scripting.command(this, words)
  }

  setReplication(to: number): void {
    this.replicatesTo = to
  }

  mayRun(words: readonly string[]): boolean | undefined {
    return this.#scripting.mayRun(this, words)
  }
}

/** Scripts of a node: their cache, functions, and the one that runs. */
export class Scripting {
  readonly core: Core
  readonly functions = new FunctionRegistry()
  running: Running | undefined
  readonly #random = new Random()
  #scripts = new Map<string, CachedScript>()
  /** So that EVAL of the same script takes no digest of it each time. */
  #bySource = new Map<string, CachedScript>()
  #scriptBytes = 0
  #eval: Interpreter | undefined
  #functionInterpreter: Interpreter | undefined
  #client: Client | undefined
  readonly #loader: LibraryLoader
  readonly #args = new Args()
  #scratch = Buffer.allocUnsafe(0)
  readonly #setBusy: (on: boolean) => void

  constructor(core: Core) {
    this.core = core
    this.#loader = new LibraryLoader(
      core.dialect,
      (code, expired) => this.#interpreter('function').loadLibrary(code, expired),
      () => core.clock.monotonicMs(),
    )
    this.#setBusy = core.checks.add((client, command) => this.#busy(client, command))
  }

  /** What the flags are of a call of EVAL and its like, by what the script says of itself. */
  flagsOf(name: string, args: Args, flags: number): number {
    const declared = this.#declared(name, args)
    if (declared === undefined) return flags
    const mayWrite = !declared.has('no-writes')
    return (
      (flags & ~(STALE | DENYOOM | WRITE | MAY_REPLICATE)) |
      (mayWrite ? WRITE : 0) |
      (mayWrite && !declared.has('allow-oom') ? DENYOOM : 0) |
      (declared.has('allow-stale') ? STALE : 0)
    )
  }

  #declared(name: string, args: Args): ReadonlySet<ScriptFlag> | undefined {
    if (name.startsWith('fcall')) return this.functions.find(args.text(1))?.flags
    if (name.startsWith('evalsha')) return this.find(args.text(1).toLowerCase())?.flags
    const head = args.bytes[args.start(1)] === HASH ? readShebang(args.text(1)) : ''
    return typeof head === 'string' ? undefined : head.flags
  }

  // The cache

  /** The script of this source, compiled and kept, or what is wrong with it. */
  load(source: string): CachedScript | string {
    const again = this.#bySource.get(source)
    if (again !== undefined) return again
    const sha = sha1hex(source)
    const head = readShebang(source)
    if (typeof head === 'string') return head
    try {
      const code = this.#interpreter('eval').compile(head.code, '@user_script')
      const script = { sha, source, code, flags: head.flags }
      this.#scripts.set(sha, script)
      this.#bySource.set(source, script)
      this.#scriptBytes += source.length + SCRIPT_OVERHEAD
      return script
    } catch (error) {
      if (error instanceof LuaError) return `ERR Error compiling script (new function): ${String(error.value)}`
      throw error
    }
  }

  find(sha: string): CachedScript | undefined {
    return this.#scripts.get(sha)
  }

  /** SCRIPT FLUSH: forgets every script, and what scripts have left in the interpreter. */
  flush(): void {
    this.#scripts = new Map()
    this.#bySource = new Map()
    this.#scriptBytes = 0
    this.#eval = undefined
  }

  /** Loads a library of functions; a string is why it was not. */
  loadLibrary(source: string, replace: boolean): FunctionLibrary | string {
    const library = this.#loader.load(source, (name) => !replace && this.functions.libraries.has(name))
    return typeof library === 'string' ? library : (this.functions.add(library) ?? library)
  }

  /** Loads all of these libraries or none; a string is why none. */
  restoreLibraries(sources: readonly string[], policy: 'append' | 'replace' | 'flush'): string | undefined {
    const restored = new FunctionRegistry()
    for (const source of sources) {
      const library = this.#loader.load(source, (name) => restored.libraries.has(name))
      if (typeof library === 'string') return library
      const refused = restored.add(library)
      if (refused !== undefined) return refused
    }
    if (policy === 'flush') this.functions.clear()
    return this.functions.join([...restored.libraries.values()], policy === 'replace')
  }

  /** What INFO tells of scripts. */
  get memory() {
    let libraryBytes = 0
    for (const { code, functions } of this.functions.libraries.values()) {
      libraryBytes += code.length + SCRIPT_OVERHEAD * (1 + functions.size)
    }
    return {
      libraryBytes,
      scripts: this.#scripts.size,
      scriptBytes: this.#scriptBytes,
      evalBytes: this.#eval === undefined ? 0 : INTERPRETER_BYTES,
      functionBytes: this.#functionInterpreter === undefined ? 0 : INTERPRETER_BYTES,
    }
  }

  #interpreter(kind: Invocation['kind']): Interpreter {
    const { dialect, redisVersion, log } = this.core
    const host = {
      engine: dialect.engine,
      version: dialect.version,
      redisVersion,
      log: (level: number, message: string) => log(LEVELS[level] ?? 'notice', message),
    }
    if (kind === 'eval') {
      this.#eval ??= new Interpreter(host, this.#random)
      return this.#eval
    }
    this.#functionInterpreter ??= new Interpreter(host, this.#random, (machine) => this.#loader.registrar(machine))
    return this.#functionInterpreter
  }

  // Running

  /** Runs a script for a client, which is replied when it ends: later, if it runs for long. */
  run(caller: Client, args: Args, invocation: Invocation): void {
    const { core } = this
    const { maxmemory } = core.config.settings
    const outOfMemory = maxmemory > 0 && core.usedMemory() > maxmemory
    this.#refuse(invocation, outOfMemory)
    const run = new Running(this, invocation, caller, invocation.kind === 'function' ? args.words() : [], outOfMemory)
    const interpreter = this.#interpreter(invocation.kind)
    const [keys, values] = [listOf(invocation.keys), listOf(invocation.args)]
    if (invocation.kind === 'eval') {
      interpreter.setGlobal('KEYS', keys)
      interpreter.setGlobal('ARGV', values)
    }
    const watch = {
      pauses: () => this.#pauses(run),
      killed: () => (run.killed ? KILLED : undefined),
    }
    const given = invocation.kind === 'eval' ? [] : [keys, values]
    const execution = interpreter.start(invocation.code, given, run, watch, invocation.name)
    const client = this.#clientOf(caller)
    client.replies.resp = caller.resp
    this.running = run
    core.nesting++
    const outcome = this.#step(execution)
    if (outcome !== undefined) {
      this.#end()
      this.#reply(caller, run, outcome)
      return
    }
    if (caller.denyBlocking || caller.connection === undefined) {
      this.#end()
      this.#reply(caller, run, this.#toTheEnd(execution))
      return
    }
    core.blocking.block(caller, args, { keys: [], timeout: 0, timedOut: () => undefined })
    if (caller.blocked !== undefined) caller.blocked = { ...caller.blocked, byClients: false }
    this.#later(execution, run)
  }

  /** In a transaction a script is not interrupted: nothing may come between its commands. */
  #toTheEnd(execution: Execution): Outcome {
    for (;;) {
      const outcome = this.#step(execution)
      if (outcome !== undefined) return outcome
    }
  }

  #step(execution: Execution): Outcome | undefined {
    const { replies } = this.core
    const { resp } = replies
    try {
      return execution.resume()
    } finally {
      replies.resp = resp
    }
  }

  #later(execution: Execution, run: Running): void {
    const { core } = this
    core.clock.after(0, () => {
      run.sliceAt = core.clock.monotonicMs()
      const outcome = this.#step(execution)
      if (outcome === undefined) {
        this.#later(execution, run)
        return
      }
      this.#end()
      // What it has written its caller has: WAIT goes by that.
      core.serving = run.caller
      core.propagation.flush()
      core.serving = undefined
      core.blocking.answer(run.caller, () => this.#reply(run.caller, run, outcome))
      if (core.blocking.hasReady) core.blocking.serve()
      core.deliver()
    })
  }

  #end(): void {
    const { core } = this
    this.running = undefined
    core.nesting--
    this.#setBusy(false)
    core.updateGate()
    // Each of its commands has been passed on by itself.
    core.propagation.nothing()
  }

  #reply({ replies, resp }: Client, run: Running, outcome: Outcome): void {
    if (!('error' in outcome)) {
      const text = toReply(outcome.value, run.resp, resp, {
        failed: (line, counted) => run.blame(line, counted),
        double: replies.shortDoubles ? shortDoubleText : (value) => general(value, 17),
      })
      replies.reserve(text.length)
      replies.string(text)
      return
    }
    run.blame(outcome.error, outcome.counted)
    const line = `-${outcome.error.replace(/[\r\n]/g, ' ')}\r\n`
    replies.reserve(line.length)
    replies.string(line)
  }

  /** What speaks against running a script at all that says what it does. */
  #refuse({ flags, readOnly }: Invocation, outOfMemory: boolean): void {
    if (flags === undefined) return
    const { core } = this
    if (flags.has('no-cluster') && core.config.settings.clusterEnabled) throw NO_CLUSTER
    if (readOnly && !flags.has('no-writes')) throw READ_ONLY_COMMAND
    if (outOfMemory && !flags.has('allow-oom') && !flags.has('no-writes')) throw OUT_OF_MEMORY
  }

  /** The client in whose name scripts run commands. */
  #clientOf(caller: Client): Client {
    this.#client ??= new Client(this.core, undefined)
    const client = this.#client
    client.denyBlocking = true
    client.db = caller.db
    client.user = caller.user
    client.readOnly = caller.readOnly
    client.askingUntil = caller.askingUntil >= caller.commands ? client.commands : -1
    return client
  }

  /** Whether a script is to let others have the thread. */
  #pauses(run: Running): boolean {
    const { clock, config, log } = this.core
    const threshold = config.settings.busyReplyThreshold
    const now = clock.monotonicMs()
    if (threshold <= 0 || now - run.startedAt < threshold || now - run.sliceAt < SLICE_MS) return false
    if (!run.busy && !run.caller.denyBlocking) {
      run.busy = true
      const kill = run.invocation.kind === 'eval' ? 'SCRIPT KILL' : 'FUNCTION KILL'
      log(
        'warning',
        `Slow script detected: still in execution after ${Math.round(now - run.startedAt)} milliseconds. You can try killing the script using the ${kill} command. Script name is: ${run.invocation.name}.`,
      )
      this.#setBusy(true)
      this.core.updateGate()
    }
    return !run.caller.denyBlocking
  }

  #busy(client: Client, command: Command): string | undefined {
    const { running } = this
    if (running === undefined || (command.flags & ALLOW_BUSY) !== 0 || client === this.#client) return undefined
    return this.busyText(running.invocation.kind)
  }

  /** What commands are refused with while a script runs for long. */
  busyText(kind: Invocation['kind']): string {
    const server = this.core.dialect.engine === 'valkey' ? 'Valkey' : 'Redis'
    const kill = kind === 'eval' ? 'SCRIPT KILL' : 'FUNCTION KILL'
    return `BUSY ${server} is busy running a script. You can only call ${kill} or SHUTDOWN NOSAVE.`
  }

  // Commands of scripts

  command(run: Running, words: readonly string[]): Buffer | Refused {
    const { core } = this
    const client = this.#clientFor(run)
    const args = this.#argsOf(words)
    const { machine } = this.#interpreter(run.invocation.kind)
    machine.fuel -= FUEL_PER_COMMAND
    for (const word of words) machine.spend(word.length)
    machine.probeStack()
    const found = this.#find(args, run.caller)
    const refused = typeof found === 'string' ? found : this.#refusal(run, client, found, args)
    if (refused !== undefined || typeof found === 'string') {
      if (typeof found !== 'string') found.rejected++
      const line = typeof found === 'string' ? found : (refused ?? '')
      core.replies.countError(line.startsWith('-') ? line.slice(1) : `ERR ${line}`)
      core.blamedErrors = core.replies.errors
      return { refused: line }
    }
    if ((found.flags & WRITE) !== 0) run.dirty = true
    const { replies, serving, propagation } = core
    replies.resp = run.resp
    core.serving = undefined
    core.scriptCaller = run.caller
    const { feed } = propagation
    if ((run.replicatesTo & 2) === 0) propagation.feed = undefined
    const reply = replies.capture(() => call(client, found, args))
    if (run.caller.tracking !== undefined) {
      // Redis remembers all keys of a script that reads one of them.
      const keys = core.dialect.engine === 'redis' ? run.invocation.keys.map(String) : undefined
      core.tracked(run.caller, found, args, keys)
    }
    propagation.feed = feed
    core.scriptCaller = undefined
    core.serving = serving
    return reply
  }

  #clientFor(run: Running): Client {
    const client = this.#client ?? this.#clientOf(run.caller)
    client.resp = run.resp
    return client
  }

  #argsOf(words: readonly string[]): Args {
    let length = 0
    for (const word of words) length += word.length
    if (length > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(Math.max(length, FIRST_SCRATCH))
    const args = this.#args
    args.setBytes(this.#scratch)
    args.count = 0
    let at = 0
    for (const word of words) {
      const end = at + this.#scratch.write(word, at, 'latin1')
      args.add(at, end)
      at = end
    }
    return args
  }

  /** The command that the words name, or why there is none. */
  #find(args: Args, caller: Client): Command | string {
    const named = this.core.commands.find(args)
    const server = this.core.dialect.engine === 'valkey' ? '' : 'Redis '
    const command =
      named !== undefined && named.subcommands.size > 0 && args.count > 1
        ? (named.subcommands.get(args.text(1).toLowerCase()) ?? (named.run === undefined ? undefined : named))
        : named
    const isUnknown = command === undefined || (command.reserved && !this.core.keeper.tells(caller))
    if (isUnknown) return `Unknown ${server}command called from script`
    if (!command.takes(args.count) || command.run === undefined) {
      return `Wrong number of args calling ${server}command from script`
    }
    return command
  }

  /** What a command of a script is refused with, in the order in which servers look. */
  #refusal(run: Running, client: Client, command: Command, args: Args): string | undefined {
    const { core } = this
    const { flags } = run.invocation
    if ((command.flags & NOSCRIPT) !== 0 && !core.scriptsMayAll) return 'This Redis command is not allowed from script'
    if (client.user?.unrestricted === false) {
      const denied = core.access.refusalInScript(client, command, args)
      if (denied !== undefined) return denied
    }
    if (run.readOnly && (command.flags & (WRITE | MAY_REPLICATE)) !== 0) {
      return 'Write commands are not allowed from read-only scripts.'
    }
    if (!run.dirty) {
      if (run.outOfMemory && flags?.has('allow-oom') !== true && (command.flags & DENYOOM) !== 0) {
        return `-${OUT_OF_MEMORY.message}`
      }
    }
    const refused = core.gated ? core.checks.refusal(client, command, args) : undefined
    if (refused !== undefined) return forScript(refused, run.dirty, core.dialect, command)
    return this.#isOfOneSlot(run) ? undefined : OTHER_SLOT
  }

  /** Whether the keys that were just looked at are of the slot that a script has used from the first. */
  #isOfOneSlot(run: Running): boolean {
    const slot = this.core.cluster?.redirections.slot ?? -1
    // Scripts of before version 7 say nothing of that.
    const { flags } = run.invocation
    if (slot < 0 || flags === undefined || flags.has('allow-cross-slot-keys')) return true
    if (run.slot < 0) run.slot = slot
    return run.slot === slot
  }

  mayRun(run: Running, words: readonly string[]): boolean | undefined {
    const args = this.#argsOf(words)
    const command = this.#find(args, run.caller)
    if (typeof command === 'string') return undefined
    const { user } = run.caller
    return user?.unrestricted !== false || this.core.access.allows(run.caller, command, args)
  }
}

/** A refusal of a command in the words for scripts. One that has written is refused only what lies elsewhere. */
function forScript(refused: string, dirty: boolean, { engine }: Dialect, { name }: Command): string | undefined {
  if (engine === 'valkey' && refused === CROSS_SLOT) {
    return `Command '${name}' in script attempted to access keys that don't hash to the same slot`
  }
  if (engine === 'valkey' && refused === UNBOUND) return 'Script attempted to access a slot not served'
  if (/^(MOVED|ASK|TRYAGAIN) /.test(refused) || [CROSS_SLOT, UNBOUND].includes(refused)) return NOT_LOCAL
  if (refused === DOWN) return 'Script attempted to execute a command while the cluster is down'
  if (refused === DOWN_FOR_WRITES) {
    return 'Script attempted to execute a write command while the cluster is down and readonly'
  }
  return dirty || refused === '' ? undefined : `-${refused}`
}

const NOT_LOCAL = 'Script attempted to access a non local key in a cluster node'
const OTHER_SLOT = 'Script attempted to access keys that do not hash to the same slot'
const NO_CLUSTER = refusal("ERR Can not run script on cluster, 'no-cluster' flag is set.")
const READ_ONLY_COMMAND = refusal('ERR Can not execute a script with write flag using *_ro command.')

const listOf = (words: readonly LuaValue[]): LuaTable => new LuaTable([...words])
