import { NAMESPACE } from '../../api/catalog/metrics.ts'
import type { RecordedMetric } from '../metrics/recorder.ts'
import { firstOf, hasDimension, type MetricsContext, MINUTE_MS, tokenOf } from './lookup.ts'
import type { ListMetricsInput } from './model.ts'

const METRICS_A_PAGE = 500
const ACTIVE_MINUTES = 180

export function ListMetrics(input: ListMetricsInput, { metrics, account, now }: MetricsContext): object {
  const { Namespace, MetricName, Dimensions = [], RecentlyActive, OwningAccount } = input
  if (OwningAccount !== undefined && OwningAccount !== account) return { Metrics: [] }
  if (Namespace !== undefined && Namespace !== NAMESPACE) return { Metrics: [] }
  const minute = Math.floor(now / MINUTE_MS)
  const fits = (metric: RecordedMetric) =>
    (MetricName === undefined || metric.name === MetricName) &&
    Dimensions.every((wanted) => hasDimension(metric, wanted)) &&
    (RecentlyActive === undefined || hasSamples(metric, minute - ACTIVE_MINUTES, minute + 1))
  const all = [...metrics()].filter(fits)
  const first = firstOf(input.NextToken)
  const page = all.slice(first, first + METRICS_A_PAGE)
  return {
    Metrics: page.map(({ name, dimensions }) => ({
      Namespace: NAMESPACE,
      MetricName: name,
      Dimensions: dimensions,
    })),
    ...(first + page.length < all.length && { NextToken: tokenOf(first + page.length) }),
    ...(input.IncludeLinkedAccounts === true && { OwningAccounts: page.map(() => account) }),
  }
}

function hasSamples(metric: RecordedMetric, from: number, to: number): boolean {
  let found = false
  metric.each(from, to, () => {
    found = true
  })
  return found
}
