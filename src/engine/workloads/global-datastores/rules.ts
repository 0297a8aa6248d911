/** What is refused about global datastores and their groups. Texts without a source are ours. */

import { isSince } from '../../../api/catalog/engines.ts'
import { canBeGlobal } from '../../../api/catalog/global-datastores.ts'
import { Fault } from '../../../api/faults.ts'
import { familyOfEngine } from '../../families/families.ts'
import type { GlobalReplicationGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { statusOf } from './answer.ts'

export const invalid = (message: string) => new Fault('InvalidParameterValue', message)

/** What the guide asks of a group, and one thing that is on its way to another. */
const DEMANDS: readonly (readonly [isMet: (group: ReplicationGroupRecord) => boolean, demand: string])[] = [
  [
    ({ engine, engineVersion }) => isSince(engineVersion, familyOfEngine(engine).engine.globalSince),
    'Redis OSS 5.0.6 or newer',
  ],
  [({ nodeType }) => canBeGlobal(nodeType), 'a node type of M5, M6g, M7g, R5, R6g, R6gd, R7g or C7gn'],
  [({ networkType }) => networkType === 'ipv4', 'network type ipv4'],
  [({ clusterMode }) => clusterMode !== 'compatible', 'cluster mode enabled or disabled, not compatible'],
]

export function refuseUnfit(group: ReplicationGroupRecord): void {
  refuseMember(group)
  const unmet = DEMANDS.find(([isMet]) => !isMet(group))
  if (unmet) throw invalid(`Replication group ${group.id} cannot be in a global datastore: it needs ${unmet[1]}.`)
}

/** AWS's text. What concerns all groups of a global datastore is not done to one of them. */
export function refuseMember({ id, global }: ReplicationGroupRecord): void {
  if (global) throw invalid(`Cluster [${id}] is part of a global cluster [${global.id}]. Request rejected.`)
}

export function refuseUnlessIn(
  states: readonly ReturnType<typeof statusOf>[],
  datastore: GlobalReplicationGroupRecord,
  store: Store,
): void {
  const status = statusOf(datastore, store)
  if (states.includes(status)) return
  throw new Fault(
    'InvalidGlobalReplicationGroupState',
    `Global Replication Group ${datastore.id} is ${status}, not ${states.join(' or ')}.`,
  )
}
