/** Rules of this host that take packets to the cache, or its answers. */

import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { FirewallRule, Traffic } from '../firewall-rules.ts'
import { type Cause, failure, grouped, type Seen, type Suspicion, shows } from './cause.ts'
import { andMore, at, inMidSentence, isHere, who } from './places.ts'
import { OUT, type Sign, type SignKind } from './sign.ts'
import { pathTo } from './views.ts'

/** As an answer of this host's own, or of none, shows at an address. */
const ELSEWHERE = ['stranger', 'tls-only', 'plain-only', 'full', 'errors-only'] as const satisfies readonly SignKind[]

export const ownFilterCauses: readonly Cause[] = [
  {
    id: 'H01',
    title: 'a firewall of this host stops packets to the cache or to DNS, or the answers',
    seat: 'host',
    source:
      'Measured: packets the kernel counts as made and not as sent, or as come in and not as delivered (/proc/net/snmp)',
    odds: 0.3,
    suspect: (seen) => [
      ...stopped(seen, 'never-left', 'out', 'drops or rejects packets to'),
      ...stopped(seen, 'never-delivered', 'in', 'takes what comes from'),
    ],
  },
  {
    id: 'H02',
    title: 'a rule of this host sends connections to the cache, or questions to DNS, to a port of its own',
    seat: 'host',
    source:
      'iptables-extensions(8): REDIRECT, as the sidecars of service meshes use it; measured: the other end is a socket here',
    odds: 0.3,
    suspect: (seen) =>
      atEnds(seen, 'answered-here', 'out', (first, more, rule) => {
        const diverted = seen.evidence.here?.diverted.find((each) => endpoint(each.address, each.port) === first.at)
        const isTaken = seen.at(first.at, 'reset', 'closed').length > 0
        const end = diverted
          ? `: they end at ${diverted.to}${diverted.process ? ` (${diverted.process})` : ''}`
          : isTaken
            ? ', which ends them'
            : ', where nothing listens'
        const leave = first.address
          ? `Leave the port out of what the sidecar or proxy takes (Istio: traffic.sidecar.istio.io/excludeOutboundPorts: "${first.address.port}").`
          : 'See that what the rule leads to runs (a resolver of this host, of a mesh or a VPN), or take the rule away.'
        return {
          ...failure(
            first.at,
            `This host sends ${first.address ? 'connections' : 'questions'} to ${called(first)}${more} to a port of its own${end}.`,
            rule ? [`Rule: ${rule.text}. Take it away:`, rule.fix] : leave,
            rule?.show ?? LIST_NAT,
          ),
          explains: taken(seen, seen.of('answered-here'), [...OUT, ...ELSEWHERE]),
        }
      }),
  },
  {
    id: 'H08',
    title: 'this host drops answers because they come in by another device than it would answer by',
    seat: 'host',
    source: 'ip-sysctl: rp_filter (RFC 3704); measured: IPReversePathFilter of /proc/net/netstat',
    odds: 0.3,
    suspect: (seen) =>
      grouped(seen, 'wrong-way', (signs, [first, ...more]) => ({
        ...failure(
          at(first),
          `This host drops the answers of ${inMidSentence(who(first))}${andMore(more)}: they come in by another device than packets leave by, and rp_filter is strict.`,
          ['Mend the routes, or loosen the filter:', 'sysctl -w net.ipv4.conf.all.rp_filter=2'],
          "sysctl -a 2>/dev/null | grep '\\.rp_filter'; nstat -az TcpExtIPReversePathFilter",
        ),
        check: shell`cachectl probe ${at(first)} -c 3`,
        explains: taken(seen, signs, OUT),
      })),
  },
  {
    id: 'H10',
    title: 'the loopback device of this host is down',
    seat: 'host',
    source: 'Measured: connect(2) to 127.0.0.1 or ::1 answers ENETUNREACH or EADDRNOTAVAIL',
    odds: 0.3,
    suspect: (seen) => {
      const signs = [
        ...seen.of('no-way', 'not-sent').filter(({ address }) => address && /^(127\.|::1$)/.test(address.address)),
        // With its addresses and routes left, packets go there and vanish.
        ...seen.of('lost-inside').filter((sign) => isOff(seen, sign)),
      ]
      const ones = signs.flatMap(({ address }) => address ?? [])
      const [first, ...more] = ones
      if (!first) return []
      const isSwitchedOff = seen.evidence.limits.ipv6Disabled === true && ones.every(({ family }) => family === 6)
      return [
        {
          ...failure(
            at(first),
            `The loopback device of this host is down, or has lost its address: ${inMidSentence(who(first))}${andMore(more)} can not be reached.`,
            [
              'Set it up:',
              `ip link set lo up${first.family === 6 ? '; sysctl -w net.ipv6.conf.lo.disable_ipv6=0' : ''}`,
            ],
            'ip -brief address show dev lo',
          ),
          check: shell`cachectl probe ${at(first)} -c 3`,
          explains: taken(seen, signs, OUT),
          ...(isSwitchedOff && { fits: 0 }),
        },
      ]
    },
  },
  {
    id: 'H09',
    title: 'what this host sends to itself is lost',
    seat: 'host',
    source: 'Measured: packets the kernel counts as sent, and none as received, at an address of this host',
    odds: 0.3,
    suspect: (seen) =>
      grouped(seen, 'lost-inside', (signs, [first, ...more]) => {
        const [rule] = rulesAt(seen, at(first), 'inside')
        return {
          ...failure(
            at(first),
            `${who(first)}${andMore(more)} is on this host, and what this host sends to itself is lost: a filter on the loopback device drops it.`,
            rule
              ? [`Rule: ${rule.text}. Take it away:`, rule.fix]
              : ['Take the filter away:', 'tc filter del dev lo ingress'],
            rule?.show ?? 'tc filter show dev lo ingress; nft list ruleset',
          ),
          ...(signs.some((sign) => isOff(seen, sign)) && { fits: 0 }),
          check: shell`cachectl probe ${at(first)} -c 3`,
          explains: taken(seen, signs, OUT),
        }
      }),
  },
]

/** The device that this host sends by is switched off. */
const isOff = ({ evidence }: Seen, { address }: Sign): boolean =>
  address !== undefined && pathTo(evidence, address.address)?.isOff === true

const LIST_NAT = "iptables -t nat -S | grep -E 'REDIRECT|DNAT'; nft list ruleset | grep -E 'redirect|dnat'"

function stopped(seen: Seen, kind: SignKind, direction: Traffic['direction'], does: string): Suspicion[] {
  const filter = direction === 'out' ? 'output' : 'input'
  return atEnds(seen, kind, direction, (first, more, rule) => ({
    ...failure(
      first.at,
      `A firewall of this host ${does} ${called(first)}${more}.`,
      rule
        ? [`Rule: ${rule.text}. ${/ insert | -I /.test(rule.fix) ? 'Let it pass' : 'Take it away'}:`, rule.fix]
        : `Look for it as root, in the rules for ${filter}: nft, iptables, or IPAddressDeny= of the service.`,
      rule?.show ?? `nft -a list ruleset; iptables-save; ip6tables-save`,
    ),
    explains: taken(seen, seen.of(kind), OUT),
  }))
}

/** One suspicion for all ends of traffic that show a sign: addresses of the cache, and DNS servers. */
function atEnds(
  seen: Seen,
  kind: SignKind,
  direction: Traffic['direction'],
  tell: (first: Sign, more: string, rule: FirewallRule | undefined) => Suspicion,
): Suspicion[] {
  const [first, ...more] = seen.of(kind)
  if (!first) return []
  const { address: one } = first
  const to = direction === 'in' && one && isHere(one) ? 'inside' : direction
  const [own] = rulesAt(seen, first.at, to)
  // One rule may stop several, and each may have one of its own.
  const fixes = new Set([first, ...more].flatMap((sign) => rulesAt(seen, sign.at, to)).map(({ fix }) => fix))
  const rule = own && { ...own, fix: [...fixes].join('; ') }
  const others = more.length === 0 ? '' : ` and ${more.map((sign) => sign.at).join(', ')}`
  const check = one
    ? shell`cachectl probe ${first.at} -c 3`
    : shell`getent ahosts ${namesAskedAt(seen, first.at)[0] ?? ''}`
  return [{ check, ...tell(first, others, rule) }]
}

const called = ({ at: where, address }: Sign): string =>
  address ? inMidSentence(who(address)) : `the DNS server ${where.replace(/:53$/, '')}`

/** Names that a DNS server was asked for. */
const namesAskedAt = ({ evidence }: Seen, where: string): string[] =>
  evidence.hosts.flatMap(({ host, survey }) =>
    survey?.views.some(({ server }) => endpoint(server.address, server.port) === where) ? [host] : [],
  )

/** The signs themselves, and what follows at the same addresses. */
const taken = (seen: Seen, signs: readonly Sign[], kinds: readonly SignKind[]) => [
  ...shows(0.99, ...signs),
  ...shows(0.97, ...signs.flatMap((sign) => seen.at(sign.at, ...kinds))),
  ...shows(0.97, ...signs.flatMap((sign) => namesAskedAt(seen, sign.at).flatMap((host) => seen.at(host, ...UNASKED)))),
]

/** What shows at a name whose DNS server is not reached. */
const UNASKED = ['no-server', 'lookup-failed', 'unknown-name', 'late-dns'] as const satisfies readonly SignKind[]

/** Rules of this host for traffic of this direction, of the address and port. */
const rulesAt = ({ evidence: { here } }: Seen, where: string, direction: Traffic['direction']): FirewallRule[] =>
  (here?.rules ?? []).flatMap((each) =>
    endpoint(each.address, each.port) === where && each.direction === direction ? [each.rule] : [],
  )
