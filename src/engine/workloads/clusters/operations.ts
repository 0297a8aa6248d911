import type { EventFacts } from '../../../api/catalog/events.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import { NODE_RUNTIME_TAG } from '../../../api/local-engine.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readEngine } from '../../calls/engine.ts'
import { readSecurityGroups } from '../../calls/groups.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { clusterNotFound } from '../../calls/not-found.ts'
import { readNotificationTopic } from '../../calls/notification-rules.ts'
import { mergeTags, readNodeRuntime, readTags } from '../../calls/tag-rules.ts'
import { FAMILIES } from '../../families/all.ts'
import { familyOfEngine, findFamily } from '../../families/families.ts'
import { type Release, refuseUnsupported } from '../../families/family.ts'
import { refuseWithoutCapacity, withCapacity } from '../../faults/refusals.ts'
import { missing } from '../../http/query-protocol.ts'
import { freeByZone } from '../../network/subnet-groups.ts'
import { valuesFor } from '../../parameters/groups.ts'
import type { CacheClusterRecord, CacheClusterStatus } from '../../store/records.ts'
import { isClusterId } from '../../store/replication-groups.ts'
import type { Change } from '../../store/store.ts'
import { newToken } from '../../store/tokens.ts'
import { answerCacheCluster } from './answer.ts'
import { commitCluster } from './commit.ts'
import { beginOrSchedule, readModification } from './modification.ts'
import { readNodeCount, refuseBeyondRegionQuota, refuseUnknownNodes } from './node-counts.ts'
import { tellOfNodeRuntime } from './node-runtime-rules.ts'
import { readParameterGroup } from './parameter-rules.ts'
import { planCreation, planReboot } from './plan.ts'
import { moveReplacements } from './replacements.ts'
import {
  readEngineVersion,
  readMaintenanceWindow,
  readNetwork,
  readNodeType,
  readPort,
  readSubnetGroup,
  readTls,
  refuseCacheSecurityGroups,
} from './rules.ts'
import { withDueDate } from './steps.ts'
import { zonesForCreation } from './zone-rules.ts'

/** States that nothing but deletion may be the way out of. */
const CANNOT_RUN: ReadonlySet<CacheClusterStatus> = new Set([
  'create-failed',
  'incompatible-network',
  'incompatible-parameters',
])

/** Finds a cluster by its id in any case; throws CacheClusterNotFound. */
export function findCluster(id: string | undefined, { store, region }: Context): CacheClusterRecord {
  if (!id) throw missing('CacheClusterId', id)
  const cluster = store.get('cluster', region, id.toLowerCase())
  if (!cluster) throw clusterNotFound(id)
  return cluster
}

export const CreateCacheCluster: Handler<'CreateCacheCluster'> = (input, context) => {
  const id = readIdentifier(input.CacheClusterId, 'CacheClusterIdentifier', LIMITS.clusterIdLength)
  refuseCacheSecurityGroups(input)
  // Of an engine that is not run here, too, these members are refused before the engine is.
  refuseUnsupported(input, findFamily(input.Engine ?? '') ?? FAMILIES[0])
  const family = readEngine(input.Engine)
  const { engine } = family
  const engineVersion = readEngineVersion(input.EngineVersion, engine)
  const release: Release = { family, version: engineVersion }
  const type = readNodeType(input.CacheNodeType, release)
  const numCacheNodes = readNodeCount(input.NumCacheNodes, engine, context)
  const network = readNetwork(input, release, type, context.hasIpv6)
  const subnetGroup = readSubnetGroup(input.CacheSubnetGroupName, network.networkType, context)
  const zones = zonesForCreation(
    input,
    numCacheNodes,
    withCapacity(freeByZone(context.store, subnetGroup, network.networkType), type.name, context),
    context,
  )
  refuseWithoutCapacity(zones, context.facts.zones, type.name, context)
  if (isClusterId(id, context.store, context.region)) {
    throw new Fault('CacheClusterAlreadyExists', 'Cache cluster already exists')
  }
  refuseBeyondRegionQuota(numCacheNodes, context)
  const topic = readNotificationTopic(input, undefined, context)
  const parameterGroup = readParameterGroup(input.CacheParameterGroupName, release, type, context)
  const tags = mergeTags([], readTags(input.Tags, [NODE_RUNTIME_TAG]))
  const nodeRuntime = readNodeRuntime(tags)
  const events = tellOfNodeRuntime(nodeRuntime, release, context)
  const cluster: CacheClusterRecord = {
    region: context.region,
    id,
    token: newToken(context.random, 6),
    ...context.endpointsTold,
    createdAt: context.now,
    created: false,
    status: 'creating',
    engine: engine.name,
    engineVersion,
    nodeType: type.name,
    numCacheNodes,
    nodes: [],
    requestedPort: readPort(input.Port, engine),
    discovery: null,
    ...(nodeRuntime && { nodeRuntime }),
    ...network,
    tls: readTls(input.TransitEncryptionEnabled, release, type),
    parameterGroup: parameterGroup.id,
    parameters: { values: valuesFor(parameterGroup, type), version: 1 },
    subnetGroup: subnetGroup.id,
    securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context, subnetGroup.id),
    maintenanceWindow: readMaintenanceWindow(input.PreferredMaintenanceWindow, context),
    autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
    ...(topic && { notificationTopic: topic }),
    tags,
    pending: {},
    pendingDue: null,
    steps: planCreation(zones),
    stepDue: context.now,
  }
  return { CacheCluster: commit(undefined, cluster, events, context) }
}

export const ModifyCacheCluster: Handler<'ModifyCacheCluster'> = (input, context) => {
  const cluster = findCluster(input.CacheClusterId, context)
  refuseCacheSecurityGroups(input)
  refuseUnsupported(input, familyOfEngine(cluster.engine))
  if (!mendsParameters(input, cluster)) refuseUnlessAvailable(cluster, 'modify')
  const modification = readModification(input, cluster, context)
  refuseBeyondRegionQuota(modification.target - cluster.nodes.length, context)
  const { cluster: modified, events } = beginOrSchedule(modification, context)
  const hasOtherGroups = modified.securityGroupIds.join() !== cluster.securityGroupIds.join()
  const moved = moveReplacements(cluster, modified, context.store.list('fault', context.region), context.now)
  const regrouped: EventFacts[] = hasOtherGroups ? [{ kind: 'security-groups-modified' }] : []
  const answer = commit(cluster, modified, [...regrouped, ...moved.events, ...events], context, (change) => {
    for (const fault of moved.faults) change.put('fault', fault)
  })
  return { CacheCluster: answer }
}

export const RebootCacheCluster: Handler<'RebootCacheCluster'> = (input, context) => {
  const cluster = findCluster(input.CacheClusterId, context)
  refuseUnlessAvailable(cluster, 'reboot')
  const ids = [...new Set(input.CacheNodeIdsToReboot ?? [])]
  if (ids.length === 0) throw missing('CacheNodeIdsToReboot')
  refuseUnknownNodes(ids, cluster)
  const rebooting: CacheClusterRecord = {
    ...cluster,
    status: 'rebooting cache cluster nodes',
    steps: planReboot(ids),
    stepDue: context.now,
  }
  return { CacheCluster: commit(cluster, rebooting, [], context) }
}

export const DeleteCacheCluster: Handler<'DeleteCacheCluster'> = (input, context) => {
  const cluster = findCluster(input.CacheClusterId, context)
  refuseUnsupported(input, familyOfEngine(cluster.engine))
  if (!CANNOT_RUN.has(cluster.status)) refuseUnlessAvailable(cluster, 'delete')
  const deleting: CacheClusterRecord = {
    ...cluster,
    status: 'deleting',
    nodes: cluster.nodes.map((node) => ({ ...node, status: 'deleting' })),
    steps: [{ do: 'delete' }],
    stepDue: context.now,
  }
  return { CacheCluster: commit(cluster, deleting, [], context) }
}

/** Whether a cluster whose nodes cannot start gets another parameter group, and nothing else (guide, "Node status"). */
function mendsParameters(input: Input<'ModifyCacheCluster'>, { status }: CacheClusterRecord): boolean {
  const { CacheClusterId: _, CacheParameterGroupName, ApplyImmediately: __, ...others } = input
  const isAlone = Object.values(others).every((value) => value === undefined)
  return status === 'incompatible-parameters' && CacheParameterGroupName !== undefined && isAlone
}

/** By analogy with the text AWS is known to give for replication groups. */
function refuseUnlessAvailable({ status }: CacheClusterRecord, verb: string): void {
  if (status !== 'available') {
    throw new Fault('InvalidCacheClusterState', `Cache cluster must be in available state to ${verb}.`)
  }
}

/** Durable, and looked at by the lifecycle; what the call begins takes the time that the pace gives it. */
function commit(
  before: CacheClusterRecord | undefined,
  after: CacheClusterRecord,
  events: readonly EventFacts[],
  { store, now, pace, account, wake }: Context,
  also?: (change: Change) => void,
) {
  const begins = after.steps[0] !== before?.steps[0]
  const cluster = begins ? withDueDate(after, pace, now) : after
  commitCluster(store, cluster, cluster, events, now, also)
  wake('cluster', cluster.id)
  return answerCacheCluster(cluster, account)
}
