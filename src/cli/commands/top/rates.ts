/** From what nodes of Memcached say in `stats`, twice, to what they did in between. Pure. */

export type Stats = ReadonlyMap<string, number>

/** Per second, where it is not a level. */
export interface NodeRates {
  readonly operations: number
  readonly gets: number
  /** Share of gets that found their key; undefined: there were none. */
  readonly hitRate: number | undefined
  readonly bytesIn: number
  readonly bytesOut: number
  readonly evictions: number
  readonly items: number
  readonly bytes: number
  readonly limitBytes: number
  readonly connections: number
  /** Of a server of Redis OSS or Valkey. */
  readonly replication?: Replication
}

export interface Replication {
  readonly role: 'primary' | 'replica'
  /** Bytes of the primary's stream: written, or received. */
  readonly offset: number
  /** Of a replica: whether it receives what its primary writes. */
  readonly linked: boolean
}

/** Every command that clients send for data. Gets that hit or missed are cmd_get; the others count themselves by outcome. */
const OPERATIONS = [
  ...['cmd_get', 'cmd_set', 'cmd_touch', 'cmd_flush'],
  ...['delete_hits', 'delete_misses', 'incr_hits', 'incr_misses', 'decr_hits', 'decr_misses'],
] as const

/** How high something is, and by how much something that is counted has grown in a second. */
export function between(before: Stats, after: Stats, seconds: number) {
  const level = (name: string): number => after.get(name) ?? 0
  const rate = (name: string): number => {
    const [from, to] = [before.get(name) ?? 0, level(name)]
    // Counters begin anew where a node was restarted.
    return (to >= from ? to - from : to) / seconds
  }
  return { level, rate }
}

export function ratesOf(before: Stats, after: Stats, seconds: number): NodeRates {
  const { level, rate } = between(before, after, seconds)
  const hits = rate('get_hits')
  const answered = hits + rate('get_misses')
  return {
    operations: OPERATIONS.reduce((sum, name) => sum + rate(name), 0),
    gets: answered,
    hitRate: answered > 0 ? hits / answered : undefined,
    bytesIn: rate('bytes_read'),
    bytesOut: rate('bytes_written'),
    evictions: rate('evictions'),
    items: level('curr_items'),
    bytes: level('bytes'),
    limitBytes: level('limit_maxbytes'),
    connections: level('curr_connections'),
  }
}

/** Of all nodes together. */
export function totalOf(nodes: readonly NodeRates[]): NodeRates {
  const sum = (of: (node: NodeRates) => number) => nodes.reduce((total, node) => total + of(node), 0)
  const gets = sum((node) => node.gets)
  return {
    operations: sum((node) => node.operations),
    gets,
    hitRate: gets > 0 ? sum((node) => (node.hitRate ?? 0) * node.gets) / gets : undefined,
    bytesIn: sum((node) => node.bytesIn),
    bytesOut: sum((node) => node.bytesOut),
    evictions: sum((node) => node.evictions),
    // Replicas have the same keys again.
    items: sum((node) => (node.replication?.role === 'replica' ? 0 : node.items)),
    bytes: sum((node) => node.bytes),
    limitBytes: sum((node) => node.limitBytes),
    connections: sum((node) => node.connections),
  }
}

/** Bytes that a replica has not received of what its primary has written; undefined: not known, or no replica. */
export const lagOf = (own: NodeRates | undefined, ofItsShard: readonly NodeRates[]): number | undefined => {
  const primary = ofItsShard.find(({ replication }) => replication?.role === 'primary')?.replication
  if (own?.replication?.role !== 'replica' || !primary) return undefined
  // They were not asked at the same moment.
  return Math.max(0, primary.offset - own.replication.offset)
}

export function statsOf(lines: readonly (readonly string[])[]): Stats {
  return new Map(
    lines.flatMap(([name = '', value = '']) => (/^\d+(\.\d+)?$/.test(value) ? [[name, Number(value)]] : [])),
  )
}
