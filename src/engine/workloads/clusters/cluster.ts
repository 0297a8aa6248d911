import { discoveryPayload } from '../../../discovery/encode.ts'
import type { ServiceUpdate } from '../../catalog/service-updates.ts'
import { familyOfEngine } from '../../families/families.ts'
import {
  certificateOf,
  discoveryDelay,
  faultsOfCluster,
  frozenList,
  impairmentOf,
  isDown,
  isMute,
} from '../../faults/effects.ts'
import { claimsOf } from '../../network/ports.ts'
import { ingressOf } from '../../network/security-groups.ts'
import { listenAddresses } from '../../nodes/addresses.ts'
import { nameOf, type WantedList, type WantedNode, type WantedPrograms } from '../../nodes/wanted.ts'
import { typeOfNode } from '../../parameters/node-type.ts'
import { nodeValues, whyNodeCannotRun } from '../../parameters/status.ts'
import type { CacheClusterRecord, CacheNodeRecord, FaultRecord } from '../../store/records.ts'
import { nextStep, type StepWork, type Workload } from '../workload.ts'
import { certificateNames, discoveryMembers, namesOf } from './names.ts'
import { tellsNodes } from './record.ts'
import { announceUpdates, nextAutomaticUpdate, nextRelease, type UpdateNews } from './service-updates.ts'

/** What a cluster without steps may have to be done with, besides. */
export type ClusterWork =
  | StepWork
  | { readonly do: 'announce-updates'; readonly news: UpdateNews }
  /** The maintenance window has begun for which they wait. */
  | { readonly do: 'begin-pending-changes' }
  /** It is applied by itself, for no user has applied it (guide, "Service updates"). */
  | { readonly do: 'begin-update'; readonly update: ServiceUpdate }

export const clusters: Workload<CacheClusterRecord, ClusterWork> = {
  kind: 'cluster',

  next(cluster, now) {
    if (cluster.steps.length > 0) return nextStep(cluster, now)
    if (cluster.status !== 'available') return undefined
    const news = announceUpdates(cluster, now)
    if (news) return { do: 'announce-updates', news }
    const { pendingDue } = cluster
    const update = pendingDue === null ? nextAutomaticUpdate(cluster, now) : undefined
    const due = pendingDue ?? update?.due ?? Number.POSITIVE_INFINITY
    if (due > now) return { until: Math.min(due, nextRelease(now)) }
    return update ? { do: 'begin-update', update: update.update } : { do: 'begin-pending-changes' }
  },

  faultsOf: (cluster, faults) => (faults.length === 0 ? faults : faultsOfCluster(faults, cluster)),

  nodesOf(cluster, faults) {
    const list = listOf(cluster)
    return nodesThatRun(cluster, faults).map((node) => ({
      ...wanted(cluster, node),
      impairment: impairmentOf(faults, node),
      ...(list !== undefined && { list: listFor(node, cluster, list, faults) }),
    }))
  },

  endpointsOf(cluster, faults) {
    const { discovery, networkType } = cluster
    if (!discovery) return []
    const addresses = listenAddresses(networkType, discovery)
    return [{ name: 'endpoint', port: discovery.port, addresses, nodes: answering(cluster, faults) }]
  },

  namesOf: (cluster, faults) => namesOf(cluster, answering(cluster, faults)),

  certificateOf: (cluster, faults) =>
    cluster.tls ? { kind: certificateOf(faults), ...certificateNames(cluster) } : null,

  ingressOf: ({ region, securityGroupIds, requestedPort }, store) =>
    ingressOf(store, region, securityGroupIds, requestedPort),

  claimsOf: ({ discovery, nodes, networkType }) =>
    [...(discovery ? [discovery] : []), ...nodes].flatMap((place) => claimsOf(place, networkType)),

  subjectsOf: ({ region, id, engine, nodeType, nodes }) =>
    nodes.map((node) => ({
      key: nameOf({ region, kind: 'cluster', id, node: node.id }),
      region,
      kind: familyOfEngine(engine).metrics.name,
      dimensions: [
        { Name: 'CacheClusterId', Value: id },
        { Name: 'CacheNodeId', Value: node.id },
      ],
      nodeType,
      createdAt: node.createdAt,
    })),
}

/** Nodes that may answer on the configuration endpoint, while it is so those that clients hear. */
function answering(cluster: CacheClusterRecord, faults: readonly FaultRecord[]): readonly string[] {
  const running = nodesThatRun(cluster, faults)
  const heard = running.filter((node) => !isMute(faults, node))
  return (heard.length > 0 ? heard : running)
    .filter(({ advertised, status }) => advertised && status !== 'deleting')
    .map(({ id }) => id)
}

/** Bytes for items of a node: what its type has, less the overhead for connections. */
export const itemBytes = (cluster: CacheClusterRecord, node: CacheNodeRecord): number =>
  familyOfEngine(cluster.engine).memoryForItems(
    nodeValues(cluster, node),
    cluster.engineVersion,
    typeOfNode(cluster, node),
  )

/** A cluster that is being deleted has stopped answering before it leaves the list; one that never came to be has no nodes. */
const nodesThatRun = (cluster: CacheClusterRecord, faults: readonly FaultRecord[]): readonly CacheNodeRecord[] =>
  cluster.status === 'deleting' ? [] : cluster.nodes.filter((node) => !isDown(faults, node))

function wanted(cluster: CacheClusterRecord, node: CacheNodeRecord): Omit<WantedNode, 'impairment'> {
  const obstacle = whyNodeCannotRun(cluster, node)
  return {
    node: node.id,
    incarnation: node.incarnation,
    ports: [node.port],
    addresses: listenAddresses(cluster.networkType, node),
    engineVersion: cluster.engineVersion,
    memoryLimit: itemBytes(cluster, node),
    threads: typeOfNode(cluster, node).threads,
    programs: programsOf(cluster, node),
    ...(cluster.nodeRuntime && { nodeRuntime: cluster.nodeRuntime }),
    ...(obstacle !== undefined && { obstacle }),
  }
}

function programsOf(cluster: CacheClusterRecord, node: CacheNodeRecord): WantedPrograms {
  const { embedded, process } = familyOfEngine(cluster.engine).programs
  const values = nodeValues(cluster, node)
  return {
    ...(embedded && { embedded: embedded.settings(values, cluster.engineVersion) }),
    ...(process && { process: process.settings(values, cluster.engineVersion) }),
  }
}

/** What is true of its nodes, those that are down among them: the others cannot know. Undefined before they are ready. */
const listOf = (cluster: CacheClusterRecord): string | undefined =>
  tellsNodes(cluster.discovery)
    ? discoveryPayload(cluster.discovery.version, discoveryMembers(cluster)).toString('latin1')
    : undefined

function listFor(
  node: CacheNodeRecord,
  { nodes }: CacheClusterRecord,
  list: string,
  faults: readonly FaultRecord[],
): WantedList {
  const frozen = frozenList(faults, node)
  if (frozen !== undefined) return { text: Buffer.from(frozen, 'base64').toString('latin1'), delayMs: 0 }
  return { text: list, delayMs: discoveryDelay(faults, nodes.indexOf(node), nodes.length) }
}
