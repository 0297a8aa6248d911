import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import type { Cluster } from './cluster.ts'
import { rangeText, type Topology, type TopologyNode } from './topology.ts'

/** What CLUSTER NODES says of all nodes, a line each. */
export function nodesText(cluster: Cluster, client: Client): string {
  return cluster.view.topology.nodes.map((node) => `${nodeLine(cluster, node, client)}\n`).join('')
}

/** What CLUSTER NODES says of one node. */
export function nodeLine(cluster: Cluster, node: TopologyNode, client: Client): string {
  const place = cluster.placeOf(node, client)
  const name = place.hostname === '' ? '' : `,${place.hostname}`
  const address = `${place.ip}:${cluster.portFor(client, place)}@${place.busPort}${name}`
  return [node.id, address, ...restOfLine(cluster, node)].join(' ')
}

/** What is said of a node behind its address, here as in `nodes.conf`. */
export function restOfLine(cluster: Cluster, node: TopologyNode): string[] {
  const { view, toldAt } = cluster
  const isSelf = node === view.self
  const isGone = node.health === 'fail'
  return [
    flagsOf(node, isSelf),
    node.replicaOf ?? '-',
    '0',
    // When it was heard of last.
    isSelf ? '0' : String(toldAt),
    String(epochOf(cluster, node)),
    isGone ? 'disconnected' : 'connected',
    ...node.slots.map(rangeText),
    ...(isSelf ? [...onTheWay(cluster.migrating, '->-'), ...onTheWay(cluster.importing, '-<-')] : []),
  ]
}

function flagsOf({ replicaOf, health }: TopologyNode, isSelf: boolean): string {
  const flags = [...(isSelf ? ['myself'] : []), replicaOf === undefined ? 'master' : 'slave']
  return [...flags, ...(health === 'fail' ? ['fail'] : [])].join(',')
}

/** A replica has its primary's. */
const epochOf = ({ view }: Cluster, { epoch, replicaOf }: TopologyNode): number =>
  replicaOf === undefined ? epoch : (view.node(replicaOf)?.epoch ?? epoch)

const onTheWay = (slots: ReadonlyMap<number, string>, arrow: string): string[] =>
  [...slots].sort(([a], [b]) => a - b).map(([slot, id]) => `[${slot}${arrow}${id}]`)

/** What CLUSTER INFO says. */
export function infoText(cluster: Cluster): string {
  const { view, isUp } = cluster
  const { nodes, epoch } = view.topology
  const lines: readonly (readonly [string, string | number])[] = [
    ['cluster_state', isUp ? 'ok' : 'fail'],
    ['cluster_slots_assigned', view.assigned],
    ['cluster_slots_ok', view.assigned - view.failed],
    ['cluster_slots_pfail', 0],
    ['cluster_slots_fail', view.failed],
    ['cluster_known_nodes', nodes.length],
    ['cluster_size', nodes.filter(({ slots }) => slots.length > 0).length],
    ['cluster_current_epoch', epoch],
    ['cluster_my_epoch', epochOf(cluster, view.self)],
    // Nodes don't talk to each other.
    ['cluster_stats_messages_sent', 0],
    ['cluster_stats_messages_received', 0],
    ['total_cluster_links_buffer_limit_exceeded', 0],
  ]
  return lines.map(([name, value]) => `${name}:${value}\r\n`).join('')
}

/** CLUSTER SLOTS: runs of slots of one owner, in order, each with its primary and the replicas that clients may read from. */
export function replySlots(cluster: Cluster, client: Client): void {
  const { view } = cluster
  const { replies } = client
  replies.counted('array', () => {
    let runs = 0
    for (let first = 0, slot = 0; slot < SLOTS; first = ++slot) {
      const owner = view.ownerOf(first)
      while (slot + 1 < SLOTS && view.ownerOf(slot + 1) === owner) slot++
      if (owner === undefined) continue
      runs++
      const nodes = [owner, ...view.replicasOf(owner.id).filter(({ health = 'online' }) => health === 'online')]
      replies.array(2 + nodes.length)
      replies.integer(first)
      replies.integer(slot)
      for (const node of nodes) replySlotsNode(cluster, node, client)
    }
    return runs
  })
}

function replySlotsNode(cluster: Cluster, node: TopologyNode, client: Client): void {
  const { replies } = client
  const place = cluster.placeOf(node, client)
  const endpoint = cluster.endpointOf(place)
  const preferred = cluster.core.config.settings.clusterPreferredEndpointType
  replies.array(4)
  if (endpoint === undefined) replies.null()
  else replies.bulkText(endpoint)
  replies.integer(cluster.portFor(client, place))
  replies.bulkText(node.id)
  const besides = [
    ...(preferred === 'ip' ? [] : [['ip', place.ip]]),
    ...(preferred === 'hostname' || place.hostname === '' ? [] : [['hostname', place.hostname]]),
  ]
  replies.map(besides.length)
  for (const text of besides.flat()) replies.bulkText(text)
}

/** CLUSTER SHARDS. */
export function replyShards(cluster: Cluster, client: Client): void {
  const { replies } = client
  const shards = shardsOf(cluster.view.topology)
  replies.array(shards.size)
  for (const nodes of shards.values()) {
    const slots = nodes.flatMap((node) => node.slots).flat()
    replies.map(2)
    replies.bulkText('slots')
    replies.array(slots.length)
    for (const slot of slots) replies.integer(slot)
    replies.bulkText('nodes')
    replies.array(nodes.length)
    for (const node of primariesFirst(nodes)) replyShardsNode(cluster, node, client)
  }
}

function shardsOf({ nodes }: Topology): Map<string, TopologyNode[]> {
  const shards = new Map<string, TopologyNode[]>()
  for (const node of nodes) shards.set(node.shard, [...(shards.get(node.shard) ?? []), node])
  return shards
}

const primariesFirst = (nodes: readonly TopologyNode[]): TopologyNode[] =>
  [...nodes].sort((a, b) => Number(a.replicaOf !== undefined) - Number(b.replicaOf !== undefined))

function replyShardsNode(cluster: Cluster, node: TopologyNode, client: Client): void {
  const { replies } = client
  const place = cluster.placeOf(node, client)
  const offset = node === cluster.self ? cluster.offset : (node.offset ?? 0)
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', node.id],
    ...(place.port > 0 ? [['port', place.port] as const] : []),
    ...(place.tlsPort > 0 ? [['tls-port', place.tlsPort] as const] : []),
    ['ip', place.ip],
    ['endpoint', cluster.endpointOf(place) ?? ''],
    ...(place.hostname === '' ? [] : [['hostname', place.hostname] as const]),
    ['role', node.replicaOf === undefined ? 'master' : 'replica'],
    ['replication-offset', offset],
    ['health', node.health ?? 'online'],
  ]
  replies.map(fields.length)
  for (const [name, value] of fields) {
    replies.bulkText(name)
    if (typeof value === 'number') replies.integer(value)
    else replies.bulkText(value)
  }
}
