/** How the members' servers stand, as they say themselves, and whether that is as the record wants. Pure. */
import type { RedisStatus } from '../../nodes/redis/node.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { follows } from './lead.ts'
import { isPrimary, runningMembers, shardOf } from './members.ts'

/** Of each member that answers. */
export type Standings = ReadonlyMap<string, RedisStatus>

/** Whether replicas hold what their primaries hold, and a cluster's nodes all know of each other and serve. */
export const isWhole = (group: ReplicationGroupRecord, standings: Standings): boolean =>
  runningMembers(group).every(({ id }) => {
    const standing = standings.get(id)
    const leads = isPrimary(group, id)
    const role = leads && !follows(group) ? 'primary' : 'replica'
    // What becomes of a source outside is nothing that members could do about.
    const inSync = standing?.inSync === true || (leads && group.migration !== undefined)
    return standing?.agrees === true && standing.role === role && inSync && standing.clusterOk
  })

/** Whether every shard has the primary that it is to have. */
export function isLed(group: ReplicationGroupRecord, standings: Standings): boolean {
  const role = follows(group) ? 'replica' : 'primary'
  return runningMembers(group).every(({ id }) => {
    const standing = standings.get(id)
    return !isPrimary(group, id) || (standing?.agrees === true && standing.role === role)
  })
}

/** Whether the primaries of a group hold all that those of another one have acknowledged, which take no writes any more. */
export const holdsAllOf = (
  former: ReplicationGroupRecord,
  formerStandings: Standings,
  group: ReplicationGroupRecord,
  standings: Standings,
): boolean =>
  group.shards.every(({ id, primary }) => {
    const source = former.shards.find((shard) => shard.id === id)
    const leader = source?.members.find((member) => member.id === source.primary)
    // What a server that has ended had said, and did not reach this group, is lost.
    if (!leader || leader.lost) return true
    const said = formerStandings.get(leader.id)
    const reached = standings.get(primary)?.fed
    return said?.agrees === true && reached !== undefined && reached >= said.offset
  })

/** The replica that is to take the place of a primary that has ended: the one that has heard most of what it said. */
export function bestReplica(group: ReplicationGroupRecord, lost: string, standings: Standings): string | undefined {
  const shard = shardOf(group, lost)
  const candidates = runningMembers(group).flatMap(({ id, status }) => {
    const standing = standings.get(id)
    const isReplica = id !== lost && shard?.members.some((member) => member.id === id)
    return isReplica && standing && status !== 'creating' ? [{ id, offset: standing.offset }] : []
  })
  return candidates.sort((a, b) => b.offset - a.offset)[0]?.id
}
