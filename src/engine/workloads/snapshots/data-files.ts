/** The files that the shards of a new group start with, once they are made ready. Pure. */
import type { ReplicationGroupRecord } from '../../store/records.ts'

/** In the folder of snapshots. It is the same whenever it is made, so that what was broken off is written over. */
export const dataFileOf = ({ region, token }: ReplicationGroupRecord, shard: string): string =>
  `${region}-${token}-data-${shard}.rdb`

/** All of a group that is being restored. */
export const dataFiles = (group: ReplicationGroupRecord): string[] =>
  group.restoring ? group.shards.map(({ id }) => dataFileOf(group, id)) : []
