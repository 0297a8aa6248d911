import type { ConnectAttempt } from '../connect.ts'
import type { ConnectFailure } from '../connect-outcome.ts'
import type { AddressEvidence, Evidence, Place } from '../evidence.ts'
import { portCapacity } from '../local-limits.ts'
import { endpoint, type Family } from '../target.ts'
import { failure, note, type Rule, warning } from './rule.ts'

const GUIDE = 'User guide, "Common troubleshooting steps"'
const ALLOW =
  'Check, for this family and port: security group of the cluster, network ACLs both ways (answers go to ports 1024-65535), routes, peering.'

/** Linux asks for a neighbour three times, a second apart. */
const NEIGHBOUR_GIVEN_UP_MS = 2900

/** A lost SYN is sent again after 1 s and after 3 s (RFC 6298); other delays are a busy host, not loss. */
const isSecondTry = (ms: number): boolean => (ms >= 990 && ms < 1300) || (ms >= 2990 && ms < 3300)

const isFar = (each: AddressEvidence): boolean => telling(each)?.local === false

export const pathRules: readonly Rule[] = [
  {
    id: 'L01',
    title: 'this host has no free port left for connections to the node',
    stage: 'host',
    source: `${GUIDE}: ephemeral ports`,
    find: (evidence) =>
      dead(evidence, 'ports-exhausted').map((each) => {
        const { limits } = evidence
        const used = limits.sockets.filter(
          ({ remoteAddress, remotePort }) => remoteAddress === each.address && remotePort === each.port,
        )
        const [low, high] = limits.portRange ?? [0, 0]
        return failure(
          at(each),
          `This host has no free port for ${at(each)}: ${used.length} sockets to it, ${portCapacity(limits) ?? '?'} ports (${low}-${high}).`,
          'Keep connections open and share them. Meanwhile: sysctl -w net.ipv4.ip_local_port_range="1024 65535"; net.ipv4.tcp_tw_reuse=1',
          `ss -Htan dst ${bracketed(each)} | wc -l`,
        )
      }),
  },
  {
    id: 'L02',
    title: 'IPv6 is switched off on this host',
    stage: 'host',
    source: 'Measured: connect(2) answers EADDRNOTAVAIL',
    find: (evidence) =>
      evidence.limits.ipv6Disabled
        ? perPlace(dead(evidence, 'no-source-address').filter(({ family }) => family === 6)).map((each) => {
            const words = [
              at(each),
              `IPv6 is switched off on this host (net.ipv6.conf.all.disable_ipv6=1), and ${at(each)} is IPv6.`,
              'Switch it on: sysctl -w net.ipv6.conf.all.disable_ipv6=0; or use IP discovery ipv4.',
              'sysctl net.ipv6.conf.all.disable_ipv6',
            ] as const
            return hasOtherFamily(evidence, each) ? note(...words) : failure(...words)
          })
        : [],
  },
  {
    id: 'R08',
    title: "this host's own routing table refuses",
    stage: 'host',
    source: 'Measured: the error comes from connect(2), nothing is sent',
    find: (evidence) =>
      dead(evidence, 'unreachable', 'prohibited', 'local-error')
        .filter((each) => {
          const { local, code } = telling(each) ?? {}
          return local && code !== 'ENETUNREACH' && code !== 'EMFILE' && code !== 'ENFILE'
        })
        .map((each) =>
          failure(
            at(each),
            `A route of this host (${KIND_OF_ROUTE[telling(each)?.code ?? ''] ?? telling(each)?.code}) stands in the way of ${each.address}; nothing was sent.`,
            'Find it with `ip route`, and delete it.',
            `ip route get ${each.address}`,
          ),
        ),
  },
  {
    id: 'R01',
    title: 'this host has no way to one family',
    stage: 'host',
    source: `${GUIDE}; measured`,
    find: (evidence) =>
      perPlace(
        evidence.addresses.filter((each) => {
          const { source, attempts, family } = each
          if (attempts.some(({ outcome }) => outcome === 'connected')) return false
          if (evidence.limits.ipv6Disabled && family === 6) return false
          if (attempts.some(({ outcome }) => outcome === 'ports-exhausted')) return false
          return 'code' in source && (source.code === 'ENETUNREACH' || source.code === 'EADDRNOTAVAIL')
        }),
      ).map((each) => {
        const { family } = each
        const sentence = `This host has no IPv${family} address or route, and ${each.place.host} is reached over IPv${family} at ${each.address}.`
        const command = `ip -${family} route get ${each.address}`
        if (hasOtherFamily(evidence, each)) {
          return note(at(each), sentence, 'Harmless: the other family works, and clients here skip this one.', command)
        }
        return failure(
          at(each),
          sentence,
          `Give the host IPv${family}, or choose a network type and IP discovery it can reach.`,
          command,
        )
      }),
  },
  {
    id: 'L06',
    title: 'the limit of open files is reached',
    stage: 'host',
    source: 'setrlimit(2): EMFILE',
    find: (evidence) =>
      evidence.addresses
        .filter(({ attempts }) => attempts.some(({ code }) => code === 'EMFILE' || code === 'ENFILE'))
        .slice(0, 1)
        .map((each) =>
          failure(
            at(each),
            'No file descriptor is left for another connection.',
            'Raise it: ulimit -n 65536',
            'cat /proc/self/limits',
          ),
        ),
  },
  {
    id: 'R02',
    title: 'one family is dead on the way, and clients try it first',
    stage: 'path',
    source: `${GUIDE}: security groups and network ACLs need rules of their own per family`,
    find: (evidence) => oneFamilyDead(evidence, true),
  },
  {
    id: 'R03',
    title: 'one family is dead on the way; clients here try the other first',
    stage: 'path',
    source: `${GUIDE}: security groups and network ACLs need rules of their own per family`,
    find: (evidence) => oneFamilyDead(evidence, false),
  },
  {
    id: 'R04',
    title: 'packets to the node are dropped',
    stage: 'path',
    source: `${GUIDE}: network connectivity`,
    find: (evidence) =>
      byPlace(evidence).flatMap(([place, own]) => {
        if (!own.every((each) => telling(each)?.outcome === 'timeout') || own.some(({ translates }) => translates))
          return []
        const [first] = own
        if (!first) return []
        const others = new Set(
          byPlace(evidence).filter(([other]) => other.host !== place.host || other.port !== place.port),
        )
        const alone = [...others].some(([, addresses]) => addresses.some(isAlive))
        const sentence = `${name(place)} does not answer (${own.map(({ address }) => address).join(', ')}): packets are dropped on the way.`
        const hint = alone ? `Other nodes answer: this one is down or its address is stale. ${ALLOW}` : ALLOW
        return [failure(name(place), sentence, hint, `nping --tcp-connect -p ${place.port} ${place.host}`)]
      }),
  },
  {
    id: 'R05',
    title: 'nothing listens on the port',
    stage: 'path',
    source: `${GUIDE}; measured`,
    find: (evidence) =>
      byPlace(evidence).flatMap(([place, own]) => {
        const refused = own.filter((each) => telling(each)?.outcome === 'refused')
        const [first] = refused
        if (!first) return []
        const command = `nc -vz ${first.address} ${place.port}`
        if (refused.length === own.length) {
          const other = evidence.addresses.some(
            (each) =>
              each.place !== place &&
              each.place.host !== '' &&
              isAlive(each) &&
              each.place.cluster === place.cluster &&
              place.cluster,
          )
          const hint = other
            ? 'Other nodes answer: this one is down. See the events: cachectl describe-events'
            : 'Check the port (Memcached 11211; serverless 11211 and 11212), and that the server runs.'
          return [failure(name(place), `${name(place)} refuses connections: nothing listens there.`, hint, command)]
        }
        const alive = own.find(isAlive)
        if (!alive || alive.family === first.family) return []
        const words = [
          name(place),
          `${name(place)} listens on IPv${alive.family} and not on IPv${first.family} (${first.address} refuses).`,
          `Let the server listen on both, or take the ${first.family === 6 ? 'AAAA' : 'A'} record away. Clients that try IPv${first.family} first lose a moment.`,
          command,
        ] as const
        return [warning(...words)]
      }),
  },
  {
    id: 'R07',
    title: 'nobody on this subnet has the address',
    stage: 'path',
    source: 'Measured: EHOSTUNREACH after 3 s (three ARP or ND requests)',
    find: (evidence) =>
      dead(evidence, 'unreachable')
        .filter((each) => isFar(each) && (telling(each)?.ms ?? 0) > NEIGHBOUR_GIVEN_UP_MS)
        .map((each) =>
          failure(
            at(each),
            `Nobody on this subnet has the address ${each.address}.`,
            'The node is gone, or the subnet mask of this host is wrong.',
            `ip neigh show ${each.address}`,
          ),
        ),
  },
  {
    id: 'R06',
    title: 'a firewall answers that the way is closed',
    stage: 'path',
    source: 'Measured: ICMP administratively prohibited',
    find: (evidence) =>
      dead(evidence, 'unreachable', 'prohibited')
        .filter((each) => isFar(each) && (telling(each)?.ms ?? 0) <= NEIGHBOUR_GIVEN_UP_MS)
        .map((each) =>
          failure(
            at(each),
            `A router or firewall on the way answers that ${each.address} can't be reached (${telling(each)?.code}).`,
            'See who sends it; look at its rules and at the firewall of this host.',
            `tcpdump -ni any 'icmp or icmp6'`,
          ),
        ),
  },
  {
    id: 'R12',
    title: 'connections are reset before they stand',
    stage: 'path',
    source: 'RFC 9293',
    find: (evidence) =>
      dead(evidence, 'reset').map((each) =>
        failure(
          at(each),
          `${at(each)} resets connections during the handshake.`,
          'A proxy or firewall answers in place of the server.',
          `nc -vz ${each.address} ${each.port}`,
        ),
      ),
  },
  {
    id: 'R09',
    title: 'the first packet is lost and sent again',
    stage: 'path',
    source: `${GUIDE}: network limits (ENA *_allowance_exceeded), connection tracking`,
    find: ({ addresses }) =>
      addresses.flatMap((each) => {
        const slow = each.attempts.filter(({ outcome, ms }) => outcome === 'connected' && isSecondTry(ms))
        const lost = each.attempts.filter(({ outcome }) => outcome !== 'connected')
        if (!isAlive(each) || (slow.length === 0 && lost.length === 0)) return []
        const fast = each.attempts.some(({ outcome, ms }) => outcome === 'connected' && ms < 900)
        // All slow alike is distance or an overloaded host, not loss.
        if (!fast && lost.length === 0) return []
        const worst =
          slow.length > 0
            ? `one connection took ${Math.round(Math.max(...slow.map(({ ms }) => ms)))} ms`
            : `${lost.length} of ${each.attempts.length} attempts failed (${lost[0]?.outcome})`
        return [
          warning(
            at(each),
            `Packets to ${at(each)} are lost now and then: ${worst}.`,
            'Look for connection tracking and packet rate limits: ethtool -S eth0 | grep allowance_exceeded',
            `cachectl probe ${at(each)} -c 50 --delay 100ms`,
          ),
        ]
      }),
  },
  {
    id: 'L05',
    title: 'connections are left half-closed by a program here',
    stage: 'host',
    source: `${GUIDE}: connection leak`,
    find: (evidence) =>
      socketsPerEndpoint(evidence).flatMap(([where, states]) => {
        const count = states['CLOSE-WAIT'] ?? 0
        if (count < 20) return []
        return [
          warning(
            where,
            `${count} connections to ${where} are in CLOSE-WAIT: the server closed them, a program here did not.`,
            'Find the program and let it close what it no longer uses.',
            `ss -tnp state close-wait`,
          ),
        ]
      }),
  },
  {
    id: 'L04',
    title: 'a connection is made for every request',
    stage: 'host',
    source: `${GUIDE}: persistent connections`,
    find: (evidence) => {
      const capacity = portCapacity(evidence.limits)
      return socketsPerEndpoint(evidence).flatMap(([where, states]) => {
        const closed = states['TIME-WAIT'] ?? 0
        if (capacity === undefined || closed < Math.max(50, capacity / 10)) return []
        return [
          warning(
            where,
            `${closed} connections to ${where} were closed within the last minute, of ${capacity} possible.`,
            'Use a pool of persistent connections.',
            'ss -tan state time-wait | wc -l',
          ),
        ]
      })
    },
  },
  {
    id: 'L07',
    title: 'the connection tracking table is nearly full',
    stage: 'host',
    source: `${GUIDE}: connection tracking`,
    find: ({ limits: { conntrack } }) =>
      conntrack && conntrack.max > 0 && conntrack.count > conntrack.max * 0.9
        ? [
            warning(
              'conntrack',
              `${conntrack.count} of ${conntrack.max} tracked connections are in use here.`,
              'sysctl -w net.netfilter.nf_conntrack_max=...',
              'sysctl net.netfilter.nf_conntrack_count',
            ),
          ]
        : [],
  },
]

function oneFamilyDead(evidence: Evidence, triedFirst: boolean) {
  return byPlace(evidence).flatMap(([place, own]) => {
    const alive = own.find(isAlive)
    const silent = own.filter((each) => telling(each)?.outcome === 'timeout' && !each.translates)
    const [first] = silent
    if (!alive || !first || alive.family === first.family) return []
    if (own.some((each) => each.family === first.family && isAlive(each))) return []
    const order = evidence.hosts.find(({ host }) => host === place.host)?.lookup
    const leading = order?.ok ? order.addresses[0]?.family : undefined
    if ((leading === first.family) !== triedFirst) return []
    const sentence = triedFirst
      ? `Clients here try ${name(place)} over IPv${first.family} first, where packets are dropped; IPv${alive.family} works. Each connection hangs until they give up.`
      : `${name(place)} works over IPv${alive.family}; over IPv${first.family} packets are dropped. Clients that try it first hang.`
    const meanwhile = `Until then: cachectl gai generate --prefer ipv${alive.family}`
    return [
      failure(
        name(place),
        sentence,
        `${ALLOW} ${triedFirst ? meanwhile : ''}`.trim(),
        `nc -${first.family}vz -w 3 ${place.host} ${place.port}`,
      ),
    ]
  })
}

const KIND_OF_ROUTE: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'unreachable',
  EACCES: 'prohibit',
  EINVAL: 'blackhole',
  EPERM: 'firewall',
}

const isAlive = ({ attempts }: AddressEvidence): boolean => attempts.some(({ outcome }) => outcome === 'connected')

/**
 * Where nothing connected, the attempt that tells most. Routers send few ICMP messages a second: the first attempt
 * hears why, the next ones only silence.
 */
function telling({ attempts }: AddressEvidence): ConnectAttempt | undefined {
  if (attempts.some(({ outcome }) => outcome === 'connected')) return undefined
  return attempts.find(({ outcome }) => outcome !== 'timeout') ?? attempts[0]
}

/** Addresses where nothing connected, for one of these reasons. */
const dead = ({ addresses }: Evidence, ...outcomes: ConnectFailure[]): AddressEvidence[] =>
  addresses.filter((each) => (outcomes as (string | undefined)[]).includes(telling(each)?.outcome))

const hasOtherFamily = ({ addresses }: Evidence, { place, family }: AddressEvidence): boolean =>
  addresses.some((other) => other.place === place && other.family !== family && isAlive(other))

/** The first of each family of a place: the rest would say the same. */
const perPlace = (list: readonly AddressEvidence[]): AddressEvidence[] => {
  const seen = new Set<string>()
  return list.filter(({ place, family }) => {
    const key = `${place.host} ${place.port} ${family satisfies Family}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

const byPlace = ({ addresses }: Evidence): [Place, AddressEvidence[]][] => {
  const groups = new Map<string, [Place, AddressEvidence[]]>()
  for (const each of addresses) {
    const key = name(each.place)
    const group = groups.get(key) ?? [each.place, []]
    group[1].push(each)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function socketsPerEndpoint({ addresses, limits }: Evidence): [string, Readonly<Record<string, number>>][] {
  const ends = new Map(addresses.map((each) => [at(each), each]))
  return [...ends].map(([where, { address, port }]) => {
    const states: Record<string, number> = {}
    for (const { remoteAddress, remotePort, state } of limits.sockets) {
      if (remoteAddress === address && remotePort === port) states[state] = (states[state] ?? 0) + 1
    }
    return [where, states]
  })
}

export const name = ({ host, port }: Place): string => endpoint(host, port)
export const at = ({ address, port }: AddressEvidence): string => endpoint(address, port)
// ss finds an IPv6 address only in brackets.
const bracketed = ({ address, family }: AddressEvidence): string => (family === 6 ? `[${address}]` : address)
