import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'

/** Bytes to send for a command line; an array is sent in that many segments; null hangs up; undefined keeps silent. */
export type Script = (line: string, socket: Socket) => string | readonly string[] | null | undefined

export interface ScriptedServer {
  readonly host: string
  readonly port: number
  /** Every command line received, in order, without its end. */
  readonly heard: string[]
  /** From now on, answers differently. */
  answer(script: Script): void
  close(): Promise<void>
}

/** A server that answers each line as told. It is closed when the test ends. */
export async function scriptedServer(
  script: Script,
  { host = '127.0.0.1', port = 0, tls }: { host?: string; port?: number; tls?: TlsOptions } = {},
): Promise<ScriptedServer> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  let current = script
  const serve = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let pending = ''
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1')
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
        const line = pending.slice(0, end).replace(/\r$/, '')
        pending = pending.slice(end + 1)
        heard.push(line)
        void send(socket, current(line, socket))
      }
    })
  }
  const server: Server = tls ? createTlsServer(tls, serve) : createServer(serve)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true }, resolve)
  })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  onTestFinished(close)
  return { host, port: (server.address() as AddressInfo).port, heard, answer: (next) => (current = next), close }
}

async function send(socket: Socket, bytes: ReturnType<Script>): Promise<void> {
  if (bytes === null) socket.destroy()
  if (bytes === null || bytes === undefined) return
  socket.setNoDelay(true)
  for (const segment of typeof bytes === 'string' ? [bytes] : bytes) {
    await new Promise<void>((resolve) => socket.write(segment, 'latin1', () => resolve()))
    // Two turns of the event loop: the peer reads this segment before it gets the next.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
}
