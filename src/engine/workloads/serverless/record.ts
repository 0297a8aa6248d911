/** What is kept of a serverless cache and of its snapshots. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import type { ServerRuntime } from '../../../api/local-engine.ts'
import type { EndpointsTold, NetworkType, Tag } from '../../store/values.ts'
import type { DataSource } from '../replication-groups/record.ts'

/**
 * Statuses of the API reference in the small letters of the guide's sample answer, and the guide's `snapshotting`. AWS prints
 * both `CREATING` and `available`; tools that wait compare with small letters.
 */
export type ServerlessCacheStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'snapshotting'
  | 'deleting'
  | 'create-failed'

/** Zero: no limit. */
export interface UsageLimit {
  readonly minimum: number
  readonly maximum: number
}

/** What remains to be done with a serverless cache, in order; life.ts does what each says. */
export type ServerlessStep =
  /** Makes one file of what a server is to begin with. */
  | { readonly do: 'prepare-data'; readonly sources: readonly DataSource[]; readonly file: string }
  | { readonly do: 'start' }
  /** Loads the items of a snapshot's file. */
  | { readonly do: 'restore'; readonly file: string }
  /** Waits for a server, which has been started with the file if there is one, to be what clients can go to. */
  | { readonly do: 'await-server'; readonly file: string | null }
  /** Writes wait, what there is goes to the file, and a server of another engine or version is started with that. */
  | { readonly do: 'upgrade'; readonly engine: EngineName; readonly majorVersion: string; readonly file: string }
  /** Writes the items to the file of a snapshot. */
  | { readonly do: 'dump'; readonly snapshot: string }
  | { readonly do: 'finish'; readonly events: readonly EventFacts[] }
  | { readonly do: 'delete' }

export interface ServerlessPorts {
  readonly primary: number
  readonly readOptimized: number
  /** An address of its own for both; absent: the machine's. */
  readonly ipv4?: string
  /** Behind the door of one that is a server. */
  readonly server?: { readonly inner: number; readonly bus: number }
}

export interface ServerlessCacheRecord extends EndpointsTold {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  /** Six characters of the host name AWS would give, `shop-<token>.serverless.usw2.cache.amazonaws.com`. */
  readonly token: string
  readonly description: string
  readonly createdAt: number
  readonly status: ServerlessCacheStatus
  readonly engine: EngineName
  /** What it is, unless it is of Memcached. Absent: a server, as of all that former engines made. */
  readonly nodeRuntime?: ServerRuntime
  /** Absent: the newest of its engine, as of Memcached. */
  readonly majorVersion?: string
  /** Of the server that it is: another one than that which ended is another incarnation. Absent: the first. */
  readonly incarnation?: number
  /** Users that may log in; absent: everybody is the default user. */
  readonly userGroupId?: string
  /** The key of KMS that was asked for. Nothing is encrypted with it here. */
  readonly kmsKeyId?: string
  /** Gigabytes (2^30 bytes). */
  readonly dataStorage: UsageLimit
  readonly ecpuPerSecond: UsageLimit
  readonly securityGroupIds: readonly string[]
  readonly subnetIds: readonly string[]
  readonly networkType: NetworkType
  /** Null until the cache starts. */
  readonly ports: ServerlessPorts | null
  /** Days for which automatic snapshots are kept; 0: none are made. */
  readonly snapshotRetentionLimit: number
  /** UTC, `HH:MM`. */
  readonly dailySnapshotTime: string
  /** When the next automatic snapshot is due; null: never. */
  readonly nextSnapshot: number | null
  /** When the manual snapshots of the last day were asked for, whatever became of them: what their quota counts. */
  readonly manualSnapshots: readonly number[]
  readonly tags: readonly Tag[]
  readonly steps: readonly ServerlessStep[]
  /** Not before then may the first of `steps` be taken. */
  readonly stepDue: number
}

/** `failed` is not among the states the guide names: the data was lost before it was written. */
export type ServerlessSnapshotStatus = 'creating' | 'available' | 'copying' | 'exporting' | 'deleting' | 'failed'

export interface ServerlessSnapshotRecord {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  readonly type: 'manual' | 'automated'
  readonly status: ServerlessSnapshotStatus
  /** Of the cache it is of. */
  readonly engine: EngineName
  /** Absent: the newest of its engine, as of Memcached. */
  readonly majorVersion?: string
  /** Of its cache, or of the request. */
  readonly kmsKeyId?: string
  /** When the data was obtained. */
  readonly createdAt: number
  /** When an automatic one goes; null: never. */
  readonly expiresAt: number | null
  /** The cache it is of, which may be gone. */
  readonly cache: string
  /** Bytes of the items, as the cache counted them. */
  readonly bytes: number
  /** In the state directory's folder of snapshots. */
  readonly file: string
  /** While it is being copied: the file it is copied from. */
  readonly copyOf: string | null
  /** While it is being exported: the bucket. */
  readonly exportTo: string | null
  readonly tags: readonly Tag[]
  /** Not before then is it copied, exported or deleted. */
  readonly stepDue: number
}
