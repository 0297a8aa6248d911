/** Where the data of a group's primary comes from, when it is not its own. Pure but for the store that is read. */
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import type { Store } from '../../store/store.ts'
import type { Lead } from './live.ts'

/** Whether its primary is a replica of a server that is no member. */
export const follows = ({ migration, global }: ReplicationGroupRecord): boolean =>
  (migration !== undefined && !migration.over) || (global?.role === 'SECONDARY' && global.status !== 'disassociating')

/** What the server of its primary is. */
export function leadOf(group: ReplicationGroupRecord, store: Store): Lead {
  const { migration, global } = group
  if (migration) return migration.over ? 'independent' : { replicaOf: migration.source }
  if (global?.role !== 'SECONDARY') return 'primary'
  const source = follows(group) ? primaryPlaceOf(global.id, store) : undefined
  return source ? { replicaOf: source } : 'independent'
}

/** Where the server is that has the data of a global datastore first. */
function primaryPlaceOf(id: string, store: Store) {
  const [primary] = globalMembers(store, id)
  const [shard] = primary?.global?.role === 'PRIMARY' ? primary.shards : []
  return shard?.members.find((member) => member.id === shard.primary)?.place
}
