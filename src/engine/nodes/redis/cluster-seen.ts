import { SLOTS } from '../../../protocols/resp/hash-slot.ts'
import type { Cluster, ClusterParts } from '../../../redis/cluster/cluster.ts'
import type { Topology } from '../../../redis/cluster/topology.ts'
import { processBus } from './bus.ts'
import { placeOf } from './doors.ts'
import { type Owners, ownersOf, shardIdOf, topologyOf, withMoves } from './embedded-topology.ts'
import type { Member, RedisSpec } from './spec.ts'

const ENGINE_DECIDES = 'ERR The engine decides which node of a shard is its primary.'

/**
 * What a node of a cluster has been told of it. Slots that move are asked of the nodes before they are put on record: what a node
 * has been asked holds until the record says so, too.
 */
export class ClusterSeen {
  readonly parts: ClusterParts
  readonly #spec: RedisSpec
  readonly #moved = new Map<number, string>()
  readonly #id: string
  #noted: unknown
  #recorded: Owners
  #members: readonly Member[]

  constructor(spec: RedisSpec, id: string) {
    const { topology = [] } = spec.live
    this.#spec = spec
    this.#id = id
    this.#recorded = ownersOf(topology)
    this.#members = topology
    this.parts = {
      id,
      topology: topologyOf(topology, this.#recorded, spec.announce),
      changed: (cluster) => this.#note(cluster),
      // Clients never get so far: the command is one of those that ElastiCache keeps to itself.
      failover: () => ENGINE_DECIDES,
      bus: processBus,
    }
  }

  /** What it is to be told of a group as it is on record now. */
  recorded(topology: readonly Member[]): Topology {
    const recorded = ownersOf(topology)
    for (const slot of this.#moved.keys()) if (recorded[slot] !== this.#recorded[slot]) this.#moved.delete(slot)
    const owners = withMoves(recorded, this.#recorded, this.#moved)
    this.#recorded = recorded
    this.#members = topology
    return topologyOf(topology, owners, this.#spec.announce)
  }

  /** The same after slots have gone to another primary. */
  given(slots: readonly number[], nodeId: string): Topology {
    const taker = this.#members.find((member) => member.nodeId === nodeId)
    if (taker) for (const slot of slots) this.#moved.set(slot, shardIdOf(taker.shard))
    return topologyOf(this.#members, withMoves(this.#recorded, this.#recorded, this.#moved), this.#spec.announce)
  }

  /** Whom the node is to follow: by the door of that, as servers do; undefined: nobody. */
  primaryIn(topology: readonly Member[]): { readonly host: string; readonly port: number } | undefined {
    const own = topology.find(({ nodeId }) => nodeId === this.#id)
    const leader = own && topology.find((member) => member.primary && member.shard === own.shard)
    return leader && leader !== own ? placeOf(leader, this.#spec) : undefined
  }

  /** Asked for each slot that moves: what has not changed costs nothing. */
  #note({ view }: Cluster): void {
    if (view === this.#noted) return
    this.#noted = view
    this.#moved.clear()
    for (let slot = 0; slot < SLOTS; slot++) {
      const owner = view.ownerOf(slot)?.shard
      if (owner !== undefined && owner !== this.#recorded[slot]) this.#moved.set(slot, owner)
    }
  }
}
