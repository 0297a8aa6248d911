/** From the words of a command line to places, clusters and what verifies their certificates. */
import { readFileSync } from 'node:fs'
import { errorMessage } from '../../../api/thrown.ts'
import type { DnsServer } from '../../../diagnose/dns-query.ts'
import type { ClusterFacts, Place } from '../../../diagnose/evidence.ts'
import { parseServer } from '../../../diagnose/resolv-conf.ts'
import type { AskTls } from '../../../net/connection.ts'
import type { NameServices } from '../../../net/resolve.ts'
import {
  type CacheCluster,
  configurationEndpoint,
  describeAllClusters,
  describeCache,
  describeServerlessAsClusters,
  isServerless,
  joinPorts,
  nodeEndpoints,
  readPlace,
  trustFor,
  usesTls,
  withClient,
} from '../../caches/clusters.ts'
import { type OnUnasked, tellUnasked } from '../../caches/refusals.ts'
import { type Flags, text, toggle, type ValuesOf, values } from '../../flags.ts'
import type { GlobalOptions } from '../../global-flags.ts'
import { type CallFailed, Problem, usageProblem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { bothLoopbacks } from '../../target/loopback-names.ts'
import { optional } from '../../words.ts'

export const serverFlag = {
  server: values(
    { summary: 'ask these DNS servers instead of /etc/resolv.conf', helpValue: '<address[:port]>...' },
    serverOf,
  ),
} satisfies Flags

export const tlsFlags = {
  tls: toggle({ summary: 'clients speak TLS to host:port (a cluster id knows by itself)' }),
  ca: text({ summary: 'PEM file with the authorities to trust', helpValue: '<path>' }),
} satisfies Flags

export type AimOptions = GlobalOptions & Partial<ValuesOf<typeof tlsFlags>>

/** What may follow the host, of commands that look at one place. */
export const portArgs = { port: optional('port of a host that is named without') }

export interface Aim {
  readonly places: readonly Place[]
  readonly clusters: readonly ClusterFacts[]
  /** Per cluster id, and under '' for what was given as host:port. */
  readonly trust: ReadonlyMap<string, AskTls>
  readonly names?: NameServices
}

/** `note` hears of what could not be asked. Rejects with CacheClusterNotFound, or when no engine runs and a cluster is asked for. */
export async function aimAt(words: readonly string[], flags: AimOptions, note: OnUnasked = tellUnasked): Promise<Aim> {
  const read = joinPorts(words).map(readPlace)
  const given = read.flatMap((each): Place[] =>
    'host' in each ? [{ ...each, role: 'given', tls: flags.tls === true }] : [],
  )
  const ca = flags.ca === undefined ? undefined : authorities(flags.ca)
  const own: AskTls = ca === undefined ? {} : { ca }
  if (words.length > 0 && given.length === read.length)
    return { places: given, clusters: [], trust: new Map([['', own]]) }
  return withClient(flags, async (client) => {
    const ids = read.flatMap((each) => ('cluster' in each ? [each.cluster] : []))
    const described =
      ids.length > 0 ? await Promise.all(ids.map((id) => describeCache(client, id))) : await memcachedOnes(client, note)
    if (described.length === 0)
      throw new Problem('general', 'There is no cluster to look at.', 'Name a host: cachectl doctor host:port')
    const clusters = described.map((cluster) => factsOf(cluster, client))
    const trust = new Map<string, AskTls>([['', own]])
    for (const cluster of clusters)
      if (cluster.tls) trust.set(cluster.id, ca === undefined ? trustFor(client, flags) : { ca })
    const dualStack = clusters.some(({ local, networkType }) => local && networkType === 'dual_stack')
    return {
      places: [...clusters.flatMap(placesOf), ...given],
      clusters,
      trust,
      ...(dualStack && { names: bothLoopbacks }),
    }
  })
}

async function memcachedOnes(client: ApiClient, note: OnUnasked): Promise<CacheCluster[]> {
  const unasked: CallFailed[] = []
  const [clusters, serverless] = await Promise.all([
    describeAllClusters(client),
    describeServerlessAsClusters(client, (error) => unasked.push(error)),
  ])
  const found = [...clusters.filter(({ Engine }) => Engine === undefined || Engine === 'memcached'), ...serverless]
  // With nothing else to look at, what was refused is all there is to say.
  if (found.length === 0 && unasked[0]) throw unasked[0]
  unasked.forEach(note)
  return found
}

function factsOf(cluster: CacheCluster, client: ApiClient): ClusterFacts {
  const configuration = configurationEndpoint(cluster)
  const { ParameterApplyStatus, CacheParameterGroupName, CacheNodeIdsToReboot } = cluster.CacheParameterGroup ?? {}
  const zones = (cluster.CacheNodes ?? []).map(({ CustomerAvailabilityZone: zone }) => zone)
  const ends = new Map(nodeEndpoints(cluster).map((node) => [node.id, node]))
  return {
    id: cluster.CacheClusterId ?? '',
    status: cluster.CacheClusterStatus ?? 'unknown',
    engine: cluster.Engine ?? 'memcached',
    ...(cluster.EngineVersion && { engineVersion: cluster.EngineVersion }),
    networkType: networkTypeOf(cluster.NetworkType),
    ipDiscovery: cluster.IpDiscovery === 'ipv6' ? 'ipv6' : 'ipv4',
    tls: usesTls(cluster),
    numCacheNodes: cluster.NumCacheNodes ?? 0,
    ...(configuration && { configuration }),
    nodes: (cluster.CacheNodes ?? []).map(({ CacheNodeId = '', CacheNodeStatus = '' }, at) => {
      const [end, zone] = [ends.get(CacheNodeId), zones[at]]
      const where = { ...(end && { host: end.host, port: end.port }), ...(zone && { zone }) }
      return { id: CacheNodeId, status: CacheNodeStatus, ...where }
    }),
    ...(ParameterApplyStatus && { parameterApplyStatus: ParameterApplyStatus }),
    ...(CacheParameterGroupName && { parameterGroup: CacheParameterGroupName }),
    ...(CacheNodeIdsToReboot && { nodesToReboot: CacheNodeIdsToReboot }),
    ...(cluster.CacheNodeType && { nodeType: cluster.CacheNodeType }),
    ...(cluster.CacheSubnetGroupName && { subnetGroup: cluster.CacheSubnetGroupName }),
    ...(cluster.PreferredMaintenanceWindow && { maintenanceWindow: cluster.PreferredMaintenanceWindow }),
    ...(cluster.NotificationConfiguration?.TopicStatus && {
      notifications: cluster.NotificationConfiguration.TopicStatus,
    }),
    ...(cluster.AutoMinorVersionUpgrade !== undefined && { autoMinorVersionUpgrade: cluster.AutoMinorVersionUpgrade }),
    pending: pendingIn(cluster.PendingModifiedValues),
    securityGroups: (cluster.SecurityGroups ?? []).flatMap(({ SecurityGroupId }) => SecurityGroupId ?? []),
    ...(isServerless(cluster) && { serverless: true }),
    local: client.target.kind === 'local',
  }
}

const pendingIn = (values: CacheCluster['PendingModifiedValues'] = {}): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0) ? [] : [name],
  )

export const networkTypeOf = (given: string | undefined): ClusterFacts['networkType'] =>
  given === 'ipv6' || given === 'dual_stack' ? given : 'ipv4'

function placesOf({ id, tls, configuration, nodes }: ClusterFacts): Place[] {
  return [
    ...(configuration ? [{ ...configuration, role: 'configuration', tls, cluster: id }] : []),
    ...nodes.flatMap(({ id: role, host, port }) => (host && port ? [{ host, port, role, tls, cluster: id }] : [])),
  ]
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Problem('configuration', `Cannot read ${file}: ${errorMessage(error)}`)
  }
}

function serverOf(said: string, argument: string): DnsServer {
  const server = parseServer(said)
  if (server) return server
  throw usageProblem(`argument ${argument}: ${said} is no address`, 'Write 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53.')
}
