/** What the settings of a serverless cache may be. Each function returns the value to store or throws the refusal. */
import type { CacheUsageLimits } from '@aws-sdk/client-elasticache'
import type { EngineName } from '../../../api/catalog/engines.ts'
import {
  LONGEST_RETENTION,
  type ServerlessVersion,
  serverlessVersion,
  USAGE_LIMITS,
} from '../../../api/catalog/serverless.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { readEngine } from '../../calls/engine.ts'
import { unknownSubnets } from '../../calls/groups.ts'
import { familyOfEngine } from '../../families/families.ts'
import type { Release } from '../../families/family.ts'
import { findSubnet, networkTypesOf } from '../../network/subnets.ts'
import { defaultSubnets } from '../../network/vpc.ts'
import type { NetworkType, ServerlessCacheRecord, SubnetRecord, UsageLimit } from '../../store/records.ts'
import { refuseNotInstalled, runtimeOf } from '../node-runtime.ts'
import { readUserGroup } from '../replication-groups/user-groups.ts'
import { isServer, versionOf } from './cache.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

const LONGEST_DESCRIPTION = 255

export interface ServerlessRelease {
  readonly engine: EngineName
  readonly version: ServerlessVersion
}

/** What a cache is to be. */
export function readServerlessRelease(engine: string | undefined, major: string | undefined): ServerlessRelease {
  const family = readEngine(engine)
  const { name } = family.engine
  // The words are ours.
  if (!family.serverless) throw invalid(`There are no serverless caches for ${name}.`)
  const version = serverlessVersion(name, major)
  // The words are AWS's; under which code it says them is not known.
  if (!version) throw invalid(`Specified engine does not support major engine version ${major}`)
  return { engine: name, version }
}

export const releaseOf = ({ engine, version }: ServerlessRelease): Release => ({
  family: familyOfEngine(engine),
  version: version.version,
})

/**
 * What a modification makes of a cache: a newer version, or Valkey of Redis OSS; undefined: what it is already. Of the words only
 * those about the target are AWS's, from groups.
 */
export function readUpgrade(
  cache: ServerlessCacheRecord,
  {
    Engine = cache.engine,
    MajorEngineVersion,
  }: { Engine?: string | undefined; MajorEngineVersion?: string | undefined },
  context: Context,
): ServerlessRelease | undefined {
  const present = versionOf(cache)
  const isSameEngine = Engine.toLowerCase() === cache.engine
  const major = MajorEngineVersion ?? (isSameEngine ? present.major : undefined)
  const release = readServerlessRelease(Engine, major)
  if (runtimeOf(cache) === 'server') refuseNotInstalled(releaseOf(release), context.nodeRuntimes)
  if (isSameEngine && release.version.major === present.major) return undefined
  if (isWayBack(present, cache, release)) {
    throw conflict(
      'The local engine takes no serverless cache of Valkey 7 back to Redis OSS 7, as AWS does: redis-server 7.0 does not read the files (RDB version 11) that a Valkey server writes.',
    )
  }
  if (!isSameEngine && release.engine !== familyOfEngine(cache.engine).engine.successor) {
    throw invalid('This API supports only cross-engine upgrades to Valkey engine currently')
  }
  if (isSameEngine && Number(release.version.major) < Number(present.major)) {
    throw conflict(`${cache.engine} ${present.major} cannot become ${release.version.major}: there is no way back.`)
  }
  return release
}

const isWayBack = ({ major }: ServerlessVersion, { engine }: ServerlessCacheRecord, to: ServerlessRelease): boolean =>
  familyOfEngine(to.engine).engine.successor === engine && major === '7' && to.version.major === '7'

/** The user group of a request, which is fit for what the cache is; undefined: none is named. */
export function readServerlessUserGroup(
  id: string | undefined,
  { engine, version }: ServerlessRelease,
  context: Context,
): string | undefined {
  return id ? readUserGroup(id, { engine, engineVersion: version.version }, context).id : undefined
}

export function readDescription(description: string | undefined): string {
  if (description !== undefined && description.length > LONGEST_DESCRIPTION) {
    throw invalid(
      `Description must not be longer than ${LONGEST_DESCRIPTION} characters; it has ${description.length}.`,
    )
  }
  return description ?? ''
}

/** User groups are of servers. */
export function refuseUserGroup(
  input: {
    readonly UserGroupId?: string | undefined
    readonly RemoveUserGroup?: boolean | undefined
  },
  engine: EngineName,
): void {
  if ((input.UserGroupId !== undefined || input.RemoveUserGroup) && !isServer({ engine })) {
    throw conflict(`User groups are not supported for engine ${engine}.`)
  }
}

/** A limit of 0 is none; a member left out stays as it is. */
export function readUsageLimits(
  limits: CacheUsageLimits | undefined,
  present: Pick<ServerlessCacheRecord, 'dataStorage' | 'ecpuPerSecond'>,
): Pick<ServerlessCacheRecord, 'dataStorage' | 'ecpuPerSecond'> {
  const { DataStorage, ECPUPerSecond } = limits ?? {}
  if (DataStorage && DataStorage.Unit === undefined) throw invalid('The parameter DataStorage.Unit must be GB.')
  return {
    dataStorage: readLimit('DataStorage', DataStorage, present.dataStorage),
    ecpuPerSecond: readLimit('ECPUPerSecond', ECPUPerSecond, present.ecpuPerSecond),
  }
}

function readLimit(
  name: keyof typeof USAGE_LIMITS,
  given: { readonly Minimum?: number | undefined; readonly Maximum?: number | undefined } | undefined,
  present: UsageLimit,
): UsageLimit {
  const { least, most } = USAGE_LIMITS[name]
  for (const member of ['Minimum', 'Maximum'] as const) {
    const value = given?.[member]
    if (value !== undefined && value !== 0 && (value < least || value > most)) {
      throw invalid(`Invalid value ${value} for ${name}.${member}. Must be between ${least} and ${most}, or 0 for none`)
    }
  }
  const limit = { minimum: given?.Minimum ?? present.minimum, maximum: given?.Maximum ?? present.maximum }
  if (limit.maximum !== 0 && limit.minimum > limit.maximum) {
    throw conflict(`${name}.Minimum ${limit.minimum} must not be greater than ${name}.Maximum ${limit.maximum}.`)
  }
  return limit
}

export function readRetention(days: number | undefined): number {
  if (days !== undefined && (days < 0 || days > LONGEST_RETENTION)) {
    throw invalid(`Invalid value ${days} for SnapshotRetentionLimit. Must be between 0 and ${LONGEST_RETENTION}`)
  }
  return days ?? 0
}

/** Without one a half hour of the day is chosen, as the guide says ElastiCache does. */
export function readDailySnapshotTime(time: string | undefined, random: () => number): string {
  if (time === undefined) {
    const slot = Math.floor(random() * 48)
    return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 0 ? '00' : '30'}`
  }
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) {
    throw invalid(`The daily snapshot time ${time} is not of the form hh24:mi, such as 03:00.`)
  }
  return time
}

export interface ServerlessNetwork {
  readonly networkType: NetworkType
  readonly subnetIds: readonly string[]
}

/**
 * Subnets of different zones and one VPC (guide, "Choosing subnets"). Without any, three of the default VPC, two in us-west-1.
 * IPv4 unless all subnets have IPv6 only (API reference).
 */
export function readServerlessNetwork(
  input: { readonly SubnetIds?: readonly string[] | undefined; readonly NetworkType?: NetworkType | undefined },
  context: Context,
): ServerlessNetwork {
  const { store, region, hasIpv6 } = context
  const ids = input.SubnetIds ?? []
  const found = ids.map((id) => ({ id, subnet: findSubnet(store, region, id) }))
  const unknown = found.filter(({ subnet }) => subnet === undefined).map(({ id }) => id)
  if (unknown.length > 0) throw unknownSubnets(unknown)
  const subnets = found.map(({ subnet }) => subnet).filter((subnet) => subnet !== undefined)
  const isIpv6Only = subnets.length > 0 && subnets.every(({ ipv4Cidr }) => ipv4Cidr === null)
  const networkType = input.NetworkType ?? (isIpv6Only ? 'ipv6' : 'ipv4')
  if (networkType !== 'ipv4' && !hasIpv6) {
    throw invalid(`NetworkType ${networkType} needs ::1, which this machine does not have.`)
  }
  refuseUnsuitable(subnets, networkType)
  const chosen = subnets.length > 0 ? subnets : chooseSubnets(region, networkType)
  return { networkType, subnetIds: chosen.map(({ id }) => id) }
}

function refuseUnsuitable(subnets: readonly SubnetRecord[], networkType: NetworkType): void {
  const [first] = subnets
  for (const subnet of subnets) {
    if (!networkTypesOf(subnet).includes(networkType)) {
      throw conflict(`NetworkType ${networkType} is not supported by subnet ${subnet.id}.`)
    }
    if (first && subnet.vpcId !== first.vpcId) {
      throw invalid(`Subnets ${first.id} and ${subnet.id} are not in the same VPC.`)
    }
  }
  if (new Set(subnets.map(({ zone }) => zone)).size < subnets.length) {
    throw invalid('The subnets of a serverless cache must be in different Availability Zones.')
  }
}

function chooseSubnets(region: string, networkType: NetworkType): SubnetRecord[] {
  // The first suitable one of each zone: the plain kind, since default subnets come in the order IPv4, dual stack, IPv6.
  const suitable = defaultSubnets(region).filter((subnet) => networkTypesOf(subnet).includes(networkType))
  const byZone = new Map(suitable.toReversed().map((subnet) => [subnet.zone, subnet]))
  return [...byZone.values()].reverse().slice(0, region === 'us-west-1' ? 2 : 3)
}
