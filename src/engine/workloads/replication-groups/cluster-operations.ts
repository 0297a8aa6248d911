/** Operations about cache clusters of Redis OSS and Valkey: lone ones, and members of replication groups. Texts without a source are ours. */
import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input, Output } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import { missing } from '../../http/query-protocol.ts'
import type { GroupMemberRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { isClusterId } from '../../store/replication-groups.ts'
import { refuseBeyondRegionQuota } from '../clusters/node-counts.ts'
import { refuseCacheSecurityGroups } from '../clusters/rules.ts'
import { readClusterRestoration } from '../snapshots/restoration.ts'
import { commitTaken, takeFinalSnapshot } from '../snapshots/take.ts'
import { readDiscoveryChange } from './cluster-modes.ts'
import { commitCall } from './commit.ts'
import { newLoneCluster, newMember, readZones } from './creation.ts'
import { type FoundMember, findReplicationGroup, refuseUnlessAvailable } from './find.ts'
import { readLogsModification } from './log-rules.ts'
import { answerMemberCluster } from './member-answer.ts'
import { isPrimary, membersOf, shardOf, withMembers } from './members.ts'
import { readReleaseChanges, readUpkeep, waiting, withChanges } from './modification.ts'
import { readRetention, readSnapshotWindow } from './rules.ts'
import { checkedReplicas } from './shape.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)
const badState = (message: string) => new Fault('InvalidCacheClusterState', message)

const NEEDS_GROUP = 'AuthToken needs a replication group with encryption in transit.'

export function createLoneCluster(input: Input<'CreateCacheCluster'>, context: Context): Output<'CreateCacheCluster'> {
  const { store, region, account, wake } = context
  const id = readIdentifier(input.CacheClusterId, 'CacheClusterIdentifier', LIMITS.replicationGroupIdLength)
  refuseCacheSecurityGroups(input)
  refuseForLone(input)
  if (isClusterId(id, store, region) || store.get('replicationGroup', region, id)) {
    throw new Fault('CacheClusterAlreadyExists', 'Cache cluster already exists')
  }
  const restored = readClusterRestoration(input, context)
  const cluster = newLoneCluster(id, restored?.input ?? input, context, restored?.restoring)
  store.change((change) => change.put('replicationGroup', cluster))
  wake('replicationGroup', id)
  return answered(cluster, id, account)
}

/** What a lone cache cluster of Redis OSS or Valkey does not have; the text about encryption is AWS's. */
function refuseForLone(input: Input<'CreateCacheCluster'>): void {
  const { Engine: engine = '', NumCacheNodes = 1 } = input
  if (NumCacheNodes !== 1) throw invalid(`NumCacheNodes should be 1 if engine is ${engine.toLowerCase()}`)
  if (input.AZMode === 'cross-az')
    throw conflict(`AZMode cross-az is not supported for engine ${engine.toLowerCase()}.`)
  if (input.TransitEncryptionEnabled) {
    throw conflict(`Encryption feature is not supported for engine ${engine.toUpperCase()}.`)
  }
  if (input.AuthToken !== undefined) throw conflict(NEEDS_GROUP)
}

/** What a replica may be given besides its group; all else is the group's. */
const OF_A_REPLICA: ReadonlySet<string> = new Set([
  'CacheClusterId',
  'ReplicationGroupId',
  'PreferredAvailabilityZone',
  'Port',
  'AutoMinorVersionUpgrade',
  'Tags',
])

export function createReplica(input: Input<'CreateCacheCluster'>, context: Context): Output<'CreateCacheCluster'> {
  const { store, region, account } = context
  const id = readIdentifier(input.CacheClusterId, 'CacheClusterIdentifier', LIMITS.replicationGroupIdLength)
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  const isAdditional = ([name, value]: [string, unknown]) => value !== undefined && !OF_A_REPLICA.has(name)
  if (Object.entries(input).some(isAdditional)) {
    throw conflict('Cannot specify additional cache cluster parameters when creating a replica cluster')
  }
  const [shard] = group.shards
  // The texts of the next three are ours.
  if (group.clusterMode !== 'disabled' || !shard) {
    throw conflict(`Replicas of ${group.id} are added by IncreaseReplicaCount: its cluster mode is enabled.`)
  }
  refuseUnlessAvailable(group)
  // With the new one there are as many as members now.
  checkedReplicas(shard.members.length)
  if (isClusterId(id, store, region)) throw new Fault('CacheClusterAlreadyExists', 'Cache cluster already exists')
  refuseBeyondRegionQuota(1, context)
  const plan = { ...shard, zones: [input.PreferredAvailabilityZone ?? null] }
  const [[zone = ''] = []] = readZones({}, [plan], group, context)
  const tags = mergeTags(group.tags, readTags(input.Tags))
  const growing: ReplicationGroupRecord = {
    ...group,
    status: 'modifying',
    shards: [{ ...shard, status: 'modifying', members: [...shard.members, newMember(id, zone, tags, context)] }],
    steps: [...group.steps, { do: 'place-members' }, { do: 'join-members' }, { do: 'finish' }],
    stepDue: context.now,
  }
  return answered(commitCall(group, growing, [], context), id, account)
}

/** A reboot of a primary is no failover: it comes back empty, and replicas drop what they had (guide, "Rebooting nodes"). */
export function rebootMember(
  { group, member }: FoundMember,
  input: Input<'RebootCacheCluster'>,
  context: Context,
): Output<'RebootCacheCluster'> {
  refuseUnlessMemberAvailable(member, group, 'reboot')
  // The text is ours: the guide says that it is not possible.
  if (group.clusterMode !== 'disabled') {
    throw conflict(`Cache cluster ${member.id} cannot be rebooted: cluster mode is enabled.`)
  }
  const ids = [...new Set(input.CacheNodeIdsToReboot ?? [])]
  if (ids.length === 0) throw missing('CacheNodeIdsToReboot')
  const unknown = ids.filter((id) => id !== NODE_ID)
  if (unknown.length > 0) {
    throw invalid(
      `The following cache node ids are invalid: [${unknown.join(', ')}]. Cache cluster ${member.id} has ${NODE_ID}.`,
    )
  }
  const marked = withMembers(group, (each) =>
    each.id === member.id ? { ...each, status: 'rebooting cluster nodes' } : each,
  )
  const rebooting: ReplicationGroupRecord = {
    ...marked,
    status: 'modifying',
    steps: [...group.steps, { do: 'restart-members', ids: [member.id] }, { do: 'members-restarted' }, { do: 'finish' }],
    stepDue: context.now,
  }
  return answered(commitCall(group, rebooting, [], context), member.id, context.account)
}

export function deleteMember(
  { group, member }: FoundMember,
  input: Input<'DeleteCacheCluster'>,
  context: Context,
): Output<'DeleteCacheCluster'> {
  const { account, now } = context
  const mayGo = group.status === 'create-failed' || (group.lone && member.status === 'incompatible-network')
  if (!mayGo) refuseUnlessMemberAvailable(member, group, 'delete')
  if (input.FinalSnapshotIdentifier)
    return deleteAfterSnapshot({ group, member }, input.FinalSnapshotIdentifier, context)
  if (group.lone) {
    const deleting: ReplicationGroupRecord = { ...group, status: 'deleting', steps: [{ do: 'delete' }], stepDue: now }
    return answered(commitCall(group, deleting, [], context), member.id, account)
  }
  refuseDeletionOfMember(group, member)
  const marked = withMembers(group, (each) => (each.id === member.id ? { ...each, status: 'deleting' } : each))
  const shrinking: ReplicationGroupRecord = {
    ...marked,
    status: 'modifying',
    steps: [...group.steps, { do: 'remove-members', ids: [member.id] }, { do: 'finish' }],
    stepDue: now,
  }
  return answered(commitCall(group, shrinking, [], context), member.id, account)
}

/** A member's keys are its group's (API reference: no final snapshot of a replica). The texts are ours. */
function deleteAfterSnapshot({ group, member }: FoundMember, name: string, context: Context) {
  if (!group.lone) {
    throw conflict(
      `FinalSnapshotIdentifier is not for members of a replication group: ${member.id} is one of ${group.id}.`,
    )
  }
  if (group.status === 'create-failed') throw badState(`Cache cluster ${member.id} has nothing that could be kept.`)
  const taken = commitTaken(takeFinalSnapshot(group, name, context), context)
  return answered(taken.group, member.id, context.account)
}

/** The second and third texts are AWS's. */
function refuseDeletionOfMember(group: ReplicationGroupRecord, member: GroupMemberRecord): void {
  if (group.clusterMode !== 'disabled') {
    throw badState(`Cache cluster ${member.id} is removed by DecreaseReplicaCount: cluster mode is enabled.`)
  }
  const { members = [] } = shardOf(group, member.id) ?? {}
  if (members.length === 1) {
    throw badState(
      'Cannot delete the cache cluster since it is the only member of a replication group. Delete the replication group instead.',
    )
  }
  if (isPrimary(group, member.id)) {
    throw badState(`Cannot delete the cache cluster because it is the primary of replication group ${group.id}.`)
  }
  if (members.length === 2 && group.automaticFailover !== 'disabled') {
    throw badState(
      `Cannot delete the cache cluster because it is the only read replica for replication group ${group.id} which has autofailover enabled or pending. You can disable autofailover and then delete this cache cluster. Alternatively, to delete the entire replication group, use DeleteReplicationGroup.`,
    )
  }
}

/** Of a member almost everything is its group's. */
export function modifyMember(
  { group, member }: FoundMember,
  input: Input<'ModifyCacheCluster'>,
  context: Context,
): Output<'ModifyCacheCluster'> {
  // The text is ours.
  if (!group.lone) {
    throw conflict(
      `Cache cluster ${member.id} is a member of replication group ${group.id}: modify that instead (ModifyReplicationGroup).`,
    )
  }
  refuseUnlessMemberAvailable(member, group, 'modify')
  refuseCacheSecurityGroups(input)
  refuseNotYetModified(input, group)
  const modified: ReplicationGroupRecord = {
    ...group,
    ...readUpkeep(input, group, context),
    ...(input.SnapshotRetentionLimit !== undefined && {
      snapshotRetentionLimit: readRetention(input.SnapshotRetentionLimit),
    }),
    ...(input.SnapshotWindow !== undefined && { snapshotWindow: readSnapshotWindow(input.SnapshotWindow, context) }),
  }
  const pending = { ...group.pending, ...readReleaseChanges(input, group, context) }
  const logs = readLogsModification(input, group)
  const begun = { ...modified, steps: [...group.steps, ...readDiscoveryChange(input, group), ...logs] }
  const after =
    input.ApplyImmediately && (Object.keys(pending).length > 0 || logs.length > 0)
      ? withChanges(begun, pending, context.store)
      : { ...begun, ...waiting(begun, pending, context.now) }
  const hasOtherGroups = modified.securityGroupIds.join() !== group.securityGroupIds.join()
  const event: EventFacts = { kind: 'security-groups-modified' }
  const events = hasOtherGroups ? [{ member: member.id, event }] : []
  return answered(commitCall(group, { ...after, stepDue: context.now }, events, context), member.id, context.account)
}

function refuseNotYetModified(input: Input<'ModifyCacheCluster'>, { engine }: ReplicationGroupRecord): void {
  if ((input.NumCacheNodes ?? 1) !== 1) throw invalid(`NumCacheNodes should be 1 if engine is ${engine}`)
  if (input.AuthToken !== undefined) throw conflict(NEEDS_GROUP)
}

function refuseUnlessMemberAvailable(member: GroupMemberRecord, group: ReplicationGroupRecord, action: string): void {
  const status = group.status === 'available' ? member.status : group.status
  if (status === 'available') return
  throw badState(`Cache cluster ${member.id} is ${status}, not available: it is not possible to ${action} it.`)
}

function answered(group: ReplicationGroupRecord, id: string, account: string) {
  const member = membersOf(group).find((each) => each.id === id)
  return member ? { CacheCluster: answerMemberCluster(group, member, account) } : {}
}
