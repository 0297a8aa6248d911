import type { Input } from '../../../api/model.ts'
import { visibleIn } from '../../../api/visible.ts'
import { type Cache, refuseUnless } from '../../caches/cache.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { keysMoved } from '../../caches/keys-moved.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { required, texts, toggle } from '../../flags.ts'
import { confirmFlags, globalFlags, waitFlags } from '../../global-flags.ts'
import { confirmOnTerminal } from '../../live/confirm.ts'
import { plainOutput } from '../../output/answer.ts'
import { printForPeople } from '../../output/people.ts'
import { describeTarget } from '../../target/targets.ts'
import { tell } from '../../terminal.ts'
import { waitForChange } from '../../waiting/operation-wait.ts'

export const scale = command({
  summary: 'Change how many nodes a cluster has, after saying what that does',
  description:
    'Says which nodes come or go (of those there are, the ones with the highest ids go) and which part of the keys moves to another node: with consistent hashing (ketama) and with plain modulo. Asks on a terminal, then changes at once. --dry-run ends after the plan. The plan goes to stderr, the cluster to stdout.',
  words: { cluster: cacheWord('id of the cluster') },
  flags: {
    nodes: required(count({ summary: 'how many nodes there shall be', helpValue: '<number>', least: 1 })),
    azs: texts({ summary: 'zones of the new nodes; fewer zones than nodes are taken in turn', helpValue: '<zone>...' }),
    'dry-run': toggle({ summary: 'say what would be done, and end' }),
    ...waitFlags,
    ...confirmFlags,
    ...globalFlags,
  },
  examples: ['scale shop --nodes 5 --wait', 'scale shop --nodes 4 --azs us-west-2a us-west-2b'],
  forms: { piped: 'json' },
  async run({ words: { cluster: id }, flags, print }) {
    await withClient(flags, async (client) => {
      const cache = await findCache(client, id)
      refuseUnless('scaled', cache)
      const change = planOf(cache, flags.nodes, flags.azs)
      tell(describePlan(visibleIn(cache), flags.nodes, change))
      if (!change || flags['dry-run']) return
      await confirmOnTerminal(`Scale ${id} on ${describeTarget(client.target)}?`, flags.yes)
      const first = await client.call('ModifyCacheCluster', change)
      const answer = flags.wait ? await waitForChange(client, 'ModifyCacheCluster', change, flags) : first
      const shown = async (): Promise<undefined> => printForPeople('ModifyCacheCluster', {}, answer, flags)
      await print.answer(plainOutput('ModifyCacheCluster', answer), shown)
    })
  },
})

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
