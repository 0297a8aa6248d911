/** What the faults in effect mean for replication groups and their members. Pure. */
import type { Impairment } from '../../net/serve/impairment.ts'
import type { FaultRecord, GroupMemberRecord, ReplicationGroupRecord } from '../store/records.ts'
import { impairmentBy } from './effects.ts'

type Faults = readonly FaultRecord[]

/** A member, of its group. */
export interface GroupMember {
  readonly group: ReplicationGroupRecord
  readonly member: GroupMemberRecord
}

const isOnGroup = (fault: FaultRecord, { id, token }: ReplicationGroupRecord): boolean =>
  fault.replicationGroup === id && fault.clusterToken === token

function concerns(fault: FaultRecord, { group, member }: GroupMember): boolean {
  if (fault.kind === 'zone-outage') return fault.zone === member.zone
  return (fault.cluster === member.id && fault.clusterToken === member.nodeId) || isOnGroup(fault, group)
}

/** Faults that concern a group: it as a whole, one of its members, or a zone that one is in. */
export const faultsOfGroup = (faults: Faults, group: ReplicationGroupRecord): Faults =>
  faults.filter(
    (fault) =>
      isOnGroup(fault, group) ||
      group.shards.some(({ members }) => members.some((member) => concerns(fault, { group, member }))),
  )

const suffersFrom = (faults: Faults, of: GroupMember, kinds: readonly FaultRecord['kind'][]): boolean =>
  faults.some((fault) => kinds.includes(fault.kind) && concerns(fault, of))

/** What clients of a member feel; null: nothing. */
export const memberImpairment = (faults: Faults, of: GroupMember): Impairment | null =>
  impairmentBy(faults.filter((fault) => concerns(fault, of)))

/** Whether its server is not to run. */
export const isCrashed = (faults: Faults, of: GroupMember): boolean =>
  suffersFrom(faults, of, ['node-crash', 'primary-crash'])

/** Whether other members, and what watches over them, do not reach it. */
export const isCutOff = (faults: Faults, of: GroupMember): boolean => suffersFrom(faults, of, ['split', 'zone-outage'])

/** Whether it has no room for anything more. */
export const isFull = (faults: Faults, of: GroupMember): boolean => suffersFrom(faults, of, ['memory-full'])

/** How the link of a replica to its primary suffers: it is cut, or late by milliseconds; undefined: it is well. */
export function linkFaultOf(faults: Faults, of: GroupMember): 'cut' | number | undefined {
  if (isCutOff(faults, of) || suffersFrom(faults, of, ['replication-break'])) return 'cut'
  const delays = faults.flatMap((fault) => (fault.kind === 'replica-lag' && concerns(fault, of) ? [fault.delayMs] : []))
  return delays.length > 0 ? Math.max(...delays) : undefined
}

/** Whether no replica takes the place of a primary. */
export const refusesFailover = (faults: Faults): boolean => faults.some(({ kind }) => kind === 'failover-refused')

/** Whether slots stay halfway on their way to other shards. */
export const holdsSlots = (faults: Faults): boolean => faults.some(({ kind }) => kind === 'slot-migration-hang')
