/** What is kept of a cluster: facts, and what remains to be done with it. */
import type { EngineName } from '../../../api/catalog/engines.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import type { NodeRuntimeName } from '../../../api/local-engine.ts'
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

export interface CacheNodeRecord extends Place {
  /** Four digits, `0001`. */
  readonly id: string
  readonly zone: string
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

/** What remains to be done with a cluster, in order; steps.ts says what each does. */
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

/** With the place of the configuration endpoint. */
export interface Discovery extends Place {
  /** Of the metadata; it only grows. 0 until the first nodes are ready. */
  readonly version: number
}

/** Whether there are nodes that clients may be told of. */
export const tellsNodes = (discovery: Discovery | null): discovery is Discovery =>
  discovery !== null && discovery.version > 0

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

export interface CacheClusterRecord extends EndpointsTold {
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
  /** Auto Discovery; null until the first nodes start, and for good where the engine has none: no configuration endpoint. */
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
  /** Where notifications of this cluster go; absent without a topic. */
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
