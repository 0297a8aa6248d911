import { serverlessKey } from '../nodes/serverless-fleet.ts'
import type { Store } from '../store/store.ts'

export interface Dimension {
  readonly Name: string
  readonly Value: string
}

/** What has metrics: a node of a cluster, or a serverless cache. */
export interface Subject {
  /** The runtime's: `us-west-2/shop/0001`. */
  readonly key: string
  readonly region: string
  readonly kind: 'node' | 'serverless'
  /** As CloudWatch has them: CacheClusterId and CacheNodeId, or clusterId. */
  readonly dimensions: readonly Dimension[]
  /** Of nodes. */
  readonly nodeType?: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export function subjectsOf(store: Store): Subject[] {
  const nodes = store.all('cluster').flatMap(({ region, id, nodeType, nodes }) =>
    nodes.map(
      (node): Subject => ({
        key: `${region}/${id}/${node.id}`,
        region,
        kind: 'node',
        dimensions: [
          { Name: 'CacheClusterId', Value: id },
          { Name: 'CacheNodeId', Value: node.id },
        ],
        nodeType,
        createdAt: node.createdAt,
      }),
    ),
  )
  const caches = store.all('serverlessCache').map(
    (cache): Subject => ({
      key: serverlessKey(cache),
      region: cache.region,
      kind: 'serverless',
      dimensions: [{ Name: 'clusterId', Value: cache.id }],
      createdAt: cache.createdAt,
    }),
  )
  return [...nodes, ...caches]
}
