import { isAtLeast } from '../../api/catalog/versions.ts'
import { byteAt } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { REDIS, VALKEY } from './facts.generated.ts'

/** One row of a file of commands: what COMMAND says of it comes from facts.generated.ts, by its name. */
export interface Row {
  /** In small letters; `config|get` is a subcommand. */
  readonly name: string
  /** Absent for a command that is nothing without a subcommand. */
  readonly run?: Handler
  /** Finds the keys of commands whose key specifications don't tell them all (SORT, GEORADIUS ... STORE); else they do. */
  readonly keys?: KeyFinder
  /** What the flags are of a call that says more of itself than its name does: of a script. */
  readonly flagsOf?: FlagFinder
}

export type FlagFinder = (client: Client, args: Args, flags: number) => number

/** Serves a command: `args` are valid during the call. What it throws as a Refusal is its reply. */
export type Handler = (client: Client, args: Args) => void

/** The indexes of the words that are keys. */
export type KeyFinder = (args: Args) => readonly number[]

// What flags of COMMAND are, as bits.
export const WRITE = 1 << 0
export const READONLY = 1 << 1
export const DENYOOM = 1 << 2
export const ADMIN = 1 << 3
const PUBSUB = 1 << 4
export const NOSCRIPT = 1 << 5
const BLOCKING = 1 << 6
export const LOADING = 1 << 7
export const STALE = 1 << 8
export const SKIP_MONITOR = 1 << 9
export const SKIP_SLOWLOG = 1 << 10
export const ASKING = 1 << 11
export const FAST = 1 << 12
export const NO_AUTH = 1 << 13
export const MAY_REPLICATE = 1 << 14
export const NO_MULTI = 1 << 15
export const MOVABLE_KEYS = 1 << 16
export const ALLOW_BUSY = 1 << 17
export const NO_MANDATORY_KEYS = 1 << 18
export const NO_ASYNC_LOADING = 1 << 19

const FLAGS: Readonly<Record<string, number>> = {
  write: WRITE,
  readonly: READONLY,
  denyoom: DENYOOM,
  admin: ADMIN,
  pubsub: PUBSUB,
  noscript: NOSCRIPT,
  blocking: BLOCKING,
  loading: LOADING,
  stale: STALE,
  skip_monitor: SKIP_MONITOR,
  skip_slowlog: SKIP_SLOWLOG,
  asking: ASKING,
  fast: FAST,
  no_auth: NO_AUTH,
  no_multi: NO_MULTI,
  movablekeys: MOVABLE_KEYS,
  allow_busy: ALLOW_BUSY,
  no_mandatory_keys: NO_MANDATORY_KEYS,
  no_async_loading: NO_ASYNC_LOADING,
}

/** A key specification as COMMAND tells it. */
export interface KeySpec {
  readonly notes?: string
  readonly flags: readonly string[]
  readonly begin_search:
    | { readonly type: 'index'; readonly spec: { readonly index: number } }
    | { readonly type: 'keyword'; readonly spec: { readonly keyword: string; readonly startfrom: number } }
    | { readonly type: 'unknown'; readonly spec: object }
  readonly find_keys:
    | {
        readonly type: 'range'
        readonly spec: { readonly lastkey: number; readonly keystep: number; readonly limit: number }
      }
    | {
        readonly type: 'keynum'
        readonly spec: { readonly keynumidx: number; readonly firstkey: number; readonly keystep: number }
      }
    | { readonly type: 'unknown'; readonly spec: object }
}

/** What COMMAND says of a command. */
export interface Facts {
  readonly arity: number
  readonly flags: readonly string[]
  readonly keys: readonly [first: number, last: number, step: number]
  readonly categories: readonly string[]
  readonly tips: readonly string[]
  readonly keySpecs: readonly KeySpec[]
  readonly since: string
  readonly group: string
}

/** What COMMAND does not tell of commands that write to replicas without being called writes. */
const REPLICATING = ['pfcount', 'publish', 'spublish', 'eval', 'evalsha', 'fcall']

/** They come by keys that nobody named. */
const LOOKING_AROUND = ['scan', 'randomkey']

/** Commands that are fast but not called so, as they may free what they overwrite. */
const BRIEF = ['set', 'setex', 'psetex']

const NO_SUBCOMMANDS: ReadonlyMap<string, Command> = new Map()

/** A command of one node, and how often it was called. */
export class Command {
  readonly name: string
  readonly facts: Facts
  readonly flags: number
  readonly arity: number
  readonly run: Handler | undefined
  readonly findKeys: KeyFinder | undefined
  readonly flagsOf: FlagFinder | undefined
  /** `config get`'s is `config`. */
  readonly parent: Command | undefined
  subcommands = NO_SUBCOMMANDS
  /** Whether it comes by keys that were not named. */
  readonly looksAround: boolean
  /** Whether it takes as long whatever it is given: nothing is gained by measuring each call. */
  readonly brief: boolean
  calls = 0
  /** Of the calls that were measured: how long they took altogether. */
  microseconds = 0
  measuredCalls = 0
  rejected = 0
  failed = 0
  /** Whether only the node's keeper is to know of it. */
  reserved = false
  /** Microseconds of each call that was measured, by latency histogram bucket; see latency.ts. */
  histogram: Map<number, number> | undefined

  constructor({ name, run, keys, flagsOf }: Row, facts: Facts, parent: Command | undefined) {
    this.name = name
    this.facts = facts
    const hidden = REPLICATING.includes(name) ? MAY_REPLICATE : 0
    this.flags = facts.flags.reduce((bits, flag) => bits | (FLAGS[flag] ?? 0), hidden)
    this.arity = facts.arity
    this.run = run
    this.findKeys = keys
    this.flagsOf = flagsOf
    this.parent = parent
    this.looksAround = LOOKING_AROUND.includes(name)
    this.brief = (this.flags & FAST) !== 0 || BRIEF.includes(name)
  }

  /** The command as checks are to see it, for what this call of it says of itself. */
  asCalled(client: Client, args: Args): Command {
    const flags = this.flagsOf === undefined ? this.flags : this.flagsOf(client, args, this.flags)
    return flags === this.flags ? this : Object.create(this, { flags: { value: flags } })
  }

  resetStatistics(): void {
    this.calls = this.rejected = this.failed = this.microseconds = this.measuredCalls = 0
    this.histogram = undefined
  }

  /** Whether it takes so many words, its own name included. */
  takes(words: number): boolean {
    return this.arity >= 0 ? words === this.arity : words >= -this.arity
  }
}

/** Where in the table of a node commands come from. */
export interface Dialect {
  readonly engine: 'redis' | 'valkey'
  readonly version: string
}

/** By dialect: nodes of one have the same. */
const known = new Map<string, ReadonlyMap<string, Facts>>()

/** What a server of an engine and version says of its commands, by name. */
export function factsOf(dialect: Dialect): ReadonlyMap<string, Facts> {
  const key = `${dialect.engine} ${dialect.version}`
  const facts = known.get(key) ?? readFacts(dialect)
  known.set(key, facts)
  return facts
}

function readFacts({ engine, version }: Dialect): ReadonlyMap<string, Facts> {
  const rows = new Map([...REDIS, ...(engine === 'valkey' ? VALKEY : [])])
  const parsed = [...rows].map(([name, json]): [string, Facts] => [name, JSON.parse(json)])
  return new Map(parsed.filter(([, { since }]) => isAtLeast(version, since)))
}

const SLOTS = 1024

/** The commands of one node, by name, found without making a string. */
export class CommandTable {
  /** What a server of this dialect says of its commands, by name: those that the node lacks included. */
  readonly facts: ReadonlyMap<string, Facts>
  /** Containers and commands, without subcommands. */
  readonly commands: ReadonlyMap<string, Command>
  readonly #slots: ({ readonly name: Buffer; readonly command: Command }[] | undefined)[] = new Array(SLOTS).fill(
    undefined,
  )

  /** @param renamed New names by old ones, `''` for commands that are gone (`rename-command`). */
  constructor(rows: readonly Row[], dialect: Dialect, renamed: ReadonlyMap<string, string> = new Map()) {
    this.facts = factsOf(dialect)
    const commands = new Map<string, Command>()
    for (const row of [...rows].sort((a, b) => Number(a.name.includes('|')) - Number(b.name.includes('|')))) {
      const about = this.facts.get(row.name)
      if (about === undefined) continue
      const [name = '', sub] = row.name.split('|')
      const parent = sub === undefined ? undefined : commands.get(name)
      const command = new Command(row, about, parent)
      if (sub === undefined) commands.set(name, command)
      else if (parent) parent.subcommands = new Map([...parent.subcommands, [sub, command]])
    }
    this.commands = commands
    for (const [name, command] of commands) {
      const spoken = Buffer.from((renamed.get(name) ?? name).toLowerCase())
      if (spoken.length === 0) continue
      const slot = slotOf(spoken, 0, spoken.length)
      this.#slots[slot] = [...(this.#slots[slot] ?? []), { name: spoken, command }]
    }
  }

  /** The command that word 0 names, in letters of any case. */
  find(args: Args): Command | undefined {
    const { bytes } = args
    const start = args.start(0)
    const end = args.end(0)
    const length = end - start
    if (length === 0) return undefined
    const slot = this.#slots[slotOf(bytes, start, end)]
    if (slot === undefined) return undefined
    for (let row = 0; row < slot.length; row++) {
      const { name, command } = slot[row] as { name: Buffer; command: Command } // row < length
      if (name.length !== length) continue
      let i = 0
      while (i < length && name[i] === lower(byteAt(bytes, start + i))) i++
      if (i === length) return command
    }
    return undefined
  }

  /** Every command and subcommand. */
  *all(): Generator<Command> {
    for (const command of this.commands.values()) {
      yield command
      yield* command.subcommands.values()
    }
  }
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const first = byteAt(bytes, start) | 0x20
  const middle = byteAt(bytes, start + (length >>> 1)) | 0x20
  const last = byteAt(bytes, end - 1) | 0x20
  return (first * 7 + middle * 97 + last * 31 + length * 11) & (SLOTS - 1)
}
