import type { Socket } from 'node:net'
import { Connection, type Protocol, type Talker } from './connection.ts'
import { Door, type DoorOptions } from './door.ts'

/** Places for connections, of which there are only so many. */
export interface Places {
  /** Takes one; false when none is left. */
  take(): boolean
  give(): void
}

/** How many connections a server has at a time, and what becomes of those beyond. */
export interface Budget {
  readonly most: number
  /** Whether they wait, connected, until another leaves; else they hear the refusal. */
  readonly wait: boolean
  /** The last that a client hears which is turned away. */
  readonly refusal: Buffer
  /** What its connections share with those of other servers. Where none is left, clients are turned away, never kept waiting. */
  readonly places: Places | undefined
}

export interface ServerOptions extends Omit<DoorOptions, 'serve' | 'clients' | 'onHandshakeError'> {
  readonly budget: Budget
}

/** How a client is taken on. */
interface Adoption<T extends Talker> {
  /** The one that has let it in. */
  readonly door: Pick<Door, 'insides' | 'burden'>
  readonly talk: Protocol<T>['talk']
}

/** Serves one protocol to the clients of its door. */
export class Server<T extends Talker> {
  readonly door: Door
  readonly #protocol: Protocol<T>
  readonly #budget: Budget
  readonly #waiting: { readonly socket: Socket; readonly secure: boolean; readonly adoption: Adoption<T> }[] = []

  constructor(protocol: Protocol<T>, { budget, ...door }: ServerOptions) {
    this.#protocol = protocol
    this.#budget = budget
    this.door = new Door({
      ...door,
      clients: protocol.connections,
      serve: (socket, secure) => void this.adopt(socket, secure),
      onHandshakeError: () => protocol.counters.handshakeErrors++,
    })
  }

  /** Stops listening and ends every connection; resolves once the last is gone. */
  async close(): Promise<void> {
    this.door.close()
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    const gone = [...this.#protocol.connections].map(
      ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy()),
    )
    await Promise.all(gone)
  }

  /**
   * Serves a client that a door has let in, its own unless another one is given. Answers its connection; undefined: it is turned
   * away, or waits.
   * @param talk Makes its talker; default: as all others'.
   */
  adopt(
    socket: Socket,
    secure: boolean,
    { door = this.door, talk = (connection) => this.#protocol.talk(connection) }: Partial<Adoption<T>> = {},
  ): Connection<T> | undefined {
    const { connections, counters } = this.#protocol
    const { most, wait } = this.#budget
    const adoption = { door, talk }
    if (connections.size < most) return this.#serve(socket, secure, adoption)
    if (!wait) this.#turnAway(socket)
    else {
      // As in a backlog: connected, and not served until another leaves. Counted when accepting ends, not for each.
      if (this.#waiting.length === 0) counters.acceptingPaused++
      this.#waiting.push({ socket, secure, adoption })
    }
    return undefined
  }

  #turnAway(socket: Socket): void {
    this.#protocol.counters.rejectedConnections++
    socket.on('error', () => undefined)
    socket.write(this.#budget.refusal)
    socket.destroySoon()
  }

  #serve(accepted: Socket, secure: boolean, { door, talk }: Adoption<T>): Connection<T> | undefined {
    const { connections, counters } = this.#protocol
    const { places } = this.#budget
    if (places?.take() === false) {
      this.#turnAway(accepted)
      return undefined
    }
    counters.totalConnections++
    if (accepted.remoteFamily === 'IPv6') counters.acceptedIpv6++
    else counters.acceptedIpv4++
    let connection: Connection<T> | undefined
    const { rewrap, shareReads, directWrites } = door.insides
    // On a port that takes TLS and plain text, the first bytes have been read already, to tell which it is. Where none have been,
    // read() is not called: it would make the socket begin to read.
    const early: Buffer | null = !secure && rewrap && accepted.readableLength > 0 ? accepted.read() : null
    const wrapped = secure ? undefined : rewrap?.(accepted, (length, bytes) => connection?.receive(bytes, length))
    const socket = wrapped ?? accepted
    connection = new Connection(this.#protocol, socket, secure, directWrites, talk)
    const served = connection
    connections.add(served)
    door.burden(served)
    socket.on('drain', () => served.drained())
    socket.on('error', () => served.drop('error'))
    socket.on('close', () => {
      places?.give()
      connections.delete(served)
      served.closed()
      this.#admit()
    })
    if (wrapped === undefined) {
      const shared = secure && shareReads?.(socket, (length, bytes) => served.receive(bytes, length))
      if (!shared) socket.on('data', (bytes: Buffer) => served.receive(bytes, bytes.length))
      socket.resume()
    }
    if (early !== null) served.receive(early, early.length)
    return served
  }

  #admit(): void {
    const next = this.#waiting.shift()
    if (next === undefined) return
    if (next.socket.destroyed) this.#admit()
    else this.#serve(next.socket, next.secure, next.adoption)
  }
}
