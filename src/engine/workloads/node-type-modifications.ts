import { type NodeType, nodeTypes } from '../../api/catalog/node-types.ts'
import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { findCluster } from './clusters/operations.ts'
import { scalableTypes } from './clusters/vertical-scaling.ts'
import { findMember, findReplicationGroup } from './replication-groups/find.ts'
import { scalableTypes as scalableTypesOfGroup } from './replication-groups/node-types.ts'

/**
 * Up means more memory, down less. AWS answers a cluster that has nothing to scale to, as all before 1.5, with empty lists (API
 * model, second example). It lists types of previous generations too, to scale groups down to; they cannot be had here.
 */
export const ListAllowedNodeTypeModifications: Handler<'ListAllowedNodeTypeModifications'> = (input, context) => {
  const { CacheClusterId, ReplicationGroupId } = input
  if ((CacheClusterId === undefined) === (ReplicationGroupId === undefined)) {
    throw new Fault('InvalidParameterCombination', 'Specify either CacheClusterId or ReplicationGroupId.')
  }
  const group =
    ReplicationGroupId === undefined
      ? findMember(CacheClusterId, context)?.group
      : findReplicationGroup(ReplicationGroupId, context)
  if (group) return byMemory(group, scalableTypesOfGroup(group), ({ maxmemory }) => maxmemory)
  const cluster = findCluster(CacheClusterId, context)
  return byMemory(cluster, scalableTypes(cluster), ({ maxCacheMemory }) => maxCacheMemory)
}

function byMemory(
  { nodeType }: { readonly nodeType: string },
  types: readonly NodeType[],
  memoryOf: (type: NodeType) => number,
) {
  const present = nodeTypes.get(nodeType)
  const memory = present ? memoryOf(present) : 0
  return {
    ScaleUpModifications: types.filter((type) => memoryOf(type) > memory).map(({ name }) => name),
    ScaleDownModifications: types.filter((type) => memoryOf(type) <= memory).map(({ name }) => name),
  }
}
