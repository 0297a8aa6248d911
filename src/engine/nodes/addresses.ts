import type { DiscoveryMember } from '../../discovery/encode.ts'
import type { CacheClusterRecord, NetworkType } from '../store/records.ts'

const IPV4 = '127.0.0.1'
const IPV6 = '::1'

/** Loopback addresses that nodes of a network type listen on. */
export const listenAddresses = (networkType: NetworkType): readonly string[] =>
  ({ ipv4: [IPV4], ipv6: [IPV6], dual_stack: [IPV4, IPV6] })[networkType]

/** `Endpoint.Address` of nodes and of the configuration endpoint. A name where both families answer. */
export const endpointAddress = (networkType: NetworkType): string =>
  ({ ipv4: IPV4, ipv6: IPV6, dual_stack: 'localhost' })[networkType]

/**
 * The nodes as the discovery metadata lists them. Clients check field 1 against names (pymemcache refuses `localhost` as a
 * seed but takes it here) and connect to field 2, one family only, chosen by IP discovery. Under TLS the list holds host
 * names only; an IPv6-only cluster then has to put its address there, since `localhost` need not resolve to `::1`.
 */
export const discoveryMembers = (cluster: CacheClusterRecord): DiscoveryMember[] =>
  cluster.nodes
    .filter(({ advertised }) => advertised)
    .map(({ port }) =>
      cluster.tls
        ? { host: cluster.networkType === 'ipv6' ? IPV6 : 'localhost', port }
        : { host: 'localhost', ip: cluster.ipDiscovery === 'ipv6' ? IPV6 : IPV4, port },
    )
