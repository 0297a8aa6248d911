/**
 * What a new group, or a new cache cluster, that is made of a snapshot or of files in buckets is to be: what the request leaves
 * out is as it was. Each function answers, or throws the refusal; texts without a source are ours.
 */
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { familyOfEngine } from '../../families/families.ts'
import { findParameterGroup } from '../../parameters/groups.ts'
import type { DataSource, Restoring, ServerlessSnapshotRecord, SnapshotRecord } from '../../store/records.ts'
import { dataTieringOf } from '../replication-groups/node-types.ts'
import { evenSlots, formatSlots } from '../replication-groups/slots.ts'
import { findSnapshot as findServerlessSnapshot } from '../serverless/find.ts'
import { readObjectArn } from './buckets.ts'
import { findSnapshot } from './find.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

type GroupInput = Input<'CreateReplicationGroup'>
type ClusterInput = Input<'CreateCacheCluster'>

export interface Restoration<I> {
  /** The request, with what it left out. */
  readonly input: I
  readonly restoring: Restoring
}

/** Undefined: the group begins empty. */
export function readGroupRestoration(input: GroupInput, context: Context): Restoration<GroupInput> | undefined {
  const { SnapshotName, SnapshotArns: arns = [], ServerlessCacheSnapshotName: serverless, PrimaryClusterId } = input
  const given = [SnapshotName, arns[0], serverless, PrimaryClusterId].filter((each) => each !== undefined)
  if (given.length > 1) {
    throw conflict(
      'Only one of SnapshotName, SnapshotArns, ServerlessCacheSnapshotName and PrimaryClusterId can be specified.',
    )
  }
  if (SnapshotName !== undefined) {
    const snapshot = readSnapshot(SnapshotName, context)
    return { input: { ...likeGroup(snapshot, input, context), ...defined(input) }, restoring: restoringOf(snapshot) }
  }
  if (serverless !== undefined) return ofServerless(serverless, input, context)
  if (arns.length === 0) return undefined
  refuseWithoutSlots(input, context)
  return { input, restoring: { sources: arns.map(objectOf) } }
}

/** Undefined: the cache cluster begins empty. */
export function readClusterRestoration(input: ClusterInput, context: Context): Restoration<ClusterInput> | undefined {
  const { SnapshotName, SnapshotArns: arns = [] } = input
  if (SnapshotName !== undefined && arns.length > 0) {
    throw conflict('Only one of SnapshotName and SnapshotArns can be specified.')
  }
  if (SnapshotName !== undefined) {
    const snapshot = readSnapshot(SnapshotName, context)
    if (snapshot.source.clusterMode === 'enabled') throw inParts(snapshot.id)
    return { input: { ...like(snapshot, input, true, context), ...defined(input) }, restoring: restoringOf(snapshot) }
  }
  if (arns.length === 0) return undefined
  if (arns.length > 1) throw invalid('A cache cluster is restored from one snapshot file only.')
  return { input, restoring: { sources: arns.map(objectOf) } }
}

const inParts = (id: string) =>
  conflict(
    `Snapshot ${id} is of a replication group with cluster mode enabled, and cannot be restored with cluster mode disabled.`,
  )

/** The model of operations that make caches has no other code for it. */
export function readSnapshot(name: string, context: Context): SnapshotRecord {
  const snapshot = findSnapshot(name, context, 'InvalidParameterValue')
  if (snapshot.status !== 'available') throw invalid(`Snapshot ${snapshot.id} is ${snapshot.status}, not available.`)
  return snapshot
}

export const restoringOf = ({ id, source, shards }: SnapshotRecord): Restoring => ({
  snapshot: id,
  sources: shards.map(({ file, slots, bytes }) => ({ file, slots, bytes: bytes ?? 0, engine: source.engine })),
})

/** A file in a bucket, by its ARN. */
export function objectOf(arn: string): DataSource {
  const { bucket, key } = readObjectArn(arn)
  return { bucket, file: key, slots: null }
}

/** All that a serverless cache held. */
export const ofServerlessSnapshot = ({ file, bytes, engine }: ServerlessSnapshotRecord): DataSource => ({
  file,
  slots: evenSlots(1),
  bytes,
  engine,
})

/** As the request has it, without what it does not say. */
const defined = <I extends object>(input: I): I =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as I // the same members

/** What both have; the parameter group only where it is of the same family and mode. */
function like(
  { source }: SnapshotRecord,
  { Engine, EngineVersion }: Pick<GroupInput, 'Engine' | 'EngineVersion'>,
  isOfSameMode: boolean,
  { store, region }: Context,
) {
  const isOfSameEngine = Engine === undefined || Engine.toLowerCase() === source.engine
  const isOfSameVersion = isOfSameEngine && (EngineVersion === undefined || EngineVersion === source.engineVersion)
  const { parameterGroup } = source
  const hasGroup = isOfSameVersion && isOfSameMode && findParameterGroup(store, region, parameterGroup)
  return {
    Engine: source.engine,
    ...(isOfSameEngine && { EngineVersion: source.engineVersion }),
    CacheNodeType: source.nodeType,
    Port: source.requestedPort,
    ...(hasGroup && { CacheParameterGroupName: parameterGroup }),
    PreferredMaintenanceWindow: source.maintenanceWindow,
    SnapshotWindow: source.snapshotWindow,
    AutoMinorVersionUpgrade: source.autoMinorVersionUpgrade,
  }
}

function likeGroup(snapshot: SnapshotRecord, input: GroupInput, context: Context): Partial<GroupInput> {
  const { source, shards, id } = snapshot
  const {
    NumNodeGroups,
    NumCacheClusters,
    NodeGroupConfiguration: configuration,
    ClusterMode,
    ReplicasPerNodeGroup,
  } = input
  const isPlain =
    (NumNodeGroups ?? 1) === 1 && (configuration?.length ?? 0) < 2 && (ClusterMode ?? 'disabled') === 'disabled'
  // What was tiered fits on no other node types (guide, "Data tiering").
  const tiering = dataTieringOf(source) === 'enabled' && { DataTieringEnabled: true }
  if (source.clusterMode !== 'enabled') return { ...like(snapshot, input, isPlain, context), ...tiering }
  if (NumCacheClusters !== undefined || ClusterMode === 'disabled') throw inParts(id)
  const isOfSameShape = !configuration?.length && (NumNodeGroups ?? shards.length) === shards.length
  return {
    ...like(snapshot, input, true, context),
    ...tiering,
    ...(source.durability && { Durability: source.durability }),
    ClusterMode: 'enabled',
    AutomaticFailoverEnabled: true,
    ...(isOfSameShape && {
      NodeGroupConfiguration: shards.map(({ id: shard, slots, zones }) => ({
        NodeGroupId: shard,
        Slots: formatSlots(slots ?? []),
        ReplicaCount: ReplicasPerNodeGroup ?? zones.length - 1,
      })),
    }),
  }
}

function ofServerless(name: string, input: GroupInput, context: Context): Restoration<GroupInput> {
  const snapshot = findServerlessSnapshot(name, context, 'InvalidParameterValue')
  const { id, engine, status } = snapshot
  if (!familyOfEngine(engine).replication) {
    throw invalid(`Serverless cache snapshot ${id} is of engine ${engine}: no replication group can be made of it.`)
  }
  if (status !== 'available') throw invalid(`Serverless cache snapshot ${id} is ${status}, not available.`)
  return {
    input: { ...input, Engine: input.Engine ?? engine },
    restoring: { sources: [ofServerlessSnapshot(snapshot)] },
  }
}

/** The words are AWS's. */
function refuseWithoutSlots(input: GroupInput, { store, region }: Context): void {
  const { NumNodeGroups = 1, NodeGroupConfiguration: configuration = [], ClusterMode, CacheParameterGroupName } = input
  const named = CacheParameterGroupName && findParameterGroup(store, region, CacheParameterGroupName.toLowerCase())
  const isCluster =
    NumNodeGroups > 1 ||
    configuration.length > 1 ||
    ClusterMode === 'enabled' ||
    (named && named.values['cluster-enabled'] === 'yes')
  if (!isCluster || (configuration.length > 0 && configuration.every(({ Slots }) => Slots !== undefined))) return
  throw conflict('Slots must be provided when restoring from snapshot ARNs with cluster mode enabled')
}
