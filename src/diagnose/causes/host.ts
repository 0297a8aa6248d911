/** What of this host itself stands in the way. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence, Evidence } from '../evidence.ts'
import { portCapacity } from '../local-limits.ts'
import { type Cause, failure, type Hint, note, type Seen, shows, type Told, warning, wherever } from './cause.ts'
import { at, bracketed, hasOtherFamily, name, perPlace, telling } from './places.ts'
import type { Sign } from './sign.ts'

const GUIDE = 'User guide, "Common troubleshooting steps"'

/** fe80::/10 without `%interface` (RFC 4007, 11). */
const lacksInterface = ({ address }: AddressEvidence): boolean => /^fe[89ab][0-9a-f]:[^%]*$/i.test(address)

export const hostCauses: readonly Cause[] = [
  {
    id: 'L01',
    title: 'this host has no free port left for connections to the node',
    seat: 'host',
    source: `${GUIDE}: ephemeral ports`,
    odds: 0.05,
    suspect: (seen) =>
      wherever(
        seen,
        'no-port',
        (one) => {
          const { limits } = seen.evidence
          const used = limits.sockets.filter(
            ({ remoteAddress, remotePort }) => remoteAddress === one.address && remotePort === one.port,
          )
          const [low, high] = limits.portRange ?? [0, 0]
          return failure(
            at(one),
            `This host has no free port for ${at(one)}: ${used.length} sockets to it, ${portCapacity(limits) ?? '?'} ports (${low}-${high}).`,
            MORE_PORTS,
            `ss -Htan dst ${bracketed(one)} | wc -l`,
          )
        },
        'few-ports',
      ),
  },
  {
    id: 'L09',
    title: 'this host will soon have no free port left for connections to the node',
    seat: 'host',
    source: `${GUIDE}: ephemeral ports`,
    odds: 0.03,
    suspect: (seen) =>
      seen.of('few-ports').map((sign) => ({
        ...warning(
          sign.at,
          `${sign.sentence}: the next programs will find none.`,
          MORE_PORTS,
          shell`cachectl connections ${sign.at}`,
        ),
        explains: shows(0.99, sign),
      })),
  },
  {
    id: 'L02',
    title: 'IPv6 is switched off on this host',
    seat: 'host',
    source: 'Measured: connect(2) answers EADDRNOTAVAIL',
    odds: 0.1,
    suspect: (seen) =>
      seen.evidence.limits.ipv6Disabled
        ? withoutWay(seen)
            .filter(({ family }) => family === 6)
            .map((one) => {
              const words = [
                at(one),
                `IPv6 is switched off on this host (net.ipv6.conf.all.disable_ipv6=1), and ${at(one)} is IPv6.`,
                ['Use IP discovery ipv4, or switch it on:', 'sysctl -w net.ipv6.conf.all.disable_ipv6=0'],
                'sysctl net.ipv6.conf.all.disable_ipv6',
              ] as const
              return {
                ...(hasOtherFamily(seen.evidence, one) ? note(...words) : failure(...words)),
                explains: shows(0.99, ...noWaySigns(seen, one)),
              }
            })
        : [],
  },
  {
    id: 'R08',
    title: "this host's own routing table refuses",
    seat: 'host',
    source: 'Measured: the error comes from connect(2), nothing is sent',
    odds: 0.05,
    suspect: (seen) =>
      wherever(seen, 'not-sent', (one) =>
        lacksInterface(one)
          ? failure(
              at(one),
              `${one.address} belongs to one link, and does not say to which: nothing was sent.`,
              `Name the interface with it: ${one.address}%eth0`,
              'ip -brief link',
            )
          : failure(
              at(one),
              `A route of this host (${KIND_OF_ROUTE[telling(one)?.code ?? ''] ?? telling(one)?.code}) stands in the way of ${one.address}; nothing was sent.`,
              withoutRoute(one),
              shell`ip route get ${one.address}`,
            ),
      ),
  },
  {
    id: 'R01',
    title: 'this host has no way to one family',
    seat: 'host',
    source: `${GUIDE}; measured`,
    odds: 0.05,
    suspect: (seen) =>
      withoutWay(seen).map((one) => ({
        ...noWayTo(seen.evidence, one),
        explains: shows(0.99, ...noWaySigns(seen, one)),
        ...(seen.evidence.limits.ipv6Disabled && one.family === 6 && { fits: 0.05 }),
      })),
  },
  {
    id: 'L06',
    title: 'the limit of open files is reached',
    seat: 'host',
    source: 'setrlimit(2): EMFILE',
    odds: 0.05,
    suspect: (seen) => {
      const signs = seen.of('no-descriptor')
      const [first] = signs
      if (!first) return []
      return [
        {
          ...failure(
            first.at,
            'No file descriptor is left for another connection.',
            ['Raise it in the shell that starts the program (systemd: LimitNOFILE=):', 'ulimit -n 65536'],
            'cat /proc/self/limits',
          ),
          explains: shows(0.99, ...signs),
        },
      ]
    },
  },
  {
    id: 'L07',
    title: 'the connection tracking table is nearly full',
    seat: 'host',
    source: `${GUIDE}: connection tracking`,
    odds: 0.05,
    suspect: ({
      evidence: {
        limits: { conntrack },
      },
    }) =>
      conntrack && conntrack.max > 0 && conntrack.count > conntrack.max * 0.9
        ? [
            warning(
              'conntrack',
              `${conntrack.count} of ${conntrack.max} tracked connections are in use here.`,
              ['Raise it:', shell`sysctl -w net.netfilter.nf_conntrack_max=${2 * conntrack.max}`],
              'sysctl net.netfilter.nf_conntrack_count',
            ),
          ]
        : [],
  },
]

const MORE_PORTS = [
  'Keep connections open and share them. Meanwhile:',
  'sysctl -w net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1',
] as const

/** One of each place and family. */
const withoutWay = (seen: Seen): AddressEvidence[] =>
  perPlace(seen.of('no-way', 'one-family-only').flatMap(({ address }) => address ?? []))

/** Those of all addresses of the place and family. */
const noWaySigns = (seen: Seen, { place, family }: AddressEvidence): Sign[] =>
  seen
    .of('no-way', 'one-family-only')
    .filter(({ address }) => address && name(address.place) === name(place) && address.family === family)

function noWayTo(evidence: Evidence, one: AddressEvidence): Told {
  const { family, place, address } = one
  const onlyRoute = evidence.limits.families?.includes(family) === true
  const target =
    place.host === address ? `${address} is IPv${family}` : `${place.host} is reached over IPv${family} at ${address}`
  const sentence = onlyRoute
    ? `This host has no route to ${address}${place.host === address ? '' : ` (${place.host})`}: nothing was sent.`
    : `This host has no IPv${family} address or route, and ${target}.`
  const command = `ip -${family} route get ${address}`
  if (hasOtherFamily(evidence, one))
    return note(at(one), sentence, 'Harmless: the other family works, and clients here skip this one.', command)
  const [off, ...others] = evidence.limits.offDevices ?? []
  if (off !== undefined && others.length === 0)
    return failure(
      at(one),
      `${sentence} Its device ${off} is switched off.`,
      [
        'If packets are to leave by it:',
        shell`ip link set ${off} up`,
        'Then see that it has its addresses and routes again.',
      ],
      command,
    )
  return failure(
    at(one),
    sentence,
    onlyRoute
      ? `Give it one, or a default route: ip${family === 6 ? ' -6' : ''} route add default via <gateway>. In a VPC: the route table of its subnet, peering.`
      : `Give the host IPv${family}, or choose a network type and IP discovery it can reach.`,
    command,
  )
}

/** A command that finds the route and deletes it, where the error tells of what kind it is. */
function withoutRoute(one: AddressEvidence): Hint {
  const kind = KIND_OF_ROUTE[telling(one)?.code ?? '']
  const ip = one.family === 6 ? 'ip -6' : 'ip'
  return kind
    ? ['If nobody needs it:', `${ip} route del $(${ip} route show type ${kind} match ${one.address})`]
    : 'Find it with `ip route`, and delete it.'
}

const KIND_OF_ROUTE: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'unreachable',
  EACCES: 'prohibit',
  EINVAL: 'blackhole',
  EPERM: 'firewall',
}
