import { resources } from '../../../api/catalog/resources.ts'
import type { Output } from '../../../api/model.ts'
import { type Cache, type CacheKind, endOf } from '../cache.ts'

type ReplicationGroup = NonNullable<Output<'DescribeReplicationGroups'>['ReplicationGroups']>[number]

export const replicationGroup: CacheKind = {
  kind: resources.replicationGroup,
  cacheOf: (item) => groupOf(item as ReplicationGroup), // what that operation lists
}

/** Its servers are the doors to its primaries: in cluster mode each knows all of them. */
function groupOf(given: ReplicationGroup): Cache {
  const { ReplicationGroupId: id = '', Status: status = 'unknown', NodeGroups = [] } = given
  const configuration = endOf(given.ConfigurationEndpoint)
  const members = NodeGroups.flatMap(({ NodeGroupMembers = [] }) => NodeGroupMembers)
  const nodes = members.map(({ CacheClusterId = '', ReadEndpoint }) => ({
    id: CacheClusterId,
    status,
    ...endOf(ReadEndpoint),
  }))
  return {
    kind: resources.replicationGroup,
    id,
    status,
    engine: given.Engine ?? 'redis',
    tls: given.TransitEncryptionEnabled === true,
    numCacheNodes: members.length,
    ...(configuration && { configuration }),
    nodes,
    servers: NodeGroups.flatMap(({ NodeGroupId = '', PrimaryEndpoint }) => {
      const end = endOf(PrimaryEndpoint)
      return end ? [{ label: NodeGroupId, ...end }] : []
    }),
    pending: [],
    securityGroups: [],
    not: {},
  }
}
