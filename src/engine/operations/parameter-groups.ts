import type { CacheParameterGroup } from '@aws-sdk/client-elasticache'
import { ENGINE_NAMES } from '../../api/catalog/engines.ts'
import type { EventFacts } from '../../api/catalog/events.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { nodeTypes } from '../../api/catalog/node-types.ts'
import { resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'
import { arn } from '../../api/names.ts'
import type { Context, Handler } from '../calls/context.ts'
import { requireParameterGroup } from '../calls/groups.ts'
import { readIdentifier } from '../calls/identifiers.ts'
import { page } from '../calls/paging.ts'
import { mergeTags, readTags } from '../calls/tag-rules.ts'
import { findFamily, findParameterFamily, PARAMETER_FAMILIES } from '../families/families.ts'
import { parameterIn } from '../families/parameter.ts'
import { missing } from '../http/query-protocol.ts'
import {
  familyOfGroup,
  findParameterGroup,
  isInUse,
  ownParameterGroups,
  parameterGroupsOf,
  valuesFor,
} from '../parameters/groups.ts'
import { withParameters } from '../parameters/status.ts'
import { quota } from '../store/quotas.ts'
import type { CacheClusterRecord, CacheParameterGroupRecord, ParameterValues } from '../store/records.ts'
import { groupEvent } from './group-event.ts'
import { readNames, readValues } from './parameter-rules.ts'

/** Stored in lower case (API reference), though the guide's sample echoes `myMem14`. */
export const CreateCacheParameterGroup: Handler<'CreateCacheParameterGroup'> = (input, context) => {
  const { store, region } = context
  const id = readName(input.CacheParameterGroupName)
  const family = readFamily(input.CacheParameterGroupFamily)
  if (!input.Description) throw missing('Description', input.Description)
  const tags = mergeTags([], readTags(input.Tags))
  if (findParameterGroup(store, region, id)) {
    throw new Fault('CacheParameterGroupAlreadyExists', `Parameter group ${id} already exists`)
  }
  const limit = quota('parameter-groups-per-region', context)
  if (ownParameterGroups(store, region).length >= limit) {
    throw new Fault(
      'CacheParameterGroupQuotaExceeded',
      `Cache parameter group quota exceeded. You can have at most ${limit} cache parameter groups in this region.`,
    )
  }
  const group: CacheParameterGroupRecord = { region, id, family, description: input.Description, values: {}, tags }
  store.change((change) => {
    change.put('parameterGroup', group)
    change.addEvent(groupEvent('cache-parameter-group', group, { kind: 'parameter-group-created' }, context))
  })
  return { CacheParameterGroup: answerGroup(group, context) }
}

export const DescribeCacheParameterGroups: Handler<'DescribeCacheParameterGroups'> = (input, context) => {
  const name = input.CacheParameterGroupName
  const groups = name
    ? [requireParameterGroup(name, context, `CacheParameterGroup ${name} not found.`)]
    : parameterGroupsOf(context.store, context.region)
  const { items, Marker } = page('CacheParameterGroups', groups, ({ id }) => id, input)
  return { ...(Marker && { Marker }), CacheParameterGroups: items.map((group) => answerGroup(group, context)) }
}

export const ModifyCacheParameterGroup: Handler<'ModifyCacheParameterGroup'> = (input, context) => {
  const group = requireParameterGroup(readName(input.CacheParameterGroupName), context)
  const set = readValues(input.ParameterNameValues, familyOfGroup(group), isInUse(group, context.store))
  const events = Object.entries(set).map(
    ([parameter, value]): EventFacts => ({ kind: 'parameter-updated', parameter, value }),
  )
  return store(group, { ...group.values, ...set }, events, context)
}

/** Parameters of the request that the group does not set stay what they are: at their default. */
export const ResetCacheParameterGroup: Handler<'ResetCacheParameterGroup'> = (input, context) => {
  const group = requireParameterGroup(readName(input.CacheParameterGroupName), context)
  const { ResetAllParameters: all = false, ParameterNameValues: named = [] } = input
  if (all && named.length > 0) {
    throw new Fault('InvalidParameterCombination', 'ParameterNameValues cannot be used with ResetAllParameters.')
  }
  if (all) return store(group, lasting(group, context), [{ kind: 'parameters-reset' }], context)
  const names = readNames(named, familyOfGroup(group), isInUse(group, context.store))
  const values = Object.fromEntries(Object.entries(group.values).filter(([name]) => !names.includes(name)))
  return store(
    group,
    values,
    names.map((parameter) => ({ kind: 'parameter-reset', parameter })),
    context,
  )
}

/** Values that stay when all are reset: of a group in use those that clusters cannot take any more. */
function lasting(group: CacheParameterGroupRecord, context: Context): ParameterValues {
  if (!isInUse(group, context.store)) return {}
  const { family, versions } = familyOfGroup(group)
  return Object.fromEntries(
    Object.entries(group.values).filter(([name]) => {
      const parameter = family.parameters[name]
      return parameter && parameterIn(parameter, versions[0]).change === 'before-use'
    }),
  )
}

export const DeleteCacheParameterGroup: Handler<'DeleteCacheParameterGroup'> = (input, context) => {
  const id = readName(input.CacheParameterGroupName)
  // AWS's own missing space; clients match on it.
  const group = requireParameterGroup(id, context, `CacheParameterGroupnot found: ${id}`)
  if (isInUse(group, context.store)) {
    throw new Fault(
      'InvalidCacheParameterGroupState',
      `One or more cache clusters are still members of this parameter group ${id}, so the group cannot be deleted.`,
    )
  }
  context.store.change((change) => {
    change.remove('parameterGroup', group)
    change.addEvent(groupEvent('cache-parameter-group', group, { kind: 'parameter-group-deleted' }, context))
  })
  return {}
}

/** Names of default groups have a dot, which is why changing or deleting one is refused as AWS does it: as a bad name. */
const readName = (name: string | undefined): string =>
  readIdentifier(name, 'CacheParameterGroupName', LIMITS.parameterGroupNameLength)

function readFamily(name: string | undefined): string {
  if (!name) throw missing('CacheParameterGroupFamily', name)
  if (findParameterFamily(name)) return name
  if (ENGINE_NAMES.some((engine) => !findFamily(engine) && name.startsWith(engine))) {
    throw new Fault(
      'InvalidParameterValue',
      `The local engine has parameter groups of ${PARAMETER_FAMILIES.map((each) => each.name).join(', ')} so far, not of ${name}. Use --target aws.`,
    )
  }
  throw new Fault('InvalidParameterValue', `CacheParameterGroupFamily ${name} is not a valid parameter group family.`)
}

/** Stores the group and what it means to each of its clusters in one transaction. */
function store(
  group: CacheParameterGroupRecord,
  values: ParameterValues,
  events: readonly EventFacts[],
  context: Context,
): { CacheParameterGroupName: string } {
  const changed: CacheParameterGroupRecord = { ...group, values }
  const clusters = context.store.list('cluster', group.region).filter((each) => each.parameterGroup === group.id)
  const groups = context.store.list('replicationGroup', group.region).filter((each) => each.parameterGroup === group.id)
  context.store.change((change) => {
    change.put('parameterGroup', changed)
    for (const event of events) change.addEvent(groupEvent('cache-parameter-group', group, event, context))
    for (const cluster of clusters) change.put('cluster', follow(cluster, changed))
    for (const each of groups) {
      change.put('replicationGroup', { ...each, parameters: { values, version: each.parameters.version + 1 } })
    }
  })
  for (const { id } of clusters) context.wake('cluster', id)
  for (const { id } of groups) context.wake('replicationGroup', id)
  return { CacheParameterGroupName: group.id }
}

function follow(cluster: CacheClusterRecord, group: CacheParameterGroupRecord): CacheClusterRecord {
  const type = nodeTypes.get(cluster.nodeType)
  return type ? withParameters(cluster, group.id, valuesFor(group, type)) : cluster
}

const answerGroup = (
  { region, id, family, description, isGlobal }: CacheParameterGroupRecord,
  { account }: Context,
): CacheParameterGroup => ({
  CacheParameterGroupName: id,
  CacheParameterGroupFamily: family,
  Description: description,
  IsGlobal: isGlobal === true,
  ARN: arn({ region, account, type: resources.parameterGroup.arnType, name: id }),
})
