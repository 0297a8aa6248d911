import { isAtLeast } from '../../api/catalog/versions.ts'
import type { Core } from '../core.ts'
import { Cluster, type ClusterParts } from './cluster.ts'

// Valkey says so; Redis only refuses others.
const ONE_DATABASE = new Map([['databases', ['1']]])

/** Starts cluster mode, where it is on: without it nothing of it is there. */
export function startCluster(core: Core, parts: ClusterParts): void {
  if (!core.config.settings.clusterEnabled) return
  const { engine, version } = core.dialect
  if (engine === 'valkey' && isAtLeast(version, '8.0')) core.config.load(ONE_DATABASE)
  core.keyspace.db(0).indexSlots()
  const cluster = new Cluster(core, parts)
  core.cluster = cluster
  // Its id is to last.
  if (parts.topology === undefined) cluster.changed()
  core.checks.add((client, command, args) => cluster.redirections.check(client, command, args))(true)
  core.updateGate()
}
