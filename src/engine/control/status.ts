import type {
  ClusterReport,
  EngineInfo,
  EngineStatus,
  NodeReport,
  Pace,
  ServerlessReport,
} from '../../api/local-engine.ts'
import { listenAddresses } from '../nodes/addresses.ts'
import type { EmbeddedRuntime } from '../nodes/embedded.ts'
import type { EndpointModes } from '../nodes/endpoint-mode.ts'
import type { NodeRuntimes } from '../nodes/node-runtimes.ts'
import type { NodeCounters, NodeRuntime } from '../nodes/runtime.ts'
import { nameOf } from '../nodes/wanted.ts'
import type { CacheClusterRecord, CacheNodeRecord, ServerlessCacheRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { itemBytes } from '../workloads/clusters/cluster.ts'
import { configurationAddress } from '../workloads/clusters/names.ts'
import { limitsOf, nodeOf } from '../workloads/serverless/cache.ts'
import { addressOfCache } from '../workloads/serverless/names.ts'
import { reportGroup } from './group-report.ts'

export interface StatusSources {
  readonly info: EngineInfo
  readonly pace: Pace
  readonly store: Store
  readonly runtime: Pick<NodeRuntime, 'counters' | 'workers'> & Pick<EmbeddedRuntime, 'connectionLimit' | 'silentNodes'>
  readonly nodeRuntimes: NodeRuntimes
  readonly endpointModes: EndpointModes
  readonly hasOwnAddresses: boolean
  /** Bytes that all nodes together may take. */
  readonly memoryBudget: number
}

/** Everything a script may want to know of a running engine. */
export async function reportStatus(sources: StatusSources): Promise<EngineStatus> {
  const { info, pace, store, runtime, nodeRuntimes, memoryBudget } = sources
  const counters = await runtime.counters()
  return {
    ...info,
    pace,
    residentBytes: process.memoryUsage.rss(),
    nodeRuntime: nodeRuntimes.standard,
    endpoints: sources.endpointModes.mode,
    ownAddresses: sources.hasOwnAddresses,
    workers: runtime.workers,
    silentNodes: runtime.silentNodes,
    memoryBudgetBytes: memoryBudget,
    connectionLimit: runtime.connectionLimit ?? null,
    replicationGroups: store.all('replicationGroup').map((group) => reportGroup(group, counters)),
    serverlessCaches: store.all('serverlessCache').map((cache) => reportServerless(cache, counters, memoryBudget)),
    alarms: store.all('alarm').map(({ region, id: name, state, transitionedAt, stateReason: reason }) => {
      return { region, name, state, since: new Date(transitionedAt).toISOString(), reason }
    }),
    clusters: store.all('cluster').map((cluster) => reportCluster(cluster, nodeRuntimes, counters, memoryBudget)),
  }
}

function reportCluster(
  cluster: CacheClusterRecord,
  nodeRuntimes: NodeRuntimes,
  counters: ReadonlyMap<string, NodeCounters>,
  memoryBudget: number,
): ClusterReport {
  const { region, id, status, engineVersion, networkType, ipDiscovery, tls, discovery } = cluster
  return {
    region,
    id,
    status,
    engineVersion,
    nodeRuntime: nodeRuntimes.of(cluster),
    nodeVersion: nodeRuntimes.versionOf(cluster),
    networkType,
    ipDiscovery,
    tls,
    configVersion: discovery?.version ?? 0,
    endpoint: discovery && { address: configurationAddress(cluster, discovery), port: discovery.port },
    nodes: cluster.nodes.map((node) => {
      const counted = counters.get(nameOf({ region, kind: 'cluster', id, node: node.id }))
      return reportNode(cluster, node, counted, Math.min(itemBytes(cluster, node), memoryBudget))
    }),
  }
}

const reportNode = (
  { networkType }: CacheClusterRecord,
  node: CacheNodeRecord,
  counters: NodeCounters | undefined,
  limitBytes: number,
): NodeReport => ({
  id: node.id,
  status: node.status,
  zone: node.zone,
  addresses: listenAddresses(networkType, node),
  port: node.port,
  worker: counters?.worker ?? null,
  pid: counters?.pid ?? null,
  connections: counters?.connections ?? 0,
  items: counters?.items ?? 0,
  bytes: counters?.bytes ?? 0,
  memoryBytes: counters?.memoryBytes ?? 0,
  limitBytes,
})

function reportServerless(
  cache: ServerlessCacheRecord,
  counters: ReadonlyMap<string, NodeCounters>,
  memoryBudget: number,
): ServerlessReport {
  const { region, id, status, ports } = cache
  const counted = counters.get(nameOf(nodeOf(cache)))
  const { memoryLimit, ecpuPerSecond } = limitsOf(cache)
  return {
    region,
    name: id,
    status,
    endpoint: ports && {
      address: addressOfCache(cache),
      port: ports.primary,
      readOptimizedPort: ports.readOptimized,
    },
    worker: counted?.worker ?? null,
    connections: counted?.connections ?? 0,
    items: counted?.items ?? 0,
    bytes: counted?.bytes ?? 0,
    limitBytes: Math.min(memoryLimit, memoryBudget),
    ecpus: counted?.ecpus ?? 0,
    ecpuPerSecondLimit: Number.isFinite(ecpuPerSecond) ? ecpuPerSecond : null,
    throttledCommands: counted?.throttled ?? 0,
  }
}
