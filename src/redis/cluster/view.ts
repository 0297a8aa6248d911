import { wordAt } from '../../net/bytes.ts'
import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import { rangesWhere, type Topology, type TopologyNode } from './topology.ts'

/** A topology as one of its nodes looks at it, prepared for being asked with each command. */
export class View {
  readonly topology: Topology
  readonly self: TopologyNode
  /** By slot: 1 + the index of the node that has it; 0: none has. */
  readonly #owners = new Int32Array(SLOTS)
  readonly #byId: ReadonlyMap<string, TopologyNode>
  /** The number of this node among the owners; of a replica that of its primary. */
  readonly #own: number
  readonly #served: number
  /** Slots that have an owner, and those whose owner is gone. */
  readonly assigned: number
  readonly failed: number

  /** @throws RangeError when the node is not in the topology. */
  constructor(topology: Topology, id: string) {
    const { nodes } = topology
    this.topology = topology
    this.#byId = new Map(nodes.map((node) => [node.id, node]))
    const self = this.#byId.get(id)
    if (self === undefined) throw new RangeError(`node ${id} is not in its topology`)
    this.self = self
    let [assigned, failed] = [0, 0]
    for (const [index, node] of nodes.entries()) {
      for (const [first, last] of node.slots) {
        this.#owners.fill(index + 1, first, last + 1)
        assigned += last + 1 - first
        if (node.health === 'fail') failed += last + 1 - first
      }
    }
    this.assigned = assigned
    this.failed = failed
    this.#own = nodes.indexOf(self) + 1
    this.#served = self.replicaOf === undefined ? this.#own : nodes.findIndex((node) => node.id === self.replicaOf) + 1
  }

  node(id: string): TopologyNode | undefined {
    return this.#byId.get(id)
  }

  /** The primary that has a slot. */
  ownerOf(slot: number): TopologyNode | undefined {
    return this.topology.nodes[wordAt(this.#owners, slot) - 1]
  }

  isMine(slot: number): boolean {
    return wordAt(this.#owners, slot) === this.#own
  }

  /** Whether a slot is this node's, or that of the primary it follows. */
  isOfMyShard(slot: number): boolean {
    return wordAt(this.#owners, slot) === this.#served
  }

  /** Its primary, of a replica. */
  get primary(): TopologyNode | undefined {
    return this.self.replicaOf === undefined ? undefined : this.#byId.get(this.self.replicaOf)
  }

  replicasOf(id: string): TopologyNode[] {
    return this.topology.nodes.filter(({ replicaOf }) => replicaOf === id)
  }

  /** The same topology with these slots given to another node, or to none. */
  assigning(slots: Iterable<number>, to: string | undefined): Topology {
    const { nodes, epoch } = this.topology
    const owners = this.#owners.slice()
    const number = to === undefined ? 0 : nodes.findIndex(({ id }) => id === to) + 1
    const concerned = new Set([number])
    for (const slot of slots) {
      concerned.add(wordAt(owners, slot))
      owners[slot] = number
    }
    return {
      epoch,
      nodes: nodes.map((node, index) =>
        concerned.has(index + 1)
          ? { ...node, slots: rangesWhere(SLOTS, (slot) => wordAt(owners, slot) === index + 1) }
          : node,
      ),
    }
  }
}
