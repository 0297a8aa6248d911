import { connect, isIP, type Socket } from 'node:net'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'
import { type ConnectFailure, type ConnectOutcome, classifyConnectError } from '../net/connect-outcome.ts'
import { type Family, familyOf } from '../net/target.ts'
import { kernelView } from './kernel-view.ts'
import { sourceAddressFor } from './source-address.ts'

/** One TCP handshake, tried once. JSON-able. */
export interface ConnectAttempt {
  readonly address: string
  readonly family: Family
  readonly port: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly outcome: ConnectOutcome
  /** Milliseconds to the outcome. A connected attempt's round trip, plus what Node itself takes. */
  readonly ms: number
  /** The operating system's code. Absent when connected, and when our own timer ended the attempt. */
  readonly code?: string
  /** True: this host decided it; nothing was sent. */
  readonly local?: boolean
  readonly localAddress?: string
  readonly localPort?: number
  /** The kernel's own round trip of the handshake, without what this process adds. Only where it was asked for. */
  readonly kernelMs?: number
}

export interface ConnectOptions {
  /** An IP literal: one attempt is about one address. */
  readonly address: string
  readonly port: number
  /** Send from this address of this host. */
  readonly localAddress?: string
  /** Default 1000. A lost SYN is sent again after 1 s: above 1000 a retransmitted one can still connect. */
  readonly timeoutMs?: number
  /** Ask the kernel for its round trip, too: starts a program (`ss`) for each attempt. */
  readonly kernel?: boolean
  /** Ends the attempt as if its time were over. */
  readonly enough?: AbortSignal
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

type Result = Pick<ConnectAttempt, 'outcome' | 'ms' | 'code' | 'local' | 'localAddress' | 'localPort' | 'kernelMs'>

/** Tries one TCP connection and closes it at once. Never rejects; leaves no timer and no socket behind. */
export async function attemptConnect(options: ConnectOptions): Promise<ConnectAttempt> {
  const { address, port, clock = systemClock } = options
  const family = familyOf(address)
  const startedAt = clock.now().toISOString()
  const result = isIP(address) === 0 ? NOT_AN_ADDRESS : await handshake(options, clock)
  const outcome = await sharpen(result, options)
  return { address, family, port, startedAt, ...result, outcome }
}

const NOT_AN_ADDRESS: Result = { outcome: 'local-error', ms: 0, code: 'EINVAL', local: true }

function handshake(options: ConnectOptions, clock: Clock): Promise<Result> {
  const { address, port, localAddress, timeoutMs = 1000, signal, enough } = options
  if (signal?.aborted) return Promise.resolve({ outcome: 'aborted', ms: 0 })
  return new Promise((resolve) => {
    let socket: Socket | undefined
    const settle = (result: Omit<Result, 'ms'>, ms = elapsedMs(clock, start)): void => {
      cancelTimer()
      signal?.removeEventListener('abort', abort)
      enough?.removeEventListener('abort', giveUp)
      socket?.destroy()
      resolve({ ...result, ms })
    }
    const abort = (): void => settle({ outcome: 'aborted' })
    const giveUp = (): void => settle({ outcome: 'timeout' })
    const fail = (error: NodeJS.ErrnoException): void => settle(fromError(error))
    const cancelTimer = clock.after(timeoutMs, giveUp)
    signal?.addEventListener('abort', abort, { once: true })
    enough?.addEventListener('abort', giveUp, { once: true })
    const start = clock.monotonicMs()
    try {
      socket = connect({ host: address, port, autoSelectFamily: false, ...(localAddress && { localAddress }) })
    } catch (error) {
      // A source address of the wrong family, a port out of range: Node refuses before the kernel is asked.
      return fail(error as NodeJS.ErrnoException)
    }
    // Stays on after settling: a socket destroyed while connecting may still report.
    socket.on('error', fail)
    socket.once('connect', () => {
      const { localAddress: from, localPort } = socket as Socket // it is what connected
      const result = { ...(from && { localAddress: from }), ...(localPort && { localPort }) }
      if (!options.kernel || localPort === undefined) return settle({ outcome: 'connected', ...result })
      const ms = elapsedMs(clock, start)
      cancelTimer()
      // While the connection stands.
      void kernelView(localPort, port).then((view) => {
        const kernelMs = view && (view.minRttMs ?? view.rttMs)
        settle({ outcome: 'connected', ...result, ...(kernelMs !== undefined && { kernelMs }) }, ms)
      })
    })
  })
}

function fromError(error: NodeJS.ErrnoException): Omit<Result, 'ms'> {
  const { outcome, local } = classifyConnectError(error)
  return { outcome, local, code: error.code ?? 'UNKNOWN' }
}

/**
 * EADDRNOTAVAIL has two causes: no usable source address (IPv6 switched off, a foreign `localAddress`), or every
 * ephemeral port to this destination in use. UDP has ports of its own, so it still finds a source in the second case.
 */
async function sharpen({ outcome, code }: Result, options: ConnectOptions): Promise<ConnectOutcome> {
  if (outcome !== 'no-source-address' || code !== 'EADDRNOTAVAIL' || options.localAddress) return outcome
  const source = await sourceAddressFor(options.address, options.port)
  return 'address' in source ? ('ports-exhausted' satisfies ConnectFailure) : outcome
}
