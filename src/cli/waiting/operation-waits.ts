/**
 * The operations that start a change, and which waiter tells that it is done. A table by itself: every call reads it
 * for its options, few wait.
 */
import { resources } from '../../api/catalog/resources.ts'
import type { OperationName } from '../../api/model.ts'
import type { WaiterName } from './waiters.ts'

export interface Change {
  readonly waiter: WaiterName
  /** The member of the operation's input that names what changes, and of the Describe operation's. */
  readonly id: string
  /** With this member it is what another one names that changes. */
  readonly otherwise?: { readonly given: string; readonly id: string }
  /** States on the way that the waiter, which knows nothing of the call, takes for a failure. */
  readonly passing?: readonly string[]
  /** Events by which it is known how it has ended, where no state tells. */
  readonly told?: Outcome
}

export interface Outcome {
  /** Absent: the state tells. */
  readonly done?: RegExp
  readonly failed: RegExp
  /** Else the state tells there: AWS's words are not known. */
  readonly isKnownOnAws?: true
}

const change = (waiter: WaiterName, id: string): Change => ({ waiter, id })

/** The member of this input that names what changes. */
export const changedMember = ({ id, otherwise }: Change, input: object): string =>
  otherwise && Reflect.get(input, otherwise.given) !== undefined ? otherwise.id : id

const cluster = change('cache-cluster-available', resources.cluster.id)
const group = change('replication-group-available', resources.replicationGroup.id)
const serverless = change('serverless-cache-available', resources.serverlessCache.id)
const globalGroup = change('global-replication-group-available', resources.globalReplicationGroup.id)

export const waits: Partial<Record<OperationName, Change>> = {
  CreateCacheCluster: cluster,
  ModifyCacheCluster: cluster,
  RebootCacheCluster: cluster,
  // Its final snapshot comes first.
  DeleteCacheCluster: { ...change('cache-cluster-deleted', resources.cluster.id), passing: ['snapshotting'] },
  CreateServerlessCache: serverless,
  ModifyServerlessCache: serverless,
  DeleteServerlessCache: change('serverless-cache-deleted', resources.serverlessCache.id),
  CreateServerlessCacheSnapshot: change('serverless-cache-snapshot-available', resources.serverlessSnapshot.id),
  CopyServerlessCacheSnapshot: change(
    'serverless-cache-snapshot-available',
    `Target${resources.serverlessSnapshot.id}`,
  ),
  ExportServerlessCacheSnapshot: change('serverless-cache-snapshot-available', resources.serverlessSnapshot.id),
  DeleteServerlessCacheSnapshot: change('serverless-cache-snapshot-deleted', resources.serverlessSnapshot.id),
  CreateSnapshot: change('snapshot-available', resources.snapshot.id),
  CopySnapshot: {
    ...change('snapshot-available', `Target${resources.snapshot.id}`),
    // An export makes no snapshot of that name: the one that is exported says when it is done.
    otherwise: { given: 'TargetBucket', id: `Source${resources.snapshot.id}` },
  },
  DeleteSnapshot: change('snapshot-deleted', resources.snapshot.id),
  CreateReplicationGroup: group,
  ModifyReplicationGroup: group,
  ModifyReplicationGroupShardConfiguration: group,
  IncreaseReplicaCount: group,
  DecreaseReplicaCount: group,
  TestFailover: group,
  // The group is available all through.
  TestMigration: {
    ...group,
    told: { done: /Test Migration success/i, failed: /Test Migration .*fail/i, isKnownOnAws: true },
  },
  // It is migrating before it is known whether there is a source.
  StartMigration: {
    ...change('replication-group-migrating', resources.replicationGroup.id),
    told: { done: /Start Migration success/i, failed: /Start Migration .*fail/i },
  },
  // What has failed goes on migrating.
  CompleteMigration: { ...group, told: { failed: /Complete Migration .*fail/i } },
  DeleteReplicationGroup: change('replication-group-deleted', resources.replicationGroup.id),
  ModifyGlobalReplicationGroup: globalGroup,
  IncreaseNodeGroupsInGlobalReplicationGroup: globalGroup,
  DecreaseNodeGroupsInGlobalReplicationGroup: globalGroup,
  RebalanceSlotsInGlobalReplicationGroup: globalGroup,
  FailoverGlobalReplicationGroup: globalGroup,
  DeleteGlobalReplicationGroup: change('global-replication-group-deleted', resources.globalReplicationGroup.id),
  CreateUser: change('user-active', resources.user.id),
  ModifyUser: change('user-active', resources.user.id),
  DeleteUser: change('user-deleted', resources.user.id),
  CreateUserGroup: change('user-group-active', resources.userGroup.id),
  ModifyUserGroup: change('user-group-active', resources.userGroup.id),
  DeleteUserGroup: change('user-group-deleted', resources.userGroup.id),
}
