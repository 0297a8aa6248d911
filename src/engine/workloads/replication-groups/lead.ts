/** Where the data of a group's primary comes from, when it is not its own. Pure but for the store that is read. */
import type { ReplicationGroupRecord } from '../../store/records.ts'
import type { Lead } from './live.ts'

/** Whether its primary is a replica of a server that is no member. */
export const follows = ({ migration }: ReplicationGroupRecord): boolean => migration !== undefined && !migration.over

/** What the server of its primary is. */
export function leadOf({ migration }: ReplicationGroupRecord): Lead {
  if (!migration) return 'primary'
  return migration.over ? 'independent' : { replicaOf: migration.source }
}
