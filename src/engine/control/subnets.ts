/** `cachectl engine subnet`: subnets of the local VPC, and of other VPCs that a user makes up. */
import { Fault } from '../../api/faults.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type { CreateSubnetRequest, DeleteSubnetRequest, RegionRequest, SubnetReport } from '../../api/local-network.ts'
import { absent, invalid, present, refused } from '../../api/refusals.ts'
import type { ControlHandler } from '../http/front-door.ts'
import { type Cidr, contains, formatCidr, overlaps, parseCidr, part } from '../network/cidr.ts'
import { subnetGroupsOf } from '../network/subnet-groups.ts'
import { addressesInUse, findSubnet, freeAddresses, networkTypesOf, subnetsOf } from '../network/subnets.ts'
import { defaultSubnets, defaultVpcId, VPC_IPV4, vpcIpv6 } from '../network/vpc.ts'
import type { SubnetRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { membersOf } from '../workloads/replication-groups/members.ts'
import { contextIn, type NetworkOffice, newId, readId } from './network-office.ts'

const AUTO = 'auto'

export function subnetRoutes(office: NetworkOffice): Record<string, ControlHandler> {
  return {
    [`POST ${CONTROL.subnets}/list`]({ region }: RegionRequest) {
      const { store } = contextIn(office, region)
      const used = addressesInUse(store, region)
      return { subnets: subnetsOf(store, region).map((subnet) => report(subnet, used)) }
    },

    async [`POST ${CONTROL.subnets}/create`](request: CreateSubnetRequest) {
      const { store, region, facts, random } = contextIn(office, request.region)
      const zone = request.availabilityZone
      if (!facts.zones.includes(zone)) throw invalid(`${zone} is not a zone of ${region}: ${facts.zones.join(', ')}.`)
      const vpcId = request.vpcId ? readId('vpc', request.vpcId) : defaultVpcId(region)
      const id = request.subnetId ? readId('subnet', request.subnetId) : newId('subnet', random)
      if (findSubnet(store, region, id)) throw present(`Subnet ${id} is there already.`)
      const ranges = readRanges(request, vpcId, subnetsOf(store, region))
      const subnet: SubnetRecord = { region, id, vpcId, zone, ...ranges }
      store.change((change) => change.put('subnet', subnet))
      // Clusters that lost this very subnet have it back.
      await office.settle(region, clustersIn(id, region, store))
      return report(subnet, addressesInUse(store, region))
    },

    async [`POST ${CONTROL.subnets}/delete`](request: DeleteSubnetRequest) {
      const { store, region } = contextIn(office, request.region)
      const id = request.subnetId
      const subnet = findSubnet(store, region, id)
      if (!subnet) throw absent(`There is no subnet ${id} in ${region}.`)
      if (isDefault(subnet)) throw refused(`${id} is a default subnet of the VPC, which stays.`)
      const clusters = clustersIn(id, region, store)
      if (!request.force) refuseUsed(subnet, clusters, store)
      store.change((change) => change.remove('subnet', subnet))
      await office.settle(region, clusters)
      return { deleted: id, clusters }
    },
  }
}

const isDefault = ({ region, id }: SubnetRecord): boolean => defaultSubnets(region).some((subnet) => subnet.id === id)

/** Members of replication groups are cache clusters, too. */
const clustersIn = (subnetId: string, region: string, store: Store): string[] => [
  ...store
    .list('cluster', region)
    .filter(({ nodes }) => nodes.some((node) => node.subnetId === subnetId))
    .map(({ id }) => id),
  ...store
    .list('replicationGroup', region)
    .flatMap(membersOf)
    .filter(({ place }) => place?.subnetId === subnetId)
    .map(({ id }) => id),
]

/** EC2 would not let go of a subnet with addresses in use either; the group would only learn of it later. */
function refuseUsed({ region, id }: SubnetRecord, clusters: readonly string[], store: Store): void {
  if (clusters.length > 0) {
    throw refused(
      `Subnet ${id} has nodes of ${clusters.join(', ')}. Deleting it anyway makes them incompatible-network.`,
    )
  }
  const caches = store.list('serverlessCache', region).filter(({ subnetIds }) => subnetIds.includes(id))
  if (caches.length > 0) throw refused(`Subnet ${id} is in use by ${caches.map((cache) => cache.id).join(', ')}.`)
  const groups = subnetGroupsOf(store, region).filter(({ subnetIds }) => subnetIds.includes(id))
  if (groups.length > 0) {
    throw refused(`Subnet ${id} is in cache subnet group ${groups.map((group) => group.id).join(', ')}.`)
  }
}

function readRanges(request: CreateSubnetRequest, vpcId: string, known: readonly SubnetRecord[]) {
  const { ipv4Cidr, ipv6Cidr, region } = request
  const isLocal = vpcId === defaultVpcId(region)
  const others = known.filter((subnet) => subnet.vpcId === vpcId)
  const taken = others
    .flatMap((subnet) => [subnet.ipv4Cidr, subnet.ipv6Cidr])
    .flatMap((text) => (text === null ? [] : (parseCidr(text) ?? [])))
  const within = (vpc: Cidr) => (isLocal ? vpc : undefined)
  const ranges = {
    ipv4Cidr: ipv4Cidr === null ? null : readIpv4(ipv4Cidr ?? AUTO, within(VPC_IPV4), taken),
    ipv6Cidr: ipv6Cidr === undefined ? null : readIpv6(ipv6Cidr, within(vpcIpv6(region)), taken),
  }
  if (!ranges.ipv4Cidr && !ranges.ipv6Cidr) throw invalid('A subnet needs a range of IPv4 or IPv6 addresses.')
  return ranges
}

/** EC2's rule: a /16 to a /28. */
const readIpv4 = (text: string, vpc: Cidr | undefined, taken: readonly Cidr[]): string =>
  readRange(text, 'ipv4', 24, vpc, taken, ({ prefix }) => prefix >= 16 && prefix <= 28, 'a /16 to a /28')

/** EC2's rule: a /44 to a /64, in steps of four. */
const readIpv6 = (text: string, vpc: Cidr | undefined, taken: readonly Cidr[]): string =>
  readRange(
    text,
    'ipv6',
    64,
    vpc,
    taken,
    ({ prefix }) => prefix >= 44 && prefix <= 64 && prefix % 4 === 0,
    'a /44 to a /64 in steps of four',
  )

function readRange(
  text: string,
  family: Cidr['family'],
  autoPrefix: number,
  vpc: Cidr | undefined,
  taken: readonly Cidr[],
  fits: (cidr: Cidr) => boolean,
  sizes: string,
): string {
  if (text === AUTO) return formatCidr(nextFree(family, autoPrefix, vpc, taken))
  const cidr = parseCidr(text)
  if (cidr?.family !== family || !text.includes('/')) throw invalid(`${text} is not a range of ${family} addresses.`)
  if (!fits(cidr)) throw invalid(`${text} is not ${sizes}.`)
  if (vpc && !contains(vpc, cidr)) throw invalid(`${text} is not within ${formatCidr(vpc)}, the range of the VPC.`)
  const other = taken.find((each) => overlaps(each, cidr))
  if (other) throw invalid(`${text} overlaps with the subnet ${formatCidr(other)}.`)
  return formatCidr(cidr)
}

function nextFree(family: Cidr['family'], prefix: number, vpc: Cidr | undefined, taken: readonly Cidr[]): Cidr {
  if (!vpc) throw invalid(`In another VPC than the local one the range of ${family} addresses has to be given.`)
  for (let number = 0; number < 2 ** (prefix - vpc.prefix); number++) {
    const candidate = part(vpc, prefix, number)
    if (!taken.some((each) => overlaps(each, candidate))) return candidate
  }
  throw new Fault('InvalidVPCNetworkStateFault', `The VPC has no free /${prefix} of ${family} addresses.`)
}

const report = (subnet: SubnetRecord, used: ReadonlyMap<string, number>): SubnetReport => ({
  region: subnet.region,
  subnetId: subnet.id,
  vpcId: subnet.vpcId,
  availabilityZone: subnet.zone,
  ipv4Cidr: subnet.ipv4Cidr,
  ipv6Cidr: subnet.ipv6Cidr,
  supportedNetworkTypes: networkTypesOf(subnet),
  freeAddresses: freeAddresses(subnet, used),
  usedAddresses: used.get(subnet.id) ?? 0,
  isDefault: isDefault(subnet),
})
