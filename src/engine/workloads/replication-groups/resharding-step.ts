/** Slots of a group that change shards: some at a time, asked of the servers, then put on record. */
import type { EventFacts } from '../../../api/catalog/events.ts'
import type { KeptSlot } from '../../nodes/redis/slots.ts'
import { nameOf } from '../../nodes/wanted.ts'
import type { GroupStep, ReplicationGroupRecord } from '../../store/records.ts'
import type { LifeTools } from '../workload.ts'
import { membersOf } from './members.ts'
import { nextMove, type SlotsToMove, withKept, withMoved } from './slot-plan.ts'

export type SlotsStep = Extract<GroupStep, { do: 'move-slots' }>

/** Few enough that progress shows, and that little is done again after a crash. */
const TOGETHER = 512

/** Slots that have moved, and those that stay where they were. */
export interface Moved extends SlotsToMove {
  readonly kept: readonly KeptSlot[]
}

/**
 * Moves the next slots, or has them begin to move only. Undefined: there are none left. Rejects when they did not move, and can be
 * tried again.
 */
export async function moveSome(
  group: ReplicationGroupRecord,
  { to }: SlotsStep,
  beginsOnly: boolean,
  { runtime }: Pick<LifeTools, 'runtime'>,
): Promise<Moved | undefined> {
  const next = nextMove(group.shards, to, TOGETHER)
  if (!next) return undefined
  const { region, id, shards } = group
  const giver = primaryOf(group, next.from)
  const { nodeId, place } = primaryOf(group, next.to)
  const server = nameOf({ region, kind: 'replicationGroup', id, node: giver.id })
  const isNew = shards.some((shard) => shard.id === next.to && shard.slots.length === 0)
  const { kept } = await runtime.moveSlots(server, {
    slots: next.slots,
    to: { nodeId, innerPort: place?.innerPort ?? 0, isNew },
    beginsOnly,
  })
  const staying = new Set(kept.map(({ slot }) => slot))
  return { ...next, slots: next.slots.filter((slot) => !staying.has(slot)), kept }
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
  moved: Moved | undefined,
): { readonly group: ReplicationGroupRecord; readonly events: readonly EventFacts[] } {
  if (!moved) return { group: { ...group, steps: afterwards(group, step) }, events: [] }
  const { kept, from } = moved
  const next = {
    ...step,
    to: withKept(
      step.to,
      from,
      kept.map(({ slot }) => slot),
    ),
    kept: (step.kept ?? 0) + kept.length,
  }
  const steps = kept.length === 0 ? group.steps : group.steps.map((each) => (each === step ? next : each))
  return { group: { ...group, shards: withMoved(group.shards, moved), steps }, events: told(group, moved) }
}

/** What is left to do: shards that keep slots stay, and the end is told as it is. */
function afterwards({ id, shards, steps }: ReplicationGroupRecord, step: SlotsStep): GroupStep[] {
  const rest = steps.filter((each) => each !== step)
  if (!step.kept) return rest
  const isEmpty = (shard: string) => shards.some((each) => each.id === shard && each.slots.length === 0)
  const event: EventFacts = { kind: 'slots-kept', group: id, count: step.kept }
  return rest.map((each) => {
    if (each.do === 'remove-shards') return { ...each, ids: each.ids.filter(isEmpty) }
    return each.do === 'finish' ? { ...each, events: [event] } : each
  })
}

const told = ({ id: group }: ReplicationGroupRecord, { from, kept }: Moved): EventFacts[] =>
  (['full', 'large'] as const).flatMap((why): EventFacts[] => {
    const count = kept.filter((each) => each.why === why).length
    return count === 0
      ? []
      : [{ kind: why === 'full' ? 'slots-do-not-fit' : 'slots-too-large', group, count, node: from }]
  })
