import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { findCluster } from '../workloads/clusters/operations.ts'

/** Clusters of Memcached cannot be snapshotted, only serverless caches can (guide, "Snapshot and restore"). */
export const CreateSnapshot: Handler<'CreateSnapshot'> = ({ CacheClusterId, ReplicationGroupId }, context) => {
  if ((CacheClusterId === undefined) === (ReplicationGroupId === undefined)) {
    throw new Fault('InvalidParameterCombination', 'Specify either CacheClusterId or ReplicationGroupId.')
  }
  if (ReplicationGroupId !== undefined) {
    throw new Fault('ReplicationGroupNotFoundFault', `ReplicationGroup not found: ${ReplicationGroupId}`)
  }
  const { engine } = findCluster(CacheClusterId, context)
  throw new Fault('SnapshotFeatureNotSupportedFault', `Snapshotting is not supported for engine ${engine}.`)
}
