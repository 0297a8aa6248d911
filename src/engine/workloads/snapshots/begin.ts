/** What a snapshot is when it begins, and the group or cluster that it is of. Pure. */
import type {
  GroupMemberRecord,
  ReplicationGroupRecord,
  ShardRecord,
  ShardSnapshot,
  SnapshotRecord,
} from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'
import { effectiveDurability, isDurable } from '../replication-groups/durability.ts'
import { withMembers } from '../replication-groups/members.ts'

/** Which node of each shard is saved: a replica where there is one, so that the primary has no more to do. */
export function savedMembers(group: ReplicationGroupRecord): GroupMemberRecord[] {
  return group.shards.flatMap(({ primary, members }) => {
    const well = members.filter(({ status, lost }) => status === 'available' && !lost)
    const named = well.find(({ id }) => id === group.snapshottingClusterId)
    const member = named ?? well.find(({ id }) => id !== primary) ?? well.find(({ id }) => id === primary)
    return member ? [member] : []
  })
}

/** Those that take writes: a final snapshot is of them. */
export const primariesOf = (group: ReplicationGroupRecord): GroupMemberRecord[] =>
  group.shards.flatMap(({ primary, members }) => members.filter(({ id }) => id === primary))

export interface Beginning {
  readonly id: string
  readonly type: SnapshotRecord['type']
  /** Whether the group was named, and not the cache cluster. */
  readonly isOfGroup: boolean
  readonly vpcId: string
  readonly now: number
  readonly stepDue: number
  readonly random: () => number
}

/** @param members The node of each shard that is saved. */
export function newSnapshot(
  group: ReplicationGroupRecord,
  members: readonly GroupMemberRecord[],
  { id, type, isOfGroup, vpcId, now, stepDue, random }: Beginning,
): SnapshotRecord {
  const { region, token } = group
  // Names of snapshots come again, and those of their files must not.
  const prefix = `${region}-${newToken(random, 12)}`
  return {
    region,
    id,
    type,
    status: 'creating',
    ...(isOfGroup && { group: group.id }),
    sourceToken: token,
    source: {
      engine: group.engine,
      engineVersion: group.engineVersion,
      nodeType: group.nodeType,
      clusterMode: group.clusterMode,
      description: group.description,
      requestedPort: group.requestedPort,
      parameterGroup: group.parameterGroup,
      subnetGroup: group.subnetGroup,
      maintenanceWindow: group.maintenanceWindow,
      autoMinorVersionUpgrade: group.autoMinorVersionUpgrade,
      ...(group.notificationTopic && { notificationTopic: group.notificationTopic }),
      automaticFailover: group.automaticFailover,
      snapshotRetentionLimit: group.snapshotRetentionLimit,
      snapshotWindow: group.snapshotWindow,
      createdAt: group.createdAt,
      ...(isDurable(group) && { durability: effectiveDurability(group) }),
    },
    vpcId,
    ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
    shards: group.shards.flatMap((shard) => {
      const member = members.find((each) => shard.members.includes(each))
      return member ? [shardSnapshot(group, shard, member, prefix)] : []
    }),
    createdAt: now,
    expiresAt: null,
    tags: [],
    stepDue,
  }
}

function shardSnapshot(
  { clusterMode }: ReplicationGroupRecord,
  { id, slots, primary, members }: ShardRecord,
  member: GroupMemberRecord,
  prefix: string,
): ShardSnapshot {
  const zonesOf = (isWanted: (each: GroupMemberRecord) => boolean) => members.filter(isWanted).map(({ zone }) => zone)
  return {
    id,
    slots: clusterMode === 'disabled' ? null : slots,
    member: member.id,
    incarnation: member.incarnation,
    nodeCreatedAt: member.createdAt,
    zone: member.zone,
    zones: [...zonesOf((each) => each.id === primary), ...zonesOf((each) => each.id !== primary)],
    file: `${prefix}-${id}.rdb`,
    bytes: null,
    savedAt: null,
  }
}

/** The group, and those of its members that are saved, until the snapshot is there. */
export const snapshotting = (group: ReplicationGroupRecord, saved: readonly GroupMemberRecord[]) => ({
  ...withMembers(group, (member) => (saved.includes(member) ? { ...member, status: 'snapshotting' } : member)),
  status: 'snapshotting' as const,
})

/** The same once it is, or has failed. */
export const snapshotted = (group: ReplicationGroupRecord): ReplicationGroupRecord => ({
  ...withMembers(group, (member) => (member.status === 'snapshotting' ? { ...member, status: 'available' } : member)),
  status: group.status === 'snapshotting' ? 'available' : group.status,
})
