import type { EventFacts } from '../../../api/catalog/events.ts'
import { nextWindow, parseWindow } from '../../../api/catalog/maintenance-window.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { readSecurityGroups } from '../../calls/groups.ts'
import { readNotificationTopic } from '../../calls/notification-rules.ts'
import { releaseOf } from '../../families/families.ts'
import { refuseWithoutCapacity } from '../../faults/refusals.ts'
import { clusterZones } from '../../network/subnet-groups.ts'
import type { CacheClusterRecord, IpDiscovery, PendingChanges, Step } from '../../store/records.ts'
import { readNodeCount, refuseUnknownNodes } from './node-counts.ts'
import { readGroupChange } from './parameter-rules.ts'
import { scaleOutZones } from './placement.ts'
import { planChanges } from './plan.ts'
import { readMaintenanceWindow, readUpgrade, refuseForeignDiscovery } from './rules.ts'
import { readTypeChange } from './vertical-scaling.ts'
import { refuseBadScaleOutZones } from './zone-rules.ts'

type ModifyInput = Input<'ModifyCacheCluster'>

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** A checked request: settings that take effect at once are already in `cluster`, the others wait in `pending`. */
export interface Modification {
  readonly cluster: CacheClusterRecord
  readonly pending: PendingChanges
  /** Nodes there will be once everything pending is done. */
  readonly target: number
  readonly discovery: IpDiscovery | undefined
  readonly immediately: boolean
}

/** Settings other than node count and engine version apply at once, whatever ApplyImmediately says (guide, "Modifying"). */
export function readModification(input: ModifyInput, cluster: CacheClusterRecord, context: Context): Modification {
  refuseOtherEngine(input, cluster)
  const version = readNewVersion(input, cluster)
  const scaling = readScaling(input, cluster, context)
  const { newZones: _, azMode: __, cacheNodeIdsToRemove: ___, numCacheNodes: ____, ...rest } = cluster.pending
  const { nodeType: _____, scaleConfig: ______, ...others } = scaling ? { ...rest, ...scaling } : cluster.pending
  const wanted: PendingChanges = {
    ...others,
    ...readTypeChange(input, cluster, version ?? cluster.pending.engineVersion ?? cluster.engineVersion),
    ...(version && { engineVersion: version }),
  }
  const topic = readNotificationTopic(input, cluster.notificationTopic, context)
  const { cluster: regrouped, pending } = readGroupChange(input.CacheParameterGroupName, cluster, wanted, context)
  return {
    cluster: {
      ...regrouped,
      ...(input.PreferredMaintenanceWindow !== undefined && {
        maintenanceWindow: readMaintenanceWindow(input.PreferredMaintenanceWindow, context),
      }),
      ...(input.SecurityGroupIds && {
        securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context, cluster.subnetGroup),
      }),
      ...(topic && { notificationTopic: topic }),
      ...(input.AutoMinorVersionUpgrade !== undefined && { autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade }),
    },
    pending,
    target: pending.numCacheNodes ?? cluster.nodes.length,
    discovery: readDiscovery(input.IpDiscovery, cluster),
    immediately: input.ApplyImmediately ?? false,
  }
}

/** ApplyImmediately applies what this request asks for and what was pending before it; otherwise the window does. */
export function beginOrSchedule(
  { cluster, pending, discovery, immediately }: Modification,
  context: Context,
): { cluster: CacheClusterRecord; events: readonly EventFacts[] } {
  const { now, store } = context
  const hasPending = Object.keys(pending).length > 0
  const switching: Step[] = discovery ? [{ do: 'switch-discovery', to: discovery }] : []
  if (hasPending && immediately) {
    const zones = scaleOutZones(cluster, pending, clusterZones(store, cluster))
    const scaled = pending.nodeType ? cluster.nodes.map(({ zone }) => zone) : []
    const nodeType = pending.nodeType ?? cluster.nodeType
    refuseWithoutCapacity([...scaled, ...zones], context.facts.zones, nodeType, context)
    const { steps, events } = planChanges(cluster, pending, zones)
    const begun: CacheClusterRecord = {
      ...cluster,
      status: 'modifying',
      pending,
      pendingDue: null,
      steps: [...switching, ...steps],
      stepDue: now,
    }
    return { cluster: begun, events }
  }
  const window = parseWindow(cluster.maintenanceWindow)
  const scheduled: CacheClusterRecord = {
    ...cluster,
    pending,
    pendingDue: hasPending && window ? nextWindow(window, now) : null,
    ...(discovery && { status: 'modifying', steps: [...switching, { do: 'finish' }], stepDue: now }),
  }
  return { cluster: scheduled, events: [] }
}

function refuseOtherEngine({ Engine }: ModifyInput, { engine }: CacheClusterRecord): void {
  if (Engine !== undefined && Engine.toLowerCase() !== engine) {
    throw new Fault('InvalidParameterValue', 'This API supports only cross-engine upgrades to Valkey engine currently')
  }
}

/** The version to upgrade to; undefined when it stays. */
function readNewVersion({ EngineVersion }: ModifyInput, cluster: CacheClusterRecord): string | undefined {
  if (EngineVersion === undefined) return undefined
  const version = readUpgrade(EngineVersion, releaseOf(cluster))
  return version === cluster.engineVersion ? undefined : version
}

function readDiscovery(to: IpDiscovery | undefined, cluster: CacheClusterRecord): IpDiscovery | undefined {
  if (to === undefined) return undefined
  refuseForeignDiscovery(cluster.networkType, to)
  return to === cluster.ipDiscovery ? undefined : to
}

/**
 * The pending scaling after this request; undefined when it says nothing about nodes. NumCacheNodes is the total wanted, so a new
 * request replaces a pending one (guide, "pending requests"): further creations add up because the total is higher, a deletion
 * cancels pending creations and the other way round, and the present number cancels both.
 */
function readScaling(
  input: ModifyInput,
  cluster: CacheClusterRecord,
  context: Context,
): Omit<PendingChanges, 'engineVersion' | 'nodeType'> | undefined {
  const { NumCacheNodes: wanted, CacheNodeIdsToRemove: ids = [], NewAvailabilityZones, AZMode } = input
  const current = cluster.nodes.length
  const before = Math.max(current, cluster.pending.numCacheNodes ?? current)
  const added = (wanted ?? current) - (wanted !== undefined && wanted > before ? before : current)
  refuseBadScaleOutZones(input, cluster, added, context)
  if (wanted === undefined) {
    if (ids.length > 0) throw conflict('CacheNodeIdsToRemove needs NumCacheNodes, the number of nodes to keep.')
    return undefined
  }
  readNodeCount(wanted, releaseOf(cluster).family.engine, context)
  if (wanted >= current && ids.length > 0) {
    throw conflict(
      `CacheNodeIdsToRemove is only possible when cache nodes are removed, current number of cache nodes is ${current}, requested number of cache nodes is ${wanted}`,
    )
  }
  if (wanted === current) return {}
  if (wanted < current) {
    refuseWrongIds(ids, wanted, cluster)
    return { numCacheNodes: wanted, cacheNodeIdsToRemove: ids }
  }
  const zones = [...(wanted > before ? (cluster.pending.newZones ?? []) : []), ...(NewAvailabilityZones ?? [])]
  return {
    numCacheNodes: wanted,
    ...(zones.length === wanted - current && { newZones: zones }),
    ...(AZMode && { azMode: AZMode }),
  }
}

function refuseWrongIds(ids: readonly string[], wanted: number, cluster: CacheClusterRecord): void {
  const current = cluster.nodes.length
  if (new Set(ids).size !== current - wanted) {
    throw conflict(
      `The number of CacheNodeIdsToRemove must match the number of nodes you are trying to remove, current number of cache nodes is ${current}, requested number of cache nodes is ${wanted} and CacheNodeIdsToRemove supplied are ${ids.length}`,
    )
  }
  refuseUnknownNodes(ids, cluster)
}
