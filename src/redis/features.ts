import type { ClusterParts } from './cluster/cluster.ts'
import { startCluster } from './cluster/feature.ts'
import type { Core } from './core.ts'
import { startEviction } from './keyspace/eviction.ts'
import { startLatency } from './latency.ts'
import { startMonitor } from './monitor.ts'
import { startOutputLimits } from './output-limits.ts'
import { startPause } from './pause.ts'
import { startPubSub } from './pubsub.ts'
import { startPersistence } from './rdb/persistence.ts'
import { startSnapshots } from './rdb/snapshots.ts'
import { startReplication, startRole } from './replication/start.ts'
import { startShutdown } from './shutdown.ts'
import { startSlowLog } from './slowlog.ts'
import { startTracking } from './tracking.ts'

/**
 * What a node has beside its keys and commands, each started once with it: it adds itself to `core.checks`, `core.chores`,
 * `core.farewells`, `core.tell` and the like. Checks are asked in this order, which is that of redis' processCommand.
 */
const FEATURES: readonly ((core: Core) => void)[] = [
  startReplication,
  startEviction,
  startPersistence,
  startOutputLimits,
  startSlowLog,
  startLatency,
  startMonitor,
  startTracking,
  startPubSub,
  startRole,
  startPause,
  startSnapshots,
  startShutdown,
]

/** Starts all of them. */
export function startFeatures(core: Core, cluster: ClusterParts): void {
  startCluster(core, cluster)
  for (const start of FEATURES) start(core)
}
