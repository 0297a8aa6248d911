/**
 * The connections to the API. Nothing on loopback tells clients apart but what they can prove, so that connections are told
 * apart by that: strangers have not yet sent a request with a right signature or token, and are the first to go.
 */
import type { Socket } from 'node:net'

/** Hundreds of SDK clients, each with all the sockets it may have, have room. */
const MOST_CONNECTIONS = 4_096
/** Connections are open files, which nodes and the engine itself need too. */
const SHARE_OF_FILES = 1 / 8
/** Clients that call all at once are strangers for a moment: so many are served whatever the limit of files. */
const FEWEST_CONNECTIONS = 512

export interface ConnectionLimits {
  readonly all: number
  /** Of those that have proved nothing yet. */
  readonly strangers: number
  /** Of strangers from one address. */
  readonly strangersOfOne: number
}

/** @param fileLimit `ulimit -n`; undefined where the system tells of none. */
export function connectionLimits(fileLimit = Number.POSITIVE_INFINITY): ConnectionLimits {
  const all = Math.max(FEWEST_CONNECTIONS, Math.min(MOST_CONNECTIONS, Math.floor(fileLimit * SHARE_OF_FILES)))
  return { all, strangers: (all * 7) / 8, strangersOfOne: (all * 3) / 4 }
}

export interface Connection {
  readonly socket: Socket
  readonly source: string
  /** Its client has proved to be a user. */
  isKnown: boolean
  /** A request of it was refused: nothing more is done for it. */
  isRefused: boolean
  /** A request of it is being answered. */
  isBusy: boolean
  /** The number of the request that came last, of all connections. */
  lastRequest: number
}

export class Connections {
  readonly #limits: ConnectionLimits
  readonly #all = new Map<Socket, Connection>()
  /** Those that came first are first. */
  readonly #strangers = new Set<Connection>()
  readonly #strangersOf = new Map<string, Set<Connection>>()
  #requests = 0

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  /** A new connection. Where there are too many, another gives way, or this one if all others are of use: undefined. */
  open(socket: Socket): Connection | undefined {
    const source = socket.remoteAddress ?? ''
    const ofSource = this.#strangersOf.get(source) ?? new Set()
    const { all, strangers, strangersOfOne } = this.#limits
    if (ofSource.size >= strangersOfOne) this.#drop(first(ofSource))
    else if (this.#strangers.size >= strangers) this.#drop(first(this.#strangers))
    if (this.#all.size >= all) this.#drop(first(this.#strangers) ?? this.#quietest())
    if (this.#all.size >= all) {
      socket.destroy()
      return undefined
    }
    const connection = { socket, source, isKnown: false, isRefused: false, isBusy: false, lastRequest: 0 }
    this.#all.set(socket, connection)
    this.#strangers.add(connection)
    // Those that were dropped may have been the last of this address.
    this.#strangersOf.set(source, ofSource.add(connection))
    socket.once('close', () => this.#forget(connection))
    return connection
  }

  /** The connection of a request that has come; undefined: it has just been dropped. */
  requested(socket: Socket): Connection | undefined {
    const connection = this.#all.get(socket)
    if (connection) connection.lastRequest = this.#requests++
    return connection
  }

  recognize(connection: Connection): void {
    connection.isKnown = true
    this.#leaveStrangers(connection)
  }

  #quietest(): Connection | undefined {
    let quietest: Connection | undefined
    for (const each of this.#all.values()) {
      if (!each.isBusy && each.lastRequest < (quietest?.lastRequest ?? Number.POSITIVE_INFINITY)) quietest = each
    }
    return quietest
  }

  #drop(connection: Connection | undefined): void {
    if (!connection) return
    connection.socket.destroy()
    this.#forget(connection)
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection.socket)
    this.#leaveStrangers(connection)
  }

  #leaveStrangers(connection: Connection): void {
    if (!this.#strangers.delete(connection)) return
    const ofSource = this.#strangersOf.get(connection.source)
    ofSource?.delete(connection)
    if (ofSource?.size === 0) this.#strangersOf.delete(connection.source)
  }
}

const first = (connections: Iterable<Connection>): Connection | undefined => {
  for (const connection of connections) return connection
  return undefined
}
