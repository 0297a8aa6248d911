/** Slots of a group that change shards: some at a time, asked of the servers, then put on record. */
import { nameOf } from '../../nodes/wanted.ts'
import type { GroupStep, ReplicationGroupRecord } from '../../store/records.ts'
import type { LifeTools } from '../workload.ts'
import { membersOf } from './members.ts'
import { nextMove, type SlotsToMove, withMoved } from './slot-plan.ts'

export type SlotsStep = Extract<GroupStep, { do: 'move-slots' }>

/** Few enough that progress shows, and that little is done again after a crash. */
const TOGETHER = 512

/**
 * Moves the next slots, or has them begin to move only. Answers which ones; undefined: there are none left. Rejects when they did
 * not move.
 */
export async function moveSome(
  group: ReplicationGroupRecord,
  { to }: SlotsStep,
  beginsOnly: boolean,
  { runtime }: Pick<LifeTools, 'runtime'>,
): Promise<SlotsToMove | undefined> {
  const next = nextMove(group.shards, to, TOGETHER)
  if (!next) return undefined
  const { region, id } = group
  const giver = primaryOf(group, next.from)
  const { nodeId, place } = primaryOf(group, next.to)
  const server = nameOf({ region, kind: 'replicationGroup', id, node: giver.id })
  await runtime.moveSlots(server, { slots: next.slots, to: { nodeId, innerPort: place?.innerPort ?? 0 }, beginsOnly })
  return next
}

function primaryOf(group: ReplicationGroupRecord, shard: string) {
  const primary = group.shards.find(({ id }) => id === shard)?.primary
  const member = membersOf(group).find(({ id }) => id === primary)
  if (!member) throw new Error(`shard ${shard} of replication group ${group.id} has no primary`)
  return member
}

/** The group, as it is by now, after that. Something else may have come first meanwhile: that they moved is true all the same. */
export function afterMove(
  group: ReplicationGroupRecord,
  step: SlotsStep,
  moved: SlotsToMove | undefined,
): ReplicationGroupRecord {
  if (moved) return { ...group, shards: withMoved(group.shards, moved) }
  return { ...group, steps: group.steps.filter((each) => each !== step) }
}
