import type { Client } from './client.ts'
import { type Command, READONLY, SKIP_MONITOR } from './commands/command.ts'
import { keysOf } from './commands/keys.ts'
import type { Core } from './core.ts'
import type { Database } from './keyspace/database.ts'
import type { Args } from './protocol/args.ts'

/** How a client wants to hear which of the keys it has read have changed. */
export interface TrackingMode {
  readonly redirect: number
  readonly broadcast: boolean
  readonly prefixes: string[]
  readonly optIn: boolean
  readonly optOut: boolean
  readonly noLoop: boolean
  /** CLIENT CACHING: of the next command. */
  caching: 'yes' | 'no' | undefined
  /** CLIENT CACHING was the command before. */
  fresh: boolean
  isBroken: boolean
}

const CHANNEL = '__redis__:invalidate'
// Keys that are forgotten at a time when there are too many.
const EVICTED_AT_ONCE = 100

/** Tells clients of keys that they have read, or of all with a prefix, once they change (client-side caching). */
export class Tracking {
  readonly #core: Core
  readonly #clients = new Set<Client>()
  /** Who has read a key. */
  readonly #readers = new Map<string, Set<Client>>()
  /** What has changed since broadcasts were sent, by who did it. */
  readonly #changed = new Map<string, Client | undefined>()
  #isQueued = false

  constructor(core: Core) {
    this.#core = core
    core.tracked = (client, command, args, keys) => this.#remember(client, command, args, keys)
    core.redirectionOf = (client) => this.modeOf(client)?.redirect ?? -1
    core.farewells.push((client) => this.#gone(client))
    core.resets.push((client) => this.end(client))
    core.chores.push(() => this.#limit())
    core.config.follow(['trackingTableMaxKeys'], () => this.#limitSoon())
    core.tell('clients', () => [['tracking_clients', this.#clients.size]])
    core.tell('stats', () => [
      ['tracking_total_keys', this.#readers.size],
      ['tracking_total_items', [...this.#readers.values()].reduce((sum, { size }) => sum + size, 0)],
      [
        'tracking_total_prefixes',
        new Set([...this.#clients].flatMap((each) => this.modeOf(each)?.prefixes ?? [])).size,
      ],
    ])
  }

  modeOf(client: Client): TrackingMode | undefined {
    return client.tracking as TrackingMode | undefined // only set here
  }

  begin(client: Client, mode: TrackingMode): void {
    client.tracking = mode
    client.updateGate()
    this.#clients.add(client)
    if (!this.#core.changeListeners.includes(this.#listen)) this.#core.changeListeners.push(this.#listen)
    this.#core.updateObserved()
  }

  end(client: Client): void {
    if (client.tracking === undefined) return
    client.tracking = undefined
    client.updateGate()
    this.#clients.delete(client)
    for (const readers of this.#readers.values()) readers.delete(client)
    if (this.#clients.size > 0) return
    this.#readers.clear()
    const { changeListeners } = this.#core
    changeListeners.splice(changeListeners.indexOf(this.#listen), 1)
    this.#core.updateObserved()
  }

  readonly #listen = (_db: Database | undefined, key: Buffer | undefined): void => {
    if (key === undefined) this.#flushed()
    else this.#keyChanged(key)
  }

  /** @param keys What a script has declared, which is as good as read once a command of it reads. */
  #remember(client: Client, command: Command, args: Args, keys?: readonly string[]): void {
    const mode = this.modeOf(client)
    if (mode === undefined) return
    const { caching } = mode
    if (command.name === 'client|caching') return
    // In a transaction it holds for all of its commands.
    if (client.transaction === undefined && this.#core.nesting === 0) mode.caching = undefined
    // Of scripts only their commands count.
    if (mode.broadcast || (command.flags & (READONLY | SKIP_MONITOR)) !== READONLY) return
    if ((mode.optIn && caching !== 'yes') || (mode.optOut && caching === 'no')) return
    for (const key of keys ?? keysOf(command, args)?.map((index) => args.text(index)) ?? []) {
      const readers = this.#readers.get(key) ?? new Set()
      readers.add(client)
      this.#readers.set(key, readers)
    }
    this.#limitSoon()
  }

  #keyChanged(key: Buffer): void {
    const text = key.toString('latin1')
    const by = this.#core.serving ?? this.#core.scriptCaller
    for (const client of this.#clients) {
      if (this.modeOf(client)?.broadcast) {
        this.#changed.set(text, this.#changed.has(text) && this.#changed.get(text) !== by ? undefined : by)
        this.#queueBroadcast()
        break
      }
    }
    const readers = this.#readers.get(text)
    if (readers === undefined) return
    this.#readers.delete(text)
    for (const client of readers) {
      if (this.modeOf(client)?.noLoop && client === by) continue
      this.#core.later.push(() => this.#send(client, [key]))
    }
  }

  #flushed(): void {
    this.#readers.clear()
    for (const client of this.#clients) this.#core.later.push(() => this.#send(client, undefined))
  }

  #queueBroadcast(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    this.#core.turnEnds.push(() => this.#broadcast())
  }

  #broadcast(): void {
    this.#isQueued = false
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const client of this.#clients) {
      const mode = this.modeOf(client)
      if (!mode?.broadcast) continue
      for (const prefix of mode.prefixes) {
        const keys = changed
          .filter(([key, by]) => key.startsWith(prefix) && !(mode.noLoop && by === client))
          .map(([key]) => Buffer.from(key, 'latin1'))
        if (keys.length > 0) this.#send(client, keys)
      }
    }
  }

  /** @param keys Undefined: all that there were. */
  #send(client: Client, keys: readonly Buffer[] | undefined): void {
    const mode = this.modeOf(client)
    if (mode === undefined) return
    const { replies } = this.#core
    const target = mode.redirect === 0 ? client : this.#core.clients.get(mode.redirect)
    if (target === undefined) {
      this.#tellBroken(client, mode)
      return
    }
    if (target.resp === 2 && (mode.redirect === 0 || target.subscriptions === 0)) return
    target.send(() => {
      if (target.resp === 3) {
        replies.push(2)
        replies.bulkText('invalidate')
      } else {
        replies.array(3)
        replies.bulkText('message')
        replies.bulkText(CHANNEL)
      }
      if (keys === undefined) {
        replies.null()
        return
      }
      replies.array(keys.length)
      for (const key of keys) replies.bulkBytes(key)
    })
  }

  #tellBroken(client: Client, mode: TrackingMode): void {
    mode.isBroken = true
    if (client.resp === 2) return
    client.send(() => {
      this.#core.replies.push(2)
      this.#core.replies.bulkText('tracking-redir-broken')
      this.#core.replies.integer(mode.redirect)
    })
  }

  #gone(client: Client): void {
    this.end(client)
  }

  /** Before the next command is replied to, and not only with the next of the chores. */
  #limitSoon(): void {
    const most = this.#core.config.settings.trackingTableMaxKeys
    if (most > 0 && this.#readers.size > most) this.#core.later.push(() => this.#limit())
  }

  /** `tracking-table-max-keys`: of keys beyond it, clients are told as if they had changed. */
  #limit(): void {
    const most = this.#core.config.settings.trackingTableMaxKeys
    if (most === 0) return
    for (let left = EVICTED_AT_ONCE; left > 0 && this.#readers.size > most; left--) {
      const [first] = this.#readers
      if (first === undefined) return
      this.#readers.delete(first[0])
      for (const client of first[1]) this.#send(client, [Buffer.from(first[0], 'latin1')])
    }
  }
}

const trackings = new WeakMap<Core, Tracking>()

/** The tracking of a node. */
export const trackingOf = (core: Core): Tracking => trackings.get(core) as Tracking // started with it

/** Starts what tells clients of changed keys. */
export function startTracking(core: Core): void {
  trackings.set(core, new Tracking(core))
}
