/** Nodes scheduled for replacement (guide, "Replacing nodes"): when that is, and what the events say of it. Pure. */
import type { EventFacts } from '../../../api/catalog/events.ts'
import { nextWindow, parseWindow } from '../../../api/catalog/maintenance-window.ts'
import type { CacheClusterRecord, FaultOf, FaultRecord } from '../../store/records.ts'

/** Marks a replacement that waits for the maintenance window, and moves with it. */
export const IN_WINDOW = 'window'

/** When a node would be replaced: in the cluster's next maintenance window, or now that one is open. */
export function replacementTime({ maintenanceWindow }: CacheClusterRecord, now: number): number {
  const window = parseWindow(maintenanceWindow)
  return window ? nextWindow(window, now) : now
}

/** When a node is to be replaced, as events tell it. */
export const replacementFacts = (
  { node, until, how }: FaultOf<'node-replacement'>,
  { maintenanceWindow }: CacheClusterRecord,
) => ({
  node,
  time: new Date(until ?? 0).toISOString(),
  ...(how === IN_WINDOW && { window: maintenanceWindow }),
})

/** What a new maintenance window makes of the replacements among `faults` that wait for it. */
export function moveReplacements(
  before: CacheClusterRecord,
  after: CacheClusterRecord,
  faults: readonly FaultRecord[],
  now: number,
): { readonly faults: readonly FaultRecord[]; readonly events: readonly EventFacts[] } {
  if (before.maintenanceWindow === after.maintenanceWindow) return { faults: [], events: [] }
  const moved = faults
    .filter((fault) => fault.kind === 'node-replacement')
    .filter(({ how, cluster, clusterToken }) => {
      return how === IN_WINDOW && cluster === after.id && clusterToken === after.token
    })
    .map((fault) => ({ ...fault, until: replacementTime(after, now) }))
  const events = moved.map(
    (fault): EventFacts => ({ kind: 'replacement-rescheduled', ...replacementFacts(fault, after) }),
  )
  return { faults: moved, events }
}
