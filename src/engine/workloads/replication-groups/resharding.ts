/** ModifyReplicationGroupShardConfiguration: shards that come and go, and slots that are shared out anew. */
import type { EventFacts } from '../../../api/catalog/events.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import type { GroupStep, ReplicationGroupRecord, ShardRecord, Tag } from '../../store/records.ts'
import { isClusterId } from '../../store/replication-groups.ts'
import { refuseBeyondRegionQuota } from '../clusters/node-counts.ts'
import { refuseMember } from '../global-datastores/rules.ts'
import { answerReplicationGroup } from './answer.ts'
import { commitCall } from './commit.ts'
import { newMember, readZones, refuseBeyondGroupQuota } from './creation.ts'
import { findReplicationGroup, refuseUnlessAvailable } from './find.ts'
import { membersOf } from './members.ts'
import { memberIds } from './names.ts'
import { refuseLater } from './rules.ts'
import type { ShardPlan } from './shape.ts'
import { readShardChange, type ShardChange } from './shard-counts.ts'
import { evenTargets, slotsLeft } from './slot-plan.ts'

export const ModifyReplicationGroupShardConfiguration: Handler<'ModifyReplicationGroupShardConfiguration'> = (
  input,
  context,
) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  refuseMember(group)
  if (group.clusterMode !== 'enabled') {
    throw new Fault(
      'InvalidParameterValue',
      'Operation is only applicable for cluster mode enabled replication groups.',
    )
  }
  refuseLater(input.ApplyImmediately)
  refuseUnlessAvailable(group)
  const { after, events } = resharded(group, input, context)
  const told = events.map((event) => ({ event }))
  return { ReplicationGroup: answerReplicationGroup(commitCall(group, after, told, context), context.account) }
}

/** The group on its way to other shards, and what tells of it. Throws the refusal. */
export function resharded(
  group: ReplicationGroupRecord,
  input: Pick<
    Input<'ModifyReplicationGroupShardConfiguration'>,
    'NodeGroupCount' | 'ReshardingConfiguration' | 'NodeGroupsToRemove' | 'NodeGroupsToRetain'
  >,
  context: Context,
): { readonly after: ReplicationGroupRecord; readonly events: readonly EventFacts[] } {
  const change = readShardChange(input, group)
  const added = change.coming.flatMap(({ zones }) => zones).length
  refuseBeyondGroupQuota(membersOf(group).length + added, context)
  refuseBeyondRegionQuota(added, context)
  return { after: withShards(group, change, context), events: begunBy(group, change) }
}

function withShards(
  group: ReplicationGroupRecord,
  { coming, going }: ShardChange,
  context: Context,
): ReplicationGroupRecord {
  const present = group.shards.map((shard) => ({ ...shard, status: 'modifying' as const }))
  const shards = [...present, ...newShards(group, coming, context)].sort((a, b) => (a.id < b.id ? -1 : 1))
  const staying = shards.map(({ id }) => id).filter((id) => !going.includes(id))
  const to = evenTargets(shards, staying)
  const total = slotsLeft(shards, to)
  if (total === 0 && coming.length + going.length === 0) {
    throw new Fault(
      'InvalidReplicationGroupState',
      'Slots in the replication group are uniformly distributed. Nothing to do.',
    )
  }
  const joining: GroupStep[] = coming.length > 0 ? [{ do: 'place-members' }, { do: 'join-members' }] : []
  const fitting: GroupStep[] = going.length > 0 ? [{ do: 'check-fit', shards: staying.length }] : []
  const leaving: GroupStep[] = going.length > 0 ? [{ do: 'remove-shards', ids: going }] : []
  return {
    ...group,
    status: 'modifying',
    shards,
    steps: [
      ...group.steps,
      ...joining,
      ...fitting,
      { do: 'move-slots', to, total },
      ...leaving,
      { do: 'finish', events: [{ kind: 'shards-scaled', group: group.id, count: staying.length }] },
    ],
    stepDue: context.now,
  }
}

function newShards(group: ReplicationGroupRecord, plans: readonly ShardPlan[], context: Context): ShardRecord[] {
  if (plans.length === 0) return []
  const { store, region } = context
  const zones = readZones({ MultiAZEnabled: group.multiAz }, plans, group, context)
  const tags = commonTags(group)
  return plans.map(({ id, slots }, index) => {
    const chosen = zones[index] ?? []
    const ids = memberIds(group.id, id, chosen.length, (each) => isClusterId(each, store, region))
    const members = ids.map((member, at) => newMember(member, chosen[at] ?? '', tags, context))
    return { id, status: 'creating', slots, primary: ids[0] ?? '', members }
  })
}

/** New shards have the tags that all others have. */
function commonTags(group: ReplicationGroupRecord): Tag[] {
  const [first, ...others] = membersOf(group).map(({ tags }) => tags)
  return (first ?? []).filter(({ Key, Value }) =>
    others.every((tags) => tags.some((tag) => tag.Key === Key && tag.Value === Value)),
  )
}

function begunBy({ id: group, shards }: ReplicationGroupRecord, { coming, going }: ShardChange): EventFacts[] {
  const fromCount = shards.length
  if (coming.length > 0) {
    return [
      { kind: 'shards-added', group, count: coming.length, nodes: coming.map(({ id }) => id).join(', ') },
      { kind: 'scaling-out', group, fromCount, toCount: fromCount + coming.length },
    ]
  }
  if (going.length > 0) return [{ kind: 'scaling-in', group, fromCount, toCount: fromCount - going.length }]
  return [{ kind: 'rebalancing', group }]
}
