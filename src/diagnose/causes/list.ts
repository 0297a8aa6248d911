/** What the lists of a cluster's nodes say, held against each other and the API: the judgement is differencesOf's. */
import { shell, shellWord } from '../../api/shell.ts'
import type { AskFailure } from '../../discovery/ask.ts'
import { sameNode } from '../../discovery/compare.ts'
import {
  type Difference,
  differencesOf,
  ENDPOINT,
  EVERY_LIST,
  type ExpectedCluster,
  failuresOf,
  newestListOf,
} from '../../discovery/differences.ts'
import type { DiscoveredNode } from '../../discovery/parse.ts'
import type { Round } from '../../discovery/poll.ts'
import { endpoint } from '../../net/target.ts'
import type { AddressEvidence, ClusterFacts, Evidence, Place } from '../evidence.ts'
import { type Cause, type Evident, evident, failure, note, onceFor, warning } from './cause.ts'
import { inMidSentence, name, speaks, whoIs } from './places.ts'

const PROTOCOL = 'User guide, "How Auto Discovery works"'

export const listRows: readonly Evident[] = [
  {
    id: 'A01',
    title: 'the server knows no cluster to tell of',
    seat: 'list',
    source: `${PROTOCOL}; Memcached answers ERROR to config`,
    odds: 0.03,
    shows: 'no-list',
    find: (evidence) =>
      failuresIn(evidence, ({ kind }) => kind === 'no-discovery').map(
        ({ at, where, isListed, failure: trouble, look }) => {
          const command = shell`cachectl discover ${endpoint(at.host, at.port)}`
          const empty = trouble.problem === 'no-nodes'
          if (look.cluster || isListed || empty || trouble.form === 'config') {
            const what = empty
              ? `${where} gives a list without nodes (${trouble.detail})`
              : `${where} has no list of nodes (${trouble.detail})`
            const words = [name(at), `${what}${known(look)}.`, PUT_BACK, command] as const
            return look.cluster ? failure(...words) : warning(...words)
          }
          return note(
            name(at),
            `${where} is Memcached and has no list of nodes (${trouble.detail}): it is no ElastiCache endpoint.`,
            'Clients must list the nodes themselves; auto discovery works with the configuration endpoint only.',
            command,
          )
        },
      ),
  },
  {
    id: 'A02',
    title: 'the list of nodes is spoilt',
    seat: 'list',
    source: `${PROTOCOL}: version line, then host|ip|port`,
    odds: 0.03,
    shows: 'bad-list',
    find: (evidence) =>
      failuresIn(evidence, isUnreadable)
        // What is no Memcached at all is told of elsewhere.
        .filter(({ failure: { kind }, answers }) => kind !== 'not-a-cache' || answers.some(speaksAsAsked))
        .map(({ at, where, failure: { detail, kind } }) =>
          failure(
            name(at),
            `The list of nodes that ${inMidSentence(where)} gives can't be read: ${detail}.`,
            kind === 'timeout'
              ? 'It stops in the middle, and clients wait for the rest: look for what cuts answers off, a proxy or a length that is wrong.'
              : 'A client may have written to AmazonElastiCache:cluster: ElastiCache mends that within a minute.',
            shell`cachectl discover ${name(at)}`,
          ),
        ),
  },
  {
    id: 'A06',
    title: 'the server answers, and not when it is asked for the list',
    seat: 'list',
    source: `${PROTOCOL}; measured: twemproxy ends connections that ask for it`,
    odds: 0.02,
    shows: 'list-unanswered',
    find: (evidence) =>
      failuresIn(evidence, (trouble) => trouble.kind !== 'no-discovery' && !isUnreadable(trouble))
        .filter(({ isListed, failure: { phase } }) => !isListed || phase === 'reply')
        // Asked for its version it answers; what does not even do that is told of elsewhere.
        .filter(({ answers }) => answers.some(speaksAsAsked))
        .map(({ at, where, failure: { detail, kind }, look }) => {
          const words = [
            name(at),
            `${where} answers other requests, and not the one for the list of nodes: ${detail}.`,
            kind === 'reset'
              ? 'A proxy stands there that does not know the command: clients with Auto Discovery must be given the endpoint of the cluster itself.'
              : 'Clients with Auto Discovery wait for it at their start: ask a node of the cluster itself.',
            shell`cachectl discover ${name(at)}`,
          ] as const
          return look.cluster ? failure(...words) : kind === 'reset' ? note(...words) : warning(...words)
        }),
  },
  {
    id: 'A03',
    title: 'a node of the list does not answer',
    seat: 'list',
    source: `${PROTOCOL}: the list may hold a node that is being replaced`,
    odds: 0.05,
    shows: 'listed-dead',
    find: (evidence) =>
      looksIn(evidence).flatMap(({ place, round }) =>
        round.perNode
          .filter(({ failure: trouble }) => trouble && trouble.kind !== 'aborted' && !hasAnswered(trouble))
          // Asked as a cluster, its nodes are examined themselves, and better: but a certificate under their own names.
          .filter(
            ({ node, failure: trouble }) =>
              !evidence.clusters.some(({ nodes }) =>
                nodes.some(({ host, port }) =>
                  trouble?.kind === 'tls' ? node.host === host && node.port === port : isAt(node, host, port),
                ),
              ),
          )
          .map(({ node, failure: trouble }) =>
            failure(
              endpoint(node.ip ?? node.host, node.port),
              `${name(place)} lists ${endpoint(node.host, node.port)}, which ${trouble?.kind === 'tls' ? 'clients do not trust' : 'does not answer'}: ${trouble?.detail}.`,
              trouble?.kind === 'tls'
                ? 'Clients look for the listed name in the certificate: cachectl tls shows the names it has.'
                : 'Clients give it a share of the keys: see whether it is being replaced, or can not be reached from here.',
              shell`cachectl probe ${endpoint(node.ip ?? node.host, node.port)}`,
            ),
          ),
      ),
  },
  {
    id: 'P14',
    title: 'the nodes do not agree on the list',
    seat: 'list',
    source: `${PROTOCOL}: each node keeps a copy; a change passes through them one by one`,
    odds: 0.05,
    shows: 'lists-differ',
    find: (evidence) =>
      looksIn(evidence).flatMap((look) => {
        const { place, differences } = look
        const odd = differences.filter(({ against }) => against === 'the newest list')
        const [first] = odd
        if (!first) return []
        const others = odd.length > 1 ? ` (and ${odd.length - 1} more like it)` : ''
        return [
          warning(
            name(place),
            `The list of ${inList(evidence, look, first.who)} differs from the newest: ${first.detail}${others}.`,
            [
              'A change is on its way, or a node is left behind. Wait:',
              shell`cachectl discover ${subject(look)} --until agreed`,
            ],
            shell`cachectl discover ${subject(look)}`,
          ),
        ]
      }),
  },
  {
    id: 'A04',
    title: 'the list is not what the API says',
    seat: 'list',
    source: `${PROTOCOL}; DescribeCacheClusters`,
    odds: 0.05,
    shows: 'list-unlike-api',
    find: (evidence) =>
      looksIn(evidence).flatMap((look) => {
        const told = against('the API', look).filter(({ kind }) => kind !== 'wrong-family')
        if (told.length === 0) return []
        return [
          warning(
            subject(look),
            `The list of ${subject(look)} ${told.map(({ detail }) => detail).join(' and ')}, says the API.`,
            `Clients hash keys to nodes of the list: wait until they agree. cachectl discover ${shellWord(subject(look))} --until agreed`,
            shell`cachectl discover ${subject(look)}`,
          ),
        ]
      }),
  },
  {
    id: 'A07',
    title: 'the list holds a node twice, or addresses of both families',
    seat: 'list',
    source: `${PROTOCOL}: one entry per node, all with addresses of one family`,
    odds: 0.03,
    shows: 'listed-twice',
    find: (evidence) =>
      looksIn(evidence).flatMap((look) =>
        against('the protocol', look)
          .filter(({ kind }) => kind === 'duplicate' || kind === 'wrong-family')
          .map(({ who, detail }) =>
            warning(
              subject(look),
              `In the list of ${who === EVERY_LIST ? subject(look) : inList(evidence, look, who)}, ${detail}.`,
              'Clients give a node with two entries twice its share of the keys, and differ on them: a client wrote to AmazonElastiCache:cluster, or a change is on its way.',
              shell`cachectl discover ${subject(look)}`,
            ),
          ),
      ),
  },
  {
    id: 'A05',
    title: 'the list shows the other family than IP discovery says',
    seat: 'list',
    source: 'User guide, "Choosing a network type": IP discovery; changes take time to pass through',
    odds: 0.05,
    shows: 'list-of-other-family',
    find: (evidence) =>
      looksIn(evidence).flatMap((look) =>
        against('the API', look)
          .filter(({ kind }) => kind === 'wrong-family')
          .map(({ detail }) =>
            warning(
              subject(look),
              `The list of ${subject(look)} ${detail}.`,
              [
                'The change is on its way. Wait:',
                shell`cachectl discover ${subject(look)} --until ${look.cluster?.ipDiscovery ?? 'agreed'}`,
              ],
              shell`cachectl discover ${subject(look)}`,
            ),
          ),
      ),
  },
]

export const listCauses: readonly Cause[] = listRows.map(evident)

const PUT_BACK =
  'A client may have deleted it (config delete cluster) or written to it. ElastiCache puts it back; where it does not, clients that start now find no nodes.'

/** One round, and what it comes to. */
interface Look {
  readonly place: Place
  readonly round: Round
  readonly cluster?: ClusterFacts | undefined
  readonly differences: readonly Difference[]
}

const looksIn = onceFor(({ discovery, clusters }): Look[] =>
  discovery.map(({ place, round }) => {
    const cluster = clusters.find(({ id }) => id === place.cluster)
    return { place, round, cluster, differences: differencesOf(round, cluster && expectedOf(cluster)) }
  }),
)

/** A cluster as lists are held against it. */
export const expectedOf = ({ status, tls, ipDiscovery, nodes }: ClusterFacts): ExpectedCluster => ({
  status,
  tls,
  ipDiscovery,
  nodes: nodes.flatMap(({ id, status: state, host, port }) =>
    host !== undefined && port !== undefined ? [{ id, status: state, host, port }] : [],
  ),
})

const against = (what: Difference['against'], { differences }: Look): Difference[] =>
  differences.filter((each) => each.against === what && each.matters)

/** Its version is answered, plainly or over TLS as clients ask. */
const speaksAsAsked = ({ place, words, tls }: AddressEvidence): boolean =>
  speaks(place.tls ? { place, ...(tls && { tls }) } : { place, ...(words && { words }) })

const subject = ({ cluster, place }: Look): string => cluster?.id ?? name(place)

const isUnreadable = ({ problem, kind }: AskFailure): boolean =>
  kind === 'bad-reply' || kind === 'not-a-cache' || problem === 'truncated'

/** It was reached, and what it said, or did not say, is told of elsewhere. */
const hasAnswered = ({ phase, kind }: AskFailure): boolean =>
  phase === 'reply' && kind !== 'timeout' && kind !== 'reset'

/** Whether nothing answered for a node where the list has it. */
export const isMuteInList = ({ perNode }: Round, { host, port }: DiscoveredNode): boolean =>
  perNode.some(
    ({ node, failure: trouble }) =>
      trouble && trouble.kind !== 'aborted' && !hasAnswered(trouble) && node.host === host && node.port === port,
  )

/** Failures of the endpoint, and of nodes that speak Memcached otherwise. */
function failuresIn(evidence: Evidence, is: (failure: AskFailure) => boolean) {
  return looksIn(evidence).flatMap((look) =>
    failuresOf(look.round)
      .filter(({ failure: trouble }) => trouble.kind !== 'aborted' && is(trouble))
      .flatMap(({ node, failure: trouble }) => {
        const at = node ? placeOf(evidence, node, look.place) : look.place
        const answers = evidence.addresses.filter(({ place }) => name(place) === name(at))
        return [{ at, where: whoIs(at, name(at)), isListed: node !== undefined, failure: trouble, answers, look }]
      }),
  )
}

/** The endpoint itself was asked under its own name; a node by an address of the list. */
const placeOf = ({ places }: Evidence, node: DiscoveredNode, { tls }: Place): Place =>
  places.find(({ role, host, port }) => role !== 'configuration' && isAt(node, host, port)) ?? {
    host: node.ip ?? node.host,
    port: node.port,
    role: 'listed',
    tls,
  }

function inList(evidence: Evidence, { place }: Look, who: string): string {
  if (who === ENDPOINT) return inMidSentence(whoIs(place, name(place)))
  const node = evidence.places.find((each) => each.role !== 'configuration' && name(each) === who)
  return node ? inMidSentence(whoIs(node, who)) : who
}

/** What others say of the nodes, where the endpoint says nothing. */
function known({ round, cluster }: Look): string {
  const list = newestListOf(round)
  const lists = list && `other nodes have version ${list.version} with ${list.nodes.length} nodes`
  const api = cluster && `the API has ${cluster.nodes.length}`
  const told = [lists, api].filter((each) => each !== undefined)
  return told.length > 0 ? `; ${told.join(', ')}` : ''
}

const isAt = (node: DiscoveredNode, host: string | undefined, port: number | undefined): boolean =>
  host !== undefined && port !== undefined && sameNode(node, { host, port })
