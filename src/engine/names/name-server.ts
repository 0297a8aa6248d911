import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import { inMilliseconds } from '../../net/clock.ts'
import { type Reply, replyTo } from './answer.ts'
import type { NameBook } from './book.ts'

/** More clients over TCP than that have to wait. */
const CLIENTS = 64
const IDLE_MS = 10_000
/** A message over TCP has its length before it (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2
/** Ports that are tried on both protocols, one after the other, where any will do. */
const TRIES = 50

export interface NameServerOptions {
  /** Loopback addresses. */
  readonly addresses: readonly string[]
  /** What there is now. */
  readonly book: () => NameBook
}

/** The name server of the engine's zone: loopback only, UDP and TCP, no other name's business. */
export class NameServer {
  readonly #options: NameServerOptions
  readonly #sockets: UdpSocket[] = []
  readonly #servers: Server[] = []
  readonly #clients = new Set<Socket>()
  #isClosed = false
  #port = 0

  constructor(options: NameServerOptions) {
    this.#options = options
  }

  get port(): number {
    return this.#port
  }

  /** Listens on the first of the ports that is free at every address, for both protocols; 0: any. Rejects when none is. */
  async listen(ports: readonly number[]): Promise<void> {
    const candidates = ports.flatMap((port) => (port === 0 ? Array.from({ length: TRIES }, () => 0) : [port]))
    let failure: unknown
    for (const port of candidates) {
      try {
        await this.#listenOn(port)
        return
      } catch (error) {
        failure = error
        this.#closeAll()
      }
    }
    throw failure
  }

  close(): void {
    this.#isClosed = true
    this.#closeAll()
    for (const client of this.#clients) client.destroy()
  }

  async #listenOn(asked: number): Promise<void> {
    let port = asked
    for (const address of this.#options.addresses) {
      const server = await this.#listenTcp(address, port)
      port = portOf(server)
      await this.#listenUdp(address, port)
    }
    this.#port = port
  }

  #listenTcp(host: string, port: number): Promise<Server> {
    const server = createServer((socket) => this.#serve(socket))
    server.maxConnections = CLIENTS
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, ipv6Only: true }, () => resolve(server))
    })
  }

  #listenUdp(address: string, port: number): Promise<void> {
    const isIpv6 = address.includes(':')
    const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', ...(isIpv6 && { ipv6Only: true }) })
    this.#sockets.push(socket)
    socket.on('message', (message, { address: to, port: at }) => {
      this.#later(this.#replyTo(message, 'udp'), (bytes) => socket.send(bytes, at, to, () => undefined))
    })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', reject)
        // A client that has gone before its answer came.
        socket.on('error', () => undefined)
        resolve()
      })
    })
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket)
    let received = Buffer.alloc(0)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#clients.delete(socket))
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      while (received.length >= LENGTH_BYTES) {
        const end = LENGTH_BYTES + received.readUInt16BE(0)
        if (received.length < end) return
        const message = received.subarray(LENGTH_BYTES, end)
        received = received.subarray(end)
        const reply = this.#replyTo(message, 'tcp')
        if (!reply) return void socket.destroy()
        this.#later(reply, (bytes) => socket.write(framed(bytes)))
      }
    })
  }

  #replyTo(message: Buffer, transport: 'udp' | 'tcp'): Reply | undefined {
    return replyTo(message, this.#options.book(), transport)
  }

  #later(reply: Reply | undefined, send: (bytes: Buffer) => void): void {
    if (!reply) return
    const { bytes, delayMs } = reply
    if (delayMs === 0) send(bytes)
    else inMilliseconds(delayMs, () => !this.#isClosed && send(bytes))
  }

  #closeAll(): void {
    for (const server of this.#servers.splice(0)) server.close()
    for (const socket of this.#sockets.splice(0)) closeSocket(socket)
  }
}

function closeSocket(socket: UdpSocket): void {
  try {
    socket.close()
  } catch {
    // It has not been bound.
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
