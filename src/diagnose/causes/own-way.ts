/** Where this host sends packets to the cache: gateways, tunnels, bridges, and itself. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence, Evidence } from '../evidence.ts'
import type { LocalPath } from '../local-paths.ts'
import { amid, type Cause, failure, type Hint, type Seen, type Suspicion, shows } from './cause.ts'
import { at, byPlace, inMidSentence, isAlive, isHere, who } from './places.ts'
import { OUT, type Sign } from './sign.ts'
import { behind, isLoneOwn, pathsBy, pathTo } from './views.ts'

export const ownWayCauses: readonly Cause[] = [
  {
    id: 'H03',
    title: 'the gateway of this host does not answer',
    seat: 'host',
    source: 'RFC 826, RFC 4861; measured: EHOSTUNREACH after 3 s, and ip neigh has the gateway as FAILED or INCOMPLETE',
    odds: 0.3,
    suspect: (seen) =>
      seen.of('gateway-silent').map((sign) => {
        const gateway = sign.at
        const ways = pathsBy(seen.evidence, gateway)
        const device = ways[0]?.device ?? ''
        const family = gateway.includes(':') ? ' -6' : ''
        const ones = behind(seen.evidence, gateway)
        const what = [...new Set([...ones.map(({ address }) => address), ...ways.map(({ address }) => address)])]
        return {
          ...failure(
            gateway,
            `${sign.sentence}: this host reaches nothing behind it (${some(what)}).`,
            `See that the gateway runs and that ${device} is in its network; for another one: ip${family} route replace default via <gateway> dev ${device}`,
            shell`ip neigh show to ${gateway} dev ${device}`,
          ),
          check: `ping -c 1 -w 2 ${gateway}; ip neigh show to ${gateway}`,
          explains: [...shows(0.99, sign), ...shows(0.97, ...outOf(seen, ones), ...nameSigns(seen, ways))],
        }
      }),
  },
  {
    id: 'H04',
    title: 'a route of this host leads into a tunnel, or nowhere, and nothing answers behind it',
    seat: 'host',
    source: 'ip-route(8): the most particular route wins, whatever it leads to',
    odds: 0.2,
    suspect: (seen) =>
      astray(
        seen,
        ({ kind }) => kind === 'tunnel' || kind === 'dummy',
        (way, first, more) => {
          const leads = way.kind === 'tunnel' ? 'into the tunnel' : 'to the device'
          return {
            ...failure(
              at(first),
              `A route of this host leads packets to ${at(first)}${more} ${leads} ${way.device}${way.noCarrier ? ', which nothing is at the other end of' : ''}, and nothing answers there.`,
              deleteRoute(way, 'leave the range out of what the tunnel takes (WireGuard: AllowedIPs)'),
              shell`ip route get ${first.address}`,
            ),
            // Where all else goes that way, too, it may well be the right one.
            fits: way.isDefault ? 0.1 : way.noCarrier ? 1 : 0.5,
          }
        },
      ),
  },
  {
    id: 'H05',
    title: 'a bridge of this host has the subnet of the nodes',
    seat: 'host',
    source: 'Docker, "Networking": default-address-pools; a bridge of containers takes packets to its whole subnet',
    odds: 0.3,
    suspect: (seen) =>
      astray(
        seen,
        ({ kind, gateway, isDefault }) => kind === 'bridge' && gateway === undefined && !isDefault,
        (way, first, more) => ({
          ...failure(
            at(first),
            `The bridge ${way.device} of this host has the subnet of ${at(first)}${more}${way.route ? ` (${way.route.split(' ')[0]})` : ''}: packets go to containers here instead of the nodes.`,
            amid(
              'Give its network another subnet (docker network rm and create --subnet; default-address-pools in /etc/docker/daemon.json).',
              deleteRoute(way, 'take the bridge down'),
            ),
            shell`ip route get ${first.address}; ip -brief address show dev ${way.device}`,
          ),
          // A container of one's own is asked by its address, and is gone more often than not where nothing answers.
          ...(first.place.cluster === undefined && first.place.host === first.address && { fits: 0.25 }),
        }),
      ),
  },
  {
    id: 'H06',
    title: "the node's address is also an address of this host",
    seat: 'host',
    source: 'ip-rule(8): the table of local addresses comes before every route',
    odds: 0.2,
    suspect: (seen) =>
      byPlace(seen.evidence)
        .flatMap(([, own]) => own)
        .filter((one) => isHere(one) && !isLoopback(one.address))
        .flatMap((one) => {
          const signs = seen.at(at(one), 'own-address')
          const others = seen.at(at(one), ...OUT, 'stranger', 'tls-only', 'plain-only')
          if (signs.length + others.length === 0) return []
          const own = pathTo(seen.evidence, one.address)?.own
          const cluster = seen.evidence.clusters.find(({ id }) => id === one.place.cluster)
          return [
            {
              ...failure(
                at(one),
                `This host has the address of ${inMidSentence(who(one))} itself: what it sends there never leaves it.`,
                own
                  ? ['Take the address away from this host, where it does not belong:', `ip address del ${own}`]
                  : 'Take the address away from this host, where it does not belong.',
                `ip -brief address | grep -F ${one.address}`,
              ),
              check: shell`ip route get ${one.address}`,
              explains: [...shows(0.99, ...signs), ...shows(0.97, ...others)],
              // A server of one's own is often asked by its address, though seldom by a lone one beside the network's.
              ...(signs.length === 0 &&
                (cluster === undefined || cluster.local) && { fits: isLoneOwn(own) ? 0.8 : 0.05 }),
            },
          ]
        }),
  },
  {
    id: 'H07',
    title: 'only packets from another address of this host are answered',
    seat: 'way',
    source: 'RFC 8981: temporary addresses; rules that name single addresses of clients',
    odds: 0.3,
    suspect: (seen) =>
      seen
        .of('source-matters')
        .slice(0, 1)
        .map((sign) => {
          const [first] = seen.evidence.here?.sources ?? []
          const { from = '', works = '', device = '', temporary = false } = first ?? {}
          const all = seen.of('source-matters')
          return {
            ...failure(
              sign.at,
              `${all.length > 1 ? `${all.length} nodes answer` : `${sign.at} answers`} packets from ${works}, and none from ${from}, ${temporary ? 'the temporary address' : 'the address'} that this host sends from.`,
              temporary
                ? [
                    'Allow the whole prefix where the address is named (security group, ACL), or send from the lasting address:',
                    `sysctl -w net.ipv6.conf.${device}.use_tempaddr=1`,
                  ]
                : sendFrom(works, from, first && pathTo(seen.evidence, first.address)?.route),
              shell`cachectl probe ${sign.at} --source ${works} -c 3`,
            ),
            check: shell`cachectl probe ${sign.at} -c 3`,
            explains: [...shows(0.99, ...all), ...shows(0.97, ...all.flatMap((each) => seen.at(each.at, ...OUT)))],
          }
        }),
  },
  {
    id: 'H11',
    title: 'packets of this host may pass few routers only',
    seat: 'host',
    source:
      'ip-sysctl: ip_default_ttl, hop_limit; ip-route(8): hoplimit; each router takes one away (RFC 791, RFC 8200)',
    odds: 0.3,
    suspect: (seen) => {
      const unreached = (one: AddressEvidence) => seen.at(at(one), 'timeout', 'rejected', 'expired')
      const ones = seen.evidence.addresses.filter((one) => unreached(one).length > 0 && isShort(seen, one))
      const [first, ...more] = [...new Map(ones.map((one) => [at(one), one])).values()]
      const way = first && pathTo(seen.evidence, first.address)
      if (!way) return []
      const { hopLimit = 0, route = '', device } = way
      const [four, ofRoute] = [first.family === 4, / hoplimit \d+/]
      const name = four ? 'ip_default_ttl' : `conf.${device}.hop_limit`
      const mend = ofRoute.test(route)
        ? `ip${four ? '' : ' -6'} route replace ${route.replace(ofRoute, '')}`
        : `sysctl -w net.ipv${first.family}.${name}=64`
      return [
        {
          ...failure(
            at(first),
            `Packets of this host to ${at(first)}${more.length > 0 ? ` and ${some(more.map(at))}` : ''} may pass ${hopLimit - 1 || 'no'} router${hopLimit > 2 ? 's' : ''}, and expire on the way (${four ? 'TTL' : 'hop limit'} ${hopLimit}).`,
            ['Let them pass as many as is usual:', mend],
            shell`ip route get ${first.address}; sysctl net.ipv${first.family}.${name}`,
          ),
          check: shell`cachectl probe ${at(first)} -c 3`,
          explains: shows(0.98, ...ones.flatMap(unreached)),
          ...(hopLimit > 2 && { fits: 0.5 }),
        },
      ]
    },
  },
]

/** By another address of this host, where the route is known. */
function sendFrom(works: string, from: string, route: string | undefined): Hint {
  const allow = `Allow ${from} where ${works} is named (security group, ACL)`
  if (route === undefined) return `${allow}, or set ${works} as the source of the route (ip route change ... src).`
  const family = works.includes(':') ? ' -6' : ''
  return [`${allow}, or send from there:`, `ip${family} route change ${route.replace(/ src \S+/, '')} src ${works}`]
}

/** More routers than these are between hosts of one region never. */
const FEW_HOPS = 8

/** Not those on the link itself, which no router stands before. */
const isShort = ({ evidence }: Seen, one: AddressEvidence): boolean => {
  const { gateway, hopLimit = FEW_HOPS } = pathTo(evidence, one.address) ?? {}
  return gateway !== undefined && hopLimit < FEW_HOPS
}

const isLoopback = (address: string): boolean => /^127\.|^::1$/.test(address)

const some = (addresses: readonly string[]): string =>
  addresses.length > 3 ? `${addresses.slice(0, 3).join(', ')} and ${addresses.length - 3} more` : addresses.join(', ')

const outOf = (seen: Seen, ones: readonly AddressEvidence[]): Sign[] => ones.flatMap((one) => seen.at(at(one), ...OUT))

/** What shows at names whose DNS servers are reached that way. */
const nameSigns = (seen: Seen, ways: readonly LocalPath[]): Sign[] =>
  seen.evidence.hosts
    .filter(({ survey }) => survey?.views.some(({ server }) => ways.some(({ address }) => address === server.address)))
    .flatMap(({ host }) => seen.at(host, 'no-server', 'lookup-failed', 'unknown-name'))

/** One suspicion for each device of a kind that dead addresses, and no live ones, are reached by. */
function astray(
  seen: Seen,
  is: (way: LocalPath) => boolean,
  tell: (way: LocalPath, first: AddressEvidence, more: string) => Suspicion,
): Suspicion[] {
  const devices = [...new Set((seen.evidence.here?.paths ?? []).filter(is).map(({ device }) => device))]
  return devices.flatMap((device) => {
    const ones = reachedBy(seen.evidence, device)
    const out = ones.filter((one) => outOf(seen, [one]).length > 0)
    const [first, ...more] = [...new Map(out.map((one) => [at(one), one])).values()]
    const way = first && pathTo(seen.evidence, first.address)
    if (!way || !is(way) || ones.some((one) => isAlive(one) && outOf(seen, [one]).length === 0)) return []
    const others = more.length > 0 ? ` and ${some(more.map(at))}` : ''
    return [
      {
        check: shell`ip route get ${first.address}`,
        ...tell(way, first, others),
        explains: shows(0.97, ...outOf(seen, out), ...seen.at(at(first), 'stranger')),
      },
    ]
  })
}

const reachedBy = (evidence: Evidence, device: string): AddressEvidence[] =>
  evidence.addresses.filter(({ address }) => pathTo(evidence, address)?.device === device)

const deleteRoute = ({ route, device, address }: LocalPath, otherwise: string): Hint =>
  route
    ? [`For good: ${otherwise}. Now:`, `ip${address.includes(':') ? ' -6' : ''} route del ${route}`]
    : `Find the route by ${device} in ip route, and ${otherwise}.`
