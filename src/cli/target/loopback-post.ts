import { request as httpRequest } from 'node:http'

/** The SDK's request, as far as plain HTTP to this machine needs it. */
interface Signed {
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: unknown
}

export interface Received {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

interface Timeouts {
  readonly readTimeoutMs: number
  readonly connectTimeoutMs: number
}

const USUAL: Timeouts = { readTimeoutMs: 60_000, connectTimeoutMs: 60_000 }

/** Sends one request and reads the whole answer. Rejects with Node's own errors. */
export function postOnce(signed: Signed, signal?: AbortSignal, timeouts: Timeouts = USUAL): Promise<Received> {
  return new Promise((resolve, reject) => {
    const { hostname, port, path, headers, body } = signed
    const request = httpRequest({
      method: 'POST',
      // A URL writes IPv6 in brackets, connect() wants it bare.
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      path,
      headers,
      timeout: finite(timeouts.connectTimeoutMs),
      ...(signal && { signal }),
    })
    request.on('error', reject)
    request.on('timeout', () => {
      const reason = request.socket?.connecting === false ? 'no answer' : 'no connection'
      request.destroy(Object.assign(new Error(reason), { code: 'ETIMEDOUT' }))
    })
    const connected = (): void => void request.setTimeout(finite(timeouts.readTimeoutMs))
    // A connection that is used again never says `connect`, and would gather listeners.
    request.on('socket', (socket) => (socket.connecting ? socket.once('connect', connected) : connected()))
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('error', reject)
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const received = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
        resolve({
          statusCode: response.statusCode ?? 0,
          headers: Object.fromEntries(received),
          body: Uint8Array.from(Buffer.concat(pieces)),
        })
      })
    })
    request.end(body as string | undefined) // the codec of the Query protocol writes text
  })
}

/** To a socket 0 means for ever. */
const finite = (milliseconds: number): number => (Number.isFinite(milliseconds) ? milliseconds : 0)
