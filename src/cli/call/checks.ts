/**
 * What can be seen to be wrong with a request without sending it, from the rules of the guide and the API reference.
 * It refuses nothing: `--dry-run` tells it, and so does the hint after the service has refused. Pure.
 */
import { ENGINE_NAMES, familyOf, memcached } from '../../api/catalog/engines.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { DEFAULT_QUOTAS } from '../../api/catalog/quotas.ts'
import { isOlder } from '../../api/catalog/versions.ts'
import type { OperationName } from '../../api/model.ts'
import { kebabCase } from '../../api/names.ts'
import type { Item } from '../output/human-value.ts'
import { checkGroup } from './group-checks.ts'

export interface Complaint {
  readonly option: string
  /** A sentence; further lines point at the place. */
  readonly text: string
  /** It may be right all the same. */
  readonly doubt?: true
}

interface NameRule {
  readonly longest: number
  readonly allowed: RegExp
  readonly said: string
}

const upTo = (longest: number): NameRule => ({ longest, allowed: /[a-z0-9-]/i, said: 'letters, digits and hyphens' })

/** The names that creating operations give. */
const NAMES: Readonly<Record<string, NameRule>> = {
  'CreateCacheCluster.CacheClusterId': upTo(LIMITS.clusterIdLength),
  'CreateReplicationGroup.ReplicationGroupId': upTo(LIMITS.replicationGroupIdLength),
  'CreateServerlessCache.ServerlessCacheName': upTo(LIMITS.serverlessNameLength),
  'CreateServerlessCacheSnapshot.ServerlessCacheSnapshotName': upTo(LIMITS.serverlessNameLength),
  'CreateCacheParameterGroup.CacheParameterGroupName': upTo(LIMITS.parameterGroupNameLength),
  'CreateCacheSubnetGroup.CacheSubnetGroupName': upTo(LIMITS.groupNameLength),
  'CreateUser.UserId': upTo(LIMITS.userIdLength),
  'CreateUserGroup.UserGroupId': upTo(LIMITS.userIdLength),
}

const MOST_NODES = DEFAULT_QUOTAS['nodes-per-cluster']
const DOUBT = `The default quota is ${MOST_NODES} nodes; yours may be higher.`
const ENGINES: readonly string[] = ENGINE_NAMES

/** `mostNodes`: the quota of nodes of a cluster, where it is known. */
export function checkRequest(name: OperationName, input: object, mostNodes?: number): Complaint[] {
  const given: Item = { ...input }
  const names = Object.entries(NAMES).flatMap(([place, rule]) => {
    const [operation, member = ''] = place.split('.')
    const value = given[member]
    return operation === name && typeof value === 'string' ? checkName(member, value, rule) : []
  })
  if (name === 'CreateCacheCluster') return [...names, ...checkCluster(given, mostNodes)]
  return [...names, ...checkGroup(name, given)]
}

function checkName(member: string, value: string, { longest, allowed, said }: NameRule): Complaint[] {
  const option = kebabCase(member)
  const characters = [...value]
  const at = characters.findIndex((character) => !allowed.test(character))
  const wrong = (text: string, place: number): Complaint[] => [
    { option, text: `${text}\n${value}\n${' '.repeat(place)}^ try: ${suggestName(value, longest)}` },
  ]
  if (at !== -1) return wrong(`"${characters[at]}" is not allowed; ${said} are.`, at)
  if (!/^[a-z]/i.test(value)) return wrong('It must begin with a letter.', 0)
  if (value.endsWith('-')) return wrong('It must not end with a hyphen.', value.length - 1)
  if (value.includes('--')) return wrong('Two hyphens in a row are not allowed.', value.indexOf('--') + 1)
  if (value.length > longest) return wrong(`It has ${value.length} characters; ${longest} are allowed.`, longest)
  return []
}

/** The nearest name that the rules allow. */
export function suggestName(value: string, longest: number): string {
  const plain = value
    .replace(/[^a-z0-9-]+/gi, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[^a-z]+/i, '')
    .slice(0, longest)
    .replace(/-+$/, '')
  return plain === '' ? 'cache-1' : plain
}

function checkCluster(input: Item, mostNodes?: number): Complaint[] {
  const { Engine, EngineVersion, NumCacheNodes, NetworkType, IpDiscovery, AZMode } = input
  const zones = Array.isArray(input.PreferredAvailabilityZones) ? input.PreferredAvailabilityZones : []
  const isMemcached = Engine === 'memcached'
  const version = isMemcached && typeof EngineVersion === 'string' ? EngineVersion : undefined
  const nodes = typeof NumCacheNodes === 'number' ? NumCacheNodes : undefined
  const ipv6 = NetworkType === 'ipv6' || NetworkType === 'dual_stack'
  const rules: readonly (readonly [wrong: boolean, option: string, text: string])[] = [
    [
      zones.length > 0 && nodes !== undefined && zones.length !== nodes,
      'preferred-availability-zones',
      `One zone for each node: ${zones.length} for ${nodes}. Try: ${zonesFor(nodes ?? 0, zones)}`,
    ],
    [
      AZMode === 'cross-az' && zones.length > 1 && new Set(zones).size === 1,
      'preferred-availability-zones',
      `cross-az, and every node in ${String(zones[0])}: name two zones or more.`,
    ],
    [
      typeof Engine === 'string' && !ENGINES.includes(Engine),
      'engine',
      `"${String(Engine)}" is no engine. Engines are: ${ENGINES.join(', ')}.`,
    ],
    [
      AZMode === 'single-az' && new Set(zones).size > 1,
      'az-mode',
      `single-az, and nodes in ${new Set(zones).size} zones: cross-az is what fits.`,
    ],
    [AZMode === 'cross-az' && nodes === 1, 'az-mode', 'cross-az needs two nodes or more.'],
    [
      nodes !== undefined && (nodes < 1 || (mostNodes !== undefined && nodes > mostNodes)),
      'num-cache-nodes',
      `1 to ${mostNodes ?? MOST_NODES} nodes.`,
    ],
    [
      (Engine === 'redis' || Engine === 'valkey') && nodes !== undefined && nodes > 1,
      'num-cache-nodes',
      'More than one node: that is Memcached alone.',
    ],
    [
      ipv6 && version !== undefined && cameAfter(version, memcached.ipv6Since),
      'network-type',
      `${String(NetworkType)} needs memcached ${memcached.ipv6Since} or later, not ${version}.`,
    ],
    [IpDiscovery === 'ipv6' && !ipv6, 'ip-discovery', 'ipv6 needs --network-type ipv6 or dual_stack.'],
    [
      IpDiscovery === 'ipv4' && NetworkType === 'ipv6',
      'ip-discovery',
      'ipv4 is not possible with --network-type ipv6.',
    ],
    [
      input.TransitEncryptionEnabled === true && version !== undefined && cameAfter(version, memcached.tlsSince),
      'transit-encryption-enabled',
      `TLS needs memcached ${memcached.tlsSince} or later, not ${version}.`,
    ],
    ...familyRules(input, version),
  ]
  const complaints = rules.flatMap(([wrong, option, text]) => (wrong ? [{ option, text }] : []))
  const doubtful = mostNodes === undefined && nodes !== undefined && nodes > MOST_NODES
  return doubtful ? [...complaints, { option: 'num-cache-nodes', text: DOUBT, doubt: true }] : complaints
}

/** Those that were named, in turn. */
const zonesFor = (nodes: number, zones: readonly unknown[]): string =>
  Array.from({ length: Math.min(nodes, MOST_NODES) }, (_, index) => String(zones[index % zones.length])).join(' ')

/** The name of a default group tells its family; of another one only the API does. */
function familyRules({ CacheParameterGroupName: group }: Item, version: string | undefined) {
  const family = typeof group === 'string' ? /^default\.(memcached\d+\.\d+)$/.exec(group)?.[1] : undefined
  const wanted = version && familyOf(memcached, version)
  const text = `${family} is not the family of memcached ${version}: default.${wanted}, or a group of that family.`
  return [
    [family !== undefined && wanted !== undefined && family !== wanted, 'cache-parameter-group-name', text],
  ] as const
}

/** Whether it came only with a later version. `1.6` names a line of versions: which of them it will be is not said. */
const cameAfter = (version: string, first: string): boolean => version.split('.').length > 2 && isOlder(version, first)

/** A complaint as it is printed, below the option that it is about. */
export const complaintText = ({ option, text }: Complaint): string => `--${option}: ${text.replaceAll('\n', '\n    ')}`
