import type { Context } from '../../calls/context.ts'
import type { GlobalReplicationGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { answerGlobal } from './answer.ts'

/** A group that is changed together with others of its global datastore. */
export const changing = (group: ReplicationGroupRecord, now: number): ReplicationGroupRecord => ({
  ...group,
  status: 'modifying',
  steps: [...group.steps, { do: 'finish' }],
  stepDue: now,
})

/** Makes changes of a global datastore and of its groups durable, together, and answers how it is then. */
export function committed(
  datastore: GlobalReplicationGroupRecord,
  groups: readonly ReplicationGroupRecord[],
  context: Context,
) {
  const { store, wake } = context
  store.change((change) => {
    change.put('globalReplicationGroup', datastore)
    for (const group of groups) change.put('replicationGroup', group)
  })
  for (const { region, id } of groups) wake('replicationGroup', id, region)
  return { GlobalReplicationGroup: answerGlobal(datastore, context) }
}
