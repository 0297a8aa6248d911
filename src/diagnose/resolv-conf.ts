import { isIP } from 'node:net'
import { privateServerOf } from '../net/private-zone.ts'
import type { DnsServer } from './dns-query.ts'

/** /etc/resolv.conf as glibc reads it (resolver(5)). */
export interface ResolvConf {
  readonly servers: readonly DnsServer[]
  readonly search: readonly string[]
  /** A name with fewer dots is tried with the search list first. */
  readonly ndots: number
  /** Seconds per try and server. */
  readonly timeout: number
  readonly attempts: number
  readonly options: readonly string[]
}

const DNS_PORT = 53
/** MAXNS of resolv.h: glibc does not look at a fourth one. */
const MOST_SERVERS = 3

export function parseResolvConf(text: string): ResolvConf {
  const servers: DnsServer[] = []
  let search: readonly string[] = []
  const options: string[] = []
  for (const line of text.split('\n')) {
    // A comment is a line that begins with it; nothing is cut off later in a line.
    const [keyword = '', ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && words[0] && isIP(words[0].replace(/%.*$/, '')) !== 0) {
      servers.push({ address: words[0], port: DNS_PORT })
    }
    // The last of several search and domain lines counts.
    if (keyword === 'search' || keyword === 'domain') search = words
    if (keyword === 'options') options.push(...words)
  }
  const number = (name: string, otherwise: number): number => {
    const option = options.findLast((each) => each.startsWith(`${name}:`))
    return option === undefined ? otherwise : Number(option.slice(name.length + 1)) || otherwise
  }
  return {
    servers: servers.length > 0 ? servers.slice(0, MOST_SERVERS) : [{ address: '127.0.0.1', port: DNS_PORT }],
    search,
    ndots: number('ndots', 1),
    timeout: number('timeout', 5),
    attempts: number('attempts', 2),
    options,
  }
}

/** Who is asked for a name: the server of its private zone, where it is of one. */
export function serversFor(name: string, { servers }: ResolvConf): readonly DnsServer[] {
  const own = privateServerOf(name)
  return own ? [own] : servers
}

/** The names glibc asks for one after the other, without their final dot. */
export function namesTried(name: string, { search, ndots }: ResolvConf): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const suffixed = search.map((suffix) => `${name}.${suffix.replace(/\.$/, '')}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...suffixed] : [...suffixed, name]
}

/** `10.0.0.2`, `10.0.0.2:5353`, `[fd00::2]:53` or a bare IPv6 address. Undefined: none of these. */
export function parseServer(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT }
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d+))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? ''
  const port = portText === undefined ? DNS_PORT : Number(portText)
  return isIP(address) !== 0 && port > 0 && port < 65_536 ? { address, port } : undefined
}
