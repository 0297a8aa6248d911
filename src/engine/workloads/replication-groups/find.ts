/** Groups and members that a request names. */
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { replicationGroupNotFound } from '../../calls/not-found.ts'
import { missing } from '../../http/query-protocol.ts'
import type { GroupMemberRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { groupOfMember } from '../../store/replication-groups.ts'
import { membersOf } from './members.ts'

/** Finds a group by its id in any case; throws ReplicationGroupNotFoundFault, whose text is a guess. A lone cache cluster is none. */
export function findReplicationGroup(id: string | undefined, { store, region }: Context): ReplicationGroupRecord {
  if (!id) throw missing('ReplicationGroupId', id)
  const group = store.get('replicationGroup', region, id.toLowerCase())
  if (!group || group.lone) throw replicationGroupNotFound(id)
  return group
}

export interface FoundMember {
  readonly group: ReplicationGroupRecord
  readonly member: GroupMemberRecord
}

/** The cache cluster of Redis OSS or Valkey of that id in any case. */
export function findMember(
  id: string | undefined,
  { store, region }: Pick<Context, 'store' | 'region'>,
): FoundMember | undefined {
  const group = id === undefined ? undefined : groupOfMember(store, region, id.toLowerCase())
  const member = group && membersOf(group).find((each) => each.id === id?.toLowerCase())
  return group && member && { group, member }
}

/** The text is ours. */
export function refuseUnlessAvailable({ id, status }: ReplicationGroupRecord): void {
  if (status === 'available') return
  throw new Fault('InvalidReplicationGroupState', `Replication group ${id} is ${status}, not available.`)
}
