/** A group in cluster mode as a node that is a part of the engine is told of it. Pure. */
import { createHash } from 'node:crypto'
import { SLOTS } from '../../../protocols/resp/hash-slot.ts'
import { rangesWhere, type Topology } from '../../../redis/cluster/topology.ts'
import type { Member, RedisSpec } from './spec.ts'

export const shardIdOf = (shard: string): string => createHash('sha1').update(shard).digest('hex')

/** By slot, the id of the shard that has it; undefined: none has. */
export type Owners = readonly (string | undefined)[]

export function ownersOf(members: readonly Member[]): Owners {
  const owners = new Array<string | undefined>(SLOTS).fill(undefined)
  for (const { shard, slots } of members) {
    for (const [first, last] of slots) owners.fill(shardIdOf(shard), first, last + 1)
  }
  return owners
}

/** @param owners Where slots are that have moved since the group was put on record. */
export function topologyOf(
  members: readonly Member[],
  owners: Owners,
  announce: Pick<RedisSpec['announce'], 'ip'>,
): Topology {
  const primaries = members.filter(({ primary }) => primary)
  return {
    epoch: primaries.length,
    nodes: members.map(({ nodeId, ip = announce.ip, port, busPort, hostname, shard, primary }) => {
      const leader = primaries.find((each) => each.shard === shard)
      const shardId = shardIdOf(shard)
      return {
        id: nodeId,
        ...{ ip, port, busPort },
        ...(hostname !== undefined && { hostname }),
        shard: shardId,
        ...(!primary && leader && { replicaOf: leader.nodeId }),
        slots: primary ? rangesWhere(SLOTS, (slot) => owners[slot] === shardId) : [],
        // Each primary has one of its own.
        epoch: leader ? primaries.indexOf(leader) + 1 : 0,
      }
    }),
  }
}

/** The owners on record, but where a slot has moved since: until that is on record, too. */
export const withMoves = (recorded: Owners, before: Owners, moved: ReadonlyMap<number, string>): Owners =>
  recorded.map((owner, slot) => (owner === before[slot] ? (moved.get(slot) ?? owner) : owner))
