import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rangeText, type Topology, type TopologyNode } from '../../../src/redis/cluster/topology.ts'
import { View } from '../../../src/redis/cluster/view.ts'
import { eventually } from '../../support/eventually.ts'
import { type NodeOptions, type StartedNode, startNode } from './node.ts'
import { type Pair, type PairOptions, startPair } from './pair.ts'

type AtEnd = (work: () => Promise<void>) => void

/** 40 hexadecimal digits that begin with a letter of their own. */
export const idOf = (letter: string): string => letter.repeat(40)

/** Nodes a, b and c with a third of the slots each, and d, a replica of a. Where they are nobody listens. */
const THREE: Topology = {
  epoch: 3,
  nodes: [
    nodeOf('a', 7000, { slots: [[0, 5460]], epoch: 1, hostname: 'a.example' }),
    nodeOf('b', 7001, { slots: [[5461, 10_922]], epoch: 2 }),
    nodeOf('c', 7002, { slots: [[10_923, 16_383]], epoch: 3, hostname: 'c.example' }),
    nodeOf('d', 7003, { replicaOf: idOf('a'), shard: idOf('1'), health: 'loading' }),
  ],
}

function nodeOf(letter: string, port: number, rest: Partial<TopologyNode>): TopologyNode {
  const shard = idOf(String(1 + 'abcd'.indexOf(letter)))
  return { id: idOf(letter), ip: '10.0.0.9', port, busPort: port + 10_000, shard, slots: [], epoch: 0, ...rest }
}

/** `nodes.conf` of a node of this topology. */
function nodesFile({ nodes, epoch }: Topology, self: string, engine: 'redis' | 'valkey'): string {
  const lines = nodes.map((node) => {
    const { hostname = '' } = node
    const more = engine === 'valkey' ? `,${hostname},tls-port=0,shard-id=${node.shard}` : hostname && `,${hostname}`
    const flags = `${node.id === self ? 'myself,' : ''}${node.replicaOf ? 'slave' : 'master'}`
    return [
      ...[node.id, `${node.ip}:${node.port}@${node.busPort}${more}`, flags, node.replicaOf ?? '-', 0, 0],
      ...[node.epoch, 'connected', ...node.slots.map(rangeText)],
    ].join(' ')
  })
  return `${lines.join('\n')}\nvars currentEpoch ${epoch} lastVoteEpoch 0\n`
}

/**
 * Starts the node and the real server as one of the nodes of a cluster whose others are not there, and waits until the server takes
 * its part: it never does so in less than two seconds.
 */
export async function startClusterPair(
  atEnd: AtEnd,
  { self = 'a', topology = THREE, engine = 'redis', config = [] }: PairOptions & { self?: string; topology?: Topology },
): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-nodes-'))
  const file = join(directory, 'nodes.conf')
  writeFileSync(file, nodesFile(topology, idOf(self), engine))
  atEnd(async () => rmSync(directory, { recursive: true, force: true }))
  const own = topology.nodes.find(({ id }) => id === idOf(self))
  const pair = await startPair(atEnd, {
    engine,
    cluster: { id: idOf(self), topology },
    config: [
      ...['cluster-enabled yes', `cluster-config-file ${file}`, 'cluster-node-timeout 600000'],
      ...[`cluster-announce-port ${own?.port}`, `cluster-announce-bus-port ${own?.busPort}`],
      ...[`cluster-announce-ip ${own?.ip}`, ...(own?.hostname ? [`cluster-announce-hostname ${own.hostname}`] : [])],
      ...config,
    ],
  })
  await eventually('the server takes part', async () => {
    const [info = ''] = await pair.theirs.talk.ask(['CLUSTER', 'INFO'])
    return info.includes('cluster_state:ok')
  })
  return pair
}

/** Embedded nodes that are told of each other. */
export interface StartedCluster {
  readonly topology: Topology
  node(letter: string): StartedNode
  /** Tells all of them who is who from now on. */
  tell(topology: Topology): void
}

/** Starts the nodes of a topology, each on a port of its own. */
export async function startCluster(
  atEnd: AtEnd,
  { topology = THREE, ...options }: NodeOptions & { readonly topology?: Topology } = {},
): Promise<StartedCluster> {
  const { config = [] } = options
  const started = new Map<string, StartedNode>()
  for (const { id } of topology.nodes) {
    const own = { ...options, cluster: { ...options.cluster, id }, config: ['cluster-enabled yes', ...config] }
    started.set(id, await startNode(atEnd, own))
  }
  const node = (letter: string): StartedNode => started.get(idOf(letter)) as StartedNode // tests name nodes of the topology
  const found = {
    epoch: topology.epoch,
    nodes: topology.nodes.map((each) => ({
      ...each,
      ip: '127.0.0.1',
      port: started.get(each.id)?.port ?? 0,
      health: 'online' as const,
    })),
  }
  const tell = (next: Topology): void => {
    for (const each of started.values()) each.node.topology(next)
  }
  tell(found)
  return { topology: found, node, tell }
}

/** A topology with a slot given to another of its nodes. */
export const moving = (topology: Topology, slot: number, to: string): Topology =>
  new View(topology, topology.nodes[0]?.id ?? '').assigning([slot], idOf(to))
