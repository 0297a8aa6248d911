/**
 * How service updates come to be applied to a replication group, or to a lone cache cluster: one node after another, replicas before
 * their primary, whose place one of them takes (guide, "Applying the service updates"). Where a primary has no replica, all
 * servers start anew at once, with what they held. Pure.
 */
import type { ServiceUpdate } from '../../catalog/service-updates.ts'
import type { GroupMemberRecord, GroupStep, ReplicationGroupRecord, UpdateActionRecord } from '../../store/records.ts'
import {
  actionOf,
  begunAction,
  noteNode,
  stoppedAction,
  type Updatable,
  withAction,
} from '../clusters/service-updates.ts'
import { isPrimary, membersOf, shardOf, withMembers } from './members.ts'
import { restartSteps } from './remaking.ts'
import { startedAnew } from './starting-values.ts'

/** As updates see it: nodes are its members. */
export const updatableOf = (group: ReplicationGroupRecord): Updatable => ({ ...group, nodes: membersOf(group) })

/** The group as it begins to apply an update to the nodes that lack it. */
export function beginGroupUpdate(
  update: ServiceUpdate,
  group: ReplicationGroupRecord,
  initiatedBy: UpdateActionRecord['initiatedBy'],
  now: number,
): ReplicationGroupRecord {
  const { action, lacking } = begunAction(update, updatableOf(group), initiatedBy, now)
  return {
    ...withAction(group, action),
    status: 'modifying',
    steps: [...updateSteps(group, update.name, lacking), { do: 'end-update', update: update.name }, { do: 'finish' }],
    stepDue: now,
  }
}

function updateSteps(group: ReplicationGroupRecord, update: string, lacking: readonly string[]): GroupStep[] {
  if (group.shards.some(({ members }) => members.length < 2)) {
    return [
      { do: 'note-update', update, ids: lacking, status: 'in-progress' },
      ...restartSteps({}),
      { do: 'note-update', update, ids: lacking, status: 'complete' },
    ]
  }
  const replicasFirst = group.shards.flatMap(({ members, primary }) => [
    ...members.filter(({ id }) => id !== primary),
    ...members.filter(({ id }) => id === primary),
  ])
  return replicasFirst
    .filter(({ id }) => lacking.includes(id))
    .flatMap(({ id }): GroupStep[] => [
      { do: 'update-member', update, id },
      { do: 'note-update', update, ids: [id], status: 'complete' },
    ])
}

/** Nodes that have begun go on to their end; servers that start together have all begun, or none has. */
export function stopGroupUpdate(group: ReplicationGroupRecord, name: string, now: number): ReplicationGroupRecord {
  const present = actionOf(group, name)
  if (!present) return group
  const { action, waiting } = stoppedAction(present, now)
  const isDropped = (step: GroupStep): boolean => {
    if (step.do === 'update-member') return waiting.includes(step.id)
    if (step.do === 'note-update') return step.ids.every((id) => waiting.includes(id))
    const hasBegun = action.nodes.some(({ status }) => status === 'in-progress')
    return !hasBegun && restartSteps({}).some((each) => each.do === step.do)
  }
  return { ...withAction(group, action), steps: group.steps.filter((step) => !isDropped(step)) }
}

/** Its next server has the update. A primary gives its place away first: the steps that do are taken before. */
export function updateMember(
  group: ReplicationGroupRecord,
  step: Extract<GroupStep, { do: 'update-member' }>,
  now: number,
): ReplicationGroupRecord {
  const { id, update } = step
  const heir = isPrimary(group, id) ? heirOf(group, id) : undefined
  if (heir) return { ...group, steps: [{ do: 'promote', id: heir.id }, step, ...group.steps] }
  const restarted = withMembers(group, (member) =>
    member.id === id ? { ...startedAnew(group, member), status: 'modifying' } : member,
  )
  return noteNode(restarted, update, id, 'in-progress', now)
}

const heirOf = (group: ReplicationGroupRecord, id: string): GroupMemberRecord | undefined =>
  shardOf(group, id)?.members.find((member) => member.id !== id && !member.lost && member.place !== null)
