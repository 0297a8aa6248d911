import type { Client } from './client.ts'
import { addressOf } from './client-line.ts'
import { type Command, type Dialect, SKIP_SLOWLOG } from './commands/command.ts'
import type { Core } from './core.ts'
import type { Args } from './protocol/args.ts'
import { isSecret, REDACTED } from './secrets.ts'

/** A command that took long. */
export interface SlowEntry {
  readonly id: number
  readonly seconds: number
  readonly microseconds: number
  readonly words: readonly Buffer[]
  readonly address: string
  readonly clientName: string
}

// As much of a command as redis keeps.
const MOST_WORDS = 32
const MOST_BYTES = 128
const MICROSECONDS = 1000
const NOBODY = '?:0'

/** SLOWLOG: the latest commands that took long, newest first. */
export class SlowLog {
  entries: SlowEntry[] = []
  #nextId = 0
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  note(client: Client, command: Command, args: Args, ms: number): void {
    const { slowlogSlowerThan, slowlogMaxLen } = this.#core.config.settings
    if (this.#core.keeper.isAtWork(client)) return
    const microseconds = Math.round(ms * MICROSECONDS)
    if (slowlogSlowerThan < 0 || microseconds < slowlogSlowerThan || (command.flags & SKIP_SLOWLOG) !== 0) return
    // Valkey names the client that has called the script; redis names nobody.
    const { dialect, scriptCaller } = this.#core
    const caller = client.isScript && dialect.engine === 'valkey' ? (scriptCaller ?? client) : client
    this.entries.unshift({
      id: this.#nextId++,
      seconds: Math.floor(this.#core.keyspace.now / 1000),
      microseconds,
      words: shortened(dialect, command, args),
      address: addressOf(caller) || NOBODY,
      clientName: caller.name,
    })
    this.cut(slowlogMaxLen)
  }

  cut(length: number): void {
    if (this.entries.length > length) this.entries.length = length
  }
}

function shortened(dialect: Dialect, command: Command, args: Args): Buffer[] {
  const words = Array.from({ length: Math.min(args.count, MOST_WORDS) }, (_, index) => {
    if (index === MOST_WORDS - 1 && args.count > MOST_WORDS) {
      return Buffer.from(`... (${args.count - MOST_WORDS + 1} more arguments)`)
    }
    if (isSecret(dialect, command, args, index)) return Buffer.from(REDACTED)
    const more = args.length(index) - MOST_BYTES
    if (more <= 0) return args.bytesOf(index)
    return Buffer.concat([args.slice(index).subarray(0, MOST_BYTES), Buffer.from(`... (${more} more bytes)`)])
  })
  return words
}

const logs = new WeakMap<Core, SlowLog>()

/** The log of a node. */
export const slowLogOf = (core: Core): SlowLog => logs.get(core) as SlowLog // started with it

/** Starts the log of a node. */
export function startSlowLog(core: Core): void {
  const log = new SlowLog(core)
  logs.set(core, log)
  core.timers.push((client, command, args, ms) => log.note(client, command, args, ms))
  // Below this, fast commands may be slow as well: all are measured.
  const measuresAll = 1000
  core.config.follow(['slowlogSlowerThan', 'slowlogMaxLen'], () => {
    const { slowlogSlowerThan, slowlogMaxLen } = core.config.settings
    core.timing('slow log', slowlogSlowerThan >= 0 && slowlogSlowerThan < measuresAll)
    log.cut(slowlogMaxLen)
  })
}
