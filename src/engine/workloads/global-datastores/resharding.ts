/** Shards of all groups of a global datastore, which come, go and share out slots together. Texts without a source are ours. */
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import type { GlobalReplicationGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { resharded } from '../replication-groups/resharding.ts'
import { refuseLater } from '../replication-groups/rules.ts'
import { globalShardId } from './answer.ts'
import { committed, together } from './commit.ts'
import { calmMembers, contextOf, findGlobal } from './find.ts'
import { invalid, refuseUnlessIn } from './rules.ts'

/** What is asked of one group. */
type ShardInput = Omit<Parameters<typeof resharded>[1], 'NodeGroupCount'>

export const IncreaseNodeGroupsInGlobalReplicationGroup: Handler<'IncreaseNodeGroupsInGlobalReplicationGroup'> = (
  input,
  context,
) => {
  const { datastore, members, present } = find(input, context)
  const { NodeGroupCount: count = 0, RegionalConfigurations: regional = [] } = input
  if (count <= present) throw invalid(`NodeGroupCount must be more than the ${present} node groups there are.`)
  const configured = members.map(({ id, region }) =>
    regional.find((each) => each.ReplicationGroupId?.toLowerCase() === id && each.ReplicationGroupRegion === region),
  )
  const unknown = regional.find((each) => !configured.includes(each))
  if (unknown) {
    const { ReplicationGroupId: id, ReplicationGroupRegion: region } = unknown
    throw invalid(
      `Replication Group ${id} in ${region} is not associated with Global Replication Group ${datastore.id}.`,
    )
  }
  return reshardAll(datastore, members, count, context, (_, index) => ({
    ReshardingConfiguration: configured[index]?.ReshardingConfiguration ?? [],
  }))
}

export const DecreaseNodeGroupsInGlobalReplicationGroup: Handler<'DecreaseNodeGroupsInGlobalReplicationGroup'> = (
  input,
  context,
) => {
  const { datastore, members, present } = find(input, context)
  const { NodeGroupCount: count = 0, GlobalNodeGroupsToRemove: remove, GlobalNodeGroupsToRetain: retain } = input
  if (count >= present) throw invalid(`NodeGroupCount must be less than the ${present} node groups there are.`)
  const shards = members[0]?.shards ?? []
  /** What is none of its ids is told as it was said. */
  const local = (ids: readonly string[] = []) =>
    ids.map((id) => shards.find((shard) => globalShardId(datastore, shard.id) === id.toLowerCase())?.id ?? id)
  return reshardAll(datastore, members, count, context, () => ({
    NodeGroupsToRemove: local(remove),
    NodeGroupsToRetain: local(retain),
  }))
}

export const RebalanceSlotsInGlobalReplicationGroup: Handler<'RebalanceSlotsInGlobalReplicationGroup'> = (
  input,
  context,
) => {
  const { datastore, members, present } = find(input, context)
  return reshardAll(datastore, members, present, context, () => ({}))
}

function find(
  input: Pick<Input<'RebalanceSlotsInGlobalReplicationGroup'>, 'GlobalReplicationGroupId' | 'ApplyImmediately'>,
  context: Context,
) {
  const datastore = findGlobal(input.GlobalReplicationGroupId, context)
  refuseLater(input.ApplyImmediately)
  const members = calmMembers(datastore, context)
  const [primary] = members
  // AWS's text for replication groups.
  if (primary?.clusterMode !== 'enabled') {
    throw invalid('Operation is only applicable for cluster mode enabled replication groups.')
  }
  refuseUnlessIn(['primary-only', 'available'], datastore, context.store)
  return { datastore, members, present: primary.shards.length }
}

/** All have the same shards with the same slots, before and after. */
function reshardAll(
  datastore: GlobalReplicationGroupRecord,
  members: readonly ReplicationGroupRecord[],
  count: number,
  context: Context,
  inputOf: (member: ReplicationGroupRecord, index: number) => ShardInput,
) {
  const changes = members.map((member, index) =>
    resharded(member, { ...inputOf(member, index), NodeGroupCount: count }, contextOf(member, context)),
  )
  const [ids, ...others] = changes.map(({ after }) => after.shards.map(({ id }) => id).join())
  if (others.some((each) => each !== ids)) {
    throw new Fault('InvalidParameterCombination', 'New node groups must have the same ids in all regions.')
  }
  const after = changes.map((change) => together(change.after))
  const events = changes.flatMap(({ after: group, events: told }) => told.map((event) => ({ group, event })))
  return committed(datastore, after, context, events)
}
