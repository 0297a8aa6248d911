/** What servers of Redis OSS and Valkey tell of themselves, as numbers. Pure. */
import { type AclEngine, commandsOf } from '../../../acl/commands.ts'
import { namesOf } from '../../../api/tables.ts'
import { type Reading, Readings } from '../readings.ts'

/** Lines of INFO that are numbers already. */
const LINES = [
  'acl_access_denied_auth',
  'acl_access_denied_channel',
  'acl_access_denied_cmd',
  'acl_access_denied_key',
  'active_defrag_hits',
  'connected_clients',
  'evicted_keys',
  'expired_keys',
  'keyspace_hits',
  'keyspace_misses',
  'maxmemory',
  'mem_fragmentation_ratio',
  'mem_not_counted_for_evict',
  'rdb_bgsave_in_progress',
  'total_connections_received',
  'total_net_input_bytes',
  'total_net_output_bytes',
  'total_net_repl_output_bytes',
  'tracking_total_keys',
  'used_memory',
] as const

/** Commands that the guide counts together, by what servers say of each. */
export const COMMAND_GROUPS = {
  cluster: (name) => name.startsWith('cluster') || ['asking', 'readonly', 'readwrite'].includes(name),
  eval: (_, categories) => categories.has('scripting'),
  geo: (_, categories) => categories.has('geo'),
  get: (_, categories) => categories.has('read'),
  hash: (_, categories) => categories.has('hash'),
  hyperloglog: (_, categories) => categories.has('hyperloglog'),
  json: (_, categories) => categories.has('json'),
  key: (_, categories) => categories.has('keyspace'),
  list: (_, categories) => categories.has('list'),
  nonkey: (_, categories) => !categories.has('read') && !categories.has('write'),
  pubsub: (_, categories) => categories.has('pubsub'),
  set: (_, categories) => categories.has('write'),
  sets: (_, categories) => categories.has('set'),
  sortedset: (_, categories) => categories.has('sortedset'),
  stream: (_, categories) => categories.has('stream'),
  string: (_, categories) => categories.has('string'),
} as const satisfies Readonly<Record<string, (name: string, categories: ReadonlySet<string>) => boolean>>

export type CommandGroup = keyof typeof COMMAND_GROUPS

const GROUPS = namesOf(COMMAND_GROUPS)

/** What the door of a serverless cache has counted. */
const USAGE = ['ecpus', 'metered_commands', 'throttled_commands'] as const

export type Usage = Readonly<Record<(typeof USAGE)[number], number>>

export const READINGS = new Readings([
  ...LINES,
  ...USAGE,
  'curr_items',
  'volatile_items',
  'average_ttl',
  'main_thread_seconds',
  /** 1 or 0; of a primary its link is up always. */
  'is_primary',
  'link_up',
  /** Seconds since a replica has heard of its primary. */
  'lag_seconds',
  ...GROUPS.map((group) => `calls_${group}` as const),
  /** Microseconds those have taken. */
  ...GROUPS.map((group) => `usec_${group}` as const),
])

export type RedisReading = typeof READINGS extends Readings<infer Name> ? Name : never

/**
 * @param cores Of the node's type, for what its processor has to do.
 * @param usage Of a serverless cache.
 */
export function readingOf(info: ReadonlyMap<string, string>, engine: AclEngine, cores: number, usage?: Usage): Reading {
  const number = (name: string) => Number(info.get(name) ?? Number.NaN)
  const isPrimary = info.get('role') !== 'slave'
  const databases = [...info].filter(([name]) => /^db\d+$/.test(name)).map(([, value]) => fieldsOf(value))
  const sum = (name: string) => databases.reduce((all, fields) => all + Number(fields.get(name) ?? 0), 0)
  return READINGS.of([
    ...LINES.map((name) => [name, number(name)] as const),
    ...Object.entries(usage ?? {}),
    ['curr_items', sum('keys')],
    ['volatile_items', sum('expires')],
    ['average_ttl', Number(fieldsOf(info.get('db0') ?? '').get('avg_ttl') ?? 0)],
    ['main_thread_seconds', number('used_cpu_user_main_thread') + number('used_cpu_sys_main_thread')],
    ['is_primary', isPrimary ? 1 : 0],
    ['link_up', isPrimary || info.get('master_link_status') === 'up' ? 1 : 0],
    ['lag_seconds', isPrimary ? 0 : number('master_last_io_seconds_ago')],
    ...commandCounts(info, engine),
    ['cpu_seconds', number('used_cpu_user') + number('used_cpu_sys')],
    ['cpu_cores', cores],
    ['memory_bytes', number('used_memory_rss')],
  ])
}

/** `keys=1,expires=0,avg_ttl=0`, `calls=1,usec=6,...`. */
const fieldsOf = (value: string): ReadonlyMap<string, string> =>
  new Map(value.split(',').map((field) => field.split('=', 2) as [string, string])) // as servers write it

function commandCounts(info: ReadonlyMap<string, string>, engine: AclEngine): [name: string, value: number][] {
  const { categoriesOf } = commandsOf(engine)
  const counts = new Map<string, number>(
    GROUPS.flatMap((group) => [[`calls_${group}`, 0] as const, [`usec_${group}`, 0] as const]),
  )
  const add = (name: string, value: number) => counts.set(name, (counts.get(name) ?? 0) + value)
  for (const [line, value] of info) {
    const command = /^cmdstat_(.+)$/.exec(line)?.[1]?.toLowerCase()
    const categories = command === undefined ? undefined : categoriesOf.get(command)
    // What the engine alone says has another name.
    if (command === undefined || !categories) continue
    const fields = fieldsOf(value)
    for (const group of GROUPS) {
      if (!COMMAND_GROUPS[group](command, categories)) continue
      add(`calls_${group}`, Number(fields.get('calls') ?? 0))
      add(`usec_${group}`, Number(fields.get('usec') ?? 0))
    }
  }
  return [...counts]
}
