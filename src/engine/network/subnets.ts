/** Subnets of a region, what they can carry, and how many addresses they have left. */
import type { NetworkType, SubnetRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { parseCidr, sizeOf } from './cidr.ts'
import { defaultSubnets } from './vpc.ts'

/** EC2 keeps the first four addresses and the last one of every subnet. */
const RESERVED_ADDRESSES = 5

/** Default subnets first, then those that were added, by id. */
export const subnetsOf = (store: Store, region: string): SubnetRecord[] => [
  ...defaultSubnets(region),
  ...store.list('subnet', region),
]

/** A subnet of the default VPC or one that a user added. */
export const findSubnet = (store: Store, region: string, id: string): SubnetRecord | undefined =>
  defaultSubnets(region).find((subnet) => subnet.id === id) ?? store.get('subnet', region, id)

/**
 * Dual stack needs a subnet with both ranges, IPv6 alone one that has no IPv4 range (guide, "Choosing a network type"). A dual
 * stack subnet therefore carries IPv4 and dual stack, as DescribeCacheSubnetGroups of AWS shows it.
 */
export function networkTypesOf({ ipv4Cidr, ipv6Cidr }: SubnetRecord): NetworkType[] {
  if (!ipv4Cidr) return ['ipv6']
  return ipv6Cidr ? ['ipv4', 'dual_stack'] : ['ipv4']
}

/** Addresses a subnet can give to nodes; null where they do not run out: an IPv6 range is never smaller than a /64. */
function capacityOf({ ipv4Cidr }: SubnetRecord): number | null {
  const cidr = ipv4Cidr ? parseCidr(ipv4Cidr) : undefined
  return cidr ? Number(sizeOf(cidr)) - RESERVED_ADDRESSES : null
}

/**
 * Addresses in use in each subnet of a region: one by every node until it is gone, one by every serverless cache, which has
 * its endpoint in each of its subnets, unless it failed to be created.
 */
export function addressesInUse(store: Store, region: string): ReadonlyMap<string, number> {
  const count = new Map<string, number>()
  const add = (id: string | undefined) => id && count.set(id, (count.get(id) ?? 0) + 1)
  for (const { nodes } of store.list('cluster', region)) for (const { subnetId } of nodes) add(subnetId)
  for (const { shards } of store.list('replicationGroup', region)) {
    for (const { members } of shards) for (const { place } of members) add(place?.subnetId)
  }
  for (const { subnetIds, status } of store.list('serverlessCache', region)) {
    if (status !== 'create-failed') for (const id of subnetIds) add(id)
  }
  return count
}

/** Whether more addresses are in use than there are. */
export function isOverfull(subnet: SubnetRecord, used: ReadonlyMap<string, number>): boolean {
  const capacity = capacityOf(subnet)
  return capacity !== null && (used.get(subnet.id) ?? 0) > capacity
}

/** Free addresses given {@link addressesInUse}; null: not limited. */
export function freeAddresses(subnet: SubnetRecord, used: ReadonlyMap<string, number>): number | null {
  const capacity = capacityOf(subnet)
  return capacity === null ? null : Math.max(0, capacity - (used.get(subnet.id) ?? 0))
}
