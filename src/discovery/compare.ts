import type { ClusterList, DiscoveredNode } from './parse.ts'
import type { Round } from './poll.ts'

/** ElastiCache's word for the family a dual-stack cluster advertises. */
export type IpDiscovery = 'ipv4' | 'ipv6'

/** What a list shows of its nodes' addresses. `none`: names only, as under TLS. */
export type FamilyShown = IpDiscovery | 'mixed' | 'none'

/** From one list to the next. Nodes are the same when host name and port are. Empty arrays, absent fields: no change. */
export interface ListChanges {
  readonly added: readonly DiscoveredNode[]
  readonly removed: readonly DiscoveredNode[]
  /** Still there, under another ip. */
  readonly readdressed: readonly { readonly from: DiscoveredNode; readonly to: DiscoveredNode }[]
  /** `to` below `from` is a fault: AWS's clients ignore a version that goes back. */
  readonly version?: { readonly from: number; readonly to: number }
  readonly familySwitched?: { readonly from: FamilyShown; readonly to: FamilyShown }
}

export function familyShown({ nodes }: ClusterList): FamilyShown {
  const families = new Set(nodes.map(({ family }) => family))
  if (families.size !== 1) return 'mixed'
  const [family] = families
  return family === undefined ? 'none' : family === 6 ? 'ipv6' : 'ipv4'
}

/** Undefined when the lists say the same. */
export function diffLists(before: ClusterList, after: ClusterList): ListChanges | undefined {
  const old = new Map(before.nodes.map((node) => [identity(node), node]))
  const added = after.nodes.filter((node) => !old.has(identity(node)))
  const kept = new Set(after.nodes.map(identity))
  const removed = before.nodes.filter((node) => !kept.has(identity(node)))
  const readdressed = after.nodes.flatMap((to) => {
    const from = old.get(identity(to))
    return from && from.ip !== to.ip ? [{ from, to }] : []
  })
  const version = { from: before.version, to: after.version }
  const shown = { from: familyShown(before), to: familyShown(after) }
  const changed = {
    ...(version.from !== version.to && { version }),
    ...(shown.from !== shown.to && { familySwitched: shown }),
  }
  const unchanged = added.length + removed.length + readdressed.length + Object.keys(changed).length === 0
  return unchanged ? undefined : { added, removed, readdressed, ...changed }
}

export interface Wish {
  /** Every node is to be advertised under an address of this family. */
  readonly family?: IpDiscovery
  /** The number of nodes. */
  readonly expect?: number
}

export type Verdict =
  | { readonly converged: true; readonly version: number; readonly nodes: number; readonly family: FamilyShown }
  | {
      readonly converged: false
      readonly reason:
        | 'seed-failed'
        | 'node-failed'
        | 'versions-differ'
        | 'lists-differ'
        | 'wrong-count'
        | 'wrong-family'
        | 'no-ip-advertised'
        | 'ip-discovery-has-no-effect-under-tls'
      /** One sentence that names the nodes concerned. */
      readonly detail: string
      /** No further round will change it: waiting is pointless. */
      readonly final: boolean
    }

/**
 * Whether a round shows the cluster as wished. Every node keeps a list of its own, so all of them must have answered
 * with the same one; at least one node, and `expect` of them if given. One round is a snapshot: who waits for a change
 * should see it in two rounds in a row.
 */
export function convergenceOf(round: Round, { family, expect }: Wish = {}): Verdict {
  const { seed, perNode } = round
  if (!seed.ok) return not('seed-failed', `the configuration endpoint: ${seed.detail}`)
  const shown = familyShown(seed)
  if (family && shown === 'none' && round.tls) {
    // User guide, "IP discovery": clusters with encryption in transit show host names, whatever IpDiscovery says.
    const why = 'under TLS the list holds names: the family is chosen by the client that resolves them'
    return { ...not('ip-discovery-has-no-effect-under-tls', why), final: true }
  }
  const silent = perNode.filter(({ failure }) => failure)
  if (silent.length > 0 || perNode.length === 0) {
    return not('node-failed', silent.map(({ node, failure }) => `${name(node)}: ${failure?.detail}`).join('; '))
  }
  const behind = perNode.filter(({ list }) => list?.version !== seed.version)
  if (behind.length > 0) {
    const versions = behind.map(({ node, list }) => `${name(node)} has ${list?.version}`)
    return not('versions-differ', `the endpoint has version ${seed.version}, ${versions.join(', ')}`)
  }
  const odd = perNode.filter(({ list }) => list && diffLists(seed, list))
  if (odd.length > 0)
    return not('lists-differ', `same version, other nodes: ${odd.map(({ node }) => name(node)).join(', ')}`)
  if (expect !== undefined && seed.nodes.length !== expect) {
    return not('wrong-count', `${seed.nodes.length} nodes, ${expect} expected`)
  }
  if (family && shown === 'none') return not('no-ip-advertised', 'the list holds no addresses')
  if (family && shown !== family) return not('wrong-family', `the list shows ${shown}, not ${family}`)
  return { converged: true, version: seed.version, nodes: seed.nodes.length, family: shown }
}

/** `convergenceOf`, for those who need no reason. */
export const converged = (round: Round, wish: Wish = {}): boolean => convergenceOf(round, wish).converged

type Unconverged = Extract<Verdict, { converged: false }>

const not = (reason: Unconverged['reason'], detail: string): Unconverged => ({
  converged: false,
  reason,
  detail,
  final: false,
})

const identity = ({ host, port }: DiscoveredNode): string => `${host}|${port}`
const name = ({ host, port }: DiscoveredNode): string => `${host}:${port}`
