import net from 'node:net'
import tls from 'node:tls'

/** A literal IP address and a port; port 0 asks for any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Called with each accepted socket; `handle` is set when it may be read through the shared buffer. */
export type OnAccept = (socket: net.Socket, tls: boolean) => void

/** One open port. */
export class Listener {
  readonly address: ListenAddress
  readonly #server: net.Server | tls.Server

  private constructor(server: net.Server, address: ListenAddress) {
    this.#server = server
    this.address = address
  }

  /** Opens a port; rejects with the ErrnoException (EADDRINUSE ...) and leaves nothing behind. */
  static async open(
    { host, port }: ListenAddress,
    certificate: tls.SecureContextOptions | undefined,
    backlog: number,
    onAccept: OnAccept,
  ): Promise<Listener> {
    const server = certificate === undefined ? plainServer(onAccept) : tlsServer(certificate, onAccept)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // ::1 must not take the IPv4 port as well: the other family has a listener of its own, or none.
      server.listen({ host, port, backlog, ipv6Only: true, exclusive: true }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', () => undefined) // an accept that fails (EMFILE) concerns that one client only
    const bound = server.address() as net.AddressInfo // a listening TCP server has one
    return new Listener(server, { host, port: bound.port })
  }

  /** Stops accepting; the port is free once this returns. Connections stay. */
  close(): void {
    this.#server.close()
  }

  renewCertificate(certificate: tls.SecureContextOptions): void {
    if (this.#server instanceof tls.Server) this.#server.setSecureContext(certificate)
  }
}

function plainServer(onAccept: OnAccept): net.Server {
  const server = net.createServer({ pauseOnConnect: true, noDelay: true })
  server.on('connection', (socket) => onAccept(socket, false))
  return server
}

function tlsServer(certificate: tls.SecureContextOptions, onAccept: OnAccept): tls.Server {
  const server = tls.createServer({ ...certificate, minVersion: 'TLSv1.2', noDelay: true })
  server.on('secureConnection', (socket) => onAccept(socket, true))
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}
