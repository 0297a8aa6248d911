/** A group that is another one, while it keeps its members and what they hold. Pure. */
import type { GroupStep, Remaking, ReplicationGroupRecord } from '../../store/records.ts'
import { isCluster, membersOf, withMembers } from './members.ts'
import { evenSlots } from './slots.ts'
import { startedAnew } from './starting-values.ts'

const ALL_SLOTS = evenSlots(1)

export function remade(group: ReplicationGroupRecord, { release: _, ...as }: Remaking): ReplicationGroupRecord {
  const other = { ...group, ...as }
  return as.clusterMode === undefined ? other : withItsMode(other)
}

/** Ports that the mode has no endpoint for are given back, and all slots are those of its only shard. */
function withItsMode({ snapshottingClusterId: saved, ...group }: ReplicationGroupRecord): ReplicationGroupRecord {
  const { clusterMode, endpointPorts } = group
  const hasBus = isCluster(group)
  const isEnabled = clusterMode === 'enabled'
  const other = withMembers(group, (member) =>
    member.place && !hasBus ? { ...member, place: { ...member.place, busPort: null } } : member,
  )
  return {
    ...other,
    ...(saved !== undefined && !isEnabled && { snapshottingClusterId: saved }),
    endpointPorts: {
      primary: isEnabled ? null : endpointPorts.primary,
      reader: isEnabled ? null : endpointPorts.reader,
      configuration: hasBus ? endpointPorts.configuration : null,
    },
    shards: other.shards.map((shard) => ({ ...shard, slots: hasBus ? ALL_SLOTS : [] })),
  }
}

/** It, with servers that start anew; primaries with the data of their shards. */
export function restartedAs(group: ReplicationGroupRecord, as: Remaking): ReplicationGroupRecord {
  const other = remade(group, as)
  const ids = membersOf(other).map(({ id }) => id)
  return {
    ...withMembers(other, (member) => ({
      ...startedAnew(other, member, ids),
      status: 'modifying',
      ...(as.release && { release: as.release }),
    })),
    restoring: { sources: [] },
  }
}

/** What brings it there: the files go when all servers have what was in them. */
export const restartSteps = (as: Remaking): GroupStep[] => [
  { do: 'restart-with-data', as },
  { do: 'members-restarted' },
  { do: 'drop-data' },
]

/** It does not come to that: what the other cluster mode was to have is given back. */
export const withoutChange = (group: ReplicationGroupRecord): ReplicationGroupRecord => ({
  ...remade(group, { clusterMode: group.clusterMode }),
  steps: group.steps.filter((step) => step.do === 'finish'),
})
