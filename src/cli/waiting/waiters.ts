/** aws-cli's waiters, and more of their sort: when a resource has got where it should, and when it never will. */
import { type ResourceKind, resources } from '../../api/catalog/resources.ts'
import type { OperationName } from '../../api/model.ts'
import { isObject } from '../../api/objects.ts'
import type { Item } from '../output/human-value.ts'

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

const of = ({ describe, list, status }: ResourceKind & { readonly status: string }) => ({
  operation: describe,
  list,
  status,
})

/**
 * The first four are botocore's waiters-2.json for 2015-02-02. `create-failed` and `incompatible-parameters` are ours: the
 * model lacks them, and without them what has failed, or waits for its parameter group to be mended, is waited for until
 * time is up. So are the waiters of the other resources, which
 * aws-cli has none for.
 */
export const waiters = {
  'cache-cluster-available': {
    ...of(resources.cluster),
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
    ...of(resources.cluster),
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
    goneCode: resources.cluster.notFound,
  },
  'replication-group-available': {
    ...of(resources.replicationGroup),
    name: 'ReplicationGroupAvailable',
    success: 'available',
    failures: ['deleted', 'create-failed'],
  },
  // It comes from modifying, and falls back to available when there is no source.
  'replication-group-migrating': {
    ...of(resources.replicationGroup),
    name: 'ReplicationGroupMigrating',
    success: 'migrating',
    failures: ['available', 'deleting', 'deleted', 'create-failed'],
  },
  'replication-group-deleted': {
    ...of(resources.replicationGroup),
    name: 'ReplicationGroupDeleted',
    success: 'deleted',
    failures: ['available'],
    goneCode: resources.replicationGroup.notFound,
  },
  'serverless-cache-available': {
    ...of(resources.serverlessCache),
    name: 'ServerlessCacheAvailable',
    success: 'available',
    failures: ['deleting', 'deleted', 'create-failed'],
  },
  'serverless-cache-deleted': {
    ...of(resources.serverlessCache),
    name: 'ServerlessCacheDeleted',
    success: 'deleted',
    failures: ['available', 'creating', 'modifying'],
    goneCode: resources.serverlessCache.notFound,
  },
  'serverless-cache-snapshot-available': {
    ...of(resources.serverlessSnapshot),
    name: 'ServerlessCacheSnapshotAvailable',
    success: 'available',
    failures: ['deleting', 'failed', 'create-failed'],
  },
  'serverless-cache-snapshot-deleted': {
    ...of(resources.serverlessSnapshot),
    name: 'ServerlessCacheSnapshotDeleted',
    success: 'deleted',
    failures: ['available', 'creating'],
    goneCode: resources.serverlessSnapshot.notFound,
  },
  'snapshot-available': {
    ...of(resources.snapshot),
    name: 'SnapshotAvailable',
    success: 'available',
    failures: ['deleting', 'failed', 'create-failed'],
  },
  'snapshot-deleted': {
    ...of(resources.snapshot),
    name: 'SnapshotDeleted',
    success: 'deleted',
    failures: ['available', 'creating', 'restoring', 'copying'],
    goneCode: resources.snapshot.notFound,
  },
  'user-active': {
    ...of(resources.user),
    name: 'UserActive',
    success: 'active',
    failures: ['deleting', 'create-failed'],
  },
  'user-deleted': {
    ...of(resources.user),
    name: 'UserDeleted',
    success: 'deleted',
    failures: ['active'],
    goneCode: resources.user.notFound,
  },
  'user-group-active': {
    ...of(resources.userGroup),
    name: 'UserGroupActive',
    success: 'active',
    failures: ['deleting', 'create-failed'],
  },
  'user-group-deleted': {
    ...of(resources.userGroup),
    name: 'UserGroupDeleted',
    success: 'deleted',
    failures: ['active'],
    goneCode: resources.userGroup.notFound,
  },
  // `primary-only`: it has no secondary yet, and that is as far as a creation goes.
  'global-replication-group-available': {
    ...of(resources.globalReplicationGroup),
    name: 'GlobalReplicationGroupAvailable',
    success: 'available',
    also: ['primary-only'],
    failures: ['deleting', 'deleted', 'create-failed'],
  },
  'global-replication-group-deleted': {
    ...of(resources.globalReplicationGroup),
    name: 'GlobalReplicationGroupDeleted',
    success: 'deleted',
    failures: ['available'],
    goneCode: resources.globalReplicationGroup.notFound,
  },
} as const satisfies Record<string, Waiter>

export type WaiterName = keyof typeof waiters

export type Verdict = { readonly done: true } | { readonly done: false; readonly failure?: string }

/** How those stand that an answer lists. */
export const statusesOf = (waiter: Waiter, answer: Item): string[] =>
  itemsOf(waiter, answer).map((item) => String(item[waiter.status]))

/** The resources that an answer to the waiter's operation lists. */
export function itemsOf({ list }: Waiter, answer: Item): readonly Item[] {
  const items = answer[list]
  return Array.isArray(items) ? items.filter(isObject) : []
}

/** Judges one answer. An empty list decides nothing (botocore's pathAll). */
export function judge(waiter: Waiter, answer: Item): Verdict {
  const statuses = statusesOf(waiter, answer)
  if (statuses.length > 0 && statuses.every((status) => status === waiter.success || waiter.also?.includes(status)))
    return { done: true }
  const hopeless = waiter.failures.find((failure) => statuses.includes(failure))
  if (!hopeless) return { done: false }
  return {
    done: false,
    failure: `Waiter encountered a terminal failure state: For expression "${waiter.list}[].${waiter.status}" we matched expected path: "${hopeless}" at least once`,
  }
}
