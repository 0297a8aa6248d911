import { chmodSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { boundTo } from '../bound.ts'
import { inMilliseconds } from '../clock.ts'

/** PEM text, and what is asked of clients. */
export interface ServerTls {
  key: string
  cert: string
  /** Authorities that sign the certificates of clients. */
  ca?: string
  /** Default: clients are not asked for a certificate. */
  clientCertificates?: 'asked' | 'demanded'
  /** Default: TLSv1.2. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** By OpenSSL's names, for TLS 1.2; default: Node's. */
  ciphers?: string
}

/** A literal IP address and a port; port 0 asks for any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** A socket in the file system, and its permission bits. */
export interface UnixAddress {
  readonly path: string
  readonly mode: number
}

/** What is spoken on a port; `either`: a client's first byte tells. */
export type Transit = 'plain' | 'tls' | 'either'

export type TransitOf = (socket: net.Socket) => Transit

/** Whether a connection is taken at all. */
export type Admits = (socket: net.Socket) => boolean

/** As {@link Admits}; a connection that is `held` waits until `admit` is called, or for ever. */
export type Gate = (socket: net.Socket, admit: () => void) => boolean | 'held'

export interface ListenerOptions {
  readonly address: ListenAddress | UnixAddress
  /** A function is asked for each connection: what the port speaks may change, and differ from client to client. */
  readonly transit: Transit | TransitOf
  /** Of a port that speaks TLS. */
  readonly tls: ServerTls | undefined
  readonly backlog: number
  readonly gate: Gate
  /**
   * Called with each client. Its socket does not read yet; on a port of both kinds it may hold what has been read, which is first
   * to be taken from it.
   */
  readonly onClient: (socket: net.Socket, secure: boolean) => void
  readonly onHandshakeError: () => void
  /** Holds connections of ports that speak TLS as long as they live: a silent peer, or one in a handshake, is no client yet. */
  readonly arrivals: Set<net.Socket>
}

/** The first byte of TLS: a record of its handshake. Neither a letter nor the magic of a binary protocol. */
const HANDSHAKE = 0x16
/** A client of TLS speaks at once. One that says nothing for so long is plain, and waits for something. */
const SILENCE_MS = 10_000

/** One open port. */
export class Listener {
  readonly address: ListenAddress | UnixAddress
  readonly #server: net.Server
  readonly #encryption: Encryption

  private constructor(server: net.Server, encryption: Encryption, address: ListenAddress | UnixAddress) {
    this.#server = server
    this.#encryption = encryption
    this.address = address
  }

  /** Opens a port or socket; rejects with the ErrnoException (EADDRINUSE ...) and leaves nothing behind. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const { address, transit, backlog, gate, onClient, arrivals } = options
    const encryption = new Encryption(transit === 'plain' ? undefined : options.tls, options)
    const mayEncrypt = typeof transit === 'function' || encryption.server !== undefined
    const transitOf = typeof transit === 'function' ? transit : () => (mayEncrypt ? transit : 'plain')
    const server = net.createServer({ pauseOnConnect: !mayEncrypt, noDelay: true })
    server.on('connection', (socket) => {
      if (mayEncrypt) remember(socket, arrivals)
      const admit = () => {
        const spoken = transitOf(socket)
        if (spoken === 'plain') onClient(socket, false)
        else if (spoken === 'tls') encryption.take(socket)
        else {
          tellApart(socket, (speaksTls) => {
            if (speaksTls) encryption.take(socket)
            else onClient(socket, false)
          })
        }
      }
      const verdict = gate(socket, admit)
      if (verdict === true) admit()
      else if (verdict === false) turnAway(socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // ::1 must not take the IPv4 port as well: the other family has a listener of its own, or none.
      const place = 'path' in address ? { path: address.path } : { ...address, ipv6Only: true }
      server.listen({ ...place, backlog, exclusive: true }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', () => undefined) // an accept that fails (EMFILE) concerns that one client only
    if ('path' in address) {
      chmodSync(address.path, address.mode)
      return new Listener(server, encryption, address)
    }
    const bound = boundTo(server)
    return new Listener(server, encryption, { host: address.host, port: bound.port })
  }

  /** Stops accepting; the port is free once this returns. Connections stay. */
  close(): void {
    this.#server.close()
  }

  /** Throws, and keeps the old one, if it can't be used. */
  renewCertificate(certificate: ServerTls): void {
    this.#encryption.renew(certificate)
  }
}

type EncryptionOptions = Pick<ListenerOptions, 'transit' | 'onClient' | 'onHandshakeError'>

/** Encrypts the connections of a port, which may get its certificate later. */
class Encryption {
  #server: tls.Server | undefined
  readonly #options: EncryptionOptions

  constructor(certificate: ServerTls | undefined, options: EncryptionOptions) {
    this.#options = options
    if (certificate) this.#server = tlsServer(certificate, options)
  }

  get server(): tls.Server | undefined {
    return this.#server
  }

  take(socket: net.Socket): void {
    if (this.#server) this.#server.emit('connection', socket)
    else turnAway(socket)
  }

  renew(certificate: ServerTls): void {
    if (this.#server) this.#server.setSecureContext(certificate)
    else if (typeof this.#options.transit === 'function') this.#server = tlsServer(certificate, this.#options)
  }
}

function remember(socket: net.Socket, arrivals: Set<net.Socket>): void {
  arrivals.add(socket)
  socket.once('close', () => arrivals.delete(socket))
}

/** Waits for a client's first byte, and leaves it where it is. */
function tellApart(socket: net.Socket, decide: (speaksTls: boolean) => void): void {
  let isDecided = false
  const settle = (speaksTls: boolean) => {
    if (isDecided || socket.destroyed) return
    isDecided = true
    socket.off('readable', look)
    decide(speaksTls)
  }
  const look = () => {
    const first: Buffer | null = socket.read(1)
    if (first === null) return // it has closed its side, and has said nothing
    socket.unshift(first)
    settle(first[0] === HANDSHAKE)
  }
  socket.on('error', () => undefined)
  socket.on('readable', look)
  inMilliseconds(SILENCE_MS, () => settle(false))
}

/**
 * A security group of AWS drops the client's SYN, and the client waits until its own timeout. The kernel has completed the
 * handshake here before it can be refused; a reset at once is the nearest to it: nothing was said, nothing was served.
 */
function turnAway(socket: net.Socket): void {
  socket.on('error', () => undefined)
  socket.resetAndDestroy()
}

/** Never listens itself: connections are handed to it once they are admitted. */
function tlsServer(
  { clientCertificates, ...certificate }: ServerTls,
  { onClient, onHandshakeError }: Pick<ListenerOptions, 'onClient' | 'onHandshakeError'>,
): tls.Server {
  const server = tls.createServer({
    minVersion: 'TLSv1.2',
    ...certificate,
    requestCert: clientCertificates !== undefined,
    rejectUnauthorized: clientCertificates !== undefined,
  })
  server.on('secureConnection', (socket) => onClient(socket, true))
  server.on('tlsClientError', (_error, socket) => {
    onHandshakeError()
    socket.destroy()
  })
  return server
}
