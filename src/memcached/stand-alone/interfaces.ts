import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ListenAddress } from '../../net/serve/listener.ts'
import { BadArgument, type Plan } from './plan.ts'

/** One address to listen on; `plain`: without TLS on a node that has it. */
export interface Interface extends ListenAddress {
  readonly plain: boolean
  /** Whether the node can do without it: the second of the default addresses. */
  readonly optional: boolean
}

const PLAIN = 'notls:'

/**
 * Where a command line wants to listen. Without `-l` that is the loopback addresses, not every one as with memcached:
 * nothing of ours can be reached from outside unless the operator says so.
 */
export async function interfacesOf({ listen, port }: Pick<Plan, 'listen' | 'port'>): Promise<Interface[]> {
  if (listen.length === 0) {
    const optional = { port, plain: false, optional: true }
    return [
      { ...optional, host: '127.0.0.1', optional: false },
      { ...optional, host: '::1' },
    ]
  }
  return (await Promise.all(listen.map((spoken) => interfacesFor(spoken, port)))).flat()
}

async function interfacesFor(spoken: string, otherwise: number): Promise<Interface[]> {
  const plain = spoken.startsWith(PLAIN)
  const { host, port } = hostAndPort(plain ? spoken.slice(PLAIN.length) : spoken, otherwise)
  const addresses = isIP(host) !== 0 ? [host] : await addressesOf(host)
  return addresses.map((address) => ({ host: address, port, plain, optional: false }))
}

/** `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IP literal. */
function hostAndPort(spoken: string, otherwise: number): ListenAddress {
  if (isIP(spoken) !== 0) return { host: spoken, port: otherwise }
  const [, bracketed, name = '', port] = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(spoken) ?? []
  const host = bracketed ?? name
  if (host === '' || Number(port ?? 0) > 65_535) throw new BadArgument(`-l: not an address: '${spoken}'`)
  return { host, port: port === undefined ? otherwise : Number(port) }
}

async function addressesOf(name: string): Promise<string[]> {
  try {
    const found = await lookup(name, { all: true })
    return [...new Set(found.map(({ address }) => address))]
  } catch {
    throw new BadArgument(`-l: no address found for '${name}'`)
  }
}
