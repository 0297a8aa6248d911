/** What is to change for a replication group to have so many replicas, or shards. Pure. */
import type { Input, OperationName } from '../../../api/model.ts'
import { SLOTS } from '../../../protocols/resp/hash-slot.ts'
import type { Cache } from '../../caches/cache.ts'
import { type AskedNode, type GroupNode, primaryAmong } from '../../caches/group-nodes.ts'
import { Problem, usageProblem } from '../../problem.ts'

export interface Asked {
  readonly replicas?: number | undefined
  readonly shards?: number | undefined
  /** Only of this shard. */
  readonly shard?: string | undefined
}

interface Change<N extends OperationName = OperationName> {
  readonly operation: N
  readonly input: Input<N>
  /** What will be, a line each. */
  readonly lines: readonly string[]
}

const change = <N extends OperationName>(operation: N, input: Input<N>, lines: readonly string[]): Change<N> => ({
  operation,
  input,
  lines,
})

/** Members of one shard. */
interface Part {
  readonly id: string
  readonly slots: number
  readonly nodes: readonly AskedNode[]
  readonly primary: GroupNode | undefined
  /** Undefined: no node of it tells. */
  readonly keys: number | undefined
}

/** @throws Problem of what a group can't be made into; undefined: it is so already. */
export function changeOf(cache: Cache, nodes: readonly AskedNode[], asked: Asked): Change | undefined {
  const parts = (cache.shards ?? []).map((shard): Part => {
    const own = nodes.filter(({ node }) => node.shard === shard.id)
    const first = primaryAmong(own)
    return { id: shard.id, slots: slotCount(shard.slots), nodes: own, primary: first?.node, keys: first?.keys }
  })
  if (asked.shards !== undefined) return resharding(cache, parts, asked.shards)
  const chosen = asked.shard === undefined ? parts : parts.filter(({ id }) => id === asked.shard)
  if (chosen.length === 0) {
    throw new Problem('absent', `${cache.id} has no shard ${asked.shard}.`, `There is: ${parts.map(({ id }) => id)}.`)
  }
  return replicating(cache, chosen, parts.length, asked.replicas ?? 0)
}

/** `0-5461,6000-7000`; without cluster mode the one shard has all. */
export const slotCount = (slots: string | undefined): number =>
  slots === undefined
    ? SLOTS
    : slots.split(',').reduce((sum, range) => {
        const [first = 0, last = first] = range.split('-').map(Number)
        return sum + last - first + 1
      }, 0)

function replicating(cache: Cache, parts: readonly Part[], all: number, replicas: number): Change | undefined {
  const id = cache.id
  const differing = parts.filter(({ nodes }) => nodes.length - 1 !== replicas)
  if (differing.length === 0) return undefined
  const isMore = differing.every(({ nodes }) => nodes.length - 1 < replicas)
  if (!isMore && differing.some(({ nodes }) => nodes.length - 1 < replicas)) {
    const counts = parts.map(({ id: shard, nodes }) => `${shard}: ${nodes.length - 1}`).join(', ')
    throw new Problem(
      'general',
      `Some shards of ${id} have fewer replicas than ${replicas}, others more (${counts}).`,
      'Change those with --shard, one after the other.',
    )
  }
  const base = { ReplicationGroupId: id, ApplyImmediately: true }
  const lines = differing.map(
    ({ id: shard, nodes }) => `  shard ${shard}: ${nodes.length - 1} -> ${replicas} replicas of ${cache.nodeType}`,
  )
  const configuration = differing.map(({ id: shard }) => ({ NodeGroupId: shard, NewReplicaCount: replicas }))
  if (isMore) {
    const whole = differing.length === all
    const input = whole ? { NewReplicaCount: replicas } : { ReplicaConfiguration: configuration }
    return change('IncreaseReplicaCount', { ...base, ...input }, [
      ...lines,
      '  come, and get a copy of what their primary has; no keys move, clients go on',
    ])
  }
  // Where a primary is not known, the service knows better which nodes can go.
  const leaving = differing.map((part) => part.primary && leavingOf(part, part.nodes.length - 1 - replicas))
  const ids = leaving.flatMap((each) => each ?? [])
  if (leaving.some((each) => each === undefined)) {
    return change('DecreaseReplicaCount', { ...base, ReplicaConfiguration: configuration }, [
      ...lines,
      '  go: replicas that ElastiCache chooses; no keys are lost',
    ])
  }
  return change('DecreaseReplicaCount', { ...base, ReplicasToRemove: ids }, [
    ...lines,
    `  go: ${ids.join(', ')}; no keys are lost, and clients that read there have to go elsewhere`,
  ])
}

/** Of a zone that has most nodes of the shard first, so that it stays spread; of equals the highest id. */
function leavingOf({ nodes, primary }: Part, count: number): string[] {
  let staying = nodes.map(({ node }) => node)
  const leaving: string[] = []
  for (let left = count; left > 0; left--) {
    const load = ({ zone }: GroupNode): number => staying.filter((node) => node.zone === zone).length
    const [next] = staying
      .filter(({ id }) => id !== primary?.id)
      .sort((a, b) => load(b) - load(a) || b.id.localeCompare(a.id))
    if (!next) break
    leaving.push(next.id)
    staying = staying.filter((node) => node !== next)
  }
  return leaving.sort()
}

function resharding(cache: Cache, parts: readonly Part[], shards: number): Change | undefined {
  const { id } = cache
  if (!cache.configuration) {
    throw new Problem(
      'general',
      `${id} has one shard, and cluster mode is disabled: only a group in cluster mode has several.`,
      'Replicas can be added: --replicas. Cluster mode: cachectl modify-replication-group --cluster-mode compatible, then enabled.',
    )
  }
  const before = parts.length
  if (shards === before) return undefined
  const base = { ReplicationGroupId: id, NodeGroupCount: shards, ApplyImmediately: true }
  const per = Math.min(...parts.map(({ nodes }) => nodes.length))
  const head = `  ${before} -> ${shards} shards of ${per} nodes of ${cache.nodeType}`
  if (shards > before) {
    const giving = parts.map((part) => ({ part, slots: Math.max(0, part.slots - Math.ceil(SLOTS / shards)) }))
    return change('ModifyReplicationGroupShardConfiguration', base, [
      head,
      `  come: ${shards - before === 1 ? '1 shard' : `${shards - before} shards`} (${(shards - before) * per} nodes)`,
      movedLine(giving),
    ])
  }
  const going = [...parts].sort((a, b) => a.id.localeCompare(b.id)).slice(shards)
  return change(
    'ModifyReplicationGroupShardConfiguration',
    { ...base, NodeGroupsToRemove: going.map((each) => each.id) },
    [
      head,
      `  go: ${going.map((part) => `${part.id} (${part.nodes.map(({ node }) => node.id).join(', ')})`).join(', ')}`,
      movedLine(going.map((part) => ({ part, slots: part.slots }))),
    ],
  )
}

/** What moves from each shard. Keys are taken to be spread evenly over the slots of a shard. */
function movedLine(giving: readonly { readonly part: Part; readonly slots: number }[]): string {
  const slots = giving.reduce((sum, each) => sum + each.slots, 0)
  const shares = giving.map(({ part, slots: own }) =>
    part.keys === undefined || part.slots === 0 ? undefined : (part.keys * own) / part.slots,
  )
  const keys = shares.reduce<number | undefined>(
    (sum, share) => (sum === undefined || share === undefined ? undefined : sum + share),
    0,
  )
  const told = keys === undefined ? 'their keys' : `about ${Math.round(keys)} keys`
  return `  move: about ${slots} of ${SLOTS} slots (${Math.round((100 * slots) / SLOTS)} %) with ${told}; clients are redirected, and go on`
}

/** @throws Problem of usage for options that do not fit a group, or each other. */
export function refuseMisfit(
  cache: Cache,
  given: Asked & { nodes?: number | undefined; azs: readonly string[] },
): void {
  const { id } = cache
  if (given.nodes !== undefined) {
    throw usageProblem('argument --nodes: not for a replication group', `Say --replicas or --shards of ${id}.`)
  }
  if (given.azs.length > 0) {
    throw usageProblem(
      'argument --azs: not for a replication group',
      'ElastiCache spreads its nodes; by hand: increase-replica-count --replica-configuration.',
    )
  }
  if ((given.replicas === undefined) === (given.shards === undefined)) {
    throw usageProblem(
      'one of the arguments --replicas --shards is required',
      'One after the other: the group is not available meanwhile.',
    )
  }
  if (given.shard !== undefined && given.shards !== undefined) {
    throw usageProblem('argument --shard: only with --replicas')
  }
}
