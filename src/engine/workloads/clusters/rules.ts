/** What single settings of a cache cluster may be. Each function returns the value to store or throws AWS's refusal. */

import { type EngineFacts, hasVersion, newestVersion } from '../../../api/catalog/engines.ts'
import { formatWindow, parseWindow, randomWindow } from '../../../api/catalog/maintenance-window.ts'
import { isOfferedFor, type NodeType, nodeTypes } from '../../../api/catalog/node-types.ts'
import { isAtLeast, isOlder } from '../../../api/catalog/versions.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { requireSubnetGroup } from '../../calls/groups.ts'
import type { Release } from '../../families/family.ts'
import { missing } from '../../http/query-protocol.ts'
import { DEFAULT_SUBNET_GROUP, groupNetworkTypes, groupSubnets } from '../../network/subnet-groups.ts'
import type { CacheSubnetGroupRecord, IpDiscovery, NetworkType } from '../../store/records.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

export function readEngineVersion(version: string | undefined, engine: EngineFacts): string {
  if (version === undefined) return newestVersion(engine)
  if (!hasVersion(engine, version)) {
    throw conflict(`Cannot find version ${version} for ${engine.name}. Versions are ${engine.versions.join(', ')}.`)
  }
  return version
}

/** A new engine version may be newer, never older (guide, "Upgrading engine versions"). */
export function readUpgrade(version: string, { family, version: current }: Release): string {
  readEngineVersion(version, family.engine)
  if (isOlder(version, current)) {
    throw conflict(
      `Cannot downgrade from engine version ${current} to ${version}. Delete the cluster and create it again.`,
    )
  }
  return version
}

export function readNodeType(name: string | undefined, { family: { engine }, version }: Release): NodeType {
  if (!name) throw missing('CacheNodeType', name)
  const type = nodeTypes.get(name)
  if (!type) throw invalid(`Invalid cache node type: ${name}.`)
  if (type.generation === 'previous') {
    throw invalid(`${name} is a previous generation node type; new clusters cannot be created with it.`)
  }
  if (!isOfferedFor(type, engine, version)) {
    const first = type.since?.[engine.name]
    throw conflict(
      first
        ? `${name} needs ${engine.name} ${first} or later, not ${version}.`
        : `${name} is no node type of ${engine.name}.`,
    )
  }
  return type
}

export interface Network {
  readonly networkType: NetworkType
  readonly ipDiscovery: IpDiscovery
}

/**
 * Network type and IP discovery (guide, "Choosing a network type"): IPv6 needs memcached 1.6.6 and a Nitro type; with one
 * family, discovery is that family; dual stack without a choice discovers IPv6.
 */
export function readNetwork(
  input: { NetworkType?: NetworkType | undefined; IpDiscovery?: IpDiscovery | undefined },
  { family: { engine }, version }: Release,
  type: NodeType,
  hasIpv6: boolean,
): Network {
  const networkType = input.NetworkType ?? 'ipv4'
  if (networkType !== 'ipv4') {
    if (!isAtLeast(version, engine.ipv6Since)) {
      throw conflict(`NetworkType ${networkType} needs ${engine.name} ${engine.ipv6Since} or later, not ${version}.`)
    }
    if (!type.nitro) {
      throw conflict(`NetworkType ${networkType} needs a node type on the Nitro System; ${type.name} is not.`)
    }
    if (!hasIpv6) {
      throw new Fault(
        'InvalidVPCNetworkStateFault',
        `NetworkType ${networkType} needs ::1, which this machine does not have.`,
      )
    }
  }
  const ipDiscovery = input.IpDiscovery ?? (networkType === 'ipv4' ? 'ipv4' : 'ipv6')
  refuseForeignDiscovery(networkType, ipDiscovery)
  return { networkType, ipDiscovery }
}

export function refuseForeignDiscovery(networkType: NetworkType, ipDiscovery: IpDiscovery): void {
  if (networkType !== 'dual_stack' && networkType !== ipDiscovery) {
    throw conflict(`IpDiscovery ${ipDiscovery} is not possible with NetworkType ${networkType}.`)
  }
}

/** In-transit encryption: at creation only, memcached 1.6.12 or later, not on M1, M2, M3, R3, T2 (guide). */
export function readTls(
  enabled: boolean | undefined,
  { family: { engine }, version }: Release,
  type: NodeType,
): boolean {
  if (!enabled) return false
  if (!isAtLeast(version, engine.tlsSince)) {
    throw conflict(`In-transit encryption needs ${engine.name} ${engine.tlsSince} or later, not ${version}.`)
  }
  if (!type.tls.includes(engine.name)) throw conflict(`In-transit encryption is not supported on ${type.name}.`)
  return true
}

export function readPort(port: number | undefined, engine: EngineFacts): number {
  if (port === undefined) return engine.port
  if (port < 1024 || port > 65_535) throw invalid(`Invalid value ${port} for Port. Must be between 1024 and 65535`)
  return port
}

export function readMaintenanceWindow(window: string | undefined, { facts, random, now }: Context): string {
  if (window === undefined) return formatWindow(randomWindow(facts, random, now))
  const parsed = parseWindow(window)
  if (!parsed) {
    throw invalid(
      `The maintenance window ${window} is not of the form ddd:hh24:mi-ddd:hh24:mi, such as sun:23:00-mon:01:30.`,
    )
  }
  if (parsed.minutes < 60 || parsed.minutes > 24 * 60) {
    throw invalid(`The maintenance window ${window} must be between 60 minutes and 24 hours long.`)
  }
  return window.toLowerCase()
}

/** Without a name the default group: every zone of the region, every network type. The words of the refusal are ours. */
export function readSubnetGroup(
  name: string | undefined,
  networkType: NetworkType,
  context: Context,
): CacheSubnetGroupRecord {
  const group = requireSubnetGroup(name ?? DEFAULT_SUBNET_GROUP, context)
  const supported = groupNetworkTypes(groupSubnets(context.store, group))
  if (!supported.includes(networkType)) {
    throw conflict(
      `NetworkType ${networkType} is not supported by cache subnet group ${group.id}. Its subnets support: ${supported.join(', ')}.`,
    )
  }
  return group
}

/**
 * Every cluster is in a VPC, where cache security groups are not allowed. AWS has one text for requests that also name what
 * belongs to a VPC; the other one is the family's.
 */
export function refuseCacheSecurityGroups(input: {
  readonly CacheSecurityGroupNames?: readonly string[] | undefined
  readonly CacheSubnetGroupName?: string | undefined
  readonly SecurityGroupIds?: readonly string[] | undefined
}): void {
  const { CacheSecurityGroupNames = [], CacheSubnetGroupName, SecurityGroupIds = [] } = input
  if (CacheSecurityGroupNames.length === 0 || (!CacheSubnetGroupName && SecurityGroupIds.length === 0)) return
  throw new Fault(
    'InvalidParameterCombination',
    'Use of cache security groups is not permitted along with cache subnet group and/or security group Ids.',
  )
}
