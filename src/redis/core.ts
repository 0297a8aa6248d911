import type { Connection } from '../net/serve/connection.ts'
import type { ListenAddress } from '../net/serve/listener.ts'
import { Access } from './acl/users.ts'
import { Blocking } from './blocking.ts'
import { call } from './call.ts'
import { Checks } from './checks.ts'
import type { Client } from './client.ts'
import type { Clock } from './clock.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Command, CommandTable, Dialect, Handler } from './commands/command.ts'
import type { Config } from './config/config.ts'
import { Counters } from './counters.ts'
import { type Host, thisHost } from './host.ts'
import type { Line } from './info/section.ts'
import { Keeper, type Keeping } from './keeper.ts'
import { followAccess } from './keyspace/access-clock.ts'
import type { Database } from './keyspace/database.ts'
import { eventFlags, tellsKeyevent, tellsKeyspace } from './keyspace/events.ts'
import { Keyspace } from './keyspace/keyspace.ts'
import { Propagation } from './propagation.ts'
import { Args } from './protocol/args.ts'
import { Replies } from './protocol/replies.ts'
import { Rates } from './rates.ts'
import type { ReplicationPoint } from './rdb/snapshot.ts'
import { Scripting } from './scripting/scripting.ts'
import type { RedisTalker } from './talker.ts'
import { Watches } from './transaction.ts'

/** The version of Redis OSS that Valkey says it is compatible with. */
const COMPATIBLE_VERSION = '7.2.4'
/** As much as an empty server counts, so that limits mean the same. */
const STARTUP_BYTES = 880_000
const BYTES_PER_CLIENT = 1800
const NONE = { sub: 0, psub: 0, ssub: 0 }

/** What a core is made of that is not of its own making. */
export interface CoreParts {
  readonly config: Config
  readonly commands: CommandTable
  readonly clock: Clock
  readonly random: () => number
  /** 40 hexadecimal digits of chance: who this node is. */
  readonly runId: string
  readonly log: Log
  readonly dialect: Dialect
  readonly shutdown: () => void
  readonly keeping: Keeping | undefined
}

/** Takes what the node has to say beside its replies. */
export type Log = (level: 'debug' | 'verbose' | 'notice' | 'warning', line: string) => void

/** What the commands of one node work on. */
export class Core {
  readonly config: Config
  readonly clock: Clock
  readonly commands: CommandTable
  readonly keyspace: Keyspace
  readonly counters = new Counters()
  readonly replies = new Replies()
  readonly access: Access
  readonly watches = new Watches()
  readonly keeper: Keeper
  readonly propagation: Propagation
  readonly blocking: Blocking
  readonly connections = new Set<Connection<RedisTalker>>()
  readonly clients = new Map<number, Client>()
  readonly runId: string
  readonly log: Log
  readonly dialect: Dialect
  /** Ends the node. */
  readonly shutdown: () => void
  readonly random: () => number
  readonly startedAt: number
  /** The words of the request being served. */
  readonly args = new Args()
  lastClientId = 0

  /** Whether commands are to be looked at before they run, whoever they come from: see {@link updateGate}. */
  gated = false
  /** Whose requests are being served. */
  serving: Client | undefined
  /** The command that runs. */
  running: Command | undefined
  /** Who has called the script whose command runs. */
  scriptCaller: Client | undefined
  /** How deep commands are within each other: EXEC, scripts. */
  nesting = 0
  /** Whether keys that have expired are looked for (DEBUG SET-ACTIVE-EXPIRE). */
  activeExpiry = true
  /** Whether scripts may run commands that are not for them: DEBUG SET-DISABLE-DENY-SCRIPTS. */
  scriptsMayAll = false
  /** Where the node listens. */
  addresses: readonly ListenAddress[] = []
  /** Whether every command is measured, rather than one in many of those that are fast. */
  timed = false
  readonly #timing = new Set<string>()
  readonly checks = new Checks()
  readonly scripting: Scripting
  /** Errors that a command has been blamed for, of `replies.errors`: what one does by others is not its own fault. */
  blamedErrors = 0
  /** Told of each command: MONITOR. */
  tracers: ((client: Client, command: Command, args: Args) => void)[] = []
  /** Told of each command that was measured: SLOWLOG, LATENCY. */
  timers: ((client: Client, command: Command, args: Args, ms: number) => void)[] = []
  /** Told of each client that is gone. */
  readonly farewells: ((client: Client) => void)[] = []
  /** Called about ten times a second (`hz`). */
  readonly chores: (() => void)[] = []
  /** Clients with something in their outbox. */
  readonly outboxes = new Set<Client>()
  /** Clients that may go on: what they have said meanwhile is served. */
  readonly resuming = new Set<Client>()
  #delivering = false
  readonly host: Host = thisHost()
  readonly rates = new Rates<'commands' | 'input' | 'output'>()
  /** What a node counts as used that holds nothing. */
  readonly startupMemory = STARTUP_BYTES
  /** Whether it follows a primary. */
  isReplica = false
  /** What it knows of its cluster, in cluster mode. */
  cluster: Cluster | undefined
  /** Whether what is being served comes from the primary: it is done whatever speaks against it. */
  obeys = false
  /** Whether what the node has is on its way: then only some commands may run. Aside: what it had before is there until then. */
  loading: 'no' | 'yes' | 'aside' = 'no'
  /** Told when `loading` has changed. */
  readonly loadingListeners: (() => void)[] = []
  /** Called when a client asks for RESET. */
  readonly resets: ((client: Client) => void)[] = []
  /** Called by CONFIG RESETSTAT. */
  readonly statisticsResets: (() => void)[] = []
  /** Subcommands of DEBUG that features bring. */
  readonly debugs = new Map<string, Handler>()
  /** How many channels, patterns and shard channels a client is subscribed to: pub/sub knows. */
  subscriptionsOf: (client: Client) => { readonly sub: number; readonly psub: number; readonly ssub: number } = () =>
    NONE
  /** Called with each command that has run for a client that tracks keys. */
  tracked: (client: Client, command: Command, args: Args, keys?: readonly string[]) => void = () => undefined
  /** Tells that something has taken so long that is no command: LATENCY. */
  noteLatency: (event: string, ms: number) => void = () => undefined
  /** Called when something was put in a client's outbox. */
  posted: (client: Client) => void = () => undefined
  /** What is to be done, and may be told to the client being served, once the command is done and answered. */
  later: (() => void)[] = []
  /** What is to be done once all that a client has sent so far is. */
  readonly turnEnds: (() => void)[] = []
  /** The client that hears for another which keys have changed; -1: there is none. */
  redirectionOf: (client: Client) => number = () => -1
  /** Where in its history the node is; undefined: nobody knows of one. */
  replicationPoint: () => ReplicationPoint | undefined = () => undefined
  /** Publishes a message, and answers how many heard it: pub/sub. */
  publish: (channel: Buffer, message: Buffer) => number = () => 0
  /** Told that keys were changed, or all of a database (no key), or all: client tracking. */
  readonly changeListeners: ((db: Database | undefined, key: Buffer | undefined) => void)[] = []
  readonly #tellers = new Map<string, (() => readonly Line[])[]>()
  readonly #refreshAccess: () => void

  constructor({ config, commands, clock, random, runId, log, dialect, shutdown, keeping }: CoreParts) {
    this.dialect = dialect
    this.propagation = new Propagation(dialect)
    this.replies.shortDoubles = dialect.engine === 'valkey'
    this.shutdown = shutdown
    this.log = log
    this.config = config
    this.commands = commands
    this.clock = clock
    this.random = random
    this.runId = runId
    this.startedAt = clock.now()
    this.blocking = new Blocking(this)
    this.keyspace = new Keyspace(config.settings.databases, this.#observers(), this.replies, this.startedAt, random)
    this.#refreshAccess = followAccess(this)
    this.scripting = new Scripting(this)
    config.follow(['notifyKeyspaceEvents'], () => {
      this.keyspace.notifies = eventFlags(config.settings.notifyKeyspaceEvents) ?? 0
    })
    this.keeper = new Keeper(this, keeping)
    this.access = new Access(this)
    config.follow(['requirepass'], () => {
      this.access.setPassword(config.settings.requirepass)
    })
    this.access.start()
  }

  /** The version that a node claims to clients that know Redis only. */
  get redisVersion(): string {
    return this.dialect.engine === 'valkey' ? COMPATIBLE_VERSION : this.dialect.version
  }

  /** Adds lines to a section of INFO. */
  tell(section: string, lines: () => readonly Line[]): void {
    this.#tellers.set(section, [...(this.#tellers.get(section) ?? []), lines])
  }

  /** What features tell in a section of INFO. */
  told(section: string): readonly Line[] {
    return (this.#tellers.get(section) ?? []).flatMap((lines) => lines())
  }

  /** Bytes that `maxmemory` limits: all that keys and values take, and what the node holds for its clients. */
  usedMemory(): number {
    const used = this.startupMemory + this.keyspace.arena.used + this.clients.size * BYTES_PER_CLIENT
    if (used > this.counters.peakMemory) this.counters.peakMemory = used
    return used
  }

  /** Bytes of it that are not keys and values. */
  overheadMemory(): number {
    const tables = this.keyspace.databases.reduce(
      (sum, { table, expiring }) => sum + table.bytes + 4 * expiring.count,
      0,
    )
    return this.startupMemory + this.clients.size * BYTES_PER_CLIENT + tables
  }

  commandsProcessed(): number {
    let calls = 0
    for (const command of this.commands.all()) calls += command.calls
    return calls
  }

  /** CONFIG RESETSTAT. */
  resetStatistics(): void {
    const { counters, keyspace, replies } = this
    for (const command of this.commands.all()) command.resetStatistics()
    Object.assign(counters, new Counters(), { peakMemory: this.usedMemory() })
    keyspace.hits = keyspace.misses = keyspace.expired = keyspace.evicted = keyspace.freedLater = 0
    replies.errors = this.blamedErrors = 0
    replies.errorCodes.clear()
    replies.written = 0
    this.rates.reset()
    for (const reset of this.statisticsResets) reset()
  }

  /** What replicas are told of a key that is gone: whether they are to give it back in the background. */
  deletionWord(directive: 'lazyExpire' | 'lazyEviction' | 'lazyServerDel'): 'UNLINK' | 'DEL' {
    // Of what a command has left empty Redis tells it in no case.
    const tells = directive !== 'lazyServerDel' || this.dialect.engine === 'valkey'
    return tells && this.config.settings[directive] ? 'UNLINK' : 'DEL'
  }

  /** SWAPDB: clients of one see the keys of the other from now on. */
  swapDatabases(first: number, second: number): void {
    const [a, b] = [this.keyspace.db(first), this.keyspace.db(second)]
    if (a === b) return
    this.watches.flushing(a, b)
    this.watches.flushing(b, a)
    ;[a.table, b.table] = [b.table, a.table]
    ;[a.expiring, b.expiring] = [b.expiring, a.expiring]
    for (const db of [a, b]) this.blocking.signalAll(db)
  }

  /** Sets the time that commands go by, at the begin of each turn. */
  refreshTime(): void {
    if (this.nesting > 0) return
    this.keyspace.now = this.clock.now()
    this.#refreshAccess()
  }

  /** Tells those who listen to all commands. */
  trace(client: Client, command: Command, args: Args): void {
    for (const tracer of this.tracers) tracer(client, command, args)
  }

  /** To be called after what it looks at has changed. */
  updateGate(): void {
    this.gated = this.checks.any
  }

  /** To be called after clients have begun or ceased to watch or track keys. */
  updateObserved(): void {
    this.keyspace.observed = this.watches.count > 0 || this.changeListeners.length > 0
  }

  /** Has every command measured for somebody, or not any more. */
  timing(who: string, on: boolean): void {
    if (on) this.#timing.add(who)
    else this.#timing.delete(who)
    this.timed = this.#timing.size > 0
  }

  /** A command has run for so long. */
  measured(client: Client, command: Command, args: Args, ms: number): void {
    command.measuredCalls++
    command.microseconds += ms * 1000
    for (const timer of this.timers) timer(client, command, args, ms)
  }

  /** Runs a command for a client that is not the one being served, and answers what it is replied. */
  runFor(client: Client, command: Command, args: Args): Buffer {
    const { replies, serving } = this
    const { resp } = replies
    this.serving = client
    replies.resp = client.resp
    const reply = Buffer.from(replies.capture(() => call(client, command, args)))
    replies.resp = resp
    this.serving = serving
    return reply
  }

  /** A client is gone. */
  leave(client: Client): void {
    this.clients.delete(client.id)
    this.outboxes.delete(client)
    this.blocking.release(client)
    this.resuming.delete(client)
    this.watches.unwatch(client)
    for (const farewell of this.farewells) farewell(client)
  }

  /** Does what was to be done after a command. */
  doLater(): void {
    const steps = this.later
    this.later = []
    for (const step of steps) step()
  }

  /** Sends what clients got while another one was served, and lets go on those that may. Nobody is being served when it is called. */
  deliver(): void {
    if (this.#delivering || this.serving !== undefined) return
    this.#delivering = true
    // What has expired by itself, too, may be what others wait for.
    if (this.blocking.hasReady) this.blocking.serve()
    if (this.later.length > 0) this.doLater()
    for (const step of this.turnEnds.splice(0)) step()
    while (this.outboxes.size > 0 || this.resuming.size > 0) {
      for (const client of this.outboxes) this.#send(client)
      for (const client of this.resuming) this.#resume(client)
    }
    this.#delivering = false
  }

  #send(client: Client): void {
    this.outboxes.delete(client)
    const { connection, outbox } = client
    client.outbox = []
    client.outboxBytes = 0
    if (connection === undefined || connection.socket.destroyed) return
    this.replies.begin(connection)
    for (const bytes of outbox) this.replies.text(bytes)
    this.replies.end()
    if (connection.closing) connection.socket.destroySoon()
  }

  #resume(client: Client): void {
    this.resuming.delete(client)
    const { connection } = client
    if (connection === undefined || client.blocked !== undefined) return
    // A client that waited was read from all the time, so that its end would be noticed: what it said is served now.
    connection.congested = true
    connection.resume()
  }

  #publishEvent({ id }: Database, event: string, key: Buffer): void {
    const { notifies } = this.keyspace
    if (tellsKeyspace(notifies))
      this.publish(Buffer.concat([Buffer.from(`__keyspace@${id}__:`), key]), Buffer.from(event))
    if (tellsKeyevent(notifies)) this.publish(Buffer.from(`__keyevent@${id}__:${event}`), key)
  }

  #observers() {
    return {
      changed: (db: Database, key: Buffer) => {
        this.watches.changed(db, key)
        for (const listener of this.changeListeners) listener(db, key)
      },
      flushing: (db: Database | undefined) => {
        this.watches.flushing(db)
        for (const each of db ? [db] : this.keyspace.databases) this.blocking.signalAll(each)
        for (const listener of this.changeListeners) listener(db, undefined)
      },
      event: (db: Database, _events: number, event: string, key: Buffer) => this.#publishEvent(db, event, key),
      ready: (db: Database, key: Buffer) => this.blocking.signal(db, key),
      removed: (db: Database, key: Buffer, event: string) =>
        this.propagation.also(db, this.deletionWord(event === 'evicted' ? 'lazyEviction' : 'lazyExpire'), key),
    }
  }
}
