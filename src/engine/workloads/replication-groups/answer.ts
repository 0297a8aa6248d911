import type {
  Endpoint,
  NodeGroup,
  NodeGroupMember,
  ReplicationGroup,
  ReplicationGroupPendingModifiedValues,
} from '@aws-sdk/client-elasticache'
import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import type { GroupMemberRecord, ReplicationGroupRecord, ShardRecord } from '../../store/records.ts'
import { accessChangeOf } from './access.ts'
import { answerDurability } from './durability.ts'
import { answerLogs, answerPendingLogs } from './logs.ts'
import { isCluster, membersOf } from './members.ts'
import { type EndpointName, endpointAddressOf, memberAddress, placeOfEndpoint } from './names.ts'
import { dataTieringOf } from './node-types.ts'
import { slotsLeft } from './slot-plan.ts'
import { formatSlots } from './slots.ts'

/** Answers by record: a record never changes, so neither does its answer. */
const ANSWERS = new WeakMap<ReplicationGroupRecord, ReplicationGroup>()

/** A replication group as the API shows it. */
export function answerReplicationGroup(group: ReplicationGroupRecord, account: string): ReplicationGroup {
  const known = ANSWERS.get(group)
  if (known) return known
  const answer = composeAnswer(group, account)
  ANSWERS.set(group, answer)
  return answer
}

/** The answer of CreateReplicationGroup has no node groups yet, and says of failover what was asked for. */
export function answerCreation(group: ReplicationGroupRecord, account: string): ReplicationGroup {
  const { NodeGroups: _, ...answer } = composeAnswer(group, account)
  return { ...answer, AutomaticFailover: group.automaticFailover === 'disabled' ? 'disabled' : 'enabled' }
}

/** A group that is being deleted shows no members, node groups or endpoints any more (recorded answers of AWS). */
function composeAnswer(group: ReplicationGroupRecord, account: string): ReplicationGroup {
  const { region, id } = group
  const isGoing = group.status === 'deleting'
  return {
    ReplicationGroupId: id,
    Description: group.description,
    GlobalReplicationGroupInfo: group.global
      ? { GlobalReplicationGroupId: group.global.id, GlobalReplicationGroupMemberRole: group.global.role }
      : {},
    Status: group.status,
    PendingModifiedValues: answerPending(group),
    ...(!isGoing && {
      MemberClusters: membersOf(group).map((member) => member.id),
      NodeGroups: group.shards.map((shard) => answerNodeGroup(group, shard)),
    }),
    ...(group.snapshottingClusterId !== undefined && { SnapshottingClusterId: group.snapshottingClusterId }),
    AutomaticFailover: group.automaticFailover,
    MultiAZ: group.multiAz ? 'enabled' : 'disabled',
    ...(!isGoing && endpointMember('ConfigurationEndpoint', group, endpointAt(group, 'configuration'))),
    SnapshotRetentionLimit: group.snapshotRetentionLimit,
    SnapshotWindow: group.snapshotWindow,
    ...(!isGoing && { ClusterEnabled: isCluster(group), CacheNodeType: group.nodeType }),
    AuthTokenEnabled: group.authTokens.length > 0,
    ...(group.authTokenModifiedAt !== undefined && {
      AuthTokenLastModifiedDate: new Date(group.authTokenModifiedAt),
    }),
    ...(group.userGroupIds.length > 0 && { UserGroupIds: [...group.userGroupIds] }),
    TransitEncryptionEnabled: group.transit !== 'plain',
    AtRestEncryptionEnabled: group.atRest,
    ...(group.kmsKeyId !== undefined && { KmsKeyId: group.kmsKeyId }),
    StorageEncryptionType: group.kmsKeyId === undefined ? (group.atRest ? 'sse-elasticache' : 'none') : 'sse-kms',
    ARN: arn({ region, account, type: resources.replicationGroup.arnType, name: id }),
    LogDeliveryConfigurations: answerLogs(group),
    ...(group.created && { ReplicationGroupCreateTime: new Date(group.createdAt) }),
    ...(!isGoing && {
      DataTiering: dataTieringOf(group),
      AutoMinorVersionUpgrade: group.autoMinorVersionUpgrade,
      NetworkType: group.networkType,
      IpDiscovery: group.ipDiscovery,
      ...(group.transit !== 'plain' && { TransitEncryptionMode: group.transit }),
      ClusterMode: group.clusterMode,
      Engine: group.engine,
      ...answerDurability(group),
    }),
  }
}

const answerPending = (group: ReplicationGroupRecord): ReplicationGroupPendingModifiedValues => ({
  ...(group.pending.primary !== undefined && { PrimaryClusterId: group.pending.primary }),
  ...(group.pending.automaticFailover !== undefined && {
    AutomaticFailoverStatus: group.pending.automaticFailover ? 'enabled' : 'disabled',
  }),
  ...answerPendingMode(group),
  ...answerPendingAccess(group),
  ...answerPendingLogs(group),
  ...answerPendingUserGroups(group),
  ...answerResharding(group),
})

function answerPendingMode({ steps }: ReplicationGroupRecord) {
  const [as] = steps.flatMap((step) => (step.do === 'restart-with-data' || step.do === 'remake' ? [step.as] : []))
  return as?.clusterMode === undefined ? {} : { ClusterMode: as.clusterMode }
}

/** How many of the slots that are to move have moved; nothing before the first of them and after the last. */
function answerResharding({ steps, shards }: ReplicationGroupRecord) {
  const [moving] = steps.filter((step) => step.do === 'move-slots')
  if (!moving) return {}
  const moved = 1 - slotsLeft(shards, moving.to) / moving.total
  // As AWS's own example tells it: with fractions.
  return { Resharding: { SlotMigration: { ProgressPercentage: Math.round(10_000 * moved) / 100 } } }
}

/** What members show of it, too. */
export function answerPendingAccess(group: ReplicationGroupRecord) {
  const { transit, token } = accessChangeOf(group) ?? {}
  return {
    ...(token?.status && { AuthTokenStatus: token.status }),
    ...(transit !== undefined && (transit === 'plain' || group.transit === 'plain')
      ? { TransitEncryptionEnabled: transit !== 'plain' }
      : {}),
    ...(transit !== undefined && transit !== 'plain' && { TransitEncryptionMode: transit }),
  }
}

function answerPendingUserGroups(group: ReplicationGroupRecord) {
  const { userGroups } = accessChangeOf(group) ?? {}
  if (!userGroups) return {}
  return {
    UserGroups: { UserGroupIdsToAdd: [...userGroups.add], UserGroupIdsToRemove: [...userGroups.remove] },
  }
}

/** With cluster mode enabled a node group has slots, else endpoints; its members have roles only then. */
function answerNodeGroup(group: ReplicationGroupRecord, shard: ShardRecord): NodeGroup {
  const members = shard.members.filter(({ status }) => group.created === false || status !== 'creating')
  return {
    NodeGroupId: shard.id,
    Status: shard.status,
    ...endpointMember('PrimaryEndpoint', group, endpointAt(group, 'primary')),
    ...endpointMember('ReaderEndpoint', group, endpointAt(group, 'reader')),
    ...(group.clusterMode === 'enabled' && shard.slots.length > 0 && { Slots: formatSlots(shard.slots) }),
    NodeGroupMembers: members.map((member) => answerMember(group, shard, member)),
  }
}

function answerMember(group: ReplicationGroupRecord, shard: ShardRecord, member: GroupMemberRecord): NodeGroupMember {
  return {
    CacheClusterId: member.id,
    CacheNodeId: NODE_ID,
    ...(group.clusterMode !== 'enabled' && endpointMember('ReadEndpoint', group, endpointOf(group, member))),
    PreferredAvailabilityZone: member.zone,
    ...(group.clusterMode !== 'enabled' && { CurrentRole: shard.primary === member.id ? 'primary' : 'replica' }),
  }
}

/** Under its name, once clients may use it. */
function endpointMember<N extends string>(
  name: N,
  { created }: ReplicationGroupRecord,
  endpoint: Endpoint | undefined,
): { readonly [K in N]?: Endpoint } {
  if (!created || !endpoint) return {}
  // Sound: the only key is the name.
  return { [name]: endpoint } as { readonly [K in N]?: Endpoint }
}

function endpointAt(group: ReplicationGroupRecord, name: EndpointName): Endpoint | undefined {
  const place = placeOfEndpoint(group, name)
  return place && { Address: endpointAddressOf(group, name, place), Port: place.port }
}

/** Of a member; undefined until it is placed. */
export const endpointOf = (group: ReplicationGroupRecord, member: GroupMemberRecord): Endpoint | undefined =>
  member.place ? { Address: memberAddress(group, member), Port: member.place.port } : undefined
