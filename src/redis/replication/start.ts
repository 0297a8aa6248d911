import type { Core } from '../core.ts'
import { tendOwnKeys } from './own-keys.ts'
import { Replication, replications } from './replication.ts'
import { report } from './report.ts'
import { restrict } from './restrictions.ts'

/** Has a node follow others, and others follow it. */
export function startReplication(core: Core): void {
  const replication = new Replication(core)
  replications.set(core, replication)
  report(core, replication)
  restrict(core, replication)
  tendOwnKeys(core, replication)
  const { cluster } = core
  if (cluster) cluster.follow = (primary) => replication.follow(primary && { host: primary.ip, port: primary.port })
}
