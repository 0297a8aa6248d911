/**
 * What a new replication group is made of, by what was asked for: how many shards, with which slots, and in which zones their
 * members. Pure: each function answers, or throws the refusal. Texts without a source are ours.
 */
import type { NodeGroupConfiguration } from '@aws-sdk/client-elasticache'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { SlotRange } from '../../store/records.ts'
import { shardId } from './names.ts'
import { coverAll, evenSlots, parseSlots } from './slots.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

const MOST_REPLICAS = LIMITS.replicasPerShard

export interface ShardPlan {
  readonly id: string
  readonly slots: readonly SlotRange[]
  /** Of the primary first; null where the engine chooses. */
  readonly zones: readonly (string | null)[]
}

export interface Shape {
  readonly clusterMode: 'disabled' | 'compatible' | 'enabled'
  readonly shards: readonly ShardPlan[]
}

type CreateInput = Pick<
  Input<'CreateReplicationGroup'>,
  | 'NumCacheClusters'
  | 'NumNodeGroups'
  | 'ReplicasPerNodeGroup'
  | 'NodeGroupConfiguration'
  | 'PreferredCacheClusterAZs'
  | 'AutomaticFailoverEnabled'
  | 'MultiAZEnabled'
  | 'ClusterMode'
>

/**
 * @param clusterEnabled What the parameter group that the request names says of cluster-enabled; undefined: it names none, and
 * the default group follows from the shape.
 */
export function readShape(input: CreateInput, clusterEnabled: boolean | undefined): Shape {
  const { NodeGroupConfiguration: configuration, PreferredCacheClusterAZs: zones } = input
  const shards = readShardCount(input)
  const clusterMode = readClusterMode(input.ClusterMode, shards, clusterEnabled)
  if (zones && zones.length > 0 && shards > 1) {
    throw conflict('PreferredCacheClusterAZs can only be specified for one node group.')
  }
  const plans = configuration?.length
    ? configured(configuration, input.ReplicasPerNodeGroup, clusterMode)
    : alike(shards, readReplicas(input), zones)
  refuseFailoverWithout(input, clusterMode, plans)
  return { clusterMode, shards: plans }
}

function readShardCount({ NumNodeGroups, NumCacheClusters, ReplicasPerNodeGroup, ...input }: CreateInput): number {
  const configured = input.NodeGroupConfiguration?.length
  if (NumNodeGroups !== undefined && NumNodeGroups < 1) {
    throw invalid(`Invalid value ${NumNodeGroups} for NumNodeGroups. Must be at least 1`)
  }
  if (configured && NumNodeGroups !== undefined && NumNodeGroups !== configured) {
    throw conflict('NodeGroupConfiguration must have as many node groups as NumNodeGroups says.')
  }
  const shards = configured || NumNodeGroups || 1
  if (NumCacheClusters !== undefined && (shards > 1 || ReplicasPerNodeGroup !== undefined)) {
    throw conflict('NumCacheClusters cannot be specified along with NumNodeGroups or ReplicasPerNodeGroup.')
  }
  return shards
}

/** The parameter group decides, else what was asked for; more shards than one need it. */
function readClusterMode(
  asked: CreateInput['ClusterMode'],
  shards: number,
  byGroup: boolean | undefined,
): Shape['clusterMode'] {
  if (asked !== undefined && asked !== 'disabled' && byGroup === false) {
    throw conflict('Cluster mode should be enabled in parameter group, but found it is disabled.')
  }
  if (asked === 'disabled' && byGroup === true) {
    throw conflict('Cluster mode should be disabled in parameter group, but found it is enabled.')
  }
  if (asked === 'compatible' && shards === 1) return 'compatible'
  const enabled = asked === 'enabled' || byGroup === true || (byGroup === undefined && shards > 1)
  if (shards > 1 && !enabled) {
    throw conflict('More than one node group needs a parameter group with cluster mode enabled.')
  }
  return enabled ? 'enabled' : 'disabled'
}

function readReplicas({ NumCacheClusters, ReplicasPerNodeGroup }: CreateInput): number {
  if (NumCacheClusters !== undefined && (NumCacheClusters < 1 || NumCacheClusters > MOST_REPLICAS + 1)) {
    throw invalid(`Invalid value ${NumCacheClusters} for NumCacheClusters. Must be between 1 and ${MOST_REPLICAS + 1}`)
  }
  return checkedReplicas(ReplicasPerNodeGroup ?? (NumCacheClusters ?? 1) - 1)
}

/** Of a node group. */
export function checkedReplicas(count: number | undefined): number {
  if (count !== undefined && count >= 0 && count <= MOST_REPLICAS) return count
  throw invalid(`The number of replicas per node group must be within 0 and ${MOST_REPLICAS}.`)
}

function alike(shards: number, replicas: number, zones: readonly string[] | undefined): ShardPlan[] {
  const members = replicas + 1
  if (zones && zones.length > 0 && zones.length !== members) {
    throw conflict('The number of preferred availability zones must be that of the cache clusters.')
  }
  const chosen = zones?.length ? zones : new Array<null>(members).fill(null)
  return evenSlots(shards).map((slots, index) => ({ id: shardId(index + 1), slots: [slots], zones: chosen }))
}

function configured(
  configuration: readonly NodeGroupConfiguration[],
  replicas: number | undefined,
  clusterMode: Shape['clusterMode'],
): ShardPlan[] {
  const ids = readShardIds(configuration, clusterMode)
  const slots = readSlots(configuration)
  return configuration.map((group, index) => ({
    id: ids[index] ?? shardId(index + 1),
    slots: slots[index] ?? [],
    zones: zonesOf(group, replicas),
  }))
}

function readShardIds(configuration: readonly NodeGroupConfiguration[], clusterMode: Shape['clusterMode']): string[] {
  if (clusterMode === 'disabled') return [shardId(1)]
  const ids = configuration.map(({ NodeGroupId }, index) => NodeGroupId ?? shardId(index + 1))
  const malformed = ids.filter((id) => !/^\d{1,4}$/.test(id))
  if (malformed.length > 0) throw invalid(`The following node group ids are invalid: [${malformed.join(', ')}]`)
  const whole = ids.map((id) => shardId(Number(id)))
  if (new Set(whole).size < whole.length) throw invalid('Node group ids must differ from each other.')
  return whole
}

/** All shards say which slots they have, or none. */
function readSlots(configuration: readonly NodeGroupConfiguration[]): SlotRange[][] {
  const texts = configuration.map(({ Slots }) => Slots)
  if (texts.every((text) => text === undefined)) return evenSlots(configuration.length).map((range) => [range])
  if (texts.some((text) => text === undefined)) throw conflict('Slots must be given for all node groups, or for none.')
  const ranges = texts.map((text = '') => {
    const slots = parseSlots(text)
    if (!slots) throw invalid(`Invalid value ${text} for Slots. Must be ranges of 0 to 16383, such as 0-8191`)
    return slots
  })
  if (!coverAll(ranges.flat())) throw invalid('Slots of all node groups together must be 0-16383, each in one of them.')
  return ranges
}

function zonesOf(group: NodeGroupConfiguration, usual: number | undefined): (string | null)[] {
  const { PrimaryAvailabilityZone: primary = null, ReplicaAvailabilityZones: zones } = group
  const replicas = checkedReplicas(group.ReplicaCount ?? zones?.length ?? usual ?? 0)
  if (zones && zones.length > 0 && zones.length !== replicas) {
    throw conflict('ReplicaAvailabilityZones must have as many zones as ReplicaCount says.')
  }
  return [primary, ...(zones?.length ? zones : new Array<null>(replicas).fill(null))]
}

function refuseFailoverWithout(
  { AutomaticFailoverEnabled = false, MultiAZEnabled = false }: CreateInput,
  clusterMode: Shape['clusterMode'],
  shards: readonly ShardPlan[],
): void {
  const hasReplicas = shards.every(({ zones }) => zones.length > 1)
  if (clusterMode === 'enabled' && !AutomaticFailoverEnabled) {
    throw invalid('Redis with cluster mode enabled cannot be created with auto failover turned off.')
  }
  if (clusterMode !== 'enabled' && AutomaticFailoverEnabled && !hasReplicas) {
    throw conflict('When using automatic failover, there must be at least 2 cache clusters in the replication group.')
  }
  if (!MultiAZEnabled) return
  if (!AutomaticFailoverEnabled) throw conflict('Multi-AZ needs automatic failover to be enabled.')
  if (!hasReplicas) throw invalid('Must have at least 1 replica for Multi-AZ enabled Replication Group.')
}
