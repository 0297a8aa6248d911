/** Snapshots by their names, and what is still to be read from them. That they are not there is said in words of moto. */
import { Fault, type FaultCode } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { missing } from '../../http/query-protocol.ts'
import type { ReplicationGroupRecord, SnapshotRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { readsFile } from '../serverless/steps.ts'

/**
 * Finds a snapshot by its name in any case. Names of automatic ones have a dot, so that no rule of names is applied.
 * @param code Of the refusal: an operation that makes a cache does not know SnapshotNotFoundFault.
 */
export function findSnapshot(
  name: string | undefined,
  { store, region }: Context,
  code: FaultCode = 'SnapshotNotFoundFault',
): SnapshotRecord {
  if (!name) throw missing('SnapshotName', name)
  const snapshot = store.get('snapshot', region, name.toLowerCase())
  if (!snapshot) throw new Fault(code, `Snapshot ${name} not found.`)
  return snapshot
}

/** Whether a group, a cluster or a serverless cache is being made of it. */
export const isBeingRestored = ({ region, id, shards }: SnapshotRecord, store: Store): boolean =>
  store.list('replicationGroup', region).some(({ restoring }) => restoring?.snapshot === id) ||
  store
    .list('serverlessCache', region)
    .some(({ steps }) => steps.some((step) => shards.some(({ file }) => readsFile(step, file))))

/** Whether something is still to be read from its files. */
export const isNeeded = (snapshot: SnapshotRecord, store: Store): boolean =>
  isBeingRestored(snapshot, store) ||
  store
    .list('snapshot', snapshot.region)
    .some(({ copyOf = [] }) => snapshot.shards.some(({ file }) => copyOf.includes(file)))

/** What it is of, if that is still there: under its name or another. */
export const sourceOf = ({ region, sourceToken }: SnapshotRecord, store: Store): ReplicationGroupRecord | undefined =>
  store.list('replicationGroup', region).find(({ token }) => token === sourceToken)
