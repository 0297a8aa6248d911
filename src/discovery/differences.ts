/** What is odd about the lists of one round: each held against the newest, and the newest against the API. Pure. */
import { endpoint } from '../net/target.ts'
import type { AskFailure } from './ask.ts'
import { diffLists, familyShown, type IpDiscovery, listedTwice, sameNode, sameOrder } from './compare.ts'
import type { ClusterList, DiscoveredNode, DiscoveryProblem } from './parse.ts'
import type { Round } from './poll.ts'

export type DifferenceKind =
  | 'silent'
  /** It answers, and has no list. */
  | 'no-list'
  /** The reply's length is not the one it announces: clients that count bytes wait for ever. */
  | 'bad-length'
  | 'unreadable'
  /** An older version than another node has. */
  | 'stale'
  /** A node that ought to be on the list. */
  | 'missing'
  /** A node that ought not to be on it. */
  | 'extra'
  | 'duplicate'
  | 'wrong-family'
  | 'other-address'
  | 'wrong-order'
  /** A version below one the same node had before: AWS's clients ignore such a list. */
  | 'version-back'

/** JSON-able. */
export interface Difference {
  readonly kind: DifferenceKind
  /** Whose list it is: `configuration endpoint`, `host:port` of a node, or `every list`. */
  readonly who: string
  /** What it was held against. */
  readonly against: 'the newest list' | 'the API' | 'the protocol' | 'its own past'
  readonly detail: string
  /** False: to know, not to mend, because the cluster is being changed or nothing depends on it. */
  readonly matters: boolean
}

/** A cluster as the API describes it, as far as lists can be held against it. */
export interface ExpectedCluster {
  /** `available`: the list should be what is described. In any other state it may be on its way there. */
  readonly status: string
  readonly tls: boolean
  readonly ipDiscovery?: IpDiscovery
  readonly nodes: readonly (DiscoveredNode & { readonly id: string; readonly status: string })[]
}

/** Nodes with one and the same list. */
export interface ListGroup {
  readonly version: number
  readonly nodes: number
  readonly heldBy: readonly string[]
}

export const ENDPOINT = 'configuration endpoint'
export const EVERY_LIST = 'every list'

/** As it can be pasted back in. */
export const nodeName = ({ host, port }: DiscoveredNode): string => endpoint(host, port)

/** Where lists contradict each other, the protocol, or what the API says. Pure. */
export function differencesOf(round: Round, expected?: ExpectedCluster): Difference[] {
  const lists = listsOf(round)
  const newest = newestOf(lists)
  return [
    ...failuresOf(round).map(({ who, failure }) => trouble(who, failure)),
    ...(newest ? lists.flatMap((each) => againstNewest(each, newest)) : []),
    ...(newest ? againstProtocol(newest) : []),
    ...(newest && expected ? againstApi(newest, expected) : []),
  ]
}

/** Largest first. One group: every node says the same. */
export function groupsOf(round: Round): ListGroup[] {
  const groups = new Map<string, { version: number; nodes: number; heldBy: string[] }>()
  for (const { who, list } of listsOf(round)) {
    const group = groups.get(textOf(list)) ?? { version: list.version, nodes: list.nodes.length, heldBy: [] }
    groups.set(textOf(list), group)
    group.heldBy.push(who)
  }
  return [...groups.values()].sort((a, b) => b.heldBy.length - a.heldBy.length || b.version - a.version)
}

interface HeldList {
  readonly who: string
  readonly list: ClusterList
}

/** The endpoints and nodes that answered with a list. */
function listsOf({ seed, perNode, others }: Round): HeldList[] {
  return [
    ...(seed.ok ? [{ who: ENDPOINT, list: { version: seed.version, nodes: seed.nodes } }] : []),
    ...[...perNode, ...others].flatMap(({ node, list }) => (list ? [{ who: nodeName(node), list }] : [])),
  ]
}

/** The highest version of all answers; of several lists with it, the one that most hold. */
export function newestListOf(round: Round): ClusterList | undefined {
  return newestOf(listsOf(round))
}

function newestOf(lists: readonly HeldList[]): ClusterList | undefined {
  const version = Math.max(...lists.map(({ list }) => list.version))
  const candidates = lists.filter(({ list }) => list.version === version).map(({ list }) => list)
  const held = new Map<string, { readonly list: ClusterList; holders: number }>()
  for (const list of candidates) {
    const text = textOf(list)
    const known = held.get(text) ?? { list, holders: 0 }
    known.holders++
    held.set(text, known)
  }
  // Of those that as many hold, the first.
  return [...held.values()].sort((a, b) => b.holders - a.holders)[0]?.list
}

/** The endpoint and listed nodes that gave no list. */
export function failuresOf({ seed, perNode }: Round): {
  readonly who: string
  readonly node?: DiscoveredNode
  readonly failure: AskFailure
}[] {
  const told = perNode.flatMap(({ node, failure }) => (failure ? [{ who: nodeName(node), node, failure }] : []))
  return seed.ok ? told : [{ who: ENDPOINT, failure: seed }, ...told]
}

function trouble(who: string, { problem, detail }: AskFailure): Difference {
  const kind = problem === undefined ? 'silent' : KIND_OF_PROBLEM[problem]
  return { kind, who, against: 'the protocol', detail, matters: true }
}

const KIND_OF_PROBLEM = {
  'wrong-length': 'bad-length',
  truncated: 'unreadable',
  malformed: 'unreadable',
  'error-reply': 'no-list',
  'nothing-stored': 'no-list',
  'no-nodes': 'no-list',
  foreign: 'no-list',
} as const satisfies Record<DiscoveryProblem, DifferenceKind>

function againstNewest({ who, list }: HeldList, newest: ClusterList): Difference[] {
  const odd = (kind: DifferenceKind, detail: string): Difference => ({
    kind,
    who,
    against: 'the newest list',
    detail,
    matters: true,
  })
  const changes = diffLists(list, newest)
  const lacks = (changes?.added ?? []).map(nodeName)
  const beyond = (changes?.removed ?? []).map(nodeName)
  const told = [
    ...(lacks.length > 0 ? [`lacks ${lacks.join(', ')}`] : []),
    ...(beyond.length > 0 ? [`still lists ${beyond.join(', ')}`] : []),
    ...(changes?.familySwitched ? [`shows ${changes.familySwitched.from}`] : []),
  ]
  if (list.version < newest.version) {
    const behind = `version ${list.version}, ${newest.version - list.version} behind`
    return [odd('stale', [behind, ...told].join('; '))]
  }
  if (!changes) {
    if (sameOrder(list, newest) && sameOrder(newest, list)) return []
    if (listedTwice(newest).length > 0) return []
    const twice = listedTwice(list)
    return twice.length > 0 ? [duplicate(who, twice)] : [odd('wrong-order', 'the same nodes in another order')]
  }
  const moved = changes.readdressed.map(
    ({ from, to }) => `${nodeName(from)} as ${from.ip ?? 'a name'}, not ${to.ip ?? 'a name'}`,
  )
  return [
    ...(lacks.length > 0 ? [odd('missing', `lacks ${lacks.join(', ')}`)] : []),
    ...(beyond.length > 0 ? [odd('extra', `lists ${beyond.join(', ')}, which others do not`)] : []),
    ...(changes.familySwitched
      ? [odd('wrong-family', `shows ${changes.familySwitched.from}, others ${changes.familySwitched.to}`)]
      : moved.length > 0
        ? [odd('other-address', `lists ${moved.join(', ')}`)]
        : []),
  ]
}

/** User guide, "Adding Auto Discovery to your client library": one entry per node, in the order of their names. */
function againstProtocol({ nodes, ...list }: ClusterList): Difference[] {
  const odd = (kind: DifferenceKind, detail: string, matters: boolean): Difference => ({
    kind,
    who: EVERY_LIST,
    against: 'the protocol',
    detail,
    matters,
  })
  const twice = listedTwice({ ...list, nodes })
  const unsorted = nodes.find(({ host }, at) => host < (nodes[at - 1]?.host ?? ''))
  const mixed = familyShown({ ...list, nodes }) === 'mixed'
  return [
    ...(twice.length > 0 ? [duplicate(EVERY_LIST, twice)] : []),
    ...(mixed ? [odd('wrong-family', 'some nodes are listed with IPv4, some with IPv6 or with none', true)] : []),
    ...(unsorted
      ? [
          odd(
            'wrong-order',
            `${nodeName(unsorted)} stands after a name that sorts behind it; ElastiCache lists by name`,
            false,
          ),
        ]
      : []),
  ]
}

const duplicate = (who: string, twice: readonly DiscoveredNode[]): Difference => ({
  kind: 'duplicate',
  who,
  against: 'the protocol',
  detail: `${twice.map(nodeName).join(', ')} is listed more than once`,
  matters: true,
})

function againstApi(newest: ClusterList, { status, tls, ipDiscovery, nodes }: ExpectedCluster): Difference[] {
  const settled = status === 'available'
  const odd = (kind: DifferenceKind, detail: string): Difference => ({
    kind,
    who: EVERY_LIST,
    against: 'the API',
    detail: settled ? detail : `${detail} (the cluster is ${status})`,
    matters: settled,
  })
  const missing = nodes.filter(
    (node) => node.status === 'available' && !newest.nodes.some((each) => sameNode(each, node)),
  )
  const extra = newest.nodes.filter((node) => !nodes.some((each) => sameNode(each, node)))
  const shown = familyShown(newest)
  const wrongFamily =
    !tls && ipDiscovery !== undefined && shown !== 'none' && shown !== 'mixed' && shown !== ipDiscovery
  return [
    ...(missing.length > 0
      ? [odd('missing', `lacks ${missing.map((node) => `node ${node.id} (${nodeName(node)})`).join(', ')}`)]
      : []),
    ...(extra.length > 0 ? [odd('extra', `lists ${extra.map(nodeName).join(', ')}, which the cluster has not`)] : []),
    ...(wrongFamily ? [odd('wrong-family', `shows ${shown}, and IP discovery of the cluster is ${ipDiscovery}`)] : []),
  ]
}

const textOf = ({ version, nodes }: ClusterList): string =>
  [version, ...nodes.map(({ host, ip = '', port }) => `${host}|${ip}|${port}`)].join(' ')
