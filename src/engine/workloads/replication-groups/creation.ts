/** The record of a new replication group, or cache cluster of Redis OSS or Valkey, by what was asked for. Texts without a source are ours. */
import type { Tag as InputTag } from '@aws-sdk/client-elasticache'
import { CLUSTER_ON, defaultGroupOf } from '../../../api/catalog/engines.ts'
import type { NodeType } from '../../../api/catalog/node-types.ts'
import { Fault } from '../../../api/faults.ts'
import { NODE_RUNTIME_TAG } from '../../../api/local-engine.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { readEngine } from '../../calls/engine.ts'
import { readSecurityGroups, requireParameterGroup } from '../../calls/groups.ts'
import { readNotificationTopic } from '../../calls/notification-rules.ts'
import { mergeTags, readTags } from '../../calls/tag-rules.ts'
import type { Release } from '../../families/family.ts'
import { refuseWithoutCapacity, withCapacity } from '../../faults/refusals.ts'
import { freeByZone } from '../../network/subnet-groups.ts'
import { valuesFor } from '../../parameters/groups.ts'
import { quota } from '../../store/quotas.ts'
import type {
  CacheParameterGroupRecord,
  GroupMemberRecord,
  GroupStep,
  ReplicationGroupRecord,
  Restoring,
  Tag,
} from '../../store/records.ts'
import { isClusterId } from '../../store/replication-groups.ts'
import { newToken } from '../../store/tokens.ts'
import { refuseBeyondRegionQuota } from '../clusters/node-counts.ts'
import { readParameterGroup } from '../clusters/parameter-rules.ts'
import { readMaintenanceWindow, readNetwork, readNodeType, readPort, readSubnetGroup } from '../clusters/rules.ts'
import { readServerRuntime } from '../node-runtime.ts'
import { refuseUnlessDurable, serversOnly, withDurability } from './durability.ts'
import { readLogsChange } from './log-rules.ts'
import { memberIds } from './names.ts'
import { refuseDataTiering } from './node-types.ts'
import { readClients, readEncryption, readRetention, readSnapshotWindow } from './rules.ts'
import { readShape, type ShardPlan } from './shape.ts'
import { readRedisVersion } from './versions.ts'
import { zonesOfMembers } from './zones.ts'

type CreateInput = Input<'CreateReplicationGroup'>

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** What both have that is asked for: a group, and a cache cluster that is in none. */
type CommonInput = Pick<
  CreateInput,
  | 'Engine'
  | 'EngineVersion'
  | 'CacheNodeType'
  | 'Port'
  | 'CacheSubnetGroupName'
  | 'SecurityGroupIds'
  | 'PreferredMaintenanceWindow'
  | 'AutoMinorVersionUpgrade'
  | 'NotificationTopicArn'
  | 'SnapshotRetentionLimit'
  | 'SnapshotWindow'
  | 'NetworkType'
  | 'IpDiscovery'
  | 'LogDeliveryConfigurations'
>

/** Of a lone one the parts that only groups have are as if nothing had been asked for. */
function readCommon(input: CommonInput, release: Release, type: NodeType, tags: readonly Tag[], context: Context) {
  const { region, now, random } = context
  const network = readNetwork(input, release, type, context.hasIpv6)
  const subnetGroup = readSubnetGroup(input.CacheSubnetGroupName, network.networkType, context)
  const topic = readNotificationTopic(input, undefined, context)
  return {
    region,
    token: newToken(random, 6),
    ...context.endpointsTold,
    createdAt: now,
    created: false,
    status: 'creating',
    engine: release.family.engine.name,
    engineVersion: release.version,
    nodeType: type.name,
    requestedPort: readPort(input.Port, release.family.engine),
    endpointPorts: { primary: null, reader: null, configuration: null },
    ...network,
    subnetGroup: subnetGroup.id,
    securityGroupIds: readSecurityGroups(input.SecurityGroupIds, context, subnetGroup.id),
    maintenanceWindow: readMaintenanceWindow(input.PreferredMaintenanceWindow, context),
    autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
    ...(topic && { notificationTopic: topic }),
    snapshotRetentionLimit: readRetention(input.SnapshotRetentionLimit),
    snapshotWindow: readSnapshotWindow(input.SnapshotWindow, context),
    tags,
    pending: {},
    pendingDue: null,
    failoverTests: [],
    steps: [
      { do: 'place-members' },
      { do: 'join-members' },
      ...logSteps(input, { engine: release.family.engine.name, engineVersion: release.version }),
      { do: 'finish' },
    ],
    stepDue: now,
  } as const
}

/** Logs that are delivered from the start of its servers on. */
export function logSteps(
  { LogDeliveryConfigurations: asked }: Pick<CreateInput, 'LogDeliveryConfigurations'>,
  group: Parameters<typeof readLogsChange>[1],
): GroupStep[] {
  const change = readLogsChange(asked, group)
  return change ? [{ do: 'change-logs', change }] : []
}

/** A group of new members only. @param restoring What it begins with; absent: with nothing. */
export function newGroup(
  id: string,
  description: string,
  input: CreateInput,
  context: Context,
  restoring?: Restoring,
): ReplicationGroupRecord {
  const release = readRelease(input.Engine ?? 'redis', input.EngineVersion)
  const type = readNodeType(input.CacheNodeType, release)
  refuseDataTiering(input.DataTieringEnabled, type)
  const named = namedParameterGroup(input.CacheParameterGroupName, context)
  const shape = readShape(input, named && isClusterEnabled(named))
  const parameterGroup = readParameterGroup(
    named?.id ?? defaultGroup(release, shape.clusterMode !== 'disabled'),
    release,
    type,
    context,
  )
  const tags = readGroupTags(input.Tags)
  const common = readCommon(input, release, type, tags, context)
  const nodeRuntime = readServerRuntime({ tags, release, lacking: serversOnly(input) }, context)
  const zones = readZones(input, shape.shards, common, context)
  const count = zones.flat().length
  refuseBeyondGroupQuota(count, context)
  refuseBeyondRegionQuota(count, context)
  const shards = shape.shards.map((plan, index) => {
    const ids = memberIds(id, shape.clusterMode === 'disabled' ? null : plan.id, plan.zones.length, () => false)
    refuseTakenIds(ids, context)
    const members = ids.map((member, at) => newMember(member, zones[index]?.[at] ?? '', common.tags, context))
    return { id: plan.id, status: 'creating' as const, slots: plan.slots, primary: ids[0] ?? '', members }
  })
  const retention = common.snapshotRetentionLimit
  const encryption = readEncryption(input, release.family.engine.encryptedAtRest ?? false)
  const multiAz = input.MultiAZEnabled ?? false
  const bearing = { ...common, nodeRuntime, ...encryption, ...withDurability(input.Durability) }
  refuseUnlessDurable({ ...bearing, clusterMode: shape.clusterMode, multiAz })
  return {
    ...bearing,
    id,
    lone: false,
    description,
    clusterMode: shape.clusterMode,
    ...readClients(input, { ...common, ...encryption }, context),
    automaticFailover: input.AutomaticFailoverEnabled ? 'enabling' : 'disabled',
    multiAz,
    shards,
    parameterGroup: parameterGroup.id,
    parameters: { values: valuesFor(parameterGroup, type), version: 1 },
    ...filledWith(restoring, common.steps),
    ...(retention > 0 && shape.clusterMode === 'disabled' && { snapshottingClusterId: snapshottedOf(shards) }),
  }
}

/** A replica is saved where there is one, not the primary. */
const snapshottedOf = ([shard]: ReplicationGroupRecord['shards']): string =>
  shard?.members[1]?.id ?? shard?.primary ?? ''

/** The files are made ready before anything runs, and go once the primaries have read them. */
const filledWith = (restoring: Restoring | undefined, steps: readonly GroupStep[]): Partial<ReplicationGroupRecord> =>
  restoring
    ? {
        restoring,
        steps: [
          { do: 'prepare-data' },
          ...steps.flatMap((step): GroupStep[] => (step.do === 'join-members' ? [step, { do: 'drop-data' }] : [step])),
        ],
      }
    : {}

/** A cache cluster that is in no group: one node. @param restoring What it begins with; absent: with nothing. */
export function newLoneCluster(
  id: string,
  input: Input<'CreateCacheCluster'>,
  context: Context,
  restoring?: Restoring,
): ReplicationGroupRecord {
  const release = readRelease(input.Engine ?? '', input.EngineVersion)
  const type = readNodeType(input.CacheNodeType, release)
  // Data tiering is for replication groups only, and there is no member to ask for it.
  refuseDataTiering(false, type)
  const named = namedParameterGroup(input.CacheParameterGroupName, context)
  if (named && isClusterEnabled(named)) {
    throw conflict('Cluster mode should be disabled in parameter group, but found it is enabled.')
  }
  const parameterGroup = readParameterGroup(named?.id ?? defaultGroup(release, false), release, type, context)
  const tags = readGroupTags(input.Tags)
  const common = readCommon(input, release, type, tags, context)
  const nodeRuntime = readServerRuntime({ tags, release }, context)
  const asked = input.PreferredAvailabilityZone ?? input.PreferredAvailabilityZones?.[0] ?? null
  const plan: ShardPlan = { id: '0001', slots: [], zones: [asked] }
  const [[zone = ''] = []] = readZones({}, [plan], common, context)
  refuseBeyondRegionQuota(1, context)
  return {
    ...common,
    nodeRuntime,
    id,
    lone: true,
    description: '',
    clusterMode: 'disabled',
    transit: 'plain',
    atRest: false,
    authTokens: [],
    acceptsNoToken: false,
    userGroupIds: [],
    automaticFailover: 'disabled',
    multiAz: false,
    shards: [
      { id: plan.id, status: 'creating', slots: [], primary: id, members: [newMember(id, zone, tags, context)] },
    ],
    parameterGroup: parameterGroup.id,
    parameters: { values: valuesFor(parameterGroup, type), version: 1 },
    ...filledWith(restoring, common.steps),
  }
}

export function newMember(id: string, zone: string, tags: readonly Tag[], context: Context): GroupMemberRecord {
  const digit = () => Math.floor(context.random() * 16).toString(16)
  return {
    id,
    zone,
    place: null,
    nodeId: Array.from({ length: 40 }, digit).join(''),
    createdAt: context.now,
    status: 'creating',
    incarnation: 1,
    tags,
  }
}

function readRelease(engine: string, version: string | undefined): Release {
  const family = readEngine(engine)
  // The text is ours.
  if (!family.replication) throw new Fault('InvalidParameterValue', `There are no replication groups of ${engine}.`)
  return { family, version: readRedisVersion(version, family.engine) }
}

const readGroupTags = (tags: readonly InputTag[] | undefined): Tag[] =>
  mergeTags([], readTags(tags, [NODE_RUNTIME_TAG]))

const namedParameterGroup = (name: string | undefined, context: Context) =>
  name === undefined ? undefined : requireParameterGroup(name, context)

const isClusterEnabled = ({ values }: CacheParameterGroupRecord): boolean => values['cluster-enabled'] === 'yes'

const defaultGroup = ({ family, version }: Release, clusterEnabled: boolean): string =>
  `${defaultGroupOf(family.engine, version)}${clusterEnabled ? CLUSTER_ON : ''}`

/** Members that come to be where there is room for them; of a group with Multi-AZ in more zones than one. */
export function readZones(
  { MultiAZEnabled = false }: Pick<CreateInput, 'MultiAZEnabled'>,
  shards: readonly ShardPlan[],
  { networkType, subnetGroup, nodeType }: Pick<ReplicationGroupRecord, 'networkType' | 'subnetGroup' | 'nodeType'>,
  context: Context,
): string[][] {
  const group = readSubnetGroup(subnetGroup, networkType, context)
  const free = withCapacity(freeByZone(context.store, group, networkType), nodeType, context)
  const zones = zonesOfMembers(shards, free, context)
  if (MultiAZEnabled && zones.some((each) => new Set(each).size < 2)) {
    throw conflict('Multi-AZ needs a cache subnet group with subnets in at least two Availability Zones.')
  }
  refuseWithoutCapacity(zones.flat(), context.facts.zones, nodeType, context)
  return zones
}

export function refuseBeyondGroupQuota(count: number, context: Context): void {
  const limit = quota('nodes-per-replication-group', context)
  if (count > limit) {
    throw new Fault(
      'NodeQuotaForClusterExceeded',
      `Cluster node quota exceeded. Each cluster can have at most ${limit} nodes in this region.`,
    )
  }
}

/** A member is a cache cluster, and has a name of its own among all of them. */
function refuseTakenIds(ids: readonly string[], { store, region }: Context): void {
  const taken = ids.some((id) => isClusterId(id, store, region))
  if (taken) throw new Fault('CacheClusterAlreadyExists', 'Cache cluster already exists')
}
