/** The metrics of the guide ("Metrics for Valkey and Redis OSS", "Host-Level Metrics"). */
import type { MetricName } from '../../../api/catalog/metrics.ts'
import type { HostReading } from '../../nodes/readings.ts'
import { type CommandGroup, READINGS, type RedisReading } from '../../nodes/redis/readings.ts'
import {
  ALLOWANCES,
  counted,
  cpuUtilization,
  derived,
  type Metric,
  type MetricSet,
  type Minute,
  metric,
  never,
  now,
} from '../metric.ts'

type Name = RedisReading | HostReading

/** Commands that are counted together, and the mean time they take. */
const GROUPS: readonly (readonly [count: MetricName, latency: MetricName, group: CommandGroup])[] = [
  ['ClusterBasedCmds', 'ClusterBasedCmdsLatency', 'cluster'],
  ['EvalBasedCmds', 'EvalBasedCmdsLatency', 'eval'],
  ['GeoSpatialBasedCmds', 'GeoSpatialBasedCmdsLatency', 'geo'],
  ['GetTypeCmds', 'GetTypeCmdsLatency', 'get'],
  ['HashBasedCmds', 'HashBasedCmdsLatency', 'hash'],
  ['HyperLogLogBasedCmds', 'HyperLogLogBasedCmdsLatency', 'hyperloglog'],
  ['JsonBasedCmds', 'JsonBasedCmdsLatency', 'json'],
  ['KeyBasedCmds', 'KeyBasedCmdsLatency', 'key'],
  ['ListBasedCmds', 'ListBasedCmdsLatency', 'list'],
  ['NonKeyTypeCmds', 'NonKeyTypeCmdsLatency', 'nonkey'],
  ['PubSubBasedCmds', 'PubSubBasedCmdsLatency', 'pubsub'],
  ['SetBasedCmds', 'SetBasedCmdsLatency', 'sets'],
  ['SetTypeCmds', 'SetTypeCmdsLatency', 'set'],
  ['SortedSetBasedCmds', 'SortedSetBasedCmdsLatency', 'sortedset'],
  ['StreamBasedCmds', 'StreamBasedCmdsLatency', 'stream'],
  ['StringBasedCmds', 'StringBasedCmdsLatency', 'string'],
]

/** Of each node; dimensions CacheClusterId and CacheNodeId. */
const METRICS: readonly Metric<Name>[] = [
  metric('CPUUtilization', derived(cpuUtilization)),
  metric('EngineCPUUtilization', derived(engineCpuUtilization)),
  metric(
    'FreeableMemory',
    derived(({ now }) => Math.max(0, now('maxmemory') - now('memory_bytes'))),
  ),
  metric('SwapUsage', now('swap_bytes')),
  metric('NetworkBytesIn', counted('total_net_input_bytes')),
  metric('NetworkBytesOut', counted('total_net_output_bytes')),
  ...ALLOWANCES,
  metric('ActiveDefragHits', counted('active_defrag_hits')),
  metric('AuthenticationFailures', counted('acl_access_denied_auth')),
  metric('BytesUsedForCache', now('used_memory')),
  metric('CacheHitRate', derived(hitRate)),
  metric('CacheHits', counted('keyspace_hits')),
  metric('CacheMisses', counted('keyspace_misses')),
  metric('ChannelAuthorizationFailures', counted('acl_access_denied_channel')),
  metric('CommandAuthorizationFailures', counted('acl_access_denied_cmd')),
  metric('CurrConnections', now('connected_clients')),
  metric('CurrItems', now('curr_items')),
  metric('CurrVolatileItems', now('volatile_items')),
  metric('DB0AverageTTL', now('average_ttl')),
  metric('DatabaseCapacityUsagePercentage', derived(usage(0))),
  metric('DatabaseCapacityUsageCountedForEvictPercentage', derived(usage('mem_not_counted_for_evict'))),
  metric('DatabaseMemoryUsagePercentage', derived(usage(0))),
  metric('DatabaseMemoryUsageCountedForEvictPercentage', derived(usage('mem_not_counted_for_evict'))),
  metric('Evictions', counted('evicted_keys')),
  metric('IsMaster', now('is_primary')),
  metric('IsPrimary', now('is_primary')),
  metric('KeyAuthorizationFailures', counted('acl_access_denied_key')),
  metric('KeysTracked', now('tracking_total_keys')),
  metric('MasterLinkHealthStatus', now('link_up')),
  metric('MemoryFragmentationRatio', now('mem_fragmentation_ratio')),
  metric('NewConnections', counted('total_connections_received')),
  metric('PrimaryLinkHealthStatus', now('link_up')),
  metric('Reclaimed', counted('expired_keys')),
  metric(
    'ReplicationBytes',
    derived(({ now, grown }) => (now('is_primary') ? grown('total_net_repl_output_bytes') : 0)),
  ),
  metric(
    'ReplicationLag',
    derived(({ now }) => (now('is_primary') ? Number.NaN : now('lag_seconds'))),
  ),
  metric('SaveInProgress', now('rdb_bgsave_in_progress')),
  metric('SuccessfulReadRequestLatency', derived(mean('get'))),
  metric('SuccessfulWriteRequestLatency', derived(mean('set'))),
  metric('TrafficManagementActive', never),
  ...GROUPS.flatMap(([count, latency, group]) => [
    metric<Name>(count, counted(`calls_${group}`)),
    metric<Name>(latency, derived(mean(group))),
  ]),
]

/** The name is what samples are kept by. */
export const nodeMetrics: MetricSet = { name: 'redis-node', readings: READINGS, metrics: METRICS }

/** Those of nodes that a serverless cache has as well. */
const SERVERLESS: ReadonlySet<MetricName> = new Set<MetricName>([
  'AuthenticationFailures',
  'BytesUsedForCache',
  'CacheHitRate',
  'CacheHits',
  'CacheMisses',
  'ChannelAuthorizationFailures',
  'CommandAuthorizationFailures',
  'CurrConnections',
  'CurrItems',
  'CurrVolatileItems',
  'Evictions',
  'KeyAuthorizationFailures',
  'NetworkBytesIn',
  'NetworkBytesOut',
  'NewConnections',
  'SuccessfulReadRequestLatency',
  'SuccessfulWriteRequestLatency',
  ...GROUPS.filter(([, , group]) => group !== 'cluster').map(([count]) => count),
])

/** Of a serverless cache; dimension clusterId (guide, "Serverless metrics and events for Valkey and Redis OSS"). */
export const serverlessMetrics: MetricSet = {
  name: 'redis-serverless',
  readings: READINGS,
  metrics: [
    ...METRICS.filter(({ name }) => SERVERLESS.has(name)),
    metric<Name>('ElastiCacheProcessingUnits', counted('ecpus')),
    metric<Name>('TotalCmdsCount', counted('metered_commands')),
    metric<Name>('ThrottledCmds', counted('throttled_commands')),
  ],
}

/** Of the one thread that serves commands. */
function engineCpuUtilization({ grown, seconds }: Minute<Name>): number {
  return Math.min(100, (100 * grown('main_thread_seconds')) / seconds)
}

/** In percent; of no reads there is none. */
function hitRate({ grown }: Minute<Name>): number {
  const hits = grown('keyspace_hits')
  return (100 * hits) / (hits + grown('keyspace_misses'))
}

function usage(less: Name | 0) {
  return ({ now }: Minute<Name>): number =>
    now('maxmemory') > 0 ? (100 * (now('used_memory') - (less === 0 ? 0 : now(less)))) / now('maxmemory') : Number.NaN
}

/** Of none there is no mean. */
function mean(group: CommandGroup) {
  return ({ grown }: Minute<Name>): number =>
    grown(`calls_${group}`) > 0 ? grown(`usec_${group}`) / grown(`calls_${group}`) : Number.NaN
}
