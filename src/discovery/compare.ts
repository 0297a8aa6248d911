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

/** The family of the addresses in a list; `none` where it has names alone. */
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
  /** This version of the list, or a later one. */
  readonly version?: number
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
        | 'order-differs'
        | 'listed-twice'
        | 'families-mixed'
        | 'api-differs'
        | 'wrong-count'
        | 'wrong-version'
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
 * with the same one; at least one node, and `expect` of them if given. One round is a snapshot: a caller that waits for a change
 * should see it in two rounds in a row. `apiDiffers`: what the API says otherwise, if anything (see `differencesOf`).
 */
export function convergenceOf(round: Round, wish: Wish = {}, apiDiffers?: string): Verdict {
  const { family } = wish
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
  // A node that is not on the list, and answers: the endpoint is behind, or the node has not heard that it is to go.
  const heard = [...perNode, ...round.others]
  const behind = heard.filter(({ list }) => list).filter(({ list }) => list?.version !== seed.version)
  if (behind.length > 0) {
    const versions = behind.map(({ node, list }) => `${name(node)} has ${list?.version}`)
    return not('versions-differ', `the endpoint has version ${seed.version}, ${versions.join(', ')}`)
  }
  const odd = heard.filter(({ list }) => list && diffLists(seed, list))
  if (odd.length > 0)
    return not('lists-differ', `same version, other nodes: ${odd.map(({ node }) => name(node)).join(', ')}`)
  const twice = [seed, ...heard.flatMap(({ list }) => list ?? [])].flatMap(listedTwice)
  if (twice.length > 0) return not('listed-twice', `listed more than once: ${[...new Set(twice.map(name))].join(', ')}`)
  const shuffled = heard.filter(({ list }) => list && !sameOrder(seed, list))
  if (shuffled.length > 0) {
    return not('order-differs', `the same nodes in another order: ${shuffled.map(({ node }) => name(node)).join(', ')}`)
  }
  const unmet = unmetWish(seed, wish)
  if (unmet) return unmet
  if (apiDiffers !== undefined) return not('api-differs', apiDiffers)
  if (shown === 'mixed') return not('families-mixed', 'some nodes are listed with IPv4, some with IPv6 or with none')
  return { converged: true, version: seed.version, nodes: seed.nodes.length, family: shown }
}

function unmetWish(list: ClusterList, { family, expect, version }: Wish): Unconverged | undefined {
  const shown = familyShown(list)
  if (version !== undefined && list.version < version) {
    return not('wrong-version', `version ${list.version}, ${version} expected`)
  }
  if (expect !== undefined && list.nodes.length !== expect) {
    return not('wrong-count', `${list.nodes.length} nodes, ${expect} expected`)
  }
  if (family && shown === 'none') return not('no-ip-advertised', 'the list holds no addresses')
  if (family && shown !== family) return not('wrong-family', `the list shows ${shown}, not ${family}`)
  return undefined
}

/** `convergenceOf` without its reason. */
export const converged = (round: Round, wish: Wish = {}): boolean => convergenceOf(round, wish).converged

type Unconverged = Extract<Verdict, { converged: false }>

const not = (reason: Unconverged['reason'], detail: string): Unconverged => ({
  converged: false,
  reason,
  detail,
  final: false,
})

/** Nodes with more than one entry, by name or by address: clients give them more than their share of the keys. */
export function listedTwice({ nodes }: ClusterList): DiscoveredNode[] {
  const seen = new Set<string>()
  const again = nodes.filter((node) => {
    const keys = [identity(node), ...(node.ip === undefined ? [] : [`${node.ip}|${node.port}`])]
    const known = keys.some((key) => seen.has(key))
    for (const key of keys) seen.add(key)
    return known
  })
  return [...new Map(again.map((node) => [identity(node), node])).values()]
}

/** Clients that hash by position (modulo) need one order everywhere. */
export const sameOrder = (a: ClusterList, b: ClusterList): boolean =>
  a.nodes.every((node, at) => {
    const other = b.nodes[at]
    return other !== undefined && identity(other) === identity(node)
  })

/**
 * Whether two descriptions mean one node: a list holds name and address, the API one of them. On one machine any
 * loopback name is the same, and the port tells nodes apart.
 */
export function sameNode(a: DiscoveredNode, b: DiscoveredNode): boolean {
  if (a.port !== b.port) return false
  const names = [a.host, a.ip].filter((name) => name !== undefined)
  return names.includes(b.host) || (b.ip !== undefined && names.includes(b.ip)) || (isLoopback(a) && isLoopback(b))
}

const isLoopback = ({ host }: DiscoveredNode): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host)

const identity = ({ host, port }: DiscoveredNode): string => `${host}|${port}`
const name = ({ host, port }: DiscoveredNode): string => `${host}:${port}`
