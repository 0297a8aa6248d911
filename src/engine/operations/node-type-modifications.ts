import { Fault } from '../../api/faults.ts'
import { findCluster } from './cache-clusters.ts'
import type { Handler } from './context.ts'

/**
 * None for Memcached: another node type takes a new cluster (guide, "Scaling Memcached vertically"). AWS answers a cluster that
 * has nothing to scale to with empty lists (API model, second example).
 */
export const ListAllowedNodeTypeModifications: Handler<'ListAllowedNodeTypeModifications'> = (input, context) => {
  const { CacheClusterId, ReplicationGroupId } = input
  if ((CacheClusterId === undefined) === (ReplicationGroupId === undefined)) {
    throw new Fault('InvalidParameterCombination', 'Specify either CacheClusterId or ReplicationGroupId.')
  }
  if (ReplicationGroupId !== undefined) {
    throw new Fault('ReplicationGroupNotFoundFault', `ReplicationGroup not found: ${ReplicationGroupId}`)
  }
  findCluster(CacheClusterId, context)
  return { ScaleUpModifications: [], ScaleDownModifications: [] }
}
