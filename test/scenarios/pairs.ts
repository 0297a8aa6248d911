/** Two faults at once, made of what was seen of each alone. Pure. */
import { isIP } from 'node:net'
import type { AddressEvidence, ClusterFacts, Evidence, Place } from '../../src/diagnose/evidence.ts'

/** Names and addresses that scenarios have in common, and what they are called in the other one of a pair. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.(\d+)/g, '127.1.0.$1'],
  [/(["[])::1(["\]])/g, '$1::2$2'],
  [/\b10\.([89])\.0\./g, '10.1$1.0.'],
  [/2001:db8/g, '2001:db9'],
  [/64:ff9b::7f00:1/g, '64:ff9b::7f01:1'],
  [/\b(cache|shop|gone|empty|nowhere)((?:\.[a-z0-9]+)*\.(?:test|invalid|com))/g, '$1-b$2'],
  [/"shop"/g, '"cart"'],
  [/\bof shop\b/g, 'of cart'],
]

/** What was seen, as of a cluster and of hosts of other names. */
const elsewhere = (evidence: Evidence): Evidence =>
  JSON.parse(OTHERS.reduce((text, [from, to]) => text.replace(from, to), JSON.stringify(evidence)))

/** One fault on one cluster, another on another, both seen from this host. */
export const apart = (a: Evidence, b: Evidence): Evidence => both(a, elsewhere(b))

const both = (a: Evidence, b: Evidence): Evidence => ({
  ...(joined(a, b) as Evidence), // of two of them member by member
  limits: bothLimits(a.limits, b.limits),
})

/** Lists one after the other, objects member by member; of anything else the first that is there. */
function joined(a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (!isObject(a) || !isObject(b)) return a ?? b
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [key, joined(a[key], b[key])]),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Scenarios change one limit of a host at most. */
function bothLimits(a: Evidence['limits'], b: Evidence['limits']): Evidence['limits'] {
  const narrow = [a, b].find(({ portRange: [low, high] = [0, 65_535] }) => high - low < 1000)
  return {
    ...a,
    ...b,
    ...(narrow?.portRange && { portRange: narrow.portRange }),
    ipv6Disabled: a.ipv6Disabled === true || b.ipv6Disabled === true,
    sockets: [...a.sockets, ...b.sockets],
    java: [...a.java, ...b.java],
  }
}

/** Whether it shows at one address only, and can so be the fault of one node among several. */
export const isOfOneNode = ({ clusters, places, addresses, discovery }: Evidence): boolean =>
  clusters.length === 0 &&
  places.length === 1 &&
  places.every(({ host }) => isIP(host) !== 0) &&
  addresses.length === 1 &&
  // Whatever else is wrong with lists is no matter of a single node.
  discovery.every(({ round }) => !round.seed.ok && round.seed.kind === 'no-discovery')

/** One fault on one node of a cluster, another on another node, and a third node that is well. */
export function together(a: Evidence, b: Evidence): Evidence {
  const [first, second] = [asNode(a, '0001'), asNode(elsewhere(b), '0002')]
  const well = wellNode(first.addresses[0])
  const places = [first, second].flatMap((each) => each.places)
  const all = [...places, well.place]
  const cluster: ClusterFacts = {
    id: 'shop',
    status: 'available',
    engine: 'memcached',
    networkType: 'ipv4',
    ipDiscovery: 'ipv4',
    tls: false,
    numCacheNodes: all.length,
    nodes: all.map(({ role, host, port }) => ({ id: role, status: 'available', host, port })),
    local: false,
  }
  return {
    ...both({ ...first, discovery: [] }, { ...second, discovery: [] }),
    clusters: [cluster],
    places: all,
    addresses: [...first.addresses, ...second.addresses, well],
  }
}

function asNode(evidence: Evidence, role: string): Evidence {
  const inCluster = (place: Place): Place => ({ ...place, role, cluster: 'shop' })
  return {
    ...evidence,
    places: evidence.places.map(inCluster),
    addresses: evidence.addresses.map((one) => ({ ...one, place: inCluster(one.place) })),
  }
}

function wellNode(like: AddressEvidence | undefined): AddressEvidence {
  const [address, port] = ['127.0.0.33', 11211]
  const tls = like?.place.tls ?? false
  const place: Place = { host: address, port, role: '0003', tls, cluster: 'shop' }
  const attempt = { address, port, family: 4 as const, startedAt: '', outcome: 'connected' as const, ms: 0.4 }
  return {
    place,
    address,
    port,
    family: 4,
    source: { address: '127.0.0.1' },
    attempts: [attempt],
    ...(tls
      ? {
          tls: {
            address,
            port,
            host: address,
            outcome: 'established',
            chain: [],
            replyMs: 0.5,
            reply: 'VERSION 1.6.22',
            trust: { ok: true },
            hostname: { ok: true },
          },
        }
      : { words: { connected: true, speaker: 'memcached', line: 'VERSION 1.6.22', connectMs: 0.4, replyMs: 0.5 } }),
  }
}
