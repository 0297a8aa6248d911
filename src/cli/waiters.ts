/** aws-cli's waiters, and more of their sort: when a resource has got where it should, and when it never will. */
import type { OperationName } from '../api/model.ts'

export interface Waiter {
  /** The name in the API model, which error messages tell. */
  readonly name: string
  readonly operation: OperationName
  /** Members of the answer: the list, and the status of one item. */
  readonly list: string
  readonly status: string
  readonly success: string
  /** Other states that are as good. */
  readonly also?: readonly string[]
  readonly failures: readonly string[]
  /** The error code that means "it is gone", if that is success. */
  readonly goneCode?: string
}

const clusters = { operation: 'DescribeCacheClusters', list: 'CacheClusters', status: 'CacheClusterStatus' } as const
const groups = { operation: 'DescribeReplicationGroups', list: 'ReplicationGroups', status: 'Status' } as const
const serverless = { operation: 'DescribeServerlessCaches', list: 'ServerlessCaches', status: 'Status' } as const
const snapshots = { operation: 'DescribeSnapshots', list: 'Snapshots', status: 'SnapshotStatus' } as const
const serverlessSnapshots = {
  operation: 'DescribeServerlessCacheSnapshots',
  list: 'ServerlessCacheSnapshots',
  status: 'Status',
} as const
const users = { operation: 'DescribeUsers', list: 'Users', status: 'Status' } as const
const userGroups = { operation: 'DescribeUserGroups', list: 'UserGroups', status: 'Status' } as const
const globalGroups = {
  operation: 'DescribeGlobalReplicationGroups',
  list: 'GlobalReplicationGroups',
  status: 'Status',
} as const

/**
 * The first four are botocore's waiters-2.json for 2015-02-02. `create-failed` and `incompatible-parameters` are ours: the
 * model lacks them, and without them what has failed, or waits for its parameter group to be mended, is waited for until
 * time is up. So are the waiters of the other resources, which
 * aws-cli has none for.
 */
export const waiters = {
  'cache-cluster-available': {
    ...clusters,
    name: 'CacheClusterAvailable',
    success: 'available',
    failures: [
      'deleted',
      'deleting',
      'incompatible-network',
      'incompatible-parameters',
      'restore-failed',
      'create-failed',
    ],
  },
  'cache-cluster-deleted': {
    ...clusters,
    name: 'CacheClusterDeleted',
    success: 'deleted',
    failures: [
      'available',
      'creating',
      'incompatible-network',
      'incompatible-parameters',
      'modifying',
      'restore-failed',
      'snapshotting',
    ],
    goneCode: 'CacheClusterNotFound',
  },
  'replication-group-available': {
    ...groups,
    name: 'ReplicationGroupAvailable',
    success: 'available',
    failures: ['deleted', 'create-failed'],
  },
  'replication-group-deleted': {
    ...groups,
    name: 'ReplicationGroupDeleted',
    success: 'deleted',
    failures: ['available'],
    goneCode: 'ReplicationGroupNotFoundFault',
  },
  'serverless-cache-available': {
    ...serverless,
    name: 'ServerlessCacheAvailable',
    success: 'available',
    failures: ['deleting', 'deleted', 'create-failed'],
  },
  'serverless-cache-deleted': {
    ...serverless,
    name: 'ServerlessCacheDeleted',
    success: 'deleted',
    failures: ['available', 'creating', 'modifying'],
    goneCode: 'ServerlessCacheNotFoundFault',
  },
  'serverless-cache-snapshot-available': {
    ...serverlessSnapshots,
    name: 'ServerlessCacheSnapshotAvailable',
    success: 'available',
    failures: ['deleting', 'failed', 'create-failed'],
  },
  'serverless-cache-snapshot-deleted': {
    ...serverlessSnapshots,
    name: 'ServerlessCacheSnapshotDeleted',
    success: 'deleted',
    failures: ['available', 'creating'],
    goneCode: 'ServerlessCacheSnapshotNotFoundFault',
  },
  'snapshot-available': {
    ...snapshots,
    name: 'SnapshotAvailable',
    success: 'available',
    failures: ['deleting', 'failed', 'create-failed'],
  },
  'snapshot-deleted': {
    ...snapshots,
    name: 'SnapshotDeleted',
    success: 'deleted',
    failures: ['available', 'creating', 'restoring', 'copying'],
    goneCode: 'SnapshotNotFoundFault',
  },
  'user-active': { ...users, name: 'UserActive', success: 'active', failures: ['deleting', 'create-failed'] },
  'user-deleted': { ...users, name: 'UserDeleted', success: 'deleted', failures: ['active'], goneCode: 'UserNotFound' },
  'user-group-active': {
    ...userGroups,
    name: 'UserGroupActive',
    success: 'active',
    failures: ['deleting', 'create-failed'],
  },
  'user-group-deleted': {
    ...userGroups,
    name: 'UserGroupDeleted',
    success: 'deleted',
    failures: ['active'],
    goneCode: 'UserGroupNotFound',
  },
  // `primary-only`: it has no secondary yet, and that is as far as a creation goes.
  'global-replication-group-available': {
    ...globalGroups,
    name: 'GlobalReplicationGroupAvailable',
    success: 'available',
    also: ['primary-only'],
    failures: ['deleting', 'deleted', 'create-failed'],
  },
  'global-replication-group-deleted': {
    ...globalGroups,
    name: 'GlobalReplicationGroupDeleted',
    success: 'deleted',
    failures: ['available'],
    goneCode: 'GlobalReplicationGroupNotFoundFault',
  },
} as const satisfies Record<string, Waiter>

export type WaiterName = keyof typeof waiters

export type Verdict =
  | { readonly done: true }
  | { readonly done: false; readonly statuses: readonly string[]; readonly failure?: string }

/** Judges one answer. An empty list decides nothing (botocore's pathAll). */
export function judge(waiter: Waiter, answer: Record<string, unknown>): Verdict {
  const items = (answer[waiter.list] ?? []) as readonly Record<string, unknown>[]
  const statuses = items.map((item) => String(item[waiter.status]))
  if (statuses.length > 0 && statuses.every((status) => status === waiter.success || waiter.also?.includes(status)))
    return { done: true }
  const hopeless = waiter.failures.find((failure) => statuses.includes(failure))
  if (!hopeless) return { done: false, statuses }
  return {
    done: false,
    statuses,
    failure: `Waiter encountered a terminal failure state: For expression "${waiter.list}[].${waiter.status}" we matched expected path: "${hopeless}" at least once`,
  }
}
