/** What the numbers of a node tell, read twice, and beside those of its cluster's other nodes. */
import { shell, shellWord } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { type Cause, failure, type Seen, type Suspicion, type Told, warning, wherever } from './cause.ts'
import { stats } from './load.ts'
import { at, memoryShare, spokenAs, who } from './places.ts'
import type { SignKind } from './sign.ts'
import {
  type Counted,
  climbed,
  countedIn,
  flushes,
  isRestarted,
  newConnectionsPerSecond,
  othersOf,
  paces,
  share,
} from './signs/nodes.ts'

const METRICS = 'User guide, "Which metrics should I monitor?"'

export const numberCauses: readonly Cause[] = [
  {
    id: 'M02',
    title: 'memory is full, and the node throws nothing out: it refuses to store',
    seat: 'node',
    source: 'protocol.txt of Memcached: store_no_memory; memcached -M, error_on_memory_exhausted of a parameter group',
    odds: 0.03,
    suspect: (seen) =>
      counted(
        seen,
        'no-memory',
        ['write-refused', 'large-refused'],
        ({ one, stats: { store_no_memory: refused = 0 } }) =>
          failure(
            at(one),
            `${who(one)} is full (${Math.round(memoryShare(one) * 100)} % of its memory) and may throw nothing out: values are refused with "SERVER_ERROR out of memory"${refused > 0 ? `, ${refused} so far` : ''}.`,
            'Let it evict (error_on_memory_exhausted 0 in its parameter group; without -M), let items expire sooner, or give it more memory.',
            stats(one, 'store_no_memory\\|bytes'),
          ),
      ),
  },
  {
    id: 'M03',
    title: 'values are refused for lack of memory, though the node may evict',
    seat: 'node',
    source: 'protocol.txt of Memcached: store_no_memory',
    odds: 0.03,
    suspect: (seen) =>
      counted(seen, 'stores-refused', [], (node) =>
        warning(
          at(node.one),
          `${who(node.one)} has refused ${counts(node, 'store_no_memory')} for lack of memory: it finds nothing to throw out for values of that size.`,
          'Look which sizes have no room (cachectl kv stats): turn slab_automove on, spread large values over more nodes, or give it more memory.',
          stats(node.one, 'store_no_memory'),
        ),
      ),
  },
  {
    id: 'M04',
    title: 'values are refused as too large',
    seat: 'node',
    source: 'protocol.txt of Memcached: store_too_large; max_item_size of a parameter group',
    odds: 0.03,
    suspect: (seen) =>
      counted(seen, 'too-large', ['large-refused'], (node) => {
        const most = node.one.answers?.settings.item_size_max
        return warning(
          at(node.one),
          `${who(node.one)} has refused ${counts(node, 'store_too_large')} as too large${most === undefined ? '' : `: ${bytesOf(most)} is the most that it takes`}.`,
          'Compress or split these values, or raise max_item_size in its parameter group (memcached -I).',
          stats(node.one, 'store_too_large'),
        )
      }),
  },
  {
    id: 'N06',
    title: 'connections are turned away now',
    seat: 'node',
    source: 'protocol.txt of Memcached: listen_disabled_num, rejected_connections; read twice',
    odds: 0.03,
    suspect: (seen) =>
      counted(
        seen,
        'turns-away',
        ['full', 'some-fail', 'lost-at-times', 'list-unanswered'],
        ({ one, stats: numbers }) => {
          const most = numbers.max_connections ?? one.answers?.settings.maxconns
          return warning(
            at(one),
            `${who(one)} turns connections away at this moment: it comes to its limit${most === undefined ? '' : ` of ${most}`} again and again.`,
            'Pool connections, close idle ones (idle_timeout), or add nodes.',
            stats(one, 'rejected\\|listen_disabled'),
          )
        },
      ),
  },
  {
    id: 'N07',
    title: 'clients send batches that the node breaks off',
    seat: 'node',
    source: 'protocol.txt of Memcached: conn_yields; memcached -R',
    odds: 0.02,
    suspect: (seen) =>
      counted(seen, 'yields', [], (node) =>
        warning(
          at(node.one),
          `${who(node.one)} broke off ${climbed(node, 'conn_yields')} batches of requests within ${Math.round(node.watch?.ms ?? 0)} ms to serve others: clients wait for the rest.`,
          'Ask for many keys with one get of several instead of many in a row, in smaller batches, or raise requests per event (memcached -R).',
          stats(node.one, 'conn_yields'),
        ),
      ),
  },
  {
    id: 'N08',
    title: 'one node was restarted or flushed lately, and is empty',
    seat: 'node',
    source: 'protocol.txt of Memcached: uptime, curr_items, cmd_flush; the nodes of a cluster beside each other',
    odds: 0.03,
    suspect: (seen) =>
      counted(seen, 'emptied', ['hot', 'late'], (node, others) => {
        const { one, stats: numbers } = node
        const events = one.place.cluster === undefined ? '' : eventsOf(one.place.cluster)
        return isRestarted(node, others)
          ? warning(
              at(one),
              `${who(one)} was restarted ${ago(numbers.uptime ?? 0)} ago and is empty (${numbers.curr_items ?? 0} items): reads of its keys miss until it has filled.`,
              `It fills by itself; protect what is behind the cache meanwhile. ${events}`.trim(),
              stats(one, 'uptime\\|curr_items'),
            )
          : warning(
              at(one),
              `${who(one)} was flushed (flush_all, ${times(flushes(node))}), the other nodes were not: reads of its keys miss until it has filled.`,
              'Find the client that sends flush_all: a script or a test against the wrong host. It fills by itself.',
              stats(one, 'cmd_flush\\|curr_items'),
            )
      }),
  },
  {
    id: 'N09',
    title: 'one node takes most of the requests',
    seat: 'node',
    source: `${METRICS}; measured: requests of the nodes of a cluster beside each other`,
    odds: 0.03,
    suspect: (seen) =>
      counted(seen, 'hot', ['late', 'uneven', 'stalls', 'yields'], (node, others) => {
        const { own, usual, now } = paces(node, others)
        return warning(
          at(node.one),
          `${who(node.one)} takes ${share(own / usual)} times as many requests as the other nodes (${perSecond(own)} against ${perSecond(usual)}${now ? '' : ', since they started'}): it is hot.`,
          'A few keys are asked for far more than others, or clients know this node alone: keep such keys in the client for a moment, or spread them over copies with different names; see that clients use discovery.',
          shell`cachectl kv stats ${spokenAs(node.one)}`,
        )
      }),
  },
  {
    id: 'N10',
    title: 'clients connect anew for each request',
    seat: 'node',
    source: `${METRICS}: NewConnections beside CurrConnections`,
    odds: 0.03,
    suspect: (seen) =>
      counted(seen, 'short-connections', ['churn', 'late', 'hot'], (node) =>
        warning(
          at(node.one),
          `${who(node.one)} takes ${Math.round(newConnectionsPerSecond(node))} new connections per second and has ${node.stats.curr_connections ?? 0} open: clients connect for each request.`,
          'Keep connections open: a pool, or persistent connections (PHP: a persistent_id). Each new one costs a round trip, with TLS several, and CPU of the node.',
          stats(node.one, 'total_connections\\|curr_connections'),
        ),
      ),
  },
]

/** As `wherever`, with the numbers of the node and of those beside it. */
function counted(
  seen: Seen,
  kind: SignKind,
  beside: readonly SignKind[],
  tell: (node: Counted, others: readonly Counted[]) => Told,
): Suspicion[] {
  const nodes = countedIn(seen.evidence)
  const telling = (one: AddressEvidence): Told => {
    const node = nodes.find((other) => at(other.one) === at(one)) ?? { one, stats: one.answers?.stats ?? {} }
    return tell(node, othersOf(node, nodes))
  }
  return wherever(seen, kind, telling, ...beside)
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

/** `12 values, 3 of them just now`. */
function counts(node: Counted, what: 'store_no_memory' | 'store_too_large'): string {
  const now = climbed(node, what)
  return `${node.stats[what]} values${now > 0 ? `, ${now} of them just now,` : ''}`
}

const bytesOf = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${+(bytes / 1024 / 1024).toFixed(1)} MB` : `${+(bytes / 1024).toFixed(1)} KB`

const ago = (seconds: number): string => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`)
const perSecond = (count: number): string => `${count < 10 ? count.toFixed(1) : Math.round(count)} per second`

const eventsOf = (cluster: string): string =>
  `See why: cachectl describe-events --source-type cache-cluster --source-identifier ${shellWord(cluster)}`
