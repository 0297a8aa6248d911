/**
 * The local VPC: one a region, the same on every machine, with default subnets in every Availability Zone. Nothing of it is
 * stored; only subnets that a user adds are.
 */
import { createHash } from 'node:crypto'
import { regionFacts } from '../../api/catalog/regions.ts'
import type { SubnetRecord } from '../store/records.ts'
import { type Cidr, formatCidr, parseCidr, part } from './cidr.ts'

/** Ids of the form EC2 gives, made from what they stand for: scripts may rely on them. */
const idOf = (kind: 'vpc' | 'subnet', name: string): string =>
  `${kind}-${createHash('sha256').update(name).digest('hex').slice(0, 17)}`

/** The id of a region's default VPC: always the same one. */
export const defaultVpcId = (region: string): string => idOf('vpc', region)

/** The IPv4 range of EC2's default VPCs. */
export const VPC_IPV4 = parseCidr('172.31.0.0/16') as Cidr // which it is

/** A /56 as EC2 gives, from the range for local use (RFC 4193), so that no network of the Internet has it. */
export function vpcIpv6(region: string): Cidr {
  const digits = createHash('sha256').update(`${region}/ipv6`).digest('hex')
  const text = `fd${digits.slice(0, 2)}:${digits.slice(2, 6)}:${digits.slice(6, 10)}:${digits.slice(10, 12)}00::/56`
  return parseCidr(text) as Cidr // of the form above
}

const KINDS = ['ipv4', 'dual-stack', 'ipv6'] as const
/** Up to six zones a region: twelve /20 and twelve /64 at most, so that the last quarter of the VPC stays free. */
const IPV4_PREFIX = 20
const IPV6_PREFIX = 64

/** In each zone one subnet of each kind: IPv4 only, dual stack, IPv6 only. */
export function defaultSubnets(region: string): readonly SubnetRecord[] {
  const known = DEFAULT_SUBNETS.get(region)
  if (known) return known
  const subnets = (regionFacts(region)?.zones ?? []).flatMap((zone, at) =>
    KINDS.map((kind): SubnetRecord => {
      const number = 2 * at + (kind === 'dual-stack' ? 1 : 0)
      return {
        region,
        id: idOf('subnet', `${zone}/${kind}`),
        vpcId: defaultVpcId(region),
        zone,
        ipv4Cidr: kind === 'ipv6' ? null : formatCidr(part(VPC_IPV4, IPV4_PREFIX, number)),
        ipv6Cidr:
          kind === 'ipv4' ? null : formatCidr(part(vpcIpv6(region), IPV6_PREFIX, 2 * at + (kind === 'ipv6' ? 1 : 0))),
      }
    }),
  )
  DEFAULT_SUBNETS.set(region, subnets)
  return subnets
}

const DEFAULT_SUBNETS = new Map<string, readonly SubnetRecord[]>()
