import type { Client } from './client.ts'
import { type Command, MAY_REPLICATE, WRITE } from './commands/command.ts'
import type { Core } from './core.ts'

/** CLIENT PAUSE: clients are held back for a while, all of them or those that write. */
export class Pause {
  #until = 0
  #onlyWrites = false
  /** What writes are held back for, whatever clients say. */
  readonly #holding = new Set<'failover' | 'shutdown'>()
  readonly #held = new Set<Client>()
  readonly #core: Core
  readonly #turn: (on: boolean) => void
  #cancel: () => void = () => undefined

  constructor(core: Core) {
    this.#core = core
    this.#turn = core.checks.add((client, command) => this.#check(client, command))
    core.farewells.push((client) => this.#held.delete(client))
    core.tell('clients', () => [['blocked_clients', core.blocking.clients.size + this.#held.size]])
  }

  begin(ms: number, onlyWrites: boolean): void {
    const core = this.#core
    const isPaused = this.#until > core.keyspace.now
    // A longer pause, and a stricter one, stay.
    this.#until = Math.max(this.#until, core.keyspace.now + ms)
    this.#onlyWrites = isPaused ? this.#onlyWrites && onlyWrites : onlyWrites
    this.#turn(true)
    core.updateGate()
    if (!core.isReplica) core.keyspace.mayExpire = false
    this.#cancel()
    this.#cancel = core.clock.after(this.#until - core.keyspace.now, () => {
      core.refreshTime()
      this.end()
      core.deliver()
    })
  }

  end(): void {
    const core = this.#core
    this.#cancel()
    this.#until = 0
    this.#turn(this.isPaused)
    core.updateGate()
    if (!core.isReplica) core.keyspace.mayExpire = !this.isPaused
    this.letGo()
  }

  /** Whether anyone is held back. */
  get isPaused(): boolean {
    return this.#holding.size > 0 || this.#until > this.#core.keyspace.now
  }

  /** Clients that write wait until what the node is about is over. */
  holdWrites(what: 'failover' | 'shutdown', on: boolean): void {
    const core = this.#core
    if (on) this.#holding.add(what)
    else this.#holding.delete(what)
    this.#turn(this.isPaused)
    core.updateGate()
    if (!core.isReplica) core.keyspace.mayExpire = !this.isPaused
    if (!on) this.letGo()
  }

  /** Holds a client back whatever is paused, until the next `letGo`. Answers what its check is to say. */
  hold(client: Client): string {
    client.paused = true
    this.#held.add(client)
    return ''
  }

  /** Those that have to wait on are held back again as soon as they are served. */
  letGo(): void {
    const core = this.#core
    for (const client of this.#held) {
      client.paused = false
      core.resuming.add(client)
    }
    this.#held.clear()
  }

  #check(client: Client, command: Command): string | undefined {
    if (client.kind === 'replica' || client.kind === 'master' || client.connection === undefined) return undefined
    if (command.name === 'client|unpause') return undefined
    const isExec = command.name === 'exec'
    const changes =
      (command.flags & (WRITE | MAY_REPLICATE)) !== 0 ||
      (isExec && (client.transaction?.queue.some((each) => (each.flags & (WRITE | MAY_REPLICATE)) !== 0) ?? false))
    if ((this.#onlyWrites || this.#until <= client.core.keyspace.now) && !changes) return undefined
    return this.hold(client)
  }
}

const pauses = new WeakMap<Core, Pause>()

/** The pause of a node. */
export const pauseOf = (core: Core): Pause => pauses.get(core) as Pause // started with it

/** Starts what holds clients back. */
export function startPause(core: Core): void {
  pauses.set(core, new Pause(core))
}
