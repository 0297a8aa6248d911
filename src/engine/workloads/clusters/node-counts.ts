/** How many nodes there may be, and which of them a request may name. */
import type { EngineFacts } from '../../../api/catalog/engines.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { missing } from '../../http/query-protocol.ts'
import { quota } from '../../store/quotas.ts'
import type { CacheClusterRecord } from '../../store/records.ts'

/** 1 to 60 nodes by default: the guide's figure; the API reference still says 40. An engine may have fewer, in words of ours. */
export function readNodeCount(count: number | undefined, { name, mostNodes }: EngineFacts, context: Context): number {
  if (count === undefined) throw missing('NumCacheNodes')
  if (count < 1) {
    throw new Fault('InvalidParameterValue', `Invalid value ${count} for NumCacheNodes. Must be at least 1`)
  }
  if (mostNodes !== undefined && count > mostNodes) {
    throw new Fault(
      'InvalidParameterCombination',
      `Invalid value ${count} for NumCacheNodes. A cluster of ${name} has at most ${mostNodes}.`,
    )
  }
  const limit = quota('nodes-per-cluster', context)
  if (count > limit) {
    throw new Fault(
      'NodeQuotaForClusterExceeded',
      `Cluster node quota exceeded. Each cluster can have at most ${limit} nodes in this region.`,
    )
  }
  return count
}

export function refuseBeyondRegionQuota(added: number, context: Context): void {
  const { store, region } = context
  const ofClusters = store
    .list('cluster', region)
    .reduce((sum, { nodes, numCacheNodes }) => sum + Math.max(nodes.length, numCacheNodes), 0)
  const ofGroups = store
    .list('replicationGroup', region)
    .reduce((sum, { shards }) => sum + shards.reduce((count, { members }) => count + members.length, 0), 0)
  const present = ofClusters + ofGroups
  const limit = quota('nodes-per-region', context)
  if (added > 0 && present + added > limit) {
    throw new Fault(
      'NodeQuotaForCustomerExceeded',
      `Customer node quota exceeded. You can have at most ${limit} nodes in this region.`,
    )
  }
}

export function refuseUnknownNodes(ids: readonly string[], cluster: CacheClusterRecord): void {
  const unknown = ids.filter((id) => !cluster.nodes.some((node) => node.id === id))
  if (unknown.length > 0) {
    const present = cluster.nodes.map(({ id }) => id).join(', ')
    throw new Fault(
      'InvalidParameterValue',
      `The following cache node ids are invalid: [${unknown.join(', ')}]. Cache cluster ${cluster.id} has ${present}.`,
    )
  }
}
