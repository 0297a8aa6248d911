/** Reads what somebody wants to go wrong, and refuses what has no meaning. Pure. */

import { nodeTypes } from '../../api/catalog/node-types.ts'
import { regionFacts } from '../../api/catalog/regions.ts'
import { FAULT_KINDS, type FaultKind, type FaultName, type FaultRequest } from '../../api/engine-faults.ts'
import { Fault } from '../../api/faults.ts'
import { isOperation } from '../../api/model.ts'
import type { CacheClusterRecord, FaultRecord, ServerlessCacheRecord } from '../store/records.ts'
import { IN_WINDOW, replacementTime } from '../workloads/clusters/replacements.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

const LONGEST_DELAY_MS = 24 * 60 * 60 * 1000
const LONGEST_MS = 100 * 365 * LONGEST_DELAY_MS

/** Options by the member they are sent in. */
const OPTIONS = {
  delayMs: 'delay',
  rate: 'rate',
  family: 'family',
  how: 'how',
  operation: 'operation',
  nodeType: 'node-type',
} as const

const WAYS: Readonly<Record<string, readonly string[]>> = {
  'drop-family': ['silent', 'reset'],
  'bad-certificate': ['expired', 'mismatch'],
  'serverless-creation': ['addresses', 'subnets', 'endpoints', 'permissions'],
  'serverless-update': ['security-groups', 'permissions', 'invalid-groups', 'configuration', 'deleted'],
}

export interface FaultSurroundings {
  readonly homeRegion: string
  readonly now: number
  readonly clusterOf: (region: string, id: string) => CacheClusterRecord | undefined
  readonly cacheOf: (region: string, name: string) => ServerlessCacheRecord | undefined
}

/** The record of a fault, still without its id. */
export function readFault(
  wanted: FaultRequest,
  { homeRegion, now, clusterOf, cacheOf }: FaultSurroundings,
): Omit<FaultRecord, 'id'> {
  if (!Object.hasOwn(FAULT_KINDS, wanted.kind)) {
    throw invalid(`There is no fault ${wanted.kind}. There are: ${Object.keys(FAULT_KINDS).join(', ')}.`)
  }
  const name = wanted.kind as FaultName
  const kind: FaultKind = FAULT_KINDS[name]
  const region = wanted.region ?? homeRegion
  if (!regionFacts(region)) throw invalid(`There is no region ${region}.`)
  const request = aimAtCache(kind, wanted, (id) => !clusterOf(region, id) && cacheOf(region, id) !== undefined)
  refuseForeignOptions(name, kind, request)
  const cache = readCache(name, request, (id) => cacheOf(region, id))
  const cluster = cache ? undefined : readCluster(name, kind, request, (id) => clusterOf(region, id))
  const { durationMs } = request
  if (durationMs !== undefined && !(durationMs > 0)) throw invalid('A fault lasts longer than no time.')
  if (durationMs !== undefined && durationMs > LONGEST_MS) throw invalid('A fault lasts a hundred years at most.')
  const scheduled = name === 'node-replacement' && durationMs === undefined && cluster ? cluster : undefined
  const lasts = durationMs ?? (kind.seconds === null ? null : kind.seconds * 1000)
  return {
    region,
    kind: name,
    cluster: cluster?.id ?? null,
    serverlessCache: cache?.id ?? null,
    clusterToken: (cache ?? cluster)?.token ?? null,
    node: readNode(name, kind, request, cluster),
    zone: readZone(name, kind, request, region),
    ...readSettings(name, request),
    since: now,
    ...(scheduled && { how: IN_WINDOW }),
    until: scheduled ? replacementTime(scheduled, now) : lasts === null ? null : now + lasts,
    // The replacement of a node is noticed, and announced, before it is done.
    replacementDue: name === 'node-crash' && lasts !== null ? now + Math.ceil(lasts / 4) : null,
    frozen: null,
  }
}

/** A serverless cache may be named with --cluster, as other commands take its name, where no cluster has that name. */
function aimAtCache({ caches }: FaultKind, request: FaultRequest, isCache: (name: string) => boolean): FaultRequest {
  const { cluster, ...others } = request
  if (cluster === undefined || others.serverlessCache !== undefined || !isCache(cluster.toLowerCase())) return request
  if (!caches) throw invalid(`${cluster} is a serverless cache; ${request.kind} is for clusters.`)
  return { ...others, serverlessCache: cluster }
}

function refuseForeignOptions(name: FaultName, { options, aim, caches }: FaultKind, request: FaultRequest): void {
  for (const [member, option] of Object.entries(OPTIONS)) {
    if (request[member as keyof FaultRequest] !== undefined && !options.includes(option)) {
      throw invalid(`${name} has no --${option}.`)
    }
  }
  if (request.zone !== undefined && aim !== 'zone' && !options.includes('zone')) throw invalid(`${name} has no --zone.`)
  if (request.cluster !== undefined && (aim === 'zone' || aim === 'region')) throw invalid(`${name} has no --cluster.`)
  if (request.node !== undefined && aim !== 'node' && aim !== 'nodes') throw invalid(`${name} has no --node.`)
  if (request.serverlessCache === undefined) return
  if (!caches) throw invalid(`${name} has no --serverless-cache.`)
  if (request.cluster !== undefined) throw invalid('--cluster and --serverless-cache exclude one another.')
  if (request.node !== undefined) throw invalid('A serverless cache has no nodes to choose from.')
}

function readCache(
  name: FaultName,
  { serverlessCache, family }: FaultRequest,
  cacheOf: (name: string) => ServerlessCacheRecord | undefined,
): ServerlessCacheRecord | undefined {
  if (serverlessCache === undefined) return undefined
  const cache = cacheOf(serverlessCache.toLowerCase())
  if (!cache) throw new Fault('ServerlessCacheNotFoundFault', `Serverless cache not found: ${serverlessCache}`)
  if (name === 'drop-family' && family && cache.networkType !== 'dual_stack' && cache.networkType !== family) {
    throw invalid(`${cache.id} does not have ${family}.`)
  }
  return cache
}

function readCluster(
  name: FaultName,
  { aim, caches }: FaultKind,
  request: FaultRequest,
  clusterOf: (id: string) => CacheClusterRecord | undefined,
): CacheClusterRecord | undefined {
  if (aim === 'zone' || aim === 'region') return undefined
  if (request.cluster === undefined) throw invalid(`${name} needs --cluster${caches ? ' or --serverless-cache' : ''}.`)
  const cluster = clusterOf(request.cluster.toLowerCase())
  if (!cluster) throw new Fault('CacheClusterNotFound', `CacheCluster not found: ${request.cluster}`)
  if (name === 'bad-certificate' && !cluster.tls) throw invalid(`${cluster.id} has no in-transit encryption.`)
  return cluster
}

function readNode(
  name: FaultName,
  { aim }: FaultKind,
  { node }: FaultRequest,
  cluster: CacheClusterRecord | undefined,
): string | null {
  if (node === undefined) {
    if (aim === 'node') throw invalid(`${name} needs --node, such as 0001.`)
    return null
  }
  if (cluster?.nodes.some(({ id }) => id === node)) return node
  throw invalid(`${cluster?.id} has no node ${node}. It has ${cluster?.nodes.map(({ id }) => id).join(', ')}.`)
}

function readZone(name: FaultName, { aim }: FaultKind, { zone }: FaultRequest, region: string): string | null {
  if (zone === undefined) {
    if (aim === 'zone') throw invalid(`${name} needs --zone.`)
    return null
  }
  const zones = regionFacts(region)?.zones ?? []
  if (!zones.includes(zone)) throw invalid(`${zone} is not a zone of ${region}. Its zones are ${zones.join(', ')}.`)
  return zone
}

function readSettings(name: FaultName, request: FaultRequest) {
  const { delayMs, rate, family, how, operation, nodeType } = request
  if (delayMs !== undefined && !(delayMs > 0)) throw invalid('--delay must be longer than no time.')
  if (delayMs !== undefined && delayMs > LONGEST_DELAY_MS) throw invalid('--delay must be a day at most.')
  if (rate !== undefined && !(rate >= (name === 'throttle' ? 1 : 0))) throw invalid('--rate is too low.')
  if (family !== undefined && family !== 'ipv4' && family !== 'ipv6') throw invalid('--family is ipv4 or ipv6.')
  if (name === 'drop-family' && family === undefined) throw invalid('drop-family needs --family ipv4 or --family ipv6.')
  if (operation !== undefined && !isOperation(operation)) throw invalid(`There is no operation ${operation}.`)
  if (nodeType !== undefined && !nodeTypes.has(nodeType)) throw invalid(`There is no node type ${nodeType}.`)
  const ways = WAYS[name]
  if (ways && how !== undefined && !ways.includes(how)) throw invalid(`--how is ${ways.join(' or ')}.`)
  return {
    delayMs: delayMs ?? { delay: 500, 'slow-discovery': 60_000 }[name as string] ?? null,
    rate: rate ?? { throttle: 10_240, 'api-throttling': 0 }[name as string] ?? null,
    family: (family as 'ipv4' | 'ipv6' | undefined) ?? null,
    how: how ?? ways?.[0] ?? null,
    operation: operation ?? null,
    nodeType: nodeType ?? null,
  }
}
