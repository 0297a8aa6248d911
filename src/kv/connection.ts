import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Clock, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import { endpoint } from '../net/target.ts'
import type { Read, Reader } from './replies.ts'

export interface Dial {
  /** Name or address. */
  readonly host: string
  readonly port: number
  readonly tls?: AskTls
  /** For the connection, and again for each answer. */
  readonly timeoutMs: number
  readonly clock?: Clock
}

/** No connection, or one that broke or fell silent. */
class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly code: string | undefined

  constructor({ host, port }: Pick<Dial, 'host' | 'port'>, message: string, code?: string) {
    super(`${endpoint(host, port)}: ${message}`)
    this.code = code
  }
}

interface Waiting {
  /** Whether the answer was complete. */
  take(): boolean
  fail(error: Error): void
}

/** One connection to one node. Requests may be sent before earlier ones are answered. */
export class KvConnection {
  readonly #socket: Socket
  readonly #dial: Dial
  readonly #waiting: Waiting[] = []
  #received: Buffer = Buffer.alloc(0)
  #broken: Error | undefined
  #cancelTimer: (() => void) | undefined

  private constructor(socket: Socket, dial: Dial) {
    this.#socket = socket
    this.#dial = dial
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('close', () => this.#fail(new Unreachable(dial, 'the connection was closed without an answer')))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(new Unreachable(dial, error.message, error.code)))
  }

  /** @throws Unreachable */
  static open(dial: Dial): Promise<KvConnection> {
    const { tls, host, port, timeoutMs, clock = systemClock } = dial
    return new Promise((resolve, reject) => {
      const socket = tls ? dialTls(host, port, tls) : connectPlain({ host, port, noDelay: true })
      const settle = (outcome: KvConnection | Unreachable): void => {
        cancel()
        socket.removeAllListeners('error')
        if (outcome instanceof KvConnection) resolve(outcome)
        else {
          socket.on('error', () => undefined).destroy()
          reject(outcome)
        }
      }
      const cancel = clock.after(timeoutMs, () =>
        settle(new Unreachable(dial, `no connection in ${timeoutMs} ms`, 'ETIMEDOUT')),
      )
      socket.once('error', (error: NodeJS.ErrnoException) => settle(new Unreachable(dial, reason(error), error.code)))
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        socket.removeAllListeners('error')
        settle(new KvConnection(socket, dial))
      })
    })
  }

  /**
   * Sends a request and reads its answer.
   * @throws Unreachable, Refused, NotMemcached; after all but Refused the connection is of no more use.
   */
  request<T>(bytes: Buffer | string, read: Reader<T>): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken)
    this.#socket.write(bytes)
    return new Promise<T>((resolve, reject) => {
      const take = (): boolean => {
        let answer: Read<T> | undefined
        try {
          answer = read(this.#received)
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'Refused') throw error
          const end = this.#received.indexOf('\n') + 1
          this.#received = this.#received.subarray(end)
          reject(error)
          return true
        }
        if (answer === undefined) return false
        this.#received = this.#received.subarray(answer.used)
        resolve(answer.value)
        return true
      }
      this.#waiting.push({ take, fail: reject })
      if (this.#waiting.length === 1) this.#restartTimer()
    })
  }

  /** Hands the open socket over to somebody who reads it differently; `close` still ends it. */
  release(): Socket {
    return this.#socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error')
  }

  close(): void {
    this.#broken ??= new Unreachable(this.#dial, 'closed')
    this.#cancelTimer?.()
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    try {
      while (this.#waiting[0]?.take()) this.#waiting.shift()
    } catch (error) {
      this.#fail(error as Error) // a reader throws errors only
      return
    }
    this.#restartTimer()
  }

  #restartTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#waiting.length === 0) return
    const { clock = systemClock, timeoutMs } = this.#dial
    this.#cancelTimer = clock.after(timeoutMs, () =>
      this.#fail(new Unreachable(this.#dial, `no answer in ${timeoutMs} ms`, 'ETIMEDOUT')),
    )
  }

  #fail(error: Error): void {
    this.#broken ??= error
    this.#cancelTimer?.()
    this.#socket.destroy()
    for (const waiting of this.#waiting.splice(0)) waiting.fail(this.#broken)
  }
}

function dialTls(host: string, port: number, tls: AskTls): Socket {
  const name = tls.servername ?? host
  return connectTls({
    host,
    port,
    rejectUnauthorized: tls.verify ?? true,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    // SNI may not carry an IP address (RFC 6066, 3); the certificate is then checked against `host`.
    ...(isIP(name) === 0 && { servername: name }),
  })
}

// Of several refused addresses Node makes one AggregateError without a message of its own.
const reason = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('; ') : error.message
