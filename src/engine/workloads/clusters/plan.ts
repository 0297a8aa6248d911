import type { EventFacts } from '../../../api/catalog/events.ts'
import { groupAfterUpgrade } from '../../parameters/groups.ts'
import type { CacheClusterRecord, PendingChanges, ScaleConfig, Step } from '../../store/records.ts'

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

/** What applies when the request does not say (guide, "On-demand scaling for Memcached clusters"). */
export const DEFAULT_SCALE_CONFIG: ScaleConfig = { percentage: 20, intervalMinutes: 5 }

/** Batches of nodes, rounded up, with the interval before each but the first. */
function planTypeChange({ nodes }: CacheClusterRecord, nodeType: string, config: ScaleConfig): Step[] {
  const size = Math.ceil((nodes.length * config.percentage) / 100)
  const steps: Step[] = []
  for (let first = 0; first < nodes.length; first += size) {
    const ids = nodes.slice(first, first + size).map(({ id }) => id)
    const afterMinutes = first === 0 ? 0 : config.intervalMinutes
    steps.push({ do: 'scale-nodes', ids, nodeType, afterMinutes }, { do: 'nodes-restarted' })
  }
  return [...steps, { do: 'end-scaling', nodeType }]
}

export interface Plan {
  readonly steps: readonly Step[]
  /** To record as the change begins. */
  readonly events: readonly EventFacts[]
}

/**
 * The steps that make a cluster what its pending changes say. An upgrade comes first: it empties every node anyway, and new
 * nodes then start with the new version.
 */
export function planChanges(cluster: CacheClusterRecord, changes: PendingChanges, zones: readonly string[]): Plan {
  const steps: Step[] = []
  const events: EventFacts[] = []
  if (changes.engineVersion) {
    const parameterGroup = groupAfterUpgrade(cluster, changes.engineVersion, changes.parameterGroup)
    steps.push({ do: 'upgrade', version: changes.engineVersion, parameterGroup }, { do: 'nodes-restarted' })
  }
  if (changes.nodeType) {
    events.push({ kind: 'type-scaling', fromType: cluster.nodeType, toType: changes.nodeType })
    steps.push(...planTypeChange(cluster, changes.nodeType, changes.scaleConfig ?? DEFAULT_SCALE_CONFIG))
  }
  const from = cluster.nodes.length
  const to = changes.numCacheNodes ?? from
  if (to > from) {
    events.push({ kind: 'number-increasing' })
    steps.push({ do: 'start-nodes', zones }, { do: 'advertise-new-nodes' })
  }
  if (to < from) {
    events.push({ kind: 'number-decreasing' })
    steps.push({ do: 'withdraw-nodes', ids: changes.cacheNodeIdsToRemove ?? [] }, { do: 'remove-withdrawn-nodes' })
  }
  const finish: Step = { do: 'finish' }
  steps.push(to === from ? finish : { ...finish, event: { kind: 'number-modified', fromCount: from, toCount: to } })
  return { steps, events }
}
