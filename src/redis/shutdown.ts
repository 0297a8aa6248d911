import type { Client } from './client.ts'
import { clientLine } from './client-line.ts'
import type { Core } from './core.ts'
import { pauseOf } from './pause.ts'
import type { Args } from './protocol/args.ts'
import { refusal } from './protocol/refusals.ts'
import { persistenceOf } from './rdb/persistence.ts'
import { replicationOf } from './replication/replication.ts'

const MS_PER_SECOND = 1000
const NOT_ENDED = refusal('ERR Errors trying to SHUTDOWN. Check logs.')

/** How a node is to end. */
export interface ShutdownOptions {
  readonly saves: 'save' | 'nosave' | 'by-save-points'
  /** Without waiting for replicas. */
  readonly isNow: boolean
  /** Even if its keys can't be saved. */
  readonly isForced: boolean
}

/** The words of SHUTDOWN and of `shutdown-on-sigterm`. */
export const shutdownOptions = (words: ReadonlySet<string>): ShutdownOptions => ({
  saves: words.has('save') ? 'save' : words.has('nosave') ? 'nosave' : 'by-save-points',
  isNow: words.has('now'),
  isForced: words.has('force'),
})

/** The end of a node: it waits until its replicas have all it has, while clients that write wait (`shutdown-timeout`). */
export class Shutdown {
  readonly #core: Core
  /** What was asked for; undefined: nothing is under way. */
  #options: ShutdownOptions | undefined
  #until = 0
  readonly #clients = new Set<Client>()

  constructor(core: Core) {
    this.#core = core
    core.farewells.push((client) => this.#clients.delete(client))
    core.chores.push(() => this.#look())
    core.tell('server', () =>
      this.#options ? [['shutdown_in_milliseconds', Math.max(0, this.#until - core.keyspace.now)]] : [],
    )
  }

  /** SHUTDOWN: its client hears of it only if it fails. */
  askedBy(client: Client, args: Args, options: ShutdownOptions): void {
    this.#clients.add(client)
    this.#core.blocking.block(client, args, {
      keys: [],
      timeout: 0,
      timedOut: () => client.replies.error(NOT_ENDED.message),
    })
    this.begin(options, `(user request from '${clientLine(client)}')`)
  }

  /** @param by Whose wish it is, in Valkey's log. @returns Whether it was not under way already. */
  begin(options: ShutdownOptions, by = ''): boolean {
    const core = this.#core
    if (this.#options) return false
    // What is there by now is no more than a part.
    this.#options = core.loading === 'no' ? options : { ...options, saves: 'nosave' }
    core.log('warning', `User requested shutdown...${core.dialect.engine === 'valkey' && by ? ` ${by}` : ''}`)
    const seconds = core.config.settings.shutdownTimeout
    if (options.isNow || seconds === 0 || this.#isReady) {
      this.#finish(this.#options)
      return true
    }
    this.#until = core.keyspace.now + seconds * MS_PER_SECOND
    const pause = pauseOf(core)
    if (!pause.isPaused) replicationOf(core).replicas.askHowFar()
    pause.holdWrites('shutdown', true)
    core.log('notice', 'Waiting for replicas before shutting down.')
    return true
  }

  /** SHUTDOWN ABORT. Answers whether there was anything to abort. */
  abort(): boolean {
    if (this.#options === undefined) return false
    this.#cancel()
    this.#core.log('notice', 'Shutdown manually aborted.')
    return true
  }

  get #isReady(): boolean {
    const { replicas, history } = replicationOf(this.#core)
    return [...replicas.all].every(({ acked }) => acked === history.offset)
  }

  #look(): void {
    if (this.#options === undefined) return
    if (this.#isReady || this.#core.keyspace.now >= this.#until) this.#finish(this.#options)
  }

  #finish({ saves, isForced }: ShutdownOptions): void {
    const core = this.#core
    this.#tellOfReplicas()
    if (!persistenceOf(core).saveAtEnd(saves)) {
      if (!isForced) {
        core.log('warning', "Error trying to save the DB, can't exit.")
        core.log('warning', 'Errors trying to shut down the server. Check the logs for more information.')
        this.#cancel()
        return
      }
      core.log('warning', 'Error trying to save the DB. Exit anyway.')
      persistenceOf(core).saveAtEnd('nosave')
    }
    const server = core.dialect.engine === 'valkey' && !core.config.compatible ? 'Valkey' : 'Redis'
    core.log('warning', `${server} is now ready to exit, bye bye...`)
    core.shutdown()
  }

  #tellOfReplicas(): void {
    const { log, keyspace } = this.#core
    const { replicas, history } = replicationOf(this.#core)
    const lagging = [...replicas.all].filter(({ acked }) => acked !== history.offset)
    for (const { name, acked, ackedAt, state } of lagging) {
      const lag = state === 'online' ? Math.floor((keyspace.now - ackedAt) / MS_PER_SECOND) : 0
      log(
        'warning',
        `Lagging replica ${name} reported offset ${history.offset - acked} behind master, lag=${lag}, state=${state}.`,
      )
    }
    const { size } = replicas.all
    if (size > 0) log('notice', `${size - lagging.length} of ${size} replicas are in sync when shutting down.`)
  }

  #cancel(): void {
    const { blocking, replies } = this.#core
    this.#options = undefined
    const clients = [...this.#clients]
    this.#clients.clear()
    for (const client of clients) blocking.answer(client, () => replies.error(NOT_ENDED.message))
    pauseOf(this.#core).holdWrites('shutdown', false)
  }
}

const shutdowns = new WeakMap<Core, Shutdown>()

/** The end of a node. */
export const shutdownOf = (core: Core): Shutdown => shutdowns.get(core) as Shutdown // started with it

/** Lets a node be ended. */
export function startShutdown(core: Core): void {
  shutdowns.set(core, new Shutdown(core))
}
