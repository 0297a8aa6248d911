import { chmodSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'

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

/** A socket in the file system, and who may connect to it: permission bits. */
export interface UnixAddress {
  readonly path: string
  readonly mode: number
}

/** Called with each accepted socket, which does not read yet. */
export type OnAccept = (socket: net.Socket, tls: boolean) => void

/** Whether a connection is taken at all. */
export type Admits = (socket: net.Socket) => boolean

/** As {@link Admits}; a connection that is `held` waits until `admit` is called, or for ever. */
export type Gate = (socket: net.Socket, admit: () => void) => boolean | 'held'

/** One open port. */
export class Listener {
  readonly address: ListenAddress | UnixAddress
  readonly #server: net.Server
  /** Makes TLS of what the server accepts. */
  readonly #secure: tls.Server | undefined

  private constructor(server: net.Server, secure: tls.Server | undefined, address: ListenAddress | UnixAddress) {
    this.#server = server
    this.#secure = secure
    this.address = address
  }

  /** Opens a port or socket; rejects with the ErrnoException (EADDRINUSE ...) and leaves nothing behind. */
  static async open(
    address: ListenAddress | UnixAddress,
    certificate: ServerTls | undefined,
    backlog: number,
    gate: Gate,
    onAccept: OnAccept,
    onHandshakeError: () => void,
  ): Promise<Listener> {
    const secure = certificate && tlsServer(certificate, onAccept, onHandshakeError)
    const server = net.createServer({ pauseOnConnect: secure === undefined, noDelay: true })
    server.on('connection', (socket) => {
      const admit = () => {
        if (secure) secure.emit('connection', socket)
        else onAccept(socket, false)
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
      return new Listener(server, secure, address)
    }
    const bound = server.address() as net.AddressInfo // a listening TCP server has one
    return new Listener(server, secure, { host: address.host, port: bound.port })
  }

  /** Stops accepting; the port is free once this returns. Connections stay. */
  close(): void {
    this.#server.close()
  }

  renewCertificate(certificate: tls.SecureContextOptions): void {
    this.#secure?.setSecureContext(certificate)
  }
}

/**
 * A security group of AWS drops the client's SYN, and the client waits until its own timeout. The kernel has completed the
 * handshake here before anybody is asked; a reset at once is the nearest to it: nothing was said, nothing was served.
 */
function turnAway(socket: net.Socket): void {
  socket.on('error', () => undefined)
  socket.resetAndDestroy()
}

/** Never listens itself: connections are handed to it once they are admitted. */
function tlsServer(
  { clientCertificates, ...certificate }: ServerTls,
  onAccept: OnAccept,
  onHandshakeError: () => void,
): tls.Server {
  const server = tls.createServer({
    minVersion: 'TLSv1.2',
    ...certificate,
    requestCert: clientCertificates !== undefined,
    rejectUnauthorized: clientCertificates !== undefined,
  })
  server.on('secureConnection', (socket) => onAccept(socket, true))
  server.on('tlsClientError', (_error, socket) => {
    onHandshakeError()
    socket.destroy()
  })
  return server
}
