/** What a fault is aimed at: a cluster or its node, a replication group or its member, a serverless cache. Pure. */
import { NODE_ID } from '../../api/catalog/cache-node.ts'
import type { FaultKind, FaultName, FaultRequest } from '../../api/engine-faults.ts'
import { absent, invalid } from '../../api/refusals.ts'
import { clusterNotFound, replicationGroupNotFound, serverlessCacheNotFound } from '../calls/not-found.ts'
import type {
  CacheClusterRecord,
  GroupMemberRecord,
  ReplicationGroupRecord,
  ServerlessCacheRecord,
} from '../store/records.ts'
import { isCluster, membersOf } from '../workloads/replication-groups/members.ts'

/** What there is in a region that faults can be aimed at, by ids in lower case. */
export interface Things {
  cluster(id: string): CacheClusterRecord | undefined
  cache(name: string): ServerlessCacheRecord | undefined
  /** Lone cache clusters are none. */
  group(id: string): ReplicationGroupRecord | undefined
  member(id: string): MemberOf | undefined
}

/** A cache cluster of Redis OSS or Valkey, in its group or as one by itself. */
interface MemberOf {
  readonly group: ReplicationGroupRecord
  readonly member: GroupMemberRecord
}

/** One of these, or none: a zone, or the region. */
export interface Target {
  readonly cluster?: CacheClusterRecord
  readonly node?: string
  readonly cache?: ServerlessCacheRecord
  readonly group?: ReplicationGroupRecord
  /** Of the group; absent: the group as a whole. */
  readonly member?: GroupMemberRecord
}

/**
 * The request with what it names under its own option: a serverless cache or replication group may be named with --cluster, as
 * other commands take its name, where no cluster has that name.
 */
export function aimed(
  name: FaultName,
  { caches, groups }: FaultKind,
  request: FaultRequest,
  things: Things,
): FaultRequest {
  const { cluster: called, ...others } = request
  if (called === undefined || others.serverlessCache !== undefined || others.replicationGroup !== undefined)
    return request
  const id = called.toLowerCase()
  if (things.cluster(id) || things.member(id)) return request
  if (things.group(id)) {
    if (!groups) throw invalid(`${called} is a replication group; ${name} is for clusters of Memcached.`)
    return { ...others, replicationGroup: called }
  }
  if (!things.cache(id)) return request
  if (!caches)
    throw invalid(
      `${called} is a serverless cache; ${name} is for ${groups === 'only' ? 'replication groups' : 'clusters'}.`,
    )
  return { ...others, serverlessCache: called }
}

/** Throws when there is nothing of that name, and what the fault cannot be aimed at. */
export function readTarget(name: FaultName, kind: FaultKind, request: FaultRequest, things: Things): Target {
  const { aim, caches, groups } = kind
  const { serverlessCache, replicationGroup, cluster, node } = request
  if (aim === 'zone' || aim === 'region') return {}
  if (serverlessCache !== undefined) return { cache: readCache(serverlessCache, name, request, things) }
  if (replicationGroup !== undefined) {
    if (cluster !== undefined) throw invalid('--cluster and --replication-group exclude one another.')
    const group = things.group(replicationGroup.toLowerCase())
    if (!group) throw replicationGroupNotFound(replicationGroup)
    refuseForGroup(name, request, group)
    return { group, ...memberFor(name, aim, group, node) }
  }
  if (cluster === undefined) throw invalid(`${name} needs --cluster${caches ? ' or --serverless-cache' : ''}.`)
  const found = things.cluster(cluster.toLowerCase())
  if (found) return readCluster(name, kind, found, node)
  const member = things.member(cluster.toLowerCase())
  if (!member) throw clusterNotFound(cluster)
  if (!groups) throw invalid(`${member.member.id} is no cluster of Memcached, which ${name} is for.`)
  return readMember(name, aim, member, request)
}

/** How the record of a fault tells what it is aimed at. */
export function aimOf({ cluster, node, cache, group, member }: Target, { aim }: FaultKind) {
  if (member) {
    const isOfNode = aim === 'node' || aim === 'primary'
    return { cluster: member.id, clusterToken: member.nodeId, node: isOfNode ? NODE_ID : undefined }
  }
  return {
    cluster: cluster?.id,
    serverlessCache: cache?.id,
    replicationGroup: group?.id,
    clusterToken: (cluster ?? cache ?? group)?.token,
    node,
  }
}

function readCache(called: string, name: FaultName, { family }: FaultRequest, things: Things): ServerlessCacheRecord {
  const cache = things.cache(called.toLowerCase())
  if (!cache) throw serverlessCacheNotFound(called)
  refuseForeignFamily(name, family, cache)
  refuseNameless(name, cache)
  return cache
}

function refuseForeignFamily(
  name: FaultName,
  family: string | undefined,
  { id, networkType }: Pick<ServerlessCacheRecord, 'id' | 'networkType'>,
): void {
  const isForeign = name === 'drop-family' && family && networkType !== 'dual_stack' && networkType !== family
  if (isForeign) throw invalid(`${id} does not have ${family}.`)
}

/** Faults of names. */
const OF_NAMES: readonly FaultName[] = ['stale-dns', 'slow-dns', 'no-aaaa', 'servfail']

function refuseNameless(
  name: FaultName,
  { id, named, networkType }: Pick<ServerlessCacheRecord, 'id' | 'named' | 'networkType'>,
): void {
  if (!OF_NAMES.includes(name)) return
  if (!named)
    throw invalid(`${id} is told by address: names are for what is created once the engine runs with --endpoints dns.`)
  if (name === 'no-aaaa' && networkType === 'ipv4') throw invalid(`${id} does not have ipv6.`)
}

function readCluster(
  name: FaultName,
  { aim, groups }: FaultKind,
  cluster: CacheClusterRecord,
  node: string | undefined,
): Target {
  if (groups === 'only') throw invalid(`${cluster.id} is a cluster of Memcached; ${name} is for Redis OSS and Valkey.`)
  refuseNameless(name, cluster)
  if (name === 'bad-certificate' && !cluster.tls) throw invalid(`${cluster.id} has no in-transit encryption.`)
  if (node === undefined) {
    if (aim === 'node') throw invalid(`${name} needs --node, such as 0001.`)
    return { cluster }
  }
  if (!cluster.nodes.some(({ id }) => id === node)) {
    throw absent(`${cluster.id} has no node ${node}. It has ${cluster.nodes.map(({ id }) => id).join(', ')}.`)
  }
  return { cluster, node }
}

/** A cluster of Redis OSS or Valkey has one node. */
function readMember(
  name: FaultName,
  aim: FaultKind['aim'],
  { group, member }: MemberOf,
  request: FaultRequest,
): Target {
  if (aim === 'primary' || (aim === 'cluster' && !group.lone)) {
    throw invalid(
      group.lone
        ? `${member.id} is in no replication group.`
        : `${name} is for ${group.id} as a whole, which ${member.id} is of.`,
    )
  }
  if (request.node !== undefined && request.node !== NODE_ID) {
    throw absent(`${member.id} has no node ${request.node}. It has ${NODE_ID}.`)
  }
  if (group.lone && OF_SEVERAL.includes(name)) throw invalid(`${member.id} is in no replication group.`)
  refuseForGroup(name, request, group)
  return { group, member }
}

/** Faults that one server alone has no use for. */
const OF_SEVERAL: readonly FaultName[] = [
  'primary-crash',
  'replica-lag',
  'replication-break',
  'split',
  'failover-refused',
  'slot-migration-hang',
]

function refuseForGroup(name: FaultName, { family }: FaultRequest, group: ReplicationGroupRecord): void {
  refuseForeignFamily(name, family, group)
  refuseNameless(name, group)
  if (name === 'bad-certificate' && group.transit === 'plain')
    throw invalid(`${group.id} has no in-transit encryption.`)
  // The servers of a cluster speak to each other past the doors that keep others out.
  if (name === 'split' && isCluster(group))
    throw invalid(`${group.id} is in cluster mode, in which no node is split off.`)
  if (name === 'slot-migration-hang' && !isCluster(group)) throw invalid(`${group.id} is not in cluster mode.`)
}

/** Of a group its member of that name, or the primary of the node group of that name; none: the group as a whole. */
function memberFor(
  name: FaultName,
  aim: FaultKind['aim'],
  group: ReplicationGroupRecord,
  node: string | undefined,
): { readonly member?: GroupMemberRecord } {
  const { id, shards } = group
  const members = membersOf(group)
  const [first, second] = shards
  if (aim === 'primary') {
    const shard = node === undefined && !second ? first : shards.find((each) => each.id === node)
    const member = members.find((each) => each.id === shard?.primary)
    if (member) return { member }
    const ids = shards.map((each) => each.id).join(', ')
    if (node === undefined) throw invalid(`${name} needs --node, one of the node groups ${ids}.`)
    throw absent(`${id} has no node group ${node}. It has ${ids}.`)
  }
  const ids = members.map((each) => each.id).join(', ')
  if (node === undefined) {
    if (aim === 'node') throw invalid(`${name} needs --node, one of ${ids}.`)
    return {}
  }
  const member = members.find((each) => each.id === node.toLowerCase())
  if (!member) throw absent(`${id} has no node ${node}. It has ${ids}.`)
  return { member }
}
