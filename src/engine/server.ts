import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Largest request the API takes; the largest real ones are a few kilobytes. */
const MAX_BODY_BYTES = 1024 * 1024
/** Read to the end, and thrown away: who is cut off while still writing meets a broken pipe instead of the answer. */
const MAX_DRAINED_BYTES = 64 * MAX_BODY_BYTES
/** SDKs keep connections for reuse; node's default of 5 s makes them meet a connection just closed. */
const KEEP_ALIVE_MS = 75_000

export interface HttpRequest {
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly remoteAddress: string
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export type Responder = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

/** HTTP on loopback: the same port on every given address. Bytes in, bytes out; knows nothing of the API. */
export class LoopbackServer {
  readonly #respond: Responder
  readonly #servers: Server[] = []

  constructor(respond: Responder) {
    this.#respond = respond
  }

  /** Listens on all addresses; with port 0 on a free port. Returns the port. Rejects with the system's error. */
  async listen(addresses: readonly string[], port: number): Promise<number> {
    let chosen = port
    try {
      for (const address of addresses) {
        const server = createServer((request, response) => {
          this.#serve(request, response).catch(() => response.destroy())
        })
        server.keepAliveTimeout = KEEP_ALIVE_MS
        await listening(server, address, chosen)
        this.#servers.push(server)
        chosen = (server.address() as AddressInfo).port
      }
    } catch (error) {
      await this.close()
      throw error
    }
    return chosen
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeIdleConnections()
            server.closeAllConnections()
          }),
      ),
    )
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    if (body === undefined) {
      response.writeHead(413, { connection: 'close' }).end()
      return
    }
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s, 2)
    const { method = 'GET', headers, socket } = request
    const answer = await this.#respond({
      method,
      path,
      query,
      headers,
      body,
      remoteAddress: socket.remoteAddress ?? '',
    })
    const { status, contentType, body: text } = answer
    const length = Buffer.byteLength(text)
    response.writeHead(status, { 'content-type': contentType, 'content-length': length, ...answer.headers })
    // As a string: Node then sends head and body with one write. ASCII, which most answers are, need not be encoded for it
    // (measured: half the time of an answer of 150 KB).
    response.end(text, length === text.length ? 'latin1' : 'utf8')
  }
}

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** undefined: larger than allowed, or the client went away. */
const readBody = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
      else if (size <= MAX_DRAINED_BYTES) chunks.length = 0
      else resolve(undefined)
    })
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) resolve(undefined)
      else resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    })
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })
