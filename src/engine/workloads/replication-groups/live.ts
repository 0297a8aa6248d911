/** What a member's server is to be while it runs: its role, what it knows of the others, its users. Pure. */
import type { RedisLive } from '../../nodes/redis/spec.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { accessOf } from './access.ts'
import type { Clients } from './clients.ts'
import { isCluster, isPrimary, type PlacedMember, shardOf } from './members.ts'

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
  return primary === undefined || primary.id === id ? lead : { replicaOf: primary.place }
}

/** A member that is lost is part of it: it comes back as the same node. */
const topologyOf = (
  group: ReplicationGroupRecord,
  members: readonly PlacedMember[],
): NonNullable<RedisLive['topology']> =>
  members.flatMap(({ id, nodeId, place: { port, busPort } }) => {
    const shard = shardOf(group, id)
    if (!shard || busPort === null) return []
    return [{ nodeId, port, busPort, shard: shard.id, slots: shard.slots, primary: isPrimary(group, id) }]
  })
