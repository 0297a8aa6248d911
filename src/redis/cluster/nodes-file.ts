/** `nodes.conf`, in which a node keeps what it knows of its cluster: as the servers write it, and read each other's. Pure. */
import { isAtLeast } from '../../api/catalog/versions.ts'
import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import type { Cluster } from './cluster.ts'
import { restOfLine } from './descriptions.ts'
import type { SlotRange, Topology, TopologyNode } from './topology.ts'

/** What a file says. */
export interface NodesFile {
  readonly id: string
  readonly topology: Topology
  /** Slots on their way to others, and from others, by the ids of these. */
  readonly migrating: ReadonlyMap<number, string>
  readonly importing: ReadonlyMap<number, string>
}

/** Ids of shards and TLS ports are in lines since Redis 7.2; 7.0 does not read a line that has them. */
const MORE_SINCE = '7.2'
const ID = /^[0-9a-f]{40}$/

/** The text of the file. */
export function writeNodesFile(cluster: Cluster): string {
  const { nodes, epoch } = cluster.view.topology
  const lines = nodes.map((node) => [node.id, addressOf(cluster, node), ...restOfLine(cluster, node)].join(' '))
  return `${lines.join('\n')}\nvars currentEpoch ${epoch} lastVoteEpoch 0\n`
}

function addressOf(cluster: Cluster, node: TopologyNode): string {
  const { ip, port, tlsPort, busPort, hostname } = cluster.placeOf(node)
  const address = `${ip}:${port || tlsPort}@${busPort}`
  if (isAtLeast(cluster.core.dialect.version, MORE_SINCE)) {
    return `${address},${hostname},tls-port=${port === 0 ? 0 : tlsPort},shard-id=${node.shard}`
  }
  return hostname === '' ? address : `${address},${hostname}`
}

/** @returns Undefined of a text that is no such file. */
export function readNodesFile(text: string): NodesFile | undefined {
  const nodes: TopologyNode[] = []
  const migrating = new Map<number, string>()
  const importing = new Map<number, string>()
  let [id, epoch]: [string | undefined, number] = [undefined, 0]
  for (const line of text.split('\n').filter(Boolean)) {
    const words = line.split(' ')
    if (words[0] === 'vars') {
      epoch = Number(words[words.indexOf('currentEpoch') + 1] ?? 0)
      continue
    }
    const node = readNode(words)
    const flags = words[2]?.split(',') ?? []
    if (node === undefined) return undefined
    if (flags.includes('myself')) {
      id = node.id
      for (const word of words.slice(8)) {
        const [, slot, arrow, other = ''] = /^\[(\d+)-([<>])-([0-9a-f]{40})\]$/.exec(word) ?? []
        if (slot !== undefined) (arrow === '>' ? migrating : importing).set(Number(slot), other)
      }
    }
    if (!flags.includes('handshake') && !flags.includes('noaddr')) nodes.push(node)
  }
  if (id === undefined || Number.isNaN(epoch)) return undefined
  return { id, topology: { epoch, nodes: nodes.map((node) => withShard(node, nodes)) }, migrating, importing }
}

const NO_SHARD = ''

/** `<id> <ip>:<port>@<bus port>[,<hostname>[,<name>=<value>]] <flags> <primary or -> <ping> <pong> <epoch> <link> [<slots>]` */
function readNode([id = '', address = '', flags = '', primary = '', , , epoch = '', , ...rest]: readonly string[]):
  | TopologyNode
  | undefined {
  const [place = '', hostname = '', ...more] = address.split(',')
  const [, ip = '', port, busPort] = /^(.*):(\d+)(?:@(\d+))?$/.exec(place) ?? []
  if (!ID.test(id) || port === undefined || !/^\d+$/.test(epoch)) return undefined
  const besides = new Map(more.map((field) => field.split('=') as [string, string])) // `name=value` each
  const slots = rest.filter((word) => !word.startsWith('[')).map(readRange)
  if (slots.includes(undefined)) return undefined
  const tlsPort = Number(besides.get('tls-port') ?? 0)
  return {
    ...{ id, ip, port: Number(port), epoch: Number(epoch), shard: besides.get('shard-id') ?? NO_SHARD },
    slots: slots.filter((range) => range !== undefined),
    ...(busPort !== undefined && { busPort: Number(busPort) }),
    ...(tlsPort > 0 && { tlsPort }),
    ...(hostname !== '' && { hostname }),
    ...(ID.test(primary) && { replicaOf: primary }),
    ...(flags.split(',').includes('fail') && { health: 'fail' as const }),
  }
}

function readRange(word: string): SlotRange | undefined {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? []
  if (first === undefined || Number(last) >= SLOTS || Number(first) > Number(last)) return undefined
  return [Number(first), Number(last)]
}

/** A shard that has no id of its own, as before 7.2, goes by that of its primary. */
function withShard(node: TopologyNode, nodes: readonly TopologyNode[]): TopologyNode {
  if (node.shard !== NO_SHARD) return node
  const primary = nodes.find(({ id }) => id === node.replicaOf)
  return { ...node, shard: primary?.shard || primary?.id || node.id }
}
