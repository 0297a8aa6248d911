/** Groups that a request names: found, or refused in AWS's words. */
import { Fault } from '../../api/faults.ts'
import { DEFAULT_SECURITY_GROUP, findSecurityGroup } from '../network/security-groups.ts'
import { findSubnetGroup } from '../network/subnet-groups.ts'
import { findParameterGroup } from '../parameters/groups.ts'
import type { CacheParameterGroupRecord, CacheSubnetGroupRecord } from '../store/records.ts'
import type { Context } from './context.ts'

/** A group by its name in any case. */
export function requireParameterGroup(
  name: string,
  { store, region }: Context,
  words = `CacheParameterGroup not found: ${name}`,
): CacheParameterGroupRecord {
  const group = findParameterGroup(store, region, name.toLowerCase())
  if (!group) throw new Fault('CacheParameterGroupNotFound', words)
  return group
}

/** A group by its name in any case. AWS's words differ: creating a cluster and deleting say the first, describing the other. */
export function requireSubnetGroup(
  name: string,
  { store, region }: Context,
  words = `Cache Subnet Group ${name} does not exist.`,
): CacheSubnetGroupRecord {
  const group = findSubnetGroup(store, region, name.toLowerCase())
  if (!group) throw new Fault('CacheSubnetGroupNotFoundFault', words)
  return group
}

/** The refusal of subnets that are not there, in AWS's words. */
export const unknownSubnets = (ids: readonly string[]): Fault =>
  new Fault('InvalidParameterValue', `Some input subnets in :[${ids.join(', ')}] are invalid.`)

/** Each once, all there, all in the VPC of the subnet group if one is named; without any, the default group. */
export function readSecurityGroups(
  ids: readonly string[] | undefined,
  { store, region }: Context,
  subnetGroup = '',
): string[] {
  const distinct = [...new Set(ids ?? [])]
  const unknown = distinct.filter((id) => !findSecurityGroup(store, region, id))
  if (unknown.length > 0)
    throw new Fault('InvalidParameterValue', `Some security groups are unknown: [${unknown.join(', ')}].`)
  const vpcId = findSubnetGroup(store, region, subnetGroup)?.vpcId
  for (const id of distinct) {
    const group = findSecurityGroup(store, region, id)
    if (group && vpcId && group.vpcId !== vpcId) {
      throw new Fault(
        'InvalidParameterCombination',
        `Subnet group [${subnetGroup}] belongs to a different VPC [${vpcId}] than [${group.vpcId}]`,
      )
    }
  }
  return distinct.length > 0 ? distinct : [DEFAULT_SECURITY_GROUP]
}
