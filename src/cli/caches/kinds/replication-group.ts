import { resources } from '../../../api/catalog/resources.ts'
import type { Output } from '../../../api/model.ts'
import type { Item } from '../../output/human-value.ts'
import { type Cache, type CacheKind, endOf, pendingIn, type Shard, serversOf } from '../cache.ts'
import { cluster } from './cluster.ts'

type ReplicationGroup = NonNullable<Output<'DescribeReplicationGroups'>['ReplicationGroups']>[number]
type NodeGroup = NonNullable<ReplicationGroup['NodeGroups']>[number]
type Node = Cache['nodes'][number]

export const replicationGroup: CacheKind = {
  kind: resources.replicationGroup,
  hasMembers: true,
  cacheOf: (item, members = []) => groupOf(item as ReplicationGroup, members.map(memberOf)), // what that operation lists
}

const memberOf = (item: Item): Cache => cluster.cacheOf(item)

/**
 * Its servers are the doors to its primaries. In cluster mode it has none, and each node knows of all others: then they are
 * the nodes, whose endpoints are told of the members alone.
 */
function groupOf(given: ReplicationGroup, members: readonly Cache[]): Cache {
  const { ReplicationGroupId: id = '', Status: status = 'unknown', NodeGroups = [] } = given
  const configuration = endOf(given.ConfigurationEndpoint)
  const shards = NodeGroups.map(shardOf)
  const nodes = NodeGroups.flatMap((shard) => nodesOf(shard, members))
  const doors = shards.flatMap(doorsOf)
  // What holds for all of them, and the group does not tell.
  const member: Partial<Cache> = members[0] ?? {}
  const { engineVersion, parameterGroup, subnetGroup, maintenanceWindow, notifications, securityGroups = [] } = member
  const servers = shards.flatMap(({ id: label, primary }) => (primary ? [{ label, ...primary }] : []))
  return {
    kind: resources.replicationGroup,
    id,
    status,
    engine: given.Engine ?? 'redis',
    ...(engineVersion && { engineVersion }),
    ...networkOf(given, member),
    tls: given.TransitEncryptionEnabled === true,
    numCacheNodes: nodes.length,
    ...(configuration && { configuration }),
    nodes: [...doors, ...nodes],
    servers: servers.length > 0 ? servers : serversOf(nodes),
    shards,
    ...(parameterGroup && { parameterGroup }),
    ...(subnetGroup && { subnetGroup }),
    ...(maintenanceWindow && { maintenanceWindow }),
    ...(notifications && { notifications }),
    ...(given.CacheNodeType && { nodeType: given.CacheNodeType }),
    pending: pendingIn(given.PendingModifiedValues),
    securityGroups,
    group: true,
    not: {},
  }
}

/** As the group tells it; groups of older answers leave it to their members. */
function networkOf(given: ReplicationGroup, member: Partial<Cache>): Pick<Cache, 'networkType' | 'ipDiscovery'> {
  const { networkType = member.networkType, ipDiscovery = member.ipDiscovery } = cluster.cacheOf({
    NetworkType: given.NetworkType,
    IpDiscovery: given.IpDiscovery,
  })
  return { ...(networkType && { networkType }), ...(ipDiscovery && { ipDiscovery }) }
}

function shardOf({
  NodeGroupId: id = '',
  Status: status = '',
  Slots,
  PrimaryEndpoint,
  ReaderEndpoint,
}: NodeGroup): Shard {
  const [primary, reader] = [endOf(PrimaryEndpoint), endOf(ReaderEndpoint)]
  return { id, status, ...(Slots && { slots: Slots }), ...(primary && { primary }), ...(reader && { reader }) }
}

const doorsOf = ({ status, primary, reader }: Shard): Node[] => [
  ...(primary ? [{ id: 'primary', status, ...primary }] : []),
  ...(reader ? [{ id: 'reader', status, ...reader }] : []),
]

function nodesOf(shard: NodeGroup, members: readonly Cache[]): Node[] {
  const { NodeGroupId = '', Status = '', NodeGroupMembers = [] } = shard
  return NodeGroupMembers.map((told) => {
    const { CacheClusterId: id = '', PreferredAvailabilityZone: zone, CurrentRole: role, ReadEndpoint } = told
    const member = members.find((each) => each.id === id)
    const [node] = member?.nodes ?? []
    const end = endOf(ReadEndpoint) ?? (node?.host && node.port ? { host: node.host, port: node.port } : undefined)
    return {
      id,
      status: member?.status ?? Status,
      shard: NodeGroupId,
      ...(role && { role }),
      ...end,
      ...(zone && { zone }),
    }
  })
}
