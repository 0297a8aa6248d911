import type tls from 'node:tls'
import { SocketCounters } from '../../net/serve/socket-counters.ts'
import type { Core } from '../core.ts'
import type { Introduction } from './handshake.ts'
import type { History, Place } from './history.ts'
import { Loading } from './loading.ts'
import { type Listener, type PrimaryAddress, PrimaryLink } from './primary-link.ts'
import type { Replicas } from './replicas.ts'

const MS_PER_SECOND = 1000

/** Whom a replica follows, and how it logs in there; what is not given the directives tell. */
export interface Primary extends PrimaryAddress {
  readonly user?: string
  readonly password?: string
}

export interface FollowingOptions {
  readonly primary: Primary
  readonly history: History
  readonly replicas: Replicas
  /** What the node has is the history up to here: the primary may know how it goes on. */
  readonly goesOn: boolean
  /** The primary is to give up its role for this node. Called once it has answered to that. */
  readonly failover: ((isDone: boolean) => void) | undefined
  /** Called when commands begin or end to be refused. */
  readonly changed: () => void
  readonly tls: () => tls.ConnectionOptions | undefined
}

/** What a replica does as long as it follows one primary: connections to it, one after the other. */
export class Following implements Listener {
  readonly primary: Primary
  database = 0
  /** When the link was lost; undefined: it is there, or has not been yet. */
  lostAt: number | undefined
  loading: Loading | undefined
  readonly counters = new SocketCounters()
  readonly #core: Core
  readonly #options: FollowingOptions
  #link: PrimaryLink | undefined
  #goesOn: boolean
  #failover: ((isDone: boolean) => void) | undefined
  #isOver = false

  constructor(core: Core, options: FollowingOptions) {
    this.#core = core
    this.#options = options
    this.primary = options.primary
    this.#goesOn = options.goesOn
    this.#failover = options.failover
  }

  // How it stands.

  /** In the words of ROLE. */
  get state(): 'connect' | 'connecting' | 'handshake' | 'sync' | 'connected' {
    const { phase } = this.#link ?? {}
    if (phase === undefined) return 'connect'
    return phase === 'stream' ? 'connected' : phase
  }

  get isConnected(): boolean {
    return this.state === 'connected'
  }

  /** Milliseconds since the primary was heard; -1: it is not connected. */
  get silence(): number {
    return this.#link === undefined ? -1 : this.#core.keyspace.now - this.#link.heardAt
  }

  /** How far in the history what it has heard goes. */
  get heard(): number {
    return this.#options.history.offset + (this.#link?.held ?? 0)
  }

  get link(): PrimaryLink | undefined {
    return this.#link
  }

  get place(): Place | undefined {
    return this.#goesOn ? this.#options.history.place : undefined
  }

  // What it does.

  connect(): void {
    if (this.#isOver || this.#link !== undefined) return
    const { host, port } = this.primary
    this.#core.log('notice', `Connecting to MASTER ${host}:${port}`)
    const isFailover = this.#failover !== undefined
    this.#link = new PrimaryLink(
      this.#core,
      { address: this.primary, introduction: () => this.#introduction(), isFailover, tls: this.#options.tls() },
      this.counters,
      this,
    )
    this.#core.log('notice', 'MASTER <-> REPLICA sync started')
  }

  /** To be called each second. */
  look(): void {
    const link = this.#link
    if (link === undefined) {
      this.connect()
      return
    }
    if (this.silence > this.#core.config.settings.replTimeout * MS_PER_SECOND) {
      link.close(
        link.phase === 'stream'
          ? 'MASTER timeout: no data nor PING received...'
          : 'Timeout connecting to the MASTER...',
      )
      return
    }
    link.acknowledge()
    link.nudge()
  }

  close(): void {
    this.#isOver = true
    this.loading?.cancel()
    this.loading = undefined
    this.#link?.close()
    this.#link = undefined
  }

  #introduction(): Introduction {
    const { config, dialect, addresses } = this.#core
    const tlsPort = config.text('tls-replication') === 'yes' ? Number(config.text('tls-port')) : 0
    const port = Number(config.text('replica-announce-port')) || tlsPort || (addresses[0]?.port ?? 0)
    return {
      user: this.primary.user ?? config.text('masteruser'),
      password: this.primary.password ?? config.text('masterauth'),
      port,
      address: config.text('replica-announce-ip'),
      version: dialect.engine === 'valkey' ? dialect.version : undefined,
    }
  }

  // What it hears.

  begins(place: Place): void {
    this.#settle(true)
    const { history, replicas } = this.#options
    this.loading = new Loading(this.#core, {
      // What the node had is no more from now on, and what it has is nothing yet.
      emptied: () => {
        this.#goesOn = false
        // Nobody can go on from that either.
        history.forget()
        replicas.disconnect()
      },
      loaded: (database) => {
        this.loading = undefined
        this.database = database
        this.#goesOn = true
        history.adopt(place, this.#core.config.settings.replBacklogSize)
        replicas.disconnect()
        this.lostAt = undefined
        this.#link?.goOn()
        this.#options.changed()
      },
      failed: (why) => {
        this.loading = undefined
        this.#link?.close(`Failed trying to load the MASTER synchronization DB: ${why}`)
      },
      changed: this.#options.changed,
    })
  }

  loads(bytes: Buffer): void {
    this.loading?.push(bytes)
  }

  loaded(): void {
    this.loading?.end()
  }

  continues(id: string | undefined): void {
    this.#settle(true)
    const { history, replicas } = this.#options
    this.lostAt = undefined
    history.keep(this.#core.config.settings.replBacklogSize)
    this.#options.changed()
    if (id === undefined || id === history.id) return
    this.#core.log('warning', `Master replication ID changed to ${id}`)
    history.rename(id)
    // They are to hear of it, too.
    replicas.disconnect()
  }

  applied(bytes: Buffer, start: number, end: number): void {
    this.#options.history.backlog?.append(bytes, start, end)
    this.#options.replicas.fed()
  }

  lost(why: string): void {
    const wasConnected = this.#link?.phase === 'stream'
    this.#link = undefined
    this.loading?.cancel()
    this.loading = undefined
    if (this.#isOver) return
    this.#core.log('warning', why)
    this.lostAt ??= this.#core.keyspace.now
    this.#options.changed()
    this.#settle(false)
    // It may be a moment's trouble.
    if (wasConnected) this.connect()
  }

  /** The primary has answered to that it is to give up its role. */
  #settle(isDone: boolean): void {
    const failover = this.#failover
    this.#failover = undefined
    failover?.(isDone)
  }
}
