/** VPC security groups: the clients that may connect to the nodes of a cluster. */

import type { SecurityGroupRecord, SecurityGroupRule } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { IngressRule } from './ingress.ts'
import { defaultVpcId } from './vpc.ts'

/** In every region; what a cluster gets that asks for none. */
export const DEFAULT_SECURITY_GROUP = 'sg-00000000000000000'

const ALL_PORTS = { fromPort: 0, toPort: 65_535 }

const DEFAULT_GROUPS = new Map<string, SecurityGroupRecord>()

/** Every client on this machine may connect. EC2's own default group lets in its members only, and here would let in none. */
function defaultSecurityGroup(region: string): SecurityGroupRecord {
  const group = DEFAULT_GROUPS.get(region) ?? {
    region,
    id: DEFAULT_SECURITY_GROUP,
    name: 'default',
    description: 'default VPC security group',
    vpcId: defaultVpcId(region),
    members: [],
    rules: [
      { ...ALL_PORTS, source: { cidr: '127.0.0.0/8' } },
      { ...ALL_PORTS, source: { cidr: '::1/128' } },
    ],
  }
  DEFAULT_GROUPS.set(region, group)
  return group
}

/** The default group is there without a record; with one it is what has been made of it. */
export const findSecurityGroup = (store: Store, region: string, id: string): SecurityGroupRecord | undefined =>
  store.get('securityGroup', region, id) ?? (id === DEFAULT_SECURITY_GROUP ? defaultSecurityGroup(region) : undefined)

/** The default group first, then the others by id. */
export function securityGroupsOf(store: Store, region: string): readonly SecurityGroupRecord[] {
  const stored = store.list('securityGroup', region)
  return stored.some(({ id }) => id === DEFAULT_SECURITY_GROUP) ? stored : [defaultSecurityGroup(region), ...stored]
}

/** Whether two rules allow the same: EC2 refuses the second. */
export const isSameRule = (a: SecurityGroupRule, b: SecurityGroupRule): boolean =>
  a.fromPort === b.fromPort && a.toPort === b.toPort && sourceOf(a) === sourceOf(b)

/** The source as people write it: a range, or the id of a group. */
export const sourceOf = ({ source }: SecurityGroupRule): string => ('cidr' in source ? source.cidr : source.groupId)

/**
 * What the security groups let in, for nodes whose port would be `port` on AWS, where every node of a cluster has the same.
 * Here each has a port of its own, so a rule that covers the cluster's port covers all its nodes, as in the guide; any other
 * opens the ports it names.
 */
export function ingressOf(store: Store, region: string, groupIds: readonly string[], port: number): IngressRule[] {
  const rules = groupIds.flatMap((id) => findSecurityGroup(store, region, id)?.rules ?? [])
  return rules.flatMap((rule) => {
    const { fromPort, toPort, source } = rule
    const ports: IngressRule['ports'] = port >= fromPort && port <= toPort ? null : [fromPort, toPort]
    const cidrs = 'cidr' in source ? [source.cidr] : (findSecurityGroup(store, region, source.groupId)?.members ?? [])
    return cidrs.map((cidr) => ({ cidr, ports }))
  })
}
