import type { Core } from '../core.ts'
import type { Replication } from './replication.ts'

/** Has a replica that clients may write to (`replica-read-only no`) do what its primary can't know to do. */
export function tendOwnKeys(core: Core, replication: Replication): void {
  const { keyspace, config } = core
  const update = (): void => {
    keyspace.isWritableReplica = core.isReplica && !config.settings.replicaReadOnly
  }
  config.follow(['replicaReadOnly'], update)
  replication.listeners.push(update)
  core.chores.push(() => {
    if (core.isReplica && keyspace.ownKeys.count > 0) keyspace.ownKeys.expireSome()
  })
}
