import { createServer, type Server, type Socket } from 'node:net'
import { pipeline, Transform } from 'node:stream'
import { errorMessage } from '../api/thrown.ts'
import { boundTo } from '../net/bound.ts'
import { endpoint } from '../net/target.ts'
import type { Here, Rewrite, Rewriter } from './rewriting.ts'

export interface TunnelOptions {
  /** A connection to a place at the other end. */
  readonly connect: (host: string, port: number) => Promise<Socket>
  /** What changes addresses in what is said on a connection; absent: it passes as it is. */
  readonly rewriter?: (here: Here) => Rewriter
  readonly onEvent: (event: TunnelEvent) => void
}

export type TunnelEvent =
  /** A place at the other end has one on this side. */
  | { readonly type: 'open'; readonly remote: string; readonly local: string }
  | { readonly type: 'failed'; readonly remote: string; readonly reason: string }

const HOST = '127.0.0.1'
/** Nodes name each other: no cluster has so many. */
const MOST_PLACES = 1_000
const HIGHEST_PORT = 65_535

/** Ports of this machine that stand for places at the other end of a tunnel: one a place, opened when it is first asked for. */
export class Tunnel {
  readonly #options: TunnelOptions
  readonly #places = new Map<string, Promise<number>>()
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  /** Ports grow in the order of places: clients that sort nodes by them have the order that the cluster has. */
  #last = 0
  #opening: Promise<unknown> = Promise.resolve()

  constructor(options: TunnelOptions) {
    this.#options = options
  }

  /** Where the place is on this side. */
  readonly here: Here = async (host, port, ip = host) => {
    const remote = endpoint(host, port)
    const known = this.#places.get(remote) ?? this.#places.get(endpoint(ip, port))
    if (known) return { host: HOST, port: await known }
    if (this.#places.size >= MOST_PLACES) throw new Error(`more than ${MOST_PLACES} places`)
    const opening = this.#opening.then(() => this.#open(remote, host, port))
    this.#opening = opening.catch(() => undefined)
    this.#places.set(remote, opening)
    return { host: HOST, port: await opening }
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #open(remote: string, host: string, port: number): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (client) => void this.#serve(client, remote, host, port))
    let wanted = Math.max(port, this.#last + 1)
    while (!(await listens(server, wanted))) {
      if (wanted++ === HIGHEST_PORT) throw new Error(`no free port from ${port} upwards`)
    }
    this.#servers.push(server)
    this.#last = boundTo(server).port
    this.#options.onEvent({ type: 'open', remote, local: endpoint(HOST, this.#last) })
    return this.#last
  }

  async #serve(client: Socket, remote: string, host: string, port: number): Promise<void> {
    const { connect, rewriter, onEvent } = this.#options
    this.#keep(client)
    client.on('error', () => client.destroy())
    try {
      const upstream = await connect(host, port)
      this.#keep(upstream)
      const { toServer, toClient } = rewriter?.(this.here) ?? AS_IT_IS
      pipeline(client, through(toServer), upstream, () => undefined)
      pipeline(upstream, through(toClient), client, () => undefined)
    } catch (error) {
      onEvent({ type: 'failed', remote, reason: errorMessage(error) })
      client.destroy()
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

const AS_IT_IS: Rewriter = { toServer: (piece) => piece, toClient: (piece) => piece }

const through = (rewrite: Rewrite): Transform =>
  new Transform({
    transform(piece: Buffer, _, done) {
      Promise.resolve(rewrite(piece)).then((bytes) => done(null, bytes), done)
    },
  })

const listens = (server: Server, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (isListening: boolean) => () => {
      server.removeAllListeners('error').removeAllListeners('listening')
      resolve(isListening)
    }
    server.once('error', settle(false)).once('listening', settle(true)).listen({ host: HOST, port, exclusive: true })
  })
