/** Tags of replication groups, which their members get as well, and of members alone. */
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import type { ReplicationGroupRecord, Tag } from '../../store/records.ts'
import { commitCall } from './commit.ts'
import { findMember, findReplicationGroup } from './find.ts'
import { membersOf, withMembers } from './members.ts'

export interface Tagged {
  readonly tags: readonly Tag[]
  put(tags: readonly Tag[]): void
}

/** A group is modified while its tags are; those that came or went come and go on its members. */
export function taggedGroup(name: string, context: Context): Tagged {
  const group = findReplicationGroup(name, context)
  refuseUnlessTaggable(group)
  const { tags: before } = group
  return {
    tags: before,
    put(tags) {
      const keys = new Set([...before, ...tags].map(({ Key }) => Key))
      const retagged = withMembers({ ...group, tags }, (member) => ({
        ...member,
        tags: [...member.tags.filter(({ Key }) => !keys.has(Key)), ...tags],
      }))
      const modifying = { ...retagged, status: 'modifying', steps: [{ do: 'finish' }], stepDue: context.now } as const
      commitCall(group, modifying, [], context)
    },
  }
}

/** Undefined: there is no such member. */
export function taggedMember(name: string, context: Context): Tagged | undefined {
  const found = findMember(name, context)
  if (!found) return undefined
  const { group, member } = found
  if (member.status === 'creating' || group.status === 'deleting') {
    throw new Fault('CacheClusterNotFound', `${name} is either not present or not available.`)
  }
  return {
    tags: member.tags,
    put(tags) {
      const retagged = withMembers(group, (each) => (each.id === member.id ? { ...each, tags } : each))
      commitCall(group, group.lone ? { ...retagged, tags } : retagged, [], context)
    },
  }
}

/** AWS's text, of reading tags too. */
function refuseUnlessTaggable(group: ReplicationGroupRecord): void {
  const isBusy = group.status !== 'available' || membersOf(group).some(({ status }) => status !== 'available')
  if (isBusy) {
    throw new Fault('InvalidReplicationGroupState', 'Cluster not in available state to perform tagging operations.')
  }
}
