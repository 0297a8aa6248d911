import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { page } from '../../calls/paging.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import type { GroupMemberRecord, ReplicationGroupRecord, SnapshotRecord } from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'
import { findCluster } from '../clusters/operations.ts'
import { findMember, findReplicationGroup, refuseUnlessAvailable } from '../replication-groups/find.ts'
import { dataTieringOf } from '../replication-groups/node-types.ts'
import { keyOf } from '../replication-groups/rules.ts'
import { answerSnapshot } from './answer.ts'
import { savedMembers } from './begin.ts'
import { readBucket } from './buckets.ts'
import { findSnapshot, isNeeded } from './find.ts'
import { snapshotDue } from './pace.ts'
import { commitTaken, readNewName, takeSnapshot } from './take.ts'

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

interface Target {
  readonly group: ReplicationGroupRecord
  readonly members: readonly GroupMemberRecord[]
  readonly isOfGroup: boolean
}

export const CreateSnapshot: Handler<'CreateSnapshot'> = (input, context) => {
  const target = findTarget(input, context)
  const key = keyOf(input)
  const id = readNewName(input.SnapshotName, 'SnapshotName', context)
  const tags = mergeTags([], readTags(input.Tags))
  refuseUnlessWell(target)
  const { group, members, isOfGroup } = target
  const taken = takeSnapshot(group, members, { id, isOfGroup, tags }, context)
  const { snapshot } = commitTaken({ ...taken, snapshot: { ...taken.snapshot, ...key } }, context)
  return { Snapshot: answerSnapshot(snapshot, context) }
}

/** Code and text are moto's, as are those of a request that names none. */
function refuseTwoSources(cluster: string | undefined, group: string | undefined): void {
  if (cluster && group) throw conflict('Only one of CacheClusterId or ReplicationGroupId can be provided.')
}

/** Either is of a group, of a member of one that has cluster mode disabled, or of a lone cache cluster. */
function findTarget(
  { CacheClusterId: cluster, ReplicationGroupId }: Input<'CreateSnapshot'>,
  context: Context,
): Target {
  refuseTwoSources(cluster, ReplicationGroupId)
  if (!cluster && !ReplicationGroupId) {
    throw new Fault('InvalidParameterValue', 'One of CacheClusterId or ReplicationGroupId must be provided.')
  }
  if (!cluster) {
    const group = findReplicationGroup(ReplicationGroupId, context)
    return { group, members: savedMembers(group), isOfGroup: true }
  }
  const found = findMember(cluster, context)
  if (!found) throw notOf(findCluster(cluster, context).engine)
  const { group, member } = found
  // The text is ours.
  if (group.clusterMode === 'enabled') {
    throw conflict(
      `Cache cluster ${member.id} has a part of the keys of ${group.id}, whose cluster mode is enabled: name that as ReplicationGroupId.`,
    )
  }
  return { group, members: [member], isOfGroup: false }
}

/** Memcached's can only be made of serverless caches (guide, "Snapshot and restore"). */
const notOf = (engine: string) =>
  new Fault('SnapshotFeatureNotSupportedFault', `Snapshotting is not supported for engine ${engine}.`)

function refuseUnlessWell({ group, members, isOfGroup }: Target): void {
  if (isOfGroup) {
    refuseUnlessAvailable(group)
    if (members.length === group.shards.length) return
    throw new Fault('InvalidReplicationGroupState', `A node of replication group ${group.id} is still being replaced.`)
  }
  const [member] = members
  const status = group.status === 'available' ? member?.status : group.status
  if (!member || (status === 'available' && !member.lost)) return
  throw new Fault(
    'InvalidCacheClusterState',
    `Cache cluster ${member.id} is ${status === 'available' ? 'being replaced' : status}, not available: it is not possible to snapshot it.`,
  )
}

/** The guide has the rule, the words are ours. */
function refuseTiered({ id, source }: SnapshotRecord): void {
  if (dataTieringOf(source) === 'disabled') return
  throw new Fault(
    'InvalidParameterCombination',
    `Snapshot ${id} is of a group with data tiering and cannot be exported.`,
  )
}

/**
 * Any snapshot can be copied, the copy is a manual one (guide, "Copying a backup"). With a bucket it is exported instead: into the
 * folder `s3/<bucket>` of the state directory, where S3 would be, and no snapshot of the new name comes to be.
 */
export const CopySnapshot: Handler<'CopySnapshot'> = (input, context) => {
  const source = findSnapshot(input.SourceSnapshotName, context)
  const key = keyOf(input)
  if (input.TargetBucket !== undefined) {
    refuseTiered(source)
    if (key.kmsKeyId !== undefined) throw conflict('KmsKeyId cannot be specified with TargetBucket.')
    const exportTo = {
      bucket: readBucket(input.TargetBucket, 'TargetBucket'),
      name: readTarget(input.TargetSnapshotName),
    }
    refuseSnapshotUnlessAvailable(source)
    return { Snapshot: commit({ ...source, status: 'exporting', exportTo }, context) }
  }
  const id = readNewName(input.TargetSnapshotName, 'TargetSnapshotName', context)
  const tags = mergeTags([], readTags(input.Tags))
  refuseSnapshotUnlessAvailable(source)
  const prefix = `${source.region}-${newToken(context.random, 12)}`
  const copy: SnapshotRecord = {
    ...source,
    ...key,
    id,
    type: 'manual',
    status: 'copying',
    expiresAt: null,
    shards: source.shards.map((shard) => ({ ...shard, file: `${prefix}-${shard.id}.rdb` })),
    copyOf: source.shards.map(({ file }) => file),
    tags,
  }
  return { Snapshot: commit(copy, context) }
}

/** What objects in a bucket are called by: `<name>-0001.rdb`. */
function readTarget(name: string | undefined): string {
  if (name && /^[\w.-]+$/.test(name) && name.length <= 255) return name.toLowerCase()
  throw new Fault('InvalidParameterValue', `${name} is not a name that an object in a bucket can begin with.`)
}

export const DeleteSnapshot: Handler<'DeleteSnapshot'> = (input, context) => {
  const snapshot = findSnapshot(input.SnapshotName, context)
  if (snapshot.status !== 'failed') refuseSnapshotUnlessAvailable(snapshot)
  if (isNeeded(snapshot, context.store)) {
    throw new Fault('InvalidSnapshotState', `Snapshot ${snapshot.id} is being copied or restored.`)
  }
  return { Snapshot: commit({ ...snapshot, status: 'deleting' }, context) }
}

const PAGES = { smallest: 20, largest: 50 } as const
const SOURCES: Readonly<Record<string, SnapshotRecord['type']>> = { system: 'automated', user: 'manual' }

export const DescribeSnapshots: Handler<'DescribeSnapshots'> = (input, context) => {
  const { store, region } = context
  const { SnapshotName: name, SnapshotSource, CacheClusterId, ReplicationGroupId } = input
  refuseTwoSources(CacheClusterId, ReplicationGroupId)
  const type = SnapshotSource === undefined ? undefined : SOURCES[SnapshotSource]
  // The text is ours.
  if (SnapshotSource !== undefined && !type) {
    throw new Fault('InvalidParameterValue', `Invalid snapshot source: ${SnapshotSource}. Must be system or user.`)
  }
  const all = name ? [findSnapshot(name, context)] : store.list('snapshot', region)
  const cluster = CacheClusterId?.toLowerCase()
  const group = ReplicationGroupId?.toLowerCase()
  const wanted = all.filter(
    (snapshot) =>
      (type === undefined || snapshot.type === type) &&
      (cluster === undefined || isOfCluster(snapshot, cluster)) &&
      (group === undefined || snapshot.group === group),
  )
  // Manual ones outlive their cluster, so that its name may still be asked for.
  if (cluster && !all.some((each) => isOfCluster(each, cluster)) && !findMember(cluster, context)) {
    findCluster(cluster, context)
  }
  const { items, Marker } = page('Snapshots', wanted, ({ id }) => id, input, PAGES)
  return {
    ...(Marker && { Marker }),
    Snapshots: items.map((snapshot) => answerSnapshot(snapshot, context, input.ShowNodeGroupConfig ?? false)),
  }
}

const isOfCluster = ({ source, shards }: SnapshotRecord, cluster: string): boolean =>
  source.clusterMode === 'disabled' && shards.some(({ member }) => member === cluster)

function refuseSnapshotUnlessAvailable({ id, status }: SnapshotRecord): void {
  if (status === 'available') return
  throw new Fault('InvalidSnapshotState', `Snapshot ${id} is ${status}, not available.`)
}

function commit(snapshot: SnapshotRecord, context: Context) {
  const { store, now, pace, wake } = context
  const begun = { ...snapshot, stepDue: snapshotDue(pace, now) }
  store.change((change) => change.put('snapshot', begun))
  wake('snapshot', snapshot.id)
  return answerSnapshot(begun, context)
}
