/** Where the data of a group's primaries comes from, when it is not their own. Pure but for the store that is read. */
import type { RedisLive } from '../../nodes/redis/spec.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import type { Store } from '../../store/store.ts'
import { announcedAddress, type Lead } from './live.ts'
import { isCluster, isResharding, membersOf } from './members.ts'
import { formatSlots } from './slots.ts'

/** Whether its primary is a replica of a server that is no member. */
export const follows = ({ clusterMode, migration, global }: ReplicationGroupRecord): boolean =>
  (migration !== undefined && !migration.over) ||
  (clusterMode === 'disabled' && global?.role === 'SECONDARY' && global.status !== 'disassociating')

/** What the server of its primary is, with cluster mode disabled. */
export function leadOf(group: ReplicationGroupRecord, store: Store): Lead {
  const { migration, global } = group
  if (migration) return migration.over ? 'independent' : { replicaOf: migration.source }
  if (global?.role !== 'SECONDARY') return 'primary'
  const [primary] = follows(group) ? globalMembers(store, global.id) : []
  const source = primary?.global?.role === 'PRIMARY' ? primaryPlaceOf(primary, primary.shards[0]?.id) : undefined
  return source ? { replicaOf: source } : 'independent'
}

/**
 * What its servers are told with cluster mode enabled: no server of a cluster replicates one of another, so that primaries
 * are fed, and are primaries to their own cluster.
 * @param shard Of whose primary it is; undefined: of a replica.
 */
export function feedOf(
  group: ReplicationGroupRecord,
  shard: string | undefined,
  store: Store,
): Pick<RedisLive, 'feed' | 'refusesWrites'> {
  if (!isFed(group)) return {}
  const source = shard === undefined ? undefined : sourceOf(group, store)
  const place = source && primaryPlaceOf(source, shard)
  return { refusesWrites: true, ...(place && { feed: { innerPort: place.innerPort } }) }
}

/** Whether what its clients read is another group's, and they cannot write. */
const isFed = ({ clusterMode, global }: ReplicationGroupRecord): boolean =>
  isCluster({ clusterMode }) &&
  global !== undefined &&
  global.status !== 'disassociating' &&
  (global.role === 'SECONDARY' || global.takesOverFrom !== undefined)

/** Whether it is to be fed, and nothing feeds it for now. */
export const isStarved = (group: ReplicationGroupRecord, store: Store): boolean =>
  isFed(group) && sourceOf(group, store) === undefined

/** The group that it is fed by now. */
function sourceOf(group: ReplicationGroupRecord, store: Store): ReplicationGroupRecord | undefined {
  const { id = '', takesOverFrom: former } = group.global ?? {}
  const members = globalMembers(store, id)
  const source = former === undefined ? members[0] : members.find(({ region }) => region === former)
  // What a new primary one holds is known once it has all of the former's.
  if (!source || (former === undefined && source.global?.takesOverFrom !== undefined)) return undefined
  // A key that moves is told of by two servers, in no order; when its slot has arrived in both groups there is one again.
  const isStill = !isResharding(source) && !isResharding(group) && layoutOf(source) === layoutOf(group)
  return isStill ? source : undefined
}

const layoutOf = ({ shards }: ReplicationGroupRecord): string =>
  shards.map(({ id, slots }) => `${id} ${formatSlots(slots)}`).join(';')

function primaryPlaceOf(group: ReplicationGroupRecord, shard: string | undefined) {
  const primary = group.shards.find(({ id }) => id === shard)?.primary
  const member = membersOf(group).find(({ id }) => id === primary)
  if (!member?.place) return undefined
  const { place } = member
  return { ip: announcedAddress(group, { ...member, place }), port: place.port, innerPort: place.innerPort }
}
