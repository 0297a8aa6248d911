import { isIP } from 'node:net'
import type { Client } from '../client.ts'
import { aloneAs, BUS_PORT_OFFSET, type FailoverKind, hexOf } from '../cluster/cluster.ts'
import type { Topology, TopologyNode } from '../cluster/topology.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { clusterOf, inCluster, nodeNamed, slotAt } from './cluster-words.ts'
import type { Row } from './command.ts'

const PRIMARIES_ONLY = refusal('ERR Please use SETSLOT only with masters.')
const NOT_A_PRIMARY = refusal('ERR Target node is not a master')
const NO_ACTION = refusal('ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP')
const NO_TIMEOUT = refusal('ERR Missing timeout value')
const BAD_TIMEOUT = refusal('ERR timeout is not an integer or out of range')
const FORGET_SELF = refusal("ERR I tried hard but I can't forget myself...")
const FORGET_PRIMARY = refusal("ERR Can't forget my master!")
const REPLICATE_SELF = refusal("ERR Can't replicate myself")
const REPLICATE_REPLICA = refusal('ERR I can only replicate a master, not a replica.')
const NOT_EMPTY = refusal('ERR To set a master the node must be empty and without assigned slots.')
const FLUSH_NOT_EMPTY = refusal('ERR DB must be empty to perform CLUSTER FLUSHSLOTS.')
const RESET_NOT_EMPTY = refusal("ERR CLUSTER RESET can't be called with master nodes containing keys")
const KNOWS_OTHERS = refusal('ERR The user can assign a config epoch only when the node does not know any other node.')
const EPOCH_IS_SET = refusal('ERR Node config epoch is already non-zero')
const IS_PRIMARY = refusal('ERR You should send CLUSTER FAILOVER to a replica')
const NO_PRIMARY = refusal("ERR I'm a replica but my master is unknown to me")
const PRIMARY_DOWN = refusal('ERR Master is down or failed, please use CLUSTER FAILOVER FORCE')
const NO_VOTES = refusal(
  'ERR This node has no cluster bus to ask others by: use CLUSTER FAILOVER TAKEOVER, and tell the other nodes',
)
const TOLD = refusal('ERR This node is told of other nodes by the program that runs it, and meets none')

/** The commands that change who is who, as this node sees it. */
export const CLUSTER_CHANGES: readonly Row[] = [
  { name: 'cluster|addslots', run: inCluster((client, args) => assign(client, eachSlot(args), true)) },
  { name: 'cluster|delslots', run: inCluster((client, args) => assign(client, eachSlot(args), false)) },
  {
    name: 'cluster|addslotsrange',
    run: inCluster((client, args) => assign(client, eachRange(args, 'addslotsrange'), true)),
  },
  {
    name: 'cluster|delslotsrange',
    run: inCluster((client, args) => assign(client, eachRange(args, 'delslotsrange'), false)),
  },
  { name: 'cluster|flushslots', run: inCluster(flushSlots) },
  { name: 'cluster|setslot', run: inCluster(setSlot) },
  { name: 'cluster|replicate', run: inCluster(replicate) },
  { name: 'cluster|forget', run: inCluster(forget) },
  { name: 'cluster|meet', run: inCluster(meet) },
  { name: 'cluster|reset', run: inCluster(reset) },
  { name: 'cluster|bumpepoch', run: inCluster(bumpEpoch) },
  { name: 'cluster|set-config-epoch', run: inCluster(setConfigEpoch) },
  { name: 'cluster|failover', run: inCluster(failover) },
  {
    name: 'cluster|saveconfig',
    run: inCluster((client) => {
      clusterOf(client).changed()
      client.replies.ok()
    }),
  },
]

function* eachSlot(args: Args): Generator<number> {
  for (let i = 2; i < args.count; i++) yield slotAt(args, i)
}

function* eachRange(args: Args, name: string): Generator<number> {
  if (args.count % 2 !== 0) throw refusal(`ERR wrong number of arguments for 'cluster|${name}' command`)
  for (let i = 2; i < args.count; i += 2) {
    const [first, last] = [slotAt(args, i), slotAt(args, i + 1)]
    if (first > last) throw refusal(`ERR start slot number ${first} is greater than end slot number ${last}`)
    for (let slot = first; slot <= last; slot++) yield slot
  }
}

/** Gives slots to this node that nobody has, or takes slots from whoever has them. */
function assign(client: Client, given: Iterable<number>, isAdded: boolean): void {
  const cluster = clusterOf(client)
  const { view } = cluster
  // All of them are right before any is looked at.
  const slots = [...given]
  const once = new Set<number>()
  for (const slot of slots) {
    const isAssigned = view.ownerOf(slot) !== undefined
    if (isAdded && isAssigned) throw refusal(`ERR Slot ${slot} is already busy`)
    if (!isAdded && !isAssigned) throw refusal(`ERR Slot ${slot} is already unassigned`)
    if (once.has(slot)) throw refusal(`ERR Slot ${slot} specified multiple times`)
    once.add(slot)
  }
  if (isAdded) for (const slot of once) cluster.importing.delete(slot)
  cluster.change(view.assigning(once, isAdded ? cluster.self.id : undefined))
  client.replies.ok()
}

function flushSlots(client: Client): void {
  const cluster = clusterOf(client)
  if (client.core.keyspace.db(0).keys > 0) throw FLUSH_NOT_EMPTY
  cluster.change(cluster.view.assigning(slotsOf(cluster.self), undefined))
  client.replies.ok()
}

function* slotsOf({ slots }: TopologyNode): Generator<number> {
  for (const [first, last] of slots) for (let slot = first; slot <= last; slot++) yield slot
}

function setSlot(client: Client, args: Args): void {
  const cluster = clusterOf(client)
  const { view, migrating, importing } = cluster
  if (cluster.self.replicaOf !== undefined) throw PRIMARIES_ONLY
  const slot = slotAt(args, 2)
  const words = wordsOf(client, args)
  if (args.is(3, 'MIGRATING') && words === 5) {
    if (!view.isMine(slot)) throw refusal(`ERR I'm not the owner of hash slot ${slot}`)
    migrating.set(slot, primaryNamed(client, args).id)
    cluster.changed()
  } else if (args.is(3, 'IMPORTING') && words === 5) {
    if (view.isMine(slot)) throw refusal(`ERR I'm already the owner of hash slot ${slot}`)
    importing.set(slot, primaryNamed(client, args).id)
    cluster.changed()
  } else if (args.is(3, 'STABLE') && words === 4) {
    importing.delete(slot)
    migrating.delete(slot)
    cluster.changed()
  } else if (args.is(3, 'NODE') && words === 5) giveSlot(client, slot, primaryNamed(client, args, 'Unknown node'))
  else throw NO_ACTION
  client.replies.ok()
}

/** How many words SETSLOT has without Valkey's TIMEOUT, of how long it may wait for replicas: they are told by others. */
function wordsOf({ core }: Client, args: Args): number {
  if (core.dialect.engine !== 'valkey') return args.count
  const needed = args.is(3, 'STABLE') ? 4 : 5
  if (args.count > needed && args.is(needed, 'TIMEOUT')) {
    if (args.count === needed + 1) throw NO_TIMEOUT
    args.integer(needed + 1, BAD_TIMEOUT)
  }
  // What else there may be is not looked at.
  return Math.min(args.count, needed)
}

function primaryNamed(client: Client, args: Args, unknown = "I don't know about node"): TopologyNode {
  const node = nodeNamed(client, args, 4, unknown)
  if (node.replicaOf !== undefined) throw NOT_A_PRIMARY
  return node
}

/** SETSLOT NODE: the end of a slot's way. */
function giveSlot(client: Client, slot: number, node: TopologyNode): void {
  const cluster = clusterOf(client)
  const { self, view, migrating, importing } = cluster
  const keys = client.core.keyspace.db(0).slots?.count(slot) ?? 0
  const wasMine = view.isMine(slot)
  if (wasMine && node !== self && keys > 0) {
    throw refusal(`ERR Can't assign hashslot ${slot} to a different node while I still hold keys for this hash slot.`)
  }
  if (keys === 0) migrating.delete(slot)
  let topology = view.assigning([slot], node.id)
  if (node === self && importing.delete(slot)) topology = bumped(topology, self.id) ?? topology
  const left = topology.nodes.find(({ id }) => id === self.id)
  const isEmptied = wasMine && node !== self && left?.slots.length === 0
  // As a server does: what has no slots left serves as a replica where they went.
  if (isEmptied && client.core.config.settings.clusterAllowReplicaMigration) topology = following(topology, self, node)
  cluster.change(topology)
}

/** The topology with a node as a replica of another. */
const following = (topology: Topology, { id }: TopologyNode, primary: TopologyNode): Topology => ({
  ...topology,
  nodes: topology.nodes.map((node) =>
    node.id === id ? { ...node, replicaOf: primary.id, shard: primary.shard, slots: [] } : node,
  ),
})

function replicate(client: Client, args: Args): void {
  const cluster = clusterOf(client)
  const { self, view } = cluster
  const node = nodeNamed(client, args, 2)
  if (node === self) throw REPLICATE_SELF
  if (node.replicaOf !== undefined) throw REPLICATE_REPLICA
  const isEmpty = self.slots.length === 0 && client.core.keyspace.db(0).keys === 0
  if (self.replicaOf === undefined && !isEmpty) throw NOT_EMPTY
  cluster.change(following(view.topology, self, node))
  client.replies.ok()
}

function forget(client: Client, args: Args): void {
  const cluster = clusterOf(client)
  const { self, view } = cluster
  const node = nodeNamed(client, args, 2)
  if (node === self) throw FORGET_SELF
  if (node.id === self.replicaOf) throw FORGET_PRIMARY
  const { topology } = view
  cluster.peers?.forget(node.id)
  cluster.change({ ...topology, nodes: topology.nodes.filter(({ id }) => id !== node.id) })
  client.replies.ok()
}

function meet(client: Client, args: Args): void {
  const { dialect } = client.core
  const tcp = dialect.engine === 'valkey' ? '' : 'TCP '
  const base = tcp === '' ? 'base' : 'TCP base'
  if (!isWhole(args.shown(3))) throw refusal(`ERR Invalid ${base} port specified: ${args.shown(3)}`)
  if (args.count > 4 && !isWhole(args.shown(4))) throw refusal(`ERR Invalid ${tcp}bus port specified: ${args.shown(4)}`)
  const ports =
    args.count > 4 ? [args.text(3), args.text(4)] : [args.text(3), String(Number(args.text(3)) + BUS_PORT_OFFSET)]
  const arePorts = ports.every((port) => Number(port) > 0 && Number(port) < 65_536)
  if (isIP(args.text(2)) === 0 || !arePorts) {
    throw refusal(`ERR Invalid node address specified: ${args.shown(2)}:${args.shown(3)}`)
  }
  const { peers } = clusterOf(client)
  if (peers === undefined) throw TOLD
  peers.meet({ ip: args.text(2), port: Number(args.text(3)) })
  client.replies.ok()
}

const isWhole = (text: string): boolean => /^-?\d{1,19}$/.test(text)

function reset(client: Client, args: Args): void {
  const cluster = clusterOf(client)
  const { self, view } = cluster
  const { core } = client
  if (args.count > 3) throw SYNTAX
  const isHard = args.count === 3 && args.is(2, 'HARD')
  if (args.count === 3 && !isHard && !args.is(2, 'SOFT')) throw SYNTAX
  if (self.replicaOf === undefined && core.keyspace.db(0).keys > 0) throw RESET_NOT_EMPTY
  if (self.replicaOf !== undefined) core.keyspace.flush(undefined)
  cluster.migrating.clear()
  cluster.importing.clear()
  for (const { id } of view.topology.nodes) cluster.peers?.forget(id)
  if (isHard) {
    const id = hexOf(core)
    cluster.rename(aloneAs(id), id)
  } else {
    const { replicaOf: _, ...own } = self
    cluster.change({ epoch: view.topology.epoch, nodes: [{ ...own, shard: self.id, slots: [] }] })
  }
  client.replies.ok()
}

/** The topology with a new epoch for a node, unless it has the largest already. */
function bumped(topology: Topology, id: string): Topology | undefined {
  const own = topology.nodes.find((node) => node.id === id)?.epoch ?? 0
  const largest = Math.max(topology.epoch, ...topology.nodes.map(({ epoch }) => epoch))
  if (own !== 0 && own === largest) return undefined
  return withEpoch(topology, id, largest + 1)
}

const withEpoch = (topology: Topology, id: string, epoch: number): Topology => ({
  epoch: Math.max(topology.epoch, epoch),
  nodes: topology.nodes.map((node) => (node.id === id ? { ...node, epoch } : node)),
})

function bumpEpoch(client: Client): void {
  const cluster = clusterOf(client)
  const topology = bumped(cluster.view.topology, cluster.self.id)
  if (topology !== undefined) cluster.change(topology)
  client.replies.status(`${topology === undefined ? 'STILL' : 'BUMPED'} ${cluster.self.epoch}`)
}

function setConfigEpoch(client: Client, args: Args): void {
  const cluster = clusterOf(client)
  const { self, view } = cluster
  const epoch = args.integer(2)
  if (epoch < 0) throw refusal(`ERR Invalid config epoch specified: ${epoch}`)
  if (view.topology.nodes.length > 1) throw KNOWS_OTHERS
  if (self.epoch !== 0) throw EPOCH_IS_SET
  cluster.change(withEpoch(view.topology, self.id, epoch))
  client.replies.ok()
}

function failover(client: Client, args: Args): void {
  const cluster = clusterOf(client)
  const { self, view } = cluster
  const kind = args.count === 2 ? 'graceful' : failoverKind(args)
  if (self.replicaOf === undefined) throw IS_PRIMARY
  if (view.primary === undefined) throw NO_PRIMARY
  if (kind === 'graceful' && view.primary.health === 'fail') throw PRIMARY_DOWN
  if (cluster.isGuided) {
    const refused = cluster.failover(kind)
    if (refused !== undefined) throw refusal(refused)
  } else if (kind === 'takeover') cluster.change(takenOver(view.topology, self, view.primary))
  else throw NO_VOTES
  client.replies.ok()
}

function failoverKind(args: Args): FailoverKind {
  if (args.count === 3 && args.is(2, 'FORCE')) return 'force'
  if (args.count === 3 && args.is(2, 'TAKEOVER')) return 'takeover'
  throw SYNTAX
}

/** The topology with a replica in the place of its primary, which becomes its replica. */
function takenOver(topology: Topology, replica: TopologyNode, primary: TopologyNode): Topology {
  const epoch = Math.max(topology.epoch, ...topology.nodes.map((node) => node.epoch)) + 1
  return {
    epoch,
    nodes: topology.nodes.map((node) => {
      if (node.id === primary.id) return { ...node, replicaOf: replica.id, slots: [] }
      if (node.id !== replica.id) {
        return node.replicaOf === primary.id ? { ...node, replicaOf: replica.id } : node
      }
      const { replicaOf: _, ...own } = node
      return { ...own, epoch, slots: primary.slots }
    }),
  }
}
