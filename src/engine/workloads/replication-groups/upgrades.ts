/** Other node types, versions and engines: what of them is possible, and how a group gets there. Texts without a source are ours. */
import { CLUSTER_ON, defaultGroupOf, familyOf } from '../../../api/catalog/engines.ts'
import { type NodeType, nodeTypes } from '../../../api/catalog/node-types.ts'
import { isOlder } from '../../../api/catalog/versions.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { readEngine } from '../../calls/engine.ts'
import { requireParameterGroup } from '../../calls/groups.ts'
import { familyOfEngine, releaseOf } from '../../families/families.ts'
import { findParameterGroup, isDefaultGroup, valuesFor } from '../../parameters/groups.ts'
import { withParameters } from '../../parameters/status.ts'
import type { GroupStep, PendingGroupChanges, ReplicationGroupRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { readParameterGroup } from '../clusters/parameter-rules.ts'
import { refuseNotInstalled, runtimeOf } from '../node-runtime.ts'
import { refuseWhileCompatible } from './cluster-modes.ts'
import { isCluster } from './members.ts'
import { scalableTypes, typeOf } from './node-types.ts'
import { restartSteps } from './remaking.ts'
import { replicasOf } from './replica-counts.ts'
import { readRedisVersion } from './versions.ts'

type ModifyInput = Pick<
  Input<'ModifyReplicationGroup'>,
  'CacheNodeType' | 'Engine' | 'EngineVersion' | 'CacheParameterGroupName'
>
type Release = Pick<ReplicationGroupRecord, 'engine' | 'engineVersion'>

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** What a request wants of a group besides what it is; of parameter groups only that which another family needs. */
export function readUpgrade(
  input: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): Pick<PendingGroupChanges, 'nodeType' | 'engine' | 'engineVersion' | 'parameterGroup'> {
  const nodeType = readOtherType(input.CacheNodeType, group)
  const release = readOtherRelease(input, group, context)
  if (nodeType ?? release) refuseWhileCompatible(group, nodeType === undefined ? 'The engine version' : 'The node type')
  const type = typeOf({ ...group, nodeType: nodeType ?? group.nodeType })
  const parameterGroup = release && groupFor(input, group, release, type, context)
  return {
    ...(nodeType !== undefined && { nodeType }),
    ...release,
    ...(parameterGroup !== undefined && { parameterGroup }),
  }
}

function readOtherType(name: string | undefined, group: ReplicationGroupRecord): string | undefined {
  if (name === undefined || name === group.nodeType) return undefined
  if (!nodeTypes.has(name)) throw invalid(`Invalid cache node type: ${name}.`)
  if (!scalableTypes(group).some((type) => type.name === name)) {
    throw invalid(
      `A group of ${group.nodeType} cannot be scaled to ${name}. ListAllowedNodeTypeModifications tells what it can.`,
    )
  }
  return name
}

/** Only upwards, and to Valkey; the text of the first refusal is AWS's. */
function readOtherRelease(
  { Engine, EngineVersion }: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): Release | undefined {
  if (Engine === undefined && EngineVersion === undefined) return undefined
  const family = readEngine(Engine ?? group.engine)
  const engine = family.engine.name
  const isOther = engine !== group.engine
  if (isOther && engine !== familyOfEngine(group.engine).engine.successor) {
    throw invalid('This API supports only cross-engine upgrades to Valkey engine currently')
  }
  if (!isOther && EngineVersion === undefined) return undefined
  const engineVersion = readRedisVersion(EngineVersion, family.engine)
  if (!isOther && engineVersion === group.engineVersion) return undefined
  if (!isOther && isOlder(engineVersion, group.engineVersion)) {
    throw conflict(`Cannot downgrade from engine version ${group.engineVersion} to ${engineVersion}.`)
  }
  if (runtimeOf(group) === 'server') refuseNotInstalled({ family, version: engineVersion }, context.nodeRuntimes)
  return { engine, engineVersion }
}

/** A group of a user's own does not go with another family: one of that is to come with the request, unless the service made it. */
function groupFor(
  { CacheParameterGroupName: named }: ModifyInput,
  group: ReplicationGroupRecord,
  release: Release,
  type: NodeType,
  context: Context,
): string | undefined {
  if (named !== undefined) return undefined
  const target = releaseOf(release)
  const { family, isGlobal } = requireParameterGroup(group.parameterGroup, context)
  const isLeft = isGlobal && family !== familyOf(target.family.engine, target.version)
  if (isLeft || isDefaultGroup(group.parameterGroup)) {
    return `${defaultGroupOf(target.family.engine, target.version)}${isCluster(group) ? CLUSTER_ON : ''}`
  }
  readParameterGroup(group.parameterGroup, target, type, context)
  return undefined
}

/**
 * How a group gets there. Another size or version its servers take while they run. Of another program's servers the replicas
 * start first, then one takes its primary's place, shard by shard, and the former primary starts as the replica of that; where
 * a primary has no replica, all start at once with what is saved meanwhile.
 */
export function upgradeSteps(
  group: ReplicationGroupRecord,
  {
    nodeType = group.nodeType,
    engine = group.engine,
    engineVersion = group.engineVersion,
    ...more
  }: PendingGroupChanges,
  store: Store,
): GroupStep[] {
  if (nodeType === group.nodeType && engine === group.engine && engineVersion === group.engineVersion) return []
  const parameterGroup = more.parameterGroup ?? group.parameterGroup
  const found = findParameterGroup(store, group.region, parameterGroup)
  if (!found) throw new Error(`there is no parameter group ${parameterGroup}`)
  const { parameters } = withParameters(group, found.id, valuesFor(found, typeOf({ ...group, nodeType })))
  const release = { engine, engineVersion }
  const isSmaller = typeOf({ ...group, nodeType }).maxmemory < typeOf(group).maxmemory
  return [
    ...(isSmaller ? [{ do: 'check-fit', nodeType } as const] : []),
    ...(needsOtherServers(group, release) ? otherServers(group, release) : []),
    { do: 'upgrade', to: { nodeType, ...release, parameterGroup, parameters } },
  ]
}

/** A program serves several versions, and says which it is; what is a part of the engine says what it was started as. */
const needsOtherServers = (group: ReplicationGroupRecord, { engine, engineVersion }: Release): boolean =>
  engine !== group.engine || (runtimeOf(group) === 'embedded' && engineVersion !== group.engineVersion)

/** Whether its servers are still to become what was asked for. */
export const isUpgrading = ({ steps }: ReplicationGroupRecord): boolean => steps.some((step) => step.do === 'upgrade')

function otherServers({ shards }: ReplicationGroupRecord, release: Release): GroupStep[] {
  if (shards.some(({ members }) => members.length < 2)) return restartSteps({ release })
  return [
    { do: 'change-servers', ids: shards.flatMap(replicasOf).map(({ id }) => id), release },
    ...shards.flatMap((shard): GroupStep[] => {
      const [heir] = replicasOf(shard)
      if (!heir) return []
      return [
        // All replicas have what there is.
        { do: 'members-restarted' },
        { do: 'promote', id: heir.id },
        { do: 'change-servers', ids: [shard.primary], release },
      ]
    }),
    { do: 'members-restarted' },
  ]
}
