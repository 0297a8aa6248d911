/** Calls about users. Words without a source are ours. */

import type { Filter } from '@aws-sdk/client-elasticache'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { page } from '../../calls/paging.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import { quota } from '../../store/quotas.ts'
import type { UserGroupRecord, UserRecord } from '../../store/records.ts'
import { answerUser } from './answer.ts'
import { noAuthentication, readAuthentication, refuseUnfit } from './authentication.ts'
import { wakeOpened } from './caches.ts'
import { DEFAULT_USER, findUser, groupsOf, userOf, usersOf } from './find.ts'
import { userChangeDue } from './pace.ts'
import { readAccess, readAclEngine, readEngineChange, readUserName, refuseUnfitUser } from './rules.ts'

/** There at once, `active` (AWS's own answer). */
export const CreateUser: Handler<'CreateUser'> = (input, context) => {
  const { store, region, now } = context
  const id = readIdentifier(input.UserId, 'UserId', LIMITS.userIdLength)
  const name = readUserName(input.UserName)
  const engine = readAclEngine(input.Engine)
  const authentication = readAuthentication(input)
  if (!authentication) throw noAuthentication(input)
  const accessString = readAccess(input.AccessString, engine)
  const tags = mergeTags([], readTags(input.Tags))
  if (userOf(store, region, id)) throw new Fault('UserAlreadyExists', `User ${id} already exists.`)
  refuseMoreUsers(context)
  const user: UserRecord = {
    region,
    id,
    name,
    engine,
    accessString,
    ...authentication,
    status: 'active',
    pending: {},
    tags,
    stepDue: now,
  }
  refuseUnfit({ ...user, id: input.UserId ?? id })
  store.change((change) => {
    change.put('user', user)
    const event = { kind: 'user-created' } as const
    change.addEvent({ region, sourceType: resources.user.sourceType, sourceIdentifier: id, event, date: now })
  })
  return answerUser(user, context)
}

function refuseMoreUsers(context: Context): void {
  const limit = quota('users-per-region', context)
  const made = usersOf(context.store, context.region).filter(({ id }) => id !== DEFAULT_USER)
  if (made.length < limit) return
  throw new Fault('UserQuotaExceeded', `User quota exceeded. You can have at most ${limit} users in this region.`)
}

/** What is given takes the place of what was there, but for AppendAccessString. The answer still shows what was there. */
export const ModifyUser: Handler<'ModifyUser'> = (input, context) => {
  const user = findUser(input.UserId, context)
  refuseDefaultUser(user, 'modified')
  refuseUnlessActive(user, 'modified')
  if (input.AccessString !== undefined && input.AppendAccessString !== undefined) {
    throw new Fault('InvalidParameterCombination', 'AccessString and AppendAccessString cannot be given together.')
  }
  const engine = readEngineChange(input.Engine, user.engine)
  const accessString =
    input.AppendAccessString === undefined
      ? readAccess(input.AccessString ?? user.accessString, engine)
      : readAccess(input.AppendAccessString, engine, user.accessString)
  const pending = { engine, accessString, ...readAuthentication(input) }
  const after = { ...user, ...pending }
  refuseUnfit(after)
  for (const group of groupsWith(user, context)) refuseUnfitUser(after, group.pending.engine ?? group.engine)
  return commit({ ...user, pending, status: 'modifying' }, [], context)
}

/** Takes the user out of its groups first, which are modified meanwhile (API reference). */
export const DeleteUser: Handler<'DeleteUser'> = (input, context) => {
  const user = findUser(input.UserId, context)
  refuseDefaultUser(user, 'deleted')
  refuseUnlessActive(user, 'deleted')
  const groups = groupsWith(user, context)
  if (user.name === DEFAULT_USER && groups.some(({ engine }) => engine === 'redis')) {
    // Cut off after "user grou" where it was seen.
    throw new Fault('DefaultUserAssociatedToUserGroup', 'User is associated to user group(s) as default user.')
  }
  return commit(
    { ...user, status: 'deleting' },
    groups.map((group) => withoutUser(group, user, context)),
    context,
  )
}

/** Those that have it, and those that it is being added to. */
const groupsWith = ({ id, region }: UserRecord, { store }: Context): UserGroupRecord[] =>
  store
    .list('userGroup', region)
    .filter(({ userIds, pending, status }) => status !== 'deleting' && [...userIds, ...pending.add].includes(id))

/** A group that is being changed already ends when it would have ended. */
function withoutUser(group: UserGroupRecord, { id }: UserRecord, { pace, now }: Context): UserGroupRecord {
  const { pending, userIds, status } = group
  return {
    ...group,
    pending: {
      ...pending,
      add: pending.add.filter((each) => each !== id),
      remove: userIds.includes(id) ? [...new Set([...pending.remove, id])] : pending.remove,
    },
    ...(status === 'active' && { status: 'modifying', stepDue: userChangeDue(pace, now) }),
  }
}

function commit(user: UserRecord, groups: readonly UserGroupRecord[], context: Context) {
  const { store, pace, now, wake } = context
  const begun = { ...user, stepDue: userChangeDue(pace, now) }
  store.change((change) => {
    change.put('user', begun)
    for (const group of groups) change.put('userGroup', group)
  })
  wakeOpened(groupsWith(user, context), context)
  for (const group of groups) wake('userGroup', group.id)
  wake('user', user.id)
  return answerUser(begun, context)
}

function refuseDefaultUser({ id }: UserRecord, participle: string): void {
  if (id !== DEFAULT_USER) return
  throw new Fault('InvalidParameterValue', `The user with the user id ${DEFAULT_USER} cannot be ${participle}.`)
}

function refuseUnlessActive({ id, status }: UserRecord, participle: string): void {
  if (status === 'active') return
  throw new Fault('InvalidUserState', `User ${id} has status ${status}. Only active users can be ${participle}.`)
}

export const DescribeUsers: Handler<'DescribeUsers'> = (input, context) => {
  const { store, region } = context
  const named = input.UserId ? [findUser(input.UserId, context)] : usersOf(store, region)
  const engine = input.Engine === undefined ? undefined : readAclEngine(input.Engine)
  const filters = (input.Filters ?? []).map((filter) => readFilter(filter, context))
  const wanted = named.filter(
    (user) => (engine === undefined || user.engine === engine) && filters.every((matches) => matches(user)),
  )
  const { items, Marker } = page('Users', wanted, ({ id }) => id, input)
  return { ...(Marker && { Marker }), Users: items.map((user) => answerUser(user, context)) }
}

/** What users can be told apart by; the API reference names UserId as an example, and no list. */
const FILTERS: Readonly<Record<string, (user: UserRecord, context: Context) => readonly string[]>> = {
  userid: ({ id }) => [id],
  username: ({ name }) => [name],
  engine: ({ engine }) => [engine],
  status: ({ status }) => [status],
  usergroupid: (user, { store }) => groupsOf(user, store).map(({ id }) => id),
}

/** `UserId`, `user-id`: any spelling. A user matches that has one of the values. */
function readFilter({ Name, Values }: Filter, context: Context): (user: UserRecord) => boolean {
  const read = FILTERS[(Name ?? '').toLowerCase().replaceAll('-', '')]
  if (!read) {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid filter ${Name}. Must be one of UserId, UserName, Engine, Status, UserGroupId.`,
    )
  }
  return (user) => read(user, context).some((value) => (Values ?? []).includes(value))
}
