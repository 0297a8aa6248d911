/** The members of a replication group. Pure. */
import type { GroupMemberRecord, MemberPlace, ReplicationGroupRecord, ShardRecord } from '../../store/records.ts'

export const membersOf = ({ shards }: ReplicationGroupRecord): GroupMemberRecord[] =>
  shards.flatMap(({ members }) => members)

export const shardOf = ({ shards }: ReplicationGroupRecord, member: string): ShardRecord | undefined =>
  shards.find(({ members }) => members.some(({ id }) => id === member))

export const isPrimary = (group: ReplicationGroupRecord, member: string): boolean =>
  group.shards.some(({ primary }) => primary === member)

export type PlacedMember = GroupMemberRecord & { readonly place: MemberPlace }

const isPlaced = (member: GroupMemberRecord): member is PlacedMember => member.place !== null

/** Those whose servers are to run. A group that is being deleted has stopped answering before it leaves the list. */
export const runningMembers = (group: ReplicationGroupRecord): PlacedMember[] =>
  group.status === 'deleting' || group.status === 'create-failed' ? [] : membersOf(group).filter(isToRun)

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

/** Whether the servers form a cluster, which clients ask for its nodes. */
export const isCluster = ({ clusterMode }: Pick<ReplicationGroupRecord, 'clusterMode'>): boolean =>
  clusterMode !== 'disabled'
