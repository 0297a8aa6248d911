import { familyShown } from '../../discovery/compare.ts'
import type { DiscoveredNode } from '../../discovery/parse.ts'
import type { Round } from '../../discovery/poll.ts'
import type { ClusterFacts, Evidence } from '../evidence.ts'
import { endpoint } from '../target.ts'
import { name, whoIs } from './places.ts'
import { failure, note, type Rule, warning } from './rule.ts'

const PROTOCOL = 'User guide, "How Auto Discovery works"'

export const discoveryRules: readonly Rule[] = [
  {
    id: 'A01',
    title: 'the server knows no cluster to tell of',
    stage: 'discovery',
    source: `${PROTOCOL}; Memcached answers ERROR to config`,
    find: (evidence) =>
      answered(evidence, 'no-discovery').map(({ place, detail }) => {
        const words = [
          name(place),
          `${name(place)} is Memcached and has no list of nodes (${detail}): it is no ElastiCache endpoint.`,
          'Clients must list the nodes themselves; auto discovery works with the configuration endpoint only.',
          `printf 'config get cluster\\r\\n' | nc -w 2 ${place.host} ${place.port}`,
        ] as const
        return place.cluster ? failure(...words) : note(...words)
      }),
  },
  {
    id: 'A02',
    title: 'the list of nodes is spoilt',
    stage: 'discovery',
    source: `${PROTOCOL}: version line, then host|ip|port`,
    find: (evidence) =>
      answered(evidence, 'bad-reply').map(({ place, detail }) =>
        failure(
          name(place),
          `The list of nodes that ${name(place)} gives can't be read: ${detail}.`,
          'Somebody wrote to AmazonElastiCache:cluster; ElastiCache mends it within a minute.',
          `cachectl discover ${name(place)}`,
        ),
      ),
  },
  {
    id: 'A03',
    title: 'a node of the list does not answer',
    stage: 'discovery',
    source: `${PROTOCOL}: the list may hold a node that is being replaced`,
    find: ({ discovery, clusters }) =>
      discovery.flatMap(({ place, round }) =>
        round.perNode
          .filter(({ failure: trouble }) => trouble && trouble.kind !== 'aborted')
          // Asked as a cluster, its nodes are examined themselves, and better.
          .filter(
            ({ node }) => !clusters.some(({ nodes }) => nodes.some(({ host, port }) => sameEnd(node, host, port))),
          )
          .map(({ node, failure: trouble }) =>
            failure(
              endpoint(node.ip ?? node.host, node.port),
              `${name(place)} lists ${endpoint(node.host, node.port)}, which does not answer: ${trouble?.detail}.`,
              'Clients give it a share of the keys: see whether it is being replaced, or can not be reached from here.',
              `cachectl probe ${endpoint(node.ip ?? node.host, node.port)}`,
            ),
          ),
      ),
  },
  {
    id: 'P14',
    title: 'the nodes do not agree on the list',
    stage: 'discovery',
    source: `${PROTOCOL}: each node keeps a copy; a change passes through them one by one`,
    find: ({ discovery, places }) =>
      discovery.flatMap(({ place, round }) => {
        if (!round.seed.ok || round.agreed) return []
        const { seed } = round
        const odd = round.perNode.filter(
          ({ list }) => list && (list.version !== seed.version || listText(list) !== listText(seed)),
        )
        const [first] = odd
        if (!first) return []
        const where = endpoint(first.node.host, first.node.port)
        const node = places.find(({ role, host, port }) => role !== 'configuration' && sameEnd(first.node, host, port))
        const sentence = `${node ? whoIs(node, where) : where} has version ${first.list?.version} of the list with ${first.list?.nodes.length} nodes, ${name(place)} version ${seed.version} with ${seed.nodes.length}.`
        return [
          warning(
            name(place),
            sentence,
            `A change is on its way, or a node is left behind: cachectl discover ${place.cluster ?? name(place)} --until agreed`,
            `cachectl discover ${place.cluster ?? name(place)}`,
          ),
        ]
      }),
  },
  {
    id: 'A04',
    title: 'the list is not what the API says',
    stage: 'discovery',
    source: `${PROTOCOL}; DescribeCacheClusters`,
    find: (evidence) =>
      ofClusters(evidence).flatMap(({ cluster, seed }) => {
        const known = cluster.nodes.filter(({ status, host }) => status === 'available' && host)
        const missing = known.filter(({ host, port }) => !seed.nodes.some((node) => sameEnd(node, host, port)))
        const extra = seed.nodes.filter(
          (listed) => !cluster.nodes.some(({ host, port }) => sameEnd(listed, host, port)),
        )
        if (missing.length + extra.length === 0 || cluster.status !== 'available') return []
        const told = [
          ...(missing.length > 0 ? [`lacks node ${missing.map(({ id }) => id).join(', ')}`] : []),
          ...(extra.length > 0
            ? [`holds ${extra.map((node) => endpoint(node.host, node.port)).join(', ')}, which it has not`]
            : []),
        ]
        return [
          warning(
            cluster.id,
            `The list of ${cluster.id} ${told.join(' and ')}.`,
            `Clients hash keys to nodes of the list: wait until they agree. cachectl discover ${cluster.id} --until agreed`,
            `cachectl discover ${cluster.id}`,
          ),
        ]
      }),
  },
  {
    id: 'A05',
    title: 'the list shows the other family than IP discovery says',
    stage: 'discovery',
    source: 'User guide, "Choosing a network type": IP discovery; changes take time to pass through',
    find: (evidence) =>
      ofClusters(evidence).flatMap(({ cluster, seed }) => {
        const shown = familyShown(seed)
        if (cluster.tls || shown === 'none' || shown === cluster.ipDiscovery) return []
        return [
          warning(
            cluster.id,
            `IP discovery of ${cluster.id} is ${cluster.ipDiscovery}, and its list shows ${shown}.`,
            `The change is on its way: cachectl discover ${cluster.id} --until ${cluster.ipDiscovery}`,
            `cachectl discover ${cluster.id}`,
          ),
        ]
      }),
  },
]

function answered({ discovery }: Evidence, kind: 'no-discovery' | 'bad-reply') {
  return discovery.flatMap(({ place, round: { seed } }) =>
    !seed.ok && seed.kind === kind ? [{ place, detail: seed.detail }] : [],
  )
}

function ofClusters({
  discovery,
  clusters,
}: Evidence): { cluster: ClusterFacts; seed: Extract<Round['seed'], { ok: true }> }[] {
  return discovery.flatMap(({ place, round: { seed } }) => {
    const cluster = clusters.find(({ id }) => id === place.cluster)
    return cluster && seed.ok ? [{ cluster, seed }] : []
  })
}

/** The list holds a name and its address, the API one of them; on one machine, any loopback name is the same. */
function sameEnd(listed: DiscoveredNode, host: string | undefined, port: number | undefined): boolean {
  if (listed.port !== port) return false
  return listed.host === host || listed.ip === host || (isLoopback(listed.host) && isLoopback(host ?? ''))
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host)

const listText = ({ nodes }: { nodes: readonly { host: string; ip?: string; port: number }[] }): string =>
  nodes.map(({ host, ip = '', port }) => `${host}|${ip}|${port}`).join(' ')
