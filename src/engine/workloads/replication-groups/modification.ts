/** ModifyReplicationGroup: what takes effect at once, and what may wait for the maintenance window. Texts without a source are ours. */

import type { EventFacts } from '../../../api/catalog/events.ts'
import { nextWindow, parseWindow } from '../../../api/catalog/maintenance-window.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context, Handler } from '../../calls/context.ts'
import { readSecurityGroups, requireParameterGroup } from '../../calls/groups.ts'
import { clusterNotFound } from '../../calls/not-found.ts'
import { readNotificationTopic } from '../../calls/notification-rules.ts'
import { releaseOf } from '../../families/families.ts'
import { familyOfGroup, findParameterGroup, valuesFor } from '../../parameters/groups.ts'
import { withParameters } from '../../parameters/status.ts'
import { otherBeforeUse } from '../../parameters/values.ts'
import type { GroupStep, PendingGroupChanges, ReplicationGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { readParameterGroup } from '../clusters/parameter-rules.ts'
import { readMaintenanceWindow, refuseCacheSecurityGroups } from '../clusters/rules.ts'
import { refuseMember } from '../global-datastores/rules.ts'
import { changingAccess, readAccessChange } from './access-change.ts'
import { answerReplicationGroup } from './answer.ts'
import { readDiscoveryChange, readModeChange } from './cluster-modes.ts'
import { commitCall } from './commit.ts'
import { refuseUnlessDurable, withDurability } from './durability.ts'
import { findReplicationGroup } from './find.ts'
import { readLogsModification } from './log-rules.ts'
import { isPrimary, membersOf, withMembers } from './members.ts'
import { typeOf } from './node-types.ts'
import { readRetention, readSnapshotWindow } from './rules.ts'
import type { GroupEvent } from './steps.ts'
import { readUpgrade, upgradeSteps } from './upgrades.ts'

type ModifyInput = Input<'ModifyReplicationGroup'>

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)
const badState = (message: string) => new Fault('InvalidReplicationGroupState', message)

export const ModifyReplicationGroup: Handler<'ModifyReplicationGroup'> = (input, context) => {
  const { store, now, account } = context
  const group = findReplicationGroup(input.ReplicationGroupId, context)
  if (group.status !== 'available') throw badState('Replication group must be in available state to modify.')
  refuseCacheSecurityGroups(input)
  refuseGlobal(input, group)
  const settings = readSettings(input, group, context)
  const modeChange = readModeChange(input, group, context)
  // A parameter group that comes with another mode is of that.
  const { CacheParameterGroupName: _, ...others } = input
  const pending = readChanges(modeChange.length > 0 ? others : input, group, context)
  const access = readAccessChange(input, group, context)
  const remaking = [...modeChange, ...readDiscoveryChange(input, group), ...readLogsModification(input, group)]
  const modified: ReplicationGroupRecord = { ...group, ...settings, status: 'modifying', stepDue: now }
  const isRegrouped = modified.securityGroupIds.join() !== group.securityGroupIds.join()
  const marked = isRegrouped ? withMembers(modified, (member) => ({ ...member, status: 'modifying' })) : modified
  const changing = access ? changingAccess(marked, access) : marked
  const begun = { ...changing, steps: [...changing.steps, ...remaking] }
  const regrouped: EventFacts = { kind: 'security-groups-modified' }
  const events: GroupEvent[] = isRegrouped
    ? membersOf(group).map(({ id: member }) => ({ member, event: regrouped }))
    : []
  const after = input.ApplyImmediately
    ? withChanges(begun, pending, store)
    : { ...begun, ...waiting(begun, pending, now), steps: [...begun.steps, { do: 'finish' } as const] }
  return { ReplicationGroup: answerReplicationGroup(commitCall(group, after, events, context), account) }
}

/** What is the same in all groups of a global datastore. */
function refuseGlobal(input: ModifyInput, group: ReplicationGroupRecord): void {
  const { Engine, EngineVersion, CacheNodeType, CacheParameterGroupName, ClusterMode } = input
  if (Engine ?? EngineVersion ?? CacheNodeType ?? CacheParameterGroupName ?? ClusterMode) refuseMember(group)
}

/** What takes effect at once, whatever ApplyImmediately says. */
const readSettings = (
  input: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): Partial<ReplicationGroupRecord> => ({
  ...(input.ReplicationGroupDescription !== undefined && { description: input.ReplicationGroupDescription }),
  ...readUpkeep(input, group, context),
  ...readSnapshotting(input, group, context),
  ...readDurability(input, group),
})

/** With Multi-AZ as it will be. */
function readDurability(input: ModifyInput, group: ReplicationGroupRecord): Partial<ReplicationGroupRecord> {
  const durability = withDurability(input.Durability)
  refuseUnlessDurable({ ...group, multiAz: input.MultiAZEnabled ?? group.multiAz, ...durability })
  return durability
}

type UpkeepInput = Pick<
  ModifyInput,
  | 'PreferredMaintenanceWindow'
  | 'SecurityGroupIds'
  | 'NotificationTopicArn'
  | 'NotificationTopicStatus'
  | 'AutoMinorVersionUpgrade'
>

/** What groups and lone clusters alike are asked at any time: window, security groups, topic, minor upgrades. Of it what is asked. */
export function readUpkeep(
  input: UpkeepInput,
  group: ReplicationGroupRecord,
  context: Context,
): Partial<ReplicationGroupRecord> {
  const topic = readNotificationTopic(input, group.notificationTopic, context)
  return {
    ...(input.PreferredMaintenanceWindow !== undefined && {
      maintenanceWindow: readMaintenanceWindow(input.PreferredMaintenanceWindow, context),
    }),
    ...(input.SecurityGroupIds && {
      securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context, group.subnetGroup),
    }),
    ...(topic && { notificationTopic: topic }),
    ...(input.AutoMinorVersionUpgrade !== undefined && { autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade }),
  }
}

function readSnapshotting(
  { SnapshotRetentionLimit: days, SnapshotWindow: window, SnapshottingClusterId: saved }: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): Partial<ReplicationGroupRecord> {
  if (saved !== undefined) {
    if (group.clusterMode !== 'disabled') {
      throw conflict('Cannot set snapshotting cluster for cluster mode enabled replication group')
    }
    if (!membersOf(group).some(({ id }) => id === saved.toLowerCase())) {
      throw clusterNotFound(saved)
    }
  }
  const begins = days !== undefined && days > 0 && group.snapshotRetentionLimit === 0
  if (begins && group.clusterMode === 'disabled' && saved === undefined && !group.snapshottingClusterId) {
    throw conflict('Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots')
  }
  return {
    ...(days !== undefined && { snapshotRetentionLimit: readRetention(days) }),
    ...(window !== undefined && { snapshotWindow: readSnapshotWindow(window, context) }),
    ...(saved !== undefined && { snapshottingClusterId: saved.toLowerCase() }),
  }
}

/** What may wait, as it will be with what waited before. */
function readChanges(input: ModifyInput, group: ReplicationGroupRecord, context: Context): PendingGroupChanges {
  const changes: PendingGroupChanges = {
    ...group.pending,
    ...readReleaseChanges(input, group, context),
    ...(input.AutomaticFailoverEnabled !== undefined && { automaticFailover: input.AutomaticFailoverEnabled }),
    ...(input.MultiAZEnabled !== undefined && { multiAz: input.MultiAZEnabled }),
    ...(input.PrimaryClusterId && { primary: input.PrimaryClusterId.toLowerCase() }),
  }
  refuseFailoverChange(changes, group)
  if (input.PrimaryClusterId) refusePromotion(input.PrimaryClusterId.toLowerCase(), group)
  return changes
}

/** What groups and lone clusters alike are asked for the window: node type, version, engine, and the parameter group of that. */
export function readReleaseChanges(
  input: Pick<ModifyInput, 'CacheNodeType' | 'Engine' | 'EngineVersion' | 'CacheParameterGroupName'>,
  group: ReplicationGroupRecord,
  context: Context,
): Pick<PendingGroupChanges, 'nodeType' | 'engine' | 'engineVersion' | 'parameterGroup'> {
  const { CacheParameterGroupName: name } = input
  if (input.Engine === undefined) refuseGroupOfOtherEngine(name, group, context)
  const upgrade = readUpgrade(input, group, context)
  if (!name) return upgrade
  const target = { ...group, ...upgrade, parameterGroup: group.parameterGroup }
  return { ...upgrade, parameterGroup: readOtherGroup(name, target, context) }
}

/** The first two texts are AWS's; the codes of the second and of ours are guesses. */
export function refuseFailoverChange(changes: PendingGroupChanges, group: ReplicationGroupRecord): void {
  const failover = changes.automaticFailover ?? group.automaticFailover !== 'disabled'
  const multiAz = changes.multiAz ?? group.multiAz
  const lacksReplica = group.shards.some(({ members }) => members.length < 2)
  if (!failover && group.clusterMode !== 'disabled') {
    throw conflict('Turning off automatic failover for replication group with cluster mode enabled is not supported.')
  }
  if (changes.automaticFailover && lacksReplica && group.clusterMode === 'disabled') {
    throw conflict('Replication group must have at least one read replica to enable autofailover.')
  }
  if (multiAz && !failover) throw conflict('Multi-AZ needs automatic failover to be enabled.')
  if (changes.multiAz && lacksReplica) {
    throw new Fault('InvalidParameterValue', 'Must have at least 1 replica for Multi-AZ enabled Replication Group.')
  }
}

function refusePromotion(id: string, group: ReplicationGroupRecord): void {
  if (group.automaticFailover !== 'disabled') {
    throw badState('Cannot manually promote a new master cache cluster while autofailover is enabled')
  }
  if (!membersOf(group).some((member) => member.id === id)) {
    throw clusterNotFound(id)
  }
  // The text is ours.
  if (isPrimary(group, id)) throw new Fault('InvalidParameterValue', `Cache cluster ${id} is the primary already.`)
}

/**
 * AWS's text, which callers met who went to Valkey without saying Engine: it comes before those about the version, which Redis
 * OSS does not have.
 */
function refuseGroupOfOtherEngine(
  name: string | undefined,
  { engine }: ReplicationGroupRecord,
  context: Context,
): void {
  if (name === undefined) return
  const { family } = familyOfGroup(requireParameterGroup(name, context))
  if (family.engine.name === engine) return
  throw conflict(`${family.engine.name} parameter group is not applicable to engine ${engine}`)
}

/** The last text is AWS's. */
function readOtherGroup(name: string, group: ReplicationGroupRecord, context: Context): string {
  const type = typeOf(group)
  const present = requireParameterGroup(group.parameterGroup, context)
  refuseGroupOfOtherEngine(name, group, context)
  const { family } = familyOfGroup(requireParameterGroup(name, context))
  const asked = readParameterGroup(name, releaseOf(group), type, context)
  const other = otherBeforeUse(family.parameters, present.values, asked.values, group.engineVersion)
  if (other) {
    throw conflict(
      `The parameter ${other} has a different value in the requested parameter group than the current parameter group. This parameter value cannot be changed for a cache cluster`,
    )
  }
  return asked.id
}

export function waiting(
  { maintenanceWindow }: ReplicationGroupRecord,
  pending: PendingGroupChanges,
  now: number,
): Pick<ReplicationGroupRecord, 'pending' | 'pendingDue'> {
  const window = parseWindow(maintenanceWindow)
  const isEmpty = Object.keys(pending).length === 0
  return { pending, pendingDue: isEmpty || !window ? null : nextWindow(window, now) }
}

/** The group while it becomes what its changes say. */
export function withChanges(
  group: ReplicationGroupRecord,
  changes: PendingGroupChanges,
  store: Store,
): ReplicationGroupRecord {
  const { automaticFailover, multiAz, primary, parameterGroup } = changes
  const upgrade = upgradeSteps(group, changes, store)
  const promotion: GroupStep[] = primary === undefined ? [] : [{ do: 'promote', id: primary }]
  const turns = automaticFailover !== undefined && automaticFailover !== (group.automaticFailover === 'enabled')
  // With an upgrade it comes then.
  const isNow = parameterGroup !== undefined && upgrade.length === 0
  const other = !isNow ? undefined : findParameterGroup(store, group.region, parameterGroup)
  return {
    ...(other ? withParameters(group, other.id, valuesFor(other, typeOf(group))) : group),
    status: 'modifying',
    ...(turns && { automaticFailover: automaticFailover ? 'enabling' : 'disabling' }),
    ...(multiAz !== undefined && { multiAz }),
    pending: {},
    pendingDue: null,
    steps: [...group.steps, ...upgrade, ...promotion, { do: 'finish' }],
  }
}
