import type { EventFacts } from '../../api/catalog/events.ts'
import { resources } from '../../api/catalog/resources.ts'
import {
  FAULT_OPTION_NAMES,
  type FaultClearance,
  type FaultOption,
  type FaultReport,
  type FaultRequest,
} from '../../api/engine-faults.ts'
import { absent, present } from '../../api/refusals.ts'
import { type NodeKey, type Owner, textOf } from '../nodes/wanted.ts'
import { takenAtStart } from '../parameters/status.ts'
import type {
  CacheClusterRecord,
  EventRecord,
  FaultOf,
  FaultRecord,
  ReplicationGroupRecord,
  ServerlessCacheRecord,
} from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../time/clock.ts'
import { namesOfOwner } from '../workloads/all.ts'
import { replacementFacts } from '../workloads/clusters/replacements.ts'
import { findMember } from '../workloads/replication-groups/find.ts'
import { readFault } from './request.ts'
import type { Things } from './target.ts'

export interface KeeperOptions {
  readonly store: Store
  readonly clock: Clock
  readonly homeRegion: string
  /** Lets the lifecycle look at records whose faults have changed. Settles when it has. */
  readonly settle: (owners: readonly Owner[]) => Promise<void>
  /** What a node answers now to `config get cluster`. */
  readonly listOf: (node: NodeKey) => string | undefined
}

/**
 * The faults in effect: records like others, so that they survive a restart, and one alarm for what of them is due next.
 * Whatever they do follows from the records (effects.ts, refusals.ts).
 */
export class FaultKeeper {
  readonly #options: KeeperOptions
  #cancel: () => void = () => {}

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** After a start: what fell due meanwhile is done. */
  resume(): void {
    this.#settleDue()
  }

  close(): void {
    this.#cancel()
  }

  /** When records may have changed elsewhere: what is due may be due at another time. */
  rearm(): void {
    this.#arm()
  }

  list(): FaultReport[] {
    this.#forgetTargetless()
    return this.#all().map(report)
  }

  /** Answers when the fault is felt. */
  async inject(request: FaultRequest): Promise<FaultReport> {
    const { store, clock, homeRegion, listOf } = this.#options
    this.#forgetTargetless()
    const read = readFault(request, {
      homeRegion,
      now: clock.now(),
      things: (region) => thingsIn(store, region),
    })
    const cluster = read.cluster === undefined ? undefined : store.get('cluster', read.region, read.cluster)
    const id = this.#freeId(read)
    const frozen =
      read.kind === 'stale-discovery' && cluster
        ? listOf({ region: cluster.region, kind: 'cluster', id: cluster.id, node: read.node })
        : undefined
    const fault: FaultRecord =
      read.kind === 'stale-dns'
        ? { ...read, id, frozen: this.#targetsOf({ ...read, id }).flatMap((owner) => namesOfOwner(owner, store)) }
        : { ...read, id, ...(frozen !== undefined && { frozen }) }
    this.#refuseSecond(fault)
    store.change((change) => {
      change.put('fault', fault)
      if (fault.kind === 'node-replacement' && cluster) {
        change.addEvent(this.#event(fault, { kind: 'replacement-scheduled', ...replacementFacts(fault, cluster) }))
      }
    })
    this.#settleDue()
    await this.#kickTargets([fault])
    return report(fault)
  }

  /** Answers when they are over. */
  async clear({ clear: ids }: FaultClearance): Promise<FaultReport[]> {
    const all = this.#all()
    const unknown = ids.filter((id) => !all.some((fault) => fault.id === id))
    if (unknown.length > 0) {
      const present = all.map(({ id }) => id).join(', ') || 'none'
      throw absent(`No such fault: ${unknown.join(', ')}. In effect: ${present}.`)
    }
    const cleared = ids.length > 0 ? all.filter(({ id }) => ids.includes(id)) : all
    for (const fault of cleared) this.#end(fault)
    this.#arm()
    await this.#kickTargets(cleared)
    return cleared.map(report)
  }

  #all(): FaultRecord[] {
    return this.#options.store.all('fault').sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
  }

  /** `delay-1`, in all regions together. */
  #freeId({ kind }: { kind: string }): string {
    const taken = new Set(this.#all().map(({ id }) => id))
    let number = 1
    while (taken.has(`${kind}-${number}`)) number++
    return `${kind}-${number}`
  }

  #refuseSecond(fault: FaultRecord): void {
    const same = this.#all().find(
      ({ kind, region, cluster, node }) =>
        ONCE.includes(kind) &&
        fault.kind === kind &&
        fault.region === region &&
        fault.cluster === cluster &&
        fault.node === node,
    )
    if (!same) return
    const what = fault.kind === 'node-replacement' ? 'scheduled for replacement' : 'down'
    throw present(`Node ${fault.node} is ${what} already (${same.id}).`)
  }

  /** What became of its cluster, or of its node, takes a fault with it. */
  #forgetTargetless(): void {
    const { store } = this.#options
    const gone = this.#all().filter((fault) => !this.#hasTarget(fault))
    if (gone.length > 0) {
      store.change((change) => {
        for (const fault of gone) {
          change.remove('fault', fault)
          if (fault.kind === 'node-replacement' && this.#clusterOf(fault)) {
            change.addEvent(this.#event(fault, { kind: 'replacement-canceled', node: fault.node }))
          }
        }
      })
    }
  }

  #hasTarget(fault: FaultRecord): boolean {
    const { cluster, serverlessCache, replicationGroup } = fault
    if (cluster !== undefined) return (this.#target(fault) ?? this.#groupOf(fault)) !== undefined
    if (serverlessCache !== undefined) return this.#cache(fault) !== undefined
    return replicationGroup === undefined || this.#groupOf(fault) !== undefined
  }

  /** The group that it is aimed at, or at a member of which. */
  #groupOf({ region, replicationGroup: id, cluster, clusterToken }: FaultRecord): ReplicationGroupRecord | undefined {
    const { store } = this.#options
    if (id !== undefined) {
      const group = store.get('replicationGroup', region, id)
      return group?.token === clusterToken ? group : undefined
    }
    const found = cluster === undefined ? undefined : findMember(cluster, { store, region })
    return found?.member.nodeId === clusterToken ? found?.group : undefined
  }

  #clusterOf({ region, cluster: id, clusterToken }: FaultRecord): CacheClusterRecord | undefined {
    const cluster = id === undefined ? undefined : this.#options.store.get('cluster', region, id)
    return cluster?.token === clusterToken ? cluster : undefined
  }

  #target(fault: FaultRecord): CacheClusterRecord | undefined {
    const { node } = fault
    const cluster = this.#clusterOf(fault)
    return node === undefined || cluster?.nodes.some((each) => each.id === node) ? cluster : undefined
  }

  #cache({ region, serverlessCache: id, clusterToken }: FaultRecord): ServerlessCacheRecord | undefined {
    const cache = id ? this.#options.store.get('serverlessCache', region, id) : undefined
    return cache?.token === clusterToken ? cache : undefined
  }

  #settleDue(): void {
    const now = this.#options.clock.now()
    this.#forgetTargetless()
    const due = this.#all().filter((fault) => (dueOf(fault) ?? Number.POSITIVE_INFINITY) <= now)
    for (const fault of due) {
      if (fault.until !== undefined && fault.until <= now) this.#end(fault)
      else if (fault.kind === 'node-crash') this.#announceReplacement(fault)
    }
    this.#arm()
    void this.#kickTargets(due)
  }

  #announceReplacement({ replacementDue: _, ...fault }: FaultOf<'node-crash'>): void {
    this.#options.store.change((change) => {
      change.put('fault', fault)
      change.addEvent(this.#event(fault, { kind: 'recovery-begun', nodes: fault.node }))
    })
  }

  /** A crashed node comes back as another: empty, with the parameters of today, under the same name and port. */
  #end(fault: FaultRecord): void {
    const { store, clock } = this.#options
    const cluster = this.#target(fault)
    store.change((change) => {
      change.remove('fault', fault)
      if (!cluster) return
      if (fault.kind !== 'node-crash' && fault.kind !== 'node-replacement') return
      if (fault.kind === 'node-replacement' && (fault.until ?? 0) > clock.now()) {
        change.addEvent(this.#event(fault, { kind: 'replacement-canceled', node: fault.node }))
        return
      }
      const nodes = cluster.nodes.map((node) =>
        node.id === fault.node
          ? { ...node, incarnation: node.incarnation + 1, parameters: takenAtStart(cluster) }
          : node,
      )
      change.put('cluster', { ...cluster, nodes })
      const isNews = fault.kind === 'node-replacement' || fault.replacementDue !== undefined
      if (isNews) change.addEvent(this.#event(fault, { kind: 'recovery-begun', nodes: fault.node }))
      change.addEvent(this.#event(fault, { kind: 'recovery-done', nodes: fault.node }))
    })
  }

  #event({ region, cluster }: FaultOf<'node-crash' | 'node-replacement'>, event: EventFacts): EventRecord {
    const date = this.#options.clock.now()
    return { region, sourceType: resources.cluster.sourceType, sourceIdentifier: cluster, event, date }
  }

  #arm(): void {
    this.#cancel()
    const next = Math.min(...this.#all().map((fault) => dueOf(fault) ?? Number.POSITIVE_INFINITY))
    this.#cancel = Number.isFinite(next) ? this.#options.clock.at(next, () => this.#settleDue()) : () => {}
  }

  async #kickTargets(faults: readonly FaultRecord[]): Promise<void> {
    const owners = faults.flatMap((fault) => this.#targetsOf(fault))
    await this.#options.settle([...new Map(owners.map((owner) => [textOf(owner), owner])).values()])
  }

  /** A fault that is aimed at nothing concerns every cluster and group of its region. */
  #targetsOf(fault: FaultRecord): Owner[] {
    const { region, cluster, serverlessCache, replicationGroup } = fault
    const { store } = this.#options
    if (serverlessCache) return [{ region, kind: 'serverlessCache', id: serverlessCache }]
    const group = this.#groupOf(fault)
    if (group) return [{ region, kind: 'replicationGroup', id: group.id }]
    if (cluster !== undefined) return [{ region, kind: 'cluster', id: cluster }]
    if (replicationGroup !== undefined) return []
    return (['cluster', 'replicationGroup'] as const).flatMap((kind) =>
      store.list(kind, region).map(({ id }) => ({ region, kind, id })),
    )
  }
}

/** A node has one of them at most. */
const ONCE: readonly FaultRecord['kind'][] = ['node-crash', 'primary-crash', 'node-replacement']

const dueOf = (fault: FaultRecord): number | undefined =>
  (fault.kind === 'node-crash' ? fault.replacementDue : undefined) ?? fault.until

function thingsIn(store: Store, region: string): Things {
  return {
    cluster: (id) => store.get('cluster', region, id),
    cache: (name) => store.get('serverlessCache', region, name),
    group(id) {
      const group = store.get('replicationGroup', region, id)
      return group?.lone ? undefined : group
    },
    member: (id) => findMember(id, { store, region }),
  }
}

const iso = (time: number): string => new Date(time).toISOString()

/** In the order in which reports have always had their members, new ones last. */
function report(fault: FaultRecord): FaultReport {
  const { region, kind, cluster, serverlessCache, replicationGroup, node, zone, since, until, id } = fault
  const told: Readonly<Record<string, unknown>> = { ...fault }
  const settings = Object.fromEntries(FAULT_OPTION_NAMES.map((option) => [option, told[option] ?? null]))
  return {
    region,
    kind,
    cluster: cluster ?? null,
    serverlessCache: serverlessCache ?? null,
    node: node ?? null,
    zone: zone ?? null,
    // Sound: a record has its options under these names, as its row says.
    ...(settings as Pick<FaultReport, FaultOption>),
    since: iso(since),
    until: until === undefined ? null : iso(until),
    id,
    replicationGroup: replicationGroup ?? null,
  }
}
