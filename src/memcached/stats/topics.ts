import type { CacheCore } from '../core.ts'
import { has, hasLine } from '../since.ts'
import { connectionsStats } from './connections.ts'
import { generalStats } from './general.ts'
import { itemsStats, sizesStats } from './items.ts'
import type { StatLine } from './lines.ts'
import { settingsStats } from './settings.ts'
import { slabsStats } from './slabs.ts'

const TOPICS: Readonly<Record<string, (core: CacheCore) => StatLine[]>> = {
  '': generalStats,
  settings: settingsStats,
  items: itemsStats,
  slabs: slabsStats,
  sizes: sizesStats,
  conns: connectionsStats,
  // Without flash storage there is nothing to tell, but it is no error.
  extstore: () => [],
}

/** The lines of `stats <topic>`, in either protocol; undefined for a topic memcached does not know. */
export function statsOf(core: CacheCore, topic: string): StatLine[] | undefined {
  const { engineVersion } = core.settings
  if (!Object.hasOwn(TOPICS, topic) || !hasTopic(engineVersion, topic)) return undefined
  return TOPICS[topic]?.(core).filter(([name]) => hasLine(engineVersion, topic, name))
}

function hasTopic(engineVersion: string, topic: string): boolean {
  if (topic === 'conns') return has(engineVersion, 'stats conns')
  return topic !== 'extstore' || has(engineVersion, 'stats extstore')
}

/** `stats reset`. */
export function resetStats(core: CacheCore): void {
  const { counters, store, prefixStats, replies } = core
  counters.reset()
  replies.written = 0
  core.statsWereReset = true
  store.resetCounts()
  prefixStats.clear()
}
