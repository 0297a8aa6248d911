/** What stands between this host and the cache. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import {
  type Cause,
  failure,
  grouped,
  type Seen,
  type Suspicion,
  shows,
  type Told,
  warning,
  wherever,
} from './cause.ts'
import { ALLOW } from './families.ts'
import {
  andMore,
  at,
  byPlace,
  connectMs,
  deviceTo,
  inMidSentence,
  isAlive,
  isHere,
  isTurnedAway,
  lostOf,
  name,
  QUEUE_FULL,
  SENT_AGAIN_MS,
  servesOtherFamily,
  spokenAs,
  telling,
  tryingIt,
  who,
  whoIs,
} from './places.ts'
import { pathTo } from './views.ts'

const GUIDE = 'User guide, "Common troubleshooting steps"'

/** What drops all packets to a place rarely lets those to another of its addresses pass. */
const SPARES_AN_ADDRESS = 0.1

/** Nodes of one cluster, or places that were given, of which not one has a sign of life: what drops it all is one thing. */
function droppedToAll(seen: Seen): Suspicion[] {
  const { addresses } = seen.evidence
  return [...new Set(addresses.map(({ place }) => place.cluster))].flatMap((cluster) => {
    const ones = addresses.filter(({ place }) => place.cluster === cluster)
    const [first] = ones
    const silent = [...new Set(ones.map(at))]
    if (!first || silent.length < 2 || ones.some((one) => isHere(one) || seen.at(at(one), 'timeout').length === 0))
      return []
    const all = cluster === undefined ? 'None of the places answers' : `No node of ${cluster} answers`
    const shown = silent.length > 3 ? [...silent.slice(0, 2), `${silent.length - 2} more`] : silent
    return [
      {
        ...failure(
          name(first.place),
          `${all}: packets to ${shown.slice(0, -1).join(', ')} and ${shown.at(-1)} are dropped on the way.`,
          ALLOW,
          tryingIt(first),
        ),
        explains: shows(0.9, ...ones.flatMap((one) => seen.at(at(one), 'timeout'))),
      },
    ]
  })
}

export const wayCauses: readonly Cause[] = [
  {
    id: 'R04',
    title: 'packets to the node are dropped',
    seat: 'way',
    source: `${GUIDE}: network connectivity`,
    odds: 0.05,
    suspect: (seen) => [
      ...droppedToAll(seen),
      ...byPlace(seen.evidence).flatMap(([place, own]): Suspicion[] => {
        const silent = own.filter((one) => seen.at(at(one), 'timeout').length > 0)
        if (silent.length === 0) return []
        const explains = shows(0.9, ...silent.flatMap((one) => seen.at(at(one), 'timeout')))
        if (silent.every(isHere)) {
          const which = own.length > silent.length ? silent.map(at).join(', ') : name(place)
          const sentence = `${whoIs(place, which)} ${QUEUE_FULL.sentence}.`
          return [{ ...failure(name(place), sentence, QUEUE_FULL.hint, `ss -ltnp sport = :${place.port}`), explains }]
        }
        const elsewhere = seen.evidence.addresses.some((one) => name(one.place) !== name(place) && isAlive(one))
        const sentence = `${whoIs(place, name(place))} does not answer (${silent.map(({ address }) => address).join(', ')}): packets are dropped on the way.`
        const hint = elsewhere ? `Other nodes answer: this one is down or its address is stale. ${ALLOW}` : ALLOW
        const command = shell`cachectl probe ${name(place)} -c 3`
        return [
          {
            ...failure(name(place), sentence, hint, command),
            explains,
            ...(own.some(isAlive) && { fits: SPARES_AN_ADDRESS }),
          },
        ]
      }),
    ],
  },
  {
    id: 'R18',
    title: 'one of several addresses of a name is dead, another of its family works',
    seat: 'way',
    source: 'RFC 1035: the order of records changes from answer to answer; each connection takes one of them',
    odds: 0.1,
    suspect: (seen) =>
      byPlace(seen.evidence).flatMap(([place, own]) => {
        const signsOf = (one: AddressEvidence) => seen.at(at(one), 'timeout', 'refused', 'rejected', 'no-neighbour')
        const out = own.filter(
          (one) =>
            signsOf(one).length > 0 &&
            !(isHere(one) && telling(one)?.outcome === 'timeout') &&
            own.some((other) => other.family === one.family && isAlive(other)),
        )
        const [first] = out
        if (!first) return []
        const how = telling(first)?.outcome === 'refused' ? 'refuses' : 'does not answer'
        return [
          {
            ...failure(
              name(place),
              `${place.host} has ${own.length} addresses, and ${out.map(({ address }) => address).join(', ')} ${how}: clients that pick it fail or hang, others work.`,
              'Take the record away if it is stale; else see what is wrong with that server alone.',
              tryingIt(first),
            ),
            explains: shows(0.95, ...out.flatMap(signsOf)),
          },
        ]
      }),
  },
  {
    id: 'R07',
    title: 'no host on this subnet has the address',
    seat: 'way',
    source: 'Measured: EHOSTUNREACH after 3 s (three ARP or ND requests)',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'no-neighbour', (one) => {
        const gateway = pathTo(seen.evidence, one.address)?.gateway
        return gateway === undefined
          ? failure(
              at(one),
              `No host on this subnet has the address ${one.address}.`,
              'The node is gone, or the subnet mask of this host is wrong.',
              `ip neigh show ${one.address}`,
            )
          : failure(
              at(one),
              `No host behind the router has the address ${one.address}: the node is gone, say the routers on the way.`,
              'See whether the node still runs, and whether its name or address here is an old one.',
              shell`traceroute -n ${one.address}`,
            )
      }),
  },
  {
    id: 'R06',
    title: 'a firewall answers that the way is closed',
    seat: 'way',
    source: 'Measured: ICMP administratively prohibited',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'rejected', (one) =>
        failure(
          at(one),
          `A router or firewall on the way answers that ${one.address} can't be reached (${telling(one)?.code}).`,
          'See which host sends it; look at its rules and at the firewall of this host.',
          `tcpdump -ni any 'icmp or icmp6'`,
        ),
      ),
  },
  {
    id: 'R22',
    title: 'packets go round in circles on the way, until they expire',
    seat: 'way',
    source: 'RFC 792, RFC 4443: time exceeded; measured: this host was sent such messages meanwhile (/proc/net/snmp)',
    odds: 0.1,
    suspect: (seen) =>
      grouped(seen, 'expired', (signs, [first, ...more]) => ({
        ...failure(
          at(first),
          `Packets to ${inMidSentence(who(first))}${andMore(more)} expire on the way: routers send them to each other.`,
          'Find the two routers whose addresses come again and again, and mend their routes; a tunnel may lead through itself.',
          shell`traceroute -n ${first.address}`,
        ),
        explains: [
          ...shows(0.99, ...signs),
          ...shows(0.95, ...signs.flatMap((sign) => seen.at(sign.at, 'timeout', 'rejected'))),
        ],
      })),
  },
  {
    id: 'R12',
    title: 'connections are reset before they stand',
    seat: 'way',
    source: 'RFC 9293',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'reset', (one) => ({
        ...failure(
          at(one),
          `${who(one)} resets connections as soon as they are made.`,
          'A proxy or firewall answers in place of the server, or the server turns every client away.',
          tryingIt(one),
        ),
        ...(servesOtherFamily(seen.evidence, one) && { fits: SPARES_AN_ADDRESS }),
      })),
  },
  {
    id: 'R09',
    title: 'the first packet is lost and sent again',
    seat: 'way',
    source: `${GUIDE}: network limits (ENA *_allowance_exceeded), connection tracking`,
    odds: 0.05,
    suspect: (seen) =>
      seen.of('lost-at-times').flatMap((sign) => {
        const { address: one } = sign
        if (!one) return []
        // Connections that were made late or not at all are lost packets; those that stand at once and are not served are something else.
        const out = one.trial?.connections.filter(({ turns }) => turns[0]?.answered !== true) ?? []
        const isLoss = out.every(
          ({ notMade, cutOff, connectMs: ms = 0 }) => notMade === 'timeout' || (!cutOff && ms >= SENT_AGAIN_MS),
        )
        const follows = isLoss ? seen.at(at(one), 'some-fail', 'uneven', 'answers-lost', 'late', 'narrow') : []
        return [{ ...lostAtTimes(one), explains: [...shows(0.99, sign), ...shows(0.8, ...follows)] }]
      }),
  },
  {
    id: 'R10',
    title: 'this is slow for a cache',
    seat: 'way',
    source: 'Measured: Node tries the other family after 250 ms, drops the first attempt, and reports an empty message',
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'far', (one) => {
        const ms = Math.round(connectMs(one))
        const node =
          ms > NODE_GIVES_UP_MS
            ? ' Node programs give up on an address of a dual-stack name after 250 ms: --network-family-autoselection-attempt-timeout=1000.'
            : ''
        return warning(
          at(one),
          `Connecting to ${inMidSentence(who(one))} takes ${ms} ms: it is far away, or the way is congested. Within a region it takes 1 to 3 ms.`,
          `Look where the time goes, and put clients into the region of the cache: mtr -T -P ${one.port} ${one.address}.${node}`,
          shell`cachectl probe ${spokenAs(one)} -c 20`,
        )
      }),
  },
]

const NODE_GIVES_UP_MS = 250

function lostAtTimes(one: AddressEvidence): Told {
  const { attempts } = one
  const lost = lostOf(one)
  const command = shell`cachectl probe ${at(one)} -c 50 --delay 100ms`
  const answered = attempts.filter(({ outcome }) => outcome === 'refused' || outcome === 'reset')
  if (answered.length > lost) {
    return warning(
      at(one),
      `${answered.length} of ${attempts.length} connections to ${at(one)} were ${answered[0]?.outcome === 'reset' ? 'reset' : 'refused'}, the others stand.`,
      'One of several servers behind the address is down or full, or its limit of connections is reached now and then.',
      command,
    )
  }
  const failed = attempts.find(isTurnedAway)
  const worst =
    lost > 0 || failed === undefined
      ? `${lost} of ${attempts.length} connections took a second and more`
      : `${attempts.filter(isTurnedAway).length} of ${attempts.length} attempts failed (${failed.outcome})`
  return isHere(one)
    ? warning(
        at(one),
        `${who(one)} is on this host and takes connections late now and then: ${worst}.`,
        QUEUE_FULL.hint,
        command,
      )
    : warning(
        at(one),
        `Packets to ${at(one)} are lost now and then: ${worst}.`,
        `Look for connection tracking and packet rate limits: ethtool -S ${deviceTo(one)} | grep allowance_exceeded`,
        command,
      )
}
