/** What a failover of a shard is likely to do. Pure. */
import { endpoint } from '../../../net/target.ts'
import type { Shard } from '../../caches/cache.ts'
import { type AskedNode, type GroupNode, primaryAmong } from '../../caches/group-nodes.ts'

export interface Plan {
  readonly nodes: readonly GroupNode[]
  /** As the nodes say, else as the API does; absent where neither tells. */
  readonly primary?: GroupNode
  readonly replicas: readonly { readonly node: GroupNode; readonly behind?: number; readonly problem?: string }[]
  /** At least one node answers: it can be watched from here. */
  readonly isInReach: boolean
  /** Why the first that does not answer does not. */
  readonly problem?: string
}

/** The replica that has most of the primary's data comes first: engines take that one. Pure. */
export function planOf(asked: readonly AskedNode[]): Plan {
  const first = primaryAmong(asked)
  const offset = first?.standing?.offset
  const [problem] = asked.flatMap((each) => each.problem ?? [])
  const replicas = asked
    .filter((each) => each !== first)
    .map(({ node, standing, problem }) => ({
      node,
      ...(standing && offset !== undefined && { behind: Math.max(0, offset - standing.offset) }),
      ...(problem !== undefined && { problem }),
      ...(standing?.linked === false && { problem: 'it does not receive what the primary writes' }),
    }))
    .sort((a, b) => rank(a) - rank(b))
  return {
    nodes: asked.map(({ node }) => node),
    ...(first && { primary: first.node }),
    replicas,
    isInReach: asked.some(({ standing }) => standing),
    ...(problem !== undefined && { problem }),
  }
}

const rank = ({ behind, problem }: Plan['replicas'][number]): number =>
  problem === undefined ? (behind ?? 0) : Number.POSITIVE_INFINITY

export function planText({ cache, shard, plan }: { cache: string; shard: Shard; plan: Plan }): string {
  const { primary, replicas, isInReach, problem } = plan
  const slots = shard.slots === undefined ? '' : ` (slots ${shard.slots})`
  const at = ({ host, port }: GroupNode) => endpoint(host, port)
  const [next] = replicas
  return [
    `${cache}, shard ${shard.id}${slots}:`,
    primary
      ? `  primary: ${primary.id} (${at(primary)}), which is lost, and comes back empty as a replica`
      : '  primary: not known, the API does not tell it in cluster mode',
    next && primary
      ? `  likely to take over: ${next.node.id} (${at(next.node)})${behindText(next)}`
      : `  may take over: ${replicas.map(({ node }) => node.id).join(', ') || 'no other node'}`,
    ...replicas.slice(1).flatMap((each) => (primary ? [`  other replica: ${each.node.id}${behindText(each)}`] : [])),
    isInReach
      ? '  clients see errors until it is the primary, and lose what it has not received'
      : `  no node answers here, so how long clients see errors will not be known: ${problem ?? 'none has an address yet'}`,
  ].join('\n')
}

const behindText = ({ behind, problem }: Plan['replicas'][number]): string =>
  problem === undefined ? (behind === undefined ? '' : `, ${behind} bytes behind`) : `, out of reach: ${problem}`
