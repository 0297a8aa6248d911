import { memcached } from '../../../api/catalog/engines.ts'
import { resources } from '../../../api/catalog/resources.ts'
import type { Output } from '../../../api/model.ts'
import type { ClusterFacts } from '../../../diagnose/evidence.ts'
import { type Cache, type CacheKind, endOf, networkTypeOf } from '../cache.ts'

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
    servers: nodes.flatMap(({ id, host, port }) => (host && port ? [{ label: id, host, port }] : [])),
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
    not: {},
  }
}

function nodeOf(node: NonNullable<CacheCluster['CacheNodes']>[number]): ClusterFacts['nodes'][number] {
  const { CacheNodeId: id = '', CacheNodeStatus: status = '', Endpoint, CustomerAvailabilityZone: zone } = node
  return { id, status, ...endOf(Endpoint), ...(zone && { zone }) }
}

const pendingIn = (values: CacheCluster['PendingModifiedValues'] = {}): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0) ? [] : [name],
  )
