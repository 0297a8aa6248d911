import { isIP } from 'node:net'

export type Family = 4 | 6

/** One node of a cluster's list. Without `ip` the cluster shows names only, as under TLS. */
export interface DiscoveredNode {
  readonly host: string
  readonly ip?: string
  /** The family of `ip`; absent when there is none. */
  readonly family?: Family
  readonly port: number
}

/** Never empty: a list without nodes is the problem `no-nodes`. */
export interface ClusterList {
  readonly version: number
  readonly nodes: readonly DiscoveredNode[]
}

export type DiscoveryProblem =
  /** `ERROR`, `CLIENT_ERROR ...`, `SERVER_ERROR ...`: the server doesn't know the command, or can't run it. */
  | 'error-reply'
  /** `END`: the command is known, and no list is stored. */
  | 'nothing-stored'
  /** The reply stops before its end. While a connection is open, this means: read on. */
  | 'truncated'
  /** The header's length isn't the length of what follows. */
  | 'wrong-length'
  /** A version, and not one node. */
  | 'no-nodes'
  /** The header, or in a frame that is right the version or an entry, can't be read. */
  | 'malformed'
  /** Not a Memcached reply at all. */
  | 'foreign'

export type ParsedDiscovery =
  | ({ readonly ok: true; readonly form: 'config' | 'legacy' } & ClusterList)
  | { readonly ok: false; readonly problem: DiscoveryProblem; readonly detail: string }

type Problem = Extract<ParsedDiscovery, { ok: false }>

const HEADER = /^(?:(CONFIG) cluster|VALUE AmazonElastiCache:cluster) \d+ (\d+)(?: \d+)? *$/
const TERMINATOR = '\r\nEND\r\n'
const ENDS_WITH_END_LINE = /\nEND\r?\n$/
// config_size_max is 65536 on ElastiCache. A longer announcement is not worth waiting for.
const LONGEST_PAYLOAD = 1 << 20

/**
 * Reads a whole reply to `config get cluster` or `get AmazonElastiCache:cluster`.
 * Bare LF, a missing final newline, a version line that ends in CRLF and repeated spaces are all accepted: each is
 * sent by some server in use, and read by ElastiCache's own clients.
 */
export function parseDiscovery(reply: Buffer | string): ParsedDiscovery {
  // latin1: one character per byte, so that the announced length counts characters.
  const text = typeof reply === 'string' ? reply : reply.toString('latin1')
  const headerEnd = text.indexOf('\n')
  if (headerEnd < 0) return problem('truncated', `${text.length} bytes and no end of line`)

  const firstLine = text.slice(0, headerEnd).replace(/\r$/, '')
  if (/^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(firstLine)) return problem('error-reply', excerpt(firstLine))
  if (firstLine === 'END') return problem('nothing-stored', 'the server answered END')
  const header = HEADER.exec(firstLine)
  if (!header) return problem(/^(CONFIG|VALUE) /.test(firstLine) ? 'malformed' : 'foreign', excerpt(firstLine))

  const payload = unframe(text.slice(headerEnd + 1), Number(header[2]))
  if (typeof payload !== 'string') return payload
  const list = parsePayload(payload)
  return 'ok' in list ? list : { ok: true, form: header[1] ? 'config' : 'legacy', ...list }
}

/** Reads the stored text alone: `<version>\n<host>|<ip>|<port> ...\n`. */
export function parsePayload(payload: string): ClusterList | Problem {
  const [versionLine = '', ...rest] = payload.split('\n')
  const version = Number(versionLine.trim())
  if (!/^\s*\d+\s*$/.test(versionLine) || !Number.isSafeInteger(version)) {
    return problem('malformed', `the version is ${JSON.stringify(excerpt(versionLine))}, not a whole number`)
  }
  const [nodeLine = '', ...further] = rest.filter((line) => line.trim() !== '')
  // Clients read one line of nodes: those on another are lost to them.
  if (further.length > 0) return problem('malformed', `the nodes stand on ${further.length + 1} lines instead of one`)
  const entries = nodeLine.split(/\s+/).filter(Boolean)
  if (entries.length === 0) return problem('no-nodes', `version ${version} lists no nodes`)

  const nodes: DiscoveredNode[] = []
  for (const entry of entries) {
    const node = parseEntry(entry)
    if (!node) return problem('malformed', `${JSON.stringify(excerpt(entry))} is not host|ip|port`)
    nodes.push(node)
  }
  return { version, nodes }
}

/** Cuts the payload out of its data block, or says what is wrong with the block. */
function unframe(body: string, length: number): string | Problem {
  if (length > LONGEST_PAYLOAD) return problem('wrong-length', `the header announces ${length} bytes`)
  const after = body.slice(length)
  const [end] = /^\r?\nEND\r?\n/.exec(after) ?? []
  if (end !== undefined && after.slice(end.length).trim() !== '')
    return problem('malformed', `${after.length - end.length} bytes follow the END of the answer`)
  if (end !== undefined) return body.slice(0, length)
  if (ENDS_WITH_END_LINE.test(body)) {
    const found = body.replace(/\r?\nEND\r?\n$/, '').length
    return problem('wrong-length', `the header announces ${length} bytes, ${found} follow`)
  }
  if (body.length < length || TERMINATOR.startsWith(after) || TERMINATOR.replaceAll('\r', '').startsWith(after)) {
    return problem('truncated', `${body.length} of ${length + TERMINATOR.length} bytes`)
  }
  return problem('wrong-length', `no END after the ${length} announced bytes`)
}

// First and last bar, not a split in three: nothing else in the field is ours to judge.
function parseEntry(entry: string): DiscoveredNode | undefined {
  const first = entry.indexOf('|')
  const last = entry.lastIndexOf('|')
  if (first < 1 || last === first) return undefined
  const host = entry.slice(0, first)
  const ip = entry.slice(first + 1, last)
  const port = Number(entry.slice(last + 1))
  if (!/^\d+$/.test(entry.slice(last + 1)) || port < 1 || port > 65535) return undefined
  if (ip === '') return { host, port }
  const family = isIP(ip)
  return family === 4 || family === 6 ? { host, ip, family, port } : undefined
}

const problem = (kind: DiscoveryProblem, detail: string): Problem => ({ ok: false, problem: kind, detail })

// What strangers send is shown, never in full and never with its control characters.
const excerpt = (text: string): string => text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
