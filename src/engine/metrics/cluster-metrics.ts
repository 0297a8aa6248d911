import type { RecordedMetric } from './recorder.ts'

const CLUSTER = 'CacheClusterId'

/**
 * The metrics of whole clusters, under CacheClusterId alone: every node's sample of a minute is a sample of the cluster, so
 * that Sum is what its nodes counted together and Average is that of a node. Of caches, which are one, there are none.
 */
export function* clusterMetrics(metrics: Iterable<RecordedMetric>): Generator<RecordedMetric> {
  const found = new Map<string, RecordedMetric[]>()
  for (const metric of metrics) {
    const cluster = metric.dimensions.find(({ Name }) => Name === CLUSTER)?.Value
    if (cluster === undefined) continue
    const key = `${cluster} ${metric.name}`
    const nodes = found.get(key)
    if (nodes) nodes.push(metric)
    else found.set(key, [metric])
  }
  for (const nodes of found.values()) {
    const [{ dimensions, name, unit }] = nodes as [RecordedMetric] // at least one
    yield {
      dimensions: dimensions.filter(({ Name }) => Name === CLUSTER),
      name,
      unit,
      each: (from, to, take) => eachOf(nodes, from, to, take),
    }
  }
}

function eachOf(
  nodes: readonly RecordedMetric[],
  from: number,
  to: number,
  take: Parameters<RecordedMetric['each']>[2],
) {
  const minutes = new Map<number, number[]>()
  for (const node of nodes) {
    node.each(from, to, (minute, value) => {
      const values = minutes.get(minute)
      if (values) values.push(value)
      else minutes.set(minute, [value])
    })
  }
  for (const [minute, values] of [...minutes].sort(([a], [b]) => a - b)) for (const value of values) take(minute, value)
}
