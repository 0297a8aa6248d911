/**
 * The state machine of a cache cluster: what each step does to the record. Pure; the runner commits the result, makes the
 * nodes follow it and only then takes the next step. Every step may be repeated after a crash between commit and effect,
 * because effects are derived from the record, not from the step.
 */
import type { EventFacts } from '../../../api/catalog/events.ts'
import type { Pace } from '../../../api/local-engine.ts'
import { familyOfEngine } from '../../families/families.ts'
import { takenAtStart, withParameters } from '../../parameters/status.ts'
import type { CacheClusterRecord, CacheNodeRecord, ParameterValues, Place, Step } from '../../store/records.ts'
import { endUpdate, noteNode } from './service-updates.ts'

export interface StepContext {
  readonly now: number
  /** Free places, as many as {@link placesNeeded} said; for the configuration endpoint first when it has none. */
  readonly places: readonly Place[]
  /** A subnet for each new node, when the step starts nodes. */
  readonly subnets: readonly string[]
  /** What a parameter group sets on the cluster's nodes. */
  readonly valuesOf: (parameterGroup: string) => ParameterValues
}

export interface StepResult {
  /** null: the cluster is gone. */
  readonly cluster: CacheClusterRecord | null
  /** Oldest first. */
  readonly events: readonly EventFacts[]
}

type Take<K extends Step['do']> = (
  cluster: CacheClusterRecord,
  step: Extract<Step, { do: K }>,
  context: StepContext,
) => StepResult

/** What a step does, and how many milliseconds before it is taken once the work before it is done. */
interface Row<K extends Step['do']> {
  /** Lets a person, or a poller, see the states in between. */
  readonly quick: number
  /** Of the order the guide and its event samples show (a scale-out of three minutes). */
  readonly realistic: number
  readonly take: Take<K>
}

const after = <K extends Step['do']>(quick: number, realistic: number, take: Take<K>): Row<K> => ({
  quick,
  realistic,
  take,
})
const atOnce = <K extends Step['do']>(take: Take<K>): Row<K> => after(0, 0, take)

const STEPS: { readonly [K in Step['do']]: Row<K> } = {
  'start-nodes': atOnce((cluster, { zones }, { now, places, subnets }) => {
    const [endpoint, nodePlaces] = awaitsEndpoint(cluster) ? [places[0], places.slice(1)] : [undefined, places]
    const discovery = endpoint === undefined ? cluster.discovery : { version: 0, ...endpoint }
    const ids = freeNodeIds(cluster.nodes, zones.length)
    const added = zones.map(
      (zone, index): CacheNodeRecord => ({
        id: ids[index] as string, // ids, places and subnets: as many as zones
        zone,
        ...(nodePlaces[index] as Place), // see id
        createdAt: now,
        status: 'creating',
        advertised: false,
        incarnation: 1,
        subnetId: subnets[index] as string, // see id
        parameters: takenAtStart(cluster),
      }),
    )
    // A creation that had to wait for addresses goes on as if it had just begun.
    const status = cluster.status === 'incompatible-network' ? 'creating' : cluster.status
    return quietly({ ...cluster, status, discovery, nodes: [...cluster.nodes, ...added].sort(byId) })
  }),

  'advertise-new-nodes': after(200, 150_000, (cluster, _step, { now }) => {
    const added = cluster.nodes.filter(({ status }) => status === 'creating')
    const isFirst = !cluster.created
    return {
      cluster: {
        // A new cluster starts at 1 whatever its size; from then on the version counts nodes added and removed.
        ...withChanges(cluster, isFirst ? 1 : added.length),
        created: true,
        createdAt: isFirst ? now : cluster.createdAt,
        nodes: cluster.nodes.map((node) =>
          node.status === 'creating' ? { ...node, status: 'available', advertised: true, createdAt: now } : node,
        ),
      },
      events: [
        ...(isFirst ? [{ kind: 'cluster-created' } as const] : []),
        ...added.map(({ id: node, zone }): EventFacts => ({ kind: 'node-added', node, zone })),
      ],
    }
  }),

  'withdraw-nodes': atOnce((cluster, { ids }) =>
    quietly({
      ...withChanges(cluster, ids.length),
      nodes: cluster.nodes.map((node) =>
        ids.includes(node.id) ? { ...node, status: 'deleting', advertised: false } : node,
      ),
    }),
  ),

  'remove-withdrawn-nodes': after(400, 60_000, (cluster) => ({
    cluster: { ...cluster, nodes: cluster.nodes.filter(({ status }) => status !== 'deleting') },
    events: cluster.nodes
      .filter(({ status }) => status === 'deleting')
      .map(({ id: node, zone }) => ({ kind: 'node-removed', node, zone })),
  })),

  'restart-nodes': atOnce((cluster, { ids }) => ({
    cluster: restart(cluster, ids),
    events: ids.map(shutDown),
  })),

  'nodes-restarted': after(200, 60_000, (cluster) => ({
    cluster: restarted(cluster),
    events: cluster.nodes.filter(isRebooting).map(({ id: node }) => ({ kind: 'node-restarted', node })),
  })),

  upgrade: atOnce((cluster, { version, parameterGroup }, { valuesOf }) => {
    const ids = cluster.nodes.map(({ id }) => id)
    const regrouped = withParameters(cluster, parameterGroup, valuesOf(parameterGroup))
    return {
      cluster: { ...restart(regrouped, ids), engineVersion: version },
      events: [{ kind: 'engine-upgrading', fromVersion: cluster.engineVersion, toVersion: version }],
    }
  }),

  'scale-nodes': after(200, 0, (cluster, { ids, nodeType }) => {
    const restarting = restart(cluster, ids)
    const nodes = restarting.nodes.map((node) => (ids.includes(node.id) ? { ...node, nodeType } : node))
    return { cluster: { ...restarting, nodes }, events: ids.map(shutDown) }
  }),

  'end-scaling': atOnce((cluster, { nodeType }) => ({
    cluster: { ...cluster, nodeType, nodes: cluster.nodes.map(({ nodeType: _, ...node }) => node) },
    events: [{ kind: 'type-scaled', fromType: cluster.nodeType, toType: nodeType }],
  })),

  // Clients that poll take over a list only when its version is higher, so the switch counts as a change of version.
  'switch-discovery': after(100, 20_000, (cluster, { to }) => quietly({ ...withChanges(cluster, 1), ipDiscovery: to })),

  'update-node': after(500, 60_000, (cluster, { update, id }, { now }) => ({
    cluster: noteNode(restart(cluster, [id]), update, id, 'in-progress', now),
    events: [shutDown(id)],
  })),

  'node-updated': after(500, 60_000, (cluster, { update, id }, { now }) => ({
    cluster: noteNode(restarted(cluster), update, id, 'complete', now),
    events: [{ kind: 'node-restarted', node: id }],
  })),

  'end-update': atOnce((cluster, { update }, { now }) => quietly(endUpdate(cluster, update, now))),

  finish: after(100, 5_000, (cluster, { event }) => ({
    cluster: {
      ...cluster,
      status: 'available',
      numCacheNodes: cluster.nodes.length,
      pending: cluster.pendingDue === null ? {} : cluster.pending,
    },
    events: event ? [event] : [],
  })),

  delete: after(200, 120_000, () => ({ cluster: null, events: [{ kind: 'cluster-deleted' }] })),
}

const quietly = (cluster: CacheClusterRecord): StepResult => ({ cluster, events: [] })

const shutDown = (node: string): EventFacts => ({ kind: 'node-shut-down', node })

/** The metadata's version counts changes of what it says. */
const withChanges = (cluster: CacheClusterRecord, count: number): CacheClusterRecord => ({
  ...cluster,
  discovery: cluster.discovery && { ...cluster.discovery, version: cluster.discovery.version + count },
})

const byId = (a: CacheNodeRecord, b: CacheNodeRecord) => (a.id < b.id ? -1 : 1)

const isRebooting = ({ status }: CacheNodeRecord) => status === 'rebooting cache cluster nodes'

const restarted = (cluster: CacheClusterRecord): CacheClusterRecord => ({
  ...cluster,
  nodes: cluster.nodes.map((node) => (isRebooting(node) ? { ...node, status: 'available' } : node)),
})

const restart = (cluster: CacheClusterRecord, ids: readonly string[]): CacheClusterRecord => ({
  ...cluster,
  nodes: cluster.nodes.map((node) =>
    ids.includes(node.id)
      ? {
          ...node,
          status: 'rebooting cache cluster nodes',
          incarnation: node.incarnation + 1,
          parameters: takenAtStart(cluster),
        }
      : node,
  ),
})

/** The lowest ids not in use: a node added after 0003 was removed is 0003 again, as tools that compute ids expect. */
function freeNodeIds(nodes: readonly CacheNodeRecord[], count: number): string[] {
  const taken = new Set(nodes.map(({ id }) => id))
  const ids: string[] = []
  for (let number = 1; ids.length < count; number++) {
    const id = String(number).padStart(4, '0')
    if (!taken.has(id)) ids.push(id)
  }
  return ids
}

/**
 * What becomes of a cluster whose new nodes find no free address in `zone`. One that is being created waits as
 * incompatible-network; others stay as they are (guide, "AddCacheNodeFailed", due to insufficient free IP addresses).
 */
export function takeNoAddresses(cluster: CacheClusterRecord, zone: string): StepResult {
  const facts = { zone, subnetGroup: cluster.subnetGroup }
  if (!cluster.created) {
    return {
      cluster: { ...cluster, status: 'incompatible-network' },
      events: cluster.status === 'incompatible-network' ? [] : [{ kind: 'creation-without-addresses', ...facts }],
    }
  }
  const steps = cluster.steps
    .filter((step) => step.do !== 'start-nodes' && step.do !== 'advertise-new-nodes')
    .map((step): Step => (step.do === 'finish' ? { do: 'finish' } : step))
  return { cluster: { ...cluster, steps }, events: [{ kind: 'addition-without-addresses', ...facts }] }
}

/** Whether it is to get a configuration endpoint, which clusters have whose engine has Auto Discovery. */
const awaitsEndpoint = ({ discovery, engine }: CacheClusterRecord): boolean =>
  !discovery && familyOfEngine(engine).engine.autoDiscoverySince !== undefined

/** How many free places the cluster's next step needs. */
export function placesNeeded(cluster: CacheClusterRecord): number {
  const step = cluster.steps[0]
  if (step?.do !== 'start-nodes') return 0
  return step.zones.length + (awaitsEndpoint(cluster) ? 1 : 0)
}

/** Takes the first of the cluster's steps off the list and does it. */
export function takeStep(cluster: CacheClusterRecord, context: StepContext): StepResult {
  const [step, ...steps] = cluster.steps
  if (!step) throw new Error(`cluster ${cluster.id} has no step to take`)
  // Sound: the row is chosen by the step's own discriminant, which the compiler cannot follow through the table.
  const { take } = STEPS[step.do] as Row<Step['do']>
  return take({ ...cluster, steps }, step as never, context)
}

/** The record with the first of its steps due as late as the pace wants: until then callers see what is pending. */
export function withDueDate(cluster: CacheClusterRecord, pace: Pace, now: number): CacheClusterRecord {
  const [step] = cluster.steps
  return step ? { ...cluster, stepDue: now + delayBefore(step, pace) } : cluster
}

export function delayBefore(step: Step, pace: Pace): number {
  if (pace === 'instant') return 0
  const asked = pace === 'realistic' && step.do === 'scale-nodes' ? step.afterMinutes * 60_000 : 0
  return STEPS[step.do][pace] + asked
}
