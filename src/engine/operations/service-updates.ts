import type {
  ProcessedUpdateAction,
  ServiceUpdate as ServiceUpdateAnswer,
  UnprocessedUpdateAction,
  UpdateAction,
} from '@aws-sdk/client-elasticache'
import { Fault } from '../../api/faults.ts'
import type { Context, Handler } from '../calls/context.ts'
import { clusterNotFound } from '../calls/not-found.ts'
import { page } from '../calls/paging.ts'
import { releasedUpdates, type ServiceUpdate, statusAt } from '../catalog/service-updates.ts'
import { missing } from '../http/query-protocol.ts'
import type { CacheClusterRecord } from '../store/records.ts'
import {
  actionOf,
  actionStatus,
  beginUpdate,
  concerns,
  isApplicable,
  isUnderWay,
  nodeUpdateStatus,
  stopUpdate,
} from '../workloads/clusters/service-updates.ts'

const ESTIMATE = '10 minutes per node'
/** Of CacheClusterIds and of ReplicationGroupIds (API reference). The words are ours. */
const MOST_IDS = 20

export const DescribeServiceUpdates: Handler<'DescribeServiceUpdates'> = (input, { now }) => {
  const { ServiceUpdateName: name, ServiceUpdateStatus: statuses } = input
  if (name !== undefined) findUpdate(name, now)
  const wanted = releasedUpdates(now).filter(
    (update) =>
      (name === undefined || update.name === name) &&
      (statuses === undefined || statuses.length === 0 || statuses.includes(statusAt(update, now))),
  )
  const { items, Marker } = page('ServiceUpdates', wanted, newestFirst, input)
  return { ...(Marker && { Marker }), ServiceUpdates: items.map((update) => answerUpdate(update, now)) }
}

export const DescribeUpdateActions: Handler<'DescribeUpdateActions'> = (input, context) => {
  const { store, region, now } = context
  const isWanted = readActionFilter(input, context)
  const actions = releasedUpdates(now).flatMap((update) =>
    store
      .list('cluster', region)
      .filter((cluster) => concerns(update, cluster) && isWanted(update, cluster))
      .map((cluster) => ({ update, cluster })),
  )
  const keyOf = ({ update, cluster }: { update: ServiceUpdate; cluster: CacheClusterRecord }) =>
    `${newestFirst(update)}/${cluster.id}`
  const { items, Marker } = page('UpdateActions', actions, keyOf, input)
  const showNodes = input.ShowNodeLevelUpdateStatus ?? false
  return {
    ...(Marker && { Marker }),
    UpdateActions: items.map(({ update, cluster }) => answerAction(update, cluster, now, showNodes)),
  }
}

export const BatchApplyUpdateAction: Handler<'BatchApplyUpdateAction'> = (input, context) => {
  const update = findUpdate(input.ServiceUpdateName, context.now)
  return onEach(input, context, (cluster) => {
    const status = actionStatus(update, cluster, context.now)
    if (statusAt(update, context.now) !== 'available') {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} has expired.`)
    }
    if (!concerns(update, cluster) || status === 'complete') {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is applied to ${cluster.id} already.`)
    }
    if (!isApplicable(status)) {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is ${status} on ${cluster.id}.`)
    }
    if (cluster.status !== 'available') {
      throw new Fault('InvalidCacheClusterState', 'Cache cluster must be in available state to apply an update.')
    }
    return beginUpdate(update, cluster, 'customer', context.now)
  })
}

export const BatchStopUpdateAction: Handler<'BatchStopUpdateAction'> = (input, context) => {
  const update = findUpdate(input.ServiceUpdateName, context.now)
  return onEach(input, context, (cluster) => {
    const status = actionStatus(update, cluster, context.now)
    if (!isUnderWay(status)) {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is ${status} on ${cluster.id}.`)
    }
    return stopUpdate(cluster, update.name, context.now)
  })
}

/** Changes each of the clusters that can be changed, and tells of the others why not; types and words of errors are ours. */
function onEach(
  input: {
    readonly ServiceUpdateName: string | undefined
    readonly CacheClusterIds?: readonly string[] | undefined
    readonly ReplicationGroupIds?: readonly string[] | undefined
  },
  { store, region, wake }: Context,
  change: (cluster: CacheClusterRecord) => CacheClusterRecord,
): { ProcessedUpdateActions: ProcessedUpdateAction[]; UnprocessedUpdateActions: UnprocessedUpdateAction[] } {
  const { ServiceUpdateName, CacheClusterIds = [], ReplicationGroupIds = [] } = input
  if (CacheClusterIds.length + ReplicationGroupIds.length === 0) throw missing('CacheClusterIds')
  refuseTooManyIds({ CacheClusterIds, ReplicationGroupIds })
  const processed: ProcessedUpdateAction[] = []
  const unprocessed: UnprocessedUpdateAction[] = ReplicationGroupIds.map((ReplicationGroupId) => ({
    ReplicationGroupId,
    ServiceUpdateName,
    ErrorType: 'ReplicationGroupNotFoundFault',
    ErrorMessage: `ReplicationGroup not found: ${ReplicationGroupId}`,
  }))
  for (const CacheClusterId of new Set(CacheClusterIds.map((id) => id.toLowerCase()))) {
    try {
      const cluster = store.get('cluster', region, CacheClusterId)
      if (!cluster) throw clusterNotFound(CacheClusterId)
      const changed = change(cluster)
      store.change((changes) => changes.put('cluster', changed))
      wake('cluster', CacheClusterId)
      const UpdateActionStatus = actionOf(changed, ServiceUpdateName ?? '')?.status
      processed.push({ CacheClusterId, ServiceUpdateName, ...(UpdateActionStatus && { UpdateActionStatus }) })
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      unprocessed.push({ CacheClusterId, ServiceUpdateName, ErrorType: error.code, ErrorMessage: error.message })
    }
  }
  return { ProcessedUpdateActions: processed, UnprocessedUpdateActions: unprocessed }
}

function refuseTooManyIds(lists: Readonly<Record<string, readonly string[] | undefined>>): void {
  for (const [member, ids = []] of Object.entries(lists)) {
    if (ids.length <= MOST_IDS) continue
    throw new Fault('InvalidParameterValue', `${member} must not name more than ${MOST_IDS}; it names ${ids.length}.`)
  }
}

function findUpdate(name: string | undefined, now: number): ServiceUpdate {
  if (!name) throw missing('ServiceUpdateName', name)
  const update = releasedUpdates(now).find((each) => each.name === name)
  if (!update) throw new Fault('ServiceUpdateNotFoundFault', `Service update not found: ${name}`)
  return update
}

type ActionFilter = Parameters<Handler<'DescribeUpdateActions'>>[0]

function readActionFilter(
  input: ActionFilter,
  { now }: Context,
): (update: ServiceUpdate, cluster: CacheClusterRecord) => boolean {
  const { ServiceUpdateName: name, Engine, ServiceUpdateTimeRange: range } = input
  if (name !== undefined) findUpdate(name, now)
  refuseTooManyIds({ CacheClusterIds: input.CacheClusterIds, ReplicationGroupIds: input.ReplicationGroupIds })
  const ids = input.CacheClusterIds?.map((id) => id.toLowerCase()) ?? []
  const isAmong = <T>(list: readonly T[] | undefined, value: T) => !list || list.length === 0 || list.includes(value)
  // Replication groups are not there yet: a request for theirs alone gets none.
  const forGroupsOnly = (input.ReplicationGroupIds?.length ?? 0) > 0 && ids.length === 0
  return (update, cluster) =>
    !forGroupsOnly &&
    (name === undefined || update.name === name) &&
    (Engine === undefined || update.engine === Engine.toLowerCase()) &&
    isAmong(ids, cluster.id) &&
    isAmong(input.ServiceUpdateStatus, statusAt(update, now)) &&
    isAmong(input.UpdateActionStatus, actionStatus(update, cluster, now)) &&
    (range?.StartTime === undefined || update.releasedAt >= range.StartTime.getTime()) &&
    (range?.EndTime === undefined || update.releasedAt <= range.EndTime.getTime())
}

/** A key that grows along a list with the newest update first. */
const newestFirst = ({ releasedAt, name }: ServiceUpdate): string =>
  `${String(Number.MAX_SAFE_INTEGER - releasedAt).padStart(16, '0')} ${name}`

/** The model knows security updates only; the guide speaks of engine updates too. */
const answerUpdate = (update: ServiceUpdate, now: number): ServiceUpdateAnswer => ({
  ServiceUpdateName: update.name,
  ServiceUpdateReleaseDate: new Date(update.releasedAt),
  ...(update.endsAt !== null && { ServiceUpdateEndDate: new Date(update.endsAt) }),
  ServiceUpdateSeverity: update.severity,
  ServiceUpdateRecommendedApplyByDate: new Date(update.recommendedBy),
  ServiceUpdateStatus: statusAt(update, now),
  ServiceUpdateDescription: update.description,
  ServiceUpdateType: 'security-update',
  Engine: update.engine,
  EngineVersion: 'all versions',
  AutoUpdateAfterRecommendedApplyByDate: update.autoApply,
  EstimatedUpdateTime: ESTIMATE,
})

function answerAction(
  update: ServiceUpdate,
  cluster: CacheClusterRecord,
  now: number,
  showNodes: boolean,
): UpdateAction {
  const action = actionOf(cluster, update.name)
  const updated = cluster.nodes.filter((node) => nodeUpdateStatus(update, cluster, node) === 'complete')
  return {
    CacheClusterId: cluster.id,
    ServiceUpdateName: update.name,
    ServiceUpdateReleaseDate: new Date(update.releasedAt),
    ServiceUpdateSeverity: update.severity,
    ServiceUpdateStatus: statusAt(update, now),
    ServiceUpdateRecommendedApplyByDate: new Date(update.recommendedBy),
    ServiceUpdateType: 'security-update',
    UpdateActionAvailableDate: new Date(Math.max(update.releasedAt, cluster.createdAt)),
    UpdateActionStatus: actionStatus(update, cluster, now),
    NodesUpdated: `${updated.length}/${cluster.nodes.length}`,
    UpdateActionStatusModifiedDate: new Date(action?.changedAt ?? Math.max(update.releasedAt, cluster.createdAt)),
    SlaMet: slaMet(update, cluster, now),
    ...(showNodes && { CacheNodeUpdateStatus: answerNodes(update, cluster) }),
    EstimatedUpdateTime: ESTIMATE,
    Engine: cluster.engine,
  }
}

/** Whether all nodes were updated by the recommended date; not applicable to clusters made after it, or before it has come. */
function slaMet(update: ServiceUpdate, cluster: CacheClusterRecord, now: number): 'yes' | 'no' | 'n/a' {
  if (cluster.createdAt > update.recommendedBy) return 'n/a'
  const action = actionOf(cluster, update.name)
  const isComplete = actionStatus(update, cluster, now) === 'complete'
  if (isComplete && (action?.changedAt ?? 0) <= update.recommendedBy) return 'yes'
  return now > update.recommendedBy ? 'no' : 'n/a'
}

function answerNodes(update: ServiceUpdate, cluster: CacheClusterRecord): UpdateAction['CacheNodeUpdateStatus'] {
  const action = actionOf(cluster, update.name)
  return cluster.nodes.map((node) => {
    const noted = action?.nodes.find(({ id }) => id === node.id)
    return {
      CacheNodeId: node.id,
      NodeUpdateStatus: nodeUpdateStatus(update, cluster, node),
      ...(noted?.startedAt !== undefined && { NodeUpdateStartDate: new Date(noted.startedAt) }),
      ...(noted?.endedAt !== undefined && { NodeUpdateEndDate: new Date(noted.endedAt) }),
      ...(action && {
        NodeUpdateInitiatedBy: action.initiatedBy,
        NodeUpdateInitiatedDate: new Date(action.initiatedAt),
      }),
      ...(noted && { NodeUpdateStatusModifiedDate: new Date(noted.changedAt) }),
    }
  })
}
