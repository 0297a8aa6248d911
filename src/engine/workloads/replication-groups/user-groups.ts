/** User groups that a replication group may have. Texts without a source are ours. */
import { isAtLeast } from '../../../api/catalog/versions.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { familyOfEngine } from '../../families/families.ts'
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
  if (engine !== group.engine && engine !== familyOfEngine(group.engine).engine.successor) {
    throw new Fault(
      'InvalidParameterValue',
      `User group ${group.id} is of engine ${group.engine}, and not for engine ${engine}.`,
    )
  }
  const minimum = minimumVersionOfGroup(group.engine, membersOf(group, context.store))
  // Every version of a successor has what users of the engine before it may ask for.
  if (engine === group.engine && !isAtLeast(engineVersion, minimum)) {
    throw new Fault(
      'InvalidParameterCombination',
      `User group ${group.id} needs engine version ${minimum} at least, not ${engineVersion}.`,
    )
  }
  return group
}
