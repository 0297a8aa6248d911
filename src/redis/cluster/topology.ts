/** Slots from the first to the last, both included. */
export type SlotRange = readonly [first: number, last: number]

/** A node of a cluster, as every node of it is to know it. Plain data: it may come from another thread. */
export interface TopologyNode {
  /** 40 hexadecimal digits. */
  readonly id: string
  /** `''`: clients are to use the address that they have come by. */
  readonly ip: string
  /** What clients are told instead that have come by this family. */
  readonly clientIpv4?: string
  readonly clientIpv6?: string
  /** Where clients go that speak plain text; 0: there is no such place. */
  readonly port: number
  /** The same for TLS; absent or 0: there is no such place. */
  readonly tlsPort?: number
  /** What is told as the port of the cluster bus, on which nothing listens; default: 10,000 above the port. */
  readonly busPort?: number
  readonly hostname?: string
  /** 40 hexadecimal digits, the same for all nodes of a shard. */
  readonly shard: string
  /** The id of its primary; absent: it is one. */
  readonly replicaOf?: string
  /** Of a primary. */
  readonly slots: readonly SlotRange[]
  /** Its configuration epoch; of a replica it is its primary's. */
  readonly epoch: number
  /** `fail`: it is gone. Clients aren't sent to replicas that are not online. Default: online. */
  readonly health?: 'online' | 'loading' | 'fail'
  /** How far it is in the replication stream. What a node tells of itself it knows better. */
  readonly offset?: number
}

/** Who is who in a cluster, at one moment. */
export interface Topology {
  /** The largest epoch that the cluster has seen. */
  readonly epoch: number
  /** In the order in which they are told to clients. */
  readonly nodes: readonly TopologyNode[]
}

/** The slots that a predicate holds for, as ranges. */
export function rangesWhere(slots: number, holds: (slot: number) => boolean): SlotRange[] {
  const ranges: SlotRange[] = []
  let first = -1
  for (let slot = 0; slot <= slots; slot++) {
    const inside = slot < slots && holds(slot)
    if (inside && first < 0) first = slot
    if (!inside && first >= 0) {
      ranges.push([first, slot - 1])
      first = -1
    }
  }
  return ranges
}

/** Slots as they are written in files and answers: `5`, `0-100`. */
export const rangeText = ([first, last]: SlotRange): string => (first === last ? String(first) : `${first}-${last}`)
