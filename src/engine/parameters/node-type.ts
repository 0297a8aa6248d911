import { type NodeType, nodeTypes } from '../../api/catalog/node-types.ts'
import type { CacheClusterRecord, CacheNodeRecord } from '../store/records.ts'

/** The type a node runs as: the cluster's, or the one the cluster is being scaled to when it is the node's turn. */
export function typeOfNode(cluster: CacheClusterRecord, { nodeType = cluster.nodeType }: CacheNodeRecord): NodeType {
  const type = nodeTypes.get(nodeType)
  if (!type) throw new Error(`unknown node type ${nodeType} in cluster ${cluster.id}`)
  return type
}
