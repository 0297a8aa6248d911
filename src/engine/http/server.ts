import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { boundTo } from '../../net/bound.ts'
import { type Connection, type ConnectionLimits, Connections } from './connections.ts'
import { Sips } from './sips.ts'

/** Largest request the API takes; the largest real ones are a few kilobytes. */
const MAX_BODY_BYTES = 1024 * 1024
/** In chunks of a few bytes each a body costs a hundred times what it costs whole. Read in sips, the largest has half as many. */
const MAX_BODY_PIECES = 8_192
/** Of a refused body, read and thrown away: a client cut off while still writing meets a broken pipe, not the answer. */
const MAX_DRAINED_BYTES = 16 * MAX_BODY_BYTES
/** SDKs keep connections for reuse; node's default of 5 s makes them meet a connection just closed. */
const KEEP_ALIVE_MS = 75_000
/** A call of an SDK is shorter, all of its first packet. */
const FIRST_BYTES = 8_192
/** Connections after one that looked good and was not. */
const WARY_FOR = 1_000

/** Milliseconds a client may take. */
export interface Patience {
  /** From the connection, or from the first byte of a request, to the end of its head. */
  readonly head: number
  /** To the end of its body. */
  readonly request: number
  /** How often those are looked for that have taken longer. */
  readonly look: number
  /** How long a client that was refused may go on. */
  readonly refused: number
}

const PATIENCE: Patience = { head: 10_000, request: 30_000, look: 1_000, refused: 2_000 }

/** A request as far as it is known before its body is read. */
export interface RequestHead {
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: IncomingMessage['headers']
  readonly remoteAddress: string
  /** To be called when the sender has proved to be a user: the connections of strangers are read slowly, and dropped first. */
  readonly recognize: () => void
}

export interface HttpRequest extends RequestHead {
  readonly body: Buffer
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** Answers a request that was let in by its head: the same object, its body with it. */
export type Reception = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

/** Refuses a request by its head, without the body ever being read; or names what is to read the body. */
export type Responder = (head: RequestHead) => HttpAnswer | Reception

export interface ServerOptions {
  /** Whether the first bytes of a connection look like a request of a known client. They prove nothing yet. */
  readonly isPromising: (text: string) => boolean
  readonly limits: ConnectionLimits
  /** Acts after so many milliseconds. Returns what cancels it. */
  readonly later: (milliseconds: number, act: () => void) => () => void
  readonly patience?: Patience
}

/** HTTP on loopback: the same port on every given address. Bytes in, bytes out; knows nothing of the API. */
export class LoopbackServer {
  readonly #options: ServerOptions
  readonly #servers: Server[] = []
  readonly #connections: Connections
  readonly #patience: Patience
  #port = 0
  readonly #sips = new Sips()
  /** So many of the next connections are read in sips, however good they look. */
  #wary = 0

  constructor(options: ServerOptions) {
    this.#options = options
    this.#connections = new Connections(options.limits)
    this.#patience = options.patience ?? PATIENCE
  }

  /** Where it listens; 0: not yet. */
  get port(): number {
    return this.#port
  }

  /** Listens on all addresses; with port 0 on a free port. Rejects with the system's error. */
  async listen(addresses: readonly string[], port: number, respond: Responder): Promise<void> {
    this.#port = port
    try {
      for (const address of addresses) {
        const server = this.#server(respond)
        await listening(server, address, this.#port)
        this.#servers.push(server)
        this.#port = boundTo(server).port
      }
    } catch (error) {
      await this.close()
      throw error
    }
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

  #server(respond: Responder): Server {
    const server = createServer({
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: this.#patience.head,
      requestTimeout: this.#patience.request,
      connectionsCheckingInterval: this.#patience.look,
      // The responder refuses requests without a host as it does those with a wrong one, and node:http for each of thousands.
      requireHostHeader: false,
    })
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(respond, request, response).catch(() => response.destroy())
    }
    server.on('request', serve)
    // Without a listener node:http would ask for the body before the head has been looked at.
    server.on('checkContinue', serve)
    const [attach] = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      if (this.#connections.open(socket)) this.#await(socket, () => attach?.call(server, socket))
    })
    return server
  }

  /**
   * Looks at the first bytes before node:http has the connection. Only one that looks like a call of a known client is given
   * over to it for good, which is a tenth faster; others are read in sips.
   */
  #await(socket: Socket, attach: () => void): void {
    socket.setTimeout(this.#patience.head, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.once('readable', () => {
      const bytes: Buffer | null = socket.read()
      if (bytes === null) {
        socket.destroy()
        return
      }
      const text = bytes.toString('latin1', 0, FIRST_BYTES)
      const isPromising = bytes.length < FIRST_BYTES && isOneRequest(text) && this.#options.isPromising(text)
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.unshift(bytes)
      attach()
      if (this.#wary > 0) this.#wary--
      else if (isPromising) return
      this.#sips.add(socket)
    })
  }

  async #serve(respond: Responder, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#connections.requested(incoming.socket)
    if (!connection || connection.isRefused) return
    const length = Number(incoming.headers['content-length'] ?? 0)
    if (length > MAX_BODY_BYTES) {
      this.#refuse(connection, incoming, response, TOO_LARGE)
      return
    }
    const request = this.#requestOf(incoming, connection)
    const outcome = respond(request)
    if (typeof outcome !== 'function') {
      this.#refuse(connection, incoming, response, outcome)
      return
    }
    if (incoming.headers.expect !== undefined) response.writeContinue()
    connection.isBusy = true
    // Of strangers nothing more is read while one request is answered.
    if (!connection.isKnown && incoming.headers['transfer-encoding'] === undefined) {
      this.#sips.allow(connection.socket, length)
    }
    const body = await readBody(incoming)
    if (body) request.body = body
    const answer = body ? await outcome(request) : TOO_LARGE
    connection.isBusy = false
    if (body && connection.isKnown) send(response, answer)
    else this.#refuse(connection, incoming, response, answer)
  }

  #requestOf(
    { method = 'GET', url = '/', headers }: IncomingMessage,
    connection: Connection,
  ): RequestHead & { body: Buffer } {
    const mark = url.indexOf('?')
    return {
      method,
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers,
      body: NOTHING,
      remoteAddress: connection.source,
      recognize: () => {
        if (connection.isKnown) return
        this.#connections.recognize(connection)
        this.#sips.release(connection.socket)
      },
    }
  }

  /** Answers, and ends the connection when what is left of the body has gone by, or has taken too long, or is too much. */
  #refuse(connection: Connection, incoming: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
    const { socket, isKnown } = connection
    connection.isRefused = true
    if (!isKnown && !this.#sips.has(socket)) this.#wary = WARY_FOR
    const cancel = this.#options.later(this.#patience.refused, () => socket.destroy())
    socket.once('close', cancel)
    response.setHeader('connection', 'close')
    const { headers, complete } = incoming
    const length = Number(headers['content-length'] ?? 0)
    const isExpected = length > 0 && length <= MAX_DRAINED_BYTES && headers.expect === undefined && !complete
    if (!isExpected) {
      this.#sips.stop(socket)
      send(response, answer)
      return
    }
    this.#sips.allow(socket, length)
    response.setHeader('content-length', Buffer.byteLength(answer.body))
    response.writeHead(answer.status, { 'content-type': answer.contentType, ...answer.headers })
    response.write(answer.body)
    incoming.once('end', () => response.end())
    incoming.once('close', () => response.end())
    incoming.resume()
  }
}

const NOTHING = Buffer.alloc(0)

/** A client that waits for answers sends no head of a second request. */
const isOneRequest = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n')
  return end !== -1 && text.indexOf('\r\n\r\n', end + 1) === -1
}

const TOO_LARGE: HttpAnswer = {
  status: 413,
  contentType: 'text/plain',
  body: `The body of a request has ${MAX_BODY_BYTES} bytes at most, in ${MAX_BODY_PIECES} pieces at most.\n`,
}

function send(response: ServerResponse, { status, contentType, headers, body }: HttpAnswer): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'content-type': contentType, 'content-length': length, ...headers })
  // As a string: Node then sends head and body with one write. ASCII, which most answers are, need not be encoded for it
  // (measured: half the time of an answer of 150 KB).
  response.end(body, length === body.length ? 'latin1' : 'utf8')
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
    let bytes: Buffer = Buffer.alloc(0)
    let size = 0
    let pieces = 0
    request.on('data', (chunk: Buffer) => {
      const before = size
      size += chunk.length
      pieces++
      if (size > MAX_BODY_BYTES || pieces > MAX_BODY_PIECES) resolve(undefined)
      else if (before === 0) bytes = chunk
      else {
        // Chunks may be of one byte each: kept for themselves they would take a hundred times as much memory.
        if (size > bytes.length) bytes = grown(bytes, before, size)
        chunk.copy(bytes, before)
      }
    })
    request.on('end', () => resolve(bytes.subarray(0, size)))
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })

function grown(bytes: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, needed))
  bytes.copy(larger, 0, 0, used)
  return larger
}
