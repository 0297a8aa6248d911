/** Serverless caches and their snapshots, found by name, and the states in which they may be worked on. */

import { Fault, type FaultCode } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { serverlessCacheNotFound } from '../../calls/not-found.ts'
import { missing } from '../../http/query-protocol.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord } from '../../store/records.ts'

/** Finds a cache by its name in any case (guide: created as `serverlessCacheForLambda`, described as `serverlessCacheforLambda`). */
export function findServerlessCache(name: string | undefined, { store, region }: Context): ServerlessCacheRecord {
  if (!name) throw missing('ServerlessCacheName', name)
  const cache = store.get('serverlessCache', region, name.toLowerCase())
  if (!cache) throw serverlessCacheNotFound(name)
  return cache
}

/** Finds a snapshot by its name in any case. Names the engine gave have a dot, so that no rule of names is applied. */
export function findSnapshot(
  name: string | undefined,
  { store, region }: Context,
  code: FaultCode = 'ServerlessCacheSnapshotNotFoundFault',
): ServerlessSnapshotRecord {
  if (!name) throw missing('ServerlessCacheSnapshotName', name)
  const snapshot = store.get('serverlessSnapshot', region, name.toLowerCase())
  if (!snapshot) throw new Fault(code, `Serverless cache snapshot not found: ${name}`)
  return snapshot
}

/** AWS's words; it has been seen to let tags be changed while a cache is modified, but not while it is created or deleted. */
export function refuseUnlessAvailable({ status }: ServerlessCacheRecord): void {
  if (status === 'available') return
  throw notAvailable()
}

/** The refusal of a change while another is under way, in AWS's words. */
export const notAvailable = (): Fault =>
  new Fault(
    'InvalidServerlessCacheStateFault',
    'Serverless cache is not in an available state to perform the requested action.',
  )
