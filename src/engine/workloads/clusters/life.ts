import type { EventFacts } from '../../../api/catalog/events.ts'
import { zoneWithoutCapacity } from '../../faults/refusals.ts'
import { RETRY_MS, type Round } from '../../lifecycle/loops.ts'
import type { Life } from '../../lifecycle/runner.ts'
import type { Setback } from '../../lifecycle/setbacks.ts'
import { type Claim, claimsOf } from '../../network/ports.ts'
import { clusterZones, lostSubnets, placeNodes } from '../../network/subnet-groups.ts'
import { type Failure, isIncompatible } from '../../nodes/failure.ts'
import type { Deployment } from '../../nodes/wanted.ts'
import { valuesForCluster } from '../../parameters/groups.ts'
import { withCuredNodes, withValuesTakenOver } from '../../parameters/status.ts'
import type { CacheClusterRecord, Place } from '../../store/records.ts'
import { deploymentOf, type LifeTools } from '../workload.ts'
import { type ClusterWork, clusters } from './cluster.ts'
import { commitCluster } from './commit.ts'
import { scaleOutZones } from './placement.ts'
import { planChanges } from './plan.ts'
import { beginUpdate } from './service-updates.ts'
import { placesNeeded, takeNoAddresses, takeStep, withDueDate } from './steps.ts'

/** What becomes of clusters, besides that their nodes follow. */
export class ClusterLife implements Life<'cluster', ClusterWork> {
  readonly kind = 'cluster'
  readonly noun = 'cluster'
  readonly next = clusters.next
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  deploymentOf(cluster: CacheClusterRecord): Deployment {
    return deploymentOf(clusters, cluster, this.#tools.store)
  }

  /** Of a cluster that is being deleted, or never came to be, nothing is to run any more. */
  needsToRun({ status }: CacheClusterRecord): boolean {
    return status !== 'deleting' && status !== 'create-failed'
  }

  prepare(cluster: CacheClusterRecord): boolean {
    const cured = withCuredNodes(cluster)
    if (cured !== cluster) this.#commit(cluster, cured, [])
    return cured !== cluster
  }

  settle(cluster: CacheClusterRecord): Round | undefined {
    const settled = withValuesTakenOver(cluster)
    if (settled !== cluster) {
      this.#commit(cluster, settled, [{ kind: 'parameters-applied', group: cluster.parameterGroup }])
      return 'again'
    }
    if (cluster.status === 'create-failed' || this.#isWithoutSubnet(cluster)) return 'done'
    if (cluster.status === 'incompatible-network' && cluster.created) {
      this.#commit(cluster, { ...cluster, status: 'available' }, [{ kind: 'reachable-again' }])
      return 'again'
    }
    return undefined
  }

  /** Whether nodes are in a subnet that is gone: incompatible-network until it is back (guide, "Node status"). */
  #isWithoutSubnet(cluster: CacheClusterRecord): boolean {
    const lost = lostSubnets(
      this.#tools.store,
      cluster.region,
      cluster.nodes.map(({ subnetId }) => subnetId),
    )
    if (lost.length === 0 || cluster.steps.length > 0) return false
    if (cluster.status === 'available') {
      const event: EventFacts = { kind: 'subnets-gone', subnets: lost.join(', '), subnetGroup: cluster.subnetGroup }
      this.#commit(cluster, { ...cluster, status: 'incompatible-network' }, [event])
    }
    return true
  }

  async carryOut(cluster: CacheClusterRecord, work: ClusterWork): Promise<Round> {
    if (work.do === 'step') return this.#takeStep(cluster)
    const now = this.#tools.clock.now()
    if (work.do === 'announce-updates') this.#commit(cluster, work.news.cluster, work.news.events)
    if (work.do === 'begin-pending-changes') this.#beginPendingChanges(cluster)
    if (work.do === 'begin-update') this.#commit(cluster, beginUpdate(work.update, cluster, 'system', now), [])
    return 'again'
  }

  async #takeStep(cluster: CacheClusterRecord): Promise<Round> {
    const { store, clock, ports } = this.#tools
    const places = await ports.place(placesNeeded(cluster), cluster.requestedPort, cluster.networkType)
    try {
      // Tags may have changed meanwhile; nothing else can while steps remain.
      const current = store.get('cluster', cluster.region, cluster.id)
      const [step] = cluster.steps
      if (!current || current.steps[0] !== step) return 'again'
      const placed = placeNodes(store, current, step?.do === 'start-nodes' ? step.zones : [])
      if ('fullZone' in placed) return this.#withoutAddresses(current, placed.fullZone)
      const valuesOf = (group: string) => valuesForCluster(store, current, group)
      const { cluster: next, events } = takeStep(current, { now: clock.now(), places, valuesOf, ...placed })
      this.#commit(current, next && this.#withDueDate(next), events)
      return 'again'
    } finally {
      ports.release(claimed(cluster, places))
    }
  }

  /** A scale-out ends here; a creation goes on once there are addresses, which takes a later look. */
  #withoutAddresses(cluster: CacheClusterRecord, zone: string): Round {
    const { cluster: next, events } = takeNoAddresses(cluster, zone)
    if (events.length > 0) this.#commit(cluster, next, events)
    return next?.status === 'incompatible-network' ? { until: this.#tools.clock.now() + RETRY_MS } : 'again'
  }

  #withDueDate(cluster: CacheClusterRecord): CacheClusterRecord {
    const { clock, pace } = this.#tools
    return withDueDate(cluster, pace, clock.now())
  }

  /** Pending changes become steps. */
  #beginPendingChanges(cluster: CacheClusterRecord): void {
    if (this.#failsToScale(cluster)) return
    const { steps, events } = planChanges(
      cluster,
      cluster.pending,
      scaleOutZones(cluster, cluster.pending, clusterZones(this.#tools.store, cluster)),
    )
    const begun: CacheClusterRecord = { ...cluster, status: 'modifying', pendingDue: null, steps }
    this.#commit(cluster, this.#withDueDate(begun), events)
  }

  /** There may be no nodes of the type any more that a cluster was to get in its window; the other changes are made. */
  #failsToScale(cluster: CacheClusterRecord): boolean {
    const { store } = this.#tools
    const { nodeType, scaleConfig: _, ...pending } = cluster.pending
    const zones = cluster.nodes.map(({ zone }) => zone)
    const zone = nodeType && zoneWithoutCapacity(zones, nodeType, { store, region: cluster.region })
    if (!zone) return false
    const event: EventFacts = { kind: 'type-not-scaled', fromType: cluster.nodeType, toType: nodeType, zone }
    const pendingDue = Object.keys(pending).length > 0 ? cluster.pendingDue : null
    this.#commit(cluster, { ...cluster, pending, pendingDue }, [event])
    return true
  }

  /** A node that never was advertised may move to another port; what clients already know must stay where it is. */
  async mend(cluster: CacheClusterRecord, failures: readonly Failure[]): Promise<Round> {
    const { store, ports, clock, log } = this.#tools
    const movable = failures.filter(
      ({ subject, code }) => code === 'EADDRINUSE' && isUnknownToClients(cluster, subject),
    )
    if (movable.length > 0) {
      const free = await ports.place(movable.length, cluster.requestedPort, cluster.networkType)
      if (store.get('cluster', cluster.region, cluster.id) !== cluster) {
        ports.release(claimed(cluster, free))
        return 'again'
      }
      const moved = movable.reduce(
        (record, { subject }, index) => moveTo(record, subject, free[index] as Place), // as many as are moved
        cluster,
      )
      this.#commit(cluster, moved, [])
      ports.release(claimed(cluster, free))
      return 'again'
    }
    const incompatible = failures.filter(isIncompatible)
    if (incompatible.length > 0) return this.#isIncompatible(cluster, incompatible)
    for (const { subject, port, code } of failures) {
      log(`cluster ${cluster.region}/${cluster.id}: ${subject} on port ${port}: ${code}`)
    }
    if (cluster.status === 'available') {
      const lostPorts = failures.map(({ subject, port, code }) => ({ subject, port, code }))
      this.#commit(cluster, { ...cluster, status: 'incompatible-network' }, [{ kind: 'ports-lost', lostPorts }])
    }
    return { until: clock.now() + RETRY_MS }
  }

  /**
   * Nodes end again and again: a creation has failed, and what was there is incompatible-network, as AWS has no other word for a
   * cluster that is there and does not answer.
   */
  despair(cluster: CacheClusterRecord, { inARow, why }: Setback): void {
    const { region, id, created, status } = cluster
    this.#tools.log(`cluster ${region}/${id}: ended ${inARow} times in a row: ${why}`)
    if (status === 'incompatible-network' && created) return
    const after: CacheClusterRecord = created
      ? { ...cluster, status: status === 'available' ? 'incompatible-network' : status }
      : { ...cluster, status: 'create-failed', nodes: [], discovery: null, steps: [] }
    const kind = created ? 'nodes-not-running' : 'nodes-not-created'
    this.#commit(cluster, after, [{ kind, why, times: inARow }])
  }

  /** Nodes that cannot start with their parameters: nothing goes on until the group is changed, which wakes the cluster. */
  #isIncompatible(cluster: CacheClusterRecord, failures: readonly Failure[]): Round {
    if (cluster.status !== 'incompatible-parameters') {
      const events = failures.map(
        ({ subject, message: why }): EventFacts => ({ kind: 'node-incompatible', subject, why }),
      )
      this.#commit(cluster, { ...cluster, status: 'incompatible-parameters' }, events)
    }
    return 'done'
  }

  #commit(before: CacheClusterRecord, after: CacheClusterRecord | null, events: readonly EventFacts[]): void {
    const { store, clock } = this.#tools
    commitCluster(store, before, after, events, clock.now())
  }
}

const isUnknownToClients = (cluster: CacheClusterRecord, subject: string): boolean =>
  cluster.status === 'creating' || cluster.nodes.some(({ id, status }) => id === subject && status === 'creating')

const claimed = ({ networkType }: CacheClusterRecord, places: readonly Place[]): Claim[] =>
  places.flatMap((place) => claimsOf(place, networkType))

const moveTo = (cluster: CacheClusterRecord, subject: string, place: Place): CacheClusterRecord =>
  subject === 'endpoint'
    ? { ...cluster, discovery: cluster.discovery && { ...cluster.discovery, ...place } }
    : { ...cluster, nodes: cluster.nodes.map((node) => (node.id === subject ? { ...node, ...place } : node)) }
