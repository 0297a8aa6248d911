/** What is kept of a snapshot of a replication group, or of a cache cluster of Redis OSS or Valkey. */
import type { Tag } from '../../store/values.ts'
import type { ReplicationGroupRecord, SlotRange } from '../replication-groups/record.ts'

/** That it is being restored is no status of its own: the groups that are made of it say so. `failed` is of the guide's page of notifications. */
export type SnapshotStatus = 'creating' | 'available' | 'copying' | 'exporting' | 'deleting' | 'failed'

/** What a group or cluster was, as far as a snapshot tells of it and a new one is like it. */
export type SnapshottedGroup = Pick<
  ReplicationGroupRecord,
  | 'engine'
  | 'engineVersion'
  | 'nodeType'
  | 'clusterMode'
  | 'description'
  | 'requestedPort'
  | 'parameterGroup'
  | 'subnetGroup'
  | 'maintenanceWindow'
  | 'autoMinorVersionUpgrade'
  | 'notificationTopic'
  | 'automaticFailover'
  | 'snapshotRetentionLimit'
  | 'snapshotWindow'
  | 'createdAt'
  | 'durability'
>

/** What one shard held, as one file. */
export interface ShardSnapshot {
  /** Of the shard: four digits. */
  readonly id: string
  /** Null with cluster mode disabled: every key is in it, in whatever database. */
  readonly slots: readonly SlotRange[] | null
  /** The cache cluster whose node is saved. */
  readonly member: string
  /** Of that node: one that has ended since then does not hold what was to be saved. */
  readonly incarnation: number
  readonly nodeCreatedAt: number
  readonly zone: string
  /** Of the primary first. */
  readonly zones: readonly string[]
  /** In the state directory's folder of snapshots. */
  readonly file: string
  /** What the data takes in memory. Null until it is saved, as is when that was. */
  readonly bytes: number | null
  readonly savedAt: number | null
}

export interface SnapshotRecord {
  readonly region: string
  /** The name, in lower case; of an automatic one with a dot. */
  readonly id: string
  readonly type: 'manual' | 'automated'
  readonly status: SnapshotStatus
  /** The group it was asked for of; absent: a cache cluster was named. */
  readonly group?: string
  /** Of that group or cluster: another one of the same name is not meant. */
  readonly sourceToken: string
  readonly source: SnapshottedGroup
  readonly vpcId: string
  /** That it is said to be encrypted with; here nothing is. */
  readonly kmsKeyId?: string
  readonly shards: readonly ShardSnapshot[]
  readonly createdAt: number
  /** When an automatic one goes; null: never. */
  readonly expiresAt: number | null
  /** Its group or cluster is deleted once it is there. */
  readonly final?: true
  /** While it is being copied: the file of each of its shards that is copied. */
  readonly copyOf?: readonly string[]
  /** While it is being exported. */
  readonly exportTo?: { readonly bucket: string; readonly name: string }
  readonly tags: readonly Tag[]
  /** Not before then is it written, copied, exported or deleted. */
  readonly stepDue: number
}
