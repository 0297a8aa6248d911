/** Caches that users and user groups open. */
import type { Context } from '../../calls/context.ts'
import type { ReplicationGroupRecord, ServerlessCacheRecord, UserGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { accessOf } from '../replication-groups/access.ts'

/** Caches that a group lets users into. */
export interface OpenedCaches {
  readonly replicationGroups: readonly string[]
  readonly serverlessCaches: readonly string[]
}

export const openedBy = (group: UserGroupRecord, store: Store): OpenedCaches => ({
  replicationGroups: openedGroups([group], store).map(({ id }) => id),
  serverlessCaches: openedServerless([group], store).map(({ id }) => id),
})

/** Those that get one of these user groups, or are about to lose it, among them. */
export const openedGroups = (groups: readonly UserGroupRecord[], store: Store): readonly ReplicationGroupRecord[] =>
  regionsOf(groups).flatMap((region) =>
    store
      .list('replicationGroup', region)
      .filter((cache) =>
        groups.some(({ id }) => cache.userGroupIds.includes(id) || accessOf(cache).userGroupIds.includes(id)),
      ),
  )

/** Serverless caches that have one of these user groups. */
export const openedServerless = (groups: readonly UserGroupRecord[], store: Store): readonly ServerlessCacheRecord[] =>
  regionsOf(groups).flatMap((region) =>
    store.list('serverlessCache', region).filter(({ userGroupId }) => groups.some(({ id }) => id === userGroupId)),
  )

/** Lets the servers of all these caches be told. */
export function wakeOpened(groups: readonly UserGroupRecord[], { store, wake }: Pick<Context, 'store' | 'wake'>): void {
  for (const { id } of openedGroups(groups, store)) wake('replicationGroup', id)
  for (const { id } of openedServerless(groups, store)) wake('serverlessCache', id)
}

const regionsOf = (groups: readonly UserGroupRecord[]): readonly string[] => [
  ...new Set(groups.map(({ region }) => region)),
]
