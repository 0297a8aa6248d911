import { memcached, redis } from '../api/catalog/engines.ts'
import { PRIMARY_PORT } from '../api/catalog/serverless.ts'

/** How a TCP connection attempt can end. `aborted` is ours: the caller lost interest. */
export type ConnectOutcome =
  | 'connected'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'unreachable'
  | 'prohibited'
  | 'no-source-address'
  | 'ports-exhausted'
  | 'local-error'
  /** The connection stands, the TLS handshake does not. Only for attempts that go that far. */
  | 'tls-failed'
  /** Connected, and no cache answers. Only for attempts that go that far. */
  | 'bad-reply'
  | 'aborted'

export type ConnectFailure = Exclude<ConnectOutcome, 'connected'>

/** What a user does about `refused`. */
export const NOTHING_LISTENS = `Check the port (Memcached ${memcached.port}, Redis OSS and Valkey ${redis.port}; serverless ${PRIMARY_PORT} and ${PRIMARY_PORT + 1}), and that the server runs.`

/** What a user does about `reset`: a connection was made, or a firewall answered for the node. */
export const BROKEN_OFF =
  'Check that the security group and firewalls on the way let this host in, and whether the node wants TLS (--tls) or is at the end of its connections: cachectl doctor tells which.'

/** What the operating system said, as Node hands it on. */
export interface SocketError {
  readonly code?: string | undefined
  readonly syscall?: string | undefined
  readonly message: string
}

const OUTCOME_OF_CODE: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  // An ICMPv6 "administratively prohibited", or `ip route add prohibit` on this host.
  EACCES: 'prohibited',
  EPERM: 'prohibited',
  // Also what running out of ephemeral ports looks like: attemptConnect tells the two apart.
  EADDRNOTAVAIL: 'no-source-address',
  EAFNOSUPPORT: 'no-source-address',
}

// The kernel never put a packet on the wire for these.
const ALWAYS_LOCAL: ReadonlySet<ConnectFailure> = new Set(['no-source-address', 'ports-exhausted', 'local-error'])

/**
 * Node appends `- Local (address:port)` when connect(2) itself failed, which is when the answer came from this
 * host's routing table and not from the network. The code alone can't tell: EHOSTUNREACH is both.
 */
const FAILED_IN_CONNECT = / - Local \(.*\)$/

/** Sorts an error of net.connect: what happened, and whether this host (`local`) or the network decided it. */
export function classifyConnectError(error: SocketError): { outcome: ConnectFailure; local: boolean } {
  const outcome = OUTCOME_OF_CODE[error.code ?? ''] ?? 'local-error'
  return { outcome, local: ALWAYS_LOCAL.has(outcome) || FAILED_IN_CONNECT.test(error.message) }
}
