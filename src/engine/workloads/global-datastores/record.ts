/** What the store holds of a global datastore; which replication groups are in it is told by those. */

/** Global datastores are of no region: they are stored in this one. */
export const GLOBAL = 'global'

export interface GlobalReplicationGroupRecord {
  readonly region: typeof GLOBAL
  /** `sgaui-shop` */
  readonly id: string
  readonly description: string
  /** Its last group is leaving it. */
  readonly deleting?: true
}
