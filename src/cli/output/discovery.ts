/** A round of discovery for people. */
import { endpoint } from '../../diagnose/target.ts'
import { familyShown, type Verdict } from '../../discovery/compare.ts'
import type { DiscoveredNode } from '../../discovery/parse.ts'
import type { NodeAnswer, Round } from '../../discovery/poll.ts'
import { tableText } from './table.ts'

const HEAD = ['Node', 'Version', 'Advertises', 'Nodes in its list', 'Answered in']

export async function roundText(round: Round, verdict: Verdict): Promise<string> {
  const { seed, perNode } = round
  const rows = perNode.map(row)
  const table = rows.length > 0 ? [await tableText(HEAD, rows)] : []
  return [seedLine(seed), ...table, verdictLine(verdict)].join('\n')
}

function seedLine(seed: Round['seed']): string {
  const at = endpoint(seed.host, seed.port)
  if (!seed.ok) return `Configuration endpoint ${at}: ${seed.detail}`
  return `Configuration endpoint ${at}: version ${seed.version}, ${seed.nodes.length} nodes, ${family(seed)}`
}

function row({ node, list, failure, ms }: NodeAnswer): string[] {
  if (!list) return [nodeName(node), '-', failure?.detail ?? 'no answer', '-', `${ms.toFixed(1)} ms`]
  return [nodeName(node), String(list.version), family(list), String(list.nodes.length), `${ms.toFixed(1)} ms`]
}

function family(list: Parameters<typeof familyShown>[0]): string {
  const shown = familyShown(list)
  return shown === 'none' ? 'names only' : shown
}

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

const nodeName = ({ host, ip, port }: DiscoveredNode): string =>
  ip === undefined || ip === host ? endpoint(host, port) : `${host}|${ip}|${port}`
