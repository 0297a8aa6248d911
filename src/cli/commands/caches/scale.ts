import type { Input, OperationName } from '../../../api/model.ts'
import { visibleIn } from '../../../api/visible.ts'
import { type Cache, refuseUnless } from '../../caches/cache.ts'
import { trustFor, withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { askMembers, membersOf } from '../../caches/group-nodes.ts'
import { keysMoved } from '../../caches/keys-moved.ts'
import { cacheWord } from '../../caches/word.ts'
import { checkRequest } from '../../call/checks.ts'
import { checkAtTarget } from '../../call/checks-at-target.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { type Flags, text, texts, toggle, type ValuesOf } from '../../flags.ts'
import { confirmFlags, type GlobalOptions, globalFlags, waitFlags } from '../../global-flags.ts'
import { confirmDestruction, confirmOnTerminal } from '../../live/confirm.ts'
import { plainOutput } from '../../output/answer.ts'
import { printForPeople } from '../../output/people.ts'
import { ExitWith, usageProblem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { describeTarget } from '../../target/targets.ts'
import { tell } from '../../terminal.ts'
import { waitForChange } from '../../waiting/operation-wait.ts'
import { type LoginOptions, loginFlags, loginOf } from '../kv/resp/login.ts'
import { changeOf, refuseMisfit } from './scale-group-plan.ts'

const ANSWER_MS = 1000
const NOT_POSSIBLE = 1

const scaleFlags = {
  nodes: count({ summary: 'of a cluster: how many nodes there shall be', helpValue: '<number>', least: 1 }),
  replicas: count({ summary: 'of a group: how many replicas each shard shall have', helpValue: '<number>', least: 0 }),
  shards: count({
    summary: 'of a group in cluster mode: how many shards there shall be',
    helpValue: '<number>',
    least: 1,
  }),
  shard: text({ summary: 'with --replicas: of this shard only', helpValue: '<id>' }),
  azs: texts({ summary: 'zones of the new nodes; fewer zones than nodes are taken in turn', helpValue: '<zone>...' }),
} satisfies Flags

export const scale = command({
  summary: 'Change how many nodes, replicas or shards a cache has, after saying what that does',
  description:
    'Says which nodes come or go (of those there are, the ones with the highest ids go) and which part of the keys moves to another node: with consistent hashing (ketama) and with plain modulo. Of a replication group it changes the replicas of each shard, or of one, or the number of shards: says which members go, how many slots move with their keys, and with --wait how far they have moved. Asks on a terminal, then changes at once; without a terminal, nodes go only with --yes. --dry-run ends after the plan, with exit code 1 where the service would refuse it. The plan goes to stderr, the cache to stdout.',
  words: { cluster: cacheWord('id of the cluster or replication group') },
  flags: {
    ...scaleFlags,
    'dry-run': toggle({ summary: 'say what would be done, and end' }),
    user: loginFlags.user,
    'password-file': loginFlags['password-file'],
    ...waitFlags,
    ...confirmFlags,
    ...globalFlags,
  },
  examples: [
    'scale shop --nodes 5 --wait',
    'scale shop --nodes 4 --azs us-west-2a us-west-2b',
    'scale cart --replicas 2',
    'scale cart --shards 4 --wait',
  ],
  forms: { piped: 'json' },
  async run({ words: { cluster: id }, flags, print }) {
    await withClient(flags, async (client) => {
      const cache = await findCache(client, id)
      refuseUnless('scaled', cache)
      const planned = cache.group ? await plannedForGroup(client, cache, flags) : plannedForCluster(cache, flags)
      tell(planned.plan)
      const { operation, input } = planned
      if (!operation) return
      const complaints = [...checkRequest(operation, input), ...(await checkAtTarget(client, operation, input))]
      for (const each of complaints) tell(`The service would refuse it: ${each.text}`)
      if (flags['dry-run'] && complaints.length > 0) throw new ExitWith(NOT_POSSIBLE)
      if (flags['dry-run']) return
      const confirm = isInward(operation, input) ? confirmDestruction : confirmOnTerminal
      await confirm(`Scale ${id} on ${describeTarget(client.target)}?`, flags.yes)
      const first = await client.call(operation, input)
      const answer = flags.wait ? await waitForChange(client, operation, input, flags) : first
      const shown = async (): Promise<undefined> => printForPeople(operation, {}, answer, flags)
      await print.answer(plainOutput(operation, answer), shown)
    })
  },
})

/** What to say, and what to ask for; no operation: it is so already. */
interface Planned {
  readonly plan: string
  readonly operation?: OperationName
  readonly input: object
}

const isInward = (operation: OperationName, input: object): boolean =>
  operation === 'DecreaseReplicaCount' || 'CacheNodeIdsToRemove' in input || 'NodeGroupsToRemove' in input

type ScaleOptions = ValuesOf<typeof scaleFlags>

function plannedForCluster(cache: Cache, { nodes, azs, replicas, shards, shard }: ScaleOptions): Planned {
  if (nodes === undefined) throw usageProblem('the following arguments are required: --nodes')
  if (replicas !== undefined || shards !== undefined || shard !== undefined) {
    throw usageProblem(
      'argument --replicas, --shards, --shard: only for a replication group',
      `${cache.id} is a cluster.`,
    )
  }
  const change = planOf(cache, nodes, azs)
  const plan = describePlan(visibleIn(cache), nodes, change)
  return change ? { plan, operation: 'ModifyCacheCluster', input: change } : { plan, input: {} }
}

/** The nodes are asked for their roles: in cluster mode the API does not tell them. */
async function plannedForGroup(
  client: ApiClient,
  cache: Cache,
  flags: ScaleOptions & GlobalOptions & LoginOptions,
): Promise<Planned> {
  refuseMisfit(cache, flags)
  const tls = cache.tls ? { tls: trustFor(client, flags) } : {}
  const asked = await askMembers(membersOf(cache), { timeoutMs: ANSWER_MS, login: await loginOf(flags), ...tls })
  const change = changeOf(cache, asked, flags)
  if (!change) return { plan: `${cache.id} is so already.`, input: {} }
  const plan = visibleIn([`${cache.id}:`, ...change.lines]).join('\n')
  return { plan, operation: change.operation, input: change.input }
}

/** The change to ask for; undefined: there is nothing to do. Pure. */
export function planOf(
  cache: Cache,
  nodes: number,
  azs: readonly string[] = [],
): Input<'ModifyCacheCluster'> | undefined {
  const ids = nodeIds(cache)
  if (nodes === ids.length) return undefined
  const change = { CacheClusterId: cache.id, NumCacheNodes: nodes, ApplyImmediately: true }
  if (nodes < ids.length) return { ...change, CacheNodeIdsToRemove: ids.slice(nodes) }
  if (azs.length === 0) return change
  // There is at least one of them.
  const zones = Array.from({ length: nodes - ids.length }, (_, index) => azs[index % azs.length] as string)
  const before = cache.nodes.map(({ zone }) => zone)
  const spreads = new Set([...before, ...zones]).size > 1
  return { ...change, NewAvailabilityZones: zones, ...(spreads && { AZMode: 'cross-az' }) }
}

/** Lowest first: those to go stand at the end. */
const nodeIds = ({ nodes }: Cache): string[] => nodes.map(({ id }) => id).sort()

export function describePlan(cache: Cache, nodes: number, change: Input<'ModifyCacheCluster'> | undefined): string {
  const before = nodeIds(cache).length
  if (!change) return `${cache.id} has ${before} nodes already.`
  const { CacheNodeIdsToRemove: gone, NewAvailabilityZones: zones } = change
  const { ketama, modulo } = keysMoved(before, nodes)
  const kept = ([share, name]: readonly [number, string]) => `${percent(share)} ${name}`
  return [
    `${cache.id}: ${before} -> ${nodes} nodes of ${cache.nodeType}`,
    gone
      ? `  go, with all they hold: ${gone.join(', ')}`
      : `  come, empty: ${nodes - before}${zones ? ` (${zones.join(', ')})` : ''}`,
    `  keys that move to another node: ${(
      [
        [ketama, 'with ketama'],
        [modulo, 'with modulo'],
      ] as const
    )
      .map(kept)
      .join(', ')}`,
  ].join('\n')
}

const percent = (share: number): string => `${(share * 100).toFixed(share * 100 < 10 ? 1 : 0)} %`
