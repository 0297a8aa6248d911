import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { connect as connectTcp, isIP } from 'node:net'
import { type Answer, decode, encode, RECURSION_DESIRED } from 'dns-packet'
import { errorCode } from '../api/thrown.ts'
import { linkedAbort } from '../net/abort.ts'
import { type Clock, elapsedMs, systemClock } from '../net/clock.ts'

export interface DnsServer {
  /** IP literal. */
  readonly address: string
  readonly port: number
}

export type DnsType = 'A' | 'AAAA' | 'CNAME'

export interface DnsRecord {
  readonly name: string
  readonly type: DnsType
  /** Seconds. */
  readonly ttl: number
  /** An address, or a name. */
  readonly data: string
}

export type DnsOutcome =
  /** Records of the type asked for. */
  | 'answered'
  /** The name exists, without records of this type. */
  | 'no-data'
  /** NXDOMAIN. */
  | 'no-such-name'
  | 'server-failure'
  | 'refused'
  /** Nothing came back: the question or the answer was dropped. */
  | 'timeout'
  /** No server listens there, or no route leads there. */
  | 'unreachable'
  /** An answer that can't be read, or another code. */
  | 'bad-answer'

/** One question to one server. JSON-able. */
export interface DnsReply {
  readonly name: string
  readonly type: DnsType
  readonly outcome: DnsOutcome
  /** As sent: the whole answer section in its order, aliases included. */
  readonly records: readonly DnsRecord[]
  readonly ms: number
  readonly transport: 'udp' | 'tcp'
  /** How often it was asked until an answer came, or until giving up. */
  readonly tries: number
  readonly code?: string
}

export interface AskDnsOptions {
  readonly server: DnsServer
  /** Per try. Default 2000. */
  readonly timeoutMs?: number
  /** Default 2: one lost packet is no fault. */
  readonly tries?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Asks one server one question over UDP, and over TCP when the answer was cut off. Never rejects. */
export async function askDns(name: string, type: DnsType, options: AskDnsOptions): Promise<DnsReply> {
  const { clock = systemClock, tries = 2, timeoutMs = 2000 } = options
  const start = clock.monotonicMs()
  const end = (got: Received, transport: DnsReply['transport'], asked: number): DnsReply => ({
    name,
    type,
    transport,
    tries: asked,
    ms: elapsedMs(clock, start),
    ...judge(got, name, type),
  })
  let got: Received = 'timeout'
  for (let asked = 1; asked <= tries; asked++) {
    const question = questionOf(name, type)
    if (!question) return end({ code: 'EBADNAME' }, 'udp', asked)
    got = await withTimeout(timeoutMs, clock, options.signal, (signal) => overUdp(question, options.server, signal))
    if (options.signal?.aborted) return end('timeout', 'udp', asked)
    if (got === 'timeout') continue
    if (Buffer.isBuffer(got) && isTruncated(got)) {
      const whole = await withTimeout(timeoutMs, clock, options.signal, (signal) =>
        overTcp(question, options.server, signal),
      )
      return end(whole, 'tcp', asked)
    }
    return end(got, 'udp', asked)
  }
  return end(got, 'udp', tries)
}

type Received = Buffer | 'timeout' | { readonly code: string }

function questionOf(name: string, type: DnsType): Buffer | undefined {
  try {
    return encode({ type: 'query', id: randomInt(1, 65_536), flags: RECURSION_DESIRED, questions: [{ type, name }] })
  } catch {
    // A label of more than 63 bytes, an empty one.
    return undefined
  }
}

// RFC 1035, 4.1.1: TC is bit 9 of the flags.
const isTruncated = (message: Buffer): boolean => message.length > 3 && (message.readUInt16BE(2) & 0x0200) !== 0

async function withTimeout(
  ms: number,
  clock: Clock,
  parent: AbortSignal | undefined,
  act: (signal: AbortSignal) => Promise<Received>,
): Promise<Received> {
  const linked = linkedAbort(parent)
  const cancel = clock.after(ms, () => linked.abort())
  try {
    return await act(linked.signal)
  } finally {
    cancel()
    linked.release()
  }
}

function overUdp(question: Buffer, { address, port }: DnsServer, signal: AbortSignal): Promise<Received> {
  return new Promise((resolve) => {
    const socket: Socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    const settle = (got: Received): void => {
      signal.removeEventListener('abort', giveUp)
      socket.removeAllListeners('message')
      socket.close()
      resolve(got)
    }
    const giveUp = (): void => settle('timeout')
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    socket.once('error', (error: NodeJS.ErrnoException) => settle({ code: error.code ?? 'UNKNOWN' }))
    // A stranger's packet, or the late answer to an earlier question: not ours.
    socket.on('message', (message) => {
      if (message.length >= 12 && message.readUInt16BE(0) === question.readUInt16BE(0)) settle(message)
    })
    // Connected, so that a closed port is told apart from silence (ICMP comes back as ECONNREFUSED).
    const connected = (error?: NodeJS.ErrnoException): void => {
      if (error) settle({ code: error.code ?? 'UNKNOWN' })
      else socket.send(question, (problem) => problem && settle({ code: errorCode(problem) ?? 'UNKNOWN' }))
    }
    socket.connect(port, address, connected)
  })
}

function overTcp(question: Buffer, { address, port }: DnsServer, signal: AbortSignal): Promise<Received> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port, autoSelectFamily: false })
    let received = Buffer.alloc(0)
    const settle = (got: Received): void => {
      signal.removeEventListener('abort', giveUp)
      socket.destroy()
      resolve(got)
    }
    const giveUp = (): void => settle('timeout')
    signal.addEventListener('abort', giveUp, { once: true })
    socket.on('error', (error: NodeJS.ErrnoException) => settle({ code: error.code ?? 'UNKNOWN' }))
    socket.on('close', () => settle({ code: 'ECONNRESET' }))
    socket.once('connect', () => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(question.length)
      socket.write(Buffer.concat([length, question]))
    })
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        settle(received.subarray(2, 2 + received.readUInt16BE(0)))
      }
    })
  })
}

type Judged = Pick<DnsReply, 'outcome' | 'records' | 'code'>

function judge(got: Received, name: string, type: DnsType): Judged {
  if (got === 'timeout') return { outcome: 'timeout', records: [] }
  if (!Buffer.isBuffer(got)) {
    return { outcome: got.code === 'EBADNAME' ? 'bad-answer' : 'unreachable', records: [], code: got.code }
  }
  try {
    // RFC 1035, 4.1.1: the last four bits of the flags.
    const rcode = got.readUInt16BE(2) & 0xf
    const records = (decode(got).answers ?? []).flatMap(recordOf)
    const asked = records.some((record) => record.type === type)
    if (rcode === 0) return { outcome: asked ? 'answered' : 'no-data', records }
    return { records, ...(OUTCOME_OF_RCODE[rcode] ?? { outcome: 'bad-answer', code: `return code ${rcode}` }) }
  } catch {
    return { outcome: 'bad-answer', records: [], code: `an answer about ${name} that can't be read` }
  }
}

const OUTCOME_OF_RCODE: Readonly<Record<number, Pick<Judged, 'outcome' | 'code'>>> = {
  1: { outcome: 'server-failure', code: 'FORMERR' },
  2: { outcome: 'server-failure', code: 'SERVFAIL' },
  3: { outcome: 'no-such-name', code: 'NXDOMAIN' },
  4: { outcome: 'server-failure', code: 'NOTIMP' },
  5: { outcome: 'refused', code: 'REFUSED' },
}

function recordOf(answer: Answer): DnsRecord[] {
  const { type, name } = answer
  if (type !== 'A' && type !== 'AAAA' && type !== 'CNAME') return []
  return [
    {
      name: presented(name),
      type,
      ttl: answer.ttl ?? 0,
      data: type === 'CNAME' ? presented(answer.data) : answer.data,
    },
  ]
}

/** RFC 4343, 2.1: a label may hold any byte; what is not printable is written as `\\027`. */
const presented = (name: string): string =>
  name.replace(/[^\x21-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join(''),
  )
