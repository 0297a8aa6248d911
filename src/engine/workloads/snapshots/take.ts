/** A snapshot that a caller asks for, before its group or cluster goes or without that. */

import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { requireSubnetGroup } from '../../calls/groups.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { quota } from '../../store/quotas.ts'
import type { GroupMemberRecord, ReplicationGroupRecord, SnapshotRecord, Tag } from '../../store/records.ts'
import { newSnapshot, primariesOf, snapshotting } from './begin.ts'
import { snapshotDue } from './pace.ts'

const DAY_MS = 24 * 3600_000
/** Its nodes cannot be saved (API reference). */
const TOO_SMALL = 'cache.t1.micro'

export interface Taken {
  readonly snapshot: SnapshotRecord
  /** The group, with its nodes being saved. */
  readonly group: ReplicationGroupRecord
}

/** The name of a snapshot that there is not yet; the text of the second refusal is ours. */
export function readNewName(name: string | undefined, member: string, { store, region }: Context): string {
  const id = readIdentifier(name, member, LIMITS.snapshotNameLength)
  if (store.get('snapshot', region, id)) {
    throw new Fault('SnapshotAlreadyExistsFault', `Snapshot ${id} already exists.`)
  }
  return id
}

/** A manual snapshot as it begins, and what it is of with it counted. @param members The node of each shard that is saved. */
export function takeSnapshot(
  group: ReplicationGroupRecord,
  members: readonly GroupMemberRecord[],
  { id, isOfGroup, tags = [] }: { readonly id: string; readonly isOfGroup: boolean; readonly tags?: readonly Tag[] },
  context: Context,
): Taken {
  const { now, pace, random } = context
  if (group.nodeType === TOO_SMALL) {
    throw new Fault('SnapshotFeatureNotSupportedFault', `Snapshotting is not supported for ${TOO_SMALL} nodes.`)
  }
  const recent = (group.manualSnapshots ?? []).filter(({ at }) => at > now - DAY_MS)
  refuseBeyondQuota(recent, members, group, context)
  const { vpcId } = requireSubnetGroup(group.subnetGroup, context)
  const begun = { id, type: 'manual', isOfGroup, vpcId, now, stepDue: snapshotDue(pace, now), random } as const
  const manualSnapshots = [...recent, ...members.map((member) => ({ node: member.id, at: now }))]
  return {
    snapshot: { ...newSnapshot(group, members, begun), tags },
    group: { ...snapshotting(group, members), manualSnapshots },
  }
}

/** The final one of a group, or of a lone cluster: of the primaries (API reference). */
export function takeFinalSnapshot(group: ReplicationGroupRecord, name: string, context: Context): Taken {
  const id = readNewName(name, 'FinalSnapshotIdentifier', context)
  const taken = takeSnapshot(group, primariesOf(group), { id, isOfGroup: !group.lone }, context)
  return { ...taken, snapshot: { ...taken.snapshot, final: true } }
}

/** Both texts are AWS's. */
function refuseBeyondQuota(
  recent: readonly { readonly node: string }[],
  members: readonly GroupMemberRecord[],
  { clusterMode }: ReplicationGroupRecord,
  context: Context,
): void {
  const limit = quota('snapshots-per-node-per-day', context)
  const isFull = members.some(({ id }) => recent.filter(({ node }) => node === id).length >= limit)
  if (!isFull) return
  throw new Fault(
    'SnapshotQuotaExceededFault',
    clusterMode === 'disabled'
      ? `The maximum number of manual snapshots for this node taken within 24 hours has been reached its quota of ${limit}`
      : 'The maximum number of manual snapshots for this cluster taken within 24 hours has been reached',
  )
}

/** Makes both durable together. */
export function commitTaken(taken: Taken, { store, wake }: Context): Taken {
  store.change((change) => {
    change.put('snapshot', taken.snapshot)
    change.put('replicationGroup', taken.group)
  })
  wake('snapshot', taken.snapshot.id)
  return taken
}
