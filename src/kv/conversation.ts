import type { Socket } from 'node:net'
import { type Clock, systemClock } from '../net/clock.ts'
import { BROKEN_OFF, type ConnectFailure, classifyConnectError, NOTHING_LISTENS } from '../net/connect-outcome.ts'
import { type AskTls, dial as startDialing } from '../net/connection.ts'
import { endpoint } from '../net/target.ts'

export interface Dial {
  /** Name or address. */
  readonly host: string
  readonly port: number
  readonly tls?: AskTls
  /** For the connection, and again for each answer. */
  readonly timeoutMs: number
  readonly clock?: Clock
}

const NEXT_STEPS: { readonly [outcome in ConnectFailure]?: string } = { refused: NOTHING_LISTENS, reset: BROKEN_OFF }

/** No connection, or one that broke or fell silent. */
class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly code: string | undefined
  /** The next step, where one is known. */
  readonly hint: string | undefined

  constructor({ host, port }: Pick<Dial, 'host' | 'port'>, message: string, code?: string, hint?: string) {
    super(`${endpoint(host, port)}: ${message}`)
    this.code = code
    this.hint = hint ?? NEXT_STEPS[classifyConnectError({ code, message }).outcome]
  }
}

/** A request whose answer has not come yet. */
interface Waiting {
  /** Reads on in what has been received. Whether the answer was complete. */
  take(): boolean
  fail(error: Error): void
}

/** @throws Unreachable */
export function openSocket(dial: Dial): Promise<Socket> {
  const { host, port, tls, timeoutMs, clock = systemClock } = dial
  return new Promise((resolve, reject) => {
    const socket = startDialing({ address: host, host, port, tls })
    const refuse = (error: Unreachable): void => {
      cancel()
      socket.removeAllListeners('error')
      socket.on('error', () => undefined).destroy()
      reject(error)
    }
    const cancel = clock.after(timeoutMs, () =>
      refuse(new Unreachable(dial, `no connection in ${timeoutMs} ms`, 'ETIMEDOUT')),
    )
    socket.once('error', (error: NodeJS.ErrnoException) => refuse(new Unreachable(dial, reason(error), error.code)))
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      cancel()
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

// Of several refused addresses Node makes one AggregateError without a message of its own.
const reason = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('; ') : error.message

/** Requests and their answers on one connection, in one order. Requests may be sent before earlier ones are answered. */
export class Conversation {
  readonly #socket: Socket
  readonly #dial: Dial
  readonly #received: (piece: Buffer) => void
  readonly #waiting: Waiting[] = []
  #broken: Error | undefined
  #cancelTimer: (() => void) | undefined

  /** `received` is handed what comes, before waiting requests are asked to read it. */
  constructor(socket: Socket, dial: Dial, received: (piece: Buffer) => void) {
    this.#socket = socket
    this.#dial = dial
    this.#received = received
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    const closed = 'the connection was closed without an answer'
    socket.on('close', () => this.#fail(new Unreachable(dial, closed, undefined, BROKEN_OFF)))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(new Unreachable(dial, error.message, error.code)))
  }

  /** Sends a request. What `take` throws ends the conversation for all waiting requests. */
  ask(request: Buffer | string, waiting: Waiting): void {
    if (this.#broken) {
      waiting.fail(this.#broken)
      return
    }
    this.#socket.write(request)
    this.#waiting.push(waiting)
    if (this.#waiting.length === 1) this.#restartTimer()
  }

  /** Hands the open socket over to a reader of another kind; `close` still ends it. */
  release(): Socket {
    return this.#socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error')
  }

  close(): void {
    this.#broken ??= new Unreachable(this.#dial, 'closed')
    this.#cancelTimer?.()
    this.#socket.destroy()
  }

  #receive(piece: Buffer): void {
    this.#received(piece)
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
