import type { Connection, Talker } from '../net/serve/connection.ts'
import type { CacheCore } from './core.ts'
import type { Mode } from './store/operations.ts'

/** What the next bytes of a client are. */
export type Expecting = 'command' | 'value' | 'configuration' | 'keys' | 'swallow'

const nothing = (): void => undefined

/** One client as verbs see it: what it is in the middle of. How it is understood is its talker's part (talker.ts). */
export abstract class Client implements Talker {
  readonly core: CacheCore
  readonly connection: Connection
  readonly id: number
  /** As `stats conns` shows them; they are asked for when the socket is gone, too. */
  readonly localAddress: string
  readonly peerAddress: string
  /** The node's seconds at the last command, for idle_timeout. */
  lastCommandAt: number
  expecting: Expecting = 'command'
  /** Whether it has authenticated, on a node that asks for it. */
  admitted = false
  noreply = false

  // A value on its way in.
  item = 0
  valueAt = 0
  valueEnd = 0
  mode: Mode = 'set'
  /** What to do with it once it is there. */
  complete: (client: Client) => void = nothing
  /** The CAS unique the client gave; 0 for none. */
  casLow = 0
  casHigh = 0
  /** Bytes still to be thrown away, and what to answer then. */
  swallow = 0
  afterSwallow: Buffer | undefined
  /** What the answer to `ms` echoes. */
  metaReturns: readonly string[] = []
  /** `ms I`: an older CAS unique may store its value, which then counts as stale. */
  mayBeStale = false
  // The binary request being served.
  opcode = 0
  opaque = 0
  /** A configuration entry on its way in. */
  configuration: { name: string; flags: number; data: Buffer } | undefined
  /** Which get was interrupted by congestion. */
  resumeKeys: ((client: Client, bytes: Buffer, at: number, end: number) => number) | undefined
  /** How many bytes of an incomplete line have been searched for its end. */
  searched = 0

  constructor(core: CacheCore, connection: Connection, id: number) {
    this.core = core
    this.connection = connection
    this.id = id
    this.lastCommandAt = core.store.now
    const { socket } = connection
    this.localAddress = spoken(socket.localAddress, socket.localPort)
    this.peerAddress = spoken(socket.remoteAddress, socket.remotePort)
  }

  abstract consume(bytes: Buffer, end: number): number
  abstract served(): void
  abstract ended(): void

  /**
   * Called when it has had its share of requests (`-R`) and has more: counts it, as memcached does. Answers whether it has to stop
   * because it is the turn of others.
   */
  giveWay(): boolean {
    const { counters, settings } = this.core
    counters.connectionYields++
    return this.connection.giveWay(settings.requestsPerEvent)
  }

  /** Lets go of what the node holds for it: a value on its way in, lines of a watcher. */
  forget(): void {
    if (this.item !== 0) this.core.store.free(this.item)
    this.item = 0
    this.core.watchers?.delete(this)
  }
}

function spoken(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return 'unix:' // or gone already: neither has an address
  // In one piece: of a string that is put together, V8 keeps all pieces, three times the size.
  return Buffer.from(host.includes(':') ? `tcp6:[${host}]:${port}` : `tcp:${host}:${port}`, 'latin1').toString('latin1')
}
