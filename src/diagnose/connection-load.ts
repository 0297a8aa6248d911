import type { Clock } from '../net/clock.ts'
import { overConnection } from '../net/connection.ts'

/** A node's clients, in the words of `stats`. JSON-able. */
export interface ConnectionLoad {
  /** The connection this was asked over is one of them. */
  readonly connections: number
  readonly maxConnections?: number
  /** Turned away since the node started. */
  readonly rejected?: number
}

export interface LoadDial {
  /** IP literal. */
  readonly address: string
  readonly port: number
  readonly host: string
  readonly tls: boolean
  /** For everything together. Default 2000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** How many clients a Memcached node has and takes; or one clause about why it does not tell. Never rejects. */
export async function askConnectionLoad(dial: LoadDial): Promise<ConnectionLoad | { readonly problem: string }> {
  const { timeoutMs = 2000, tls } = dial
  // Counters are no secret, so any certificate will do: `cachectl tls` judges certificates.
  const to = { ...dial, tls: tls ? { verify: false } : undefined }
  return overConnection(to, { ...dial, timeoutMs }, async (connection) => {
    if (!('exchange' in connection)) return { problem: connection.detail }
    // The node is to close first: else every look leaves a socket in TIME-WAIT here, and counts it the next time.
    const ended = await connection.exchange('stats\r\nquit\r\n', () => false)
    if (Buffer.isBuffer(ended)) throw new Error('an exchange without an end has ended')
    const text = ended.received.toString('latin1')
    if (text === '') return { problem: ended.detail }
    const number = (name: string): number | undefined => {
      const value = new RegExp(`^STAT ${name} (\\d+)\\r?$`, 'm').exec(text)?.[1]
      return value === undefined ? undefined : Number(value)
    }
    const [connections, maxConnections, rejected] = ['curr_connections', 'max_connections', 'rejected_connections'].map(
      number,
    )
    if (connections === undefined) return { problem: 'it tells no numbers of connections' }
    return {
      connections,
      ...(maxConnections !== undefined && { maxConnections }),
      ...(rejected !== undefined && { rejected }),
    }
  })
}
