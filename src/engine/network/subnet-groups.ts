/** Cache subnet groups: which subnets a cluster's nodes may go to, and where each of them goes. */
import { isExhausted } from '../faults/refusals.ts'
import type { CacheClusterRecord, CacheSubnetGroupRecord, NetworkType, SubnetRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { addressesInUse, findSubnet, freeAddresses, networkTypesOf } from './subnets.ts'
import { defaultSubnets, defaultVpcId } from './vpc.ts'

export const DEFAULT_SUBNET_GROUP = 'default'

/** A group by its id in lower case. `default` is there without a record: all zones, all network types. */
export function findSubnetGroup(store: Store, region: string, id: string): CacheSubnetGroupRecord | undefined {
  const stored = store.get('subnetGroup', region, id)
  return stored ?? (id === DEFAULT_SUBNET_GROUP ? defaultSubnetGroup(region) : undefined)
}

/** By id. */
export function subnetGroupsOf(store: Store, region: string): readonly CacheSubnetGroupRecord[] {
  const stored = store.list('subnetGroup', region)
  if (stored.some(({ id }) => id === DEFAULT_SUBNET_GROUP)) return stored
  return [...stored, defaultSubnetGroup(region)].sort((a, b) => (a.id < b.id ? -1 : 1))
}

const DEFAULT_GROUPS = new Map<string, CacheSubnetGroupRecord>()

function defaultSubnetGroup(region: string): CacheSubnetGroupRecord {
  const group = DEFAULT_GROUPS.get(region) ?? {
    region,
    id: DEFAULT_SUBNET_GROUP,
    description: 'Default CacheSubnetGroup',
    vpcId: defaultVpcId(region),
    subnetIds: defaultSubnets(region).map(({ id }) => id),
    tags: [],
  }
  DEFAULT_GROUPS.set(region, group)
  return group
}

/** Subnets of a group that are still there, in the order they were given. */
export const groupSubnets = (store: Store, { region, subnetIds }: CacheSubnetGroupRecord): SubnetRecord[] =>
  subnetIds.map((id) => findSubnet(store, region, id)).filter((subnet) => subnet !== undefined)

const ALL_TYPES: readonly NetworkType[] = ['ipv4', 'ipv6', 'dual_stack']

/** What at least one subnet of the group can carry: nodes only go to subnets of their own network type. */
export const groupNetworkTypes = (subnets: readonly SubnetRecord[]): NetworkType[] =>
  ALL_TYPES.filter((type) => subnets.some((subnet) => networkTypesOf(subnet).includes(type)))

const subnetsFor = (subnets: readonly SubnetRecord[], type: NetworkType): SubnetRecord[] =>
  subnets.filter((subnet) => networkTypesOf(subnet).includes(type))

/** Zones in which nodes of a network type can be, sorted. */
const groupZones = (store: Store, group: CacheSubnetGroupRecord, type: NetworkType): string[] =>
  [...new Set(subnetsFor(groupSubnets(store, group), type).map(({ zone }) => zone))].sort()

/** {@link groupZones} of the group a cluster is in. */
export function clusterZones(store: Store, { region, subnetGroup, networkType }: CacheClusterRecord): string[] {
  const group = findSubnetGroup(store, region, subnetGroup)
  return group ? groupZones(store, group, networkType) : []
}

/** Free addresses for nodes of a network type in each zone of the group. */
export function freeByZone(
  store: Store,
  group: CacheSubnetGroupRecord,
  type: NetworkType,
): ReadonlyMap<string, number> {
  const used = addressesInUse(store, group.region)
  const free = new Map<string, number>()
  for (const subnet of subnetsFor(groupSubnets(store, group), type)) {
    const here = freeAddresses(subnet, used) ?? Number.POSITIVE_INFINITY
    free.set(subnet.zone, (free.get(subnet.zone) ?? 0) + here)
  }
  return free
}

/** Where new nodes go, or the zone in which the group has no address left for one of them. */
export type Placement = { readonly subnets: readonly string[] } | { readonly fullZone: string }

/** A subnet for each of `zones`: of the cluster's group and network type, the one with the most free addresses. */
export function placeNodes(
  store: Store,
  cluster: Pick<CacheClusterRecord, 'region' | 'subnetGroup' | 'networkType'>,
  zones: readonly string[],
): Placement {
  if (zones.length === 0) return { subnets: [] }
  const { region, subnetGroup, networkType } = cluster
  const group = findSubnetGroup(store, region, subnetGroup)
  const candidates = group ? subnetsFor(groupSubnets(store, group), networkType) : []
  const used = new Map(addressesInUse(store, region))
  const free = (subnet: SubnetRecord) => freeAddresses(subnet, used) ?? Number.POSITIVE_INFINITY
  const subnets: string[] = []
  for (const zone of zones) {
    const [best] = candidates.filter((subnet) => subnet.zone === zone).sort((a, b) => compare(free(b), free(a)))
    if (!best || free(best) === 0 || isExhausted(store, region, zone)) return { fullZone: zone }
    subnets.push(best.id)
    used.set(best.id, (used.get(best.id) ?? 0) + 1)
  }
  return { subnets }
}

/** Not by subtraction: both may be infinite. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)

/** Of the subnets that nodes are in, those that the VPC no longer has. */
export const lostSubnets = (store: Store, region: string, subnetIds: readonly (string | undefined)[]): string[] =>
  [...new Set(subnetIds.filter((id) => id !== undefined))].filter((id) => !findSubnet(store, region, id))
