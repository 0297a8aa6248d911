/** What stands between this host and the cache. */
import { memcached } from '../../api/catalog/engines.ts'
import { PRIMARY_PORT } from '../../api/catalog/serverless.ts'
import { shell, shellWord } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { type Cause, failure, warning } from './cause.ts'
import { ALLOW, isFamilyTrouble } from './families.ts'
import { isLetIn } from './ingress.ts'
import {
  at,
  byPlace,
  dead,
  deviceTo,
  each,
  isAlive,
  isHere,
  name,
  QUEUE_FULL,
  resetsConnections,
  telling,
  who,
  whoIs,
} from './places.ts'

const GUIDE = 'User guide, "Common troubleshooting steps"'

/** Linux asks for a neighbour three times, a second apart. */
const NEIGHBOUR_GIVEN_UP_MS = 2900

/** A lost SYN is sent again after 1 s and after 3 s (RFC 6298); other delays are a busy host, not loss. */
const isSecondTry = (ms: number): boolean => (ms >= 990 && ms < 1300) || (ms >= 2990 && ms < 3300)

const isFar = (each: AddressEvidence): boolean => telling(each)?.local === false

export const wayCauses: readonly Cause[] = [
  {
    id: 'R04',
    title: 'packets to the node are dropped',
    seat: 'way',
    source: `${GUIDE}: network connectivity`,
    odds: 0.05,
    suspect: ({ evidence }) =>
      byPlace(evidence).flatMap(([place, own]) => {
        // One family out of two has rules of its own; one address out of several, too.
        const silent = own.filter((each) => telling(each)?.outcome === 'timeout' && !each.translates)
        const here = silent.filter(isHere)
        if (silent.length > 0 && here.length === silent.length) {
          const which = own.length > silent.length ? here.map(at).join(', ') : name(place)
          return [
            failure(
              name(place),
              `${whoIs(place, which)} ${QUEUE_FULL.sentence}.`,
              QUEUE_FULL.hint,
              `ss -ltnp sport = :${place.port}`,
            ),
          ]
        }
        if (silent.length === 0 || own.some(isAlive) || own.some(({ translates }) => translates)) return []
        const others = new Set(
          byPlace(evidence).filter(([other]) => other.host !== place.host || other.port !== place.port),
        )
        const alone = [...others].some(([, addresses]) => addresses.some(isAlive))
        const sentence = `${whoIs(place, name(place))} does not answer (${silent.map(({ address }) => address).join(', ')}): packets are dropped on the way.`
        const hint = alone ? `Other nodes answer: this one is down or its address is stale. ${ALLOW}` : ALLOW
        return [failure(name(place), sentence, hint, `nping --tcp-connect -p ${place.port} ${place.host}`)]
      }),
  },
  {
    id: 'R05',
    title: 'nothing listens on the port',
    seat: 'way',
    source: `${GUIDE}; measured`,
    odds: 0.05,
    suspect: ({ evidence }) =>
      byPlace(evidence).flatMap(([place, own]) => {
        const refused = own.filter((each) => telling(each)?.outcome === 'refused')
        const [first] = refused
        if (!first) return []
        const command = `nc -vz ${first.address} ${place.port}`
        if (!own.some(isAlive)) {
          const other = evidence.addresses.some(
            (each) =>
              name(each.place) !== name(place) &&
              each.place.host !== '' &&
              isAlive(each) &&
              each.place.cluster === place.cluster &&
              place.cluster,
          )
          const { cluster = '', role } = place
          const isNode = cluster !== '' && /^\d+$/.test(role)
          const events = `See the events: cachectl describe-events --source-type cache-cluster --source-identifier ${shellWord(cluster)}`
          const hint = other
            ? `Other nodes answer: this one is down. ${events}`
            : isNode
              ? `The API has it at this port: the node is down, and is replaced by itself. ${events}`
              : `Check the port (Memcached ${memcached.port}; serverless ${PRIMARY_PORT} and ${PRIMARY_PORT + 1}), and that the server runs.`
          return [
            failure(
              name(place),
              `${whoIs(place, name(place))} refuses connections: nothing listens there.`,
              hint,
              command,
            ),
          ]
        }
        const alive = own.find(isAlive)
        if (!alive || alive.family === first.family) return []
        const words = [
          name(place),
          `${whoIs(place, name(place))} listens on IPv${alive.family} and not on IPv${first.family} (${first.address} refuses).`,
          `Let the server listen on both, or take the ${first.family === 6 ? 'AAAA' : 'A'} record away. Clients that try IPv${first.family} first lose a moment.`,
          command,
        ] as const
        return [warning(...words)]
      }),
  },
  {
    id: 'R18',
    title: 'one of several addresses of a name is dead, another of its family works',
    seat: 'way',
    source: 'RFC 1035: the order of records changes from answer to answer; each connection takes one of them',
    odds: 0.05,
    suspect: ({ evidence }) =>
      byPlace(evidence).flatMap(([place, own]) => {
        const out = own.filter(
          (each) =>
            ['timeout', 'refused', 'unreachable', 'prohibited'].includes(telling(each)?.outcome ?? '') &&
            !telling(each)?.local &&
            !(telling(each)?.outcome === 'timeout' && isHere(each)) &&
            own.some((other) => other.family === each.family && isAlive(other)),
        )
        const [first] = out
        if (!first) return []
        const how = telling(first)?.outcome === 'refused' ? 'refuses' : 'does not answer'
        return [
          failure(
            name(place),
            `${place.host} has ${own.length} addresses, and ${out.map(({ address }) => address).join(', ')} ${how}: clients that pick it fail or hang, others work.`,
            'Take the record away if it is stale; else see what is wrong with that server alone.',
            `nc -vz -w 3 ${first.address} ${place.port}`,
          ),
        ]
      }),
  },
  {
    id: 'R07',
    title: 'no host on this subnet has the address',
    seat: 'way',
    source: 'Measured: EHOSTUNREACH after 3 s (three ARP or ND requests)',
    odds: 0.05,
    suspect: ({ evidence }) =>
      dead(evidence, 'unreachable')
        .filter((each) => isFar(each) && (telling(each)?.ms ?? 0) > NEIGHBOUR_GIVEN_UP_MS)
        .map((each) =>
          failure(
            at(each),
            `No host on this subnet has the address ${each.address}.`,
            'The node is gone, or the subnet mask of this host is wrong.',
            `ip neigh show ${each.address}`,
          ),
        ),
  },
  {
    id: 'R06',
    title: 'a firewall answers that the way is closed',
    seat: 'way',
    source: 'Measured: ICMP administratively prohibited',
    odds: 0.05,
    suspect: ({ evidence }) =>
      dead(evidence, 'unreachable', 'prohibited')
        .filter((each) => isFar(each) && (telling(each)?.ms ?? 0) <= NEIGHBOUR_GIVEN_UP_MS)
        .map((each) =>
          failure(
            at(each),
            `A router or firewall on the way answers that ${each.address} can't be reached (${telling(each)?.code}).`,
            'See which host sends it; look at its rules and at the firewall of this host.',
            `tcpdump -ni any 'icmp or icmp6'`,
          ),
        ),
  },
  {
    id: 'R12',
    title: 'connections are reset before they stand',
    seat: 'way',
    source: 'RFC 9293',
    odds: 0.05,
    suspect: ({ evidence }) =>
      each(evidence.addresses, resetsConnections)
        .filter((one) => !isFamilyTrouble(evidence, one) && isLetIn(evidence, one) !== false)
        .map((one) =>
          failure(
            at(one),
            `${who(one)} resets connections as soon as they are made.`,
            'A proxy or firewall answers in place of the server, or the server turns every client away.',
            `nc -vz ${one.address} ${one.port}`,
          ),
        ),
  },
  {
    id: 'R09',
    title: 'the first packet is lost and sent again',
    seat: 'way',
    source: `${GUIDE}: network limits (ENA *_allowance_exceeded), connection tracking`,
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      addresses.flatMap((each) => {
        if (each.attempts.some(({ local }) => local === true)) return []
        const slow = each.attempts.filter(({ outcome, ms }) => outcome === 'connected' && isSecondTry(ms))
        const lost = each.attempts.filter(({ outcome }) => outcome !== 'connected')
        if (!isAlive(each) || resetsConnections(each) || (slow.length === 0 && lost.length === 0)) return []
        const fast = each.attempts.some(({ outcome, ms }) => outcome === 'connected' && ms < 900)
        // All slow alike is distance or an overloaded host, not loss.
        if (!fast && lost.length === 0) return []
        const worst =
          slow.length > 0
            ? `one connection took ${Math.round(Math.max(...slow.map(({ ms }) => ms)))} ms`
            : `${lost.length} of ${each.attempts.length} attempts failed (${lost[0]?.outcome})`
        const answered = lost.filter(({ outcome }) => outcome === 'refused' || outcome === 'reset')
        if (slow.length === 0 && answered.length === lost.length) {
          return [
            warning(
              at(each),
              `${answered.length} of ${each.attempts.length} connections to ${at(each)} were ${answered[0]?.outcome === 'reset' ? 'reset' : 'refused'}, the others stand.`,
              'One of several servers behind the address is down or full, or its limit of connections is reached now and then.',
              shell`cachectl probe ${at(each)} -c 50 --delay 100ms`,
            ),
          ]
        }
        return [
          warning(
            at(each),
            isHere(each)
              ? `${who(each)} is on this host and takes connections late now and then: ${worst}.`
              : `Packets to ${at(each)} are lost now and then: ${worst}.`,
            isHere(each)
              ? QUEUE_FULL.hint
              : `Look for connection tracking and packet rate limits: ethtool -S ${deviceTo(each)} | grep allowance_exceeded`,
            shell`cachectl probe ${at(each)} -c 50 --delay 100ms`,
          ),
        ]
      }),
  },
]
