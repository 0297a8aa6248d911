import { nodeTypes } from '../../../api/catalog/node-types.ts'
import { Fault } from '../../../api/faults.ts'
import type { Handler } from '../../calls/context.ts'
import { findCluster } from './operations.ts'
import { scalableTypes } from './vertical-scaling.ts'

/**
 * Up means more memory, down less. AWS answers a cluster that has nothing to scale to, as all before 1.5, with empty lists (API
 * model, second example).
 */
export const ListAllowedNodeTypeModifications: Handler<'ListAllowedNodeTypeModifications'> = (input, context) => {
  const { CacheClusterId, ReplicationGroupId } = input
  if ((CacheClusterId === undefined) === (ReplicationGroupId === undefined)) {
    throw new Fault('InvalidParameterCombination', 'Specify either CacheClusterId or ReplicationGroupId.')
  }
  if (ReplicationGroupId !== undefined) {
    throw new Fault('ReplicationGroupNotFoundFault', `ReplicationGroup not found: ${ReplicationGroupId}`)
  }
  const cluster = findCluster(CacheClusterId, context)
  const memory = nodeTypes.get(cluster.nodeType)?.maxCacheMemory ?? 0
  const types = scalableTypes(cluster)
  return {
    ScaleUpModifications: types.filter(({ maxCacheMemory }) => maxCacheMemory > memory).map(({ name }) => name),
    ScaleDownModifications: types.filter(({ maxCacheMemory }) => maxCacheMemory <= memory).map(({ name }) => name),
  }
}
