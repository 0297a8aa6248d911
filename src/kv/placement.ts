import { memcached } from '../api/catalog/engines.ts'
import { javaHashCode, ketamaPoints, murmur3, oneAtATime } from './hashes.ts'

/** A node as clients see it in a cluster's list, or as it was given to them. */
export interface KvNode {
  readonly host: string
  /** Absent where the list shows names only, and where a node was given by its name. */
  readonly ip?: string
  readonly port: number
}

/** Which node a key lives on: its index in the list the placement was made for. */
export type Locate = (key: Buffer) => number

/** One way to spread keys over nodes, and the clients that do it so. */
export interface Placement {
  readonly clients: string
  /** Places every key for this list of nodes; order matters to some. */
  of(nodes: readonly KvNode[]): Locate
}

export const PLACEMENTS = {
  ketama: {
    clients: 'libmemcached and PHP with ketama behavior',
    of: (nodes) => ringOf(nodes.map(libmemcachedName), libmemcachedRepetitions(nodes.length)),
  },
  'ketama-npm': {
    clients: 'npm memcached',
    of: (nodes) => ringOf(nodes.map(libmemcachedName), hashringRepetitions(nodes.length)),
  },
  modulo: {
    clients: 'libmemcached and PHP by default',
    of: (nodes) => (key) => oneAtATime(key) % nodes.length,
  },
  'ketama-java': {
    clients: 'spymemcached and the ElastiCache client for Java with KetamaConnectionFactory',
    of: (nodes) => ringOf(nodes.map(javaName), REPETITIONS),
  },
  'modulo-java': {
    clients: 'spymemcached and the ElastiCache client for Java by default',
    of: (nodes) => (key) => (javaHashCode(key.toString()) >>> 0) % nodes.length,
  },
  'modulo-memjs': {
    clients: 'memjs',
    of: (nodes) => (key) => Math.abs(javaHashCode(key.toString())) % nodes.length,
  },
  rendezvous: {
    clients: 'pymemcache',
    of: rendezvous,
  },
} as const satisfies Record<string, Placement>

export type PlacementName = keyof typeof PLACEMENTS

const POINTS_PER_DIGEST = 4

const REPETITIONS = 40

/** Digests per node on a ring of `count` nodes of the same weight, in libmemcached's 32-bit floats: 40, or sometimes 39. */
function libmemcachedRepetitions(count: number): number {
  const { fround } = Math
  const share = fround(1 / count)
  return Math.floor(fround(fround(fround(share * 160) / POINTS_PER_DIGEST) * count) + 1e-10)
}

/** The same in npm hashring's doubles, which lose one with 7 nodes, where libmemcached does not: their keys differ then. */
const hashringRepetitions = (count: number): number => Math.floor((1 / count) * REPETITIONS * count)

/** libmemcached leaves memcached's own port out, as libketama did. */
const libmemcachedName = ({ host, port }: KvNode): string => (port === memcached.port ? host : `${host}:${port}`)

/** What Java makes of a resolved socket address: `name/ip:port`, and `ip:port` when there is no name. */
function javaName({ host, ip, port }: KvNode): string {
  return ip === undefined || ip === host ? `${host}:${port}` : `${host}/${ip}:${port}`
}

/** Consistent hashing: a key belongs to the node whose point is the next one at or after its own. */
function ringOf(names: readonly string[], repetitions: number): Locate {
  const points = names.flatMap((name, node) =>
    Array.from({ length: repetitions }, (_, at) => ketamaPoints(`${name}-${at}`)).flatMap((digest) =>
      digest.map((value) => ({ value, node })),
    ),
  )
  points.sort((a, b) => a.value - b.value)
  return (key) => {
    const [wanted] = ketamaPoints(key)
    let [low, high] = [0, points.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((points[middle]?.value ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return (points[low] ?? points[0])?.node ?? 0
  }
}

/** The node with the highest score for a key; of equal ones, the last name. */
function rendezvous(nodes: readonly KvNode[]): Locate {
  const names = nodes.map(({ host, port }) => `${host}:${port}`)
  return (key) => {
    let best = { score: -1, name: '', node: 0 }
    for (const [node, name] of names.entries()) {
      const score = murmur3(Buffer.concat([Buffer.from(`${name}-`), key]))
      if (score > best.score || (score === best.score && name > best.name)) best = { score, name, node }
    }
    return best.node
  }
}
