/** What a node tells of its own limits. */
import { NODE_CONNECTIONS } from '../../api/catalog/cache-node.ts'
import { shell } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { type Cause, failure, note, warning, wherever } from './cause.ts'
import { at, each, inMidSentence, memoryShare, spokenAs, who } from './places.ts'

/** A node that is this full will soon refuse. */
const NEARLY_FULL = 0.9
/** Clients with pools hold connections for minutes. */
const SHORT_IDLE_S = 60

export const loadCauses: readonly Cause[] = [
  {
    id: 'L03',
    title: 'the node has no room for another connection',
    seat: 'node',
    source: `User guide, "Common troubleshooting steps": connection limits (${NODE_CONNECTIONS} per node)`,
    odds: 0.05,
    suspect: (seen) => [
      ...wherever(seen, 'full', (one) =>
        failure(
          at(one),
          `${who(one)} turns connections away: its limit is reached.`,
          'Pool connections, close idle ones, or add nodes.',
          'cachectl connections',
        ),
      ),
      ...each(seen.evidence.addresses, (one) => connections(one).used >= connections(one).most * NEARLY_FULL).map(
        (one) =>
          warning(
            at(one),
            `${who(one)} has ${connections(one).used} of at most ${connections(one).most} connections.`,
            'Pool connections, close idle ones, or add nodes.',
            stats(one, 'connections'),
          ),
      ),
    ],
  },
  {
    id: 'L08',
    title: 'the node has turned connections away',
    seat: 'node',
    source: 'protocol.txt of Memcached: rejected_connections, listen_disabled_num',
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => turnedAway(one) > 0 && connections(one).used < connections(one).most * NEARLY_FULL).map(
        (one) =>
          note(
            at(one),
            `${who(one)} reached its limit of ${connections(one).most} connections ${turnedAway(one)} times since it started; it has room now.`,
            'Pool connections, or add nodes.',
            stats(one, 'rejected\\|listen_disabled'),
          ),
      ),
  },
  {
    id: 'M01',
    title: 'memory is full: items are thrown out before their time',
    seat: 'node',
    source: 'User guide, "Which metrics should I monitor?": Evictions',
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'evicting', (one) =>
        warning(
          at(one),
          `The memory of ${inMidSentence(who(one))} is full (${Math.round(memoryShare(one) * 100)} %): it has thrown out ${one.answers?.stats.evictions} items to store others.`,
          'Add nodes (cachectl scale), take a larger node type, or let items expire sooner.',
          stats(one, 'evictions'),
        ),
      ),
  },
  {
    id: 'S03',
    title: 'the server hangs up on idle connections soon',
    seat: 'node',
    source: 'User guide, "Memcached specific parameters": idle_timeout',
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => isShort(one.answers?.settings.idle_timeout)).map((one) =>
        warning(
          at(one),
          `${who(one)} closes connections that are idle for ${one.answers?.settings.idle_timeout} s: pools find theirs dead at the next request.`,
          'Set idle_timeout of the parameter group to 0 or to more than the pools keep, or let clients send something before.',
          shell`cachectl kv stats ${spokenAs(one)} settings | grep idle`,
        ),
      ),
  },
]

const isShort = (seconds: number | undefined): boolean => seconds !== undefined && seconds > 0 && seconds < SHORT_IDLE_S

function connections({ answers }: AddressEvidence): { used: number; most: number } {
  const most = answers?.stats.max_connections ?? answers?.settings.maxconns
  const used = answers?.stats.curr_connections
  return most !== undefined && used !== undefined && most > 0 ? { used, most } : { used: 0, most: 1 }
}

const turnedAway = ({ answers }: AddressEvidence): number =>
  Math.max(answers?.stats.rejected_connections ?? 0, answers?.stats.listen_disabled_num ?? 0)

/** The command that prints what `stats` says of it. */
export const stats = (one: AddressEvidence, what: string): string =>
  shell`cachectl kv stats ${spokenAs(one)} | grep ${what}`
