/** Calls about snapshots of serverless caches. Texts without a source are ours. */
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { pageByToken } from '../../calls/paging.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import { quota } from '../../store/quotas.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord, Tag } from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'
import { keyOf } from '../replication-groups/rules.ts'
import { readBucket } from '../snapshots/buckets.ts'
import { answerServerlessSnapshot } from './answer.ts'
import { findServerlessCache, findSnapshot, refuseUnlessAvailable } from './find.ts'
import { isNeeded } from './snapshots.ts'
import { newSnapshot, planSnapshot, snapshotDue, withDueDate } from './steps.ts'

const DAY_MS = 24 * 3600_000

export const CreateServerlessCacheSnapshot: Handler<'CreateServerlessCacheSnapshot'> = (input, context) => {
  const cache = findServerlessCache(input.ServerlessCacheName, context)
  const tags = mergeTags([], readTags(input.Tags))
  const begun = manualSnapshotOf(cache, input.ServerlessCacheSnapshotName, tags, context)
  refuseUnlessAvailable(cache)
  const snapshot = { ...begun.snapshot, ...keyOf(input) }
  const snapshotting: ServerlessCacheRecord = {
    ...begun.cache,
    status: 'snapshotting',
    steps: planSnapshot(snapshot.id),
  }
  context.store.change((change) => {
    change.put('serverlessSnapshot', snapshot)
    change.put('serverlessCache', withDueDate(snapshotting, context.pace, context.now))
  })
  context.wake('serverlessCache', cache.id)
  return { ServerlessCacheSnapshot: answerServerlessSnapshot(snapshot, context.account) }
}

/** Any snapshot can be copied; the copy is a manual one (guide, "Copying a backup"). */
export const CopyServerlessCacheSnapshot: Handler<'CopyServerlessCacheSnapshot'> = (input, context) => {
  const source = findSnapshot(input.SourceServerlessCacheSnapshotName, context)
  const id = readNewName(input.TargetServerlessCacheSnapshotName, 'TargetServerlessCacheSnapshotName', context)
  const tags = mergeTags([], readTags(input.Tags))
  refuseSnapshotUnlessAvailable(source)
  const copy: ServerlessSnapshotRecord = {
    ...source,
    ...keyOf(input),
    id,
    type: 'manual',
    status: 'copying',
    expiresAt: null,
    file: `${source.region}-${newToken(context.random, 12)}.items`,
    copyOf: source.file,
    tags,
  }
  return { ServerlessCacheSnapshot: commit(copy, context) }
}

/**
 * Writes the snapshot into the folder `s3/<bucket>` of the state directory, where S3 would be. The API reference has this for
 * Valkey and Redis OSS only; here it is of use for Memcached too.
 */
export const ExportServerlessCacheSnapshot: Handler<'ExportServerlessCacheSnapshot'> = (input, context) => {
  const snapshot = findSnapshot(input.ServerlessCacheSnapshotName, context)
  const exportTo = readBucket(input.S3BucketName, 'S3BucketName')
  refuseSnapshotUnlessAvailable(snapshot)
  return { ServerlessCacheSnapshot: commit({ ...snapshot, status: 'exporting', exportTo }, context) }
}

export const DeleteServerlessCacheSnapshot: Handler<'DeleteServerlessCacheSnapshot'> = (input, context) => {
  const snapshot = findSnapshot(input.ServerlessCacheSnapshotName, context)
  if (snapshot.status !== 'failed') refuseSnapshotUnlessAvailable(snapshot)
  if (isNeeded(snapshot, context.store)) {
    throw new Fault(
      'InvalidServerlessCacheSnapshotStateFault',
      `Serverless cache snapshot ${snapshot.id} is being copied or restored.`,
    )
  }
  return { ServerlessCacheSnapshot: commit({ ...snapshot, status: 'deleting' }, context) }
}

export const DescribeServerlessCacheSnapshots: Handler<'DescribeServerlessCacheSnapshots'> = (input, context) => {
  const { ServerlessCacheName: cache, ServerlessCacheSnapshotName: name, SnapshotType: type } = input
  const all = context.store.list('serverlessSnapshot', context.region)
  const named = name ? [findSnapshot(name, context)] : all
  const ofCache = cache ? named.filter((snapshot) => snapshot.cache === cache.toLowerCase()) : named
  // Manual snapshots outlive their cache, so that its name may still be asked for.
  if (cache && ofCache.length === 0) findServerlessCache(cache, context)
  if (type !== undefined && type !== 'manual' && type !== 'automated') {
    throw new Fault('InvalidParameterValue', `Invalid snapshot type: ${type}. Must be manual or automated.`)
  }
  const wanted = ofCache.filter((snapshot) => type === undefined || snapshot.type === type)
  const { items, NextToken } = pageByToken('ServerlessCacheSnapshots', wanted, ({ id }) => id, input)
  return {
    ...(NextToken && { NextToken }),
    ServerlessCacheSnapshots: items.map((snapshot) => answerServerlessSnapshot(snapshot, context.account)),
  }
}

/** A manual snapshot as it begins, and the cache with it counted: 24 in any 24 hours (guide, "Backup constraints"). */
export function manualSnapshotOf(
  cache: ServerlessCacheRecord,
  name: string | undefined,
  tags: readonly Tag[],
  context: Context,
): { readonly snapshot: ServerlessSnapshotRecord; readonly cache: ServerlessCacheRecord } {
  const { now, random } = context
  const id = readNewName(name, 'ServerlessCacheSnapshotName', context)
  const recent = cache.manualSnapshots.filter((time) => time > now - DAY_MS)
  const limit = quota('serverless-snapshots-per-day', context)
  if (recent.length >= limit) {
    throw new Fault(
      'ServerlessCacheSnapshotQuotaExceededFault',
      `Snapshot quota exceeded. You can create at most ${limit} manual snapshots of a serverless cache in any 24 hours.`,
    )
  }
  return {
    snapshot: { ...newSnapshot(cache, id, newToken(random, 12), now), tags },
    cache: { ...cache, manualSnapshots: [...recent, now] },
  }
}

function readNewName(name: string | undefined, member: string, { store, region }: Context): string {
  const id = readIdentifier(name, member, LIMITS.serverlessNameLength)
  if (store.get('serverlessSnapshot', region, id)) {
    throw new Fault('ServerlessCacheSnapshotAlreadyExistsFault', `Serverless cache snapshot ${id} already exists.`)
  }
  return id
}

function refuseSnapshotUnlessAvailable({ id, status }: ServerlessSnapshotRecord): void {
  if (status === 'available') return
  throw new Fault(
    'InvalidServerlessCacheSnapshotStateFault',
    `Serverless cache snapshot ${id} is ${status}, not available.`,
  )
}

function commit(snapshot: ServerlessSnapshotRecord, { store, now, pace, account, wake }: Context) {
  const begun = { ...snapshot, stepDue: snapshotDue(pace, now) }
  store.change((change) => change.put('serverlessSnapshot', begun))
  wake('serverlessSnapshot', snapshot.id)
  return answerServerlessSnapshot(begun, account)
}
