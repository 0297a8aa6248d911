/** User groups that a replication group may have. Texts without a source are ours. */
import { isAtLeast } from '../../../api/catalog/versions.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import type { ReplicationGroupRecord, UserGroupRecord } from '../../store/records.ts'
import { findUserGroup, membersOf } from '../users/find.ts'
import { minimumVersionOfGroup } from '../users/minimum-version.ts'

/** AWS's. */
export const NEEDS_ENCRYPTION =
  'User group based access control requires encryption-in-transit to be enabled on the replication group.'

/** Throws UserGroupNotFound, or what is between the two: groups of Valkey are for Valkey (guide), those of Redis OSS for both. */
export function readUserGroup(
  id: string,
  { engine, engineVersion }: Pick<ReplicationGroupRecord, 'engine' | 'engineVersion'>,
  context: Context,
): UserGroupRecord {
  const group = findUserGroup(id, context)
  if (group.status !== 'active') {
    throw new Fault(
      'InvalidUserGroupState',
      `User group ${group.id} has status ${group.status}. Only active user groups can be associated.`,
    )
  }
  if (group.engine === 'valkey' && engine !== 'valkey') {
    throw new Fault(
      'InvalidParameterValue',
      `User group ${group.id} is of engine valkey, and not for engine ${engine}.`,
    )
  }
  const minimum = minimumVersionOfGroup(group.engine, membersOf(group, context.store))
  // Every version of Valkey has what users of Redis OSS may ask for.
  if ((engine === 'redis' || group.engine === 'valkey') && !isAtLeast(engineVersion, minimum)) {
    throw new Fault(
      'InvalidParameterCombination',
      `User group ${group.id} needs engine version ${minimum} at least, not ${engineVersion}.`,
    )
  }
  return group
}
