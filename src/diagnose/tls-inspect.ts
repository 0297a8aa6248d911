import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls'
import { linkedAbort } from '../net/abort.ts'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'
import { classifyConnectError } from '../net/connect-outcome.ts'
import { type KernelView, kernelView } from './kernel-view.ts'

export interface TlsDial {
  /** IP literal. */
  readonly address: string
  readonly port: number
  /** The name the client knows the server by: sent as SNI, and looked for in the certificate. */
  readonly host: string
  /** PEM. Instead of Node's own list. */
  readonly ca?: string | Buffer
  /** For each of connecting, the handshake, and the answer after it. Default 3000. */
  readonly timeoutMs?: number
  /** For the answer alone, where it may take longer. */
  readonly replyTimeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Instead of `version` in text. */
  readonly question?: Buffer
}

/** One certificate as it was sent. */
export interface SeenCertificate {
  readonly subject: string
  readonly issuer: string
  /** DNS names and IP addresses it is valid for. */
  readonly names: readonly string[]
  /** ISO 8601. */
  readonly validFrom: string
  readonly validTo: string
  readonly daysLeft: number
  readonly fingerprint: string
}

export type TlsOutcome =
  | 'established'
  /** The peer answered in plain text. */
  | 'plain-text'
  /** Connected; the ClientHello is not answered. */
  | 'silent'
  /** The peer hung up on the ClientHello. */
  | 'closed'
  /** An alert, or no version or cipher in common. */
  | 'refused'
  | 'not-connected'

/** One TLS handshake and what it showed. JSON-able. */
export interface TlsView {
  readonly address: string
  readonly port: number
  readonly host: string
  readonly outcome: TlsOutcome
  readonly code?: string
  readonly connectMs?: number
  readonly handshakeMs?: number
  /** From the question to its first byte, after the handshake. */
  readonly replyMs?: number
  /** The first line of the answer. */
  readonly reply?: string
  readonly protocol?: string
  readonly cipher?: string
  readonly keyExchange?: string
  /** The server's own first, then what it sent beside it, then the root when it is known here. */
  readonly chain: readonly SeenCertificate[]
  /** Whether the chain leads to an authority trusted here; says nothing of the name. */
  readonly trust?: { readonly ok: boolean; readonly code?: string }
  /** Whether the certificate is for this name; says nothing of trust. */
  readonly hostname?: { readonly ok: boolean; readonly detail?: string }
  /** Of a handshake that is not answered: what the kernel knows of the connection. */
  readonly kernel?: KernelView
  /** The server ends connections that bring no certificate of their own. */
  readonly wantsClientCertificate?: boolean
}

type Facts = { -readonly [K in keyof Omit<TlsView, 'address' | 'port' | 'host' | 'outcome'>]: TlsView[K] }

/** Makes one handshake, whatever the certificate is worth, then says `version`, or asks what the dial says. Never rejects. */
export function inspectTls(dial: TlsDial): Promise<TlsView> {
  const { address, port, host, ca, timeoutMs = 3000, clock = systemClock } = dial
  const stop = linkedAbort(dial.signal)
  const start = clock.monotonicMs()
  const facts: Facts = { chain: [] }
  let phase: 'connect' | 'handshake' | 'reply' = 'connect'
  return new Promise((resolve) => {
    const options: ConnectionOptions & { autoSelectFamily: boolean } = {
      host: address,
      port,
      autoSelectFamily: false,
      rejectUnauthorized: false,
      // The name is judged below, apart from the chain: Node's own verdict would hide one behind the other.
      checkServerIdentity: () => undefined,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
    }
    const socket = connect(options)
    let cancel = clock.after(timeoutMs, () => settle('silent'))
    const restart = (next: typeof phase): void => {
      phase = next
      cancel()
      const patience = next === 'reply' ? (dial.replyTimeoutMs ?? timeoutMs) : timeoutMs
      cancel = clock.after(patience, () => void (next === 'reply' ? settle('established') : giveUp()))
    }
    const settle = (outcome: TlsOutcome, code?: string): void => {
      cancel()
      stop.release()
      socket.destroy()
      resolve({ address, port, host, ...facts, outcome, ...(code && { code }) })
    }
    const giveUp = async (): Promise<void> => {
      const kernel = await kernelView(socket.localPort ?? 0, port)
      if (kernel) facts.kernel = kernel
      settle('silent')
    }
    stop.signal.addEventListener('abort', () => settle('silent'), { once: true })
    socket.once('connect', () => {
      facts.connectMs = elapsedMs(clock, start)
      restart('handshake')
    })
    let asked = start
    socket.once('secureConnect', () => {
      facts.handshakeMs = elapsedMs(clock, start) - (facts.connectMs ?? 0)
      Object.assign(facts, factsOf(socket, host, clock))
      restart('reply')
      asked = clock.monotonicMs()
      socket.write(dial.question ?? 'version\r\n')
    })
    socket.once('data', (chunk: Buffer) => {
      facts.replyMs = elapsedMs(clock, asked)
      facts.reply = (chunk.toString('latin1').split(/\r?\n/)[0] ?? '').slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
      settle('established')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'UNKNOWN'
      if (phase === 'connect') return settle('not-connected', code)
      // In TLS 1.3 the demand for a certificate arrives when the client believes the handshake over.
      if (DEMANDS_CERTIFICATE.test(code)) facts.wantsClientCertificate = true
      // In TLS 1.2 it is the alert for "nothing in common"; but then the server has not shown its own certificate.
      if (phase === 'handshake' && /ALERT_HANDSHAKE_FAILURE/.test(code) && hasShownCertificate(socket)) {
        facts.wantsClientCertificate = true
        facts.chain = chainOf(socket.getPeerCertificate(true), clock)
      }
      if (phase === 'reply') return settle('established', code)
      settle(outcomeOf(error), code)
    })
    socket.on('close', () =>
      settle(phase === 'reply' ? 'established' : phase === 'connect' ? 'not-connected' : 'closed'),
    )
  })
}

const DEMANDS_CERTIFICATE = /ALERT_CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE/

function hasShownCertificate(socket: TLSSocket): boolean {
  const peer = socket.getPeerCertificate()
  // Empty before the server's certificate has come.
  return peer !== null && Object.keys(peer).length > 0
}

function outcomeOf(error: NodeJS.ErrnoException): TlsOutcome {
  const code = error.code ?? ''
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER/.test(code)) return 'plain-text'
  if (/^ERR_SSL|^ERR_TLS|^EPROTO/.test(code)) return 'refused'
  return classifyConnectError(error).outcome === 'reset' ? 'closed' : 'refused'
}

function factsOf(socket: TLSSocket, host: string, clock: Clock): Partial<Facts> {
  const peer = socket.getPeerCertificate(true)
  const mismatch = checkServerIdentity(host, peer)
  const { authorized } = socket
  // Typed as an Error, and a string code in fact.
  const code = authorized ? undefined : String(socket.authorizationError)
  const exchange = socket.getEphemeralKeyInfo()
  const keyExchange = exchange && 'name' in exchange ? exchange.name : undefined
  const protocol = socket.getProtocol()
  return {
    ...(protocol && { protocol }),
    cipher: socket.getCipher().standardName,
    ...(keyExchange && { keyExchange }),
    chain: chainOf(peer, clock),
    trust: code === undefined ? { ok: true } : { ok: false, code },
    hostname: mismatch ? { ok: false, detail: mismatch.message } : { ok: true },
  }
}

const MS_PER_DAY = 86_400_000

function chainOf(peer: DetailedPeerCertificate, clock: Clock): SeenCertificate[] {
  const chain: SeenCertificate[] = []
  const seen = new Set<string>()
  for (let at: DetailedPeerCertificate | undefined = peer; at?.fingerprint256 && !seen.has(at.fingerprint256); ) {
    seen.add(at.fingerprint256)
    const end = new Date(at.valid_to)
    chain.push({
      subject: nameOf(at.subject),
      issuer: nameOf(at.issuer),
      names: (at.subjectaltname ?? '').split(', ').flatMap((each) => /^(?:DNS|IP Address):(.*)$/.exec(each)?.[1] ?? []),
      validFrom: new Date(at.valid_from).toISOString(),
      validTo: end.toISOString(),
      daysLeft: Math.floor((end.getTime() - clock.now().getTime()) / MS_PER_DAY),
      fingerprint: at.fingerprint256,
    })
    at = at.issuerCertificate
  }
  return chain
}

// A field that occurs twice is an array.
const nameOf = ({ CN, O }: { readonly CN?: string | string[]; readonly O?: string | string[] }): string =>
  String(CN ?? O ?? 'no name')
