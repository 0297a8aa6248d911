/** Nodes scheduled for replacement (guide, "Replacing nodes"): when that is, and what the events say of it. Pure. */

import type { CacheClusterRecord, FaultRecord } from '../../store/records.ts'
import { nextWindow, parseWindow } from '../../time/maintenance-window.ts'

/** Marks a replacement that waits for the maintenance window, and moves with it. */
export const IN_WINDOW = 'window'

/** When a node would be replaced: in the cluster's next maintenance window, or now that one is open. */
export function replacementTime({ maintenanceWindow }: CacheClusterRecord, now: number): number {
  const window = parseWindow(maintenanceWindow)
  return window ? nextWindow(window, now) : now
}

const when = ({ until, how }: FaultRecord, { maintenanceWindow }: CacheClusterRecord): string =>
  `${new Date(until ?? 0).toISOString()}${how === IN_WINDOW ? ` in the maintenance window ${maintenanceWindow}` : ''}`

/** The guide has the names of the notifications, NodeReplacement*, and no texts of DescribeEvents. */
export const replacementScheduled = (fault: FaultRecord, cluster: CacheClusterRecord): string =>
  `Replacement of cache node ${fault.node} scheduled for ${when(fault, cluster)}`

export const replacementCanceled = ({ node }: FaultRecord): string => `Replacement of cache node ${node} canceled`

const replacementRescheduled = (fault: FaultRecord, cluster: CacheClusterRecord): string =>
  `Replacement of cache node ${fault.node} rescheduled to ${when(fault, cluster)}`

/** What a new maintenance window makes of the replacements among `faults` that wait for it. */
export function moveReplacements(
  before: CacheClusterRecord,
  after: CacheClusterRecord,
  faults: readonly FaultRecord[],
  now: number,
): { readonly faults: readonly FaultRecord[]; readonly messages: readonly string[] } {
  if (before.maintenanceWindow === after.maintenanceWindow) return { faults: [], messages: [] }
  const moved = faults
    .filter(({ kind, how, cluster, clusterToken }) => {
      return kind === 'node-replacement' && how === IN_WINDOW && cluster === after.id && clusterToken === after.token
    })
    .map((fault) => ({ ...fault, until: replacementTime(after, now) }))
  return { faults: moved, messages: moved.map((fault) => replacementRescheduled(fault, after)) }
}
