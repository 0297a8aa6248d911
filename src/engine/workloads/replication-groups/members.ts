/** The members of a replication group. Pure. */
import type { GroupMemberRecord, MemberPlace, ReplicationGroupRecord, ShardRecord } from '../../store/records.ts'

/** Of all its shards, in their order. */
export const membersOf = ({ shards }: ReplicationGroupRecord): GroupMemberRecord[] =>
  shards.flatMap(({ members }) => members)

export const shardOf = ({ shards }: ReplicationGroupRecord, member: string): ShardRecord | undefined =>
  shards.find(({ members }) => members.some(({ id }) => id === member))

/** Whether a member, by its id, is the primary of its shard. */
export const isPrimary = (group: ReplicationGroupRecord, member: string): boolean =>
  group.shards.some(({ primary }) => primary === member)

export type PlacedMember = GroupMemberRecord & { readonly place: MemberPlace }

const isPlaced = (member: GroupMemberRecord): member is PlacedMember => member.place !== null

/** Those whose servers are to run. A group that is being deleted has stopped answering before it leaves the list, but for a primary that is to stay. */
export function runningMembers(group: ReplicationGroupRecord): PlacedMember[] {
  const { status, steps } = group
  const members = membersOf(group).filter(isToRun)
  if (status === 'create-failed') return []
  if (status !== 'deleting') return members
  const retained = steps.flatMap((step) => (step.do === 'delete' ? [step.retain] : []))
  return members.filter(({ id }) => retained.includes(id))
}

const isToRun = (member: GroupMemberRecord): member is PlacedMember =>
  isPlaced(member) && !member.lost && member.status !== 'deleting'

/** The group with some of its members changed. */
export const withMembers = (
  group: ReplicationGroupRecord,
  change: (member: GroupMemberRecord, shard: ShardRecord) => GroupMemberRecord,
): ReplicationGroupRecord => ({
  ...group,
  shards: group.shards.map((shard) => ({ ...shard, members: shard.members.map((member) => change(member, shard)) })),
})

/** Whether slots are on their way from shard to shard, or are about to be. */
export const isResharding = ({ steps }: ReplicationGroupRecord): boolean =>
  steps.some((step) => step.do === 'move-slots')

/** Whether the servers form a cluster, which clients ask for its nodes. */
export const isCluster = ({ clusterMode }: Pick<ReplicationGroupRecord, 'clusterMode'>): boolean =>
  clusterMode !== 'disabled'

/** The group with other ports for the servers of some members, behind those that clients know; in cluster mode two for each. */
export function withInnerPorts(
  group: ReplicationGroupRecord,
  ids: readonly string[],
  ports: readonly number[],
): ReplicationGroupRecord {
  const free = [...ports]
  return withMembers(group, (member) => {
    const { place } = member
    if (!place || !ids.includes(member.id)) return member
    const innerPort = free.shift() ?? place.innerPort
    const busPort = place.busPort === null ? null : (free.shift() ?? place.busPort)
    return { ...member, place: { ...place, innerPort, busPort } }
  })
}
