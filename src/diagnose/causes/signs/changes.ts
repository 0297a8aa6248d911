/** Changes of single nodes that events tell of as begun, and not as over. */
import { readEvent } from '../../../api/catalog/events.ts'
import type { Evidence } from '../../evidence.ts'
import type { Sign } from '../sign.ts'
import { nodeOf } from './clusters.ts'

export interface NodeChange {
  readonly cluster: string
  readonly node: string
  readonly what: 'replaced' | 'restarted'
  /** ISO 8601. */
  readonly since: string
  readonly message: string
}

/** What has begun longer ago is over, or told by the state of the cluster. */
const RECENT_MS = 3_600_000

const BEGINS: Readonly<Record<string, NodeChange['what']>> = {
  'recovery-begun': 'replaced',
  'recovery-started': 'replaced',
  'node-shut-down': 'restarted',
}
const ENDS: ReadonlySet<string> = new Set(['recovery-done', 'node-restarted', 'node-added', 'node-removed'])

/** What takes nodes out of service, one by one or some. */
const TOUCHES_NODES: ReadonlySet<string> = new Set([
  'number-increasing',
  'number-decreasing',
  'type-scaling',
  'engine-upgrading',
])

/** Whether events of the last hour say that nodes of the cluster are added, taken away, or made anew. */
export const isOnItsWay = ({ api, at }: Evidence, cluster: string): boolean =>
  (api?.events ?? []).some(
    ({ source, at: when, message }) =>
      source === cluster &&
      Date.parse(at ?? '') - Date.parse(when) < RECENT_MS &&
      TOUCHES_NODES.has(readEvent(message).kind),
  )

/** Of all clusters, each node once. */
export function nodeChanges({ clusters, api, at }: Evidence): NodeChange[] {
  const now = Date.parse(at ?? '')
  return clusters.flatMap(({ id }) => {
    const settled = new Set<string>()
    // The newest event of a node tells how it stands.
    return (api?.events ?? [])
      .filter(({ source, at: when }) => source === id && now - Date.parse(when) < RECENT_MS)
      .flatMap(({ at: since, message }) => {
        const { kind } = readEvent(message)
        const what = BEGINS[kind]
        if (what === undefined && !ENDS.has(kind)) return []
        const nodes = (message.match(/\b\d{4}\b/g) ?? []).filter((node) => !settled.has(node))
        for (const node of nodes) settled.add(node)
        return what === undefined ? [] : nodes.map((node) => ({ cluster: id, node, what, since, message }))
      })
  })
}

/** Signs of nodes that are being changed. */
export const changeSigns = (evidence: Evidence): Sign[] =>
  nodeChanges(evidence).map(({ cluster, node, what }) => ({
    kind: 'node-in-change',
    at: nodeOf({ id: cluster }, node),
    sentence: `node ${node} of ${cluster} is being ${what}`,
  }))
