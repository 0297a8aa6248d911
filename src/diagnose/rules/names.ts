import type { ServerView } from '../dns-survey.ts'
import type { Evidence, HostEvidence } from '../evidence.ts'
import { endpoint } from '../target.ts'
import { failure, note, type Rule, warning } from './rule.ts'

const VPC_RESOLVER =
  'In a VPC, use its own resolver (169.254.169.253, or the network address plus two), or forward amazonaws.com to it.'
const AWS_NAME = /\.cache\.amazonaws\.com(\.cn)?$/i

export const nameRules: readonly Rule[] = [
  {
    id: 'D05',
    title: 'an alias leads nowhere, or in a circle',
    stage: 'name',
    source: 'RFC 1034, 3.6.2; user guide, "DNS names and underlying IP"',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(({ chainEnd }) => chainEnd === 'loop' || chainEnd === 'dangling')
        if (!view) return []
        const end = view.chain.at(-1)?.data ?? host
        const sentence =
          view.chainEnd === 'loop'
            ? `The alias ${host} leads in a circle: ${[host, ...view.chain.map(({ data }) => data)].join(' -> ')}.`
            : `The alias ${host} leads to ${end}, which has no address.`
        return [
          failure(
            host,
            sentence,
            'Point the CNAME at the endpoint that `cachectl endpoints` shows.',
            dig(host, view, 'CNAME'),
          ),
        ]
      }),
  },
  {
    id: 'D01',
    title: 'the name is not known to the DNS of this host',
    stage: 'name',
    source: 'User guide, "Common troubleshooting steps": DNS name resolution',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const unknown = views.filter(
          (view) => view.a.outcome === 'no-such-name' && view.aaaa.outcome === 'no-such-name',
        )
        const [first] = unknown
        if (!first || broken(views)) return []
        const knowing = views.find(hasAddresses)
        const sentence = knowing
          ? `${host} is known to ${serverOf(knowing)} and not to ${unknown.map(serverOf).join(', ')}.`
          : `${host} does not exist, says ${unknown.map(serverOf).join(', ')}.`
        return [
          failure(host, sentence, `Check the spelling and that the cluster exists. ${VPC_RESOLVER}`, dig(host, first)),
        ]
      }),
  },
  {
    id: 'D09',
    title: 'the DNS servers fail or do not answer',
    stage: 'name',
    source: 'User guide, "Common troubleshooting steps": DNS name resolution',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const bad = views.filter(isDead)
        const [first] = bad
        if (!first || views.some((view) => view.chainEnd === 'loop')) return []
        const all = bad.length === views.length
        const how =
          first.a.outcome === 'timeout'
            ? 'does not answer'
            : first.a.outcome === 'unreachable'
              ? 'is not there'
              : `answers ${first.a.code}`
        const sentence = `The DNS server ${serverOf(first)} ${how} for ${host}.`
        const hint = `Check /etc/resolv.conf and what filters port 53. ${VPC_RESOLVER}`
        if (all) return [failure(host, sentence, hint, dig(host, first))]
        // glibc asks the first server first, and waits for it.
        return [warning(host, `${sentence} Others do, after the time lost on it.`, hint, dig(host, first))]
      }),
  },
  {
    id: 'D02',
    title: 'questions for IPv6 addresses (AAAA) are dropped',
    stage: 'name',
    source: 'Measured: getaddrinfo then takes 15 s; systemd#22575, curl#11684',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(
          ({ a, aaaa }) => a.outcome !== 'timeout' && a.outcome !== 'unreachable' && aaaa.outcome === 'timeout',
        )
        if (!view) return []
        const sentence = `${serverOf(view)} answers for the IPv4 address of ${host} and never for IPv6 (AAAA): every lookup takes 15 s, or fails.`
        const hint =
          'Mend the resolver or the firewall in front of it. Until then: options no-aaaa in /etc/resolv.conf (glibc 2.36).'
        return [failure(host, sentence, hint, dig(host, view, 'AAAA'))]
      }),
  },
  {
    id: 'D03',
    title: 'questions for IPv4 addresses (A) are dropped',
    stage: 'name',
    source: 'Measured: getaddrinfo answers EAI_AGAIN after 15 s',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(
          ({ a, aaaa }) => a.outcome === 'timeout' && aaaa.outcome !== 'timeout' && aaaa.outcome !== 'unreachable',
        )
        if (!view) return []
        const sentence = `${serverOf(view)} answers for the IPv6 address of ${host} and never for IPv4 (A): lookups fail after 15 s.`
        return [failure(host, sentence, 'Mend the resolver or the firewall in front of it.', dig(host, view, 'A'))]
      }),
  },
  {
    id: 'D10',
    title: 'the server fails for one family only',
    stage: 'name',
    source: 'Measured: getaddrinfo passes over the failing family',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const fails = (outcome: string): boolean => outcome === 'server-failure' || outcome === 'refused'
        const view = views.find(
          ({ a, aaaa }) => fails(a.outcome) !== fails(aaaa.outcome) && !onlyTimeouts(a.outcome, aaaa.outcome),
        )
        if (!view || isDead(view)) return []
        const [type, reply] = fails(view.a.outcome) ? ['A', view.a] : ['AAAA', view.aaaa]
        const sentence = `${serverOf(view)} answers ${reply.code} for ${type} of ${host}: clients see the other family only.`
        return [warning(host, sentence, 'Mend the zone or the resolver.', dig(host, view, type))]
      }),
  },
  {
    id: 'D04',
    title: 'a dual-stack or IPv6 cluster has no AAAA record',
    stage: 'name',
    source: 'User guide, "Choosing a network type"; VPC attributes enableDnsSupport, enableDnsHostnames',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const cluster = clusterOf(evidence, host)
        const view = views.find(({ aaaa }) => aaaa.outcome === 'no-data')
        if (!cluster || cluster.networkType === 'ipv4' || !view || views.some(({ ipv6 }) => ipv6.length > 0)) return []
        const sentence = `${cluster.id} is ${cluster.networkType}, and DNS has no AAAA record for ${host}.`
        const hint =
          'Check enableDnsSupport and enableDnsHostnames of the VPC, the IPv6 CIDR of its subnets, and the name.'
        return [warning(host, sentence, hint, dig(host, view, 'AAAA'))]
      }),
  },
  {
    id: 'D11',
    title: 'the name has no address',
    stage: 'name',
    source: 'RFC 1035: NOERROR without records',
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
            dig(host, view),
          ),
        ]
      }),
  },
  {
    id: 'D12',
    title: 'the name can not be looked up',
    stage: 'name',
    source: 'getaddrinfo(3)',
    find: ({ hosts }) =>
      hosts.flatMap(({ host, asksDns, lookup, survey }) => {
        const told = asksDns && survey && (survey.views.length === 0 || !survey.views.some(hasAddresses))
        if (lookup.ok || told) return []
        return [
          failure(
            host,
            `${lookup.detail}.`,
            'Check /etc/nsswitch.conf, /etc/hosts and /etc/resolv.conf.',
            `getent ahosts ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'D13',
    title: 'an alias for a configuration endpoint lacks the .cfg. label',
    stage: 'discovery',
    source: 'User guide, "Finding a cluster\'s endpoints": CNAMEs must contain .cfg. for auto discovery',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const target = views.flatMap(({ chain }) => chain.map(({ data }) => data)).find((name) => /\.cfg\./i.test(name))
        if (!target || /\.cfg\./i.test(host)) return []
        const sentence = `${host} is an alias of the configuration endpoint ${target} without .cfg. in its own name: clients take it for a single node.`
        return [
          warning(
            host,
            sentence,
            'Name the alias with a .cfg. label: shop.cfg.example.com',
            `dig +short CNAME ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'D14',
    title: 'the alias leads to one node instead of the configuration endpoint',
    stage: 'discovery',
    source: 'User guide, "Finding a cluster\'s endpoints"',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const target = views.flatMap(({ chain }) => chain.map(({ data }) => data)).find((name) => AWS_NAME.test(name))
        if (!target || !/\.\d{4}\./.test(target) || AWS_NAME.test(host)) return []
        const sentence = `${host} is an alias of one node, ${target}: clients that discover the cluster miss the others when it is replaced.`
        return [
          warning(
            host,
            sentence,
            'Point it at the configuration endpoint, whose name has .cfg. in it.',
            `dig +short CNAME ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'D06',
    title: 'a name of your own holds copied addresses',
    stage: 'name',
    source: 'User guide, "Best practices": use the endpoint names; addresses change when nodes are replaced',
    find: (evidence) => {
      const own = new Set(evidence.addresses.filter(({ place }) => place.cluster).map(({ address }) => address))
      if (own.size === 0) return []
      return surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(hasAddresses)
        if (view?.chainEnd !== 'none' || AWS_NAME.test(host) || clusterOf(evidence, host)) return []
        const copied = [...view.ipv4, ...view.ipv6].map(({ address }) => address)
        const stale = copied.filter((address) => !own.has(address))
        const hint = 'Make it a CNAME of the endpoint instead of address records.'
        if (stale.length > 0) {
          return [
            failure(
              host,
              `${host} holds ${stale.join(', ')}, which no endpoint of the cluster has any more.`,
              hint,
              dig(host, view),
            ),
          ]
        }
        return [
          warning(
            host,
            `${host} holds copies of the cluster's addresses, which change when nodes are replaced.`,
            hint,
            dig(host, view),
          ),
        ]
      })
    },
  },
  {
    id: 'D07',
    title: 'DNS64 makes up an IPv6 address, and nothing translates it',
    stage: 'path',
    source: 'RFC 7050; VPC: EnableDns64 needs a route 64:ff9b::/96 to a NAT gateway',
    find: ({ addresses }) =>
      addresses.flatMap(({ address, port, translates, attempts, place }) => {
        if (!translates || attempts.some(({ outcome }) => outcome === 'connected')) return []
        const sentence = `${address} is made up by DNS64 for ${translates}, and no NAT64 gateway answers for it.`
        const hint = 'Add the route 64:ff9b::/96 to a NAT gateway, or switch EnableDns64 off for the subnet.'
        return [failure(endpoint(place.host, port), sentence, hint, `dig AAAA ipv4only.arpa`)]
      }),
  },
  {
    id: 'D08',
    title: 'IPv4 traffic takes the detour over NAT64',
    stage: 'preference',
    source: 'Measured: glibc prefers the synthesised address (label 1, precedence 40)',
    find: ({ addresses }) =>
      addresses.flatMap(({ address, port, translates, attempts, place }) => {
        const v4 = addresses.some((other) => other.place === place && other.family === 4 && connected(other.attempts))
        if (!translates || !connected(attempts) || !v4) return []
        const sentence = `${address} is ${translates} behind NAT64; clients prefer it and pay the detour, though IPv4 works.`
        const hint = 'Switch DNS64 off on dual-stack subnets, or lower 64:ff9b::/96 in gai.conf.'
        return [warning(endpoint(place.host, port), sentence, hint, 'dig AAAA ipv4only.arpa')]
      }),
  },
  {
    id: 'D15',
    title: 'the name servers of this host disagree',
    stage: 'name',
    source: 'resolver(5): the first server that answers decides',
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const alive = views.filter((view) => !isDead(view))
        const seen = alive.map((view) =>
          [...view.ipv4, ...view.ipv6]
            .map(({ address }) => address)
            .sort()
            .join(),
        )
        if (new Set(seen).size < 2 || alive.some((view) => view.a.outcome === 'no-such-name')) return []
        const told = alive.map((view, at) => `${serverOf(view)}: ${seen[at] || 'none'}`).join('; ')
        return [
          note(
            host,
            `Name servers give different addresses for ${host} (${told}).`,
            'Round robin is harmless; a stale server is not.',
          ),
        ]
      }),
  },
]

function surveyed(evidence: Evidence): { host: string; views: readonly ServerView[] }[] {
  return evidence.hosts.flatMap(({ host, survey, asksDns }) =>
    asksDns && survey ? [{ host, views: survey.views }] : [],
  )
}

const connected = (attempts: Evidence['addresses'][number]['attempts']): boolean =>
  attempts.some(({ outcome }) => outcome === 'connected')
const clusterOf = ({ places, clusters }: Evidence, host: HostEvidence['host']) => {
  const id = places.find((place) => place.host === host && place.cluster)?.cluster
  return clusters.find((cluster) => cluster.id === id)
}
const hasAddresses = ({ ipv4, ipv6 }: ServerView): boolean => ipv4.length + ipv6.length > 0
const DEAD: ReadonlySet<string> = new Set(['timeout', 'unreachable', 'server-failure', 'refused', 'bad-answer'])
const isDead = ({ a, aaaa }: ServerView): boolean => DEAD.has(a.outcome) && DEAD.has(aaaa.outcome)
const broken = (views: readonly ServerView[]): boolean =>
  views.some(({ chainEnd }) => chainEnd === 'loop' || chainEnd === 'dangling')
const onlyTimeouts = (...outcomes: string[]): boolean => outcomes.includes('timeout')
const serverOf = ({ server }: ServerView): string =>
  server.port === 53 ? server.address : endpoint(server.address, server.port)
const dig = (host: string, { server }: ServerView, type = 'ANY'): string =>
  `dig ${type === 'ANY' ? 'A' : type} ${host} @${server.address}${server.port === 53 ? '' : ` -p ${server.port}`}`
