/** Samples of a cluster's metrics, node by node. */
import { NAMESPACE, unitOf } from '../../api/catalog/metrics.ts'
import type { CloudWatchClient, Dimension, Metric } from '../target/cloudwatch-client.ts'

/** Of CloudWatch, in one call. */
const MOST_QUERIES = 500
const NODE = 'CacheNodeId'
const CLUSTER = 'CacheClusterId'
/** Instead of a node's id: all of them together, which CloudWatch has under the cluster's id alone. */
const ALL_NODES = 'all'

export type Statistic = 'Average' | 'Sum' | 'Minimum' | 'Maximum' | 'SampleCount' | `p${number}`

export interface MetricSeries {
  readonly metric: string
  readonly unit: string
  /** null: of a serverless cache, or of all nodes of a cluster together. */
  readonly node: string | null
  readonly statistic: string
  /** Seconds. */
  readonly period: number
  readonly datapoints: readonly { readonly timestamp: Date; readonly value: number }[]
}

export interface SeriesRequest {
  readonly cluster: string
  /** In any capitals; none: all. */
  readonly metrics: readonly string[]
  /** {@link ALL_NODES}: of the cluster as a whole. */
  readonly node: string | undefined
  /** Absent: what says most of each metric, see {@link usualStatistic}. */
  readonly statistic: string | undefined
  readonly start: Date
  readonly end: Date
  /** Seconds. */
  readonly period: number
}

/** Names of what there is, whether it was asked for or not, and series of what was. */
export interface FoundSeries {
  readonly known: readonly string[]
  readonly series: readonly MetricSeries[]
}

/** The series of a cluster's metrics, in as many calls as CloudWatch's limits take. Rejects with what a call fails with. */
export async function metricSeries(client: CloudWatchClient, request: SeriesRequest): Promise<FoundSeries> {
  const all = await metricsOf(client, request.cluster)
  const wanted = request.metrics.map((name) => name.toLowerCase())
  const chosen = all.filter(
    (metric) => (wanted.length === 0 || wanted.includes(metric.MetricName.toLowerCase())) && isOf(metric, request.node),
  )
  const parts = Array.from({ length: Math.ceil(chosen.length / MOST_QUERIES) }, (_, part) =>
    chosen.slice(part * MOST_QUERIES, (part + 1) * MOST_QUERIES),
  )
  const series: MetricSeries[] = []
  for (const part of parts) series.push(...(await samplesOf(client, part, request)))
  return { known: [...new Set(all.map(({ MetricName }) => MetricName))], series }
}

/** Of each member of a replication group, as a node of it: CloudWatch knows groups by their members alone. */
export async function groupSeries(
  client: CloudWatchClient,
  members: readonly string[],
  request: SeriesRequest,
): Promise<FoundSeries> {
  const wanted = members.filter((id) => request.node === undefined || id === request.node)
  const found = await Promise.all(
    wanted.map((cluster) => metricSeries(client, { ...request, cluster, node: undefined })),
  )
  return {
    known: [...new Set(found.flatMap(({ known }) => known))],
    series: found.flatMap(({ series }, at) => series.map((each) => ({ ...each, node: wanted[at] ?? null }))),
  }
}

/** Of a cluster, and of a serverless cache of that name. */
async function metricsOf(client: CloudWatchClient, cluster: string): Promise<Metric[]> {
  const found: Metric[] = []
  for (const Name of [CLUSTER, 'clusterId']) {
    let token: string | undefined
    do {
      const { Metrics = [], NextToken } = await client.call('ListMetrics', {
        Namespace: NAMESPACE,
        Dimensions: [{ Name, Value: cluster.toLowerCase() }],
        ...(token !== undefined && { NextToken: token }),
      })
      found.push(...Metrics)
      token = NextToken
    } while (token)
  }
  return found
}

async function samplesOf(
  client: CloudWatchClient,
  metrics: readonly Metric[],
  { statistic, start, end, period }: SeriesRequest,
): Promise<MetricSeries[]> {
  const statistics = metrics.map(({ MetricName }) => statistic ?? usualStatistic(MetricName))
  const points = metrics.map((): { timestamp: Date; value: number }[] => [])
  let token: string | undefined
  do {
    const { MetricDataResults = [], NextToken } = await client.call('GetMetricData', {
      MetricDataQueries: metrics.map((Metric, index) => ({
        Id: `m${index}`,
        MetricStat: { Metric, Period: period, Stat: statistics[index] ?? 'Average' },
      })),
      StartTime: Math.floor(start.getTime() / 1000),
      EndTime: Math.ceil(end.getTime() / 1000),
      ScanBy: 'TimestampAscending',
      ...(token !== undefined && { NextToken: token }),
    })
    for (const { Id, Timestamps = [], Values = [] } of MetricDataResults) {
      const own = points[Number(Id.slice(1))]
      for (const [index, seconds] of Timestamps.entries()) {
        own?.push({ timestamp: new Date(seconds * 1000), value: Values[index] ?? Number.NaN })
      }
    }
    token = NextToken
  } while (token)
  return metrics.map((metric, index) => ({
    metric: metric.MetricName,
    // GetMetricData does not tell it.
    unit: unitOf(metric.MetricName),
    node: nodeOf(metric) ?? null,
    statistic: statistics[index] ?? '',
    period,
    datapoints: points[index] ?? [],
  }))
}

/** Without a node: of each, and of a serverless cache. */
function isOf(metric: Metric, node: string | undefined): boolean {
  const isWhole = nodeOf(metric) === undefined && metric.Dimensions.some(({ Name }) => Name === CLUSTER)
  if (node === ALL_NODES) return isWhole
  return !isWhole && (node === undefined || nodeOf(metric) === node)
}

const nodeOf = ({ Dimensions }: Metric): string | undefined =>
  Dimensions.find(({ Name }: Dimension) => Name === NODE)?.Value

const LEVELS =
  /^(Curr|CPUCreditBalance|Freeable|Swap|BytesUsed|Unused|Is(Master|Primary)|MemoryFragmentation|KeysTracked|ReplicationLag|SaveInProgress|TrafficManagement)|(Latency|TTL|HealthStatus)$/

/** Levels have a mean, the most of something a maximum; what is counted adds up. */
export function usualStatistic(metric: string): Statistic {
  if (/^NetworkMax/.test(metric)) return 'Maximum'
  const isLevel = unitOf(metric) === 'Percent' || LEVELS.test(metric)
  return isLevel ? 'Average' : 'Sum'
}
