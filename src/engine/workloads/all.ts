import type { WorkloadKind } from '../nodes/wanted.ts'
import type { Records } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { clusters } from './clusters/cluster.ts'
import { serverlessCaches } from './serverless/cache.ts'
import type { Subject, Workload, WorkloadRecord } from './workload.ts'

/** All that has nodes; what holds for every kind asks here. */
const WORKLOADS: { readonly [K in WorkloadKind]: Workload<Records[K]> } = {
  cluster: clusters,
  serverlessCache: serverlessCaches,
}

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

/** Ports that records hold, whether their nodes run or not. */
export const recordedPorts = (store: Store): ReadonlySet<number> =>
  new Set(ofEvery(store, (workload, record) => workload.portsOf(record)))
