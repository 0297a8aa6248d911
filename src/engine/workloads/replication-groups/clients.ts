/** Whom the servers of a group let in, and as whom: lines of their users. Pure but for the store that is read. */
import { familyOfEngine } from '../../families/families.ts'
import type { RedisLive } from '../../nodes/redis/spec.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { iamUsersOf, serverUsersOf } from '../users/server-users.ts'
import { accessOf } from './access.ts'

export type Clients = Pick<RedisLive, 'users' | 'logins'>

/** Users of its user group; else every client is the default user, with a token where there is one. */
export function clientsOf(group: ReplicationGroupRecord, store: Store): Clients {
  const { userGroupIds, authTokens, acceptsNoToken } = accessOf(group)
  if (userGroupIds.length > 0) {
    const { acl } = familyOfEngine(group.engine)
    if (!acl) throw new Error(`${group.engine} has no users`)
    const groups = userGroupIds.flatMap((id) => store.get('userGroup', group.region, id) ?? [])
    return {
      users: groups.flatMap((each) => serverUsersOf(each, store, acl)),
      logins: { isOpen: false, iam: groups.flatMap((each) => iamUsersOf(each, store)) },
    }
  }
  const passwords = authTokens.length === 0 ? 'nopass' : authTokens.map((hash) => `#${hash}`).join(' ')
  return {
    users: [`default on ${passwords} ~* &* +@all`],
    // A server has its default user log in with its passwords, or without any.
    ...(acceptsNoToken && { logins: { isOpen: true, iam: [] } }),
  }
}
