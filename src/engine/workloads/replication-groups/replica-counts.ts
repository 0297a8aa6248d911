/**
 * How many replicas shards are to have, and which come and go. Pure: each function answers, or throws the refusal.
 * Texts without a source are ours.
 */
import type { ConfigureShard } from '@aws-sdk/client-elasticache'
import { Fault } from '../../../api/faults.ts'
import type { GroupMemberRecord, ReplicationGroupRecord, ShardRecord } from '../../store/records.ts'
import { shardId } from './names.ts'
import { checkedReplicas } from './shape.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** What was asked for: of all shards, or of some. */
export interface CountRequest {
  readonly NewReplicaCount?: number | undefined
  readonly ReplicaConfiguration?: readonly ConfigureShard[] | undefined
  readonly ReplicasToRemove?: readonly string[] | undefined
}

/** What a shard is to have. */
export interface ShardTarget {
  readonly shard: ShardRecord
  readonly replicas: number
  /** Of all its members, the primary first; undefined: not said. */
  readonly zones: readonly string[] | undefined
}

/** Of every shard that is to have another number of replicas. */
export function readTargets(request: CountRequest, group: ReplicationGroupRecord): ShardTarget[] {
  const { NewReplicaCount: count, ReplicaConfiguration: configuration } = request
  if (count !== undefined && configuration?.length) {
    throw conflict('NewReplicaCount and ReplicaConfiguration cannot be specified together.')
  }
  const targets = configuration?.length
    ? configuration.map((each) => targetOf(each, group))
    : group.shards.map((shard) => ({ shard, replicas: checkedReplicas(count), zones: undefined }))
  const changed = targets.filter(({ shard, replicas }) => replicas !== replicasOf(shard).length)
  if (changed.length === 0) throw new Fault('NoOperationFault', 'The operation would not change anything.')
  return changed
}

function targetOf(
  { NodeGroupId, NewReplicaCount, PreferredAvailabilityZones: zones }: ConfigureShard,
  group: ReplicationGroupRecord,
): ShardTarget {
  const shard = findShard(NodeGroupId, group)
  if (!shard) throw new Fault('NodeGroupNotFoundFault', `Node group ${NodeGroupId} not found.`)
  const replicas = checkedReplicas(NewReplicaCount)
  if (zones?.length && zones.length !== replicas + 1) {
    throw conflict('PreferredAvailabilityZones must have a zone for each replica and one for the primary.')
  }
  return { shard, replicas, zones: zones?.length ? zones : undefined }
}

/** By its id, or by that after the name of its group as the guide writes it: `redis00-0003`. */
export function findShard(id: string | undefined, { shards }: ReplicationGroupRecord): ShardRecord | undefined {
  const [digits] = /\d{1,4}$/.exec(id ?? '') ?? []
  return digits === undefined ? undefined : shards.find((shard) => shard.id === shardId(Number(digits)))
}

export const replicasOf = ({ primary, members }: ShardRecord): readonly GroupMemberRecord[] =>
  members.filter(({ id }) => id !== primary)

/** Throws unless every shard is to have more, or fewer. */
export function refuseOtherDirection(targets: readonly ShardTarget[], direction: 'more' | 'fewer'): void {
  const wrong = targets.find(({ shard, replicas }) =>
    direction === 'more' ? replicas < replicasOf(shard).length : replicas > replicasOf(shard).length,
  )
  if (!wrong) return
  const { length } = replicasOf(wrong.shard)
  throw invalid(
    `Node group ${wrong.shard.id} has ${length} replicas: the new count must be ${direction === 'more' ? 'greater' : 'less'}.`,
  )
}

/** The replicas that leave each shard: those that are named, or as many as are too many. */
export function readLeaving(request: CountRequest, group: ReplicationGroupRecord): readonly string[] {
  const named = request.ReplicasToRemove ?? []
  const leaving = named.length > 0 ? readNamed(request, named, group) : chosen(readTargets(request, group))
  for (const shard of group.shards) {
    const left = replicasOf(shard).filter(({ id }) => !leaving.includes(id)).length
    if (left < replicasOf(shard).length) refuseTooFew(left, group)
  }
  return leaving
}

function readNamed(request: CountRequest, named: readonly string[], group: ReplicationGroupRecord): readonly string[] {
  if (request.NewReplicaCount !== undefined || request.ReplicaConfiguration?.length) {
    throw conflict('ReplicasToRemove cannot be specified along with NewReplicaCount or ReplicaConfiguration.')
  }
  const replicas = group.shards.flatMap(replicasOf).map(({ id }) => id)
  const ids = [...new Set(named.map((id) => id.toLowerCase()))]
  const unknown = ids.filter((id) => !replicas.includes(id))
  if (unknown.length > 0) {
    throw invalid(`Not replicas of ${group.id}: ${unknown.join(', ')}. Its replicas are: ${replicas.join(', ')}.`)
  }
  return ids
}

function chosen(targets: readonly ShardTarget[]): string[] {
  refuseOtherDirection(targets, 'fewer')
  return targets.flatMap(({ shard, replicas }) => leavingOf(shard, replicasOf(shard).length - replicas))
}

/** Of a zone that has most of the shard's members first, so that it stays spread; of equals the youngest. */
function leavingOf(shard: ShardRecord, count: number): string[] {
  let staying = [...shard.members]
  const leaving: string[] = []
  for (let left = count; left > 0; left--) {
    const load = (zone: string) => staying.filter((member) => member.zone === zone).length
    const [next] = staying
      .filter(({ id }) => id !== shard.primary)
      .sort((a, b) => load(b.zone) - load(a.zone) || (a.id < b.id ? 1 : -1))
    if (!next) break
    leaving.push(next.id)
    staying = staying.filter((member) => member !== next)
  }
  return leaving
}

/** The first text is AWS's; of the second only the beginning is known. */
function refuseTooFew(left: number, { clusterMode, automaticFailover, multiAz }: ReplicationGroupRecord): void {
  if (left > 0) return
  if (clusterMode === 'disabled' && automaticFailover !== 'disabled') {
    throw invalid('Must have at least 1 replica when cluster mode is disabled with auto failover enabled.')
  }
  if (multiAz) throw invalid('Must have at least 1 replica for Multi-AZ enabled Replication Group.')
}
