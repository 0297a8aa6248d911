/** From INFO of a server of Redis OSS or Valkey, twice, to what it did in between. Pure. */
import { commandsOf } from '../../../acl/commands.ts'
import { between, type NodeRates, type Stats } from './rates.ts'

/** @param info Lines of `INFO all`. */
export function respStats(info: Readonly<Record<string, string>>): Stats {
  const numbers = Object.entries(info).flatMap(([name, value]): [string, number][] =>
    /^-?\d+$/.test(value) ? [[name, Number(value)]] : [],
  )
  const databases = Object.entries(info).flatMap(([name, value]) => (/^db\d+$/.test(name) ? [value] : []))
  return new Map([
    ...numbers,
    ['keys', databases.reduce((sum, fields) => sum + fieldOf(fields, 'keys'), 0)],
    ['is_replica', info.role === 'slave' ? 1 : 0],
    ['is_linked', info.master_link_status === 'up' ? 1 : 0],
    ...callsIn(info),
  ])
}

/** `keys=1,expires=0,avg_ttl=0`. */
const fieldOf = (fields: string, name: string): number =>
  Number(new RegExp(`(?:^|,)${name}=(\\d+)`).exec(fields)?.[1] ?? 0)

/** What clients have said about data; what watches and replicates is not counted. */
function callsIn(info: Readonly<Record<string, string>>): [string, number][] {
  const { categoriesOf } = commandsOf('valkey_version' in info ? 'valkey' : 'redis')
  let [reads, writes] = [0, 0]
  for (const [line, value] of Object.entries(info)) {
    const command = /^cmdstat_(.+)$/.exec(line)?.[1]?.toLowerCase()
    const categories = command === undefined ? undefined : categoriesOf.get(command)
    if (categories?.has('write')) writes += fieldOf(value, 'calls')
    else if (categories?.has('read')) reads += fieldOf(value, 'calls')
  }
  return [
    ['reads', reads],
    ['writes', writes],
  ]
}

export function respRates(before: Stats, after: Stats, seconds: number): NodeRates {
  const { level, rate } = between(before, after, seconds)
  const isReplica = level('is_replica') === 1
  const [hits, misses] = [rate('keyspace_hits'), rate('keyspace_misses')]
  const answered = hits + misses
  return {
    // What a replica writes is what its primary has counted.
    operations: rate('reads') + (isReplica ? 0 : rate('writes')),
    gets: answered,
    hitRate: answered > 0 ? hits / answered : undefined,
    bytesIn: rate('total_net_input_bytes'),
    bytesOut: rate('total_net_output_bytes'),
    evictions: rate('evicted_keys'),
    items: level('keys'),
    bytes: level('used_memory'),
    limitBytes: level('maxmemory'),
    connections: level('connected_clients'),
    replication: isReplica
      ? { role: 'replica', offset: level('slave_repl_offset'), linked: level('is_linked') === 1 }
      : { role: 'primary', offset: level('master_repl_offset'), linked: true },
  }
}
