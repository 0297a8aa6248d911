/** ModifyGlobalReplicationGroup: what all groups of a global datastore are, each in its region. Texts without a source are ours. */
import { canBeGlobal } from '../../../api/catalog/global-datastores.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { requireParameterGroup } from '../../calls/groups.ts'
import type { CacheParameterGroupRecord, PendingGroupChanges, ReplicationGroupRecord } from '../../store/records.ts'
import { readReleaseChanges, refuseFailoverChange, withChanges } from '../replication-groups/modification.ts'
import { refuseLater } from '../replication-groups/rules.ts'
import { isUpgrading, readUpgrade } from '../replication-groups/upgrades.ts'
import { committed, together } from './commit.ts'
import { calmMembers, contextOf, findGlobal } from './find.ts'
import { groupLike } from './parameter-groups.ts'
import { invalid, refuseUnlessIn } from './rules.ts'

type ModifyInput = Input<'ModifyGlobalReplicationGroup'>

export const ModifyGlobalReplicationGroup: Handler<'ModifyGlobalReplicationGroup'> = (input, context) => {
  const { store } = context
  const datastore = findGlobal(input.GlobalReplicationGroupId, context)
  refuseLater(input.ApplyImmediately)
  refuseUnlessIn(['primary-only', 'available'], datastore, store)
  const members = calmMembers(datastore, context)
  const [primary] = members
  const asked = primary && readParameterGroup(input, primary, context)
  const all = members.map((member) => {
    const own = contextOf(member, context)
    const changes = readChanges(input, member, own)
    const { parameterGroup = member.parameterGroup } = changes
    const like =
      asked ?? (parameterGroup === member.parameterGroup ? undefined : requireParameterGroup(parameterGroup, own))
    const made = like && groupLike(like, datastore.id, member, own)
    return { member, made, changes: made ? { ...changes, parameterGroup: made.id } : changes }
  })
  // The groups become what these say.
  store.change((change) => {
    for (const { made } of all) if (made) change.put('parameterGroup', made)
  })
  const after = all
    .filter(({ changes }) => Object.keys(changes).length > 0)
    .map(({ member, changes }) => changed(member, { ...member.pending, ...changes }, context))
  const description = input.GlobalReplicationGroupDescription ?? datastore.description
  return committed({ ...datastore, description }, after, context)
}

/** In the region of the primary group; each gets one like it. The refusal is AWS's. */
function readParameterGroup(
  input: ModifyInput,
  primary: ReplicationGroupRecord,
  context: Context,
): CacheParameterGroupRecord | undefined {
  const name = input.CacheParameterGroupName
  if (name === undefined) return undefined
  const own = contextOf(primary, context)
  const { parameterGroup = primary.parameterGroup } = readReleaseChanges(input, primary, own)
  const asked = requireParameterGroup(parameterGroup, own)
  // "Only for major engine upgrades" (guide).
  if (asked.family === requireParameterGroup(primary.parameterGroup, own).family) {
    throw invalid(
      'ModifyGlobalReplicationGroup API does not support cache parameter group modification without a change in major engine version.',
    )
  }
  return asked
}

/** What the group is not yet, of what is asked for. */
function readChanges(input: ModifyInput, member: ReplicationGroupRecord, own: Context): PendingGroupChanges {
  const { CacheNodeType: nodeType, AutomaticFailoverEnabled: automaticFailover } = input
  if (nodeType !== undefined && !canBeGlobal(nodeType)) {
    throw invalid(`Nodes of a global datastore cannot be of type ${nodeType}.`)
  }
  const turns = automaticFailover !== undefined && automaticFailover !== (member.automaticFailover === 'enabled')
  const changes: PendingGroupChanges = {
    ...readUpgrade(input, member, own),
    ...(turns && { automaticFailover }),
  }
  if (turns) refuseFailoverChange(changes, member)
  return changes
}

/** Replicas of another region first: an older engine does not read what a newer one says. */
function changed(member: ReplicationGroupRecord, changes: PendingGroupChanges, { store, now }: Context) {
  const after = together({ ...withChanges(member, changes, store), stepDue: now })
  const isLast = member.global?.role === 'PRIMARY' && isUpgrading(after)
  return isLast ? { ...after, steps: [{ do: 'await-others' } as const, ...after.steps] } : after
}
