/** What the engine's name server answers to a message. Pure. */
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, type Question } from 'dns-packet'
import { LOCAL_ZONE, NAME_SERVER } from '../../api/local-names.ts'
import { type BookEntry, hasBelow, type NameBook } from './book.ts'

/** Bytes of an answer over UDP that every client takes (RFC 1035, 4.2.1). */
const PLAIN_BYTES = 512
/** What no path has to break up (DNS flag day 2020). */
const MOST_BYTES = 1_232
/** Seconds that an answer may be kept. Of an alias as on AWS, where primaries change: no longer than a client can do with the old. */
const TTL = { alias: 5, address: 15, none: 5 } as const

const HEADER_BYTES = 12
const RESPONSE = 0x8000
const OPCODE = 0x7800
const TRUNCATED = 0x0200
const RECURSION_DESIRED = 0x0100
const RECURSION_AVAILABLE = 0x0080
/** What does not fit into the header's four bits goes into the record of options (RFC 6891, 6.1.3). */
const CODES = {
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const
const HEADER_CODE = 0x000f
const HEADER_CODE_BITS = 4

/** An answer as bytes, and what its name suffers from until it is sent. */
export interface Reply {
  readonly bytes: Buffer
  readonly delayMs: number
}

/**
 * Undefined: none is due, as to an answer, or to what is no message.
 * @param transport Over UDP what is too long is cut off, so that the client asks again over TCP.
 */
export function replyTo(message: Buffer, book: NameBook, transport: 'udp' | 'tcp'): Reply | undefined {
  if (message.length < HEADER_BYTES || (message.readUInt16BE(2) & RESPONSE) !== 0) return undefined
  const query = readQuery(message)
  if (typeof query === 'number') return { bytes: bareReply(message, query), delayMs: 0 }
  const { question, limit, isNewer } = query
  const found = isNewer ? { code: CODES.badVersion } : lookUp(question, book)
  const reply = compose(message, query.packet, found)
  const bytes = transport === 'udp' && reply.length > limit ? compose(message, query.packet, {}, TRUNCATED) : reply
  return { bytes, delayMs: found.delayMs ?? 0 }
}

interface Query {
  readonly packet: Packet
  readonly question: Question
  /** Bytes that the client takes over UDP. */
  readonly limit: number
  /** Whether it speaks a version of the extensions (EDNS) that there was not yet. */
  readonly isNewer: boolean
}

/** One question about the internet's names; the code to refuse the message with otherwise. */
function readQuery(message: Buffer): Query | number {
  if ((message.readUInt16BE(2) & OPCODE) !== 0) return CODES.notImplemented
  try {
    const packet = decode(message)
    const [question, ...others] = packet.questions ?? []
    if (!question || others.length > 0) return CODES.formatError
    if (!isSaidAgain(question, message)) return CODES.formatError
    if (question.class !== 'IN' && question.class !== 'ANY') return CODES.notImplemented
    const option = packet.additionals?.find((record) => record.type === 'OPT')
    const { udpPayloadSize = PLAIN_BYTES, ednsVersion = 0 } = option?.type === 'OPT' ? option : {}
    const limit = Math.min(MOST_BYTES, Math.max(PLAIN_BYTES, udpPayloadSize))
    return { packet, question, limit, isNewer: ednsVersion > 0 }
  } catch {
    return CODES.formatError
  }
}

/** The library reads labels as UTF-8 between dots: those of other bytes would come back as another question, or none. */
function isSaidAgain(question: Question, message: Buffer): boolean {
  const said = encode({ questions: [question] }).subarray(HEADER_BYTES)
  return said.equals(message.subarray(HEADER_BYTES, HEADER_BYTES + said.length))
}

interface Found {
  readonly code?: number
  readonly answers?: readonly Answer[]
  /** Whether the zone's own record goes with it, which says how long it may be kept that there is nothing. */
  readonly isEmpty?: true
  readonly delayMs?: number
}

function lookUp({ name, type }: Question, book: NameBook): Found {
  const asked = name.toLowerCase()
  if (asked !== LOCAL_ZONE && !asked.endsWith(`.${LOCAL_ZONE}`)) return { code: CODES.refused }
  if (asked === LOCAL_ZONE && type === 'SOA') return { answers: [startOfAuthority(name)] }
  const entry = book.get(asked)
  if (!entry) {
    const exists = asked === LOCAL_ZONE || hasBelow(book, asked)
    return exists ? { isEmpty: true } : { isEmpty: true, code: CODES.noSuchName }
  }
  const { delayMs, fails } = entry.ailments ?? {}
  const late = delayMs === undefined ? {} : { delayMs }
  if (fails) return { ...late, code: CODES.serverFailure }
  const answers = recordsOf(name, type, entry, book)
  // An alias that leads to nothing of the type is told, and that there is nothing.
  const isEmpty = answers.every((record) => record.type === 'CNAME' && !asks(type, 'CNAME'))
  return { ...late, answers, ...(isEmpty && { isEmpty }) }
}

/** An alias, and the addresses it leads to. The name is told as the client wrote it. */
function recordsOf(name: string, type: Question['type'], entry: BookEntry, book: NameBook): Answer[] {
  const { alias, ailments } = entry
  if (alias === undefined) return addressesOf(name, type, entry)
  const record: Answer = { type: 'CNAME', name, class: 'IN', ttl: TTL.alias, data: alias }
  if (type === 'CNAME') return [record]
  const target = book.get(alias.toLowerCase())
  // The families that the name hides it hides under the other name as well.
  return [record, ...(target ? addressesOf(alias, type, { ...target, ...(ailments && { ailments }) }) : [])]
}

function addressesOf(name: string, type: Question['type'], { addresses, ailments }: BookEntry): Answer[] {
  return addresses.flatMap((data): Answer[] => {
    const record = data.includes(':') ? 'AAAA' : 'A'
    if (!asks(type, record) || (record === 'AAAA' && ailments?.hidesIpv6)) return []
    return [{ type: record, name, class: 'IN', ttl: TTL.address, data }]
  })
}

// ANY is missing among the types that the library tells of.
const asks = (type: Question['type'], record: string): boolean => type === record || (type as string) === 'ANY'

const startOfAuthority = (name: string): Answer => ({
  type: 'SOA',
  name,
  class: 'IN',
  ttl: TTL.none,
  data: {
    mname: NAME_SERVER,
    rname: `hostmaster.${LOCAL_ZONE}`,
    serial: 1,
    refresh: TTL.none,
    retry: TTL.none,
    expire: TTL.none,
    minimum: TTL.none,
  },
})

/** @param truncated The flag that says so; 0: nothing is cut off. */
const compose = (
  message: Buffer,
  packet: Packet,
  { code = 0, answers = [], isEmpty }: Found,
  truncated: typeof TRUNCATED | 0 = 0,
): Buffer =>
  encode({
    type: 'response',
    id: packet.id ?? 0,
    flags: flagsOf(message) | AUTHORITATIVE_ANSWER | truncated | (code & HEADER_CODE),
    questions: packet.questions ?? [],
    answers: [...answers],
    authorities: isEmpty ? [startOfAuthority(LOCAL_ZONE)] : [],
    additionals: options(packet, code),
  })

/** A client that speaks of its limits is told those of the server (RFC 6891). */
function options({ additionals = [] }: Packet, code: number): Answer[] {
  if (!additionals.some(({ type }) => type === 'OPT')) return []
  return [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize: MOST_BYTES,
      extendedRcode: code >> HEADER_CODE_BITS,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ]
}

/** Clients that want recursion get all there is: what asks further for them would ask nobody else. */
const flagsOf = (message: Buffer): number => (message.readUInt16BE(2) & RECURSION_DESIRED) | RECURSION_AVAILABLE

/** To what cannot be read: its number comes back, and why there is no answer. */
function bareReply(message: Buffer, code: number): Buffer {
  const reply = Buffer.alloc(HEADER_BYTES)
  message.copy(reply, 0, 0, 2)
  reply.writeUInt16BE(RESPONSE | (message.readUInt16BE(2) & OPCODE) | flagsOf(message) | code, 2)
  return reply
}
