import type { Client } from './client.ts'
import { keptArgs } from './client.ts'
import type { Command } from './commands/command.ts'
import type { Core } from './core.ts'
import type { Database } from './keyspace/database.ts'
import type { Args } from './protocol/args.ts'

/** What a client waits for. */
export interface Blocked {
  readonly command: Command
  readonly args: Args
  readonly db: Database
  readonly keys: readonly string[]
  /** Milliseconds of the node's clock at which it has waited long enough; 0: never. */
  readonly until: number
  /** Writes what it is answered then. */
  readonly timedOut: () => void
  /** Whether it is to be served, too, when a key is gone: its group is gone with it. */
  readonly untilGone: boolean
  readonly since: number
  /** The order in which clients began to wait. */
  readonly turn: number
  /** Stops the timer. */
  readonly cancel: () => void
  /** Whether it is told nothing: it said so with CLIENT REPLY before. */
  readonly silent: boolean
  /** What it is told by CLIENT UNBLOCK ... ERROR: nothing else may be where it can't be unblocked. */
  readonly byClients: boolean
}

/** What a command says that waits. */
export interface Wait {
  /** Indexes of the words that are the keys it waits for; none: it waits for something else, and is ended by `release`. */
  readonly keys: readonly number[]
  /** Milliseconds from now; 0: for ever. */
  readonly timeout: number
  /** Writes the reply when the time is over. */
  readonly timedOut: () => void
  /** Whether the end of a key is an answer, too; absent: no. */
  readonly untilGone?: boolean
}

/** A key that something was added to. */
interface Fed {
  readonly db: Database
  readonly key: string
}

/** Whether a key was there at a time and had not expired; nothing is done about it if it had. */
function wasThere(db: Database, key: string, at: number): boolean {
  const entry = db.findKey(Buffer.from(key, 'latin1'))
  const expiresAt = entry === 0 ? 0 : db.expiryOf(entry)
  return expiresAt < 0 || expiresAt >= at
}

/**
 * Clients that wait for keys. When something is added to one (`db.ready`), the commands of those who wait for it are run once more,
 * in the order in which they began to wait, once the command that fed it is done; what still finds nothing goes on waiting.
 */
export class Blocking {
  readonly #core: Core
  readonly #waiting: Map<string, Set<Client>>[] = []
  readonly clients = new Set<Client>()
  #ready: Fed[] = []
  readonly #queued = new Set<string>()
  #turn = 0
  readonly #looksFirst: boolean
  #serving: Client | undefined
  #fed: Fed | undefined
  #stays = false

  constructor(core: Core) {
    this.#core = core
    this.#looksFirst = core.dialect.engine === 'valkey'
  }

  /** Whether a client that has waited is being served: what is not for it, it goes on waiting for. */
  get isServing(): boolean {
    return this.#serving !== undefined
  }

  /** Whether a client is served that does not look at a key: with redis, at those that were not fed. */
  overlooks(args: Args, index: number): boolean {
    return this.#fed !== undefined && !this.#looksFirst && args.text(index) !== this.#fed.key
  }

  /** The same of a key of one type: with Valkey, no key is looked at unless the one that was fed has that type. */
  passesOver(args: Args, index: number, type: number): boolean {
    const fed = this.#fed
    if (fed === undefined) return false
    if (!this.#looksFirst) return this.overlooks(args, index)
    const entry = fed.db.findKey(Buffer.from(fed.key, 'latin1'))
    return entry === 0 || fed.db.typeOf(entry) !== type
  }

  /** Whether a client goes on waiting: not so if it is being served, and was not made to wait again. */
  holds(client: Client): boolean {
    return this.#serving !== client || this.#stays
  }

  /** Keys that clients wait for. */
  get keys(): number {
    return this.#waiting.reduce((sum, keys) => sum + (keys?.size ?? 0), 0)
  }

  /** Those of them whose end, too, somebody waits for. */
  get keysUntilGone(): number {
    const awaits = (clients: Set<Client>): boolean => [...clients].some(({ blocked }) => blocked?.untilGone === true)
    return this.#waiting.reduce((sum, keys) => sum + [...(keys?.values() ?? [])].filter(awaits).length, 0)
  }

  /** Not so in transactions and scripts. */
  mayBlock(client: Client): boolean {
    return !client.denyBlocking && client.connection !== undefined
  }

  /**
   * Makes a client wait that runs a command now, which has found nothing and has replied nothing. Where it may not (in a
   * transaction or a script), what it is answered is written at once.
   */
  block(client: Client, args: Args, { keys, timeout, timedOut, untilGone = false }: Wait): void {
    const core = this.#core
    if (!this.mayBlock(client)) {
      timedOut()
      return
    }
    if (this.#serving === client) {
      // It has waited already, and found nothing again.
      this.#stays = true
      return
    }
    const command = core.running
    if (command === undefined) return
    const kept = keptArgs(client, args)
    const until = timeout === 0 ? 0 : core.keyspace.now + timeout
    client.blocked = {
      command,
      args: kept,
      db: client.db,
      keys: [...new Set(keys.map((index) => kept.text(index)))],
      until,
      timedOut,
      untilGone,
      since: core.keyspace.now,
      turn: ++this.#turn,
      silent: client.replyMode !== 'on',
      byClients: true,
      cancel: timeout === 0 ? () => undefined : core.clock.after(timeout, () => this.#timeOut(client)),
    }
    for (const key of client.blocked.keys) {
      const waiting = this.#waiting[client.db.id] ?? new Map<string, Set<Client>>()
      this.#waiting[client.db.id] = waiting
      const clients = waiting.get(key) ?? new Set()
      clients.add(client)
      waiting.set(key, clients)
    }
    this.clients.add(client)
    core.keyspace.awaited = true
  }

  /** Lets a client go that waits: what it is answered is the caller's part, before or after. */
  release(client: Client): void {
    const { blocked } = client
    if (blocked === undefined) return
    client.blocked = undefined
    blocked.cancel()
    for (const key of blocked.keys) {
      const clients = this.#waiting[blocked.db.id]?.get(key)
      clients?.delete(client)
      if (clients?.size === 0) this.#waiting[blocked.db.id]?.delete(key)
    }
    this.clients.delete(client)
    this.#core.keyspace.awaited = this.clients.size > 0
    this.#core.resuming.add(client)
  }

  /** Runs the command of a client again once something is there that it needs: files, answers of others. */
  until(client: Client, args: Args, ready: Promise<unknown>): void {
    const wait = { keys: [], timeout: 0, timedOut: () => undefined }
    this.block(client, args, wait)
    const { blocked: begun } = client
    if (begun === undefined) return
    // There is no reply that would be right before.
    const blocked = { ...begun, byClients: false }
    client.blocked = blocked
    const again = (): void => {
      if (client.blocked !== blocked) return
      this.#core.refreshTime()
      this.release(client)
      client.post(this.#core.runFor(client, blocked.command, blocked.args))
      this.#core.deliver()
    }
    ready.then(again, again)
  }

  /** Ends the waiting of a client with what `write` writes. */
  answer(client: Client, write: () => void): void {
    const { blocked } = client
    if (blocked === undefined) return
    blocked.command.calls++
    this.release(client)
    if (!blocked.silent) client.send(write)
    this.#core.deliver()
  }

  /** Something was added to a key. */
  signal(db: Database, key: Buffer): void {
    const text = key.toString('latin1')
    if (!this.#waiting[db.id]?.has(text)) return
    const id = `${db.id}:${text}`
    if (this.#queued.has(id)) return
    this.#queued.add(id)
    this.#ready.push({ db, key: text })
  }

  /** A database was changed as a whole (SWAPDB, FLUSHALL and a reload): all keys that clients wait for there may be ready. */
  signalAll(db: Database): void {
    for (const key of this.#waiting[db.id]?.keys() ?? []) this.signal(db, Buffer.from(key, 'latin1'))
  }

  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  /** Serves those who wait for what was added, until there is nothing for any of them. */
  serve(): void {
    const fedAt = this.#core.keyspace.now
    // What was added may have expired while the command that did so went on.
    this.#core.refreshTime()
    while (this.#ready.length > 0) {
      const ready = this.#ready
      this.#ready = []
      this.#queued.clear()
      for (const { db, key } of ready) this.#serveKey(db, key, fedAt)
    }
  }

  #serveKey(db: Database, key: string, fedAt: number): void {
    const clients = [...(this.#waiting[db.id]?.get(key) ?? [])]
    clients.sort((a, b) => (a.blocked?.turn ?? 0) - (b.blocked?.turn ?? 0))
    for (const client of clients) {
      if (client.blocked === undefined || client.closing) continue
      // Valkey leaves a key where it is that had expired before; only those who wait for a group are told that it is gone.
      if (this.#looksFirst && !client.blocked.untilGone && !wasThere(db, key, fedAt)) continue
      this.#again(client, client.blocked, { db, key })
    }
  }

  #again(client: Client, { command, args, silent }: Blocked, fed: Fed): void {
    const core = this.#core
    const [before, fedBefore] = [this.#serving, this.#fed]
    this.#serving = client
    this.#fed = fed
    this.#stays = false
    const reply = core.runFor(client, command, args)
    this.#serving = before
    this.#fed = fedBefore
    if (this.#stays) {
      this.#stays = false
      return
    }
    this.release(client)
    if (!silent) client.post(reply)
  }

  #timeOut(client: Client): void {
    if (client.blocked === undefined) return
    const { timedOut } = client.blocked
    this.#core.refreshTime()
    this.answer(client, timedOut)
  }
}
