import type { EngineName } from '../../../api/catalog/engines.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { NO_LIMIT } from '../../../api/catalog/serverless.ts'
import { Fault } from '../../../api/faults.ts'
import { parseArn } from '../../../api/names.ts'
import { namesOf } from '../../../api/tables.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readServerlessEngine } from '../../calls/engine.ts'
import { readSecurityGroups } from '../../calls/groups.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { pageByToken } from '../../calls/paging.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import { limitsFailure, securityGroupsFailure } from '../../faults/refusals.ts'
import { quota } from '../../store/quotas.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord } from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'
import { answerServerlessCache } from './answer.ts'
import { findServerlessCache, findSnapshot, refuseUnlessAvailable } from './find.ts'
import {
  readDailySnapshotTime,
  readDescription,
  readRetention,
  readServerlessNetwork,
  readUsageLimits,
  refuseOtherVersion,
  refuseUnsupportedMembers,
  refuseWithoutServerless,
} from './rules.ts'
import { manualSnapshotOf } from './snapshot-operations.ts'
import { nextSnapshotOf, planCreation, planDeletion, withDueDate } from './steps.ts'

export const CreateServerlessCache: Handler<'CreateServerlessCache'> = (input, context) => {
  const { store, region, now, random } = context
  const id = readIdentifier(input.ServerlessCacheName, 'ServerlessCacheName', LIMITS.serverlessNameLength)
  const family = readServerlessEngine(input.Engine)
  const engine = family.engine.name
  refuseWithoutServerless(family)
  refuseOtherVersion(input.MajorEngineVersion)
  refuseUnsupportedMembers(input, engine)
  const snapshot = readSnapshotToRestore(input.SnapshotArnsToRestore, engine, context)
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
  const cache: ServerlessCacheRecord = {
    region,
    id,
    token: newToken(random, 6),
    description: readDescription(input.Description),
    createdAt: now,
    status: 'creating',
    engine,
    ...readUsageLimits(input.CacheUsageLimits, { dataStorage: NO_LIMIT, ecpuPerSecond: NO_LIMIT }),
    securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context),
    ...readServerlessNetwork(input, context),
    ports: null,
    snapshotRetentionLimit: readRetention(input.SnapshotRetentionLimit),
    dailySnapshotTime: readDailySnapshotTime(input.DailySnapshotTime, random),
    nextSnapshot: null,
    manualSnapshots: [],
    tags: mergeTags([], readTags(input.Tags)),
    steps: planCreation(id, snapshot?.file ?? null),
    stepDue: now,
  }
  return { ServerlessCache: commit({ ...cache, nextSnapshot: nextSnapshotOf(cache, now) }, context) }
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
  if (input.Engine !== undefined) readServerlessEngine(input.Engine)
  refuseOtherVersion(input.MajorEngineVersion)
  refuseUnsupportedMembers(input, cache.engine)
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
  const wanted: ServerlessCacheRecord = { ...cache, ...settings }
  if (!differs(wanted, cache, namesOf(settings))) {
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
    steps: [{ do: 'finish', events }],
  }
  return { ServerlessCache: commit(begun, context) }
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

/** The snapshot whose items a new cache begins with: one, and of this engine. */
function readSnapshotToRestore(
  arns: readonly string[] | undefined,
  engine: EngineName,
  context: Context,
): ServerlessSnapshotRecord | undefined {
  if (!arns || arns.length === 0) return undefined
  const [text = '', ...others] = arns
  const arn = parseArn(text)
  if (others.length > 0) {
    throw new Fault('InvalidParameterValue', `A serverless cache for ${engine} is restored from one snapshot only.`)
  }
  if (
    arn?.type !== resources.serverlessSnapshot.arnType ||
    arn.region !== context.region ||
    arn.account !== context.account
  ) {
    throw new Fault(
      'InvalidParameterValue',
      `${text} is not the ARN of a serverless cache snapshot of region ${context.region} and account ${context.account}.`,
    )
  }
  const snapshot = findSnapshot(arn.name, context, 'InvalidParameterValue')
  if (snapshot.status !== 'available') {
    throw new Fault('InvalidParameterValue', `Snapshot ${snapshot.id} is ${snapshot.status}, not available.`)
  }
  return snapshot
}

function commit(cache: ServerlessCacheRecord, context: Context, snapshot?: ServerlessSnapshotRecord) {
  context.store.change((change) => {
    change.put('serverlessCache', withDueDate(cache, context.pace, context.now))
    if (snapshot) change.put('serverlessSnapshot', snapshot)
  })
  context.wake('serverlessCache', cache.id)
  return answerServerlessCache(cache, context.account)
}
