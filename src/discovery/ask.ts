import { linkedAbort } from '../net/abort.ts'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'
import type { ConnectFailure } from '../net/connect-outcome.ts'
import { type AskTls, type Connection, openConnection, TIMED_OUT, type Trouble } from '../net/connection.ts'
import { type ResolvedAddress, resolveTarget } from '../net/resolve.ts'
import { endpoint } from '../net/target.ts'
import { binaryQuestion, parseBinaryDiscovery } from './binary.ts'
import { type ClusterList, type DiscoveryProblem, type Family, type ParsedDiscovery, parseDiscovery } from './parse.ts'

export type AskProtocol = 'text' | 'binary'

export interface AskOptions {
  readonly host: string
  readonly port: number
  /** Ask only over this family. */
  readonly family?: Family
  /** Present: speak TLS. */
  readonly tls?: AskTls
  /** Default `text`. */
  readonly protocol?: AskProtocol
  /** Ask for the key AmazonElastiCache:cluster at once, as clients of Memcached before 1.4.14 do. */
  readonly legacy?: boolean
  /** For the whole question, names and handshake included; a name's addresses share it evenly. Default 3000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

interface Asked {
  readonly host: string
  readonly port: number
  /** The address that answered or failed; absent when the name has none. */
  readonly address?: string
  readonly family?: Family
  readonly ms: number
}

/** `legacy`: the list came from the key AmazonElastiCache:cluster, as before Memcached 1.4.14. */
export type DiscoveryAnswer = Asked & ClusterList & { readonly ok: true; readonly form: 'config' | 'legacy' }

export type AskFailureKind =
  | ConnectFailure
  | 'dns'
  | 'tls'
  /** Something answers there, and it isn't Memcached. */
  | 'not-a-cache'
  /** Memcached, without a cluster to tell of. */
  | 'no-discovery'
  /** A discovery reply that can't be trusted: see `problem`. */
  | 'bad-reply'

export type AskFailure = Asked & {
  readonly ok: false
  readonly kind: AskFailureKind
  readonly phase: 'resolve' | 'connect' | 'tls' | 'reply'
  /** The operating system's, resolver's or TLS library's own code. */
  readonly code?: string
  readonly problem?: DiscoveryProblem
  /** Whose answer tells so: that of `config get cluster`, or of the key of before 1.4.14. */
  readonly form?: DiscoveryAnswer['form']
  /** One clause for a person: what was seen. */
  readonly detail: string
}

export type AskResult = DiscoveryAnswer | AskFailure

type Verdict = Pick<DiscoveryAnswer, 'ok' | 'form' | 'version' | 'nodes'> | Omit<AskFailure, keyof Asked>

/**
 * Asks one server which nodes its cluster has: `config get cluster`, then the legacy key if it knows no such command.
 * A name's addresses are tried in the resolver's order until one connects, as clients do. Never rejects, and never
 * answers with an empty list.
 */
export async function askNode(options: AskOptions): Promise<AskResult> {
  const { host, port, clock = systemClock, timeoutMs = 3000 } = options
  const start = clock.monotonicMs()
  const deadline = linkedAbort(options.signal)
  const cancelTimer = clock.after(timeoutMs, () => deadline.abort(TIMED_OUT))
  try {
    const { address, verdict } = await askHost(options, deadline.signal, clock, timeoutMs)
    return { host, port, ...address, ...verdict, ms: elapsedMs(clock, start) }
  } finally {
    cancelTimer()
    deadline.release()
  }
}

async function askHost(
  { host, port, family, tls, protocol = 'text', legacy = false }: AskOptions,
  deadline: AbortSignal,
  clock: Clock,
  timeoutMs: number,
): Promise<{ address?: ResolvedAddress; verdict: Verdict }> {
  const resolved = await resolveTarget(endpoint(host, port), {
    clock,
    signal: deadline,
    timeoutMs,
    ...(family && { family }),
  })
  if (!resolved.ok) {
    const kind = resolved.problem !== 'aborted' ? 'dns' : deadline.reason === TIMED_OUT ? 'timeout' : 'aborted'
    const { detail, code } = resolved
    return { verdict: { ok: false, kind, phase: 'resolve', detail, ...(code && { code }) } }
  }
  let first: { address: ResolvedAddress; verdict: Verdict } | undefined
  const share = timeoutMs / resolved.addresses.length
  for (const address of resolved.addresses) {
    const verdict = await withShare(share, deadline, clock, (signal) =>
      askAddress({ ...address, port, host, tls }, { protocol, legacy }, signal),
    )
    if (verdict.ok || verdict.phase !== 'connect' || deadline.aborted) return { address, verdict }
    first ??= { address, verdict }
  }
  if (!first) throw new Error(`${host} resolved to no address, and resolveTarget called it a success`)
  return first
}

/** One address that swallows packets must not use up the time of the others. */
async function withShare<T>(
  ms: number,
  deadline: AbortSignal,
  clock: Clock,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const shared = linkedAbort(deadline)
  const cancelTimer = clock.after(ms, () => shared.abort(TIMED_OUT))
  try {
    return await act(shared.signal)
  } finally {
    cancelTimer()
    shared.release()
  }
}

async function askAddress(
  dial: Parameters<typeof openConnection>[0],
  { protocol, legacy }: Required<Pick<AskOptions, 'protocol' | 'legacy'>>,
  deadline: AbortSignal,
): Promise<Verdict> {
  const { config, key, parse } = PROTOCOLS[protocol]
  let connection = await openConnection(dial, deadline)
  if ('kind' in connection) return fromTrouble(connection)
  /** A server that knows the command and could not do it: no sign of one without Auto Discovery. */
  let broken: string | undefined
  try {
    if (!legacy) {
      const answer = await ask(connection, config, parse)
      if ('kind' in answer) return fromTrouble(answer)
      if (answer.ok || answer.problem !== 'error-reply') return { ...fromReply(answer), form: 'config' }
      if (answer.detail.startsWith('SERVER_ERROR')) broken = answer.detail
      if (protocol === 'binary') {
        // After an opcode it does not know, memcached is out of step (see binaryQuestion).
        connection.close()
        const next = await openConnection(dial, deadline)
        if ('kind' in next) return fromTrouble(next)
        connection = next
      }
    }
    const answer = await ask(connection, key, parse)
    if ('kind' in answer) return fromTrouble(answer)
    // A server that knows neither command is no Memcached: `get` of any key is in every one of them.
    if (!answer.ok && answer.problem === 'error-reply') return failed('not-a-cache', answer.detail, answer.problem)
    if (!answer.ok && broken !== undefined) return { ...failed('bad-reply', broken, 'malformed'), form: 'config' }
    return { ...fromReply(answer), form: 'legacy' }
  } finally {
    connection.close()
  }
}

type Parse = (reply: Buffer) => ParsedDiscovery

const PROTOCOLS: Readonly<Record<AskProtocol, { config: string | Buffer; key: string | Buffer; parse: Parse }>> = {
  text: { config: 'config get cluster\r\n', key: 'get AmazonElastiCache:cluster\r\n', parse: parseDiscovery },
  binary: { config: binaryQuestion('config'), key: binaryQuestion('legacy'), parse: parseBinaryDiscovery },
}

async function ask(
  connection: Connection,
  question: string | Buffer,
  parse: Parse,
): Promise<ParsedDiscovery | CutShort> {
  const reply = await connection.exchange(question, (received) => {
    const parsed = parse(received)
    return parsed.ok || parsed.problem !== 'truncated'
  })
  if (Buffer.isBuffer(reply)) return parse(reply)
  // Cut off in the middle: what was received tells more than that it ended.
  if (reply.received.length === 0 || isTlsAlert(reply.received)) return reply
  if (reply.kind === 'reset') return parse(reply.received)
  const parsed = parse(reply.received)
  return parsed.ok ? parsed : { ...reply, problem: parsed.problem, detail: `the answer stops: ${parsed.detail}` }
}

/** What went wrong, and where an answer had begun, what is wrong with it. */
type CutShort = Trouble & { readonly problem?: DiscoveryProblem }

function fromReply(parsed: ParsedDiscovery): Verdict {
  if (parsed.ok) return parsed
  const { problem, detail } = parsed
  switch (problem) {
    case 'nothing-stored':
    case 'no-nodes':
    case 'error-reply':
      return failed('no-discovery', detail, problem)
    case 'foreign':
      return failed('not-a-cache', nameOfStranger(detail), problem)
    case 'truncated':
    case 'wrong-length':
    case 'malformed':
      return failed('bad-reply', detail, problem)
  }
}

function fromTrouble({ kind, phase, code, detail, received, problem }: CutShort): Verdict {
  if (isTlsAlert(received))
    return { ok: false, kind: 'tls', phase, detail: 'the port speaks TLS, the question was plain' }
  if (kind === 'tls' && code !== undefined && IN_PLAIN_TEXT.test(code))
    return { ok: false, kind, phase, code, detail: 'the port speaks plain text, the question was in TLS' }
  return { ok: false, kind, phase, detail: firstLineOf(detail), ...(code && { code }), ...(problem && { problem }) }
}

// OpenSSL's messages end in a line break.
const firstLineOf = (text: string): string => text.trim().split('\n')[0] ?? ''

const failed = (kind: AskFailureKind, detail: string, problem: DiscoveryProblem): Verdict => ({
  ok: false,
  kind,
  phase: 'reply',
  problem,
  detail,
})

// What OpenSSL calls an answer that is no TLS record.
const IN_PLAIN_TEXT = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER/

// Record type 21, version 3.x (RFC 8446, 5.1): what a TLS server says to plain text before it hangs up.
const isTlsAlert = (bytes: Buffer): boolean => bytes[0] === 0x15 && bytes[1] === 0x03

// `config get cluster` is a command of Redis too, and its answer there is an empty array.
function nameOfStranger(firstLine: string): string {
  if (/^(\*\d|-[A-Z]+ |\+|\$-?\d)/.test(firstLine)) return `Redis or Valkey answers there: ${firstLine}`
  if (/^HTTP\//.test(firstLine)) return `a web server answers there: ${firstLine}`
  return `the answer is not Memcached's: ${firstLine}`
}
