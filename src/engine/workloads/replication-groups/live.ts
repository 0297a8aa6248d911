/** What a member's server is to be while it runs: its role, what it knows of the others, its users. Pure. */
import { addressOf } from '../../nodes/addresses.ts'
import type { RedisLive } from '../../nodes/redis/spec.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { accessOf } from './access.ts'
import type { Clients } from './clients.ts'
import { isCluster, isPrimary, type PlacedMember, shardOf } from './members.ts'
import { nameForClients } from './names.ts'

/** What the server of a primary is: one itself, or a replica of a server outside of its group. */
export type Lead = NonNullable<RedisLive['role']>

/** @param members Those that are placed and not on their way out, of all shards. */
export function liveOf(
  group: ReplicationGroupRecord,
  member: PlacedMember,
  members: readonly PlacedMember[],
  directives: Readonly<Record<string, string>>,
  clients: Clients,
  lead: Lead = 'primary',
): RedisLive {
  return {
    ...(isCluster(group) ? { topology: topologyOf(group, members) } : { role: roleOf(group, member, members, lead) }),
    directives,
    ...clients,
    transit: transitOf(group),
    ...(group.steps[0]?.do === 'restart-with-data' && { holdsWrites: true }),
  }
}

/** What clients have to speak. */
export const transitOf = (group: ReplicationGroupRecord): RedisLive['transit'] =>
  (({ required: 'tls', preferred: 'either', plain: 'plain' }) as const)[accessOf(group).transit]

/** A replica whose primary has ended waits as it is for what becomes of that. */
function roleOf(
  group: ReplicationGroupRecord,
  { id }: PlacedMember,
  members: readonly PlacedMember[],
  lead: Lead,
): Lead {
  const primary = members.find((each) => each.id === shardOf(group, id)?.primary)
  if (primary === undefined || primary.id === id) return lead
  const { port, innerPort } = primary.place
  return { replicaOf: { ip: announcedAddress(group, primary), port, innerPort } }
}

/**
 * Where servers are to clients and to each other: nodes of a cluster tell clients of each other, and go to what they tell; else
 * servers go where the group's doors are.
 */
export const announcedAddress = (group: ReplicationGroupRecord, { place }: PlacedMember): string =>
  addressOf((isCluster(group) ? group.ipDiscovery : group.networkType) === 'ipv6' ? 'ipv6' : 'ipv4', place)

/** A member that is lost is part of it: it comes back as the same node. */
const topologyOf = (
  group: ReplicationGroupRecord,
  members: readonly PlacedMember[],
): NonNullable<RedisLive['topology']> =>
  members.flatMap((member) => {
    const { id, nodeId, place } = member
    const { port, busPort, innerPort } = place
    const shard = shardOf(group, id)
    if (!shard || busPort === null) return []
    const hostname = nameForClients(group, id)
    const to = {
      ip: announcedAddress(group, member),
      ...(hostname !== undefined && { hostname }),
      port,
      busPort,
      innerPort,
    }
    return [{ nodeId, ...to, shard: shard.id, slots: shard.slots, primary: isPrimary(group, id) }]
  })
