/**
 * What the store holds. Records are facts and what remains to be done with them; nothing in them depends on a running
 * process, so that an engine that starts again carries on from the record alone. Times are milliseconds since the epoch.
 */
import type { SourceType as ApiSourceType } from '@aws-sdk/client-elasticache'
import type { EventFacts, OtherEvent } from '../../api/catalog/events.ts'
import type { FAULT_KINDS, FaultName, FaultSettings } from '../../api/engine-faults.ts'
import type { NodeRuntimeName } from '../../api/local-engine.ts'
import type { EndpointMode } from '../../api/local-names.ts'
import type { CacheClusterRecord } from '../workloads/clusters/record.ts'
import type { GlobalReplicationGroupRecord } from '../workloads/global-datastores/record.ts'
import type { ReplicationGroupRecord } from '../workloads/replication-groups/record.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord } from '../workloads/serverless/record.ts'
import type { SnapshotRecord } from '../workloads/snapshots/record.ts'
import type { UserGroupRecord, UserRecord } from '../workloads/users/record.ts'
import type { HostName, ParameterValues, Tag } from './values.ts'

export type * from '../workloads/clusters/record.ts'
export type { GlobalReplicationGroupRecord } from '../workloads/global-datastores/record.ts'
export type * from '../workloads/replication-groups/record.ts'
export type * from '../workloads/serverless/record.ts'
export type * from '../workloads/snapshots/record.ts'
export type * from '../workloads/users/record.ts'
export type * from './values.ts'

export type SourceType = ApiSourceType

/** A parameter group that a user made, or a default one with tags. */
export interface CacheParameterGroupRecord {
  readonly region: string
  /** The name, in lower case. */
  readonly id: string
  /** `memcached1.6`. */
  readonly family: string
  readonly description: string
  /** Of the service's making, for a group of a global datastore. */
  readonly isGlobal?: true
  readonly values: ParameterValues
  readonly tags: readonly Tag[]
}

/** A subnet that a user added; those of the default VPC are not stored (network/vpc.ts). At least one range is set. */
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

/** Clients that may connect, and to which ports, as EC2 has it: TCP only, ingress only. */
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

/** What nodes are of clusters that do not say; the only one is `node-runtime` in the region `engine`. */
export interface NodeRuntimeRecord {
  readonly region: string
  readonly id: string
  readonly name: NodeRuntimeName
}

/** How endpoints are told of what is created; the only one is `endpoints` in the region `engine`. */
export interface EndpointModeRecord {
  readonly region: string
  readonly id: string
  readonly mode: EndpointMode
  /** Of the engine's name server, when it last ran. */
  readonly dnsPort?: number
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
  /** As a whole: a fault of one of its members is that of a cluster. */
  readonly replicationGroup?: string
  /** Of what it is aimed at, for a member of a group its server's id: another of the same name is not meant. */
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
  /** What its names stood for when they began to be stale. */
  readonly 'stale-dns': { readonly frozen?: readonly HostName[] }
}

/** What it is sure to be aimed at. */
interface SureAim {
  readonly node: { readonly cluster: string; readonly clusterToken: string; readonly node: string }
  readonly primary: { readonly cluster: string; readonly clusterToken: string; readonly node: string }
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
  readonly replicationGroup: ReplicationGroupRecord
  readonly serverlessCache: ServerlessCacheRecord
}

/** Records without nodes that are worked on all the same; each has its row in workloads/all.ts. */
interface ErrandRecords {
  readonly serverlessSnapshot: ServerlessSnapshotRecord
  readonly snapshot: SnapshotRecord
  readonly user: UserRecord
  readonly userGroup: UserGroupRecord
}

/** Kinds of records the store keeps; all have a region and an id that is theirs alone in it. */
export interface Records extends WorkloadRecords, ErrandRecords {
  readonly clock: ClockRecord
  readonly webhook: WebhookRecord
  readonly quota: QuotaRecord
  readonly nodeRuntime: NodeRuntimeRecord
  readonly endpointMode: EndpointModeRecord
  readonly fault: FaultRecord
  readonly subnet: SubnetRecord
  readonly parameterGroup: CacheParameterGroupRecord
  readonly subnetGroup: CacheSubnetGroupRecord
  readonly securityGroup: SecurityGroupRecord
  readonly cacheSecurityGroup: CacheSecurityGroupRecord
  readonly globalReplicationGroup: GlobalReplicationGroupRecord
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
