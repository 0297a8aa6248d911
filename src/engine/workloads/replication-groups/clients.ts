/** Whom the servers of a group let in, and as whom: lines of their users. Pure but for the store that is read. */
import type { AclEngine } from '../../../acl/commands.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { serverUsersOf } from '../users/server-users.ts'
import { accessOf } from './access.ts'

/** Users of its user group; else every client is the default user, with a token where there is one. */
export function usersOf(group: ReplicationGroupRecord, store: Store): readonly string[] {
  const { userGroupIds, authTokens, acceptsNoToken } = accessOf(group)
  if (userGroupIds.length > 0) {
    const groups = userGroupIds.flatMap((id) => store.get('userGroup', group.region, id) ?? [])
    return groups.flatMap((each) => serverUsersOf(each, store, aclEngineOf(group)))
  }
  const isOpen = acceptsNoToken || authTokens.length === 0
  const passwords = isOpen ? 'nopass' : authTokens.map((hash) => `#${hash}`).join(' ')
  return [`default on ${passwords} ~* &* +@all`]
}

const aclEngineOf = ({ engine }: ReplicationGroupRecord): AclEngine => (engine === 'valkey' ? 'valkey' : 'redis')
