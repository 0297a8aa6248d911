import { regionFacts } from '../../../api/catalog/regions.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { missing } from '../../http/query-protocol.ts'
import type { GlobalReplicationGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import { refuseUnlessAvailable } from '../replication-groups/find.ts'
import { GLOBAL } from './record.ts'
import { invalid } from './rules.ts'

/** Finds a global datastore by its id in any case, asked in whatever region. AWS's words are not known. */
export function findGlobal(id: string | undefined, { store }: Context): GlobalReplicationGroupRecord {
  if (!id) throw missing('GlobalReplicationGroupId', id)
  const datastore = store.get('globalReplicationGroup', GLOBAL, id.toLowerCase())
  if (!datastore) {
    throw new Fault('GlobalReplicationGroupNotFoundFault', `Global Replication Group ${id} not found.`)
  }
  return datastore
}

/** All its groups, the primary one first, of which none is being changed by a request of its own. */
export function calmMembers(datastore: GlobalReplicationGroupRecord, { store }: Context): ReplicationGroupRecord[] {
  const members = globalMembers(store, datastore.id)
  for (const member of members) refuseUnlessAvailable(member)
  return members
}

/** What a call does to a group of another region than its own. */
export const contextOf = ({ region }: ReplicationGroupRecord, context: Context): Context => ({
  ...context,
  region,
  facts: regionFacts(region) ?? context.facts,
})

/** One of its groups. Of AWS's words the end is known. */
export function findMember(
  datastore: GlobalReplicationGroupRecord,
  { id, region }: { readonly id: string | undefined; readonly region: string | undefined },
  { store }: Context,
): ReplicationGroupRecord {
  const member = globalMembers(store, datastore.id).find(
    (each) => each.id === id?.toLowerCase() && each.region === region,
  )
  if (!member) {
    throw invalid(
      `Replication Group ${id} in ${region} is not associated with Global Replication Group ${datastore.id}.`,
    )
  }
  return member
}
