/** What of this host itself stands in the way. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { portCapacity } from '../local-limits.ts'
import { type Cause, failure, note, warning } from './cause.ts'
import { at, bracketed, dead, hasOtherFamily, perPlace, socketsPerEndpoint, telling } from './places.ts'

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
    suspect: ({ evidence }) =>
      evidence.addresses.filter(hasNoPort).map((each) => {
        const { limits } = evidence
        const used = limits.sockets.filter(
          ({ remoteAddress, remotePort }) => remoteAddress === each.address && remotePort === each.port,
        )
        const [low, high] = limits.portRange ?? [0, 0]
        return failure(
          at(each),
          `This host has no free port for ${at(each)}: ${used.length} sockets to it, ${portCapacity(limits) ?? '?'} ports (${low}-${high}).`,
          'Keep connections open and share them. Meanwhile: sysctl -w net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1',
          `ss -Htan dst ${bracketed(each)} | wc -l`,
        )
      }),
  },
  {
    id: 'L09',
    title: 'this host will soon have no free port left for connections to the node',
    seat: 'host',
    source: `${GUIDE}: ephemeral ports`,
    odds: 0.05,
    suspect: ({ evidence }) => {
      const capacity = portCapacity(evidence.limits)
      return socketsPerEndpoint(evidence).flatMap(([where, states]) => {
        const used = Object.values(states).reduce((sum, each) => sum + each, 0)
        const isOut = evidence.addresses.some((each) => at(each) === where && hasNoPort(each))
        if (capacity === undefined || used < capacity * NEARLY_USED || isOut) return []
        return [
          warning(
            where,
            `${used} of ${capacity} ports of this host are in use for connections to ${where}: the next programs will find none.`,
            'Keep connections open and share them. Meanwhile: sysctl -w net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1',
            shell`cachectl connections ${where}`,
          ),
        ]
      })
    },
  },
  {
    id: 'L02',
    title: 'IPv6 is switched off on this host',
    seat: 'host',
    source: 'Measured: connect(2) answers EADDRNOTAVAIL',
    odds: 0.05,
    suspect: ({ evidence }) =>
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
    seat: 'host',
    source: 'Measured: the error comes from connect(2), nothing is sent',
    odds: 0.05,
    suspect: ({ evidence }) =>
      dead(evidence, 'unreachable', 'prohibited', 'local-error')
        .filter((each) => {
          const { local, code } = telling(each) ?? {}
          return local && code !== 'ENETUNREACH' && code !== 'EMFILE' && code !== 'ENFILE'
        })
        .map((each) =>
          lacksInterface(each)
            ? failure(
                at(each),
                `${each.address} belongs to one link, and does not say to which: nothing was sent.`,
                `Name the interface with it: ${each.address}%eth0`,
                'ip -brief link',
              )
            : failure(
                at(each),
                `A route of this host (${KIND_OF_ROUTE[telling(each)?.code ?? ''] ?? telling(each)?.code}) stands in the way of ${each.address}; nothing was sent.`,
                'Find it with `ip route`, and delete it.',
                shell`ip route get ${each.address}`,
              ),
        ),
  },
  {
    id: 'R01',
    title: 'this host has no way to one family',
    seat: 'host',
    source: `${GUIDE}; measured`,
    odds: 0.05,
    suspect: ({ evidence }) =>
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
        const onlyRoute = evidence.limits.families?.includes(family) === true
        const target =
          each.place.host === each.address
            ? `${each.address} is IPv${family}`
            : `${each.place.host} is reached over IPv${family} at ${each.address}`
        const sentence = onlyRoute
          ? `This host has no route to ${each.address}${each.place.host === each.address ? '' : ` (${each.place.host})`}: nothing was sent.`
          : `This host has no IPv${family} address or route, and ${target}.`
        const command = `ip -${family} route get ${each.address}`
        if (hasOtherFamily(evidence, each)) {
          return note(at(each), sentence, 'Harmless: the other family works, and clients here skip this one.', command)
        }
        return failure(
          at(each),
          sentence,
          onlyRoute
            ? `Give it one, or a default route: ip${family === 6 ? ' -6' : ''} route add default via <gateway>. In a VPC: the route table of its subnet, peering.`
            : `Give the host IPv${family}, or choose a network type and IP discovery it can reach.`,
          command,
        )
      }),
  },
  {
    id: 'L06',
    title: 'the limit of open files is reached',
    seat: 'host',
    source: 'setrlimit(2): EMFILE',
    odds: 0.05,
    suspect: ({ evidence }) =>
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
    id: 'L05',
    title: 'connections are left half-closed by a program here',
    seat: 'host',
    source: `${GUIDE}: connection leak`,
    odds: 0.05,
    suspect: ({ evidence }) =>
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
    seat: 'host',
    source: `${GUIDE}: persistent connections`,
    odds: 0.05,
    suspect: ({ evidence }) => {
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
              'sysctl -w net.netfilter.nf_conntrack_max=...',
              'sysctl net.netfilter.nf_conntrack_count',
            ),
          ]
        : [],
  },
]

/** Of 1. */
const NEARLY_USED = 0.9

/** Some attempts may have found one of the last ports. */
const hasNoPort = ({ attempts }: AddressEvidence): boolean =>
  attempts.some(({ outcome }) => outcome === 'ports-exhausted')

const KIND_OF_ROUTE: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'unreachable',
  EACCES: 'prohibit',
  EINVAL: 'blackhole',
  EPERM: 'firewall',
}
