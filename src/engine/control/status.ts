import type { ClusterReport, EngineInfo, EngineStatus, NodeReport } from '../../api/local-engine.ts'
import type { Serverless } from '../lifecycle/serverless.ts'
import { endpointAddress, listenAddresses } from '../nodes/addresses.ts'
import type { Fleet } from '../nodes/fleet.ts'
import type { NodeRuntimes } from '../nodes/node-runtimes.ts'
import type { NodeCounters } from '../nodes/runtime.ts'
import type { CacheClusterRecord, CacheNodeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface StatusSources {
  readonly info: EngineInfo
  readonly store: Store
  readonly fleet: Fleet
  readonly serverless: Serverless
  readonly nodeRuntimes: NodeRuntimes
  readonly workers: number
  readonly memoryBudgetBytes: number
  readonly residentBytes: number
  readonly connectionLimit: number | undefined
}

/** Everything a script may want to know of a running engine. */
export async function reportStatus(sources: StatusSources): Promise<EngineStatus> {
  const { info, store, fleet, nodeRuntimes, serverless, workers, memoryBudgetBytes, residentBytes } = sources
  const connectionLimit = sources.connectionLimit ?? null
  const counters = await fleet.counters()
  return {
    ...info,
    residentBytes,
    nodeRuntime: nodeRuntimes.standard,
    workers,
    memoryBudgetBytes,
    connectionLimit,
    serverlessCaches: serverless.report(counters),
    alarms: store.all('alarm').map(({ region, id: name, state, transitionedAt, stateReason: reason }) => {
      return { region, name, state, since: new Date(transitionedAt).toISOString(), reason }
    }),
    clusters: store.all('cluster').map((cluster) => reportCluster(cluster, nodeRuntimes, fleet, counters)),
  }
}

function reportCluster(
  cluster: CacheClusterRecord,
  nodeRuntimes: NodeRuntimes,
  fleet: Fleet,
  counters: ReadonlyMap<string, NodeCounters>,
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
    endpoint: discovery && { address: endpointAddress(networkType), port: discovery.port },
    nodes: cluster.nodes.map((node) =>
      reportNode(cluster, node, counters.get(`${region}/${id}/${node.id}`), fleet.memoryLimit(cluster, node)),
    ),
  }
}

const reportNode = (
  { networkType }: CacheClusterRecord,
  { id, status, zone, port }: CacheNodeRecord,
  counters: NodeCounters | undefined,
  limitBytes: number,
): NodeReport => ({
  id,
  status,
  zone,
  addresses: listenAddresses(networkType),
  port,
  worker: counters?.worker ?? null,
  pid: counters?.pid ?? null,
  connections: counters?.connections ?? 0,
  items: counters?.items ?? 0,
  bytes: counters?.bytes ?? 0,
  memoryBytes: counters?.memoryBytes ?? 0,
  limitBytes,
})
