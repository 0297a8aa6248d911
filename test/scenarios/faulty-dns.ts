import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE } from 'dns-packet'

type Type = 'A' | 'AAAA'
export type DnsFault = 'drop' | 'servfail' | 'refused' | 'nxdomain' | 'truncate' | 'garbage'

/** A small resolver for scenarios: what it knows, of `*.test` as well, and where it misbehaves. */
export interface DnsPlan {
  readonly records: Readonly<
    Record<string, { readonly A?: readonly string[]; readonly AAAA?: readonly string[]; readonly CNAME?: string }>
  >
  /** For questions of a type; `*` for all of them. */
  readonly faults?: Readonly<Partial<Record<Type | '*', DnsFault>>>
  /** Makes AAAA records up under this prefix, ending in `::`, for names that have A records only (RFC 6147). */
  readonly dns64?: string
}

const RCODE: Readonly<Partial<Record<DnsFault, number>>> = { servfail: 2, nxdomain: 3, refused: 5 }

/** Listens on UDP and TCP of the same port. `port` 0: any. Resolves to the port. */
export async function faultyDns(
  plan: DnsPlan,
  atEnd: (work: () => void) => void,
  port = 0,
  host = '127.0.0.1',
): Promise<number> {
  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      // Several questions may come over one connection: glibc asks for both families so.
      while (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const reply = answer(received.subarray(2, 2 + received.readUInt16BE(0)), plan, true)
        received = received.subarray(2 + received.readUInt16BE(0))
        if (!reply) continue
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      }
    })
  })
  await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(port, host, resolve))
  const bound = (tcp.address() as { port: number }).port
  const udp = createSocket('udp4')
  udp.on('message', (bytes, peer) => {
    const reply = answer(bytes, plan, false)
    if (reply) udp.send(reply, peer.port, peer.address)
  })
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject)
    udp.bind(bound, host, resolve)
  })
  atEnd(() => {
    udp.close()
    tcp.close()
  })
  return bound
}

function answer(bytes: Buffer, plan: DnsPlan, overTcp: boolean): Buffer | undefined {
  const { id, questions: [question] = [] } = decode(bytes)
  if (!question) return undefined
  const name = question.name.toLowerCase()
  const type = question.type as Type
  // The name DNS64 is found by is everybody's: faults are about the other names.
  const fault = name === 'ipv4only.arpa' ? undefined : (plan.faults?.[type] ?? plan.faults?.['*'])
  if (fault === 'drop') return undefined
  if (fault === 'garbage') return Buffer.concat([bytes.subarray(0, 2), Buffer.alloc(10, 0xff), Buffer.from('spoilt')])
  const rcode = fault && RCODE[fault]
  const { answers, known } = rcode === undefined ? resolve(name, type, plan) : { answers: [], known: true }
  const code = rcode ?? (known ? 0 : 3)
  const packet: Packet = {
    type: 'response',
    id: id ?? 0,
    flags: RECURSION_AVAILABLE | AUTHORITATIVE_ANSWER | code,
    questions: [question],
    answers,
  }
  if (fault === 'truncate' && !overTcp) return encode({ ...packet, flags: (packet.flags ?? 0) | 0x0200, answers: [] })
  return encode(packet)
}

const MOST_ALIASES = 8
const TTL = 60

function resolve(name: string, type: Type, { records, dns64 }: DnsPlan): { answers: Answer[]; known: boolean } {
  if (name === 'ipv4only.arpa') {
    const data = ['192.0.0.170', '192.0.0.171'].map((v4) => (dns64 ? embed(dns64, v4) : ''))
    return {
      answers: dns64 && type === 'AAAA' ? data.map((each) => ({ name, type, ttl: TTL, data: each })) : [],
      known: true,
    }
  }
  const answers: Answer[] = []
  let current = name
  for (let aliases = 0; aliases < MOST_ALIASES; aliases++) {
    const found = records[current] ?? records[current.replace(/^[^.]+/, '*')]
    if (!found) return { answers, known: aliases > 0 }
    if (found.CNAME === undefined) {
      const own = found[type] ?? []
      const made = type === 'AAAA' && own.length === 0 && dns64 ? (found.A ?? []).map((v4) => embed(dns64, v4)) : own
      answers.push(...made.map((data): Answer => ({ name: current, type, ttl: TTL, data })))
      return { answers, known: true }
    }
    answers.push({ name: current, type: 'CNAME', ttl: TTL, data: found.CNAME })
    current = found.CNAME.toLowerCase()
  }
  return { answers, known: true }
}

const embed = (prefix: string, v4: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number)
  return `${prefix}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
