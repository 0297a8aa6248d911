import { memcached } from '../../../api/catalog/engines.ts'
import { resources } from '../../../api/catalog/resources.ts'
import type { Output } from '../../../api/model.ts'
import { shellWord } from '../../../api/shell.ts'
import type { ClusterFacts } from '../../../diagnose/evidence.ts'
import { type Cache, type CacheKind, endOf, networkTypeOf, pendingIn, serversOf } from '../cache.ts'

export type CacheCluster = NonNullable<Output<'DescribeCacheClusters'>['CacheClusters']>[number]

export const cluster: CacheKind = {
  kind: resources.cluster,
  cacheOf: (item) => clusterOf(item as CacheCluster), // what that operation lists
}

function clusterOf(given: CacheCluster): Cache {
  const networkType = networkTypeOf(given.NetworkType)
  const configuration = endOf(given.ConfigurationEndpoint)
  const nodes = (given.CacheNodes ?? []).map(nodeOf)
  const { ParameterApplyStatus, CacheParameterGroupName, CacheNodeIdsToReboot } = given.CacheParameterGroup ?? {}
  const topic = given.NotificationConfiguration?.TopicStatus
  return {
    kind: resources.cluster,
    id: given.CacheClusterId ?? '',
    status: given.CacheClusterStatus ?? 'unknown',
    engine: given.Engine ?? memcached.name,
    ...(given.EngineVersion && { engineVersion: given.EngineVersion }),
    ...(networkType && { networkType }),
    ...((given.IpDiscovery === 'ipv4' || given.IpDiscovery === 'ipv6') && { ipDiscovery: given.IpDiscovery }),
    tls: given.TransitEncryptionEnabled === true,
    numCacheNodes: given.NumCacheNodes ?? 0,
    ...(configuration && { configuration }),
    nodes,
    servers: serversOf(nodes),
    ...(given.ReplicationGroupId && { memberOf: given.ReplicationGroupId }),
    ...(ParameterApplyStatus && { parameterApplyStatus: ParameterApplyStatus }),
    ...(CacheParameterGroupName && { parameterGroup: CacheParameterGroupName }),
    ...(CacheNodeIdsToReboot && { nodesToReboot: CacheNodeIdsToReboot }),
    ...(given.CacheNodeType && { nodeType: given.CacheNodeType }),
    ...(given.CacheSubnetGroupName && { subnetGroup: given.CacheSubnetGroupName }),
    ...(given.PreferredMaintenanceWindow && { maintenanceWindow: given.PreferredMaintenanceWindow }),
    ...(topic && { notifications: topic }),
    ...(given.AutoMinorVersionUpgrade !== undefined && { autoMinorVersionUpgrade: given.AutoMinorVersionUpgrade }),
    pending: pendingIn(given.PendingModifiedValues),
    securityGroups: (given.SecurityGroups ?? []).flatMap(({ SecurityGroupId }) => SecurityGroupId ?? []),
    not: given.Engine === undefined || given.Engine === memcached.name ? {} : notForRedis(given),
  }
}

/** A lone cluster of Redis OSS or Valkey, or a member of a replication group: one node, of which no other tells. */
function notForRedis({ Engine: engine, ReplicationGroupId: group }: CacheCluster): Cache['not'] {
  return {
    listed: {
      why: `its engine is ${engine}, which has no Auto Discovery.`,
      instead: group
        ? `What its group knows of itself: cachectl discover ${shellWord(group)}`
        : 'It has one node: cachectl endpoints shows where.',
    },
    scaled: {
      why: `its engine is ${engine}, whose clusters have one node.`,
      instead: group
        ? `It belongs to ${group}: cachectl scale ${shellWord(group)} --replicas <number>`
        : 'Make it the primary of a group, then add replicas: cachectl create-replication-group --primary-cluster-id <id> ...',
    },
  }
}

function nodeOf(node: NonNullable<CacheCluster['CacheNodes']>[number]): ClusterFacts['nodes'][number] {
  const { CacheNodeId: id = '', CacheNodeStatus: status = '', Endpoint, CustomerAvailabilityZone: zone } = node
  return { id, status, ...endOf(Endpoint), ...(zone && { zone }) }
}
