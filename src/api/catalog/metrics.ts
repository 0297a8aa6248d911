/** Metrics of ElastiCache for Memcached as CloudWatch has them (guide, "Metrics for Memcached", "Host-Level Metrics", ...). */

/** CloudWatch's name for all of them. */
export const NAMESPACE = 'AWS/ElastiCache'

/** CloudWatch's words for units. */
export type Unit = 'Bytes' | 'Count' | 'Microseconds' | 'Percent'

/** The unit of each. */
export const METRICS = {
  BytesReadIntoMemcached: 'Bytes',
  BytesUsedForCache: 'Bytes',
  BytesUsedForCacheItems: 'Bytes',
  BytesUsedForHash: 'Bytes',
  BytesWrittenOutFromMemcached: 'Bytes',
  CPUCreditBalance: 'Count',
  CPUCreditUsage: 'Count',
  CPUUtilization: 'Percent',
  CasBadval: 'Count',
  CasHits: 'Count',
  CasMisses: 'Count',
  CmdConfigGet: 'Count',
  CmdConfigSet: 'Count',
  CmdFlush: 'Count',
  CmdGet: 'Count',
  CmdSet: 'Count',
  CmdTouch: 'Count',
  CurrConfig: 'Count',
  CurrConnections: 'Count',
  CurrItems: 'Count',
  DecrHits: 'Count',
  DecrMisses: 'Count',
  DeleteHits: 'Count',
  DeleteMisses: 'Count',
  ElastiCacheProcessingUnits: 'Count',
  EvictedUnfetched: 'Count',
  Evictions: 'Count',
  ExpiredUnfetched: 'Count',
  FreeableMemory: 'Bytes',
  GetHits: 'Count',
  GetMisses: 'Count',
  IncrHits: 'Count',
  IncrMisses: 'Count',
  NetworkBandwidthInAllowanceExceeded: 'Count',
  NetworkBandwidthOutAllowanceExceeded: 'Count',
  NetworkBytesIn: 'Bytes',
  NetworkBytesOut: 'Bytes',
  NetworkConntrackAllowanceExceeded: 'Count',
  NetworkMaxBytesIn: 'Bytes',
  NetworkMaxBytesOut: 'Bytes',
  NetworkMaxPacketsIn: 'Count',
  NetworkMaxPacketsOut: 'Count',
  NetworkPacketsIn: 'Count',
  NetworkPacketsOut: 'Count',
  NetworkPacketsPerSecondAllowanceExceeded: 'Count',
  NewConnections: 'Count',
  NewItems: 'Count',
  Reclaimed: 'Count',
  SlabsMoved: 'Count',
  SuccessfulReadRequestLatency: 'Microseconds',
  SuccessfulWriteRequestLatency: 'Microseconds',
  SwapUsage: 'Bytes',
  ThrottledCmds: 'Count',
  TotalCmdsCount: 'Count',
  TouchHits: 'Count',
  TouchMisses: 'Count',
  UnusedMemory: 'Bytes',
} as const satisfies Readonly<Record<string, Unit>>

export type MetricName = keyof typeof METRICS

/** Of a metric of another engine, which has no row, the unit its name suggests. */
export function unitOf(metric: string): Unit {
  if (Object.hasOwn(METRICS, metric)) return METRICS[metric as MetricName] // the line before has looked
  if (/Latency$/.test(metric)) return 'Microseconds'
  return /Bytes|Memory|SwapUsage/.test(metric) ? 'Bytes' : 'Count'
}
