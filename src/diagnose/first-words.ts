import { connect } from 'node:net'
import { linkedAbort } from '../net/abort.ts'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'
import { type ConnectFailure, classifyConnectError } from '../net/connect-outcome.ts'
import { type KernelView, kernelView } from './kernel-view.ts'

/** What answers `version` in plain text on a port that accepts connections. */
export type PlainSpeaker =
  | 'memcached'
  | 'redis'
  | 'http'
  /** A TLS alert. */
  | 'tls'
  /** Hung up without a word: a proxy without a target, or a TLS server that does not like plain text. */
  | 'closed'
  | 'silent'
  /** The server closes because it has no room: `ERROR Too many open connections`. */
  | 'full'
  /** Memcached, or a proxy for it, that answers with an error. */
  | 'memcached-error'
  /** Answers the binary protocol alone: `-B binary`, or SASL. */
  | 'memcached-binary'
  | 'other'

export type FirstWords =
  | {
      readonly connected: true
      readonly speaker: PlainSpeaker
      /** The first line, cut and made printable. */
      readonly line: string
      readonly connectMs: number
      /** From the question to the first byte; absent when none came. */
      readonly replyMs?: number
      /** Of a server that keeps silent: whether it, or what is in front of it, acknowledged the question. */
      readonly kernel?: KernelView
    }
  | { readonly connected: false; readonly outcome: ConnectFailure; readonly code?: string }

export interface PlainDial {
  /** IP literal. */
  readonly address: string
  readonly port: number
  readonly localAddress?: string
  /** For connecting, and again for the answer. Default 2000. */
  readonly timeoutMs?: number
  /** Bytes to ask with instead of `version` in text. */
  readonly question?: Buffer
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Says `version` in plain text and reads what comes back. Changes nothing on any server. Never rejects. */
export function hearFirstWords(dial: PlainDial): Promise<FirstWords> {
  const { address, port, localAddress, timeoutMs = 2000, clock = systemClock } = dial
  const stop = linkedAbort(dial.signal)
  const start = clock.monotonicMs()
  let asked: number | undefined
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, autoSelectFamily: false, ...(localAddress && { localAddress }) })
    let received = Buffer.alloc(0)
    let connectMs = 0
    let replyMs: number | undefined
    let kernel: KernelView | undefined
    let cancel = clock.after(timeoutMs, () => settle('timeout'))
    const settle = (end: 'timeout' | 'closed' | 'answered' | NodeJS.ErrnoException): void => {
      cancel()
      stop.release()
      socket.destroy()
      if (asked === undefined) {
        resolve(notConnected(end))
        return
      }
      const words = { connected: true as const, connectMs, ...(replyMs !== undefined && { replyMs }) }
      const speaker = speakerOf(received, end)
      resolve({ ...words, speaker, line: firstLine(received), ...(kernel && { kernel }) })
    }
    const giveUp = async (): Promise<void> => {
      if (asked !== undefined && received.length === 0) kernel = await kernelView(socket.localPort ?? 0, port)
      settle('timeout')
    }
    stop.signal.addEventListener('abort', () => settle('timeout'), { once: true })
    socket.on('error', (error) => settle(error))
    socket.on('close', () => settle('closed'))
    socket.once('connect', () => {
      connectMs = elapsedMs(clock, start)
      asked = clock.monotonicMs()
      cancel()
      cancel = clock.after(timeoutMs, () => void giveUp())
      socket.write(dial.question ?? 'version\r\n')
    })
    socket.on('data', (chunk: Buffer) => {
      replyMs ??= elapsedMs(clock, asked ?? start)
      received = Buffer.concat([received, chunk])
      // A TLS alert has no line end.
      if (
        received.includes(0x0a) ||
        received[0] === TLS_ALERT ||
        received[0] === BINARY_RESPONSE ||
        received.length > 4096
      )
        settle('answered')
    })
  })
}

// Record type of RFC 8446, 5.1.
const TLS_ALERT = 0x15

// Magic bytes of memcached's protocol_binary.h; the header has 24 bytes, the operation 0x0b is `version`.
const BINARY_RESPONSE = 0x81
export const BINARY_VERSION: Buffer = Buffer.concat([Buffer.from([0x80, 0x0b]), Buffer.alloc(22)])

/** To servers of Redis OSS and Valkey, an inline command: those that want a password first say so. */
export const RESP_PING = Buffer.from('PING\r\n')

function notConnected(end: 'timeout' | 'closed' | 'answered' | NodeJS.ErrnoException): FirstWords {
  if (typeof end === 'string') return { connected: false, outcome: end === 'timeout' ? 'timeout' : 'reset' }
  return { connected: false, outcome: classifyConnectError(end).outcome, code: end.code ?? 'UNKNOWN' }
}

function speakerOf(received: Buffer, end: 'timeout' | 'closed' | 'answered' | NodeJS.ErrnoException): PlainSpeaker {
  const text = received.toString('latin1')
  if (received.length === 0) return end === 'timeout' ? 'silent' : 'closed'
  if (received[0] === TLS_ALERT) return 'tls'
  if (received[0] === BINARY_RESPONSE) return 'memcached-binary'
  if (/^VERSION [^\n]*\n/.test(text)) return 'memcached'
  if (/^(SERVER_)?ERROR.*Too many open connections/i.test(text)) return 'full'
  if (/^(CLIENT_ERROR|SERVER_ERROR|ERROR)\b/.test(text)) return 'memcached-error'
  if (RESP_LINE.test(text)) return 'redis'
  if (/^(HTTP\/|<!?html|400 )/i.test(text)) return 'http'
  return 'other'
}

/** The first line of a reply in RESP: errors begin with a code. */
export const RESP_LINE = /^(-[A-Z]+ |[+$*])/

const firstLine = (received: Buffer): string =>
  (received.toString('latin1').split(/\r?\n/)[0] ?? '').slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
