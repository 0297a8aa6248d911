/** What the API says of clusters and their nodes that is not so where all is well. */
import type { ClusterFacts, Evidence } from '../../evidence.ts'
import type { Sign } from '../sign.ts'

/** Signs of clusters, and of single nodes. */
export const clusterSigns = ({ clusters }: Evidence): Sign[] =>
  clusters.flatMap((cluster) => [
    ...(cluster.status === 'available'
      ? []
      : [
          {
            kind: isServing(cluster.status) ? ('in-change' as const) : ('not-available' as const),
            at: cluster.id,
            sentence: `${cluster.id} is ${cluster.status}`,
          },
        ]),
    ...cluster.nodes
      .filter(({ status }) => status !== 'available')
      .map(({ id, status }) => ({
        kind: 'node-not-available' as const,
        at: nodeOf(cluster, id),
        sentence: `node ${id} of ${cluster.id} is ${status}`,
      })),
  ])

/** Clients are served meanwhile. */
export const isServing = (status: string): boolean => status === 'modifying' || status === 'snapshotting'

/** `shop 0001`. */
export const nodeOf = ({ id }: Pick<ClusterFacts, 'id'>, node: string): string => `${id} ${node}`
