import type {
  CacheNodeUpdateStatus,
  NodeGroupUpdateStatus,
  ProcessedUpdateAction,
  ServiceUpdate as ServiceUpdateAnswer,
  UnprocessedUpdateAction,
  UpdateAction,
} from '@aws-sdk/client-elasticache'
import { NODE_ID } from '../../api/catalog/cache-node.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { Fault } from '../../api/faults.ts'
import type { Context, Handler } from '../calls/context.ts'
import { clusterNotFound } from '../calls/not-found.ts'
import { page } from '../calls/paging.ts'
import { releasedUpdates, type ServiceUpdate, statusAt } from '../catalog/service-updates.ts'
import { familyOfEngine } from '../families/families.ts'
import { missing } from '../http/query-protocol.ts'
import type { CacheClusterRecord, ReplicationGroupRecord } from '../store/records.ts'
import { groupOfMember } from '../store/replication-groups.ts'
import type { Change, Store } from '../store/store.ts'
import {
  actionOf,
  actionStatus,
  beginUpdate,
  concerns,
  isApplicable,
  isUnderWay,
  nodeUpdateStatus,
  stopUpdate,
  type Updatable,
} from '../workloads/clusters/service-updates.ts'
import { findReplicationGroup } from '../workloads/replication-groups/find.ts'
import { beginGroupUpdate, stopGroupUpdate, updatableOf } from '../workloads/replication-groups/service-updates.ts'

const ESTIMATE = '10 minutes per node'

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

type Named = { readonly CacheClusterId: string } | { readonly ReplicationGroupId: string }

/** A cluster or a replication group that updates are applied to. */
interface Target {
  readonly name: Named
  readonly id: string
  readonly status: string
  readonly subject: Updatable
  /** Undefined: nodes of one cluster. */
  readonly shards?: ReplicationGroupRecord['shards']
  begun(update: ServiceUpdate, now: number): Target
  stopped(update: ServiceUpdate, now: number): Target
  put(change: Change): void
  wake(context: Pick<Context, 'wake'>): void
}

const clusterTarget = (cluster: CacheClusterRecord): Target => ({
  name: { CacheClusterId: cluster.id },
  id: cluster.id,
  status: cluster.status,
  subject: cluster,
  begun: (update, now) => clusterTarget(beginUpdate(update, cluster, 'customer', now)),
  stopped: (update, now) => clusterTarget(stopUpdate(cluster, update.name, now)),
  put: (change) => change.put('cluster', cluster),
  wake: ({ wake }) => wake('cluster', cluster.id),
})

/** A lone one is a cache cluster to callers. */
const groupTarget = (group: ReplicationGroupRecord): Target => ({
  name: group.lone ? { CacheClusterId: group.id } : { ReplicationGroupId: group.id },
  id: group.id,
  status: group.status,
  subject: updatableOf(group),
  ...(!group.lone && { shards: group.shards }),
  begun: (update, now) => groupTarget(beginGroupUpdate(update, group, 'customer', now)),
  stopped: (update, now) => groupTarget(stopGroupUpdate(group, update.name, now)),
  put: (change) => change.put('replicationGroup', group),
  wake: ({ wake }) => wake('replicationGroup', group.id),
})

const targetsOf = (store: Store, region: string): Target[] => [
  ...store.list('cluster', region).map(clusterTarget),
  ...store.list('replicationGroup', region).map(groupTarget),
]

export const DescribeUpdateActions: Handler<'DescribeUpdateActions'> = (input, context) => {
  const { store, region, now } = context
  const isWanted = readActionFilter(input, context)
  const targets = targetsOf(store, region)
  const actions = releasedUpdates(now).flatMap((update) =>
    targets
      .filter((target) => concerns(update, target.subject) && isWanted(update, target))
      .map((target) => ({ update, target })),
  )
  const keyOf = ({ update, target }: (typeof actions)[number]) => `${newestFirst(update)}/${target.id}`
  const { items, Marker } = page('UpdateActions', actions, keyOf, input)
  const showNodes = input.ShowNodeLevelUpdateStatus ?? false
  return {
    ...(Marker && { Marker }),
    UpdateActions: items.map(({ update, target }) => answerAction(update, target, now, showNodes)),
  }
}

export const BatchApplyUpdateAction: Handler<'BatchApplyUpdateAction'> = (input, context) => {
  const update = findUpdate(input.ServiceUpdateName, context.now)
  return onEach(update, input, context, (target) => {
    const status = actionStatus(update, target.subject, context.now)
    if (statusAt(update, context.now) !== 'available') {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} has expired.`)
    }
    if (!update.engines.includes(target.subject.engine)) {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is not for ${target.subject.engine}.`)
    }
    if (!concerns(update, target.subject) || status === 'complete') {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is applied to ${target.id} already.`)
    }
    if (!isApplicable(status)) {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is ${status} on ${target.id}.`)
    }
    if (target.status !== 'available') throw notAvailable(target)
    return target.begun(update, context.now)
  })
}

const notAvailable = ({ shards }: Target) =>
  shards
    ? new Fault('InvalidReplicationGroupState', 'Replication group must be in available state to apply an update.')
    : new Fault('InvalidCacheClusterState', 'Cache cluster must be in available state to apply an update.')

export const BatchStopUpdateAction: Handler<'BatchStopUpdateAction'> = (input, context) => {
  const update = findUpdate(input.ServiceUpdateName, context.now)
  return onEach(update, input, context, (target) => {
    const status = actionStatus(update, target.subject, context.now)
    if (!isUnderWay(status)) {
      throw new Fault('InvalidParameterValue', `Service update ${update.name} is ${status} on ${target.id}.`)
    }
    return target.stopped(update, context.now)
  })
}

/** Changes each of those that can be changed, and tells of the others why not; types and words of errors are ours. */
function onEach(
  { name: ServiceUpdateName }: ServiceUpdate,
  input: {
    readonly CacheClusterIds?: readonly string[] | undefined
    readonly ReplicationGroupIds?: readonly string[] | undefined
  },
  context: Context,
  change: (target: Target) => Target,
): { ProcessedUpdateActions: ProcessedUpdateAction[]; UnprocessedUpdateActions: UnprocessedUpdateAction[] } {
  const { CacheClusterIds = [], ReplicationGroupIds = [] } = input
  if (CacheClusterIds.length + ReplicationGroupIds.length === 0) throw missing('CacheClusterIds')
  refuseTooManyIds({ CacheClusterIds, ReplicationGroupIds })
  const named: Named[] = [
    ...[...new Set(ReplicationGroupIds.map((id) => id.toLowerCase()))].map((ReplicationGroupId) => ({
      ReplicationGroupId,
    })),
    ...[...new Set(CacheClusterIds.map((id) => id.toLowerCase()))].map((CacheClusterId) => ({ CacheClusterId })),
  ]
  const processed: ProcessedUpdateAction[] = []
  const unprocessed: UnprocessedUpdateAction[] = []
  for (const name of named) {
    try {
      const changed = change(findTarget(name, context))
      context.store.change((changes) => changed.put(changes))
      changed.wake(context)
      const UpdateActionStatus = actionOf(changed.subject, ServiceUpdateName)?.status
      processed.push({ ...changed.name, ServiceUpdateName, ...(UpdateActionStatus && { UpdateActionStatus }) })
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      unprocessed.push({ ...name, ServiceUpdateName, ErrorType: error.code, ErrorMessage: error.message })
    }
  }
  return { ProcessedUpdateActions: processed, UnprocessedUpdateActions: unprocessed }
}

/** Members are updated with their group. */
function findTarget(name: Named, context: Context): Target {
  if ('ReplicationGroupId' in name) return groupTarget(findReplicationGroup(name.ReplicationGroupId, context))
  const { store, region } = context
  const { CacheClusterId: id } = name
  const cluster = store.get('cluster', region, id)
  if (cluster) return clusterTarget(cluster)
  const group = groupOfMember(store, region, id)
  if (!group) throw clusterNotFound(id)
  if (group.lone) return groupTarget(group)
  throw new Fault(
    'InvalidParameterValue',
    `Cache cluster ${id} is a member of replication group ${group.id}: name that in ReplicationGroupIds.`,
  )
}

/** The words are ours. */
function refuseTooManyIds(lists: Readonly<Record<string, readonly string[] | undefined>>): void {
  const most = LIMITS.updateTargetsPerRequest
  for (const [member, ids = []] of Object.entries(lists)) {
    if (ids.length <= most) continue
    throw new Fault('InvalidParameterValue', `${member} must not name more than ${most}; it names ${ids.length}.`)
  }
}

function findUpdate(name: string | undefined, now: number): ServiceUpdate {
  if (!name) throw missing('ServiceUpdateName', name)
  const update = releasedUpdates(now).find((each) => each.name === name)
  if (!update) throw new Fault('ServiceUpdateNotFoundFault', `Service update not found: ${name}`)
  return update
}

type ActionFilter = Parameters<Handler<'DescribeUpdateActions'>>[0]

function readActionFilter(input: ActionFilter, { now }: Context): (update: ServiceUpdate, target: Target) => boolean {
  const { ServiceUpdateName: name, Engine, ServiceUpdateTimeRange: range } = input
  if (name !== undefined) findUpdate(name, now)
  refuseTooManyIds({ CacheClusterIds: input.CacheClusterIds, ReplicationGroupIds: input.ReplicationGroupIds })
  const clusters = input.CacheClusterIds?.map((id) => id.toLowerCase()) ?? []
  const groups = input.ReplicationGroupIds?.map((id) => id.toLowerCase()) ?? []
  const isAmong = <T>(list: readonly T[] | undefined, value: T) => !list || list.length === 0 || list.includes(value)
  const isNamed = ({ name: named, id }: Target) =>
    clusters.length + groups.length === 0 || ('CacheClusterId' in named ? clusters : groups).includes(id)
  return (update, target) =>
    isNamed(target) &&
    (name === undefined || update.name === name) &&
    (Engine === undefined || target.subject.engine === Engine.toLowerCase()) &&
    isAmong(input.ServiceUpdateStatus, statusAt(update, now)) &&
    isAmong(input.UpdateActionStatus, actionStatus(update, target.subject, now)) &&
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
  // AWS names several in this form.
  Engine: update.engines.join(', '),
  EngineVersion: 'all versions',
  AutoUpdateAfterRecommendedApplyByDate: update.autoApply,
  EstimatedUpdateTime: ESTIMATE,
})

function answerAction(
  update: ServiceUpdate,
  { name, subject, shards }: Target,
  now: number,
  showNodes: boolean,
): UpdateAction {
  const action = actionOf(subject, update.name)
  const updated = subject.nodes.filter((node) => nodeUpdateStatus(update, subject, node) === 'complete')
  const nodes = subject.nodes.map((node) => ({ id: node.id, ...answerNode(update, subject, node) }))
  return {
    ...name,
    ServiceUpdateName: update.name,
    ServiceUpdateReleaseDate: new Date(update.releasedAt),
    ServiceUpdateSeverity: update.severity,
    ServiceUpdateStatus: statusAt(update, now),
    ServiceUpdateRecommendedApplyByDate: new Date(update.recommendedBy),
    ServiceUpdateType: 'security-update',
    UpdateActionAvailableDate: new Date(Math.max(update.releasedAt, subject.createdAt)),
    UpdateActionStatus: actionStatus(update, subject, now),
    NodesUpdated: `${updated.length}/${subject.nodes.length}`,
    UpdateActionStatusModifiedDate: new Date(action?.changedAt ?? Math.max(update.releasedAt, subject.createdAt)),
    SlaMet: slaMet(update, subject, now),
    ...(showNodes && !shards && { CacheNodeUpdateStatus: nodes.map(ofCluster(subject)) }),
    ...(showNodes && shards && { NodeGroupUpdateStatus: ofShards(shards, nodes) }),
    EstimatedUpdateTime: ESTIMATE,
    Engine: subject.engine,
  }
}

/** Whether all nodes were updated by the recommended date; not applicable to clusters made after it, or before it has come. */
function slaMet(update: ServiceUpdate, cluster: Updatable, now: number): 'yes' | 'no' | 'n/a' {
  if (cluster.createdAt > update.recommendedBy) return 'n/a'
  const action = actionOf(cluster, update.name)
  const isComplete = actionStatus(update, cluster, now) === 'complete'
  if (isComplete && (action?.changedAt ?? 0) <= update.recommendedBy) return 'yes'
  return now > update.recommendedBy ? 'no' : 'n/a'
}

type NodeAnswer = Omit<CacheNodeUpdateStatus, 'CacheNodeId'>

function answerNode(update: ServiceUpdate, subject: Updatable, node: Updatable['nodes'][number]): NodeAnswer {
  const action = actionOf(subject, update.name)
  const noted = action?.nodes.find(({ id }) => id === node.id)
  return {
    NodeUpdateStatus: nodeUpdateStatus(update, subject, node),
    ...(noted?.startedAt !== undefined && { NodeUpdateStartDate: new Date(noted.startedAt) }),
    ...(noted?.endedAt !== undefined && { NodeUpdateEndDate: new Date(noted.endedAt) }),
    ...(action && {
      NodeUpdateInitiatedBy: action.initiatedBy,
      NodeUpdateInitiatedDate: new Date(action.initiatedAt),
    }),
    ...(noted && { NodeUpdateStatusModifiedDate: new Date(noted.changedAt) }),
  }
}

/** The node of a lone cluster of Redis OSS or Valkey has the cluster's id on record. */
const ofCluster =
  ({ engine }: Updatable) =>
  ({ id, ...answer }: NodeAnswer & { readonly id: string }): CacheNodeUpdateStatus => ({
    CacheNodeId: familyOfEngine(engine).engine.autoDiscoverySince === undefined ? NODE_ID : id,
    ...answer,
  })

const ofShards = (
  shards: ReplicationGroupRecord['shards'],
  nodes: readonly (NodeAnswer & { readonly id: string })[],
): NodeGroupUpdateStatus[] =>
  shards.map((shard) => ({
    NodeGroupId: shard.id,
    NodeGroupMemberUpdateStatus: nodes
      .filter(({ id }) => shard.members.some((member) => member.id === id))
      .map(({ id, ...answer }) => ({ CacheClusterId: id, CacheNodeId: NODE_ID, ...answer })),
  }))
