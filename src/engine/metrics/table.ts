/**
 * The metrics of the guide ("Metrics for Memcached", "Host-Level Metrics", "Serverless metrics and events for Memcached") and
 * where each comes from.
 */
import type { CreditSample } from './credits.ts'
import { counted, derived, type Minute, now, type Source } from './sources.ts'

/** CloudWatch's name for everything that is measured here. */
export const NAMESPACE = 'AWS/ElastiCache'

/** CloudWatch's words for units. */
export type Unit = 'Bytes' | 'Count' | 'Microseconds' | 'Percent'

export interface Metric {
  readonly name: string
  readonly unit: Unit
  readonly source: Source
}

const metric = (name: string, unit: Unit, source: Source): Metric => ({ name, unit, source })

/** Counted by node and cache alike. */
const COMMANDS: readonly Metric[] = [
  metric('CmdGet', 'Count', counted('cmd_get')),
  metric('CmdSet', 'Count', counted('cmd_set')),
  metric('CmdTouch', 'Count', counted('cmd_touch')),
  metric('CmdFlush', 'Count', counted('cmd_flush')),
  metric('GetHits', 'Count', counted('get_hits')),
  metric('GetMisses', 'Count', counted('get_misses')),
  metric('IncrHits', 'Count', counted('incr_hits')),
  metric('IncrMisses', 'Count', counted('incr_misses')),
  metric('DecrHits', 'Count', counted('decr_hits')),
  metric('DecrMisses', 'Count', counted('decr_misses')),
  metric('DeleteHits', 'Count', counted('delete_hits')),
  metric('DeleteMisses', 'Count', counted('delete_misses')),
  metric('TouchHits', 'Count', counted('touch_hits')),
  metric('TouchMisses', 'Count', counted('touch_misses')),
  metric('CasHits', 'Count', counted('cas_hits')),
  metric('CasMisses', 'Count', counted('cas_misses')),
  metric('CasBadval', 'Count', counted('cas_badval')),
  metric('Evictions', 'Count', counted('evictions')),
  metric('Reclaimed', 'Count', counted('reclaimed')),
  metric('CurrItems', 'Count', now('curr_items')),
  metric('NetworkBytesIn', 'Bytes', counted('bytes_read')),
  metric('NetworkBytesOut', 'Bytes', counted('bytes_written')),
]

const never: Source = () => 0

/** "ElastiCache uses two to three of the connections to monitor the cluster" (guide). */
const MONITORING_CONNECTIONS = 2

/** Of each node of a cluster; dimensions CacheClusterId and CacheNodeId, and of all its nodes CacheClusterId alone. */
const NODE_METRICS: readonly Metric[] = [
  metric('CPUUtilization', 'Percent', derived(cpuUtilization)),
  metric('FreeableMemory', 'Bytes', derived(freeableMemory)),
  metric('SwapUsage', 'Bytes', now('swap_bytes')),
  metric('NetworkMaxBytesIn', 'Bytes', derived(burst('burst_bytes_in', 'bytes_read'))),
  metric('NetworkMaxBytesOut', 'Bytes', derived(burst('burst_bytes_out', 'bytes_written'))),
  metric('NetworkPacketsIn', 'Count', counted('packets_in')),
  metric('NetworkPacketsOut', 'Count', counted('packets_out')),
  metric('NetworkMaxPacketsIn', 'Count', derived(burst('burst_packets_in', 'packets_in'))),
  metric('NetworkMaxPacketsOut', 'Count', derived(burst('burst_packets_out', 'packets_out'))),
  // What the network of an instance type shapes; nothing shapes traffic here, so that nothing is ever exceeded.
  metric('NetworkBandwidthInAllowanceExceeded', 'Count', never),
  metric('NetworkBandwidthOutAllowanceExceeded', 'Count', never),
  metric('NetworkPacketsPerSecondAllowanceExceeded', 'Count', never),
  metric('NetworkConntrackAllowanceExceeded', 'Count', never),
  ...COMMANDS,
  metric('CurrConnections', 'Count', derived(totalConnections)),
  metric('BytesReadIntoMemcached', 'Bytes', counted('bytes_read')),
  metric('BytesUsedForCacheItems', 'Bytes', now('bytes')),
  metric('BytesWrittenOutFromMemcached', 'Bytes', counted('bytes_written')),
  metric('BytesUsedForHash', 'Bytes', now('hash_bytes')),
  metric('CmdConfigGet', 'Count', counted('cmd_config_get')),
  metric('CmdConfigSet', 'Count', counted('cmd_config_set')),
  metric('CurrConfig', 'Count', now('curr_config')),
  metric('EvictedUnfetched', 'Count', counted('evicted_unfetched')),
  metric('ExpiredUnfetched', 'Count', counted('expired_unfetched')),
  // `stats` tells only where slab_reassign is on; elsewhere none are moved.
  metric(
    'SlabsMoved',
    'Count',
    derived(({ grown }) => grown('slabs_moved') || 0),
  ),
  // "This is always at least 1 because of the connection reserved for ElastiCache" (guide); nothing here connects for it.
  metric(
    'NewConnections',
    'Count',
    derived(({ grown }) => Math.max(1, grown('total_connections'))),
  ),
  metric('NewItems', 'Count', counted('total_items')),
  metric(
    'UnusedMemory',
    'Bytes',
    derived(({ now }) => now('limit_maxbytes') - now('bytes')),
  ),
]

/** Of a serverless cache; dimension clusterId. */
const SERVERLESS_METRICS: readonly Metric[] = [
  metric('BytesUsedForCache', 'Bytes', now('bytes')),
  metric('ElastiCacheProcessingUnits', 'Count', counted('ecpus')),
  // Of each minute the mean of its requests: their number is not kept, so that SampleCount counts minutes.
  metric('SuccessfulReadRequestLatency', 'Microseconds', derived(mean('read_micros', 'reads'))),
  metric('SuccessfulWriteRequestLatency', 'Microseconds', derived(mean('write_micros', 'writes'))),
  metric('TotalCmdsCount', 'Count', counted('commands')),
  metric('ThrottledCmds', 'Count', counted('throttled_cmds')),
  metric('NewConnections', 'Count', counted('total_connections')),
  ...COMMANDS,
  metric('CurrConnections', 'Count', now('curr_connections')),
]

export const metricsOf = (kind: 'node' | 'serverless'): readonly Metric[] =>
  kind === 'node' ? NODE_METRICS : SERVERLESS_METRICS

/** Of nodes of burstable types, computed from their CPUUtilization when asked for. */
export const CREDIT_METRICS: readonly (Omit<Metric, 'source'> & { readonly of: (sample: CreditSample) => number })[] = [
  { name: 'CPUCreditUsage', unit: 'Count', of: ({ usage }) => usage },
  { name: 'CPUCreditBalance', unit: 'Count', of: ({ balance }) => balance },
]

/** Of the cores there are for a node: of an embedded one the single thread it shares with others, of a real one its threads. */
function cpuUtilization({ grown, now, seconds }: Minute): number {
  return Math.min(100, (100 * grown('cpu_seconds')) / (seconds * now('cpu_cores')))
}

/**
 * Those of clients, those that monitor the cluster, and twice the threads of the node type that memcached has inside: "the
 * total connections is the sum" (guide). `stats` of the node counts clients only.
 */
function totalConnections({ now }: Minute): number {
  return now('curr_connections') + MONITORING_CONNECTIONS + 2 * now('threads')
}

/** What the node may take of memory, less what it has taken; of one that does not tell, what its items take. */
function freeableMemory({ now }: Minute): number {
  const taken = now('memory_bytes')
  return Math.max(0, now('limit_maxbytes') - (Number.isNaN(taken) ? now('bytes') : taken))
}

/** The most in a second is never more than in the whole minute: what the last sixty seconds saw may lie before it. */
function burst(most: Parameters<Minute['now']>[0], total: Parameters<Minute['grown']>[0]) {
  return ({ now, grown }: Minute): number => Math.min(now(most), grown(total))
}

/** Of none there is no mean. */
function mean(total: Parameters<Minute['grown']>[0], count: Parameters<Minute['grown']>[0]) {
  return ({ grown }: Minute): number => (grown(count) > 0 ? grown(total) / grown(count) : Number.NaN)
}
