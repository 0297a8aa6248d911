/**
 * How a cluster and its nodes stand to their parameter group. Pure. A node goes by the values it started with, except for
 * immediate parameters; what it started with is in its record, so that neither `kill -9` nor a lost worker lets a node come back
 * with values that wait for a reboot.
 */

import { nodeTypes } from '../../api/catalog/node-types.ts'
import { familyOfEngine } from '../families/families.ts'
import type {
  CacheClusterRecord,
  CacheNodeRecord,
  ClusterParameters,
  NodeParameters,
  ParameterValues,
  Step,
} from '../store/records.ts'
import { typeOfNode } from './node-type.ts'
import { needsReboot, needsRestart, valuesInForce } from './values.ts'

export type ApplyStatus = 'in-sync' | 'applying' | 'pending-reboot'

const NOTHING_SET: ClusterParameters = { values: {}, version: 0 }
const NOTHING_TAKEN: NodeParameters = { started: {}, version: 0 }

/** What goes by a parameter group: a cluster, a replication group. */
type Holder = Pick<CacheClusterRecord, 'engine' | 'engineVersion' | 'parameters'>

/** A node of it. */
type Taker = Pick<CacheNodeRecord, 'parameters'>

const rowsOf = ({ engine }: Pick<Holder, 'engine'>) => familyOfEngine(engine).parameters

const clusterParameters = ({ parameters = NOTHING_SET }: Pick<Holder, 'parameters'>): ClusterParameters => parameters

/** What a node that starts now takes from the cluster's group. */
export function takenAtStart(cluster: Pick<Holder, 'parameters'>): NodeParameters {
  const { values, version } = clusterParameters(cluster)
  return { started: values, version }
}

/** The values a node runs with. */
export const nodeValues = (cluster: Holder, { parameters = NOTHING_TAKEN }: Taker) =>
  valuesInForce(rowsOf(cluster), parameters.started, clusterParameters(cluster).values)

/** Whether a node goes by other values than the group's until it is rebooted. */
export const awaitsReboot = (cluster: Holder, { parameters = NOTHING_TAKEN }: Taker): boolean =>
  needsReboot(rowsOf(cluster), parameters.started, clusterParameters(cluster).values, cluster.engineVersion)

/** Whether it is to start anew for the group's values, with what it holds. */
export const awaitsRestart = (cluster: Holder, { parameters = NOTHING_TAKEN }: Taker): boolean =>
  needsRestart(rowsOf(cluster), parameters.started, clusterParameters(cluster).values, cluster.engineVersion)

/** ParameterGroupStatus of a node. */
export function nodeApplyStatus(cluster: Holder, node: Taker): ApplyStatus {
  if (isBehind(cluster, node) || awaitsRestart(cluster, node)) return 'applying'
  return awaitsReboot(cluster, node) ? 'pending-reboot' : 'in-sync'
}

/** Whether a node has yet to take over the immediate values. */
export const isBehind = (cluster: Pick<Holder, 'parameters'>, { parameters = NOTHING_TAKEN }: Taker): boolean =>
  parameters.version !== clusterParameters(cluster).version

/** A node after it took over the immediate values. */
export const takenOver = <N extends Taker>(cluster: Pick<Holder, 'parameters'>, node: N): N =>
  isBehind(cluster, node)
    ? { ...node, parameters: { ...(node.parameters ?? NOTHING_TAKEN), version: clusterParameters(cluster).version } }
    : node

/** ParameterApplyStatus of a cluster: what its nodes are, the least finished first. */
export function clusterApplyStatus(cluster: CacheClusterRecord): ApplyStatus {
  const statuses = new Set(cluster.nodes.map((node) => nodeApplyStatus(cluster, node)))
  return (['applying', 'pending-reboot'] as const).find((status) => statuses.has(status)) ?? 'in-sync'
}

/** The cluster with other values of its group, or with another group: its nodes are yet to take them over. */
export const withParameters = <C extends Pick<Holder, 'parameters'>>(
  cluster: C,
  parameterGroup: string,
  values: ParameterValues,
): C => ({
  ...cluster,
  parameterGroup,
  parameters: { values, version: clusterParameters(cluster).version + 1 },
})

/** The cluster after its nodes took over the immediate values; the same record when they had done so before. */
export function withValuesTakenOver(cluster: CacheClusterRecord): CacheClusterRecord {
  if (!cluster.nodes.some((node) => isBehind(cluster, node))) return cluster
  return { ...cluster, nodes: cluster.nodes.map((node) => takenOver(cluster, node)) }
}

/** Why a node cannot run with the values it started with, in words; undefined when it can. */
export function whyNodeCannotRun(cluster: CacheClusterRecord, node: CacheNodeRecord): string | undefined {
  const { engine, engineVersion } = cluster
  return familyOfEngine(engine).incompatibility(nodeValues(cluster, node), engineVersion, typeOfNode(cluster, node))
}

/**
 * The cluster with its nodes that cannot run started anew with today's values, once those are good; the same record otherwise.
 * "Revert or fix the parameters to regain access" (guide, "Viewing a node's status").
 */
export function withCuredNodes(cluster: CacheClusterRecord): CacheClusterRecord {
  const type = nodeTypes.get(cluster.nodeType)
  const { values } = clusterParameters(cluster)
  if (!type || familyOfEngine(cluster.engine).incompatibility(values, cluster.engineVersion, type)) return cluster
  const isSick = (node: CacheNodeRecord) => whyNodeCannotRun(cluster, node) !== undefined
  if (!cluster.nodes.some(isSick)) return cluster
  const nodes = cluster.nodes.map((node) =>
    isSick(node) ? { ...node, incarnation: node.incarnation + 1, parameters: takenAtStart(cluster) } : node,
  )
  if (cluster.status !== 'incompatible-parameters') return { ...cluster, nodes }
  // A node that was replaced has no steps that would lead back to available.
  const steps: readonly Step[] =
    cluster.steps.length > 0 ? cluster.steps : [{ do: 'nodes-restarted' }, { do: 'finish' }]
  return { ...cluster, status: 'rebooting cache cluster nodes', nodes, steps }
}
