import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { elapsedMs, systemClock } from '../net/clock.ts'
import { classifyConnectError } from '../net/connect-outcome.ts'
import { familyOf } from '../net/target.ts'
import type { ConnectAttempt, ConnectOptions } from './connect.ts'

/** How far an attempt goes beyond the TCP handshake. */
export interface Depth {
  /** Present: TLS after TCP, with this name and, if given, these authorities. */
  readonly tls?: { readonly host: string; readonly ca?: string | Buffer }
  /**
   * Ask as clients of Memcached (`version`) or of Redis OSS and Valkey (`PING`) do, and wait for the answer; `any`: as
   * those of Memcached, and servers of the others, which refuse that, have answered, too.
   */
  readonly protocol: boolean | 'resp' | 'any'
}

/** Milliseconds of each step. Absent: it was not reached, or not asked for. */
export interface Phases {
  readonly connect?: number
  readonly tls?: number
  readonly firstByte?: number
}

export type ExchangeAttempt = ConnectAttempt & { readonly phases: Phases }

/**
 * One attempt that goes on to TLS or to a first answer; `ms` is the whole of it. The certificate is verified: one that
 * a client would refuse is a failure here too. Never rejects.
 */
export function attemptExchange(options: ConnectOptions & { readonly depth: Depth }): Promise<ExchangeAttempt> {
  const { address, port, depth, localAddress, timeoutMs = 1000, signal, clock = systemClock } = options
  const startedAt = clock.now().toISOString()
  const base = { address, family: familyOf(address), port, startedAt }
  const phases: { connect?: number; tls?: number; firstByte?: number } = {}
  const asked = ASKED[depth.protocol === 'resp' || depth.protocol === 'any' ? depth.protocol : 'memcached']
  const start = clock.monotonicMs()
  return new Promise((resolve) => {
    let stepStart = start
    const socket = dial(address, port, localAddress, depth)
    const settle = (result: Pick<ConnectAttempt, 'outcome' | 'code' | 'local'>): void => {
      cancel()
      signal?.removeEventListener('abort', abort)
      const from = socket.localAddress
      const localPort = socket.localPort
      socket.destroy()
      const local = { ...(from && { localAddress: from }), ...(localPort && { localPort }) }
      resolve({ ...base, ...local, ...result, ms: elapsedMs(clock, start), phases })
    }
    const reached = (phase: keyof typeof phases): void => {
      phases[phase] = elapsedMs(clock, stepStart)
      stepStart = clock.monotonicMs()
    }
    const ask = (): void => {
      if (depth.protocol) socket.write(asked.question)
      else settle({ outcome: 'connected' })
    }
    const abort = (): void => settle({ outcome: 'aborted' })
    const cancel = clock.after(timeoutMs, () => settle(timedOut(phases, depth)))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => {
      reached('connect')
      if (!depth.tls) ask()
    })
    socket.once('secureConnect', () => {
      reached('tls')
      ask()
    })
    let reply = ''
    socket.on('data', (bytes: Buffer) => {
      if (reply === '') reached('firstByte')
      reply += bytes.toString('latin1')
      if (asked.isAnswer(reply)) settle({ outcome: 'connected' })
      else if (!asked.mayBecome(reply)) settle({ outcome: 'bad-reply', code: 'EPROTO' })
    })
    socket.on('error', (error: NodeJS.ErrnoException) => settle(failed(error, phases, depth)))
    socket.on('close', () => settle(hungUp(phases, depth)))
  })
}

const VERSION = 'VERSION '
const isVersion = (reply: string): boolean => reply.startsWith(VERSION) && reply.includes('\n')
/** It may come in pieces, and its line is not whole yet. */
const mayBecomeVersion = (reply: string): boolean =>
  VERSION.startsWith(reply) || (reply.startsWith(VERSION) && reply.length < LONGEST_LINE)
const LONGEST_LINE = 256

/** What is asked in each protocol, and what may be the answer. */
const VERSION_ASKED = { question: 'version\r\n', isAnswer: isVersion, mayBecome: mayBecomeVersion }
/** One that wants a password first answers, too: with an error that begins with a code. */
const PING = {
  question: 'PING\r\n',
  isAnswer: (reply: string): boolean => /^(\+PONG|-[A-Z]+ [^\n]*)\r?\n/.test(reply),
  mayBecome: (reply: string): boolean => /^[+-][^\n]*$/.test(reply) && reply.length < LONGEST_LINE,
}

/** One of either kind. */
const ANY = {
  question: VERSION_ASKED.question,
  isAnswer: (reply: string): boolean => isVersion(reply) || /^-[A-Z]+ [^\n]*\n/.test(reply),
  mayBecome: (reply: string): boolean => mayBecomeVersion(reply) || PING.mayBecome(reply),
}
const ASKED = { memcached: VERSION_ASKED, resp: PING, any: ANY }

/** What a client meets at an address instead of a cache's answer: `refuses connections`. */
export function metInstead({ outcome, code = '' }: Pick<ConnectAttempt, 'outcome' | 'code'>): string {
  switch (outcome) {
    case 'connected':
      return 'answers'
    case 'refused':
      return 'refuses connections'
    case 'reset':
      return 'resets connections'
    case 'timeout':
      return 'does not answer'
    case 'tls-failed':
      return `accepts connections, and the TLS handshake fails (${code})`
    case 'bad-reply':
      return `accepts connections, and ${BAD_REPLIES[code] ?? 'no cache answers'}`
    default:
      return `can not be reached (${code || outcome})`
  }
}

const BAD_REPLIES: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'the first question is not answered in time',
  ECONNRESET: 'closes them without an answer',
  EPROTO: 'what answers speaks another protocol',
}

function dial(address: string, port: number, localAddress: string | undefined, { tls }: Depth): Socket {
  const plain = { host: address, port, autoSelectFamily: false, ...(localAddress && { localAddress }) }
  if (!tls) return connectPlain(plain)
  const secured: ConnectionOptions & { autoSelectFamily: boolean } = {
    ...plain,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(isIP(tls.host) === 0 && { servername: tls.host }),
  }
  return connectTls(secured)
}

type Result = Pick<ConnectAttempt, 'outcome' | 'code' | 'local'>

function failed(error: NodeJS.ErrnoException, { connect, tls }: Phases, depth: Depth): Result {
  const code = error.code ?? 'UNKNOWN'
  // In TLS 1.3 the demand for a certificate arrives when the client believes the handshake over.
  if (connect !== undefined && depth.tls && (tls === undefined || /^ERR_(SSL|TLS)/.test(code)))
    return { outcome: 'tls-failed', code }
  if (connect !== undefined) return { outcome: 'bad-reply', code }
  const { outcome, local } = classifyConnectError(error)
  return { outcome, local, code }
}

const timedOut = ({ connect, tls }: Phases, depth: Depth): Result => {
  if (connect === undefined) return { outcome: 'timeout' }
  return depth.tls && tls === undefined
    ? { outcome: 'tls-failed', code: 'ETIMEDOUT' }
    : { outcome: 'bad-reply', code: 'ETIMEDOUT' }
}

const hungUp = ({ connect, tls }: Phases, depth: Depth): Result => {
  if (connect === undefined) return { outcome: 'reset' }
  return depth.tls && tls === undefined
    ? { outcome: 'tls-failed', code: 'ECONNRESET' }
    : { outcome: 'bad-reply', code: 'ECONNRESET' }
}
