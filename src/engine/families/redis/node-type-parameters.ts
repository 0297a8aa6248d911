/** Parameters of Redis OSS and Valkey that depend on the node type, in the words of the API. */
import type { NodeTypeParameter } from '../parameter.ts'

/** From then on replicas are no longer called slaves. */
const REPLICAS_SINCE = '5.0.0'

const bytes = (
  name: string,
  description: string,
  value: NodeTypeParameter['value'],
  lifespan: Pick<NodeTypeParameter, 'since' | 'until'> = {},
): NodeTypeParameter => ({ name, description, allowed: '0-', change: 'immediate', value, ...lifespan })

const limits = (word: 'Replica' | 'Slave', lifespan: Pick<NodeTypeParameter, 'since' | 'until'>): NodeTypeParameter[] =>
  (['hard', 'soft'] as const).map((kind) =>
    bytes(
      `client-output-buffer-limit-${word.toLowerCase()}-${kind}-limit`,
      `${word} client output buffer ${kind} limit in bytes.`,
      ({ replicaBuffer }) => String(replicaBuffer),
      lifespan,
    ),
  )

export const NODE_TYPE_PARAMETERS: readonly NodeTypeParameter[] = [
  ...limits('Replica', { since: REPLICAS_SINCE }),
  ...limits('Slave', { until: REPLICAS_SINCE }),
  bytes('maxmemory', 'The maximum configurable amount of memory to use to store items, in bytes.', ({ maxmemory }) =>
    String(maxmemory),
  ),
]
