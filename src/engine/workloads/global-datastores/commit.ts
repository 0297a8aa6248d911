import type { EventFacts } from '../../../api/catalog/events.ts'
import { resources } from '../../../api/catalog/resources.ts'
import type { Context } from '../../calls/context.ts'
import type {
  GlobalMembership,
  GlobalReplicationGroupRecord,
  GroupStep,
  ReplicationGroupRecord,
} from '../../store/records.ts'
import { begun } from '../replication-groups/pace.ts'
import { answerGlobal } from './answer.ts'

/** A group that is on its way to be, or to be no longer, part of a global datastore. */
export const changing = (
  group: ReplicationGroupRecord,
  now: number,
  steps: readonly GroupStep[] = [],
): ReplicationGroupRecord => ({
  ...group,
  status: 'modifying',
  steps: [...group.steps, ...steps, { do: 'finish' }],
  stepDue: now,
})

/** A group that is changed together with the others of its global datastore, where it has another role from now on or not. */
export function together(
  group: ReplicationGroupRecord,
  changes: Partial<GlobalMembership> = {},
): ReplicationGroupRecord {
  const { global } = group
  if (!global) throw new Error(`replication group ${group.id} is in no global datastore`)
  return { ...group, global: { ...global, ...changes, changing: true } }
}

export interface GroupsEvent {
  readonly group: ReplicationGroupRecord
  readonly event: EventFacts
}

/** Makes changes of a global datastore and of its groups durable, together, and answers how it is then. */
export function committed(
  datastore: GlobalReplicationGroupRecord,
  groups: readonly ReplicationGroupRecord[],
  context: Context,
  events: readonly GroupsEvent[] = [],
) {
  const { store, wake, pace, now: date } = context
  store.change((change) => {
    change.put('globalReplicationGroup', datastore)
    for (const group of groups) {
      const before = store.get('replicationGroup', group.region, group.id)
      change.put('replicationGroup', begun(before, group, pace, date))
    }
    for (const { group, event } of events) {
      const { region, id: sourceIdentifier } = group
      change.addEvent({ region, sourceType: resources.replicationGroup.sourceType, sourceIdentifier, event, date })
    }
  })
  for (const { region, id } of groups) wake('replicationGroup', id, region)
  return { GlobalReplicationGroup: answerGlobal(datastore, context) }
}
