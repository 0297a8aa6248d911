import { totalmem } from 'node:os'
import { resourceUsage } from '../../net/process-report.ts'
import type { Core } from '../core.ts'
import { EXPIRES } from '../keyspace/entry.ts'
import { human, type Line, type Section } from './section.ts'

const MS_PER_SECOND = 1000
const SECONDS_PER_DAY = 86_400
const LRU_CLOCK_MASK = (1 << 24) - 1

/** The sections of INFO in their order. What a feature has to tell is a row here, or lines of one. */
export const SECTIONS: readonly Section[] = [
  { name: 'server', title: 'Server', lines: (core) => merged(server(core), core.told('server')) },
  { name: 'clients', title: 'Clients', lines: (core) => merged(clients(core), core.told('clients')) },
  { name: 'memory', title: 'Memory', lines: (core) => merged(memory(core), core.told('memory')) },
  { name: 'persistence', title: 'Persistence', lines: (core) => merged(PERSISTENCE, core.told('persistence')) },
  { name: 'stats', title: 'Stats', lines: (core) => merged(stats(core), core.told('stats')) },
  { name: 'replication', title: 'Replication', lines: replication },
  { name: 'cpu', title: 'CPU', lines: cpu },
  { name: 'modules', title: 'Modules', lines: () => [] },
  { name: 'commandstats', title: 'Commandstats', besides: true, lines: commandstats },
  { name: 'errorstats', title: 'Errorstats', lines: errorstats },
  { name: 'latencystats', title: 'Latencystats', besides: true, lines: (core) => core.told('latencystats') },
  {
    name: 'cluster',
    title: 'Cluster',
    lines: (core) => [['cluster_enabled', core.config.settings.clusterEnabled ? 1 : 0]],
  },
  { name: 'keyspace', title: 'Keyspace', lines: keyspace },
]

/** What features tell goes in the place of lines of the same name; the rest behind them. */
function merged(lines: readonly Line[], told: readonly Line[]): Line[] {
  const values = new Map([...lines, ...told])
  return [...values]
}

function server(core: Core): Line[] {
  const { engine, version } = core.dialect
  const { compatible, settings } = core.config
  const { now } = core.keyspace
  const seconds = Math.floor((now - core.startedAt) / MS_PER_SECOND)
  const mode = settings.clusterEnabled ? 'cluster' : 'standalone'
  return [
    ['redis_version', core.redisVersion],
    ...(engine === 'valkey' ? [['server_name', 'valkey'] as const, ['valkey_version', version] as const] : []),
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', core.runId.slice(0, 16)],
    [engine === 'valkey' && !compatible ? 'server_mode' : 'redis_mode', mode],
    ['os', core.host.os],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', 'epoll'],
    ['gcc_version', '0.0.0'],
    ['process_id', core.host.pid],
    ['process_supervised', 'no'],
    ['run_id', core.runId],
    ['tcp_port', core.addresses[0]?.port ?? settings.port],
    ['server_time_usec', now * MS_PER_SECOND],
    ['uptime_in_seconds', seconds],
    ['uptime_in_days', Math.floor(seconds / SECONDS_PER_DAY)],
    ['hz', settings.hz],
    ['configured_hz', settings.hz],
    ['lru_clock', Math.floor(now / MS_PER_SECOND) & LRU_CLOCK_MASK],
    ['executable', core.host.executable],
    ['config_file', core.host.configFile],
    ['io_threads_active', 0],
  ]
}

function clients(core: Core): Line[] {
  return [
    ['connected_clients', core.clients.size],
    ['cluster_connections', 0],
    ['maxclients', core.config.settings.maxclients],
    ['client_recent_max_input_buffer', 0],
    ['client_recent_max_output_buffer', 0],
    ['blocked_clients', core.blocking.clients.size],
    ['tracking_clients', 0],
    ...(core.dialect.engine === 'valkey'
      ? ([
          ['pubsub_clients', [...core.clients.values()].filter(({ subscriptions }) => subscriptions > 0).length],
          ['watching_clients', core.watches.count],
        ] as const)
      : []),
    ['clients_in_timeout_table', [...core.blocking.clients].filter(({ blocked }) => (blocked?.until ?? 0) > 0).length],
    ...(core.dialect.engine === 'valkey'
      ? ([
          ['total_watched_keys', core.watches.keys],
          ['total_blocking_keys', core.blocking.keys],
          ['total_blocking_keys_on_nokey', core.blocking.keysUntilGone],
        ] as const)
      : []),
  ]
}

function memory(core: Core): Line[] {
  const used = core.usedMemory()
  const { maxmemory, maxmemoryPolicy } = core.config.settings
  const { arena } = core.keyspace
  const startup = core.startupMemory
  const dataset = Math.max(0, used - core.overheadMemory())
  const percent = (part: number, of: number): string => `${of === 0 ? '0.00' : ((part / of) * 100).toFixed(2)}%`
  const rss = core.startupMemory + arena.resident
  return [
    ['used_memory', used],
    ['used_memory_human', human(used)],
    ['used_memory_rss', rss],
    ['used_memory_rss_human', human(rss)],
    ['used_memory_peak', core.counters.peakMemory],
    ['used_memory_peak_human', human(core.counters.peakMemory)],
    ['used_memory_peak_perc', percent(used, core.counters.peakMemory)],
    ['used_memory_overhead', core.overheadMemory()],
    ['used_memory_startup', startup],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, used - startup)],
    ['allocator_allocated', used],
    ['allocator_active', rss],
    ['allocator_resident', rss],
    ['total_system_memory', totalmem()],
    ['total_system_memory_human', human(totalmem())],
    ...scripts(core),
    ['maxmemory', maxmemory],
    ['maxmemory_human', human(maxmemory)],
    ['maxmemory_policy', maxmemoryPolicy],
    ['allocator_frag_ratio', (rss / used).toFixed(2)],
    ['allocator_frag_bytes', rss - used],
    ['allocator_rss_ratio', '1.00'],
    ['allocator_rss_bytes', 0],
    ['rss_overhead_ratio', '1.00'],
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ['mem_fragmentation_bytes', rss - used],
    ['mem_not_counted_for_evict', 0],
    ['mem_replication_backlog', 0],
    ['mem_total_replication_buffers', 0],
    ['mem_clients_slaves', 0],
    ['mem_clients_normal', 0],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', 0],
    ['mem_allocator', 'arena'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', core.keyspace.freeing],
    ['lazyfreed_objects', core.keyspace.freedLater],
  ]
}

function scripts({ scripting }: Core): Line[] {
  const { evalBytes, functionBytes, scriptBytes, libraryBytes, scripts } = scripting.memory
  const all = evalBytes + functionBytes
  const sources = scriptBytes + libraryBytes
  return [
    ['used_memory_lua', evalBytes],
    ['used_memory_vm_eval', evalBytes],
    ['used_memory_lua_human', human(evalBytes)],
    ['used_memory_scripts_eval', scriptBytes],
    ['number_of_cached_scripts', scripts],
    ['number_of_functions', scripting.functions.functionCount],
    ['number_of_libraries', scripting.functions.libraries.size],
    ['used_memory_vm_functions', functionBytes],
    ['used_memory_vm_total', all],
    ['used_memory_vm_total_human', human(all)],
    ['used_memory_functions', libraryBytes],
    ['used_memory_scripts', sources],
    ['used_memory_scripts_human', human(sources)],
  ]
}

const PERSISTENCE: readonly Line[] = [
  ['loading', 0],
  ['async_loading', 0],
  ['current_cow_peak', 0],
  ['current_cow_size', 0],
  ['current_cow_size_age', 0],
  ['current_fork_perc', '0.00'],
  ['current_save_keys_processed', 0],
  ['current_save_keys_total', 0],
]

function stats(core: Core): Line[] {
  const { counters, keyspace, replies } = core
  return [
    ['total_connections_received', counters.totalConnections],
    ['total_commands_processed', core.commandsProcessed()],
    ['instantaneous_ops_per_sec', core.rates.perSecond('commands')],
    ['total_net_input_bytes', counters.bytesRead],
    ['total_net_output_bytes', replies.written],
    ['total_net_repl_input_bytes', 0],
    ['total_net_repl_output_bytes', 0],
    ['instantaneous_input_kbps', (core.rates.perSecond('input') / 1024).toFixed(2)],
    ['instantaneous_output_kbps', (core.rates.perSecond('output') / 1024).toFixed(2)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', counters.rejectedConnections],
    ['sync_full', 0],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', keyspace.expired],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', counters.expiredTimeCapReached],
    ['expire_cycle_cpu_milliseconds', 0],
    ['evicted_keys', keyspace.evicted],
    ['evicted_clients', counters.evictedClients],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', keyspace.hits],
    ['keyspace_misses', keyspace.misses],
    ['pubsub_channels', 0],
    ['pubsub_patterns', 0],
    ['pubsubshard_channels', 0],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', 0],
    ['slave_expires_tracked_keys', keyspace.ownKeys.count],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['total_active_defrag_time', 0],
    ['current_active_defrag_time', 0],
    ['tracking_total_keys', 0],
    ['tracking_total_items', 0],
    ['tracking_total_prefixes', 0],
    ['unexpected_error_replies', 0],
    ['total_error_replies', replies.errors],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', counters.packetsIn],
    ['total_writes_processed', counters.packetsOut],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
    ['reply_buffer_shrinks', 0],
    ['reply_buffer_expands', 0],
  ]
}

function replication(core: Core): Line[] {
  const told = core.told('replication')
  if (told.length > 0) return [...told]
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', core.runId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', 0],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', core.config.settings.replBacklogSize],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ]
}

function cpu(): Line[] {
  const { system, user } = resourceUsage()
  return [
    ['used_cpu_sys', system.toFixed(6)],
    ['used_cpu_user', user.toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
    ['used_cpu_sys_main_thread', system.toFixed(6)],
    ['used_cpu_user_main_thread', user.toFixed(6)],
  ]
}

function commandstats(core: Core): Line[] {
  return [...core.commands.all()]
    .filter(({ calls, rejected }) => calls > 0 || rejected > 0)
    .map((command) => {
      const each = command.measuredCalls === 0 ? 0 : command.microseconds / command.measuredCalls
      const all = Math.round(each * command.calls)
      return [
        `cmdstat_${command.name}`,
        `calls=${command.calls},usec=${all},usec_per_call=${each.toFixed(2)},rejected_calls=${command.rejected},failed_calls=${command.failed}`,
      ]
    })
}

function errorstats({ replies }: Core): Line[] {
  return [...replies.errorCodes].sort().map(([code, count]) => [`errorstat_${code}`, `count=${count}`])
}

const SAMPLES = 20

function keyspace({ keyspace: { databases, now } }: Core): Line[] {
  return databases
    .filter(({ keys }) => keys > 0)
    .map(({ id, keys, expiring, arena }) => {
      const looked = Math.min(SAMPLES, expiring.count)
      let left = 0
      for (let place = 0; place < looked; place++) left += Math.max(0, arena.double(expiring.at(place), EXPIRES) - now)
      const average = looked === 0 ? 0 : Math.floor(left / looked)
      return [`db${id}`, `keys=${keys},expires=${expiring.count},avg_ttl=${average}`]
    })
}
