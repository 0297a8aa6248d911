/** Calls about serverless caches. Texts without a source are ours. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { NO_LIMIT } from '../../../api/catalog/serverless.ts'
import { Fault } from '../../../api/faults.ts'
import { NODE_RUNTIME_TAG } from '../../../api/local-engine.ts'
import type { Input } from '../../../api/model.ts'
import { parseArn } from '../../../api/names.ts'
import { namesOf } from '../../../api/tables.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readSecurityGroups } from '../../calls/groups.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { pageByToken } from '../../calls/paging.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import { limitsFailure, securityGroupsFailure } from '../../faults/refusals.ts'
import { quota } from '../../store/quotas.ts'
import type {
  DataSource,
  ServerlessCacheRecord,
  ServerlessSnapshotRecord,
  ServerlessStep,
} from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'
import { readServerRuntime } from '../node-runtime.ts'
import { keyOf } from '../replication-groups/rules.ts'
import { objectOf, ofServerlessSnapshot, readSnapshot, restoringOf } from '../snapshots/restoration.ts'
import { answerServerlessCache } from './answer.ts'
import { isServer, versionOf } from './cache.ts'
import { findServerlessCache, findSnapshot, refuseUnlessAvailable } from './find.ts'
import {
  readDailySnapshotTime,
  readDescription,
  readRetention,
  readServerlessNetwork,
  readServerlessRelease,
  readServerlessUserGroup,
  readUpgrade,
  readUsageLimits,
  refuseUserGroup,
  releaseOf,
  type ServerlessRelease,
} from './rules.ts'
import { manualSnapshotOf } from './snapshot-operations.ts'
import { nextSnapshotOf, ownFileOf, planCreation, planDeletion, planServerCreation, withDueDate } from './steps.ts'

export const CreateServerlessCache: Handler<'CreateServerlessCache'> = (input, context) => {
  const { store, region, now, random } = context
  const id = readIdentifier(input.ServerlessCacheName, 'ServerlessCacheName', LIMITS.serverlessNameLength)
  const release = readServerlessRelease(input.Engine, input.MajorEngineVersion)
  const { engine, version } = release
  refuseUserGroup(input, engine)
  const data = readDataToRestore(input.SnapshotArnsToRestore, engine, context)
  const userGroupId = readServerlessUserGroup(input.UserGroupId, release, context)
  if (store.get('serverlessCache', region, id)) {
    throw new Fault('ServerlessCacheAlreadyExistsFault', `Serverless cache ${id} already exists.`)
  }
  const limit = quota('serverless-caches-per-region', context)
  if (store.list('serverlessCache', region).length >= limit) {
    throw new Fault(
      'ServerlessCacheQuotaForCustomerExceededFault',
      `Serverless cache quota exceeded. You can have at most ${limit} serverless caches in this region.`,
    )
  }
  const tags = mergeTags([], readTags(input.Tags, [NODE_RUNTIME_TAG]))
  const cache: ServerlessCacheRecord = {
    region,
    id,
    token: newToken(random, 6),
    ...context.endpointsTold,
    description: readDescription(input.Description),
    createdAt: now,
    status: 'creating',
    engine,
    majorVersion: version.major,
    ...(isServer({ engine }) && { nodeRuntime: readServerRuntime({ tags, release: releaseOf(release) }, context) }),
    ...(userGroupId !== undefined && { userGroupId }),
    ...keyOf(input),
    ...readUsageLimits(input.CacheUsageLimits, { dataStorage: NO_LIMIT, ecpuPerSecond: NO_LIMIT }),
    securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context),
    ...readServerlessNetwork(input, context),
    ports: null,
    snapshotRetentionLimit: readRetention(input.SnapshotRetentionLimit),
    dailySnapshotTime: readDailySnapshotTime(input.DailySnapshotTime, random),
    nextSnapshot: null,
    manualSnapshots: [],
    tags,
    steps: [],
    stepDue: now,
  }
  const creating = { ...cache, steps: planOf(cache, data), nextSnapshot: nextSnapshotOf(cache, now) }
  return { ServerlessCache: commit(creating, context) }
}

/** What a server begins with is one file, or one is made of it first. */
function planOf(cache: ServerlessCacheRecord, data: readonly DataSource[]): ServerlessStep[] {
  const [source, ...others] = data
  if (!isServer(cache)) return planCreation(cache.id, source?.file ?? null)
  if (!source) return planServerCreation(cache.id, undefined)
  const isReady = others.length === 0 && source.bucket === undefined && source.slots !== null
  return planServerCreation(cache.id, isReady ? { file: source.file } : { file: ownFileOf(cache), sources: data })
}

export const DescribeServerlessCaches: Handler<'DescribeServerlessCaches'> = (input, context) => {
  const caches = input.ServerlessCacheName
    ? [findServerlessCache(input.ServerlessCacheName, context)]
    : context.store.list('serverlessCache', context.region)
  const { items, NextToken } = pageByToken('ServerlessCaches', caches, ({ id }) => id, input)
  return {
    ...(NextToken && { NextToken }),
    ServerlessCaches: items.map((cache) => answerServerlessCache(cache, context.account)),
  }
}

export const ModifyServerlessCache: Handler<'ModifyServerlessCache'> = (input, context) => {
  const cache = findServerlessCache(input.ServerlessCacheName, context)
  refuseUserGroup(input, cache.engine)
  const upgrade = readUpgrade(cache, input, context)
  const userGroup = readUserGroupChange(cache, input, context)
  const limits = readUsageLimits(input.CacheUsageLimits, cache)
  const settings: Partial<ServerlessCacheRecord> = {
    ...limits,
    ...(input.Description !== undefined && { description: readDescription(input.Description) }),
    ...(input.SecurityGroupIds && { securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context) }),
    ...(input.SnapshotRetentionLimit !== undefined && {
      snapshotRetentionLimit: readRetention(input.SnapshotRetentionLimit),
    }),
    ...(input.DailySnapshotTime !== undefined && {
      dailySnapshotTime: readDailySnapshotTime(input.DailySnapshotTime, context.random),
    }),
  }
  const wanted: ServerlessCacheRecord = withUserGroup({ ...cache, ...settings }, userGroup)
  if (!upgrade && !differs(wanted, cache, [...namesOf(settings), 'userGroupId'])) {
    throw new Fault('InvalidParameterCombination', 'No modifications were requested')
  }
  refuseUnlessAvailable(cache)
  const { modified, events } = asFarAsItSucceeds(wanted, cache, context)
  const begun: ServerlessCacheRecord = {
    ...modified,
    status: 'modifying',
    nextSnapshot: differs(modified, cache, ['snapshotRetentionLimit', 'dailySnapshotTime'])
      ? nextSnapshotOf(modified, context.now)
      : cache.nextSnapshot,
    steps: [...(upgrade ? [upgradeStep(cache, upgrade)] : []), { do: 'finish', events }],
  }
  return { ServerlessCache: commit(begun, context) }
}

const upgradeStep = (cache: ServerlessCacheRecord, { engine, version }: ServerlessRelease): ServerlessStep => ({
  do: 'upgrade',
  engine,
  majorVersion: version.major,
  file: ownFileOf(cache),
})

/** The user group that the cache is to have; undefined: none. */
function readUserGroupChange(
  cache: ServerlessCacheRecord,
  { UserGroupId, RemoveUserGroup }: Input<'ModifyServerlessCache'>,
  context: Context,
): string | undefined {
  if (!RemoveUserGroup) {
    const release = { engine: cache.engine, version: versionOf(cache) }
    return readServerlessUserGroup(UserGroupId, release, context) ?? cache.userGroupId
  }
  if (UserGroupId) {
    throw new Fault('InvalidParameterCombination', 'UserGroupId and RemoveUserGroup cannot be specified together.')
  }
  return undefined
}

function withUserGroup(
  { userGroupId: _, ...cache }: ServerlessCacheRecord,
  id: string | undefined,
): ServerlessCacheRecord {
  return id === undefined ? cache : { ...cache, userGroupId: id }
}

type Member = keyof ServerlessCacheRecord

const differs = (a: ServerlessCacheRecord, b: ServerlessCacheRecord, members: readonly Member[]): boolean =>
  members.some((member) => JSON.stringify(a[member]) !== JSON.stringify(b[member]))

/** What becomes of a change, and what the events will say of it: parts of it may be made to fail, to rehearse that. */
function asFarAsItSucceeds(wanted: ServerlessCacheRecord, cache: ServerlessCacheRecord, context: Context) {
  const { id, securityGroupIds, dataStorage, ecpuPerSecond } = cache
  let modified = wanted
  const events: EventFacts[] = []
  if (differs(wanted, cache, ['securityGroupIds'])) {
    const failure = securityGroupsFailure(id, context)
    if (failure) modified = { ...modified, securityGroupIds }
    events.push(failure ?? { kind: 'cache-security-groups-updated', cache: id })
  }
  if (differs(wanted, cache, ['dataStorage', 'ecpuPerSecond'])) {
    const failure = limitsFailure(id, context)
    if (failure) modified = { ...modified, dataStorage, ecpuPerSecond }
    events.push(failure ?? { kind: 'cache-limits-updated', cache: id })
  }
  return { modified, events }
}

export const DeleteServerlessCache: Handler<'DeleteServerlessCache'> = (input, context) => {
  const cache = findServerlessCache(input.ServerlessCacheName, context)
  const name = input.FinalSnapshotName
  if (cache.status !== 'create-failed' || name) refuseUnlessAvailable(cache)
  const final = name ? manualSnapshotOf(cache, name, [], context) : undefined
  const steps = planDeletion(final?.snapshot.id ?? null)
  const deleting: ServerlessCacheRecord = {
    ...(final?.cache ?? cache),
    status: 'deleting',
    steps,
  }
  return { ServerlessCache: commit(deleting, context, final?.snapshot) }
}

/**
 * What a new cache begins with. One of Memcached is made of a snapshot of such a cache; one of the others also of a snapshot of
 * a cluster or group, or of files in buckets. None: it begins empty.
 */
function readDataToRestore(
  arns: readonly string[] | undefined,
  engine: EngineName,
  context: Context,
): readonly DataSource[] {
  if (!arns || arns.length === 0) return []
  const [text = '', ...others] = arns
  const objects = arns.filter((each) => each.includes(':s3:'))
  if (objects.length === arns.length && isServer({ engine })) {
    return objects.map(objectOf)
  }
  if (others.length > 0) {
    throw new Fault('InvalidParameterValue', `A serverless cache for ${engine} is restored from one snapshot only.`)
  }
  const arn = parseArn(text)
  const isOwn = arn?.region === context.region && arn.account === context.account
  if (isOwn && isServer({ engine }) && arn.type === resources.snapshot.arnType) {
    return restoringOf(readSnapshot(arn.name, context)).sources
  }
  if (!isOwn || arn.type !== resources.serverlessSnapshot.arnType) {
    throw new Fault(
      'InvalidParameterValue',
      `${text} is not the ARN of a serverless cache snapshot of region ${context.region} and account ${context.account}.`,
    )
  }
  const snapshot = findSnapshot(arn.name, context, 'InvalidParameterValue')
  if (snapshot.status !== 'available') {
    throw new Fault('InvalidParameterValue', `Snapshot ${snapshot.id} is ${snapshot.status}, not available.`)
  }
  if (isServer(snapshot) !== isServer({ engine })) {
    throw new Fault(
      'InvalidParameterValue',
      `Snapshot ${snapshot.id} is of engine ${snapshot.engine}: no cache of ${engine} can be made of it.`,
    )
  }
  return [ofServerlessSnapshot(snapshot)]
}

function commit(cache: ServerlessCacheRecord, context: Context, snapshot?: ServerlessSnapshotRecord) {
  context.store.change((change) => {
    change.put('serverlessCache', withDueDate(cache, context.pace, context.now))
    if (snapshot) change.put('serverlessSnapshot', snapshot)
  })
  context.wake('serverlessCache', cache.id)
  return answerServerlessCache(cache, context.account)
}
