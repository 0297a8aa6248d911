import type { Pace } from '../../api/local-engine.ts'
import type { Due, Work } from '../lifecycle/runner.ts'
import type { Wake } from '../lifecycle/wakes.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { Claim, Ports } from '../network/ports.ts'
import { listenAddresses } from '../nodes/addresses.ts'
import type { NodeFiles, NodeRuntime } from '../nodes/runtime.ts'
import type { Deployment, WantedCertificate, WantedEndpoint, WantedNode } from '../nodes/wanted.ts'
import type { FaultRecord, HostName, Records, WorkloadKind } from '../store/records.ts'
import type { SnapshotFiles } from '../store/snapshot-files.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../time/clock.ts'

export type WorkloadRecord = Records[WorkloadKind]

/** The first of its steps. */
export interface StepWork {
  readonly do: 'step'
}

/** Of a record that has steps left. */
export const nextStep = ({ stepDue }: WorkloadRecord, now: number): Due<StepWork> =>
  stepDue > now ? { until: stepDue } : { do: 'step' }

export interface Dimension {
  readonly Name: string
  readonly Value: string
}

/** What has metrics: a node of a cluster, or a serverless cache. */
export interface Subject {
  /** The node's name: `us-west-2/shop/0001`. */
  readonly key: string
  readonly region: string
  /** Which metrics it has: the name of a set of its family. */
  readonly kind: string
  /** As CloudWatch has them: CacheClusterId and CacheNodeId, or clusterId. */
  readonly dimensions: readonly Dimension[]
  /** Of nodes. */
  readonly nodeType?: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** What has nodes and a life: what its record says of its nodes. Pure; how it lives is told by lifecycle/runner.ts. */
export interface Workload<R extends WorkloadRecord, W extends Work = Work> {
  readonly kind: WorkloadKind
  next(record: R, now: number): Due<W>
  /** Of all faults of its region those that concern it. */
  faultsOf(record: R, faults: readonly FaultRecord[]): readonly FaultRecord[]
  /** The nodes that are to run, as the faults that concern it leave them. */
  nodesOf(record: R, faults: readonly FaultRecord[], store: Store): readonly WantedNode[]
  endpointsOf(record: R, faults: readonly FaultRecord[]): readonly WantedEndpoint[]
  certificateOf(record: R, faults: readonly FaultRecord[]): WantedCertificate | null
  /** Clients that may connect to its nodes, by the security groups there are. */
  ingressOf(record: R, store: Store): readonly IngressRule[]
  /** Names that its endpoints are told by, and what they stand for now; none: they are told by address. */
  namesOf(record: R, faults: readonly FaultRecord[]): readonly HostName[]
  /** Ports, and addresses, that are its own, whether it runs or not. */
  claimsOf(record: R): readonly Claim[]
  subjectsOf(record: R): readonly Subject[]
}

/** What lives and errands work with. */
export interface LifeTools {
  readonly store: Store
  readonly clock: Clock
  readonly runtime: Pick<NodeRuntime, 'dump' | 'restore' | 'reshape' | 'status' | 'moveSlots'>
  readonly ports: Ports
  /** Where free ports of serverless caches are looked for from; absent: from the port of their engine. */
  readonly serverlessPort?: number | undefined
  readonly snapshotFiles: SnapshotFiles
  /** Of a server that is a process of its own, by its name. */
  readonly filesOf: (name: string) => NodeFiles
  /** Lets the lifecycle look at a record that has changed. */
  readonly wake: Wake
  readonly pace: Pace
  readonly random: () => number
  readonly log: (line: string) => void
}

/** All that is to run of a record now. */
export function deploymentOf<R extends WorkloadRecord>(workload: Workload<R>, record: R, store: Store): Deployment {
  const faults = workload.faultsOf(record, store.list('fault', record.region))
  return {
    owner: { region: record.region, kind: workload.kind, id: record.id },
    nodes: workload.nodesOf(record, faults, store),
    endpoints: workload.endpointsOf(record, faults),
    addresses: listenAddresses(record.networkType),
    ingress: workload.ingressOf(record, store),
    certificate: workload.certificateOf(record, faults),
  }
}
