import { errorMessage } from '../../../api/thrown.ts'
import type { Round } from '../../lifecycle/loops.ts'
import { programOf } from '../../nodes/redis/programs.ts'
import type { DataSource, ReplicationGroupRecord, Restoring, ShardRecord } from '../../store/records.ts'
import { runtimeOf } from '../node-runtime.ts'
import { commitGroup } from '../replication-groups/commit.ts'
import { withMembers } from '../replication-groups/members.ts'
import { memoryForItems } from '../replication-groups/node-types.ts'
import { formatSlots } from '../replication-groups/slots.ts'
import type { LifeTools } from '../workload.ts'
import { dataFileOf, dataFiles } from './data-files.ts'

/**
 * Makes of the files that a group is to begin with one for each of its shards, which its primary is started with. Done again it
 * does no harm. What does not fit, or cannot be read, is the end of the group: it waits to be deleted.
 */
export async function prepareData(group: ReplicationGroupRecord, tools: LifeTools): Promise<Round> {
  const { store, clock, log } = tools
  try {
    await makeFiles(group, group.restoring ?? { sources: [] }, tools)
    const current = unchanged(group, tools)
    if (current) store.change((change) => change.put('replicationGroup', { ...current, steps: current.steps.slice(1) }))
  } catch (error) {
    const why = errorMessage(error)
    log(`replication group ${group.region}/${group.id}: its data cannot be restored: ${why}`)
    const current = unchanged(group, tools)
    if (current)
      commitGroup(store, current, failed(current), [{ event: { kind: 'data-not-restored', why } }], clock.now())
    await removeFiles(group, tools)
  }
  return 'again'
}

/** The servers have read them. */
export async function dropData(group: ReplicationGroupRecord, tools: LifeTools): Promise<Round> {
  const { store } = tools
  const current = unchanged(group, tools)
  if (current) {
    const { restoring: _, ...rest } = current
    store.change((change) => change.put('replicationGroup', { ...rest, steps: rest.steps.slice(1) }))
  }
  await removeFiles(group, tools)
  return 'again'
}

/** The group as it is now, if what is to be done with it still is. */
function unchanged({ region, id, steps }: ReplicationGroupRecord, { store }: LifeTools) {
  const current = store.get('replicationGroup', region, id)
  return current?.steps[0] === steps[0] ? current : undefined
}

async function removeFiles(group: ReplicationGroupRecord, { snapshotFiles }: LifeTools): Promise<void> {
  for (const file of dataFiles(group)) await snapshotFiles.remove(file)
}

function failed(group: ReplicationGroupRecord): ReplicationGroupRecord {
  const { restoring: _, ...rest } = withMembers(group, (member) => ({ ...member, status: 'restore-failed' }))
  return { ...rest, status: 'create-failed', steps: [] }
}

async function makeFiles(group: ReplicationGroupRecord, { sources }: Restoring, tools: LifeTools): Promise<void> {
  const { snapshotFiles } = tools
  const same = group.shards.map((shard) => sources.find((source) => isJustOf(source, shard, group)))
  if (sources.length === same.length && same.every((source) => source !== undefined)) {
    for (const [index, { id }] of group.shards.entries()) {
      refuseTooLarge(same[index]?.bytes ?? 0, group)
      await snapshotFiles.copy(same[index]?.file ?? '', dataFileOf(group, id))
    }
    return
  }
  const { region, id, engine, engineVersion } = group
  const { secret, serverPlaces, directory } = tools.filesOf(`${region}/${id}`)
  const sizes = await tools.runtime.reshape({
    program: programOf(runtimeOf(group), engine, engineVersion, serverPlaces),
    secret,
    directory,
    sources: sources.map((source) => pathOfSource(source, tools)),
    targets: group.shards.map((shard) => ({
      file: snapshotFiles.path(dataFileOf(group, shard.id)),
      slots: slotsOf(shard, group),
    })),
  })
  for (const bytes of sizes) refuseTooLarge(bytes, group)
}

/** What the engine itself has written of just such a shard needs no look. */
const isJustOf = (source: DataSource, shard: ShardRecord, group: ReplicationGroupRecord): boolean =>
  source.bucket === undefined &&
  source.engine === group.engine &&
  formatSlots(source.slots ?? []) === formatSlots(slotsOf(shard, group) ?? [])

const slotsOf = ({ slots }: ShardRecord, { clusterMode }: ReplicationGroupRecord) =>
  clusterMode === 'disabled' ? null : slots

/** Throws when there is no such object. */
export function pathOfSource({ file, bucket }: DataSource, { snapshotFiles }: LifeTools): string {
  const path = bucket === undefined ? snapshotFiles.path(file) : snapshotFiles.object(bucket, file)
  if (path === undefined) throw new Error(`there is no object ${file} in the bucket ${bucket}`)
  return path
}

function refuseTooLarge(bytes: number, group: ReplicationGroupRecord): void {
  const limit = memoryForItems(group)
  if (bytes <= limit) return
  throw new Error(`it takes ${megabytes(bytes)} of memory on a node; ${group.nodeType} has ${megabytes(limit)}`)
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`
