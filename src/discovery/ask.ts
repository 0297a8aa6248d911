import { linkedAbort } from '../diagnose/abort.ts'
import { type Clock, elapsedMs, systemClock } from '../diagnose/clock.ts'
import type { ConnectFailure } from '../diagnose/connect-outcome.ts'
import { type ResolvedAddress, resolveTarget } from '../diagnose/resolve.ts'
import { endpoint } from '../diagnose/target.ts'
import { type AskTls, type Connection, openConnection, TIMED_OUT, type Trouble } from './connection.ts'
import { type ClusterList, type DiscoveryProblem, type Family, type ParsedDiscovery, parseDiscovery } from './parse.ts'

export interface AskOptions {
  readonly host: string
  readonly port: number
  /** Ask only over this family. */
  readonly family?: Family
  /** Present: speak TLS. */
  readonly tls?: AskTls
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
  { host, port, family, tls }: AskOptions,
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
      askAddress({ ...address, port, host, tls }, signal),
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

async function askAddress(dial: Parameters<typeof openConnection>[0], deadline: AbortSignal): Promise<Verdict> {
  const connection = await openConnection(dial, deadline)
  if ('kind' in connection) return fromTrouble(connection)
  try {
    const answer = await ask(connection, 'config get cluster\r\n')
    if ('kind' in answer) return fromTrouble(answer)
    if (answer.ok || answer.problem !== 'error-reply') return fromReply(answer)
    const legacy = await ask(connection, 'get AmazonElastiCache:cluster\r\n')
    if ('kind' in legacy) return fromTrouble(legacy)
    // A server that knows neither command is no Memcached: `get` of any key is in every one of them.
    if (!legacy.ok && legacy.problem === 'error-reply') return failed('not-a-cache', legacy.detail, legacy.problem)
    return fromReply(legacy)
  } finally {
    connection.close()
  }
}

async function ask(connection: Connection, command: string): Promise<ParsedDiscovery | Trouble> {
  const reply = await connection.exchange(command, isComplete)
  if (Buffer.isBuffer(reply)) return parseDiscovery(reply)
  // Cut off in the middle: what was received tells more than that it ended.
  if (reply.kind === 'reset' && reply.received.length > 0 && !isTlsAlert(reply.received)) {
    return parseDiscovery(reply.received)
  }
  return reply
}

const isComplete = (received: Buffer): boolean => {
  const parsed = parseDiscovery(received)
  return parsed.ok || parsed.problem !== 'truncated'
}

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

function fromTrouble({ kind, phase, code, detail, received }: Trouble): Verdict {
  if (isTlsAlert(received))
    return { ok: false, kind: 'tls', phase, detail: 'the port speaks TLS, the question was plain' }
  return { ok: false, kind, phase, detail, ...(code && { code }) }
}

const failed = (kind: AskFailureKind, detail: string, problem: DiscoveryProblem): Verdict => ({
  ok: false,
  kind,
  phase: 'reply',
  problem,
  detail,
})

// Record type 21, version 3.x (RFC 8446, 5.1): what a TLS server says to plain text before it hangs up.
const isTlsAlert = (bytes: Buffer): boolean => bytes[0] === 0x15 && bytes[1] === 0x03

// `config get cluster` is a command of Redis too, and its answer there is an empty array.
function nameOfStranger(firstLine: string): string {
  if (/^(\*\d|-[A-Z]+ |\+|\$-?\d)/.test(firstLine)) return `Redis or Valkey answers there: ${firstLine}`
  if (/^HTTP\//.test(firstLine)) return `a web server answers there: ${firstLine}`
  return `the answer is not Memcached's: ${firstLine}`
}
