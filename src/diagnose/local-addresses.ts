import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { InterfaceAddress, OrderInput } from './address-order.ts'
import { policyBits } from './ip-address.ts'
import { sourceAddressFor } from './source-address.ts'

/** What glibc would ask this host's kernel before it sorts these candidates. No packet is sent. Never rejects. */
export async function orderInputHere(candidates: readonly string[]): Promise<OrderInput> {
  const sources: Record<string, string | null> = {}
  for (const candidate of candidates) {
    const source = await sourceAddressFor(candidate)
    sources[candidate] = 'address' in source ? source.address : null
  }
  return { candidates, sources, ifaddrs: await localAddresses() }
}

/** This host's addresses. Outside Linux without deprecation and tunnels: only glibc's order needs these. */
async function localAddresses(): Promise<InterfaceAddress[]> {
  const deprecated = deprecatedIn(await readText('/proc/net/if_inet6'))
  const addresses: InterfaceAddress[] = []
  for (const [name, list] of Object.entries(networkInterfaces())) {
    const index = Number(await readText(`/sys/class/net/${name}/ifindex`))
    const tunnel = TUNNEL_TYPES.has((await readText(`/sys/class/net/${name}/type`)).trim())
    for (const { address, cidr } of list ?? []) {
      addresses.push({
        addr: address,
        prefixlen: Number(cidr?.split('/')[1] ?? 0),
        index,
        ...(deprecated.has(policyBits(address) ?? -1n) && { deprecated: true }),
        ...(tunnel && { tunnel }),
      })
    }
  }
  return addresses
}

// linux/if_arp.h: ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT; the ones glibc calls non-native.
const TUNNEL_TYPES: ReadonlySet<string> = new Set(['768', '769', '776'])

/** Addresses flagged deprecated (0x20) or optimistic (0x04) in /proc/net/if_inet6, as 128 bits. */
function deprecatedIn(ifInet6: string): Set<bigint> {
  const found = new Set<bigint>()
  for (const line of ifInet6.split('\n')) {
    const [address, , , , flags] = line.trim().split(/\s+/)
    if (address && flags && (Number.parseInt(flags, 16) & 0x24) !== 0) found.add(BigInt(`0x${address}`))
  }
  return found
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
