import type { Core } from '../core.ts'
import { tendOwnKeys } from './own-keys.ts'
import { redirect } from './redirect.ts'
import { Replication, replicationOf, replications } from './replication.ts'
import { report } from './report.ts'
import { restrict } from './restrictions.ts'

/** Has a node follow others, and others follow it. Whom it sends to its primary it does not look at any further. */
export function startReplication(core: Core): void {
  const replication = new Replication(core)
  replications.set(core, replication)
  redirect(core, replication)
}

/** Has it keep to its role, and tell of it. */
export function startRole(core: Core): void {
  const replication = replicationOf(core)
  report(core, replication)
  restrict(core, replication)
  tendOwnKeys(core, replication)
  const { cluster } = core
  if (cluster) cluster.follow = (primary) => replication.follow(primary && { host: primary.ip, port: primary.port })
}
