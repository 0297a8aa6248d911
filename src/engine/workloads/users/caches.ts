/** Caches that users and user groups open. */
import type { ReplicationGroupRecord, UserGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { accessOf } from '../replication-groups/access.ts'

/** Caches that a group lets users into. */
export interface OpenedCaches {
  readonly replicationGroups: readonly string[]
  readonly serverlessCaches: readonly string[]
}

export const openedBy = (group: UserGroupRecord, store: Store): OpenedCaches => ({
  replicationGroups: openedGroups([group], store).map(({ id }) => id),
  // No serverless cache has user groups yet.
  serverlessCaches: [],
})

/** Those that get one of these user groups, or are about to lose it, among them. */
export const openedGroups = (groups: readonly UserGroupRecord[], store: Store): readonly ReplicationGroupRecord[] =>
  [...new Set(groups.map(({ region }) => region))].flatMap((region) =>
    store
      .list('replicationGroup', region)
      .filter((cache) =>
        groups.some(({ id }) => cache.userGroupIds.includes(id) || accessOf(cache).userGroupIds.includes(id)),
      ),
  )
