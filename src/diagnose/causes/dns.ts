/** What DNS says, or fails to say, of a name. */
import { shell, shellWord } from '../../api/shell.ts'
import type { ServerView } from '../dns-survey.ts'
import type { Evidence, HostEvidence } from '../evidence.ts'
import { familiesOf, familyLacking } from '../family-lacking.ts'
import {
  type Cause,
  type Evident,
  type Explained,
  evident,
  failure,
  note,
  type Seen,
  shows,
  type Told,
  warning,
} from './cause.ts'
import { isAlive } from './places.ts'
import {
  addressesOf,
  asking,
  clusterOf,
  hasAddresses,
  isDead,
  onlyTimeouts,
  outAt,
  serverOf,
  surveyed,
} from './views.ts'

const VPC_RESOLVER =
  'In a VPC, use its own resolver (169.254.169.253, or the network address plus two), or forward amazonaws.com to it.'

const isNobody = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** Programs that look the name up get nothing. */
function noLookup(seen: Seen, { subject }: Told): Explained[] {
  return shows(0.9, ...seen.at(subject, 'lookup-failed'))
}

export const dnsRows: readonly Evident[] = [
  {
    id: 'D01',
    title: 'the name is not known to the DNS of this host',
    seat: 'dns',
    source: 'User guide, "Common troubleshooting steps": DNS name resolution',
    odds: 0.05,
    shows: 'unknown-name',
    follows: noLookup,
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const unknown = views.filter(
          (view) => view.a.outcome === 'no-such-name' && view.aaaa.outcome === 'no-such-name',
        )
        const [first] = unknown
        if (!first) return []
        const knowing = views.find(hasAddresses)
        const sentence = knowing
          ? `${host} is known to ${serverOf(knowing)} and not to ${unknown.map(serverOf).join(', ')}.`
          : `${host} does not exist, says ${unknown.map(serverOf).join(', ')}.`
        const short = host.includes('.')
          ? ''
          : `If ${host} is the id of a cluster, leave the port out: cachectl doctor ${shellWord(host)}. A short name needs a search list in /etc/resolv.conf. `
        const hint = `${short}Check the spelling and that the cluster exists. ${VPC_RESOLVER}`
        return [failure(host, sentence, hint, asking(host, first))]
      }),
  },
  {
    id: 'D09',
    title: 'the DNS servers fail or do not answer',
    seat: 'dns',
    source: 'User guide, "Common troubleshooting steps": DNS name resolution',
    odds: 0.05,
    shows: 'no-server',
    follows: noLookup,
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const bad = views.filter(isDead)
        const [first] = bad
        if (!first) return []
        const all = bad.length === views.length
        const how =
          first.a.outcome === 'timeout'
            ? 'does not answer'
            : first.a.outcome === 'unreachable'
              ? 'is not there'
              : `answers ${first.a.code}`
        const sentence = `The DNS server ${serverOf(first)} ${how} for ${host}.`
        const hint = `Check /etc/resolv.conf and what filters port 53. ${VPC_RESOLVER}`
        if (all) return [failure(host, sentence, hint, asking(host, first))]
        // glibc asks the first server first, and waits for it.
        return [warning(host, `${sentence} Others do, after the time lost on it.`, hint, asking(host, first))]
      }),
  },
  {
    id: 'D22',
    title: 'answers that need TCP are lost: port 53 is open for UDP only',
    seat: 'dns',
    source:
      'RFC 7766, 5: what does not fit into a datagram is asked again over TCP; measured: the answer over UDP was cut off',
    odds: 0.05,
    shows: 'long-answers-lost',
    follows: (seen, { subject }) =>
      shows(
        0.95,
        ...seen.at(
          subject,
          'lookup-failed',
          'no-server',
          'no-answer-for-a',
          'no-answer-for-aaaa',
          'failing-family',
          'family-missing',
          'family-not-here',
          'late-dns',
        ),
      ),
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const isLost = ({ transport, outcome }: ServerView['a']): boolean =>
          transport === 'tcp' && (outcome === 'timeout' || outcome === 'unreachable')
        const view = views.find(({ a, aaaa }) => isLost(a) || isLost(aaaa))
        if (!view) return []
        const [type, reply] = isLost(view.a) ? (['A', view.a] as const) : (['AAAA', view.aaaa] as const)
        const how = reply.outcome === 'timeout' ? 'does not answer' : `turns away (${reply.code})`
        const sentence = `The answer for ${host} (${type}) is too long for UDP, and ${serverOf(view)} ${how} over TCP: lookups fail or take seconds.`
        const hint =
          'Let TCP to port 53 pass as well as UDP: firewalls, security groups, network ACLs; and have the server listen there.'
        return [{ ...failure(host, sentence, hint, asking(host, view)), check: shell`getent ahosts ${host}` }]
      }),
  },
  {
    id: 'D02',
    title: 'questions for IPv6 addresses (AAAA) are dropped',
    seat: 'dns',
    source: 'Measured: getaddrinfo then takes 15 s; systemd#22575, curl#11684',
    odds: 0.05,
    shows: 'no-answer-for-aaaa',
    follows: noLookup,
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(
          ({ a, aaaa }) => a.outcome !== 'timeout' && a.outcome !== 'unreachable' && aaaa.outcome === 'timeout',
        )
        if (!view) return []
        const sentence = `${serverOf(view)} answers for the IPv4 address of ${host} and never for IPv6 (AAAA): every lookup takes 15 s, or fails.`
        const hint = [
          'Mend the resolver or the firewall in front of it. Until then (glibc 2.36 and newer, where nothing else writes the file):',
          "echo 'options no-aaaa' >> /etc/resolv.conf",
        ] as const
        return [failure(host, sentence, hint, asking(host, view))]
      }),
  },
  {
    id: 'D03',
    title: 'questions for IPv4 addresses (A) are dropped',
    seat: 'dns',
    source: 'Measured: getaddrinfo answers EAI_AGAIN after 15 s',
    odds: 0.02,
    shows: 'no-answer-for-a',
    follows: noLookup,
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(
          ({ a, aaaa }) => a.outcome === 'timeout' && aaaa.outcome !== 'timeout' && aaaa.outcome !== 'unreachable',
        )
        if (!view) return []
        const sentence = `${serverOf(view)} answers for the IPv6 address of ${host} and never for IPv4 (A): lookups fail after 15 s.`
        return [failure(host, sentence, 'Mend the resolver or the firewall in front of it.', asking(host, view))]
      }),
  },
  {
    id: 'D10',
    title: 'the server fails for one family only',
    seat: 'dns',
    source: 'Measured: getaddrinfo passes over the failing family',
    odds: 0.03,
    shows: 'failing-family',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const fails = (outcome: string): boolean => outcome === 'server-failure' || outcome === 'refused'
        // A name that has one kind of record exists: NXDOMAIN for the other is a lie that caches apply to both.
        const lying = views.find(
          ({ a, aaaa }) =>
            [a.outcome, aaaa.outcome].includes('no-such-name') && [a.outcome, aaaa.outcome].includes('answered'),
        )
        if (lying) {
          const type = lying.a.outcome === 'no-such-name' ? 'A' : 'AAAA'
          const sentence = `${serverOf(lying)} denies that ${host} exists when asked for ${type} (NXDOMAIN), and knows its other address: musl, Alpine and caches then take the name for missing.`
          const hint = 'Mend the zone or the resolver (often a load balancer that answers DNS): it must say NOERROR.'
          return [warning(host, sentence, hint, asking(host, lying))]
        }
        const view = views.find(
          ({ a, aaaa }) => fails(a.outcome) !== fails(aaaa.outcome) && !onlyTimeouts(a.outcome, aaaa.outcome),
        )
        if (!view || isDead(view)) return []
        const [type, reply] = fails(view.a.outcome) ? ['A', view.a] : ['AAAA', view.aaaa]
        const sentence = `${serverOf(view)} answers ${reply.code} for ${type} of ${host}: clients see the other family only.`
        return [warning(host, sentence, 'Mend the zone or the resolver.', asking(host, view))]
      }),
  },
  {
    id: 'D04',
    title: 'a dual-stack or IPv6 cluster has no AAAA record',
    seat: 'dns',
    source: 'User guide, "Choosing a network type"; VPC attributes enableDnsSupport, enableDnsHostnames',
    odds: 0.05,
    shows: 'family-missing',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const cluster = clusterOf(evidence, host)
        const view = views.find(({ aaaa }) => aaaa.outcome === 'no-data')
        if (!cluster || cluster.networkType === 'ipv4' || !view || views.some(({ ipv6 }) => ipv6.length > 0)) return []
        const sentence = `${cluster.id} is ${cluster.networkType}, and DNS has no AAAA record for ${host}.`
        const hint =
          'Check enableDnsSupport and enableDnsHostnames of the VPC, the IPv6 CIDR of its subnets, and the name.'
        return [warning(host, sentence, hint, asking(host, view))]
      }),
  },
  {
    id: 'D21',
    title: 'programs here get one family only for the name of a dual-stack or IPv6 cluster',
    seat: 'dns',
    source: 'hosts(5), RFC 6761, 6.3; User guide, "Choosing a network type"',
    odds: 0.05,
    shows: 'family-not-here',
    find: (evidence) =>
      evidence.hosts.flatMap(({ host, lookup, asksDns, survey }) => {
        const cluster = clusterOf(evidence, host)
        if (!cluster || !lookup.ok || lookup.addresses.length === 0) return []
        const lacking = familyLacking(host, lookup.addresses, familiesOf(cluster.networkType))
        // What DNS itself lacks, or fails to tell, is told as that.
        const inDns = survey?.views.some(({ ipv4, ipv6 }) => (lacking?.family === 6 ? ipv6 : ipv4).length > 0)
        if (!lacking || (asksDns && !inDns)) return []
        return [
          warning(host, `${cluster.id} is ${cluster.networkType}. ${lacking.sentence}`, lacking.hint, lacking.evidence),
        ]
      }),
  },
  {
    id: 'D11',
    title: 'the name has no address',
    seat: 'dns',
    source: 'RFC 1035: NOERROR without records',
    odds: 0.05,
    shows: 'no-address',
    follows: noLookup,
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(
          ({ a, aaaa, chainEnd }) => a.outcome === 'no-data' && aaaa.outcome === 'no-data' && chainEnd === 'none',
        )
        if (!view || views.some(hasAddresses)) return []
        return [
          failure(
            host,
            `${host} exists and has no address.`,
            'The cluster is gone, or not created yet: check its status.',
            asking(host, view),
          ),
        ]
      }),
  },
  {
    id: 'D12',
    title: 'the name can not be looked up',
    seat: 'dns',
    source: 'getaddrinfo(3)',
    odds: 0.01,
    shows: 'lookup-failed',
    find: ({ hosts }) =>
      hosts.flatMap(({ host, lookup, survey }) => {
        if (lookup.ok) return []
        const known = survey?.views.find(hasAddresses)
        const inDns = known && addressesOf(known).join(', ')
        return [
          failure(
            host,
            inDns === undefined
              ? `${lookup.detail}.`
              : `DNS has ${inDns} for ${host}, and programs here do not get it: getaddrinfo finds no address.`,
            'Check /etc/nsswitch.conf, /etc/hosts and /etc/resolv.conf.',
            shell`getent ahosts ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'D18',
    title: 'DNS answers late',
    seat: 'dns',
    source: 'User guide, "Common troubleshooting steps": DNS name resolution; every lookup waits for both families',
    odds: 0.05,
    shows: 'late-dns',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const slow = views.find((view) => !isDead(view) && lateMs(view) > LATE_MS)
        if (!slow) return []
        const sentence = `The DNS server ${serverOf(slow)} takes ${(lateMs(slow) / 1000).toFixed(1)} s to answer for ${host}: every new connection waits for it.`
        const hint = `Look at its load and at what it forwards to; take a nearer one first in /etc/resolv.conf. ${VPC_RESOLVER}`
        return [warning(host, sentence, hint, asking(host, slow))]
      }),
  },
  {
    id: 'D19',
    title: 'the search list makes another name of it',
    seat: 'dns',
    source: 'resolver(5): search, ndots',
    odds: 0.05,
    shows: 'other-name',
    follows: (seen, { subject }) => shows(0.9, ...outAt(seen, subject)),
    find: (evidence) =>
      evidence.hosts.flatMap(({ host, lookup, completedTo, unlike = [] }) => {
        if (completedTo === undefined || !lookup.ok || unlike.length === 0) return []
        const given = lookup.addresses.map(({ address }) => address).join(', ')
        const works = evidence.addresses.some(({ place, attempts }) => place.host === host && isAlive({ attempts }))
        return [
          (works ? warning : failure)(
            host,
            `Programs here look up ${completedTo} for ${host} (search list of /etc/resolv.conf) and get ${given}; DNS has ${unlike.join(', ')} for ${host} itself.`,
            'Give clients the name with a dot at its end, lower ndots, or take the domain out of the search list.',
            shell`cachectl dns ${host}; grep -E 'search|ndots' /etc/resolv.conf`,
          ),
        ]
      }),
  },
  {
    id: 'D20',
    title: 'DNS gives no real address',
    seat: 'dns',
    source: 'DNS filters answer 0.0.0.0 or :: for names they block',
    odds: 0.05,
    shows: 'no-real-address',
    follows: (seen, { subject }) => [
      ...shows(0.95, ...outAt(seen, subject)),
      ...shows(0.9, ...seen.at(subject, 'pinned')),
    ],
    find: (evidence) =>
      [...new Set(evidence.addresses.map(({ place }) => place.host))].flatMap((host) => {
        const own = evidence.addresses.filter(({ place }) => place.host === host)
        if (isNobody(host) || own.some(isAlive) || !own.every(({ address }) => isNobody(address))) return []
        const given = own.map(({ address }) => address).join(', ')
        const view = surveyed(evidence)
          .find((survey) => survey.host === host)
          ?.views.find((each) => hasAddresses(each) && addressesOf(each).every(isNobody))
        const meaning = 'that is the address of no server, and means this host itself.'
        return [
          view
            ? failure(
                host,
                `${serverOf(view)} gives ${given} for ${host}: ${meaning}`,
                `A DNS filter blocks the name, or the record is wrong. ${VPC_RESOLVER}`,
                asking(host, view),
              )
            : failure(
                host,
                `This host takes ${given} for ${host}, and not from DNS: ${meaning}`,
                'Take its line out of /etc/hosts.',
                shell`getent ahosts ${host}`,
              ),
        ]
      }),
  },
  {
    id: 'D15',
    title: 'the name servers of this host disagree',
    seat: 'dns',
    source: 'resolver(5): the first server that answers decides',
    odds: 0.05,
    shows: 'servers-differ',
    follows: (seen, { subject }) => {
      const host = seen.evidence.hosts.find((each) => each.host === subject)
      const { gone = [] } = (host && differing(seen.evidence, host)) ?? {}
      return shows(0.95, ...outAt(seen, subject, (address) => gone.includes(address)))
    },
    find: (evidence) =>
      evidence.hosts.flatMap((host) => {
        const views = viewsOf(host)
        const sets = views.map((view) => addressesOf(view).sort().join())
        if (new Set(sets).size < 2 || views.some((view) => view.a.outcome === 'no-such-name')) return []
        const told = views.map((view, at) => `${serverOf(view)}: ${sets[at] || 'none'}`).join('; ')
        const found = differing(evidence, host)
        if (!found)
          return [
            note(
              host.host,
              `Name servers give different addresses for ${host.host} (${told}).`,
              'Round robin is harmless; a stale server is not.',
            ),
          ]
        const { wrong, gone, right, there } = found
        const given = host.lookup.ok ? host.lookup.addresses.map(({ address }) => address) : []
        const effect = given.some((address) => gone.includes(address))
          ? 'programs here get the one where nothing answers'
          : `programs that ask ${serverOf(wrong)}, in turn or when the other is slow, go astray`
        const words = [
          host.host,
          `The name servers of this host differ on ${host.host}: ${serverOf(wrong)} has ${gone.join(', ')}, where nothing answers, ${serverOf(right)} has ${there.join(', ')}, which does: ${effect}.`,
          `${serverOf(wrong)} has an old record, or another zone: clear its cache (rndc flushname, unbound-control flush), or take it out of /etc/resolv.conf.`,
          views.map((view) => asking(host.host, view)).join('; '),
        ] as const
        return [given.every((address) => gone.includes(address)) ? failure(...words) : warning(...words)]
      }),
  },
  {
    id: 'D25',
    title: 'DNS has the same address for any name',
    seat: 'dns',
    source: 'RFC 4592: wildcards; portals of networks that want a sign-in answer so, too',
    odds: 0.05,
    shows: 'any-name',
    follows: (seen, { subject }) => [
      ...shows(0.95, ...outAt(seen, subject)),
      ...shows(
        0.9,
        ...seen
          .of('stranger', 'tls-only', 'plain-only', 'errors-only')
          .filter((sign) => sign.address?.place.host === subject),
      ),
    ],
    find: ({ hosts }) =>
      hosts.flatMap(({ host, lookup, nobody, survey }) => {
        const own = lookup.ok ? lookup.addresses.map(({ address }) => address) : []
        const view = survey?.views.find(hasAddresses)
        if (!nobody || !view || own.length === 0 || !own.every((address) => nobody.addresses.includes(address)))
          return []
        return [
          failure(
            host,
            `DNS answers any name with ${own.join(', ')}, also ${nobody.name}, which nobody has: ${host} may be no name of a cache at all.`,
            `Check the spelling of the name. A wildcard record answers for names that do not exist, or a portal of this network stands in for DNS. ${VPC_RESOLVER}`,
            asking(nobody.name, view),
          ),
        ]
      }),
  },
]

export const dnsCauses: readonly Cause[] = dnsRows.map(evident)

const LATE_MS = 1000

/** Of the two questions, which are asked at once, the later. Not of one without an answer. */
const lateMs = ({ a, aaaa }: ServerView): number =>
  Math.max(...[a, aaaa].map(({ outcome, ms }) => (outcome === 'timeout' ? 0 : ms)))

/** Of the name servers that answer for a host. */
const viewsOf = ({ asksDns, survey }: HostEvidence): ServerView[] =>
  asksDns ? (survey?.views ?? []).filter((view) => !isDead(view)) : []

/** A name server with addresses that not all have, where nothing answers, and another with such that do. */
function differing(evidence: Evidence, host: HostEvidence) {
  const views = viewsOf(host)
  const own = views.map((view) => ({
    view,
    addresses: addressesOf(view).filter((address) => !views.every((other) => addressesOf(other).includes(address))),
  }))
  const wrong = own.find(({ addresses }) => addresses.length > 0 && addresses.every(isOut(evidence, host)))
  const right = own.find(({ addresses }) => addresses.some(isIn(evidence, host)))
  return wrong && right
    ? { wrong: wrong.view, gone: wrong.addresses, right: right.view, there: right.addresses }
    : undefined
}

/** Whether it takes connections; undefined: it was not tried. */
function takes({ addresses }: Evidence, { host, unheard = [] }: HostEvidence, address: string): boolean | undefined {
  const own = addresses.filter((one) => one.place.host === host && one.address === address)
  if (own.length > 0) return own.some(isAlive)
  const outcome = unheard.find((each) => each.address === address)?.outcome
  return outcome === undefined || outcome === 'aborted' ? undefined : outcome === 'connected'
}

const isIn = (evidence: Evidence, host: HostEvidence) => (address: string) => takes(evidence, host, address) === true
const isOut = (evidence: Evidence, host: HostEvidence) => (address: string) => takes(evidence, host, address) === false
