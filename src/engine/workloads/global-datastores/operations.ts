/** Global datastores: replication groups of several regions, one of which the others replicate. Texts without a source are ours. */
import { GLOBAL_ID_PREFIXES } from '../../../api/catalog/global-datastores.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Handler } from '../../calls/context.ts'
import { requireParameterGroup } from '../../calls/groups.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { page } from '../../calls/paging.ts'
import { missing } from '../../http/query-protocol.ts'
import { withParameters } from '../../parameters/status.ts'
import type { GlobalReplicationGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { findReplicationGroup, refuseUnlessAvailable } from '../replication-groups/find.ts'
import { answerGlobal, statusOf } from './answer.ts'
import { changing, committed, together } from './commit.ts'
import { calmMembers, findGlobal, findMember } from './find.ts'
import { groupLike } from './parameter-groups.ts'
import { GLOBAL } from './record.ts'
import { invalid, refuseUnfit, refuseUnlessIn } from './rules.ts'

export const CreateGlobalReplicationGroup: Handler<'CreateGlobalReplicationGroup'> = (input, context) => {
  const { store, region, now } = context
  const suffix = readIdentifier(
    input.GlobalReplicationGroupIdSuffix,
    'GlobalReplicationGroupIdSuffix',
    LIMITS.replicationGroupIdLength,
  )
  const prefix = GLOBAL_ID_PREFIXES[region]
  if (!prefix) throw invalid(`There are no global datastores in ${region}.`)
  const id = `${prefix}-${suffix}`
  if (store.get('globalReplicationGroup', GLOBAL, id)) {
    throw new Fault('GlobalReplicationGroupAlreadyExistsFault', `Global Replication Group ${id} already exists.`)
  }
  const group = findReplicationGroup(input.PrimaryReplicationGroupId, context)
  refuseUnfit(group)
  refuseUnlessAvailable(group)
  const datastore: GlobalReplicationGroupRecord = {
    region: GLOBAL,
    id,
    description: input.GlobalReplicationGroupDescription ?? '',
  }
  const made = groupLike(requireParameterGroup(group.parameterGroup, context), id, group, context)
  const primary: ReplicationGroupRecord = {
    ...withParameters(group, made.id, group.parameters.values),
    global: { id, role: 'PRIMARY', status: 'associating' },
  }
  store.change((change) => change.put('parameterGroup', made))
  return committed(datastore, [changing(primary, now)], context)
}

export const DescribeGlobalReplicationGroups: Handler<'DescribeGlobalReplicationGroups'> = (input, context) => {
  const datastores = input.GlobalReplicationGroupId
    ? [findGlobal(input.GlobalReplicationGroupId, context)]
    : context.store.list('globalReplicationGroup', GLOBAL)
  const { items, Marker } = page('global-replication-groups', datastores, ({ id }) => id, input)
  return {
    ...(Marker && { Marker }),
    GlobalReplicationGroups: items.map((each) => answerGlobal(each, context, input.ShowMemberInfo ?? false)),
  }
}

export const DeleteGlobalReplicationGroup: Handler<'DeleteGlobalReplicationGroup'> = (input, context) => {
  const { store, now } = context
  const datastore = findGlobal(input.GlobalReplicationGroupId, context)
  if (input.RetainPrimaryReplicationGroup === undefined) throw missing('RetainPrimaryReplicationGroup')
  const status = statusOf(datastore, store)
  if (status !== 'primary-only') {
    throw new Fault('InvalidGlobalReplicationGroupState', `Cannot delete a global replication group in ${status} state`)
  }
  const leaving = calmMembers(datastore, context).map((member) =>
    input.RetainPrimaryReplicationGroup
      ? disassociating(member, now)
      : { ...member, status: 'deleting' as const, steps: [{ do: 'delete' as const }], stepDue: now },
  )
  return committed({ ...datastore, deleting: true }, leaving, context)
}

function disassociating(group: ReplicationGroupRecord, now: number): ReplicationGroupRecord {
  const { global } = group
  const leaving = global ? { ...group, global: { ...global, status: 'disassociating' as const } } : group
  return changing(leaving, now)
}

/** The group goes on by itself, with the data it has. */
export const DisassociateGlobalReplicationGroup: Handler<'DisassociateGlobalReplicationGroup'> = (input, context) => {
  const datastore = findGlobal(input.GlobalReplicationGroupId, context)
  const asked = { id: input.ReplicationGroupId, region: input.ReplicationGroupRegion }
  const member = findMember(datastore, asked, context)
  if (member.global?.role === 'PRIMARY') {
    throw invalid(`Replication group ${member.id} is the primary one of ${datastore.id}, and cannot leave it.`)
  }
  refuseUnlessIn(['available'], datastore, context.store)
  refuseUnlessAvailable(member)
  return committed(datastore, [disassociating(member, context.now)], context)
}

/** The groups change roles; no data is copied anew. */
export const FailoverGlobalReplicationGroup: Handler<'FailoverGlobalReplicationGroup'> = (input, context) => {
  const datastore = findGlobal(input.GlobalReplicationGroupId, context)
  const asked = { id: input.PrimaryReplicationGroupId, region: input.PrimaryRegion }
  const next = findMember(datastore, asked, context)
  if (next.global?.role === 'PRIMARY') throw invalid(`Replication group ${next.id} is the primary one already.`)
  refuseUnlessIn(['available'], datastore, context.store)
  const members = calmMembers(datastore, context)
  const [former] = members
  const after = members.map((member) => {
    if (member.region !== next.region) return changing(together(member, { role: 'SECONDARY' }), context.now)
    // With cluster mode disabled the servers themselves hand over.
    if (member.clusterMode === 'disabled' || !former)
      return changing(together(member, { role: 'PRIMARY' }), context.now)
    const leading = together(member, { role: 'PRIMARY', takesOverFrom: former.region })
    return changing(leading, context.now, [{ do: 'take-over' }])
  })
  return committed(datastore, after, context)
}
