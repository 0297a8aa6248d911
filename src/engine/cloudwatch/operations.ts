import { ListMetrics } from './list-metrics.ts'
import type { MetricsContext } from './lookup.ts'
import { GetMetricData } from './metric-data.ts'
import { GetMetricStatistics } from './metric-statistics.ts'
import type { CloudWatchOperation } from './model.ts'

/** Each takes the typed input of its operation. Sync, as everything that answers from memory. */
export const operations: Readonly<Record<CloudWatchOperation, (input: never, context: MetricsContext) => object>> = {
  GetMetricStatistics,
  GetMetricData,
  ListMetrics,
}
