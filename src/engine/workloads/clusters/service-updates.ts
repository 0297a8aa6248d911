/**
 * How service updates stand with a cluster, and how they come to be applied: one node after another, each restarted, which
 * empties it. Pure. What has been applied is in the cluster's record; what has not follows from when its nodes were made.
 */

import type { NodeUpdateStatus, UpdateActionStatus } from '@aws-sdk/client-elasticache'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { type ServiceUpdate, serviceUpdates } from '../../catalog/service-updates.ts'
import type {
  CacheClusterRecord,
  CacheNodeRecord,
  NodeUpdateRecord,
  Step,
  UpdateActionRecord,
} from '../../store/records.ts'
import { nextWindow, parseWindow } from '../../time/maintenance-window.ts'

/** Whether an update is for a cluster: of its engine, and its nodes are from before the release, or it is for every one. */
export const concerns = ({ engine, releasedAt, forEveryNode }: ServiceUpdate, cluster: CacheClusterRecord): boolean =>
  engine === cluster.engine && cluster.created && (forEveryNode || cluster.createdAt < releasedAt)

/** What the cluster's record holds of an update; undefined: it was never begun. */
export const actionOf = ({ updates = [] }: CacheClusterRecord, name: string): UpdateActionRecord | undefined =>
  updates.find(({ update }) => update === name)

/** How far an update is on one node. */
export function nodeUpdateStatus(
  update: ServiceUpdate,
  cluster: CacheClusterRecord,
  node: CacheNodeRecord,
): NodeUpdateStatus {
  const noted = actionOf(cluster, update.name)?.nodes.find(({ id }) => id === node.id)
  if (noted) return noted.status
  if (update.forEveryNode) return 'not-applied'
  return node.createdAt >= update.releasedAt || hasLater(update, cluster, node) ? 'complete' : 'not-applied'
}

/** Updates are cumulative: a later one brings the earlier ones with it. */
const hasLater = ({ name }: ServiceUpdate, { updates = [] }: CacheClusterRecord, node: CacheNodeRecord): boolean =>
  // Names of quarterly updates end in their date.
  updates.some(
    ({ update, nodes }) =>
      update > name &&
      update.startsWith(name.slice(0, -8)) &&
      nodes.some(({ id, status }) => id === node.id && status === 'complete'),
  )

/** How far an update is on a cluster, as DescribeUpdateActions tells it. */
export function actionStatus(update: ServiceUpdate, cluster: CacheClusterRecord, now: number): UpdateActionStatus {
  const action = actionOf(cluster, update.name)
  const isComplete = cluster.nodes.every((node) => nodeUpdateStatus(update, cluster, node) === 'complete')
  if (action && !(action.status === 'complete' && !isComplete)) return action.status
  if (isComplete) return 'complete'
  return update.autoApply && update.recommendedBy <= now ? 'scheduled' : 'not-applied'
}

/** States from which an update can be applied: "available or scheduled", or again after it was stopped (guide). */
export const isApplicable = (status: UpdateActionStatus): boolean =>
  status === 'not-applied' || status === 'scheduled' || status === 'stopped'

/** Whether an update that has begun is not done yet. */
export const isUnderWay = (status: UpdateActionStatus): boolean =>
  status === 'waiting-to-start' || status === 'in-progress'

/** The cluster as it begins to apply an update to the nodes that lack it. */
export function beginUpdate(
  update: ServiceUpdate,
  cluster: CacheClusterRecord,
  initiatedBy: UpdateActionRecord['initiatedBy'],
  now: number,
): CacheClusterRecord {
  const lacking = cluster.nodes.filter((node) => nodeUpdateStatus(update, cluster, node) !== 'complete')
  const isLacking = (node: CacheNodeRecord) => lacking.includes(node)
  const nodes = cluster.nodes.map(
    (node): NodeUpdateRecord =>
      isLacking(node)
        ? { id: node.id, status: 'waiting-to-start', changedAt: now }
        : (actionOf(cluster, update.name)?.nodes.find(({ id }) => id === node.id) ?? {
            id: node.id,
            status: 'complete',
            changedAt: now,
          }),
  )
  const steps = lacking.flatMap(({ id }): Step[] => [
    { do: 'update-node', update: update.name, id },
    { do: 'node-updated', update: update.name, id },
  ])
  const action: UpdateActionRecord = {
    update: update.name,
    status: 'waiting-to-start',
    changedAt: now,
    initiatedBy,
    initiatedAt: now,
    nodes,
  }
  return {
    ...withAction(cluster, action),
    status: 'modifying',
    steps: [...steps, { do: 'end-update', update: update.name }, { do: 'finish' }],
    stepDue: now,
  }
}

/** Nodes that have begun go on to their end; the others are left as they are (guide, "Stopping the service updates"). */
export function stopUpdate(cluster: CacheClusterRecord, name: string, now: number): CacheClusterRecord {
  const action = actionOf(cluster, name)
  if (!action) return cluster
  const waiting = action.nodes.filter(({ status }) => status === 'waiting-to-start').map(({ id }) => id)
  const steps = cluster.steps.filter(
    (step) => !((step.do === 'update-node' || step.do === 'node-updated') && waiting.includes(step.id)),
  )
  const nodes = action.nodes.map(
    (node): NodeUpdateRecord => (waiting.includes(node.id) ? { ...node, status: 'stopping', changedAt: now } : node),
  )
  return { ...withAction(cluster, { ...action, status: 'stopping', changedAt: now, nodes }), steps }
}

/** Notes what has become of one node. */
export function noteNode(
  cluster: CacheClusterRecord,
  name: string,
  nodeId: string,
  status: 'in-progress' | 'complete',
  now: number,
): CacheClusterRecord {
  const action = actionOf(cluster, name)
  if (!action) return cluster
  const nodes = action.nodes.map(
    (node): NodeUpdateRecord =>
      node.id === nodeId
        ? { ...node, status, changedAt: now, ...(status === 'in-progress' ? { startedAt: now } : { endedAt: now }) }
        : node,
  )
  const begun = action.status === 'waiting-to-start' ? { status: 'in-progress' as const, changedAt: now } : {}
  return withAction(cluster, { ...action, ...begun, nodes })
}

/** Notes that the update has come to its end: complete, or stopped before. */
export function endUpdate(cluster: CacheClusterRecord, name: string, now: number): CacheClusterRecord {
  const action = actionOf(cluster, name)
  if (!action) return cluster
  const status = action.status === 'stopping' ? 'stopped' : 'complete'
  const nodes = action.nodes.map(
    (node): NodeUpdateRecord => (node.status === 'stopping' ? { ...node, status: 'stopped', changedAt: now } : node),
  )
  return withAction(cluster, { ...action, status, changedAt: now, nodes })
}

const withAction = (cluster: CacheClusterRecord, action: UpdateActionRecord): CacheClusterRecord => ({
  ...cluster,
  updates: [...(cluster.updates ?? []).filter(({ update }) => update !== action.update), action],
})

/** The cluster as it has been told of updates, and how. */
export interface UpdateNews {
  readonly cluster: CacheClusterRecord
  readonly events: readonly EventFacts[]
}

/**
 * Tells of updates that have come out since the last time, node by node; undefined when there is no news. Updates are cumulative:
 * several at once are told of once. The one that every cluster always has is no news.
 */
export function announceUpdates(cluster: CacheClusterRecord, now: number): UpdateNews | undefined {
  const last = cluster.updatesAnnounced ?? cluster.createdAt
  const isNews = (update: ServiceUpdate) =>
    !update.forEveryNode && update.releasedAt > last && update.releasedAt <= now && concerns(update, cluster)
  if (!serviceUpdates(now).some(isNews)) return undefined
  const events = cluster.nodes.map(({ id: node }): EventFacts => ({ kind: 'update-available', node }))
  return { cluster: { ...cluster, updatesAnnounced: now }, events }
}

/** When the next update comes out. */
export const nextRelease = (now: number): number =>
  Math.min(...serviceUpdates(now).flatMap(({ releasedAt }) => (releasedAt > now ? [releasedAt] : [])))

/** The update that is next to be applied by itself, and when: in the first maintenance window after its recommended date. */
export function nextAutomaticUpdate(
  cluster: CacheClusterRecord,
  now: number,
): { readonly update: ServiceUpdate; readonly due: number } | undefined {
  const window = parseWindow(cluster.maintenanceWindow)
  if (!window) return undefined
  return serviceUpdates(now)
    .filter((update) => update.autoApply && concerns(update, cluster))
    .filter((update) => ['not-applied', 'scheduled'].includes(actionStatus(update, cluster, now)))
    .map((update) => ({ update, due: nextWindow(window, Math.max(update.recommendedBy, now)) }))
    .filter(({ update, due }) => update.endsAt === null || due < update.endsAt)
    .sort((a, b) => a.due - b.due || b.update.releasedAt - a.update.releasedAt)[0]
}
