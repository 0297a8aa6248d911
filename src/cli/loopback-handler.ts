import { request as httpRequest } from 'node:http'

/** The part of the SDK's request that plain HTTP to this machine needs. */
interface SignedRequest {
  readonly method: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: unknown
}

interface HandlerOptions {
  readonly abortSignal?: AbortSignal
}

const IDLE_TIMEOUT_MS = 60_000

/**
 * One request over `node:http`. The SDK's own handler loads https, http2 and a connection pool: a third of the time of
 * a call to the local engine, which needs none of them.
 */
export const loopbackHandler = {
  metadata: { handlerProtocol: 'http/1.1' },

  handle(signed: SignedRequest, { abortSignal }: HandlerOptions = {}) {
    return new Promise<{ response: { statusCode: number; headers: Record<string, string>; body: unknown } }>(
      (resolve, reject) => {
        const { method, hostname, port, path, headers, body } = signed
        const request = httpRequest({
          method,
          // A URL writes IPv6 in brackets, connect() wants it bare.
          host: hostname.replace(/^\[(.*)\]$/, '$1'),
          port,
          path,
          headers,
          timeout: IDLE_TIMEOUT_MS,
          ...(abortSignal && { signal: abortSignal }),
        })
        request.on('error', reject)
        request.on('timeout', () => request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
        request.on('response', (response) => {
          const pieces: Buffer[] = []
          response.on('error', reject)
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('end', () => {
            const received = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
            // A body in one piece spares the SDK its stream readers.
            const whole = Uint8Array.from(Buffer.concat(pieces))
            resolve({
              response: { statusCode: response.statusCode ?? 0, headers: Object.fromEntries(received), body: whole },
            })
          })
        })
        request.end(body as string | undefined)
      },
    )
  },

  destroy() {},
}
