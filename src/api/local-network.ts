/** Subnets and security groups of the local VPC, as the control routes speak of them. AWS has them in EC2, not in this API. */

export interface SubnetReport {
  readonly region: string
  readonly subnetId: string
  readonly vpcId: string
  readonly availabilityZone: string
  readonly ipv4Cidr: string | null
  readonly ipv6Cidr: string | null
  /** `ipv4`, `ipv6`, `dual_stack`: what clusters can be in it. */
  readonly supportedNetworkTypes: readonly string[]
  /** IPv4 addresses still to be had; null: IPv6 only, which does not run out. */
  readonly freeAddresses: number | null
  /** Addresses that nodes hold. */
  readonly usedAddresses: number
  /** There from the beginning; it stays. */
  readonly isDefault: boolean
}

export interface RegionRequest {
  readonly region: string
}

export interface CreateSubnetRequest extends RegionRequest {
  readonly availabilityZone: string
  /** Absent: the next free /24 of the local VPC; null: no IPv4 at all. */
  readonly ipv4Cidr?: string | null
  /** Absent: no IPv6; `auto`: the next free /64 of the local VPC. */
  readonly ipv6Cidr?: string
  readonly vpcId?: string
  readonly subnetId?: string
}

export interface DeleteSubnetRequest extends RegionRequest {
  readonly subnetId: string
  /** Even if nodes are in it: their clusters become incompatible-network. */
  readonly force?: boolean
}

export interface RuleReport {
  readonly fromPort: number
  readonly toPort: number
  /** A range of addresses, or the id of a security group. */
  readonly source: string
}

export interface SecurityGroupReport {
  readonly region: string
  readonly groupId: string
  readonly groupName: string
  readonly description: string
  readonly vpcId: string
  readonly members: readonly string[]
  readonly ingress: readonly RuleReport[]
  readonly isDefault: boolean
}

export interface CreateSecurityGroupRequest extends RegionRequest {
  readonly groupName: string
  readonly description?: string
  readonly vpcId?: string
  readonly groupId?: string
  /** Source ranges that stand for instances with this group. */
  readonly members?: readonly string[]
}

/** `group` is an id or a name. */
export interface SecurityGroupRequest extends RegionRequest {
  readonly group: string
}

export interface MembersRequest extends SecurityGroupRequest {
  /** Ranges of addresses. */
  readonly members: readonly string[]
}

export interface IngressRequest extends SecurityGroupRequest {
  /** `11211`, `11211-11213`, `all`; absent on revoking: whatever the ports. */
  readonly ports?: string
  /** Ranges of addresses, or ids or names of security groups. */
  readonly sources: readonly string[]
}
