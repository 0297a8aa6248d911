/** Names that lead somewhere else than they should: aliases, copies, lines of /etc/hosts, DNS64. */
import { AWS_NAME } from '../../api/catalog/host-names.ts'
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { ClusterFacts, Evidence } from '../evidence.ts'
import { type Cause, type Evident, evident, failure, note, shows, warning } from './cause.ts'
import { duration } from './durations.ts'
import { isMuteInList } from './list.ts'
import { at, isAlive, name } from './places.ts'
import { OUT } from './sign.ts'
import { addressesOf, asking, clusterOf, hasAddresses, outAt, surveyed } from './views.ts'

export const aliasRows: readonly Evident[] = [
  {
    id: 'D05',
    title: 'an alias leads nowhere, or in a circle',
    seat: 'dns',
    source: 'RFC 1034, 3.6.2; user guide, "DNS names and underlying IP"',
    odds: 0.05,
    shows: 'broken-alias',
    // Servers fail for a name that leads in a circle; to programs it does not exist.
    follows: (seen, { subject }) =>
      shows(0.9, ...seen.at(subject, 'lookup-failed', 'unknown-name', 'no-server', 'no-address')),
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
            asking(host, view),
          ),
        ]
      }),
  },
  {
    id: 'D13',
    title: 'an alias for a configuration endpoint lacks the .cfg. label',
    seat: 'list',
    source: 'User guide, "Finding a cluster\'s endpoints": CNAMEs must contain .cfg. for auto discovery',
    odds: 0.05,
    shows: 'alias-without-cfg',
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
            shell`cachectl dns ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'D14',
    title: 'the alias leads to one node instead of the configuration endpoint',
    seat: 'list',
    source: 'User guide, "Finding a cluster\'s endpoints"',
    odds: 0.05,
    shows: 'alias-of-node',
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
            shell`cachectl dns ${host}`,
          ),
        ]
      }),
  },
  {
    id: 'D23',
    title: 'an alias leads to the nodes of another cluster',
    seat: 'dns',
    source:
      'User guide, "Finding a cluster\'s endpoints": the configuration endpoint stands for the nodes of its own cluster',
    odds: 0.05,
    shows: 'other-cluster',
    follows: (seen, { subject }) => [
      ...shows(0.9, ...outAt(seen, subject)),
      ...shows(0.95, ...seen.at(subject, 'old-address', 'alias-of-node', 'alias-without-cfg')),
      ...shows(0.9, ...seen.of('list-unlike-api', 'lists-differ', 'bad-list', 'no-list')),
    ],
    find: (evidence) =>
      surveyed(evidence).flatMap(({ host, views }) => {
        const view = views.find(({ chainEnd }) => chainEnd === 'addresses')
        const end = view?.chain.at(-1)?.data
        const cluster = clusterOf(evidence, host) ?? evidence.clusters[0]
        if (!view || end === undefined || cluster === undefined) return []
        const found = addressesOf(view)
        const own = addressesOfNodes(evidence, cluster, host)
        if (own.length === 0 || found.some((address) => own.includes(address))) return []
        return [
          failure(
            host,
            `${host} is an alias of ${end}, and its ${found.length === 1 ? 'address' : 'addresses'} ${found.join(', ')} ${found.length === 1 ? 'belongs' : 'belong'} to no node of ${cluster.id}: clients work with another cluster.`,
            'Point the CNAME at the endpoint that `cachectl endpoints` shows.',
            asking(host, view),
          ),
        ]
      }),
  },
  {
    id: 'D26',
    title: 'the primary endpoint leads to a replica',
    seat: 'dns',
    source:
      'User guide, "Finding a replication group\'s endpoints": the primary endpoint leads to the primary, whichever node that is',
    odds: 0.05,
    shows: 'old-primary',
    find: ({ clusters, ...evidence }) =>
      clusters.flatMap(({ id, group, nodes }) => {
        const endpoint = group ? nodes.find((node) => node.id === 'primary' && node.role === undefined) : undefined
        const found = surveyed({ clusters, ...evidence }).find(({ host }) => host === endpoint?.host)
        const view = found?.views.find(({ chainEnd }) => chainEnd === 'addresses')
        const alias = view?.chain.at(-1)
        const node = nodes.find(({ host }) => host === alias?.data)
        if (!found || !view || !alias || node?.role !== 'replica') return []
        const primary = nodes.find(({ role }) => role === 'primary')?.id
        return [
          failure(
            found.host,
            `${found.host}, the primary endpoint of ${id}, leads to ${node.id}, which is a replica${primary === undefined ? '' : `; the primary is ${primary}`}: writes are refused (READONLY).`,
            `Once DNS follows, within ${alias.ttl} s of a failover, clients have to look the name up anew: let them connect again on READONLY, and keep no answer longer than its TTL.`,
            asking(found.host, view),
          ),
        ]
      }),
  },
  {
    id: 'D16',
    title: 'a line of /etc/hosts stands in for DNS',
    seat: 'dns',
    source: 'User guide, "Best practices": use the endpoint names; addresses change when nodes are replaced',
    odds: 0.05,
    shows: 'pinned',
    follows: (seen, { subject, severity }) => (severity === 'failure' ? shows(0.9, ...outAt(seen, subject)) : []),
    find: (evidence) =>
      evidence.hosts.flatMap(({ host, listed = [], asksDns, survey }) => {
        if (listed.length === 0 || asksDns) return []
        const told = [...new Set((survey?.views ?? []).flatMap(addressesOf))]
        const works = evidence.addresses.some(({ place, attempts }) => place.host === host && isAlive({ attempts }))
        const differs = told.length > 0 && !told.some((address) => listed.includes(address))
        const isEndpoint = AWS_NAME.test(host) || clusterOf(evidence, host) !== undefined
        if (!isEndpoint && works) return []
        const agrees = told.length > 0 && listed.every((address) => told.includes(address))
        const dns = differs ? `; DNS says ${told.join(', ')}` : ''
        const words = [
          host,
          `/etc/hosts pins ${host} to ${listed.join(', ')}${dns}: this host does not ask DNS for it.`,
          'Delete the line that this command shows: addresses of an endpoint change when nodes are replaced.',
          shell`grep -nF -- ${host} /etc/hosts`,
        ] as const
        if ((!isEndpoint && !differs) || (works && agrees)) return [note(...words)]
        return [differs || (!works && told.length === 0) ? failure(...words) : warning(...words)]
      }),
  },
  {
    id: 'D17',
    title: 'DNS gives an old address of a node',
    seat: 'dns',
    source:
      'User guide, "Finding replaced nodes": the name stays, the address changes; the list of nodes holds the new one',
    odds: 0.05,
    shows: 'old-address',
    follows: (seen, { subject }) => shows(0.9, ...outAt(seen, subject)),
    find: ({ discovery, hosts, addresses }) =>
      discovery.flatMap(({ round }) =>
        (round.seed.ok ? round.seed.nodes : []).flatMap((node) => {
          const { host, ip } = node
          const { lookup, survey } = hosts.find((each) => each.host === host && each.asksDns) ?? {}
          if (!lookup?.ok || ip === undefined || ip === '') return []
          const family = ip.includes(':') ? 6 : 4
          const own = lookup.addresses.filter((each) => each.family === family).map(({ address }) => address)
          if (own.length === 0 || own.includes(ip)) return []
          const works = addresses.some(({ address, attempts }) => own.includes(address) && isAlive({ attempts }))
          // Then it is the list that is old.
          if (works && isMuteInList(round, node)) return []
          const ttl = survey?.views.flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6])[0]?.ttl
          const words = [
            host,
            `DNS gives ${own.join(', ')} for ${host}; the cluster says that the node is at ${ip}.`,
            `Wait for the time to live of the record${ttl === undefined ? '' : ` (${duration(1000 * Math.max(1, ttl))} at most)`}, or clear the caches of the resolver and of clients (Java: networkaddress.cache.ttl).`,
            shell`cachectl dns ${host}`,
          ] as const
          return [works ? warning(...words) : failure(...words)]
        }),
      ),
  },
]

/** Where nodes of a cluster are, by their other names, or by the list that they keep. */
function addressesOfNodes({ addresses, discovery }: Evidence, cluster: ClusterFacts, host: string): string[] {
  if (cluster.group || cluster.serverless) return []
  const isNode = cluster.nodes.some((node) => node.host === host)
  const listed = discovery.flatMap(({ place, round: { seed } }) =>
    place.cluster === cluster.id && place.host !== host && seed.ok
      ? seed.nodes.flatMap((node) => ((!isNode || node.host === host) && node.ip ? [node.ip] : []))
      : [],
  )
  const named = isNode
    ? []
    : addresses.flatMap(({ place, address }) =>
        place.cluster === cluster.id && place.host !== host && place.role !== 'configuration' ? [address] : [],
      )
  return [...listed, ...named]
}

export const aliasCauses: readonly Cause[] = [
  ...aliasRows.map(evident),
  {
    id: 'D24',
    title: 'an alias leads to an endpoint where no node is any more',
    seat: 'dns',
    source: 'User guide, "Best practices"; an alias outlives the cluster that it was made for',
    odds: 0.05,
    suspect: (seen) =>
      surveyed(seen.evidence).flatMap(({ host, views }) => {
        const chain = views.find(({ chainEnd }) => chainEnd === 'addresses')?.chain ?? []
        const end = chain.map(({ data }) => data).find((each) => AWS_NAME.test(each))
        const own = seen.evidence.addresses.filter(({ place }) => place.host === host)
        if (end === undefined || AWS_NAME.test(host) || own.some(isAlive)) return []
        // That nobody has the address tells more than silence, which firewalls keep, too.
        const isGone = own.length > 0 && own.every((one) => seen.at(at(one), 'no-neighbour').length > 0)
        const of = isGone ? seen.at(host, 'alias-without-cfg', 'alias-of-node') : []
        const where = [...new Set(own.map(({ address }) => address))].join(', ')
        return [
          {
            ...failure(
              host,
              `The alias ${host} leads to ${end} (${where}), where ${isGone ? 'no host is' : 'nothing answers'}: the cluster ${end.split('.')[0]} is gone, or its nodes have other addresses now.`,
              ['Point the CNAME at the right one of the endpoints that there are:', 'cachectl endpoints'],
              shell`cachectl dns ${host}`,
            ),
            explains: [...shows(0.95, ...outAt(seen, host)), ...shows(0.9, ...of)],
            ...(!isGone && { fits: 0.35 }),
          },
        ]
      }),
  },
  {
    id: 'D06',
    title: 'a name of your own holds copied addresses',
    seat: 'dns',
    source: 'User guide, "Best practices": use the endpoint names; addresses change when nodes are replaced',
    odds: 0.04,
    suspect: (seen) =>
      copies(seen.evidence).flatMap(({ host, stale, isCopy, command }) => {
        const hint = 'Make it a CNAME of the endpoint instead of address records.'
        const copied = `${host} holds copies of the cluster's addresses, which change when nodes are replaced.`
        if (stale.length === 0) return [warning(host, copied, hint, command)]
        const sentence = `${host} holds ${stale.join(', ')}, which no endpoint of the cluster has any more.`
        const told = failure(host, sentence, hint, command)
        // By `cachectl dns` names are looked at alone.
        if (!seen.evidence.addresses.some(({ place }) => place.host === host)) return [told]
        // What answers there may as well be another cache.
        const out = outAt(seen, host, (address) => stale.includes(address))
        if (out.length === 0) return []
        const isGone = out.every(({ kind }) => kind === 'no-neighbour')
        return [{ ...told, explains: shows(0.9, ...out), ...(!isCopy && !isGone && { fits: 0.6 }) }]
      }),
  },
  {
    id: 'D07',
    title: 'DNS64 makes up an IPv6 address, and nothing translates it',
    seat: 'way',
    source: 'RFC 7050; VPC: EnableDns64 needs a route 64:ff9b::/96 to a NAT gateway',
    odds: 0.2,
    suspect: (seen) =>
      seen.evidence.addresses.flatMap((one) => {
        const { address, port, translates, place } = one
        if (!translates || isAlive(one)) return []
        const sentence = `${address} is made up by DNS64 for ${translates}, and no NAT64 gateway answers for it.`
        const hint = 'Add the route 64:ff9b::/96 to a NAT gateway, or switch EnableDns64 off for the subnet.'
        const signs = seen.at(at(one), ...OUT, 'no-way', 'one-family-only', 'not-sent')
        return [
          {
            ...failure(endpoint(place.host, port), sentence, hint, 'cachectl dns ipv4only.arpa'),
            // A host without IPv4 has no other way to it.
            explains: shows(0.9, ...signs, ...seen.at(endpoint(translates, port), 'no-way', 'one-family-only')),
          },
        ]
      }),
  },
  {
    id: 'D08',
    title: 'IPv4 traffic takes the detour over NAT64',
    seat: 'program',
    source: 'Measured: glibc prefers the synthesised address (label 1, precedence 40)',
    suspect: ({ evidence: { addresses } }) =>
      addresses.flatMap(({ address, port, translates, attempts, place }) => {
        const v4 = addresses.some((other) => name(other.place) === name(place) && other.family === 4 && isAlive(other))
        if (!translates || !isAlive({ attempts }) || !v4) return []
        const sentence = `${address} is ${translates} behind NAT64; clients prefer it and pay the detour, though IPv4 works.`
        const hint = 'Switch DNS64 off on dual-stack subnets, or lower 64:ff9b::/96 in gai.conf.'
        return [warning(endpoint(place.host, port), sentence, hint, 'cachectl dns ipv4only.arpa')]
      }),
  },
]

/** Names that were given beside a cluster and have address records: those that the cluster has not, and whether it has others. */
function copies(evidence: Evidence) {
  const own = new Set(evidence.addresses.filter(({ place }) => place.cluster).map(({ address }) => address))
  return surveyed(evidence).flatMap(({ host, views }) => {
    const view = views.find(hasAddresses)
    if (own.size === 0 || view?.chainEnd !== 'none' || AWS_NAME.test(host) || clusterOf(evidence, host)) return []
    const held = addressesOf(view)
    const stale = held.filter((address) => !own.has(address))
    return [{ host, stale, isCopy: stale.length < held.length, command: asking(host, view) }]
  })
}
