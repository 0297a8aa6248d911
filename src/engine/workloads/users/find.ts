/** Users and user groups by their ids, in any case. That they are not there is said in words of moto. */
import { resources } from '../../../api/catalog/resources.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { missing } from '../../http/query-protocol.ts'
import type { UserGroupRecord, UserRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'

/** The user that each account has in each region, and the name without which no group of Redis OSS can be. */
export const DEFAULT_USER = 'default'

/** As AWS shows it. Stored only once it has tags. */
const defaultUser = (region: string): UserRecord => ({
  region,
  id: DEFAULT_USER,
  name: DEFAULT_USER,
  engine: 'redis',
  accessString: 'on ~* +@all',
  authentication: 'no-password',
  passwordHashes: [],
  status: 'active',
  pending: {},
  tags: [],
  stepDue: 0,
})

/** In the order of their ids, the default one among them. */
export function usersOf(store: Store, region: string): readonly UserRecord[] {
  const users = store.list('user', region)
  if (users.some(({ id }) => id === DEFAULT_USER)) return users
  const at = users.findIndex(({ id }) => id > DEFAULT_USER)
  return users.toSpliced(at === -1 ? users.length : at, 0, defaultUser(region))
}

export const userOf = (store: Store, region: string, id: string): UserRecord | undefined =>
  store.get('user', region, id) ?? (id === DEFAULT_USER ? defaultUser(region) : undefined)

/** The user of this id, in any case. Throws UserNotFound. */
export function findUser(id: string | undefined, { store, region }: Context): UserRecord {
  if (!id) throw missing(resources.user.id, id)
  const user = userOf(store, region, id.toLowerCase())
  if (!user) throw new Fault('UserNotFound', `User ${id} not found.`)
  return user
}

/** The user group of this id, in any case. Throws UserGroupNotFound. */
export function findUserGroup(id: string | undefined, { store, region }: Context): UserGroupRecord {
  if (!id) throw missing(resources.userGroup.id, id)
  const group = store.get('userGroup', region, id.toLowerCase())
  if (!group) throw new Fault('UserGroupNotFound', `UserGroup ${id} not found.`)
  return group
}

/** Groups that a user is in now; one that it is being added to is none of them yet. */
export const groupsOf = ({ region, id }: UserRecord, store: Store): readonly UserGroupRecord[] =>
  store.list('userGroup', region).filter(({ userIds }) => userIds.includes(id))

/** Users that a group has, with those of a change that is on its way when `after` is set. */
export function membersOf(group: UserGroupRecord, store: Store, after = false): readonly UserRecord[] {
  const ids = after ? userIdsAfter(group) : group.userIds
  return ids.flatMap((id) => userOf(store, group.region, id) ?? [])
}

/** Ids that a group will have when its change is done. */
export const userIdsAfter = ({ userIds, pending }: Pick<UserGroupRecord, 'userIds' | 'pending'>): string[] =>
  [...userIds, ...pending.add].filter((id) => !pending.remove.includes(id))
