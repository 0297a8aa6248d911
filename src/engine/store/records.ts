/**
 * What the store holds. Records are facts and what remains to be done with them; nothing in them depends on a running
 * process, so that an engine that starts again carries on from the record alone. Times are milliseconds since the epoch.
 */
import type {
  IpDiscovery as ApiIpDiscovery,
  NetworkType as ApiNetworkType,
  SourceType as ApiSourceType,
} from '@aws-sdk/client-elasticache'
import type { EngineName } from '../../api/catalog/engines.ts'
import type { EventFacts, OtherEvent } from '../../api/catalog/events.ts'
import type { FAULT_KINDS, FaultName, FaultSettings } from '../../api/engine-faults.ts'
import type { NodeRuntimeName } from '../../api/local-engine.ts'

export type NetworkType = ApiNetworkType
export type IpDiscovery = ApiIpDiscovery
export type SourceType = ApiSourceType

/** Statuses of the guide's "Viewing a node's status"; the value for rebooting really has spaces. */
export type CacheClusterStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'rebooting cache cluster nodes'
  | 'deleting'
  /** Ours, as serverless caches have it: nodes that end at every start. */
  | 'create-failed'
  | 'incompatible-network'
  | 'incompatible-parameters'

export type CacheNodeStatus = 'creating' | 'available' | 'rebooting cache cluster nodes' | 'deleting'

export interface CacheNodeRecord {
  /** Four digits, `0001`. */
  readonly id: string
  readonly zone: string
  readonly port: number
  readonly createdAt: number
  readonly status: CacheNodeStatus
  /** In the discovery metadata. A node joins when it is ready and leaves before it stops (guide, Auto Discovery). */
  readonly advertised: boolean
  /** Goes up with every restart; a node that runs with a lower one is stopped and started, which empties it. */
  readonly incarnation: number
  /** The subnet it has an address in; absent in records written before there were subnets. */
  readonly subnetId?: string
  /** While the cluster is scaled to another type: the one it has got already. */
  readonly nodeType?: string
  /** What it took from the parameter group when it started; absent in records written before there were groups. */
  readonly parameters?: NodeParameters
}

/** What a parameter group sets, by parameter name; what it leaves at the default is not there. */
export type ParameterValues = Readonly<Record<string, string>>

export interface NodeParameters {
  readonly started: ParameterValues
  /** Of the cluster's {@link ClusterParameters}: the version whose immediate values it goes by. */
  readonly version: number
}

/** What a cluster's parameter group sets, as of its last change. */
export interface ClusterParameters {
  readonly values: ParameterValues
  /** Grows with every change of the group, and of the group's values. */
  readonly version: number
}

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface NotificationTopic {
  readonly arn: string
  readonly status: 'active' | 'inactive'
}

/** How a cluster is scaled to another node type: so many percent of its nodes at a time, with so many minutes in between. */
export interface ScaleConfig {
  readonly percentage: number
  readonly intervalMinutes: number
}

/** Changes accepted for the next maintenance window, or being made now: what PendingModifiedValues shows. */
export interface PendingChanges {
  readonly numCacheNodes?: number
  readonly cacheNodeIdsToRemove?: readonly string[]
  readonly newZones?: readonly string[]
  readonly azMode?: 'single-az' | 'cross-az'
  readonly nodeType?: string
  readonly scaleConfig?: ScaleConfig
  readonly engineVersion?: string
  /** The group for that version, when its family is another. */
  readonly parameterGroup?: string
}

/** What remains to be done with a cluster, in order; workloads/clusters/steps.ts says what each does. */
export type Step =
  | { readonly do: 'start-nodes'; readonly zones: readonly string[] }
  | { readonly do: 'advertise-new-nodes' }
  | { readonly do: 'withdraw-nodes'; readonly ids: readonly string[] }
  | { readonly do: 'remove-withdrawn-nodes' }
  | { readonly do: 'restart-nodes'; readonly ids: readonly string[] }
  | { readonly do: 'nodes-restarted' }
  | { readonly do: 'upgrade'; readonly version: string; readonly parameterGroup: string }
  /** Starts nodes anew as nodes of another type. */
  | {
      readonly do: 'scale-nodes'
      readonly ids: readonly string[]
      readonly nodeType: string
      readonly afterMinutes: number
    }
  | { readonly do: 'end-scaling'; readonly nodeType: string }
  | { readonly do: 'switch-discovery'; readonly to: IpDiscovery }
  /** Restarts one node with a service update; the second ends what the first began. */
  | { readonly do: 'update-node'; readonly update: string; readonly id: string }
  | { readonly do: 'node-updated'; readonly update: string; readonly id: string }
  | { readonly do: 'end-update'; readonly update: string }
  | { readonly do: 'finish'; readonly event?: EventFacts }
  | { readonly do: 'delete' }

export interface Discovery {
  /** Of the metadata; it only grows. 0 until the first nodes are ready. */
  readonly version: number
  /** Of the configuration endpoint. */
  readonly port: number
}

/** A service update that is, or has been, applied to a cluster. */
export interface UpdateActionRecord {
  /** The update's name. */
  readonly update: string
  readonly status: 'waiting-to-start' | 'in-progress' | 'stopping' | 'stopped' | 'complete'
  readonly changedAt: number
  readonly initiatedBy: 'customer' | 'system'
  readonly initiatedAt: number
  readonly nodes: readonly NodeUpdateRecord[]
}

export interface NodeUpdateRecord {
  readonly id: string
  readonly status: 'waiting-to-start' | 'in-progress' | 'stopping' | 'stopped' | 'complete'
  readonly changedAt: number
  readonly startedAt?: number
  readonly endedAt?: number
}

export interface CacheClusterRecord {
  readonly region: string
  readonly id: string
  /** Six characters of the host names AWS would give, `shop.<token>.cfg.usw2.cache.amazonaws.com`. */
  readonly token: string
  /** Until it is created: when it was asked for. */
  readonly createdAt: number
  /** Whether its first nodes have been ready. */
  readonly created: boolean
  readonly status: CacheClusterStatus
  readonly engine: EngineName
  readonly engineVersion: string
  readonly nodeType: string
  /** As answered: while nodes are being added or removed this is still the old number. */
  readonly numCacheNodes: number
  readonly nodes: readonly CacheNodeRecord[]
  /** The port asked for, where the configuration endpoint goes if it is free. */
  readonly requestedPort: number
  /** Auto Discovery; null while there is no configuration endpoint: until the first nodes start. */
  readonly discovery: Discovery | null
  readonly networkType: NetworkType
  readonly ipDiscovery: IpDiscovery
  readonly tls: boolean
  readonly parameterGroup: string
  /** Kept here as well, so that a cluster's status follows from its own record. */
  readonly parameters?: ClusterParameters
  readonly subnetGroup: string
  readonly securityGroupIds: readonly string[]
  /** What its nodes are; absent: what the engine was started with. */
  readonly nodeRuntime?: NodeRuntimeName
  readonly maintenanceWindow: string
  readonly autoMinorVersionUpgrade: boolean
  /** Where notifications of this cluster go; absent when nobody is told. */
  readonly notificationTopic?: NotificationTopic
  readonly tags: readonly Tag[]
  readonly pending: PendingChanges
  readonly updates?: readonly UpdateActionRecord[]
  /** Service updates released until then have been announced; absent: those until it was created. */
  readonly updatesAnnounced?: number
  /** When `pending` is to be applied: the start of the next maintenance window. */
  readonly pendingDue: number | null
  readonly steps: readonly Step[]
  /** Not before then may the first of `steps` be taken. */
  readonly stepDue: number
}

/** A parameter group somebody made, or a default one that has got tags. */
export interface CacheParameterGroupRecord {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  /** `memcached1.6`. */
  readonly family: string
  readonly description: string
  readonly values: ParameterValues
  readonly tags: readonly Tag[]
}

/** A subnet somebody added; those of the VPC's beginning are not stored (network/vpc.ts). At least one of the ranges is set. */
export interface SubnetRecord {
  readonly region: string
  readonly id: string
  readonly vpcId: string
  readonly zone: string
  readonly ipv4Cidr: string | null
  readonly ipv6Cidr: string | null
}

export interface CacheSubnetGroupRecord {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  readonly description: string
  readonly vpcId: string
  readonly subnetIds: readonly string[]
  readonly tags: readonly Tag[]
}

/** Who may connect to which ports, as EC2 has it: TCP only, ingress only. */
export interface SecurityGroupRule {
  /** Both ends included. */
  readonly fromPort: number
  readonly toPort: number
  readonly source: { readonly cidr: string } | { readonly groupId: string }
}

export interface SecurityGroupRecord {
  readonly region: string
  readonly id: string
  readonly name: string
  readonly description: string
  readonly vpcId: string
  /** Source ranges that stand for the instances with this group: what a rule that names the group lets in. */
  readonly members: readonly string[]
  readonly rules: readonly SecurityGroupRule[]
}

/** An EC2 security group in a cache security group; what it is at a moment follows from `change` and `due`. */
export interface Ec2Authorization {
  readonly name: string
  readonly ownerId: string
  readonly change: 'authorizing' | 'revoking'
  /** When the change is done. */
  readonly due: number
}

/** A cache security group of EC2-Classic. */
export interface CacheSecurityGroupRecord {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  readonly description: string
  readonly authorizations: readonly Ec2Authorization[]
  readonly tags: readonly Tag[]
}

/** A quota that is not the default. The id is its name. */
export interface QuotaRecord {
  readonly region: string
  readonly id: string
  readonly limit: number
}

/** How far the engine's clock is ahead of the machine's, in milliseconds. There is one, in the region `engine`. */
export interface ClockRecord {
  readonly region: string
  readonly id: string
  readonly offset: number
}

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

/** What remains to be done with a serverless cache, in order; workloads/serverless/steps.ts says what each does. */
export type ServerlessStep =
  | { readonly do: 'start' }
  /** Loads the items of a snapshot's file. */
  | { readonly do: 'restore'; readonly file: string }
  /** Writes the items to the file of a snapshot. */
  | { readonly do: 'dump'; readonly snapshot: string }
  | { readonly do: 'finish'; readonly events: readonly EventFacts[] }
  | { readonly do: 'delete' }

export interface ServerlessCacheRecord {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  /** Six characters of the host name AWS would give, `shop-<token>.serverless.usw2.cache.amazonaws.com`. */
  readonly token: string
  readonly description: string
  readonly createdAt: number
  readonly status: ServerlessCacheStatus
  readonly engine: EngineName
  /** Gigabytes (2^30 bytes). */
  readonly dataStorage: UsageLimit
  readonly ecpuPerSecond: UsageLimit
  readonly securityGroupIds: readonly string[]
  readonly subnetIds: readonly string[]
  readonly networkType: NetworkType
  /** Null until the cache starts. */
  readonly ports: { readonly primary: number; readonly readOptimized: number } | null
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

/** What nodes are of clusters that do not say; the only one is `node-runtime` in the region `engine`. */
export interface NodeRuntimeRecord {
  readonly region: string
  readonly id: string
  readonly name: NodeRuntimeName
}

/** A URL that is sent every notification; the only one is `notifications` in the region `engine`. */
export interface WebhookRecord {
  readonly region: string
  readonly id: string
  readonly url: string
}

/** What state a reservation is in follows from the time: pending until `activeAt`, active for its term, then retired. */
export interface ReservedNodeRecord {
  readonly region: string
  /** As chosen, in lower case. */
  readonly id: string
  readonly offering: string
  readonly nodes: number
  readonly startedAt: number
  readonly activeAt: number
  readonly tags: readonly Tag[]
}

/** What a fault is aimed at: a cluster or one of its nodes, a serverless cache, a zone, or the API of its region. */
interface Aimed {
  readonly region: string
  readonly cluster?: string
  readonly serverlessCache?: string
  /** Of the cluster or cache: another of the same name is not meant. */
  readonly clusterToken?: string
  readonly node?: string
  readonly zone?: string
}

/** What is kept of a fault of some kinds besides what was asked for. */
interface FaultState {
  /** When its replacement begins; absent: it has begun. */
  readonly 'node-crash': { readonly replacementDue?: number }
  /** Whether it waits for the maintenance window, and moves with it. */
  readonly 'node-replacement': { readonly how?: 'window' }
  /** The discovery payload the node goes on answering with, in base64. */
  readonly 'stale-discovery': { readonly frozen?: string }
}

/** What it is sure to be aimed at. */
interface SureAim {
  readonly node: { readonly cluster: string; readonly clusterToken: string; readonly node: string }
  readonly zone: { readonly zone: string }
}

/** A fault to rehearse with, while it is in effect. Its options are those of its row in api/engine-faults.ts. */
export type FaultOf<K extends FaultName> = Aimed & {
  readonly id: string
  readonly kind: K
  readonly since: number
  /** Absent: until it is cleared. */
  readonly until?: number
} & FaultSettings<K> &
  ((typeof FAULT_KINDS)[K]['aim'] extends keyof SureAim ? SureAim[(typeof FAULT_KINDS)[K]['aim']] : unknown) &
  (K extends keyof FaultState ? FaultState[K] : unknown)

export type FaultRecord = { [K in FaultName]: FaultOf<K> }[FaultName]

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** How a metric's value is held against the threshold. */
export type AlarmComparison =
  | 'GreaterThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold'

export type MissingDataTreatment = 'missing' | 'ignore' | 'breaching' | 'notBreaching'

/** A metric alarm of CloudWatch, and the state it is in. */
export interface AlarmRecord {
  readonly region: string
  /** The name, as it was given. */
  readonly id: string
  readonly description?: string
  readonly actionsEnabled: boolean
  /** ARNs of topics that are told when it comes into a state. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[]
  /** One of the five, or a percentile: `p99`. */
  readonly statistic: string
  /** Seconds, a multiple of 60. */
  readonly period: number
  readonly unit?: string
  readonly evaluationPeriods: number
  /** Absent: all that are evaluated. */
  readonly datapointsToAlarm?: number
  readonly threshold: number
  readonly comparisonOperator: AlarmComparison
  readonly treatMissingData?: MissingDataTreatment
  readonly evaluateLowSampleCountPercentile?: 'evaluate' | 'ignore'
  readonly tags: readonly Tag[]
  readonly configuredAt: number
  readonly state: AlarmState
  readonly stateReason: string
  /** JSON. */
  readonly stateReasonData?: string
  readonly stateUpdatedAt: number
  /** When it last came into another state. */
  readonly transitionedAt: number
}

/** One line of the history of a region's alarms; the id is a number that grows, in digits of the same length. */
export interface AlarmHistoryRecord {
  readonly region: string
  readonly id: string
  readonly alarm: string
  readonly date: number
  readonly type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action'
  readonly summary: string
  /** JSON. */
  readonly data: string
}

/** Records that have nodes and a life; each has its row in workloads/all.ts. */
interface WorkloadRecords {
  readonly cluster: CacheClusterRecord
  readonly serverlessCache: ServerlessCacheRecord
}

/** Records without nodes that are worked on all the same; each has its row in workloads/all.ts. */
interface ErrandRecords {
  readonly serverlessSnapshot: ServerlessSnapshotRecord
}

/** Kinds of records the store keeps; all have a region and an id that is theirs alone in it. */
export interface Records extends WorkloadRecords, ErrandRecords {
  readonly clock: ClockRecord
  readonly webhook: WebhookRecord
  readonly quota: QuotaRecord
  readonly nodeRuntime: NodeRuntimeRecord
  readonly fault: FaultRecord
  readonly subnet: SubnetRecord
  readonly parameterGroup: CacheParameterGroupRecord
  readonly subnetGroup: CacheSubnetGroupRecord
  readonly securityGroup: SecurityGroupRecord
  readonly cacheSecurityGroup: CacheSecurityGroupRecord
  readonly reservedNode: ReservedNodeRecord
  readonly alarm: AlarmRecord
  readonly alarmHistory: AlarmHistoryRecord
}

export type RecordKind = keyof Records
export type WorkloadKind = keyof WorkloadRecords
export type ErrandKind = keyof ErrandRecords

interface EventPlace {
  readonly region: string
  readonly sourceIdentifier: string
  readonly date: number
}

/** An event of ElastiCache. `other` is what an engine of before has told in words that are not known any more. */
export interface ServiceEvent extends EventPlace {
  readonly sourceType: SourceType
  readonly event: EventFacts | OtherEvent
  /** The topic of SNS that is told of it. */
  readonly topicArn?: string
}

/** What an alarm of CloudWatch sends to a topic, as it is: no event of ElastiCache, but delivered with them, in their order. */
export interface AlarmNotice extends EventPlace {
  readonly sourceType: 'alarm'
  readonly subject: string
  readonly message: string
  readonly topicArn: string
}

export type EventRecord = ServiceEvent | AlarmNotice
