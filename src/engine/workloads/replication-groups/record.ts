/** What the store holds of a replication group, and of its members. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import type { EventFacts, LostPort } from '../../../api/catalog/events.ts'
import type { ServerRuntime } from '../../../api/local-engine.ts'
import type { LogDestination, LogType } from '../../../api/local-logs.ts'
import type {
  ClusterParameters,
  EndpointsTold,
  IpDiscovery,
  NetworkType,
  NodeParameters,
  NotificationTopic,
  Place,
  Tag,
} from '../../store/values.ts'
import type { UpdateActionRecord } from '../clusters/record.ts'

export type ReplicationGroupStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'snapshotting'
  /** Its data comes from a server outside. */
  | 'migrating'
  | 'deleting'
  | 'create-failed'

export type GroupMemberStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'rebooting cluster nodes'
  | 'snapshotting'
  /** Its subnet is gone. */
  | 'incompatible-network'
  /** The data it was to begin with does not fit, or cannot be read. */
  | 'restore-failed'
  | 'deleting'

/** Both ends included, of 0 to 16383. */
export type SlotRange = readonly [first: number, last: number]

/** Where a member's own endpoint is, and its server. */
export interface MemberPlace extends Place {
  readonly subnetId: string
  /** Of the server behind that, for the other servers. */
  readonly innerPort: number
  /** Of the cluster bus; null with cluster mode disabled. */
  readonly busPort: number | null
}

/** A node of a replication group, which is a cache cluster as well. */
export interface GroupMemberRecord {
  /** The cache cluster's. */
  readonly id: string
  readonly zone: string
  /** Null until it is placed: nothing runs before. */
  readonly place: MemberPlace | null
  /** What the servers of a cluster know it by: 40 hexadecimal digits. */
  readonly nodeId: string
  readonly createdAt: number
  readonly status: GroupMemberStatus
  /** Goes up with every restart. A server that has ended is not started again as what it was. */
  readonly incarnation: number
  /** Its server has ended, and is not to be started before it is recovered. */
  readonly lost?: true
  readonly parameters?: NodeParameters
  /** What its server is already, while the group is on its way to another engine. */
  readonly release?: Pick<ReplicationGroupRecord, 'engine' | 'engineVersion'>
  readonly tags: readonly Tag[]
}

/** A node group: one primary, and its replicas. */
export interface ShardRecord {
  /** Four digits. */
  readonly id: string
  readonly status: 'creating' | 'available' | 'modifying'
  readonly slots: readonly SlotRange[]
  /** The id of the member that takes writes. */
  readonly primary: string
  readonly members: readonly GroupMemberRecord[]
}

/** What a shard is to have. */
export type ShardSlots = Pick<ShardRecord, 'id' | 'slots'>

/** What of a group is another one, which its servers, or clients, do not take while they run. */
export interface Remaking
  extends Partial<Pick<ReplicationGroupRecord, 'clusterMode' | 'ipDiscovery' | 'parameterGroup' | 'parameters'>> {
  /** What servers are by then, while the group is on its way there. */
  readonly release?: Pick<ReplicationGroupRecord, 'engine' | 'engineVersion'>
}

/** What remains to be done with a replication group, in order; workloads/replication-groups/steps.ts says what each does. */
export type GroupStep =
  /** Makes of the files that the group is to begin with one for each shard. */
  | { readonly do: 'prepare-data' }
  /** The servers have read those. */
  | { readonly do: 'drop-data' }
  /** Waits until the group holds all that the former primary one of its global datastore has acknowledged. */
  | { readonly do: 'take-over' }
  /** Waits until the other groups of its global datastore have done this: data goes from the older to the newer engine. */
  | { readonly do: 'await-others' }
  /** Gives members that have no place yet subnets and ports, and the group the ports of the cluster mode that it is to have. */
  | { readonly do: 'place-members'; readonly clusterMode?: ReplicationGroupRecord['clusterMode'] }
  /** Waits until new members hold what their primary holds, and serve. */
  | { readonly do: 'join-members' }
  /**
   * Gives slots to other shards with their keys, some at a time, until each has what it is to have; there were `total` to move, and
   * `kept` were given up.
   */
  | { readonly do: 'move-slots'; readonly to: readonly ShardSlots[]; readonly total: number; readonly kept?: number }
  /** Nothing comes of it when what nodes hold is more than those have memory for that there are to be. */
  | { readonly do: 'check-fit'; readonly nodeType?: string; readonly shards?: number }
  /** Shards that have no slots any more go, with their members. */
  | { readonly do: 'remove-shards'; readonly ids: readonly string[] }
  /** Starts servers of another program in the place of these. */
  | {
      readonly do: 'change-servers'
      readonly ids: readonly string[]
      readonly release: Pick<ReplicationGroupRecord, 'engine' | 'engineVersion'>
    }
  /** All servers start anew at once, as they are to be and with what they held. Writes wait while that is saved. */
  | { readonly do: 'restart-with-data'; readonly as: Remaking }
  /** The group is another one, which its servers need not know of. */
  | { readonly do: 'remake'; readonly as: Remaking }
  /** Servers go by another size, or by the rules of another version. */
  | {
      readonly do: 'upgrade'
      readonly to: Pick<
        ReplicationGroupRecord,
        'nodeType' | 'engine' | 'engineVersion' | 'parameterGroup' | 'parameters'
      >
    }
  | { readonly do: 'restart-members'; readonly ids: readonly string[] }
  | { readonly do: 'members-restarted' }
  | { readonly do: 'remove-members'; readonly ids: readonly string[] }
  /** Makes another member of a shard its primary, as the former one has ended; or stays, and cannot be reached. */
  | { readonly do: 'fail-over'; readonly lost: string; readonly stays?: true }
  | { readonly do: 'recover'; readonly id: string }
  | { readonly do: 'recovered'; readonly id: string }
  /** Makes a replica the primary, and the primary a replica, both there. */
  | { readonly do: 'promote'; readonly id: string }
  /** Servers follow the change as soon as it is there; it is over when all do. */
  | { readonly do: 'change-access'; readonly change: AccessChange }
  | { readonly do: 'change-logs'; readonly change: LogsChange }
  /** Restarts a server that a service update is applied to. */
  | { readonly do: 'update-member'; readonly update: string; readonly id: string }
  /** How far the update is on these. */
  | {
      readonly do: 'note-update'
      readonly update: string
      readonly ids: readonly string[]
      readonly status: 'in-progress' | 'complete'
    }
  | { readonly do: 'end-update'; readonly update: string }
  /** Sees whether data could come from a server outside, and tells. */
  | { readonly do: 'test-source'; readonly source: OutsideServer }
  | { readonly do: 'begin-migration'; readonly source: OutsideServer }
  /** Waits until it holds what the source holds; gives up when the source is not fit for it time and again. */
  | { readonly do: 'join-source'; readonly failures: number }
  /** Goes on without the source, once all that this had said at the first look has come. */
  | { readonly do: 'complete-migration'; readonly force: boolean; readonly offset?: number }
  /** Its servers do without the source. */
  | { readonly do: 'end-migration' }
  | { readonly do: 'finish'; readonly events?: readonly EventFacts[] }
  /** With a member to retain, that goes on as a cache cluster of its own. */
  | { readonly do: 'delete'; readonly retain?: string }

export interface GlobalMembership {
  /** The global datastore's. */
  readonly id: string
  /** The data of secondary groups comes from the primary one. */
  readonly role: 'PRIMARY' | 'SECONDARY'
  readonly status: 'associating' | 'associated' | 'disassociating'
  /** While it is modified together with the other groups. */
  readonly changing?: true
  /** The region of the group that was the primary one, until this one, with cluster mode enabled, holds all that it was told. */
  readonly takesOverFrom?: string
}

/** A server that is none of this engine's, which a group's data is taken from. */
export interface OutsideServer {
  readonly host: string
  readonly port: number
}

/** What of a group's access is being changed, and what it will be. */
export interface AccessChange {
  readonly transit?: ReplicationGroupRecord['transit']
  readonly token?: TokenChange
  readonly userGroups?: UserGroupsChange
}

/** A log of the servers that is delivered. */
export interface LogDeliveryRecord {
  readonly type: LogType
  readonly format: 'json' | 'text'
  readonly destination: LogDestination
  /** Of the log group, or of the delivery stream. */
  readonly name: string
  /** Why it does not get there. */
  readonly message?: string
}

/** Logs that are to be delivered from now on, or otherwise, and those that are not any more. */
export interface LogsChange {
  readonly put: readonly LogDeliveryRecord[]
  readonly remove: readonly LogType[]
}

export interface TokenChange extends Pick<ReplicationGroupRecord, 'authTokens' | 'acceptsNoToken'> {
  /** Absent: the token goes, and users come in its place. */
  readonly status?: 'SETTING' | 'ROTATING'
}

export interface UserGroupsChange {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** What waits for the maintenance window. */
export interface PendingGroupChanges {
  readonly automaticFailover?: boolean
  readonly multiAz?: boolean
  /** The replica that is to be the primary. */
  readonly primary?: string
  readonly parameterGroup?: string
  readonly nodeType?: string
  readonly engine?: EngineName
  readonly engineVersion?: string
}

/** A file with data that a group begins with. */
export interface DataSource {
  /** In the folder of snapshots; with a bucket the key of an object in that. */
  readonly file: string
  readonly bucket?: string
  /** What its keys are of; null: of any, in whatever database. */
  readonly slots: readonly SlotRange[] | null
  /** What they take in memory, where that is known, and which engine has written them. */
  readonly bytes?: number
  readonly engine?: EngineName
}

/** What a group begins with, until it is there. */
export interface Restoring {
  /** The snapshot, if it is one of groups. */
  readonly snapshot?: string
  readonly sources: readonly DataSource[]
}

/** A replication group with its members, or a cache cluster of Redis OSS or Valkey that is in none. */
export interface ReplicationGroupRecord extends EndpointsTold {
  readonly region: string
  /** Of a lone cache cluster: that of its only member. */
  readonly id: string
  /** Six characters of the host names AWS would give. */
  readonly token: string
  readonly createdAt: number
  /** Whether its first members have been ready. */
  readonly created: boolean
  /** A group to the engine only; to callers, one cache cluster. */
  readonly lone: boolean
  readonly status: ReplicationGroupStatus
  readonly description: string
  readonly engine: EngineName
  /** As it was asked for: 7.1. */
  readonly engineVersion: string
  /** Absent: servers, as of all that former engines made. */
  readonly nodeRuntime?: ServerRuntime
  readonly nodeType: string
  readonly clusterMode: 'disabled' | 'compatible' | 'enabled'
  /** The port asked for, where the first endpoint goes if it is free. */
  readonly requestedPort: number
  /** Ports that clients know, and that another program has. */
  readonly lostPorts?: readonly LostPort[]
  /** Of those that its mode has; null until they are placed. */
  readonly endpointPorts: {
    readonly primary: number | null
    readonly reader: number | null
    readonly configuration: number | null
  }
  /** IPv4 addresses of their own, of those that have one. */
  readonly endpointAddresses?: Readonly<Partial<Record<'primary' | 'reader' | 'configuration', string>>>
  readonly networkType: NetworkType
  readonly ipDiscovery: IpDiscovery
  readonly transit: 'plain' | 'preferred' | 'required'
  readonly atRest: boolean
  readonly kmsKeyId?: string
  /** As it was asked for. */
  readonly durability?: 'default' | 'sync' | 'async' | 'disabled'
  /** SHA-256 of each token that is taken, in hexadecimal, the newest last. */
  readonly authTokens: readonly string[]
  /** Whether clients are let in without one besides: while the first is introduced. */
  readonly acceptsNoToken: boolean
  readonly authTokenModifiedAt?: number
  /** One at most. */
  readonly userGroupIds: readonly string[]
  readonly automaticFailover: 'disabled' | 'enabling' | 'enabled' | 'disabling'
  readonly multiAz: boolean
  readonly shards: readonly ShardRecord[]
  readonly parameterGroup: string
  readonly parameters: ClusterParameters
  readonly subnetGroup: string
  readonly securityGroupIds: readonly string[]
  readonly maintenanceWindow: string
  readonly autoMinorVersionUpgrade: boolean
  readonly notificationTopic?: NotificationTopic
  readonly snapshotRetentionLimit: number
  /** UTC, `HH:MM-HH:MM`. */
  readonly snapshotWindow: string
  readonly snapshottingClusterId?: string
  /** When the next automatic snapshot is due, by which window; absent: none is planned. */
  readonly nextSnapshot?: { readonly window: string; readonly due: number }
  /** Of the last day, whatever became of them: which node was to be saved, and when it was asked for. */
  readonly manualSnapshots?: readonly { readonly node: string; readonly at: number }[]
  readonly restoring?: Restoring
  /** One of a type at most. */
  readonly logDelivery?: readonly LogDeliveryRecord[]
  readonly tags: readonly Tag[]
  /** While it is migrated to; over: its primary is to go on without the source. */
  readonly migration?: { readonly source: OutsideServer; readonly over?: true }
  /** As a member of a global datastore. */
  readonly global?: GlobalMembership
  /** Changes accepted for the next maintenance window. */
  readonly pending: PendingGroupChanges
  /** When they are to be applied; null: there are none. */
  readonly pendingDue: number | null
  readonly updates?: readonly UpdateActionRecord[]
  /** Service updates released until then have been announced; absent: those until it was created. */
  readonly updatesAnnounced?: number
  /** When failovers of its shards were asked for to test them: so many are allowed in a day. */
  readonly failoverTests: readonly number[]
  readonly steps: readonly GroupStep[]
  /** Not before then may the first of `steps` be taken. */
  readonly stepDue: number
}
