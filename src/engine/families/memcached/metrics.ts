/** The metrics of the guide ("Metrics for Memcached", "Host-Level Metrics", "Serverless metrics and events for Memcached"). */
import { type MemcachedReading, READINGS } from '../../nodes/memcached/readings.ts'
import type { HostReading } from '../../nodes/readings.ts'
import {
  ALLOWANCES,
  burst,
  counted,
  cpuUtilization,
  derived,
  type Metric,
  type MetricSet,
  type Minute,
  metric,
  now,
} from '../metric.ts'

type Name = MemcachedReading | HostReading

/** Counted by node and cache alike. */
const COMMANDS: readonly Metric<Name>[] = [
  metric('CmdGet', counted('cmd_get')),
  metric('CmdSet', counted('cmd_set')),
  metric('CmdTouch', counted('cmd_touch')),
  metric('CmdFlush', counted('cmd_flush')),
  metric('GetHits', counted('get_hits')),
  metric('GetMisses', counted('get_misses')),
  metric('IncrHits', counted('incr_hits')),
  metric('IncrMisses', counted('incr_misses')),
  metric('DecrHits', counted('decr_hits')),
  metric('DecrMisses', counted('decr_misses')),
  metric('DeleteHits', counted('delete_hits')),
  metric('DeleteMisses', counted('delete_misses')),
  metric('TouchHits', counted('touch_hits')),
  metric('TouchMisses', counted('touch_misses')),
  metric('CasHits', counted('cas_hits')),
  metric('CasMisses', counted('cas_misses')),
  metric('CasBadval', counted('cas_badval')),
  metric('Evictions', counted('evictions')),
  metric('Reclaimed', counted('reclaimed')),
  metric('CurrItems', now('curr_items')),
  metric('NetworkBytesIn', counted('bytes_read')),
  metric('NetworkBytesOut', counted('bytes_written')),
]

/** "ElastiCache uses two to three of the connections to monitor the cluster" (guide). */
const MONITORING_CONNECTIONS = 2

/** Of each node of a cluster; dimensions CacheClusterId and CacheNodeId, and of all its nodes CacheClusterId alone. */
export const nodeMetrics: MetricSet = setOf('node', [
  metric('CPUUtilization', derived(cpuUtilization)),
  metric('FreeableMemory', derived(freeableMemory)),
  metric('SwapUsage', now('swap_bytes')),
  metric('NetworkMaxBytesIn', derived(burst('burst_bytes_in', 'bytes_read'))),
  metric('NetworkMaxBytesOut', derived(burst('burst_bytes_out', 'bytes_written'))),
  metric('NetworkPacketsIn', counted('packets_in')),
  metric('NetworkPacketsOut', counted('packets_out')),
  metric('NetworkMaxPacketsIn', derived(burst('burst_packets_in', 'packets_in'))),
  metric('NetworkMaxPacketsOut', derived(burst('burst_packets_out', 'packets_out'))),
  ...ALLOWANCES,
  ...COMMANDS,
  metric('CurrConnections', derived(totalConnections)),
  metric('BytesReadIntoMemcached', counted('bytes_read')),
  metric('BytesUsedForCacheItems', now('bytes')),
  metric('BytesWrittenOutFromMemcached', counted('bytes_written')),
  metric('BytesUsedForHash', now('hash_bytes')),
  metric('CmdConfigGet', counted('cmd_config_get')),
  metric('CmdConfigSet', counted('cmd_config_set')),
  metric('CurrConfig', now('curr_config')),
  metric('EvictedUnfetched', counted('evicted_unfetched')),
  metric('ExpiredUnfetched', counted('expired_unfetched')),
  // `stats` tells only where slab_reassign is on; elsewhere none are moved.
  metric(
    'SlabsMoved',
    derived(({ grown }) => grown('slabs_moved') || 0),
  ),
  // "This is always at least 1 because of the connection reserved for ElastiCache" (guide); nothing here connects for it.
  metric(
    'NewConnections',
    derived(({ grown }) => Math.max(1, grown('total_connections'))),
  ),
  metric('NewItems', counted('total_items')),
  metric(
    'UnusedMemory',
    derived(({ now }) => now('limit_maxbytes') - now('bytes')),
  ),
])

/** Of a serverless cache; dimension clusterId. */
export const serverlessMetrics: MetricSet = setOf('serverless', [
  metric('BytesUsedForCache', now('bytes')),
  metric('ElastiCacheProcessingUnits', counted('ecpus')),
  // Of each minute the mean of its requests: their number is not kept, so that SampleCount counts minutes.
  metric('SuccessfulReadRequestLatency', derived(mean('read_micros', 'reads'))),
  metric('SuccessfulWriteRequestLatency', derived(mean('write_micros', 'writes'))),
  metric('TotalCmdsCount', counted('commands')),
  metric('ThrottledCmds', counted('throttled_cmds')),
  metric('NewConnections', counted('total_connections')),
  ...COMMANDS,
  metric('CurrConnections', now('curr_connections')),
])

/** The name is what samples are kept by. */
function setOf(name: string, metrics: readonly Metric<Name>[]): MetricSet {
  return { name, readings: READINGS, metrics }
}

/**
 * Those of clients, those that monitor the cluster, and twice the threads of the node type that memcached has inside: "the
 * total connections is the sum" (guide). `stats` of the node counts clients only.
 */
function totalConnections({ now }: Minute<Name>): number {
  return now('curr_connections') + MONITORING_CONNECTIONS + 2 * now('threads')
}

/** What the node may take of memory, less what it has taken; of one that does not tell, what its items take. */
function freeableMemory({ now }: Minute<Name>): number {
  const taken = now('memory_bytes')
  return Math.max(0, now('limit_maxbytes') - (Number.isNaN(taken) ? now('bytes') : taken))
}

/** Of none there is no mean. */
function mean(total: Name, count: Name) {
  return ({ grown }: Minute<Name>): number => (grown(count) > 0 ? grown(total) / grown(count) : Number.NaN)
}
