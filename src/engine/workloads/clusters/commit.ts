import type { EventFacts } from '../../../api/catalog/events.ts'
import { resources } from '../../../api/catalog/resources.ts'
import type { CacheClusterRecord } from '../../store/records.ts'
import type { Change, Store } from '../../store/store.ts'

/** Makes a cluster's new record (null: it is gone), what else goes with it and the events that tell of it durable, together. */
export function commitCluster(
  store: Store,
  before: CacheClusterRecord,
  after: CacheClusterRecord | null,
  events: readonly EventFacts[],
  date: number,
  also: (change: Change) => void = () => {},
): void {
  const { region, id: sourceIdentifier } = before
  store.change((change) => {
    if (after) change.put('cluster', after)
    else change.remove('cluster', before)
    also(change)
    for (const event of events) {
      change.addEvent({ region, sourceType: resources.cluster.sourceType, sourceIdentifier, event, date })
    }
  })
}
