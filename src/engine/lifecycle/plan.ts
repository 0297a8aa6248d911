import { groupAfterUpgrade } from '../parameters/groups.ts'
import type { CacheClusterRecord, PendingChanges, Step } from '../store/records.ts'

export const planCreation = (zones: readonly string[]): Step[] => [
  { do: 'start-nodes', zones },
  { do: 'advertise-new-nodes' },
  { do: 'finish' },
]

export const planReboot = (ids: readonly string[]): Step[] => [
  { do: 'restart-nodes', ids },
  { do: 'nodes-restarted' },
  { do: 'finish' },
]

export interface Plan {
  readonly steps: readonly Step[]
  /** Messages of DescribeEvents to record as the change begins. */
  readonly messages: readonly string[]
}

/**
 * The steps that make a cluster what its pending changes say. An upgrade comes first: it empties every node anyway, and new
 * nodes then start with the new version.
 */
export function planChanges(cluster: CacheClusterRecord, changes: PendingChanges, zones: readonly string[]): Plan {
  const steps: Step[] = []
  const messages: string[] = []
  if (changes.engineVersion) {
    const parameterGroup = groupAfterUpgrade(cluster, changes.engineVersion, changes.parameterGroup)
    steps.push({ do: 'upgrade', version: changes.engineVersion, parameterGroup }, { do: 'nodes-restarted' })
  }
  const from = cluster.nodes.length
  const to = changes.numCacheNodes ?? from
  if (to > from) {
    messages.push('Increasing number of requested nodes')
    steps.push({ do: 'start-nodes', zones }, { do: 'advertise-new-nodes' })
  }
  if (to < from) {
    messages.push('Decreasing number of requested nodes')
    steps.push({ do: 'withdraw-nodes', ids: changes.cacheNodeIdsToRemove ?? [] }, { do: 'remove-withdrawn-nodes' })
  }
  const message = to === from ? undefined : `Finished modifying number of nodes from ${from} to ${to}`
  steps.push({ do: 'finish', ...(message && { message }) })
  return { steps, messages }
}
