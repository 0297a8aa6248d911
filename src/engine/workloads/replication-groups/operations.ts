import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Handler } from '../../calls/context.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { page } from '../../calls/paging.ts'
import { missing } from '../../http/query-protocol.ts'
import type { GroupMemberRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { refuseCacheSecurityGroups } from '../clusters/rules.ts'
import { refuseMember } from '../global-datastores/rules.ts'
import { newSecondary } from '../global-datastores/secondary.ts'
import { readGroupRestoration } from '../snapshots/restoration.ts'
import { commitTaken, takeFinalSnapshot } from '../snapshots/take.ts'
import { answerCreation, answerReplicationGroup } from './answer.ts'
import { commitCall } from './commit.ts'
import { newGroup } from './creation.ts'
import { refuseDurabilityOfOthers } from './durability.ts'
import { findReplicationGroup } from './find.ts'
import { groupAround } from './from-cluster.ts'
import { membersOf } from './members.ts'

export const CreateReplicationGroup: Handler<'CreateReplicationGroup'> = (input, context) => {
  const { store, region, account, wake } = context
  const id = readIdentifier(input.ReplicationGroupId, 'ReplicationGroupId', LIMITS.replicationGroupIdLength)
  const description = input.ReplicationGroupDescription
  if (description === undefined) throw missing('ReplicationGroupDescription')
  refuseCacheSecurityGroups(input)
  refuseDurabilityOfOthers(input)
  const present = store.get('replicationGroup', region, id)
  if (present && !present.lone) {
    // The text is ours.
    throw new Fault('ReplicationGroupAlreadyExists', `Replication group ${id} already exists.`)
  }
  const secondary = newSecondary(id, description, input, context)
  const around = input.PrimaryClusterId ? groupAround(id, description, input, context) : undefined
  const restored = readGroupRestoration(input, context)
  const group =
    secondary?.group ??
    around?.group ??
    newGroup(id, description, restored?.input ?? input, context, restored?.restoring)
  store.change((change) => {
    if (around) change.remove('replicationGroup', around.cluster)
    if (secondary) change.put('parameterGroup', secondary.parameterGroup)
    change.put('replicationGroup', group)
  })
  wake('replicationGroup', id)
  if (around) wake('replicationGroup', around.cluster.id)
  return { ReplicationGroup: answerCreation(group, account) }
}

export const DescribeReplicationGroups: Handler<'DescribeReplicationGroups'> = (input, context) => {
  const { store, region, account } = context
  const groups = input.ReplicationGroupId
    ? [findReplicationGroup(input.ReplicationGroupId, context)]
    : store.list('replicationGroup', region).filter(({ lone }) => !lone)
  const { items, Marker } = page('ReplicationGroups', groups, ({ id }) => id, input)
  return {
    ...(Marker && { Marker }),
    ReplicationGroups: items.map((group) => answerReplicationGroup(group, account)),
  }
}

export const DeleteReplicationGroup: Handler<'DeleteReplicationGroup'> = (input, context) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  refuseDeletion(group, input)
  if (input.FinalSnapshotIdentifier) {
    const taken = commitTaken(takeFinalSnapshot(group, input.FinalSnapshotIdentifier, context), context)
    return { ReplicationGroup: answerReplicationGroup(taken.group, context.account) }
  }
  const [shard] = group.shards
  const retain = input.RetainPrimaryCluster ? shard?.primary : undefined
  const deleting: ReplicationGroupRecord = {
    ...group,
    status: 'deleting',
    steps: [{ do: 'delete', ...(retain !== undefined && { retain }) }],
    stepDue: context.now,
  }
  return { ReplicationGroup: answerReplicationGroup(commitCall(group, deleting, [], context), context.account) }
}

const isDeletable = ({ status }: GroupMemberRecord): boolean =>
  status === 'available' || status === 'incompatible-network'

function refuseDeletion(group: ReplicationGroupRecord, input: Input<'DeleteReplicationGroup'>): void {
  const { id, status, clusterMode } = group
  if (status !== 'create-failed') refuseMember(group)
  if (status !== 'available' && status !== 'create-failed') {
    throw new Fault(
      'InvalidReplicationGroupState',
      `Replication group ${id} has status ${status} which is not valid for deletion.`,
    )
  }
  const busy = status === 'available' ? membersOf(group).find((member) => !isDeletable(member)) : undefined
  if (busy) {
    throw new Fault('InvalidReplicationGroupState', `Cache cluster ${busy.id} is not in a valid state to be deleted`)
  }
  // The texts are ours.
  if (input.FinalSnapshotIdentifier && status === 'create-failed') {
    throw new Fault('InvalidReplicationGroupState', `Replication group ${id} has nothing that could be kept.`)
  }
  if (input.FinalSnapshotIdentifier && input.RetainPrimaryCluster) {
    throw new Fault(
      'InvalidParameterCombination',
      'FinalSnapshotIdentifier and RetainPrimaryCluster cannot be specified together.',
    )
  }
  if (input.RetainPrimaryCluster && clusterMode !== 'disabled') {
    throw new Fault(
      'InvalidParameterCombination',
      'RetainPrimaryCluster is not possible with cluster mode enabled: there is no cache cluster that has all keys.',
    )
  }
}
