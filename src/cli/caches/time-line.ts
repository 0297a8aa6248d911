/** What is due at caches, and when: windows, changes that wait for them, service updates. Pure. */
import { parseWindow, windowAround } from '../../api/catalog/maintenance-window.ts'
import { resources } from '../../api/catalog/resources.ts'
import { type Item, isItem, valueText, words } from '../output/human-value.ts'
import type { Style } from '../output/style.ts'
import { pendingIn } from './cache.ts'
import { type Found, nameOf } from './resources.ts'

export interface DueEntry {
  /** ISO 8601, UTC. Of a service update: by when it is recommended; it may be over. */
  readonly at: string
  /** The end of a window; null: it is no window. */
  readonly until: string | null
  readonly cache: string
  readonly kind: 'window' | 'pending change' | 'service update'
  readonly what: string
}

interface Known {
  /** Clusters and replication groups. */
  readonly found: readonly Found[]
  readonly updates: readonly Item[]
  readonly actions: readonly Item[]
}

/** Update actions of which nothing is to come. */
const OVER: readonly unknown[] = ['complete', 'not-applicable']

/** In the order of their times. */
export function timeLine({ found, updates, actions }: Known, now: Date, style: Style): DueEntry[] {
  const groups = found.filter(({ kind }) => kind === resources.replicationGroup)
  const groupOf = ({ item }: Found) => groups.find((group) => nameOf(group) === item.ReplicationGroupId)
  const clusters = found.filter(({ kind }) => kind === resources.cluster)
  const windows = new Map<string, Set<string>>()
  for (const cluster of clusters) {
    const cache = nameOf(groupOf(cluster) ?? cluster)
    const window = cluster.item.PreferredMaintenanceWindow
    // Members of a group have the group's; one that is being changed may still have the one before.
    if (typeof window === 'string') windows.set(cache, (windows.get(cache) ?? new Set()).add(window))
  }
  const caches = [...groups, ...clusters.filter((cluster) => !groupOf(cluster))]
  const ofWindows = caches.flatMap((found) => {
    const cache = nameOf(found)
    return [...(windows.get(cache) ?? [])].flatMap((text) => {
      const window = parseWindow(text)
      if (!window) return []
      const { from, to } = windowAround(window, now.getTime())
      const open = from <= now.getTime() ? ', open now' : ''
      const when = { at: timeOf(new Date(from)), until: timeOf(new Date(to)), cache }
      return [
        { ...when, kind: 'window' as const, what: `maintenance, weekly ${text}${open}` },
        ...pendingOf(found.item, style).map((what) => ({ ...when, kind: 'pending change' as const, what })),
      ]
    })
  })
  return [...ofWindows, ...actions.flatMap((action) => updateOf(action, updates))].sort((a, b) =>
    a.at === b.at ? 0 : a.at < b.at ? -1 : 1,
  )
}

function pendingOf({ PendingModifiedValues: pending }: Item, style: Style): string[] {
  if (!isItem(pending)) return []
  return pendingIn(pending).map((name) => `${words(name)}: ${valueText(pending[name], name, style)}`)
}

function updateOf(action: Item, updates: readonly Item[]): DueEntry[] {
  const { ServiceUpdateName: name, ServiceUpdateRecommendedApplyByDate: by, UpdateActionStatus: status } = action
  const cache = action.CacheClusterId ?? action.ReplicationGroupId
  if (OVER.includes(status) || !(by instanceof Date) || cache === undefined) return []
  const update = updates.find((each) => each.ServiceUpdateName === name)
  const told = [
    `${String(name)} (${String(action.ServiceUpdateSeverity)})`,
    `${String(status)}, nodes updated ${String(action.NodesUpdated)}`,
    ...(update?.AutoUpdateAfterRecommendedApplyByDate === true ? ['applied by AWS in a window after this date'] : []),
  ]
  return [{ at: timeOf(by), until: null, cache: String(cache), kind: 'service update', what: told.join('; ') }]
}

const timeOf = (date: Date): string => date.toISOString()
