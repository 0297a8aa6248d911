import { resources } from '../../../api/catalog/resources.ts'
import type { Context } from '../../calls/context.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import type { Change, Store } from '../../store/store.ts'
import { GLOBAL } from '../global-datastores/record.ts'
import { begun } from './pace.ts'
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
    if (before.global && !after?.global) removeEmpty(before.global.id, before, store, change)
    for (const { member, event } of events) {
      // To callers, a lone cache cluster is no group.
      const source = member ?? (lone ? id : undefined)
      change.addEvent({
        region,
        sourceType: source === undefined ? resources.replicationGroup.sourceType : resources.cluster.sourceType,
        sourceIdentifier: source ?? id,
        event,
        date,
      })
    }
  })
}

/**
 * What a call makes of a group: durable, with the events that tell of it, and looked at by the lifecycle once the pace lets the
 * first step of it be taken: until then callers see what is pending. Answers the new record.
 */
export function commitCall(
  before: ReplicationGroupRecord,
  after: ReplicationGroupRecord,
  events: readonly GroupEvent[],
  { store, now, pace, wake }: Pick<Context, 'store' | 'now' | 'pace' | 'wake'>,
): ReplicationGroupRecord {
  const group = begun(before, after, pace, now)
  commitGroup(store, before, group, events, now)
  wake('replicationGroup', group.id)
  return group
}

/** A global datastore goes with the last of its groups. */
function removeEmpty(id: string, leaving: ReplicationGroupRecord, store: Store, change: Change): void {
  const others = globalMembers(store, id).filter((each) => each.region !== leaving.region || each.id !== leaving.id)
  const datastore = store.get('globalReplicationGroup', GLOBAL, id)
  if (datastore?.deleting && others.length === 0) change.remove('globalReplicationGroup', datastore)
}
