/**
 * Auto Discovery in Memcached's binary protocol, as ElastiCache's Java, .NET and libmemcached clients speak it.
 * Layout: protocol_binary.txt; opcode 0x60: AWS libmemcached, binary.h.
 */
import { type ParsedDiscovery, parsePayload } from './parse.ts'

const REQUEST = 0x80
const RESPONSE = 0x81
const HEADER_BYTES = 24
const OPCODES = { config: 0x60, legacy: 0x00 } as const
const NOOP = 0x0a
const KEYS = { config: 'cluster', legacy: 'AmazonElastiCache:cluster' } as const
const STATUS = { ok: 0x00, notFound: 0x01, unknownCommand: 0x81 } as const
/** config_size_max is 65536 on ElastiCache: a longer announcement is not worth waiting for. */
const LONGEST_BODY = 1 << 20

/**
 * The question for the list, or for the key that held it before Memcached 1.4.14. A no-op follows: to an opcode it does
 * not know, memcached answers only when as many bytes as its key has have come once more (measured with 1.6.18), and
 * it takes them for nothing. Such a connection is to be closed.
 */
export function binaryQuestion(form: 'config' | 'legacy'): Buffer {
  const key = Buffer.from(KEYS[form], 'latin1')
  const question = Buffer.concat([header(OPCODES[form], key.length), key])
  return form === 'config' ? Buffer.concat([question, header(NOOP, 0)]) : question
}

function header(opcode: number, keyBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes[0] = REQUEST
  bytes[1] = opcode
  bytes.writeUInt16BE(keyBytes, 2)
  bytes.writeUInt32BE(keyBytes, 8)
  return bytes
}

/** Reads a whole reply. `truncated` while a connection is open means: read on. */
export function parseBinaryDiscovery(reply: Buffer): ParsedDiscovery {
  if (reply.length === 0) return problem('truncated', 'nothing yet')
  if (reply[0] !== RESPONSE) return strange(reply)
  if (reply.length < HEADER_BYTES) return problem('truncated', `${reply.length} of ${HEADER_BYTES} bytes`)
  const body = reply.readUInt32BE(8)
  const skipped = reply.readUInt16BE(2) + (reply[4] ?? 0)
  if (body > LONGEST_BODY || skipped > body) return problem('wrong-length', `the header announces ${body} bytes`)
  if (reply.length < HEADER_BYTES + body) return problem('truncated', `${reply.length - HEADER_BYTES} of ${body} bytes`)
  const value = reply.subarray(HEADER_BYTES + skipped, HEADER_BYTES + body).toString('latin1')
  const status = reply.readUInt16BE(6)
  if (status === STATUS.notFound) return problem('nothing-stored', 'the server has no such key')
  if (status === STATUS.unknownCommand) return problem('error-reply', 'unknown command (status 0x81)')
  if (status !== STATUS.ok) return problem('error-reply', `status 0x${status.toString(16).padStart(2, '0')}: ${value}`)
  const list = parsePayload(value)
  return 'ok' in list ? list : { ok: true, form: reply[1] === OPCODES.legacy ? 'legacy' : 'config', ...list }
}

/** A server without the binary protocol answers with a line, or with a banner. */
function strange(reply: Buffer): ParsedDiscovery {
  const line = reply.indexOf(0x0a) >= 0 || reply.length >= HEADER_BYTES
  if (!line) return problem('truncated', `${reply.length} bytes of no binary reply`)
  const [first = ''] = reply.subarray(0, 80).toString('latin1').split(/\r?\n/)
  return problem('foreign', first.replace(/[^\x20-\x7e]/g, '?'))
}

type Problem = Extract<ParsedDiscovery, { ok: false }>

const problem = (kind: Problem['problem'], detail: string): Problem => ({ ok: false, problem: kind, detail })
