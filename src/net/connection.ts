import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { linkedAbort } from './abort.ts'
import { type Clock, systemClock } from './clock.ts'
import { type ConnectFailure, classifyConnectError } from './connect-outcome.ts'
import { lookupOf } from './private-zone.ts'

/** TLS as `askNode` uses it. Without `ca`, Node's own list of authorities. */
export interface AskTls {
  readonly ca?: string | Buffer
  /** The name the certificate must carry; the host asked for, unless given. */
  readonly servername?: string
  /** Default true. False accepts any certificate: to see what is there, not to trust it. */
  readonly verify?: boolean
}

/** Where on the way to an answer something went wrong, and what the system called it. */
export interface Trouble {
  readonly kind: ConnectFailure | 'tls'
  readonly phase: 'connect' | 'tls' | 'reply'
  readonly code?: string
  readonly detail: string
  /** What had been received by then. */
  readonly received: Buffer
}

export interface Connection {
  /** Sends a question and collects bytes until `complete` says so. Resolves to the bytes, or to what went wrong. */
  exchange(question: string | Buffer, complete: (received: Buffer) => boolean): Promise<Buffer | Trouble>
  close(): void
}

/** The reason a deadline aborts with when time is up. Any other reason means that the caller gave up. */
export const TIMED_OUT: unique symbol = Symbol('timed out')

const NOTHING = Buffer.alloc(0)

/**
 * One connection to one address. Never rejects. `deadline` ends whatever is going on: see `TIMED_OUT`.
 */
export function openConnection(
  to: { address: string; port: number; host: string; tls?: AskTls | undefined },
  deadline: AbortSignal,
): Promise<Connection | Trouble> {
  const socket = dial(to)
  let phase: Trouble['phase'] = 'connect'
  let received: Buffer = NOTHING
  let settle: (outcome: 'ready' | Buffer | Trouble) => void = () => {}
  let isComplete: (bytes: Buffer) => boolean = () => false
  let broken: Trouble | undefined

  const trouble = (kind: Trouble['kind'], detail: string, code?: string): void => {
    broken ??= { kind, phase, detail, received, ...(code && { code }) }
    deadline.removeEventListener('abort', onDeadline)
    socket.destroy()
    settle(broken)
  }
  const onDeadline = (): void => {
    if (deadline.reason === TIMED_OUT) trouble('timeout', TIMEOUT_DETAIL[phase])
    else trouble('aborted', 'given up')
  }
  const ready = (): void => {
    phase = 'reply'
    settle('ready')
  }

  socket.once('connect', () => {
    if (to.tls) phase = 'tls'
    else ready()
  })
  socket.once('secureConnect', ready)
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const { outcome } = classifyConnectError(error)
    const isTls = phase === 'tls' || /^(ERR_SSL|ERR_TLS)/.test(error.code ?? '')
    trouble(isTls ? 'tls' : outcome, error.message, error.code)
  })
  socket.on('close', () => trouble('reset', received.length > 0 ? 'closed in mid-reply' : 'closed without an answer'))
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    if (isComplete(received)) settle(received)
  })
  if (deadline.aborted) queueMicrotask(onDeadline)
  else deadline.addEventListener('abort', onDeadline, { once: true })

  const connection: Connection = {
    exchange(question, complete) {
      if (broken) return Promise.resolve(broken)
      received = NOTHING
      isComplete = complete
      return new Promise((resolve) => {
        settle = (outcome) => outcome !== 'ready' && resolve(outcome)
        socket.write(question)
      })
    },
    close() {
      deadline.removeEventListener('abort', onDeadline)
      settle = () => {}
      socket.destroy()
    },
  }
  return new Promise((resolve) => {
    settle = (outcome) => {
      if (outcome === 'ready') resolve(connection)
      else if (!Buffer.isBuffer(outcome)) resolve(outcome)
    }
  })
}

/** For all that is said over one connection together. */
export interface Bounds {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/**
 * Opens a connection for one conversation, which is told when its time is up, and closes it afterwards. `talk` is also handed
 * the trouble of a connection that could not be made.
 */
export async function overConnection<T>(
  to: Parameters<typeof openConnection>[0],
  { timeoutMs, signal, clock = systemClock }: Bounds,
  talk: (connection: Connection | Trouble, deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = linkedAbort(signal)
  const cancel = clock.after(timeoutMs, () => deadline.abort(TIMED_OUT))
  const connection = await openConnection(to, deadline.signal)
  try {
    return await talk(connection, deadline.signal)
  } finally {
    cancel()
    deadline.release()
    if ('close' in connection) connection.close()
  }
}

const TIMEOUT_DETAIL: Readonly<Record<Trouble['phase'], string>> = {
  connect: 'no answer to the connection attempt',
  tls: 'connected, but the TLS handshake is not answered',
  // ElastiCache keeps silent when plain text reaches a TLS port.
  reply: 'connected, but the command is not answered',
}

/**
 * Begins to connect. `address`: a literal, or a name where it does not matter which of its addresses is taken: Node then tries
 * them one after the other. `host`: what a certificate must be for, unless `tls` names another.
 */
export function dial(to: { address: string; port: number; host: string; tls?: AskTls | undefined }): Socket {
  const socket = to.tls
    ? dialTls(to, to.tls)
    : connectPlain({ host: to.address, port: to.port, ...foundBy(to.address) })
  return socket.setNoDelay(true)
}

function foundBy(host: string) {
  const lookup = lookupOf(host)
  return lookup ? { lookup } : {}
}

function dialTls({ address, port, host }: { address: string; port: number; host: string }, tls: AskTls): Socket {
  const name = tls.servername ?? host
  return connectTls({
    host: address,
    port,
    ...foundBy(address),
    rejectUnauthorized: tls.verify ?? true,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    // SNI may not carry an IP address (RFC 6066, 3); the certificate is then checked against `host`.
    ...(isIP(name) === 0 && { servername: name }),
  })
}
