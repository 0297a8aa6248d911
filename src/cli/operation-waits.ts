/**
 * The operations that start a change, and which waiter tells that it is done. A table by itself: every call reads it
 * for its options, few wait.
 */
import type { OperationName } from '../api/model.ts'
import type { WaiterName } from './waiters.ts'

export interface Change {
  readonly waiter: WaiterName
  /** The member of the operation's input that names what changes, and of the Describe operation's. */
  readonly id: string
}

const change = (waiter: WaiterName, id: string): Change => ({ waiter, id })

const cluster = change('cache-cluster-available', 'CacheClusterId')
const group = change('replication-group-available', 'ReplicationGroupId')
const serverless = change('serverless-cache-available', 'ServerlessCacheName')
const globalGroup = change('global-replication-group-available', 'GlobalReplicationGroupId')

export const waits: Partial<Record<OperationName, Change>> = {
  CreateCacheCluster: cluster,
  ModifyCacheCluster: cluster,
  RebootCacheCluster: cluster,
  DeleteCacheCluster: change('cache-cluster-deleted', 'CacheClusterId'),
  CreateServerlessCache: serverless,
  ModifyServerlessCache: serverless,
  DeleteServerlessCache: change('serverless-cache-deleted', 'ServerlessCacheName'),
  CreateServerlessCacheSnapshot: change('serverless-cache-snapshot-available', 'ServerlessCacheSnapshotName'),
  CopyServerlessCacheSnapshot: change('serverless-cache-snapshot-available', 'TargetServerlessCacheSnapshotName'),
  ExportServerlessCacheSnapshot: change('serverless-cache-snapshot-available', 'ServerlessCacheSnapshotName'),
  DeleteServerlessCacheSnapshot: change('serverless-cache-snapshot-deleted', 'ServerlessCacheSnapshotName'),
  CreateSnapshot: change('snapshot-available', 'SnapshotName'),
  CopySnapshot: change('snapshot-available', 'TargetSnapshotName'),
  DeleteSnapshot: change('snapshot-deleted', 'SnapshotName'),
  CreateReplicationGroup: group,
  ModifyReplicationGroup: group,
  ModifyReplicationGroupShardConfiguration: group,
  IncreaseReplicaCount: group,
  DecreaseReplicaCount: group,
  TestFailover: group,
  StartMigration: group,
  CompleteMigration: group,
  DeleteReplicationGroup: change('replication-group-deleted', 'ReplicationGroupId'),
  ModifyGlobalReplicationGroup: globalGroup,
  IncreaseNodeGroupsInGlobalReplicationGroup: globalGroup,
  DecreaseNodeGroupsInGlobalReplicationGroup: globalGroup,
  RebalanceSlotsInGlobalReplicationGroup: globalGroup,
  FailoverGlobalReplicationGroup: globalGroup,
  DeleteGlobalReplicationGroup: change('global-replication-group-deleted', 'GlobalReplicationGroupId'),
  CreateUser: change('user-active', 'UserId'),
  ModifyUser: change('user-active', 'UserId'),
  DeleteUser: change('user-deleted', 'UserId'),
  CreateUserGroup: change('user-group-active', 'UserGroupId'),
  ModifyUserGroup: change('user-group-active', 'UserGroupId'),
  DeleteUserGroup: change('user-group-deleted', 'UserGroupId'),
}
