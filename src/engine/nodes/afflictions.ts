import {
  type Certificate,
  certificateOf,
  discoveryDelay,
  faultsOfCluster,
  frozenList,
  impairmentOf,
  isDown,
  isMute,
} from '../faults/effects.ts'
import type { CacheClusterRecord, FaultRecord } from '../store/records.ts'
import type { Clock } from '../time/clock.ts'
import type { KeyAndCertificate } from './authority.ts'
import type { NodeRuntime } from './runtime.ts'

export interface AfflictionOptions {
  readonly faults: (region: string) => readonly FaultRecord[]
  readonly clock: Clock
  /** Lets the fleet follow a cluster again. */
  readonly kick: (region: string, cluster: string) => void
}

interface Suffering {
  impairment: string
  certificate: Certificate
}

interface News {
  readonly list: string
  readonly since: number
}

const WELL: Suffering = { impairment: 'null', certificate: 'good' }

/** What running nodes suffer from faults: makes it so, and knows what has been done already. */
export class Afflictions {
  readonly #runtime: NodeRuntime
  readonly #options: AfflictionOptions
  /** By node key; nodes that are not here are well. */
  readonly #suffering = new Map<string, Suffering>()
  /** By cluster: the node list that is on its way to the nodes. */
  readonly #news = new Map<string, News>()
  readonly #alarms = new Set<string>()

  constructor(runtime: NodeRuntime, options: AfflictionOptions) {
    this.#runtime = runtime
    this.#options = options
  }

  faultsOf(cluster: CacheClusterRecord): readonly FaultRecord[] {
    const faults = this.#options.faults(cluster.region)
    return faults.length === 0 ? faults : faultsOfCluster(faults, cluster)
  }

  /** The cluster with those of its nodes that are to run. */
  withoutDown(cluster: CacheClusterRecord): CacheClusterRecord {
    const faults = this.faultsOf(cluster)
    const isOut = faults.some(({ kind }) => kind === 'node-crash')
    return isOut ? { ...cluster, nodes: cluster.nodes.filter((node) => !isDown(faults, node)) } : cluster
  }

  /** The cluster with those of its nodes that answer, if any does: one of them answers on the configuration endpoint. */
  withoutMute(cluster: CacheClusterRecord): CacheClusterRecord {
    const faults = this.faultsOf(cluster)
    if (faults.length === 0) return cluster
    const nodes = cluster.nodes.filter((node) => !isMute(faults, node))
    return nodes.length > 0 ? { ...cluster, nodes } : cluster
  }

  /** A node that starts is well. */
  forget(key: string): void {
    this.#suffering.delete(key)
  }

  async apply(
    cluster: CacheClusterRecord,
    running: Iterable<string>,
    certificate: (kind: Certificate) => Promise<KeyAndCertificate>,
  ): Promise<void> {
    const faults = this.faultsOf(cluster)
    if (faults.length === 0 && this.#suffering.size === 0) return
    const wanted = certificateOf(faults)
    for (const id of running) {
      const node = cluster.nodes.find((each) => each.id === id)
      if (!node) continue
      const key = `${cluster.region}/${cluster.id}/${id}`
      const present = this.#suffering.get(key) ?? { ...WELL }
      const impairment = impairmentOf(faults, node)
      const text = JSON.stringify(impairment)
      if (present.impairment !== text) await this.#runtime.impair(key, impairment)
      if (cluster.tls && present.certificate !== wanted) {
        await this.#runtime.renewCertificate(key, await certificate(wanted))
      }
      if (text === WELL.impairment && wanted === WELL.certificate) this.#suffering.delete(key)
      else this.#suffering.set(key, { impairment: text, certificate: wanted })
    }
  }

  /** The list that a node answers with now, when `list` is the true one; undefined: it is to learn of it later. */
  listFor(cluster: CacheClusterRecord, id: string, list: string, hasNone: boolean): string | undefined {
    const faults = this.faultsOf(cluster)
    const key = `${cluster.region}/${cluster.id}`
    const node = cluster.nodes.find((each) => each.id === id)
    if (faults.length === 0 || !node) return list
    const frozen = frozenList(faults, node)
    if (frozen !== undefined) return Buffer.from(frozen, 'base64').toString('latin1')
    // A node that starts is told at once: it could say nothing instead.
    if (hasNone || !faults.some(({ kind }) => kind === 'slow-discovery')) return list
    const now = this.#options.clock.now()
    const known = this.#news.get(key)
    const news = known?.list === list ? known : { list, since: now }
    this.#news.set(key, news)
    const due = news.since + discoveryDelay(faults, cluster.nodes.indexOf(node), cluster.nodes.length)
    if (due <= now) return list
    this.#wakeAt(due, cluster)
    return undefined
  }

  /** Once, however often it is asked for. */
  #wakeAt(due: number, { region, id }: CacheClusterRecord): void {
    const name = `${region}/${id} ${due}`
    if (this.#alarms.has(name)) return
    this.#alarms.add(name)
    this.#options.clock.at(due, () => {
      this.#alarms.delete(name)
      this.#options.kick(region, id)
    })
  }
}
