/**
 * Scaling a cluster to another node type (guide, "On-demand scaling for Memcached clusters"): batch by batch, each node that
 * is scaled starts empty. Other engine versions than these need a new cluster.
 */

import { type NodeType, nodeTypes } from '../../../api/catalog/node-types.ts'
import { isAtLeast } from '../../../api/catalog/versions.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import { releaseOf } from '../../families/families.ts'
import type { Release } from '../../families/family.ts'
import type { CacheClusterRecord, PendingChanges, ScaleConfig } from '../../store/records.ts'
import { DEFAULT_SCALE_CONFIG } from './plan.ts'
import { readNetwork, readNodeType, readTls } from './rules.ts'

const PERCENTAGE = { least: 10, most: 100 }
const MINUTES = { least: 2, most: 30 }

type ModifyInput = Input<'ModifyCacheCluster'>
type TypeChange = Pick<PendingChanges, 'nodeType' | 'scaleConfig'>

/** What is pending of another node type after this request; `version` is the one the cluster will have by then. */
export function readTypeChange(input: ModifyInput, cluster: CacheClusterRecord, version: string): TypeChange {
  const { nodeType: pending, scaleConfig } = cluster.pending
  const { CacheNodeType: name, ScaleConfig } = input
  if (name === undefined) {
    if (ScaleConfig) throw new Fault('InvalidParameterCombination', 'ScaleConfig needs CacheNodeType.')
    return { ...(pending && { nodeType: pending }), ...(scaleConfig && { scaleConfig }) }
  }
  if (name === cluster.nodeType) return {}
  if (!nodeTypes.has(name)) throw new Fault('InvalidParameterValue', `Invalid cache node type: ${name}.`)
  const release = releaseOf(cluster, version)
  if (!canScale(release)) {
    throw new Fault('InvalidParameterCombination', `Scaling is not supported for engine ${cluster.engine}`)
  }
  refuseUnfit(readNodeType(name, release), cluster, release)
  return { nodeType: name, scaleConfig: readScaleConfig(ScaleConfig) }
}

const canScale = ({ family, version }: Release) => isAtLeast(version, family.engine.scalingSince)

/** Types a cluster can be scaled to as it is, sorted by their names. */
export function scalableTypes(cluster: CacheClusterRecord): readonly NodeType[] {
  if (!canScale(releaseOf(cluster))) return []
  return [...nodeTypes.values()].filter((type) => type.name !== cluster.nodeType && isFit(type, cluster)).sort(byName)
}

const byName = (a: NodeType, b: NodeType) => (a.name < b.name ? -1 : 1)

function isFit({ name }: NodeType, cluster: CacheClusterRecord): boolean {
  try {
    const release = releaseOf(cluster)
    refuseUnfit(readNodeType(name, release), cluster, release)
    return true
  } catch (error) {
    if (error instanceof Fault) return false
    throw error
  }
}

/** The cluster keeps its network type and its encryption, which not every type has. */
function refuseUnfit(type: NodeType, cluster: CacheClusterRecord, release: Release): void {
  const { networkType: NetworkType, ipDiscovery: IpDiscovery, tls } = cluster
  readNetwork({ NetworkType, IpDiscovery }, release, type, true)
  readTls(tls, release, type)
}

function readScaleConfig(config: ModifyInput['ScaleConfig']): ScaleConfig {
  return {
    percentage: within('ScalePercentage', config?.ScalePercentage ?? DEFAULT_SCALE_CONFIG.percentage, PERCENTAGE),
    intervalMinutes: within(
      'ScaleIntervalMinutes',
      config?.ScaleIntervalMinutes ?? DEFAULT_SCALE_CONFIG.intervalMinutes,
      MINUTES,
    ),
  }
}

function within(name: string, value: number, { least, most }: { least: number; most: number }): number {
  if (value >= least && value <= most) return value
  throw new Fault('InvalidParameterValue', `Invalid value ${value} for ${name}. Must be between ${least} and ${most}`)
}
