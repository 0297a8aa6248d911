import type { Clock } from '../net/clock.ts'
import { type Connection, overConnection, type Trouble } from '../net/connection.ts'
import { ReplyDecoder } from '../protocols/resp/decode.ts'
import { encodeCommand } from '../protocols/resp/encode.ts'
import { isError, type Reply, textOf } from '../protocols/resp/reply.ts'
import { RESP_LINE } from './first-words.ts'

/** A node's clients, as it counts them itself. JSON-able. */
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
  /** `resp`: it is of Redis OSS or Valkey; absent: it is asked as Memcached, and in the other way where it answers so. */
  readonly speaks?: 'resp'
  /** Of Redis OSS and Valkey. */
  readonly login?: { readonly user?: string; readonly password?: string }
  /** For everything together. Default 2000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

type Told =
  | ConnectionLoad
  | { readonly problem: string /** The code of a refusal: `NOAUTH`. */; readonly refusal?: string }

/** How many clients a node has and takes; or one clause about why it does not tell. Never rejects. */
export async function askConnectionLoad(dial: LoadDial): Promise<Told> {
  if (dial.speaks === 'resp') return asked(dial, respQuestion(dial.login), respLoad)
  const told = await asked(dial, 'stats\r\nquit\r\n', (text) =>
    RESP_LINE.test(text) ? undefined : memcachedLoad(text),
  )
  return told ?? asked(dial, respQuestion(dial.login), respLoad)
}

async function asked<T>(dial: LoadDial, question: string | Buffer, read: (text: string) => T): Promise<T | Told> {
  const { timeoutMs = 2000, tls } = dial
  // Counters are no secret, so any certificate will do: `cachectl tls` judges certificates.
  const to = { ...dial, tls: tls ? { verify: false } : undefined }
  return overConnection(to, { ...dial, timeoutMs }, async (connection: Connection | Trouble) => {
    if (!('exchange' in connection)) return { problem: connection.detail }
    // The node is to close first: else every look leaves a socket in TIME-WAIT here, and counts it the next time.
    const ended = await connection.exchange(question, () => false)
    if (Buffer.isBuffer(ended)) throw new Error('an exchange without an end has ended')
    const text = ended.received.toString('latin1')
    return text === '' ? { problem: ended.detail } : read(text)
  })
}

const NO_NUMBERS = { problem: 'it tells no numbers of connections' }

const memcachedLoad = (text: string): Told =>
  loadOf(text, /^STAT (\w+) (\d+)\r?$/gm, ['curr_connections', 'max_connections', 'rejected_connections'])

const respQuestion = ({ user, password }: NonNullable<LoadDial['login']> = {}): Buffer =>
  Buffer.concat(
    [
      ...(password === undefined ? [] : [['AUTH', ...(user === undefined ? [] : [user]), password]]),
      ['INFO', 'clients'],
      ['INFO', 'stats'],
      ['QUIT'],
    ].map(encodeCommand),
  )

function respLoad(text: string): Told {
  const decoder = new ReplyDecoder()
  decoder.push(Buffer.from(text, 'latin1'))
  const replies: Reply[] = []
  try {
    for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) replies.push(reply)
  } catch {
    return NO_NUMBERS
  }
  const refusal = replies.find(isError)
  if (refusal) return { problem: `it refuses to tell: ${refusal.code}`, refusal: refusal.code }
  const info = replies.map(textOf).join('\n')
  return loadOf(info, /^(\w+):(\d+)\r?$/gm, ['connected_clients', 'maxclients', 'rejected_connections'])
}

/** From lines of names and numbers. */
function loadOf(text: string, lines: RegExp, names: readonly [string, string, string]): Told {
  const numbers = new Map([...text.matchAll(lines)].map(([, name = '', number]) => [name, Number(number)]))
  const [connections, maxConnections, rejected] = names.map((name) => numbers.get(name))
  if (connections === undefined) return NO_NUMBERS
  return {
    connections,
    ...(maxConnections !== undefined && { maxConnections }),
    ...(rejected !== undefined && { rejected }),
  }
}
