import type { ReplicationGroupRecord } from '../../store/records.ts'
import type { Change, Store } from '../../store/store.ts'
import type { GroupEvent } from './steps.ts'

/** Makes a group's new record (null: it is gone), what else goes with it and the events that tell of it durable, together. */
export function commitGroup(
  store: Store,
  before: ReplicationGroupRecord,
  after: ReplicationGroupRecord | null,
  events: readonly GroupEvent[],
  date: number,
  also: (change: Change) => void = () => {},
): void {
  const { region, id, lone } = before
  store.change((change) => {
    if (after) change.put('replicationGroup', after)
    else change.remove('replicationGroup', before)
    also(change)
    for (const { member, event } of events) {
      // To callers, a lone cache cluster is no group.
      const source = member ?? (lone ? id : undefined)
      change.addEvent({
        region,
        sourceType: source === undefined ? 'replication-group' : 'cache-cluster',
        sourceIdentifier: source ?? id,
        event,
        date,
      })
    }
  })
}
