/** What the endpoints of a cluster are called, and what its nodes tell of each other. Pure. */
import { isIP } from 'node:net'
import type { DiscoveryMember } from '../../../discovery/encode.ts'
import { addressOf, hostsOfMachine, hostToTell } from '../../nodes/addresses.ts'
import { domainOf, hostName } from '../../nodes/host-names.ts'
import type { CacheClusterRecord, CacheNodeRecord, HostName, Place } from '../../store/records.ts'

const configurationName = (cluster: CacheClusterRecord): string =>
  `${cluster.id}.${cluster.token}.cfg.${domainOf(cluster)}`

/** With TLS a label before the cluster's, so that one wildcard of a certificate is for all nodes, as in AWS's. */
const nodeName = (cluster: CacheClusterRecord, node: string): string => {
  const { id, token, tls } = cluster
  return `${tls ? `${node}.${id}.${token}` : `${id}.${token}.${node}`}.${domainOf(cluster)}`
}

/** `Endpoint.Address` of the configuration endpoint. */
export const configurationAddress = (cluster: CacheClusterRecord, place: Place): string =>
  cluster.named ? configurationName(cluster) : hostToTell(cluster, place)

/** `Endpoint.Address` of a node. */
export const nodeAddress = (cluster: CacheClusterRecord, node: CacheNodeRecord): string =>
  cluster.named ? nodeName(cluster, node.id) : hostToTell(cluster, node)

/**
 * What its names stand for.
 * @param answering The nodes that may answer on the configuration endpoint, the first first.
 */
export function namesOf(cluster: CacheClusterRecord, answering: readonly string[]): readonly HostName[] {
  const { named, discovery, networkType, nodes } = cluster
  if (!named) return []
  const shown = nodes.map((node) => hostName(nodeName(cluster, node.id), networkType, node))
  if (!discovery) return shown
  const configuration = hostName(configurationName(cluster), networkType, discovery)
  const first = nodes.find(({ id }) => id === answering[0])
  // On AWS it is an alias of one of the nodes always: they have the same port there.
  const isAlias = first?.port === discovery.port
  return [isAlias ? { ...configuration, alias: nodeName(cluster, first.id) } : configuration, ...shown]
}

/** Whom a certificate of its nodes is for. */
export function certificateNames(cluster: CacheClusterRecord) {
  const { id, token } = cluster
  const own = `${id}.${token}.${domainOf(cluster)}`
  return { subject: own, names: [...hostsOfMachine(cluster), `*.${own}`, configurationName(cluster)] }
}

/**
 * The nodes as the discovery metadata lists them. Clients check field 1 against names (pymemcache refuses `localhost` as a
 * seed but takes it here) and connect to field 2, one family only, chosen by IP discovery. Under TLS the list holds host
 * names only; an IPv6-only cluster without names then has to put its address there, since `localhost` need not resolve to `::1`.
 */
export const discoveryMembers = (cluster: CacheClusterRecord): DiscoveryMember[] =>
  cluster.nodes
    .filter(({ advertised }) => advertised)
    .map((node) => {
      const { port } = node
      const { named, advertisedHost } = cluster
      if (!named && advertisedHost !== undefined) {
        // What a name stands for is not known here: clients that get no address take the name.
        const ip = !cluster.tls && isIP(advertisedHost) !== 0 ? advertisedHost : undefined
        return { host: advertisedHost, ip, port }
      }
      const host = cluster.named ? nodeName(cluster, node.id) : 'localhost'
      if (!cluster.tls) return { host, ip: addressOf(cluster.ipDiscovery, node), port }
      return { host: cluster.networkType === 'ipv6' && !cluster.named ? addressOf('ipv6', node) : host, port }
    })
