/** Which zones a cluster's nodes go to, for creation and scale-out. */
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { clusterZones } from '../../network/subnet-groups.ts'
import type { CacheClusterRecord } from '../../store/records.ts'
import { spread } from './placement.ts'

type AzMode = 'single-az' | 'cross-az'

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

export interface ZoneChoice {
  readonly AZMode?: AzMode | undefined
  readonly PreferredAvailabilityZone?: string | undefined
  readonly PreferredAvailabilityZones?: string[] | undefined
}

/**
 * A zone for each node, of those that `free` tells the free addresses of. Neither mode nor zones given: all nodes in one zone,
 * which the engine chooses, if it can one with enough addresses. Zones that are given without a mode say all there is to say
 * (API reference: "If the AZMode and PreferredAvailabilityZones are not specified, ElastiCache assumes single-az mode").
 */
export function zonesForCreation(
  input: ZoneChoice,
  count: number,
  free: ReadonlyMap<string, number>,
  { facts, region, random }: Context,
): string[] {
  const { AZMode, PreferredAvailabilityZone: one, PreferredAvailabilityZones: list } = input
  if (AZMode === 'cross-az' && count < 2) throw conflict('AZMode cross-az needs at least two cache nodes.')
  if (one !== undefined && list !== undefined) {
    throw conflict('Cannot specify both PreferredAvailabilityZone and PreferredAvailabilityZones.')
  }
  const named = [...(list ?? []), ...(one === undefined ? [] : [one])]
  refuseUnknownZones(named, facts.zones, region)
  refuseZonesWithoutSubnet(named, [...free.keys()])
  if (list) {
    refuseOtherCount(list, count)
    refuseOtherMode(AZMode, new Set(list).size)
    return list
  }
  if (one !== undefined) {
    if (AZMode === 'cross-az') throw conflict('With AZMode cross-az use PreferredAvailabilityZones.')
    return new Array(count).fill(one)
  }
  const mode = AZMode ?? 'single-az'
  const needed = mode === 'single-az' ? count : 1
  const roomy = [...free.keys()].filter((zone) => (free.get(zone) ?? 0) >= needed)
  const zones = (roomy.length > 0 ? roomy : [...free.keys()]).sort()
  const first = Math.floor(random() * zones.length)
  return spread([...zones.slice(first), ...zones.slice(0, first)], count, mode)
}

export interface ScaleOutChoice {
  readonly AZMode?: AzMode | undefined
  readonly NewAvailabilityZones?: string[] | undefined
}

/** Checks mode and zones of a modification that adds `added` nodes (0 or fewer: none). */
export function refuseBadScaleOutZones(
  input: ScaleOutChoice,
  cluster: CacheClusterRecord,
  added: number,
  { facts, region, store }: Context,
): void {
  const { AZMode, NewAvailabilityZones: zones } = input
  const present = new Set(cluster.nodes.map(({ zone }) => zone))
  if (AZMode === 'single-az' && present.size > 1) {
    throw conflict('AZMode single-az is not possible: the cluster already has nodes in different Availability Zones.')
  }
  if (AZMode === 'cross-az' && cluster.nodes.length + Math.max(0, added) < 2) {
    throw conflict('AZMode cross-az needs at least two cache nodes.')
  }
  if (!zones) return
  if (added <= 0) throw conflict('NewAvailabilityZones is only possible when cache nodes are added.')
  refuseUnknownZones(zones, facts.zones, region)
  refuseZonesWithoutSubnet(zones, clusterZones(store, cluster))
  refuseOtherCount(zones, added)
  if (AZMode === 'single-az' && new Set([...present, ...zones]).size > 1) {
    throw conflict('Nodes in several Availability Zones need AZMode cross-az.')
  }
}

function refuseUnknownZones(zones: readonly string[], known: readonly string[], region: string): void {
  for (const zone of zones) {
    if (!known.includes(zone)) {
      throw new Fault(
        'InvalidParameterValue',
        `${zone} is not a valid availability zone of ${region}. Valid zones are: ${known.join(', ')}.`,
      )
    }
  }
}

/** The words are ours. */
function refuseZonesWithoutSubnet(zones: readonly string[], withSubnet: readonly string[]): void {
  const without = zones.filter((zone) => !withSubnet.includes(zone))
  if (without.length > 0) {
    throw conflict(
      `The cache subnet group has no subnet for this network type in ${without.join(', ')}. It has in: ${withSubnet.join(', ')}.`,
    )
  }
}

function refuseOtherCount(zones: readonly string[], count: number): void {
  if (zones.length !== count) {
    throw conflict('Must specify the same number of preferred availability zones as requested number of nodes.')
  }
}

function refuseOtherMode(mode: AzMode | undefined, distinct: number): void {
  if (mode === 'single-az' && distinct > 1) {
    throw conflict('Preferred zones in several Availability Zones need AZMode cross-az.')
  }
  if (mode === 'cross-az' && distinct === 1) {
    throw conflict('AZMode cross-az needs preferred zones in at least two Availability Zones.')
  }
}
