/** The values of its parameter group that a member's server starts with. Pure. */
import { familyOfEngine } from '../../families/families.ts'
import { takenAtStart } from '../../parameters/status.ts'
import type { GroupMemberRecord, NodeParameters, ParameterValues, ReplicationGroupRecord } from '../../store/records.ts'
import { isPrimary, shardOf } from './members.ts'

const sharedBy = ({ engine }: ReplicationGroupRecord): readonly string[] =>
  familyOfEngine(engine).replication?.sharedParameters ?? []

const pick = (values: ParameterValues, names: readonly string[]): ParameterValues =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))

const without = (values: ParameterValues, names: readonly string[]): ParameterValues =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)))

/**
 * Those of today, but for what the servers of a shard have in common: that stays what a server has which goes on.
 * @param restarting Members that start together with it.
 */
export function valuesAtStart(
  group: ReplicationGroupRecord,
  { id }: GroupMemberRecord,
  restarting: readonly string[] = [id],
): NodeParameters {
  const taken = takenAtStart(group)
  const goesOn = shardOf(group, id)?.members.find((each) => each.parameters && !restarting.includes(each.id))
  if (!goesOn?.parameters) return taken
  const shared = sharedBy(group)
  return { ...taken, started: { ...without(taken.started, shared), ...pick(goesOn.parameters.started, shared) } }
}

/** A member's next server, which starts with the values of today. */
export const startedAnew = (
  group: ReplicationGroupRecord,
  { lost: _, ...member }: GroupMemberRecord,
  restarting: readonly string[] = [member.id],
): GroupMemberRecord => ({
  ...member,
  incarnation: member.incarnation + 1,
  parameters: valuesAtStart(group, member, restarting),
})

/**
 * Members that are to be restarted when these are: with a primary, whose keys are lost then, the others of its shard, if what they have
 * in common is to be another.
 */
export function restartedWith(group: ReplicationGroupRecord, ids: readonly string[]): string[] {
  const shared = sharedBy(group)
  const today = JSON.stringify(pick(takenAtStart(group).started, shared))
  const all = ids.flatMap((id) => {
    const { members = [] } = shardOf(group, id) ?? {}
    const present = members.find((member) => member.id === id)?.parameters?.started ?? {}
    const takesAll = isPrimary(group, id) && JSON.stringify(pick(present, shared)) !== today
    return takesAll ? members.map((member) => member.id) : [id]
  })
  return [...new Set(all)]
}
