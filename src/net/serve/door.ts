import type { Socket } from 'node:net'
import { type Afflicted, Affliction, type Impairment } from './impairment.ts'
import { provenInsides } from './insides-probe.ts'
import {
  type Admits,
  type ListenAddress,
  Listener,
  type ServerTls,
  type Transit,
  type TransitOf,
  type UnixAddress,
} from './listener.ts'
import type { Insides } from './node-insides.ts'

export interface DoorOptions {
  readonly tls: ServerTls | undefined
  readonly backlog: number
  /** What each connection is to speak, on ports that are not told; default: TLS if there is a certificate. */
  readonly transitOf?: TransitOf
  /** Asked once for each connection, before anything of it is read and before a TLS handshake; false: it is reset. */
  readonly admits: Admits
  /** Serves a client that was let in; see {@link Listener}. */
  readonly serve: (socket: Socket, secure: boolean) => void
  /** Those being served: a fault finds them here. */
  readonly clients: Iterable<Afflicted>
  readonly onHandshakeError?: () => void
  /** Whether a fault is felt on a connection; default: on all. */
  readonly suffers?: (socket: Socket) => boolean
}

/**
 * The ports of a node: as many addresses of either family as it is told, with TLS, without, or both on one port; the clients that
 * are let in; the faults that a node is made to suffer from. What stands behind it answers by itself, or passes bytes on.
 */
export class Door {
  readonly #options: DoorOptions
  readonly #listeners = new Set<Listener>()
  readonly #arrivals = new Set<Socket>()
  #tls: ServerTls | undefined
  #insides: Insides | undefined
  #affliction: Affliction | undefined

  constructor(options: DoorOptions) {
    this.#options = options
    this.#tls = options.tls
  }

  /** What of Node's insides may be used; known before the first client is let in. */
  get insides(): Partial<Insides> {
    return this.#insides ?? {}
  }

  /**
   * Listens on one more address.
   * @param transit Default: as {@link DoorOptions.transitOf} says.
   * @returns The address with its real port.
   * @throws ErrnoException (EADDRINUSE, EADDRNOTAVAIL, EACCES); nothing stays open then.
   */
  async listen<A extends ListenAddress | UnixAddress>(address: A, transit?: Transit): Promise<A> {
    const { admits, backlog, serve, transitOf = 'tls', onHandshakeError = () => undefined } = this.#options
    this.#insides ??= await provenInsides(this.#tls !== undefined)
    const listener = await Listener.open({
      address,
      transit: transit ?? transitOf,
      tls: this.#tls,
      backlog,
      gate: (socket, admit) => admits(socket) && (this.#afflictionOf(socket)?.gate(socket, admit) ?? true),
      onClient: serve,
      onHandshakeError,
      arrivals: this.#arrivals,
    })
    this.#listeners.add(listener)
    return listener.address as A // an address of the kind that was asked for
  }

  /** Stops listening on an address; connections made through it stay. */
  unlisten({ host, port }: ListenAddress): void {
    for (const listener of this.#listeners) {
      const { address } = listener
      if ('path' in address || address.host !== host || address.port !== port) continue
      listener.close()
      this.#listeners.delete(listener)
    }
  }

  /** Where it listens on the network now. */
  get addresses(): readonly ListenAddress[] {
    return [...this.#listeners].map(({ address }) => address).filter((address) => 'port' in address)
  }

  /** The sockets in the file system it listens on. */
  get sockets(): readonly UnixAddress[] {
    return [...this.#listeners].map(({ address }) => address).filter((address) => 'path' in address)
  }

  /** Serves new TLS connections with this certificate; PEM text. Throws, and keeps the old one, if it can't be used. */
  renewCertificate(certificate: { readonly key: string; readonly cert: string }): void {
    const renewed = { ...this.#tls, ...certificate }
    for (const listener of this.#listeners) listener.renewCertificate(renewed)
    this.#tls = renewed
  }

  /** Makes the node suffer as told, in the place of what it suffered from before; null: it is well again. */
  impair(impairment: Impairment | null): void {
    const before = this.#affliction
    this.#affliction = undefined
    before?.lift()
    const clients = [...this.#options.clients].filter(({ socket }) => this.#suffers(socket))
    this.#affliction = impairment ? new Affliction(impairment, clients) : undefined
  }

  /** Makes a new client share what the node suffers from. */
  burden(client: Afflicted): void {
    this.#afflictionOf(client.socket)?.burden(client)
  }

  /** Stops listening, and ends connections that are not being served yet; clients are for the server to end. */
  close(): void {
    for (const listener of this.#listeners) listener.close()
    this.#listeners.clear()
    for (const socket of this.#arrivals) socket.destroy()
    this.#affliction?.end()
  }

  #suffers(socket: Socket): boolean {
    return this.#options.suffers?.(socket) ?? true
  }

  #afflictionOf(socket: Socket): Affliction | undefined {
    return this.#suffers(socket) ? this.#affliction : undefined
  }
}
