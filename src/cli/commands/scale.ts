import type { Input } from '../../api/model.ts'
import { visibleIn } from '../../api/visible.ts'
import { BaseCommand, word } from '../base-command.ts'
import type { ApiClient } from '../client.ts'
import { type CacheCluster, describeCluster, withClient } from '../clusters.ts'
import { confirmOnTerminal } from '../confirm.ts'
import { type Flag, text, texts, toggle } from '../flags.ts'
import { confirmFlags, globalFlags, waitFlags } from '../global-flags.ts'
import { keysMoved } from '../keys-moved.ts'
import { waitForChange } from '../operation-wait.ts'
import { plainOutput } from '../output/answer.ts'
import { printForPeople } from '../output/people.ts'
import { countOf } from '../seconds.ts'
import { describeTarget } from '../targets.ts'
import { printLine, stdoutIsTerminal, tell } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

export class Scale extends BaseCommand {
  static override summary = 'Change how many nodes a cluster has, after saying what that does'
  static override description =
    'Says which nodes come or go (of those there are, the ones with the highest ids go) and which part of the keys moves to another node: with consistent hashing (ketama) and with plain modulo. Asks on a terminal, then changes at once. --dry-run ends after the plan. The plan goes to stderr, the cluster to stdout.'
  static override args = { cluster: word('id of the cluster', { required: true }) }
  static override flags = {
    nodes: { ...text({ summary: 'how many nodes there shall be', helpValue: '<number>' }), required: true } as Flag,
    azs: texts({ summary: 'zones of the new nodes; fewer zones than nodes are taken in turn', helpValue: '<zone>...' }),
    'dry-run': toggle({ summary: 'say what would be done, and end' }),
    ...waitFlags,
    ...confirmFlags,
    ...globalFlags,
    ...outputOf('json; a readable view on a terminal'),
  }
  static override examples = ['scale shop --nodes 5 --wait', 'scale shop --nodes 4 --azs us-west-2a us-west-2b']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const json = choiceOf(flags, 'output', ['json'], 'json') && (flags.output !== undefined || !stdoutIsTerminal())
    const nodes = countOf('nodes', flags.nodes as string, 1)
    const id = words[0] as string
    const show = (answer: object) =>
      json
        ? printLine(JSON.stringify(plainOutput('ModifyCacheCluster', answer), null, 4))
        : printForPeople('ModifyCacheCluster', {}, answer, flags)
    await withClient(flags, async (client) => {
      const cluster = await describeCluster(client, id)
      const change = planOf(cluster, nodes, flags.azs as readonly string[] | undefined)
      tell(describePlan(visibleIn(cluster), nodes, change))
      if (!change || flags['dry-run'] === true) return
      await confirmOnTerminal(`Scale ${id} on ${describeTarget(client.target)}?`, flags.yes === true)
      await show(await scale(client, change, flags.wait === true ? flags : undefined))
    })
  }
}

async function scale(
  client: ApiClient,
  change: Input<'ModifyCacheCluster'>,
  flags?: Parameters<typeof waitForChange>[3],
) {
  const answer = await client.call('ModifyCacheCluster', change)
  return flags ? waitForChange(client, 'ModifyCacheCluster', change, flags) : answer
}

/** The change to ask for; undefined: there is nothing to do. Pure. */
export function planOf(
  cluster: CacheCluster,
  nodes: number,
  azs: readonly string[] = [],
): Input<'ModifyCacheCluster'> | undefined {
  const ids = nodeIds(cluster)
  if (nodes === ids.length) return undefined
  const change = { CacheClusterId: cluster.CacheClusterId, NumCacheNodes: nodes, ApplyImmediately: true }
  if (nodes < ids.length) return { ...change, CacheNodeIdsToRemove: ids.slice(nodes) }
  if (azs.length === 0) return change
  const zones = Array.from({ length: nodes - ids.length }, (_, index) => azs[index % azs.length] as string)
  const before = (cluster.CacheNodes ?? []).map(({ CustomerAvailabilityZone: zone }) => zone)
  const spreads = new Set([...before, ...zones]).size > 1
  return { ...change, NewAvailabilityZones: zones, ...(spreads && { AZMode: 'cross-az' }) }
}

/** Lowest first: those to go stand at the end. */
const nodeIds = ({ CacheNodes = [] }: CacheCluster): string[] =>
  CacheNodes.flatMap(({ CacheNodeId }) => (CacheNodeId ? [CacheNodeId] : [])).sort()

export function describePlan(
  cluster: CacheCluster,
  nodes: number,
  change: Input<'ModifyCacheCluster'> | undefined,
): string {
  const before = nodeIds(cluster).length
  if (!change) return `${cluster.CacheClusterId} has ${before} nodes already.`
  const { CacheNodeIdsToRemove: gone, NewAvailabilityZones: zones } = change
  const { ketama, modulo } = keysMoved(before, nodes)
  const kept = ([share, name]: readonly [number, string]) => `${percent(share)} ${name}`
  return [
    `${cluster.CacheClusterId}: ${before} -> ${nodes} nodes of ${cluster.CacheNodeType}`,
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
