import type { Errands, Life } from '../lifecycle/runner.ts'
import { afflictedNames } from '../names/afflicted.ts'
import type { BookEntry } from '../names/book.ts'
import type { Claim } from '../network/ports.ts'
import { nameOf, type Owner } from '../nodes/wanted.ts'
import type { ErrandKind, HostName, Records, WorkloadKind } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { clusters } from './clusters/cluster.ts'
import { ClusterLife } from './clusters/life.ts'
import { replicationGroups } from './replication-groups/group.ts'
import { ReplicationGroupLife } from './replication-groups/life.ts'
import { serverlessCaches } from './serverless/cache.ts'
import { ServerlessLife } from './serverless/life.ts'
import { ServerlessSnapshotErrands } from './serverless/snapshots.ts'
import { SnapshotErrands } from './snapshots/errands.ts'
import { UserErrands, UserGroupErrands } from './users/errands.ts'
import type { LifeTools, Subject, Workload, WorkloadRecord } from './workload.ts'

interface Row<K extends WorkloadKind> extends Workload<Records[K]> {
  readonly live: (tools: LifeTools) => Life<K>
}

/** All that has nodes and a life; what holds for every kind asks here. */
const WORKLOADS: { readonly [K in WorkloadKind]: Row<K> } = {
  cluster: { ...clusters, live: (tools) => new ClusterLife(tools) },
  replicationGroup: { ...replicationGroups, live: (tools) => new ReplicationGroupLife(tools) },
  serverlessCache: { ...serverlessCaches, live: (tools) => new ServerlessLife(tools) },
}

/** All that is worked on without nodes. */
const ERRANDS: Readonly<Record<ErrandKind, (tools: LifeTools) => Errands>> = {
  serverlessSnapshot: (tools) => new ServerlessSnapshotErrands(tools),
  snapshot: (tools) => new SnapshotErrands(tools),
  user: (tools) => new UserErrands(tools),
  userGroup: (tools) => new UserGroupErrands(tools),
}

/** The life of every kind of workload. */
export const livesOf = (tools: LifeTools): readonly Life[] => Object.values(WORKLOADS).map(({ live }) => live(tools))

/** The errands beside the lives, such as taking snapshots. */
export const errandsOf = (tools: LifeTools): readonly Errands[] => Object.values(ERRANDS).map((make) => make(tools))

function ofEvery<T>(
  store: Store,
  ask: (workload: Workload<WorkloadRecord>, record: WorkloadRecord) => readonly T[],
): T[] {
  return Object.values(WORKLOADS).flatMap((workload) =>
    // Sound: a workload is asked of records of its own kind only, which the compiler cannot follow through the table.
    store.all(workload.kind).flatMap((record) => ask(workload as Workload<WorkloadRecord>, record)),
  )
}

/** What has metrics. */
export const subjectsOf = (store: Store): Subject[] => ofEvery(store, (workload, record) => workload.subjectsOf(record))

/** Names of all nodes that are to run. */
export const wantedNames = (store: Store): ReadonlySet<string> =>
  new Set(
    ofEvery(store, (workload, record) =>
      workload
        .nodesOf(record, [], store)
        .map(({ node }) => nameOf({ region: record.region, kind: workload.kind, id: record.id, node })),
    ),
  )

/** Whether any endpoint is told by name. */
export const isAnyNamed = (store: Store): boolean =>
  Object.values(WORKLOADS).some(({ kind }) => store.all(kind).some(({ named }) => named))

/** Tells endpoints of all there is with this host from now on; undefined: with this machine's loopback. */
export function advertise(store: Store, advertisedHost: string | undefined): void {
  for (const { kind } of Object.values(WORKLOADS)) {
    for (const record of store.all(kind)) {
      if (record.advertisedHost === advertisedHost) continue
      const { advertisedHost: _, ...rest } = record
      const told = { ...rest, ...(advertisedHost !== undefined && { advertisedHost }) }
      const discovery = 'discovery' in told ? told.discovery : null
      // Clients take a list with another version only.
      const newer = discovery ? { ...told, discovery: { ...discovery, version: discovery.version + 1 } } : told
      // Sound: a record of this kind, with another host.
      store.change((change) => change.put(kind, newer as never))
    }
  }
}

/** Names of one record as they are, whatever faults make of them. */
export function namesOfOwner({ region, kind, id }: Owner, store: Store): readonly HostName[] {
  const record = store.get(kind, region, id)
  // Sound: the workload is that of the record's own kind.
  return record ? (WORKLOADS[kind] as Workload<WorkloadRecord>).namesOf(record, []) : []
}

/** All names that endpoints are told by now, as the faults that concern them leave them. */
export const hostNames = (store: Store): BookEntry[] =>
  ofEvery(store, (workload, record) => {
    const faults = workload.faultsOf(record, store.list('fault', record.region))
    return afflictedNames(workload.namesOf(record, faults), faults)
  })

/** Ports, and addresses, that records hold, whether their nodes run or not. */
export const recordedClaims = (store: Store): ReadonlySet<Claim> =>
  new Set(ofEvery(store, (workload, record) => workload.claimsOf(record)))
