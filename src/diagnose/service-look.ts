/** One plain question to the API, beside the signed ones: whether it answers at all, and what time it is there. */
import { type ClientRequest, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { errorMessage } from '../api/thrown.ts'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'

/** What became of the question. */
export type ServiceOutcome =
  | 'answered'
  /** Nothing came back, not even of the handshake. */
  | 'no-connection'
  /** It took the connection, and said nothing. */
  | 'silent'
  /** It began an answer, and did not end it. */
  | 'unfinished'
  | 'refused'
  | 'unreachable'
  | 'unresolved'
  | 'reset'
  /** What it said is no HTTP. */
  | 'other-protocol'
  | 'failed'

/** JSON-able. */
export interface ServiceLook {
  readonly outcome: ServiceOutcome
  readonly ms: number
  readonly status?: number
  /** The time there by its answer, and here when it came: ISO 8601. */
  readonly clock?: { readonly there: string; readonly here: string }
  /** Where it says so itself: `starting`, and what for. */
  readonly health?: { readonly status: string; readonly waitsFor?: string }
  /** The system's code. */
  readonly code?: string
  readonly detail?: string
}

export interface ServiceDial {
  /** Asked with GET, without a signature. */
  readonly url: string
  /** Default 4000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Bytes of an answer that are read: enough for what the engine says of its health. */
const MOST_READ = 4096

/** Asks once. Any answer will do, also a refusal. Never rejects. */
export function lookAtService({
  url,
  timeoutMs = 4000,
  signal,
  clock = systemClock,
}: ServiceDial): Promise<ServiceLook> {
  const start = clock.monotonicMs()
  return new Promise((resolve) => {
    let connected = false
    let heard: Omit<ServiceLook, 'outcome' | 'ms'> | undefined
    let asked: ClientRequest | undefined
    const settle = (outcome: ServiceOutcome, more: Partial<ServiceLook> = {}): void => {
      cancel()
      asked?.destroy()
      resolve({ outcome, ms: elapsedMs(clock, start), ...heard, ...more })
    }
    const cancel = clock.after(timeoutMs, () => settle(heard ? 'unfinished' : connected ? 'silent' : 'no-connection'))
    const fail = (error: NodeJS.ErrnoException): void => {
      const { code } = error
      settle(OUTCOMES[code ?? ''] ?? (/^HPE_|^EPROTO|^ERR_SSL/.test(code ?? '') ? 'other-protocol' : 'failed'), {
        ...(code !== undefined && { code }),
        detail: errorMessage(error),
      })
    }
    try {
      const ask = url.startsWith('https:') ? tlsRequest : plainRequest
      // Whom to trust is a question of the signed calls.
      asked = ask(url, { method: 'GET', agent: false, rejectUnauthorized: false, ...(signal && { signal }) })
    } catch (error) {
      return fail(error as NodeJS.ErrnoException) // Node throws nothing else here: a URL or a port that can not be
    }
    asked.on('error', fail)
    asked.on('socket', (socket) => socket.once('connect', () => (connected = true)))
    asked.on('response', (response) => {
      const { statusCode: status, headers } = response
      heard = { ...(status !== undefined && { status }), ...clockOf(headers.date, clock) }
      let text = ''
      const end = (): void => settle('answered', healthIn(text))
      response.setEncoding('utf8').on('error', fail).on('end', end)
      response.on('data', (piece: string) => {
        text += piece
        if (text.length > MOST_READ) end()
      })
    })
    asked.end()
  })
}

const OUTCOMES: Readonly<Record<string, ServiceOutcome>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ETIMEDOUT: 'no-connection',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
}

function clockOf(date: string | undefined, clock: Clock): Pick<ServiceLook, 'clock'> {
  const there = Date.parse(date ?? '')
  if (Number.isNaN(there)) return {}
  return { clock: { there: new Date(there).toISOString(), here: clock.now().toISOString() } }
}

function healthIn(text: string): Pick<ServiceLook, 'health'> {
  try {
    const { status, waitsFor }: { status?: unknown; waitsFor?: unknown } = JSON.parse(text) ?? {}
    if (typeof status !== 'string') return {}
    return { health: { status, ...(typeof waitsFor === 'string' && { waitsFor }) } }
  } catch {
    // An answer of another kind: that there is one is what counts.
    return {}
  }
}
