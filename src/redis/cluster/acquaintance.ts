/** What a node that stands alone makes of another one's CLUSTER NODES. Pure. */
import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import type { NodesFile } from './nodes-file.ts'
import { rangesWhere, type Topology, type TopologyNode } from './topology.ts'
import { View } from './view.ts'

/** Where another node has answered. */
export interface Address {
  readonly ip: string
  readonly port: number
}

/**
 * The topology with what another node says of itself, and of nobody else. Who has a slot is decided by the epochs of those who say so,
 * as among servers.
 */
export function learned(
  topology: Topology,
  selfId: string,
  { id, topology: theirs }: NodesFile,
  { ip, port }: Address,
): Topology {
  const said = theirs.nodes.find((node) => node.id === id)
  if (said === undefined || id === selfId) return topology
  const known = topology.nodes.find((node) => node.id === id)
  const { health: _, ...rest } = said
  const other: TopologyNode = { ...rest, ip, port, shard: known?.shard ?? id, slots: [] }
  const others = topology.nodes.filter((node) => node.id !== id)
  const nodes = known
    ? topology.nodes.map((node) => (node.id === id ? { ...other, slots: known.slots } : node))
    : [...others, other]
  const epoch = Math.max(topology.epoch, said.epoch)
  const settled = withRoles(withSlots({ epoch, nodes }, said), topology, selfId, said)
  return inShards(withoutCollision(settled, selfId, said))
}

/** It has the slots that it says it has, unless whoever has them has a larger epoch. */
function withSlots(topology: Topology, { id, epoch, slots, replicaOf }: TopologyNode): Topology {
  if (replicaOf !== undefined) return topology
  const view = new View(topology, id)
  const claimed = rangesWhere(SLOTS, (slot) => isWithin(slots, slot)).flatMap(([first, last]) =>
    Array.from({ length: last + 1 - first }, (_, at) => first + at),
  )
  const won = claimed.filter((slot) => {
    const owner = view.ownerOf(slot)
    return owner?.id !== id && (owner === undefined || owner.epoch < epoch)
  })
  return won.length === 0 ? topology : view.assigning(won, id)
}

const isWithin = (ranges: TopologyNode['slots'], slot: number): boolean =>
  ranges.some(([first, last]) => slot >= first && slot <= last)

/** Whoever has lost all slots to another follows that; so does a replica whose primary has come to follow somebody. */
function withRoles(topology: Topology, before: Topology, selfId: string, said: TopologyNode): Topology {
  const self = topology.nodes.find(({ id }) => id === selfId)
  const former = before.nodes.find(({ id }) => id === selfId)
  const nodes = topology.nodes.map((node) => {
    if (node.id === said.id && said.replicaOf !== undefined) return { ...node, slots: [] }
    return node
  })
  const hasLostAll = (former?.slots.length ?? 0) > 0 && self?.slots.length === 0
  const follows = hasLostAll
    ? said.id
    : self?.replicaOf === said.id && said.replicaOf !== selfId
      ? said.replicaOf
      : undefined
  if (follows === undefined) return { ...topology, nodes }
  return { ...topology, nodes: nodes.map((node) => (node.id === selfId ? { ...node, replicaOf: follows } : node)) }
}

/** Of two primaries with the same epoch the one with the smaller id takes a new one. */
function withoutCollision(topology: Topology, selfId: string, said: TopologyNode): Topology {
  const self = topology.nodes.find(({ id }) => id === selfId)
  const isPrimary = self?.replicaOf === undefined && said.replicaOf === undefined
  if (self === undefined || !isPrimary || self.epoch !== said.epoch || selfId > said.id) return topology
  const epoch = Math.max(topology.epoch, said.epoch) + 1
  return { epoch, nodes: topology.nodes.map((node) => (node === self ? { ...node, epoch } : node)) }
}

/** A replica is of the shard of its primary. */
function inShards(topology: Topology): Topology {
  const shards = new Map(topology.nodes.map(({ id, shard }) => [id, shard]))
  return {
    ...topology,
    nodes: topology.nodes.map((node) => {
      const shard = node.replicaOf === undefined ? undefined : shards.get(node.replicaOf)
      return shard === undefined || shard === node.shard ? node : { ...node, shard }
    }),
  }
}
