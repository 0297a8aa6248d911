import { NODE_CONNECTIONS } from '../../../api/catalog/cache-node.ts'
import {
  type AlarmReport,
  type ClusterReport,
  type EngineStatus,
  engineFiles,
  type GroupReport,
  METRICS_PATH,
  type ServerlessReport,
} from '../../../api/local-engine.ts'
import { LOCAL_ZONE } from '../../../api/local-names.ts'
import { endpoint } from '../../../net/target.ts'
import { command } from '../../command.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { tellOfNewerNode } from '../../newer-node.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { absoluteTime, relativeTime } from '../../output/relative-time.ts'
import { type Style, statusText } from '../../output/style.ts'
import { ExitWith } from '../../problem.ts'
import { engineStatus, holderOf, outOfReach } from '../../target/engine-control.ts'
import { stateDirOf } from '../../target/state-dir.ts'

const NOT_RUNNING = 3

export const engineStatusCommand = command({
  summary: 'Tell whether the local engine runs, and what it holds',
  description: 'Exit code 0: it runs; 3: it does not. --output json tells everything.',
  flags: stateDirFlag,
  forms: {},
  async run({ flags, print }) {
    const stateDir = stateDirOf(flags)
    if (print.form === 'readable') tellOfNewerNode()
    const status = await engineStatus(stateDir)
    if (status) return print.answer({ running: true, ...status }, describe)
    const holder = await holderOf(stateDir)
    if (holder) throw outOfReach(stateDir, holder)
    await print.answer({ running: false, stateDir }, (answer) => `No engine is running in ${answer.stateDir}.`)
    throw new ExitWith(NOT_RUNNING)
  },
})

function describe(status: EngineStatus, style: Style): string {
  const { url, pid, version, region, stateDir, residentBytes, workers, memoryBudgetBytes, nodeRuntime } = status
  const { clusters, replicationGroups, serverlessCaches, alarms } = status
  const since = new Date(status.startedAt)
  const head = [
    `Engine ${style.strong(version)} at ${style.strong(url)} (pid ${pid})`,
    `Since ${absoluteTime(since)} (${relativeTime(since, style.now)}), region ${region}`,
    `Nodes: ${nodeRuntime}; ${workers} node workers; ${mebibytes(residentBytes)} resident, ${mebibytes(memoryBudgetBytes)} at most for nodes`,
    ...endpointLines(status),
    ...fileLimitLines(status),
    `State directory: ${stateDir}`,
    `For Prometheus: ${url}${METRICS_PATH}`,
    `  with the token in ${engineFiles(stateDir).metricsToken}`,
  ]
  const tables = [
    ...(clusters.length > 0 ? [columnsText(CLUSTER, clusters, style)] : []),
    ...(replicationGroups.length > 0 ? [columnsText(GROUP, replicationGroups, style)] : []),
    ...(serverlessCaches.length > 0 ? [columnsText(SERVERLESS, serverlessCaches, style)] : []),
  ]
  const shown = tables.length > 0 ? tables.map((text) => `\n${text}`) : ['No clusters.']
  const lost = replicationGroups.flatMap((group) => lostPortLines(group, style))
  const silent = silentLines(status, style)
  const alarmTable = alarms.length > 0 ? [`\n${columnsText(ALARM, alarms, style)}`] : []
  return [...head, ...shown, ...(lost.length > 0 ? ['', ...lost] : []), ...silent, ...alarmTable].join('\n')
}

/** Of an engine with names. */
function endpointLines({ endpoints, ownAddresses, dnsPort }: EngineStatus): string[] {
  if (dnsPort === undefined) return []
  const shared = ownAddresses
    ? 'of IPv6 there is ::1 alone, with a port a node'
    : '127.0.0.1 and ::1 alone, with a port a node'
  return [`Endpoints: ${endpoints}; ${LOCAL_ZONE} is answered on 127.0.0.1 port ${dnsPort}; ${shared}`]
}

function fileLimitLines({ connectionLimit }: EngineStatus): string[] {
  // No warning where the limit allows NODE_CONNECTIONS, the most that one node may have.
  if (connectionLimit === null || connectionLimit >= NODE_CONNECTIONS) return []
  return [`Connections: ${connectionLimit} at most to all embedded nodes together (ulimit -n)`]
}

/** The engine and the region are the same for most, and what is cut off on a narrow terminal. */
const CLUSTER: readonly Column<ClusterReport>[] = [
  { head: 'Cluster', of: 'id' },
  { head: 'Status', of: ({ status }, style) => statusText(status, style) },
  { head: 'Endpoint', of: (cluster) => (cluster.endpoint ? at(cluster.endpoint) : '-') },
  { head: 'Nodes', of: ({ nodes }, style) => nodesText(nodes, style), long: true },
  {
    head: 'Network',
    of: ({ networkType, ipDiscovery }) => (networkType === 'dual_stack' ? `dual, ${ipDiscovery}` : networkType),
  },
  { head: 'Config', of: ({ configVersion }) => `v${configVersion}` },
  { head: 'Version', of: versionText },
  { head: 'Region', of: 'region' },
]

const GROUP: readonly Column<GroupReport>[] = [
  { head: 'Group', of: ({ id, lone }) => (lone ? `${id} (cluster)` : id) },
  { head: 'Status', of: ({ status }, style) => statusText(status, style) },
  { head: 'Endpoints', of: endpointTexts, long: true },
  {
    head: 'Members',
    of: ({ members }, style) => members.map((member) => memberText(member, style)).join('\n'),
    long: true,
  },
  { head: 'Mode', of: ({ clusterMode }) => (clusterMode === 'disabled' ? '-' : `cluster ${clusterMode}`) },
  { head: 'TLS', of: ({ transit }) => (transit === 'plain' ? '-' : transit) },
  { head: 'Version', of: ({ engine, engineVersion }) => `${engine} ${engineVersion}` },
  { head: 'Region', of: 'region' },
]

const SERVERLESS: readonly Column<ServerlessReport>[] = [
  { head: 'Serverless cache', of: 'name' },
  { head: 'Status', of: ({ status }, style) => statusText(status, style) },
  { head: 'Endpoint', of: (cache) => (cache.endpoint ? at(cache.endpoint) : '-') },
  { head: 'Items', of: 'items' },
  { head: 'Bytes', of: 'bytes' },
  { head: 'Connections', of: 'connections' },
  { head: 'ECPUs', of: 'ecpus' },
  { head: 'Region', of: 'region' },
]

const ALARM: readonly Column<AlarmReport>[] = [
  { head: 'Alarm', of: 'name' },
  { head: 'State', of: ({ state }, style) => alarmText(state, style) },
  { head: 'Since', of: ({ since }) => absoluteTime(new Date(since)) },
  { head: 'Region', of: 'region' },
]

function alarmText(state: AlarmReport['state'], { good, busy, bad }: Style): string {
  if (state === 'OK') return good(state)
  return state === 'ALARM' ? bad(state) : busy(state)
}

const at = ({ address, port }: { readonly address: string; readonly port: number }): string => endpoint(address, port)

/** So many are counted, and only those that are not as they should be are told one by one. */
const MANY_NODES = 8

function nodesText(nodes: ClusterReport['nodes'], style: Style): string {
  const well = nodes.length < MANY_NODES ? [] : nodes.filter(({ status }) => status === 'available')
  const others = nodes.filter((node) => !well.includes(node))
  const counted = well.length > 0 ? [`${well.length} ${statusText('available', style)}`] : []
  return [...counted, ...others.map((node) => nodeText(node, style))].join('\n')
}

const nodeText = ({ id, status, port }: ClusterReport['nodes'][number], style: Style): string =>
  `${id} ${statusText(status, style)} :${port}`

/** A cluster of one server has one address, that of its node. */
function endpointTexts({ endpoints, lone }: GroupReport): string {
  if (lone) return '-'
  const told = Object.entries(endpoints).flatMap(([name, there]) => (there ? [`${name} ${at(there)}`] : []))
  return told.length > 0 ? told.join('\n') : '-'
}

/** Whatever is as it should be is left out: 80 columns hold the rest. */
const memberText = ({ id, role, status, port }: GroupReport['members'][number], style: Style): string =>
  [
    id,
    role,
    ...(status === 'available' ? [] : [statusText(status, style)]),
    ...(port === null ? [] : [`:${port}`]),
  ].join(' ')

/** An engine that is older than this command tells of none. */
const silentLines = ({ silentNodes = [] }: Partial<EngineStatus>, { bad }: Style): string[] =>
  silentNodes.length === 0
    ? []
    : ['', `${bad('Nodes that do not answer')} (a command holds their thread): ${silentNodes.join(', ')}`]

const lostPortLines = ({ id, lostPorts }: GroupReport, { bad }: Style): string[] =>
  lostPorts.map(
    ({ subject, port }) =>
      `${bad(`${id}: another program has port ${port}, that of ${subject}`)}: ss -ltnp sport = :${port}. It is taken again once it is free.`,
  )

/** Real nodes are of the version that is installed. */
function versionText({ engineVersion, nodeVersion }: ClusterReport): string {
  if (nodeVersion === engineVersion) return engineVersion
  return `${engineVersion} (runs ${nodeVersion ?? 'no memcached'})`
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
