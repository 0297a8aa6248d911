/** Replicas that come and go, and failovers that are asked for. */
import type { EventFacts } from '../../../api/catalog/events.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { refusesFailover } from '../../faults/group-effects.ts'
import { quota } from '../../store/quotas.ts'
import type { ReplicationGroupRecord, ShardRecord } from '../../store/records.ts'
import { isClusterId } from '../../store/replication-groups.ts'
import { refuseBeyondRegionQuota } from '../clusters/node-counts.ts'
import { answerReplicationGroup } from './answer.ts'
import { refuseWhileCompatible } from './cluster-modes.ts'
import { commitCall } from './commit.ts'
import { newMember, readZones, refuseBeyondGroupQuota } from './creation.ts'
import { findReplicationGroup, refuseUnlessAvailable } from './find.ts'
import { replicationGroups } from './group.ts'
import { membersOf, withMembers } from './members.ts'
import { memberIds } from './names.ts'
import {
  findShard,
  readLeaving,
  readTargets,
  refuseOtherDirection,
  replicasOf,
  type ShardTarget,
} from './replica-counts.ts'
import { refuseLater } from './rules.ts'

export const IncreaseReplicaCount: Handler<'IncreaseReplicaCount'> = (input, context) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  refuseLater(input.ApplyImmediately)
  refuseUnlessAvailable(group)
  refuseWhileCompatible(group, 'The number of replicas')
  const targets = readTargets(input, group)
  refuseOtherDirection(targets, 'more')
  const added = targets.reduce((sum, { shard, replicas }) => sum + replicas - replicasOf(shard).length, 0)
  refuseBeyondGroupQuota(membersOf(group).length + added, context)
  refuseBeyondRegionQuota(added, context)
  const shards = group.shards.map((shard) => {
    const target = targets.find((each) => each.shard === shard)
    return target ? grown(group, target, context) : shard
  })
  const told = { group: group.id, time: new Date(context.now).toISOString() }
  const begun: EventFacts = { kind: 'replicas-increasing', ...told }
  const growing: ReplicationGroupRecord = {
    ...group,
    status: 'modifying',
    shards,
    steps: [
      ...group.steps,
      { do: 'place-members' },
      { do: 'join-members' },
      { do: 'finish', events: [{ kind: 'replicas-increased', ...told }] },
    ],
    stepDue: context.now,
  }
  return { ReplicationGroup: committed(group, growing, [begun], context) }
}

function grown(group: ReplicationGroupRecord, { shard, replicas, zones }: ShardTarget, context: Context): ShardRecord {
  const { store, region } = context
  const count = replicas - replicasOf(shard).length
  const asked = zones?.slice(-count) ?? new Array<null>(count).fill(null)
  const [chosen = []] = readZones({}, [{ ...shard, zones: asked }], group, context)
  const ids = memberIds(group.id, group.clusterMode === 'disabled' ? null : shard.id, count, (id) =>
    isClusterId(id, store, region),
  )
  const members = ids.map((id, index) => newMember(id, chosen[index] ?? '', group.tags, context))
  return { ...shard, status: 'modifying', members: [...shard.members, ...members] }
}

export const DecreaseReplicaCount: Handler<'DecreaseReplicaCount'> = (input, context) => {
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  refuseLater(input.ApplyImmediately)
  refuseUnlessAvailable(group)
  refuseWhileCompatible(group, 'The number of replicas')
  const ids = readLeaving(input, group)
  const leaving = withMembers(group, (member) => (ids.includes(member.id) ? { ...member, status: 'deleting' } : member))
  const told = { group: group.id, time: new Date(context.now).toISOString() }
  const shrinking: ReplicationGroupRecord = {
    ...leaving,
    status: 'modifying',
    shards: leaving.shards.map((shard) =>
      shard.members.some(({ id }) => ids.includes(id)) ? { ...shard, status: 'modifying' } : shard,
    ),
    steps: [
      ...group.steps,
      { do: 'remove-members', ids },
      { do: 'finish', events: [{ kind: 'replicas-decreased', ...told }] },
    ],
    stepDue: context.now,
  }
  return { ReplicationGroup: committed(group, shrinking, [{ kind: 'replicas-decreasing', ...told }], context) }
}

const DAY_MS = 24 * 60 * 60_000

/** The group says available all through, as AWS's does. Texts of the refusals are ours. */
export const TestFailover: Handler<'TestFailover'> = (input, context) => {
  const { now, store, region } = context
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  const shard = findShard(input.NodeGroupId, group)
  if (!shard) throw new Fault('NodeGroupNotFoundFault', `Node group ${input.NodeGroupId} not found.`)
  refuseUnlessAvailable(group)
  if (group.steps.length > 0) {
    throw new Fault('InvalidReplicationGroupState', `A node of replication group ${group.id} is still being replaced.`)
  }
  if (group.automaticFailover !== 'enabled' || shard.members.length < 2) {
    throw new Fault(
      'TestFailoverNotAvailableFault',
      `Failover of node group ${shard.id} needs automatic failover to be enabled, and a replica.`,
    )
  }
  const faults = replicationGroups.faultsOf(group, store.list('fault', region))
  if (refusesFailover(faults)) {
    throw new Fault(
      'TestFailoverNotAvailableFault',
      `Node group ${shard.id} does not fail over: a fault to rehearse with.`,
    )
  }
  const recent = (times: readonly number[]) => times.filter((time) => time > now - DAY_MS)
  const limit = quota('failover-tests-per-day', context)
  const count = store.list('replicationGroup', region).reduce((sum, each) => sum + recent(each.failoverTests).length, 0)
  if (count >= limit) {
    throw new Fault(
      'APICallRateForCustomerExceeded',
      `TestFailover may be called on at most ${limit} node groups in any 24 hours.`,
    )
  }
  const failing: ReplicationGroupRecord = {
    ...group,
    failoverTests: [...recent(group.failoverTests), now],
    steps: [{ do: 'fail-over', lost: shard.primary }],
    stepDue: now,
  }
  return { ReplicationGroup: committed(group, failing, [{ kind: 'failover-tested', node: shard.id }], context) }
}

function committed(
  before: ReplicationGroupRecord,
  after: ReplicationGroupRecord,
  events: readonly EventFacts[],
  context: Context,
) {
  const told = events.map((event) => ({ event }))
  return answerReplicationGroup(commitCall(before, after, told, context), context.account)
}
