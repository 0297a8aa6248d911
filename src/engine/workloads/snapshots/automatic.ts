import type { Round } from '../../lifecycle/loops.ts'
import { findSubnetGroup } from '../../network/subnet-groups.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import type { LifeTools } from '../workload.ts'
import { newSnapshot, savedMembers, snapshotting } from './begin.ts'
import { snapshotDue } from './pace.ts'
import { automaticName, expiryOf, planned, type SnapshotWork } from './schedule.ts'

/** Begins the automatic snapshot of the day, or plans it. One that fell due while the engine was off, or the group busy, is made once, late. */
export function doSnapshotWork(
  group: ReplicationGroupRecord,
  { do: work }: SnapshotWork,
  { store, clock, pace, random, wake }: LifeTools,
): Round {
  const now = clock.now()
  const { region } = group
  const next = planned(group, now)
  const members = savedMembers(group)
  const isOfGroup = group.clusterMode !== 'disabled'
  const id = automaticName(isOfGroup ? group.id : (members[0]?.id ?? group.id), now)
  const isBegun = work === 'plan-snapshot' || store.get('snapshot', region, id) !== undefined
  if (isBegun || members.length < group.shards.length) {
    store.change((change) => change.put('replicationGroup', next))
    return 'again'
  }
  const vpcId = findSubnetGroup(store, region, group.subnetGroup)?.vpcId ?? ''
  const begun = { id, type: 'automated', isOfGroup, vpcId, now, stepDue: snapshotDue(pace, now), random } as const
  store.change((change) => {
    change.put('snapshot', { ...newSnapshot(group, members, begun), expiresAt: expiryOf(group, now) })
    change.put('replicationGroup', snapshotting(next, members))
  })
  wake('snapshot', region, id)
  return 'again'
}
