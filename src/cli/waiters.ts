/** aws-cli's waiters: when a resource has got where it should, and when it never will. */
import type { OperationName } from '../api/model.ts'

export interface Waiter {
  /** The name in the API model, which error messages tell. */
  readonly name: string
  readonly operation: OperationName
  /** Members of the answer: the list, and the status of one item. */
  readonly list: string
  readonly status: string
  readonly success: string
  readonly failures: readonly string[]
  /** The error code that means "it is gone", if that is success. */
  readonly goneCode?: string
}

/**
 * botocore's waiters-2.json for 2015-02-02. `create-failed` is ours: the model lacks it, and without it a creation that
 * has failed is waited for until time is up.
 */
export const waiters = {
  'cache-cluster-available': {
    name: 'CacheClusterAvailable',
    operation: 'DescribeCacheClusters',
    list: 'CacheClusters',
    status: 'CacheClusterStatus',
    success: 'available',
    failures: ['deleted', 'deleting', 'incompatible-network', 'restore-failed', 'create-failed'],
  },
  'cache-cluster-deleted': {
    name: 'CacheClusterDeleted',
    operation: 'DescribeCacheClusters',
    list: 'CacheClusters',
    status: 'CacheClusterStatus',
    success: 'deleted',
    failures: ['available', 'creating', 'incompatible-network', 'modifying', 'restore-failed', 'snapshotting'],
    goneCode: 'CacheClusterNotFound',
  },
  'replication-group-available': {
    name: 'ReplicationGroupAvailable',
    operation: 'DescribeReplicationGroups',
    list: 'ReplicationGroups',
    status: 'Status',
    success: 'available',
    failures: ['deleted', 'create-failed'],
  },
  'replication-group-deleted': {
    name: 'ReplicationGroupDeleted',
    operation: 'DescribeReplicationGroups',
    list: 'ReplicationGroups',
    status: 'Status',
    success: 'deleted',
    failures: ['available'],
    goneCode: 'ReplicationGroupNotFoundFault',
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
  if (statuses.length > 0 && statuses.every((status) => status === waiter.success)) return { done: true }
  const hopeless = waiter.failures.find((failure) => statuses.includes(failure))
  if (!hopeless) return { done: false, statuses }
  return {
    done: false,
    statuses,
    failure: `Waiter encountered a terminal failure state: For expression "${waiter.list}[].${waiter.status}" we matched expected path: "${hopeless}" at least once`,
  }
}
