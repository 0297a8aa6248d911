/** Nodes that are on their way: replaced, restarted, or under another address than a list still says. */
import { shell, shellWord } from '../../api/shell.ts'
import { sameNode } from '../../discovery/compare.ts'
import { newestListOf } from '../../discovery/differences.ts'
import type { DiscoveredNode } from '../../discovery/parse.ts'
import type { Round } from '../../discovery/poll.ts'
import { endpoint } from '../../net/target.ts'
import type { Evidence, Place } from '../evidence.ts'
import { type Cause, type Evident, evident, failure, shows, warning } from './cause.ts'
import { signsOfCluster } from './cluster.ts'
import { isMuteInList } from './list.ts'
import { isAlive, name } from './places.ts'
import { nodeChanges } from './signs/changes.ts'
import { nodeOf } from './signs/clusters.ts'

const changeCause: Cause = {
  id: 'C04',
  title: 'a node is being replaced or restarted, say the events',
  seat: 'cluster',
  source: 'User guide, "Event notifications": ElastiCache:CacheNodeReplaceStarted, CacheNodesRebooted',
  odds: 0.05,
  suspect: (seen) =>
    nodeChanges(seen.evidence).map(({ cluster, node, what, since, message }) => {
      const out = signsOfCluster(seen, cluster, node)
      const where = nodeOf({ id: cluster }, node)
      return {
        ...(out.length > 0 ? failure : warning)(
          where,
          `Node ${node} of ${cluster} is being ${what} since ${since}, says its event: ${message}.`,
          [
            'What the node held is gone. Wait until it is over:',
            shell`cachectl wait cache-cluster-available --cache-cluster-id ${cluster}`,
          ],
          shell`cachectl describe-events --source-type cache-cluster --source-identifier ${cluster} --duration 60`,
        ),
        explains: [
          ...shows(0.99, ...seen.at(where, 'node-in-change')),
          ...shows(0.9, ...seen.at(where, 'node-not-available'), ...out),
          ...shows(0.5, ...seen.at(cluster, 'in-change', 'list-unlike-api')),
        ],
      }
    }),
}

/** A row of its own for lists, so that what follows from an old address can be folded under it. */
export const addressRows: readonly Evident[] = [
  {
    id: 'A08',
    title: 'the list has an old address of a node',
    seat: 'list',
    source: 'User guide, "How Auto Discovery works": clients connect to the address of the list, not to the name',
    odds: 0.03,
    shows: 'listed-old',
    find: (evidence) =>
      oldAddresses(evidence).map(({ place, node, now }) =>
        failure(
          endpoint(node.ip ?? node.host, node.port),
          `${place.cluster ?? name(place)} lists ${node.ip === undefined || node.ip === node.host ? 'a node' : node.host} at ${endpoint(node.ip ?? node.host, node.port)}, and it is at ${now}: clients with Auto Discovery go to the old address.`,
          `ElastiCache mends its list within minutes of a replacement: cachectl discover ${shellWord(place.cluster ?? name(place))} --until agreed. Clients that started before are to be restarted.`,
          shell`cachectl discover ${place.cluster ?? name(place)}`,
        ),
      ),
    follows: (seen, { subject }) => [
      ...shows(0.95, ...seen.at(subject, 'listed-dead')),
      ...shows(
        0.9,
        ...oldAddresses(seen.evidence).flatMap(({ place, node }) =>
          endpoint(node.ip ?? node.host, node.port) === subject
            ? [...seen.at(place.cluster ?? '', 'list-unlike-api'), ...seen.at(name(place), 'lists-differ')]
            : [],
        ),
      ),
    ],
  },
]

export const changeCauses: readonly Cause[] = [changeCause, ...addressRows.map(evident)]

interface OldAddress {
  readonly place: Place
  readonly node: DiscoveredNode
  /** Where it is now. */
  readonly now: string
}

function oldAddresses(evidence: Evidence): OldAddress[] {
  return evidence.discovery.flatMap(({ place, round }) => {
    const list = newestListOf(round)
    if (!list) return []
    const moved = list.nodes.flatMap((node): OldAddress[] => {
      const lookup = evidence.hosts.find(({ host }) => host === node.host)?.lookup
      const { ip } = node
      // A loopback address is as good as the other.
      if (ip === undefined || ip === node.host || ip === '::1' || ip.startsWith('127.') || !lookup?.ok) return []
      const [first] = lookup.addresses
      // Where the node answers, it is DNS that is old.
      if (!isMuteInList(round, node)) return []
      return first === undefined || lookup.addresses.some(({ address }) => address === ip)
        ? []
        : [{ place, node, now: first.address }]
    })
    return [...moved, ...replaced(evidence, place, list.nodes, round)]
  })
}

/** Where nodes are known by addresses alone: one that only the list has, and is silent, in place of one that only the API has. */
function replaced(
  { clusters, addresses }: Evidence,
  place: Place,
  listed: readonly DiscoveredNode[],
  round: Round,
): OldAddress[] {
  const nodes = (clusters.find(({ id }) => id === place.cluster)?.nodes ?? []).flatMap(({ host, port }) =>
    host !== undefined && port !== undefined ? [{ host, port }] : [],
  )
  const lacking = nodes.filter((each) => !listed.some((node) => sameNode(node, each)))
  const extra = listed.filter((node) => !nodes.some((each) => sameNode(node, each)))
  const [gone, come] = [extra[0], lacking[0]]
  if (extra.length !== 1 || lacking.length !== 1 || nodes.length !== listed.length || !gone || !come) return []
  const answers = addresses.some((one) => one.place.host === come.host && one.port === come.port && isAlive(one))
  return answers && isMuteInList(round, gone) && come.port !== undefined
    ? [{ place, node: gone, now: endpoint(come.host, come.port) }]
    : []
}
