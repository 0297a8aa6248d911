/** What faults to rehearse with make of a group, besides what clients feel at its doors. Pure. */
import { isCrashed, isCutOff, isFull, linkFaultOf, refusesFailover } from '../../faults/group-effects.ts'
import { addressText } from '../../nodes/redis/links.ts'
import type { LinkFaults, RedisLive } from '../../nodes/redis/spec.ts'
import type { FaultRecord, GroupStep, ReplicationGroupRecord } from '../../store/records.ts'
import { announcedAddress } from './live.ts'
import { isCluster, isPrimary, type PlacedMember, runningMembers, shardOf } from './members.ts'
import { urgentFirst, withLostServer } from './steps.ts'

type Faults = readonly FaultRecord[]

/** What a member's server is told besides. */
export function rehearsed(
  group: ReplicationGroupRecord,
  member: PlacedMember,
  members: readonly PlacedMember[],
  faults: Faults,
): Partial<RedisLive> {
  if (faults.length === 0) return {}
  const isApart = isCutOff(faults, { group, member })
  const links = members
    .filter(({ id }) => id !== member.id)
    .flatMap((replica) => {
      const fault = isApart ? 'cut' : linkFaultOf(faults, { group, member: replica })
      return fault === undefined
        ? []
        : [[addressText(announcedAddress(group, replica), replica.place.port), fault] as const]
    })
  return {
    ...(links.length > 0 && { links: Object.fromEntries(links) satisfies LinkFaults }),
    // It hears of nothing. What clients of a cluster in a lost zone do not see is none of their business.
    ...(isApart && !isCluster(group) && { role: 'left alone' }),
    ...(isFull(faults, { group, member }) && { isFull: true }),
  }
}

/**
 * The group after what is made to go wrong has happened: servers that crash are lost, primaries that nobody reaches lose their
 * place, and what waits for the end of a fault keeps nothing else waiting. The same group where nothing has.
 */
export function afflicted(group: ReplicationGroupRecord, faults: Faults, now: number): ReplicationGroupRecord {
  const crashed = runningMembers(group).filter((member) => isCrashed(faults, { group, member }))
  const after = crashed.reduce((left, { id }) => withLostServer(left, id, now), group)
  const apart = runningMembers(after).filter((member) => losesItsPlace(after, member, faults))
  const steps = [...apart.map(({ id }) => ({ do: 'fail-over', lost: id, stays: true }) as const), ...after.steps]
  const inTurn = urgentFirst(steps, (step) => isHeld(after, step, faults))
  const isSame = inTurn.length === after.steps.length && inTurn.every((step, index) => step === after.steps[index])
  return isSame ? after : { ...after, steps: inTurn, stepDue: now }
}

/** A primary, when there is another member that could be reached. */
function losesItsPlace(group: ReplicationGroupRecord, member: PlacedMember, faults: Faults): boolean {
  if (group.automaticFailover !== 'enabled' || !isPrimary(group, member.id)) return false
  if (!isCutOff(faults, { group, member })) return false
  if (group.steps.some((step) => step.do === 'fail-over' && step.lost === member.id)) return false
  const members = shardOf(group, member.id)?.members ?? []
  return runningMembers(group)
    .filter(({ id }) => members.some((each) => each.id === id))
    .some((each) => !isCutOff(faults, { group, member: each }))
}

const isDown = (group: ReplicationGroupRecord, id: string, faults: Faults): boolean =>
  shardOf(group, id)?.members.some((member) => member.id === id && isCrashed(faults, { group, member })) ?? false

/** Whether a step is to be taken only once a fault is over. */
export function waits(group: ReplicationGroupRecord, step: GroupStep, faults: Faults): boolean {
  if (step.do === 'recover') return isDown(group, step.id, faults)
  return (step.do === 'fail-over' || step.do === 'promote') && refusesFailover(faults)
}

const isHeld = (group: ReplicationGroupRecord, step: GroupStep, faults: Faults): boolean =>
  step.do === 'recovered' ? isDown(group, step.id, faults) : waits(group, step, faults)

/** Whether there is no need any more for another member to take its place. */
export const isBack = (group: ReplicationGroupRecord, id: string, faults: Faults): boolean =>
  !runningMembers(group).some((member) => member.id === id && isCutOff(faults, { group, member }))
