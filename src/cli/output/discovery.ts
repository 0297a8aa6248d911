/** A round of discovery for people. */

import { familyShown, type Verdict } from '../../discovery/compare.ts'
import { type Difference, nodeName as plainName } from '../../discovery/differences.ts'
import type { FollowEvent, VersionLag } from '../../discovery/follow.ts'
import type { DiscoveredNode } from '../../discovery/parse.ts'
import type { NodeAnswer, Round } from '../../discovery/poll.ts'
import { endpoint } from '../../net/target.ts'
import type { Style } from './style.ts'
import { tableText } from './table.ts'

interface Shown {
  readonly round: Round
  readonly verdict: Verdict
  readonly differences: readonly Difference[]
  readonly events: readonly FollowEvent[]
}

const HEAD = ['Node', 'Version', { long: 'Advertises' }, 'Nodes in its list', 'Answered in']

/** One round of discovery for people: the endpoint's answer, a row a node, what differs, the verdict. */
export function roundText({ round, verdict, differences }: Shown, style: Style): string {
  const { seed, perNode, others } = round
  // What the endpoint says instead is all there is.
  if (!seed.ok && perNode.length + others.length === 0) return seedLine(seed)
  const rows = [...perNode.map((each) => row(each)), ...others.map((each) => row(each, ' (not listed)'))]
  const table = rows.length > 0 ? [tableText(HEAD, rows, style)] : []
  return [seedLine(seed), ...table, ...differences.map(differenceLine), verdictLine(verdict)].join('\n')
}

function seedLine(seed: Round['seed']): string {
  const at = endpoint(seed.host, seed.port)
  if (!seed.ok) return `Configuration endpoint ${at}: ${seed.detail}`
  const key = seed.form === 'legacy' ? ', from the key AmazonElastiCache:cluster' : ''
  return `Configuration endpoint ${at}: version ${seed.version}, ${seed.nodes.length} nodes, ${family(seed)}${key}`
}

function row({ node, list, failure, ms }: NodeAnswer, remark = ''): string[] {
  const called = `${nodeName(node)}${remark}`
  if (!list) return [called, '-', failure?.detail ?? 'no answer', '-', `${ms.toFixed(1)} ms`]
  return [called, String(list.version), family(list), String(list.nodes.length), `${ms.toFixed(1)} ms`]
}

function family(list: Parameters<typeof familyShown>[0]): string {
  const shown = familyShown(list)
  return shown === 'none' ? 'names only' : shown
}

const differenceLine = ({ kind, who, detail, against, matters }: Difference): string =>
  `${matters ? 'ODD ' : 'note'} [${kind}] ${who}: ${detail}${against === 'the API' ? ' (says the API)' : ''}`

function verdictLine(verdict: Verdict): string {
  if (!verdict.converged) {
    // Final: no waiting will change it, which only IP discovery under TLS is.
    return verdict.final ? `IP discovery has no effect here: ${verdict.detail}` : `Not there yet: ${verdict.detail}`
  }
  return `All ${verdict.nodes} nodes agree on version ${verdict.version}.`
}

/** What has happened since the list before, one line each. */
export function changeLines({ at, changes }: Round): string[] {
  if (!changes) return ['']
  const { added, removed, readdressed, version, familySwitched } = changes
  return [
    '',
    ...(version ? [`${at} version ${version.from} -> ${version.to}`] : []),
    ...(familySwitched ? [`${at} family ${familySwitched.from} -> ${familySwitched.to}`] : []),
    ...added.map((node) => `${at} + ${nodeName(node)}`),
    ...removed.map((node) => `${at} - ${nodeName(node)}`),
    ...readdressed.map(({ from, to }) => `${at} ~ ${nodeName(from)} -> ${nodeName(to)}`),
  ]
}

/** The nodes that followed, fell silent or went back in this round. */
export const eventLines = ({ round: { at, number }, events }: Shown): string[] =>
  // In the first round all there is to tell stands in the table.
  number === 1 ? [] : events.map((event) => `${at} ${eventText(event)}`)

function eventText(event: FollowEvent): string {
  switch (event.type) {
    case 'followed':
      return `${event.who} has version ${event.version}${event.lagMs > 0 ? `, ${seconds(event.lagMs)} after the first` : ''}`
    case 'version-back':
      return `${event.who} went BACK from version ${event.from} to ${event.to}`
    case 'silent':
      return `${event.who} gives no list: ${event.detail}`
    case 'answers-again':
      return `${event.who} answers again`
  }
}

/** How long after the first each node had a version. */
export const lagLines = (lags: readonly VersionLag[]): string[] =>
  lags.map(({ version, before, perNode }) => {
    const told = perNode.map(({ who, lagMs }) =>
      lagMs === null ? `${who} not yet` : lagMs === 0 ? `${who} first` : `${who} +${seconds(lagMs)}`,
    )
    return `Lag of version ${version}${before ? ' (some had it before)' : ''}: ${told.join(', ')}`
  })

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`)

const nodeName = (node: DiscoveredNode): string =>
  node.ip === undefined || node.ip === node.host ? plainName(node) : `${node.host}|${node.ip}|${node.port}`
