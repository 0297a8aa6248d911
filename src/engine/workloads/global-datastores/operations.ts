/** Global datastores: replication groups of several regions, one of which the others replicate. Texts without a source are ours. */
import { GLOBAL_ID_PREFIXES } from '../../../api/catalog/global-datastores.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readIdentifier } from '../../calls/identifiers.ts'
import { page } from '../../calls/paging.ts'
import { missing } from '../../http/query-protocol.ts'
import type { GlobalMembership, GlobalReplicationGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import { findReplicationGroup, refuseUnlessAvailable } from '../replication-groups/find.ts'
import { refuseLater } from '../replication-groups/rules.ts'
import { answerGlobal, statusOf } from './answer.ts'
import { changing, committed } from './commit.ts'
import { findGlobal, findMember } from './find.ts'
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
  const primary = { ...group, global: { id, role: 'PRIMARY', status: 'associating' } } as const
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

export const ModifyGlobalReplicationGroup: Handler<'ModifyGlobalReplicationGroup'> = (input, context) => {
  const datastore = findGlobal(input.GlobalReplicationGroupId, context)
  refuseLater(input.ApplyImmediately)
  refuseUnlessIn(['primary-only', 'available'], datastore, context.store)
  const members = calmMembers(datastore, context)
  refuseOtherRelease(input, members)
  const description = input.GlobalReplicationGroupDescription ?? datastore.description
  const failover = input.AutomaticFailoverEnabled
  const turned =
    failover === undefined ? [] : members.filter(({ automaticFailover }) => isOn(automaticFailover) !== failover)
  for (const member of turned) refuseFailover(failover === true, member)
  const after = turned.map((member) =>
    together({ ...member, automaticFailover: failover ? ('enabling' as const) : ('disabling' as const) }, context),
  )
  return committed({ ...datastore, description }, after, context)
}

/** Its role and what it is part of stay, but for `changes`. */
function together(group: ReplicationGroupRecord, { now }: Context, changes: Partial<GlobalMembership> = {}) {
  const { global } = group
  if (!global) throw new Error(`replication group ${group.id} is in no global datastore`)
  return changing({ ...group, global: { ...global, ...changes, changing: true } }, now)
}

const isOn = (failover: ReplicationGroupRecord['automaticFailover']): boolean => failover === 'enabled'

/** The first text is AWS's. */
function refuseFailover(enabled: boolean, { id, multiAz, shards }: ReplicationGroupRecord): void {
  if (enabled && shards.some(({ members }) => members.length < 2)) {
    throw invalid('Replication group must have at least one read replica to enable autofailover.')
  }
  if (!enabled && multiAz) throw invalid(`Multi-AZ of replication group ${id} needs automatic failover to be enabled.`)
}

/** What is as it was asked for may be asked for. */
function refuseOtherRelease(
  input: Input<'ModifyGlobalReplicationGroup'>,
  [primary]: readonly ReplicationGroupRecord[],
): void {
  const present = {
    CacheNodeType: primary?.nodeType,
    Engine: primary?.engine,
    EngineVersion: primary?.engineVersion,
    CacheParameterGroupName: primary?.parameterGroup,
  } as const
  for (const member of ['CacheNodeType', 'Engine', 'EngineVersion', 'CacheParameterGroupName'] as const) {
    const asked = input[member]
    if (asked !== undefined && asked !== present[member]) {
      throw invalid(
        `The local engine does not change ${member} of a global datastore. Leave it out, or use --target aws.`,
      )
    }
  }
}

/** All groups, of which none is being changed by a request of its own. */
function calmMembers(datastore: GlobalReplicationGroupRecord, { store }: Context): ReplicationGroupRecord[] {
  const members = globalMembers(store, datastore.id)
  for (const member of members) refuseUnlessAvailable(member)
  return members
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
  const after = calmMembers(datastore, context).map((member) =>
    together(member, context, { role: member.region === next.region ? 'PRIMARY' : 'SECONDARY' }),
  )
  return committed(datastore, after, context)
}

/** AWS's text for replication groups; those of global datastores here all have cluster mode disabled. */
function refuseShards(
  {
    GlobalReplicationGroupId: id,
    ApplyImmediately,
  }: Pick<Input<'RebalanceSlotsInGlobalReplicationGroup'>, 'GlobalReplicationGroupId' | 'ApplyImmediately'>,
  context: Context,
): never {
  findGlobal(id, context)
  refuseLater(ApplyImmediately)
  throw invalid('Operation is only applicable for cluster mode enabled replication groups.')
}

export const IncreaseNodeGroupsInGlobalReplicationGroup: Handler<'IncreaseNodeGroupsInGlobalReplicationGroup'> =
  refuseShards
export const DecreaseNodeGroupsInGlobalReplicationGroup: Handler<'DecreaseNodeGroupsInGlobalReplicationGroup'> =
  refuseShards
export const RebalanceSlotsInGlobalReplicationGroup: Handler<'RebalanceSlotsInGlobalReplicationGroup'> = refuseShards
