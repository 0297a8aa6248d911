/** What ModifyReplicationGroup changes of encryption in transit, AUTH tokens and user groups. Texts without a source are ours. */
import { isSince } from '../../../api/catalog/engines.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { familyOfEngine } from '../../families/families.ts'
import type { AccessChange, ReplicationGroupRecord, TokenChange, UserGroupsChange } from '../../store/records.ts'
import { isControlled, withAccess } from './access.ts'
import { withMembers } from './members.ts'
import { changedTokens } from './tokens.ts'
import { NEEDS_ENCRYPTION, readUserGroup } from './user-groups.ts'

type ModifyInput = Input<'ModifyReplicationGroup'>

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)
const invalid = (message: string) => new Fault('InvalidParameterValue', message)

/** The change that a request asks for; undefined: none. */
export function readAccessChange(
  input: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): AccessChange | undefined {
  const transit = readTransitChange(input, group)
  const userGroups = readUserGroupsChange(input, group, context)
  const token = readTokenChange(input, group, userGroups)
  const change: AccessChange = {
    ...(transit !== undefined && { transit }),
    ...(token && { token }),
    ...(userGroups && { userGroups }),
  }
  const [first] = Object.keys(change)
  if (first === undefined) return undefined
  if (!input.ApplyImmediately) throw conflict('Changes of access need ApplyImmediately.')
  return change
}

/** The group while its access is being changed, as `change` says. */
export const changingAccess = (group: ReplicationGroupRecord, change: AccessChange): ReplicationGroupRecord => ({
  ...withMembers(group, (member) => ({ ...member, status: 'modifying' })),
  steps: [...group.steps, { do: 'change-access', change }],
})

/** Towards required encryption, and back, by one step at a time. The first two texts are AWS's. */
function readTransitChange(
  { TransitEncryptionEnabled: enabled, TransitEncryptionMode: mode }: ModifyInput,
  group: ReplicationGroupRecord,
): AccessChange['transit'] {
  if (enabled === undefined && mode === undefined) return undefined
  if (isControlled(group)) {
    throw conflict('Modification of transit encryption is not supported for access control enabled clusters.')
  }
  const { transit, engine, engineVersion } = group
  const isOn = enabled ?? transit !== 'plain'
  if (!isOn && mode !== undefined) throw conflict('TransitEncryptionMode needs TransitEncryptionEnabled.')
  const wanted = isOn ? (mode ?? (transit === 'plain' ? 'required' : transit)) : 'plain'
  if (wanted === transit) return undefined
  const first = familyOfEngine(engine).engine.tlsStepsSince
  if (!isSince(engineVersion, first)) {
    throw conflict(`Encryption in transit of an existing group can be changed from ${engine} ${first} on.`)
  }
  if (transit === 'plain' && wanted === 'required') {
    throw conflict(
      'Direct transition from transit-encryption-disabled to transit-encryption-enabled is not allowed. Update the cluster to transit-encryption-mode preferred prior to enabling transit encryption.',
    )
  }
  if (transit === 'required' && wanted === 'plain') {
    throw conflict(
      'Direct transition from transit-encryption-enabled to transit-encryption-disabled is not allowed. Update the cluster to transit-encryption-mode preferred prior to disabling transit encryption.',
    )
  }
  return wanted
}

function readUserGroupsChange(
  { UserGroupIdsToAdd = [], UserGroupIdsToRemove = [], RemoveUserGroups = false }: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): UserGroupsChange | undefined {
  if (UserGroupIdsToAdd.length === 0 && UserGroupIdsToRemove.length === 0 && !RemoveUserGroups) return undefined
  const named = UserGroupIdsToRemove.map((id) => id.toLowerCase())
  const stranger = named.find((id) => !group.userGroupIds.includes(id))
  if (stranger !== undefined)
    throw invalid(`User group ${stranger} is not associated to replication group ${group.id}.`)
  const userGroups = {
    add: [...new Set(UserGroupIdsToAdd.map((id) => readUserGroup(id, group, context).id))],
    remove: RemoveUserGroups ? [...group.userGroupIds] : [...new Set(named)],
  }
  const present = userGroups.add.find((id) => group.userGroupIds.includes(id))
  if (present !== undefined) {
    throw invalid(`User group ${present} is already associated to replication group ${group.id}.`)
  }
  // The text is AWS's, its code is not known.
  if (userGroups.add.length > 0 && group.transit === 'plain') throw conflict(NEEDS_ENCRYPTION)
  if (withAccess(group, { userGroups }).userGroupIds.length > 1) {
    throw conflict('Only one user group can be associated to a replication group.')
  }
  return userGroups
}

/** The first and the third text are AWS's. */
function readTokenChange(
  { AuthToken: token, AuthTokenUpdateStrategy: strategy }: ModifyInput,
  group: ReplicationGroupRecord,
  userGroups: UserGroupsChange | undefined,
): TokenChange | undefined {
  const gainsUsers = userGroups !== undefined && userGroups.add.length > 0
  if (strategy === 'DELETE') {
    if (token !== undefined) throw conflict('AuthToken cannot be given with AuthTokenUpdateStrategy DELETE.')
    if (!gainsUsers) throw invalid('Auth token update strategy delete is not supported currently')
    return { authTokens: [], acceptsNoToken: false }
  }
  if (token === undefined) {
    if (strategy !== undefined) throw conflict(`AuthTokenUpdateStrategy ${strategy} needs AuthToken.`)
    if (gainsUsers && group.authTokens.length > 0) {
      throw conflict('A replication group with an AUTH token gets user groups with AuthTokenUpdateStrategy DELETE.')
    }
    return undefined
  }
  if (group.transit !== 'required') {
    throw invalid('The AUTH token modification is only supported when encryption-in-transit is enabled.')
  }
  const keepsUsers = withAccess(group, userGroups ? { userGroups } : {}).userGroupIds.length > 0
  if (keepsUsers) throw conflict('AuthToken and user groups exclude each other.')
  if (group.userGroupIds.length > 0 && strategy !== 'SET') {
    throw conflict('AuthToken takes the place of user groups with AuthTokenUpdateStrategy SET.')
  }
  return changedTokens(group, strategy ?? 'ROTATE', token)
}
