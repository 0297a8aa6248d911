/**
 * How service updates stand with a cluster, or with a replication group, and how they come to be applied to a cluster: one node
 * after another, each restarted, which empties it. Pure. What has been applied is in the record; what has not follows from when
 * its nodes were made.
 */

import type { NodeUpdateStatus, UpdateActionStatus } from '@aws-sdk/client-elasticache'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { nextWindow, parseWindow } from '../../../api/catalog/maintenance-window.ts'
import { type ServiceUpdate, serviceUpdates } from '../../catalog/service-updates.ts'
import type {
  CacheClusterRecord,
  CacheNodeRecord,
  NodeUpdateRecord,
  Step,
  UpdateActionRecord,
} from '../../store/records.ts'

/** What is updated, as far as updates go by it: a cluster is one. */
export interface Updatable
  extends Pick<
    CacheClusterRecord,
    'engine' | 'created' | 'createdAt' | 'maintenanceWindow' | 'updates' | 'updatesAnnounced'
  > {
  readonly nodes: readonly Pick<CacheNodeRecord, 'id' | 'createdAt'>[]
}

/** Whether an update is for a cluster: of its engine, and its nodes are from before the release, or it is for every one. */
export const concerns = ({ engines, releasedAt, forEveryNode }: ServiceUpdate, cluster: Updatable): boolean =>
  engines.includes(cluster.engine) && cluster.created && (forEveryNode || cluster.createdAt < releasedAt)

/** What the cluster's record holds of an update; undefined: it was never begun. */
export const actionOf = ({ updates = [] }: Pick<Updatable, 'updates'>, name: string): UpdateActionRecord | undefined =>
  updates.find(({ update }) => update === name)

/** How far an update is on one node. */
export function nodeUpdateStatus(
  update: ServiceUpdate,
  cluster: Updatable,
  node: Updatable['nodes'][number],
): NodeUpdateStatus {
  const noted = actionOf(cluster, update.name)?.nodes.find(({ id }) => id === node.id)
  if (noted) return noted.status
  if (update.forEveryNode) return 'not-applied'
  return node.createdAt >= update.releasedAt || hasLater(update, cluster, node) ? 'complete' : 'not-applied'
}

/** Updates are cumulative: a later one brings the earlier ones with it. */
const hasLater = ({ name }: ServiceUpdate, { updates = [] }: Updatable, node: Updatable['nodes'][number]): boolean =>
  // Names of quarterly updates end in their date.
  updates.some(
    ({ update, nodes }) =>
      update > name &&
      update.startsWith(name.slice(0, -8)) &&
      nodes.some(({ id, status }) => id === node.id && status === 'complete'),
  )

/** How far an update is on a cluster, as DescribeUpdateActions tells it. */
export function actionStatus(update: ServiceUpdate, cluster: Updatable, now: number): UpdateActionStatus {
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

/** An update that begins to be applied to the nodes that lack it, and their ids. */
export function begunAction(
  update: ServiceUpdate,
  cluster: Updatable,
  initiatedBy: UpdateActionRecord['initiatedBy'],
  now: number,
): { readonly action: UpdateActionRecord; readonly lacking: readonly string[] } {
  const lacking = cluster.nodes
    .filter((node) => nodeUpdateStatus(update, cluster, node) !== 'complete')
    .map(({ id }) => id)
  const noted = actionOf(cluster, update.name)?.nodes ?? []
  const nodes = cluster.nodes.map(({ id }): NodeUpdateRecord => {
    if (lacking.includes(id)) return { id, status: 'waiting-to-start', changedAt: now }
    return noted.find((node) => node.id === id) ?? { id, status: 'complete', changedAt: now }
  })
  const action = {
    update: update.name,
    status: 'waiting-to-start',
    changedAt: now,
    initiatedBy,
    initiatedAt: now,
    nodes,
  } as const
  return { action, lacking }
}

/** The cluster as it begins to apply an update to the nodes that lack it. */
export function beginUpdate(
  update: ServiceUpdate,
  cluster: CacheClusterRecord,
  initiatedBy: UpdateActionRecord['initiatedBy'],
  now: number,
): CacheClusterRecord {
  const { action, lacking } = begunAction(update, cluster, initiatedBy, now)
  const steps = lacking.flatMap((id): Step[] => [
    { do: 'update-node', update: update.name, id },
    { do: 'node-updated', update: update.name, id },
  ])
  return {
    ...withAction(cluster, action),
    status: 'modifying',
    steps: [...steps, { do: 'end-update', update: update.name }, { do: 'finish' }],
    stepDue: now,
  }
}

/** An update that is not to go on, and the ids of nodes that it had not come to: they are left as they are. */
export function stoppedAction(
  action: UpdateActionRecord,
  now: number,
): { readonly action: UpdateActionRecord; readonly waiting: readonly string[] } {
  const waiting = action.nodes.filter(({ status }) => status === 'waiting-to-start').map(({ id }) => id)
  const nodes = action.nodes.map(
    (node): NodeUpdateRecord => (waiting.includes(node.id) ? { ...node, status: 'stopping', changedAt: now } : node),
  )
  return { action: { ...action, status: 'stopping', changedAt: now, nodes }, waiting }
}

/** Nodes that have begun go on to their end; the others are left as they are (guide, "Stopping the service updates"). */
export function stopUpdate(cluster: CacheClusterRecord, name: string, now: number): CacheClusterRecord {
  const present = actionOf(cluster, name)
  if (!present) return cluster
  const { action, waiting } = stoppedAction(present, now)
  const steps = cluster.steps.filter(
    (step) => !((step.do === 'update-node' || step.do === 'node-updated') && waiting.includes(step.id)),
  )
  return { ...withAction(cluster, action), steps }
}

type Updated = Pick<Updatable, 'updates'>

/** Notes what has become of one node. */
export function noteNode<R extends Updated>(
  cluster: R,
  name: string,
  nodeId: string,
  status: 'in-progress' | 'complete',
  now: number,
): R {
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
export function endUpdate<R extends Updated>(cluster: R, name: string, now: number): R {
  const action = actionOf(cluster, name)
  if (!action) return cluster
  const status = action.status === 'stopping' ? 'stopped' : 'complete'
  const nodes = action.nodes.map(
    (node): NodeUpdateRecord => (node.status === 'stopping' ? { ...node, status: 'stopped', changedAt: now } : node),
  )
  return withAction(cluster, { ...action, status, changedAt: now, nodes })
}

export const withAction = <R extends Updated>(cluster: R, action: UpdateActionRecord): R => ({
  ...cluster,
  updates: [...(cluster.updates ?? []).filter(({ update }) => update !== action.update), action],
})

/** The cluster as it has been told of updates, and how. */
export interface UpdateNews {
  readonly cluster: CacheClusterRecord
  readonly events: readonly EventFacts[]
}

/**
 * Whether updates have come out since it was told the last time. Updates are cumulative: several at once are told of once. The one
 * that every cluster always has is no news.
 */
export function hasUpdateNews(cluster: Updatable, now: number): boolean {
  const last = cluster.updatesAnnounced ?? cluster.createdAt
  return serviceUpdates(now).some(
    (update) =>
      !update.forEveryNode && update.releasedAt > last && update.releasedAt <= now && concerns(update, cluster),
  )
}

/** Tells of updates that have come out, node by node; undefined when there is no news. */
export function announceUpdates(cluster: CacheClusterRecord, now: number): UpdateNews | undefined {
  if (!hasUpdateNews(cluster, now)) return undefined
  const events = cluster.nodes.map(({ id: node }): EventFacts => ({ kind: 'update-available', node }))
  return { cluster: { ...cluster, updatesAnnounced: now }, events }
}

/** When the next update comes out. */
export const nextRelease = (now: number): number =>
  Math.min(...serviceUpdates(now).flatMap(({ releasedAt }) => (releasedAt > now ? [releasedAt] : [])))

/** The update that is next to be applied by itself, and when: in the first maintenance window after its recommended date. */
export function nextAutomaticUpdate(
  cluster: Updatable,
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
