/**
 * The Auto Discovery protocol's server side, as bytes.
 * Format: ElastiCache user guide, "Adding Auto Discovery to your client library".
 */

/** One node as the cluster advertises it. Without `ip` the field stays empty, as under TLS: `host||port`. */
export interface DiscoveryMember {
  readonly host: string
  readonly ip?: string | undefined
  readonly port: number
}

// Both would move the fields of every node after it.
const BREAKS_THE_LIST = /[\s|]/

/**
 * `<version>\n<host>|<ip>|<port> <host>|<ip>|<port>\n`, nodes in the order of their host names (ties: port).
 * It is what `<len>` of the reply counts; the `\r\n` that ends a data block is not part of it.
 * The version must only ever grow: the AWS Java client and libmemcached ignore a lower one.
 */
export function discoveryPayload(version: number, members: readonly DiscoveryMember[]): Buffer {
  const nodes = [...members].sort(byHostThenPort).map(listEntry)
  return Buffer.from(`${version}\n${nodes.join(' ')}\n`, 'latin1')
}

/**
 * The whole answer to `config get <key>`. One buffer, to be sent with one write: pymemcache, emcache and gomemcache
 * take the first segment for the whole reply.
 */
export function configReply(key: string, flags: number, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`CONFIG ${key} ${flags} ${payload.length}\r\n`, 'latin1'),
    payload,
    Buffer.from('\r\nEND\r\n', 'latin1'),
  ])
}

function listEntry({ host, ip = '', port }: DiscoveryMember): string {
  if (host === '' || BREAKS_THE_LIST.test(host) || BREAKS_THE_LIST.test(ip)) {
    throw new TypeError(`a node can't be advertised as ${JSON.stringify(`${host}|${ip}|${port}`)}`)
  }
  return `${host}|${ip}|${port}`
}

// Code units, not the locale's order: every node of a cluster must send the same bytes.
function byHostThenPort(a: DiscoveryMember, b: DiscoveryMember): number {
  if (a.host !== b.host) return a.host < b.host ? -1 : 1
  return a.port - b.port
}
