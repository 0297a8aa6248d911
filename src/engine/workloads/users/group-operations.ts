/** Calls about user groups. Words without a source are ours. */
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { page } from '../../calls/paging.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import { quota } from '../../store/quotas.ts'
import type { UserGroupRecord } from '../../store/records.ts'
import { answerUserGroup } from './answer.ts'
import { openedBy, wakeOpened } from './caches.ts'
import { findUserGroup, membersOf, userOf } from './find.ts'
import { userChangeDue } from './pace.ts'
import { readAclEngine, readEngineChange, refuseUnfitUsers } from './rules.ts'

export const CreateUserGroup: Handler<'CreateUserGroup'> = (input, context) => {
  const { store, region, now } = context
  const id = readIdentifier(input.UserGroupId, 'UserGroupId', LIMITS.userIdLength)
  const engine = readAclEngine(input.Engine)
  const userIds = readUserIds(input.UserIds, context)
  const tags = mergeTags([], readTags(input.Tags))
  if (store.get('userGroup', region, id)) {
    throw new Fault('UserGroupAlreadyExists', `User group ${id} already exists.`)
  }
  const limit = quota('user-groups-per-region', context)
  if (store.list('userGroup', region).length >= limit) {
    throw new Fault(
      'UserGroupQuotaExceeded',
      `User group quota exceeded. You can have at most ${limit} user groups in this region.`,
    )
  }
  const pending = { add: [], remove: [] }
  const group: UserGroupRecord = { region, id, engine, userIds, status: 'creating', pending, tags, stepDue: now }
  refuseUnfitGroup(group, context)
  return commit(group, context)
}

export const ModifyUserGroup: Handler<'ModifyUserGroup'> = (input, context) => {
  const group = findUserGroup(input.UserGroupId, context)
  refuseUnlessActive(group, 'modified')
  const add = readUserIds(input.UserIdsToAdd, context)
  const remove = (input.UserIdsToRemove ?? []).map((id) => id.toLowerCase())
  for (const id of remove) {
    // The beginning of AWS's words was not seen.
    if (!group.userIds.includes(id)) throw invalid(`User ${id} is not a member of user group ${group.id}.`)
  }
  for (const id of add) {
    if (group.userIds.includes(id)) throw invalid(`User ${id} is already a member of user group ${group.id}.`)
  }
  if (add.length + remove.length === 0 && input.Engine === undefined) {
    throw new Fault(
      'InvalidParameterCombination',
      'At least one of UserIdsToAdd, UserIdsToRemove and Engine must be given.',
    )
  }
  const engine = readEngineChange(input.Engine, group.engine)
  const modifying: UserGroupRecord = { ...group, status: 'modifying', pending: { add, remove, engine } }
  refuseUnfitGroup(modifying, context)
  return commit(modifying, context)
}

export const DeleteUserGroup: Handler<'DeleteUserGroup'> = (input, context) => {
  const group = findUserGroup(input.UserGroupId, context)
  refuseUnlessActive(group, 'deleted')
  const { replicationGroups, serverlessCaches } = openedBy(group, context.store)
  const caches = [...replicationGroups, ...serverlessCaches]
  if (caches.length > 0) {
    throw new Fault('InvalidUserGroupState', `User group ${group.id} is associated to ${caches.join(', ')}.`)
  }
  return commit({ ...group, status: 'deleting' }, context)
}

export const DescribeUserGroups: Handler<'DescribeUserGroups'> = (input, context) => {
  const { store, region } = context
  const groups = input.UserGroupId ? [findUserGroup(input.UserGroupId, context)] : store.list('userGroup', region)
  const { items, Marker } = page('UserGroups', groups, ({ id }) => id, input)
  return { ...(Marker && { Marker }), UserGroups: items.map((group) => answerUserGroup(group, context)) }
}

/** Each once, all there; one that is being deleted is as good as gone. */
function readUserIds(ids: readonly string[] | undefined, { store, region }: Context): string[] {
  const distinct = [...new Set((ids ?? []).map((id) => id.toLowerCase()))]
  for (const id of distinct) {
    const user = userOf(store, region, id)
    if (!user || user.status === 'deleting') throw new Fault('UserNotFound', `User ${id} not found.`)
  }
  return distinct
}

/** By what the group and its users will be when the changes that are on their way are done. */
function refuseUnfitGroup(group: UserGroupRecord, context: Context): void {
  const engine = group.pending.engine ?? group.engine
  const users = membersOf(group, context.store, true).map((user) => ({ ...user, ...user.pending }))
  refuseUnfitUsers({ id: group.id, engine }, users)
  const limit = quota('users-per-user-group', context)
  // The model has no code for it.
  if (users.length > limit) throw invalid(`User group ${group.id} can have at most ${limit} users.`)
}

const invalid = (message: string): Fault => new Fault('InvalidParameterValue', message)

function refuseUnlessActive({ id, status }: UserGroupRecord, participle: string): void {
  if (status === 'active') return
  throw new Fault(
    'InvalidUserGroupState',
    `User group ${id} has status ${status}. Only active user groups can be ${participle}.`,
  )
}

function commit(group: UserGroupRecord, context: Context) {
  const { store, pace, now, wake } = context
  const begun = { ...group, stepDue: userChangeDue(pace, now) }
  store.change((change) => change.put('userGroup', begun))
  wakeOpened([group], context)
  wake('userGroup', group.id)
  return answerUserGroup(begun, context)
}
