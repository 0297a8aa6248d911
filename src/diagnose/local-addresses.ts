import { networkInterfaces } from 'node:os'
import { ipv4Bits } from '../net/ip-address.ts'
import type { InterfaceAddress, OrderInput } from './address-order.ts'
import { sourceAddressFor } from './source-address.ts'
import { kernelFile } from './system-file.ts'

/** What glibc would ask this host's kernel before it sorts these candidates. No packet is sent. Never rejects. */
export async function orderInputHere(candidates: readonly string[]): Promise<OrderInput> {
  const sources: Record<string, string | null> = {}
  for (const candidate of candidates) {
    const source = await sourceAddressFor(candidate)
    sources[candidate] = 'address' in source ? source.address : null
  }
  return { candidates, sources, ifaddrs: await localAddresses() }
}

/**
 * This host's addresses, as glibc asks the kernel for them: also those of interfaces without a carrier (a bridge without
 * members), which Node leaves out. Outside Linux without deprecation and tunnels: only glibc's order needs these.
 */
async function localAddresses(): Promise<InterfaceAddress[]> {
  const six = parseIfInet6(await kernelFile('/proc/net/if_inet6'))
  const listed = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list
      .filter(({ address }) => six.length === 0 || ipv4Bits(address) !== undefined)
      .map(({ address, cidr }) => ({ addr: address, prefixlen: Number(cidr?.split('/')[1] ?? 0), name })),
  )
  const [trie, routes] = await Promise.all(['/proc/net/fib_trie', '/proc/net/route'].map(kernelFile))
  const known = new Set(listed.map(({ addr }) => addr))
  const unlisted = addressesWithoutCarrier(trie ?? '', routes ?? '').filter(({ addr }) => !known.has(addr))
  const kinds = new Map<string, { index: number; tunnel: boolean }>()
  for (const { name } of [...listed, ...unlisted, ...six]) if (!kinds.has(name)) kinds.set(name, await kindOf(name))
  return [...listed, ...unlisted, ...six].map(({ name, ...address }) => {
    const { index = 0, tunnel = false } = kinds.get(name) ?? {}
    return { ...address, index, ...(tunnel && { tunnel }) }
  })
}

async function kindOf(name: string): Promise<{ index: number; tunnel: boolean }> {
  const index = Number(await kernelFile(`/sys/class/net/${name}/ifindex`))
  return { index, tunnel: TUNNEL_TYPES.has((await kernelFile(`/sys/class/net/${name}/type`)).trim()) }
}

// linux/if_arp.h: ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT; the ones glibc calls non-native.
const TUNNEL_TYPES: ReadonlySet<string> = new Set(['768', '769', '776'])

type NamedAddress = Omit<InterfaceAddress, 'index' | 'tunnel'> & { readonly name: string; readonly index?: number }

/** Deprecated is flag 0x20 (over its preferred lifetime) or 0x04 (optimistic). */
function parseIfInet6(text: string): NamedAddress[] {
  return text.split('\n').flatMap((line) => {
    const [hex, , length = '', , flags = '', name] = line.trim().split(/\s+/)
    if (hex?.length !== 32 || name === undefined) return []
    const addr = hex.replace(/(.{4})(?=.)/g, '$1:')
    const deprecated = (Number.parseInt(flags, 16) & 0x24) !== 0
    return [{ addr, prefixlen: Number.parseInt(length, 16), name, ...(deprecated && { deprecated }) }]
  })
}

/** IPv4 addresses of the kernel's own list, with the network each lies in by the routing table. */
function addressesWithoutCarrier(fibTrie: string, routes: string): NamedAddress[] {
  const local = new Set([...fibTrie.matchAll(/-- ([\d.]+)\s+\/32 host LOCAL/g)].map(([, address = '']) => address))
  const connected = routes.split('\n').flatMap((line) => {
    const [name = '', destination = '', gateway = '', , , , , mask = ''] = line.split('\t')
    return gateway === '00000000' && mask !== '00000000'
      ? [{ name, network: littleEndian(destination), mask: littleEndian(mask) }]
      : []
  })
  return [...local].flatMap((addr) => {
    const bits = ipv4Bits(addr) ?? 0n
    const own = connected.find(({ network, mask }) => (bits & mask) === network)
    return own ? [{ addr, prefixlen: own.mask.toString(2).replaceAll('0', '').length, name: own.name }] : []
  })
}

const littleEndian = (hex: string): bigint => BigInt(`0x${(hex.match(/../g) ?? ['0']).reverse().join('')}`)
