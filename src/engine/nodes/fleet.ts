import { regionFacts } from '../../api/catalog/regions.ts'
import { discoveryPayload } from '../../discovery/encode.ts'
import type { Certificate } from '../faults/effects.ts'
import type { IngressRule } from '../network/ingress.ts'
import { parameterOptions } from '../parameters/node-options.ts'
import { typeOfNode } from '../parameters/node-type.ts'
import { nodeValues, whyNodeCannotRun } from '../parameters/status.ts'
import { memoryForItems } from '../parameters/values.ts'
import type { CacheClusterRecord, CacheNodeRecord } from '../store/records.ts'
import { discoveryMembers, listenAddresses } from './addresses.ts'
import { type AfflictionOptions, Afflictions } from './afflictions.ts'
import type { Authority, KeyAndCertificate } from './authority.ts'
import { type MemcachedFiles, NODE_ENDED, type NodeCounters, type NodeRuntime, type NodeSpec } from './runtime.ts'

const INCOMPATIBLE = 'incompatible-parameters'

/** What could not be made to run: a node by its id, or the configuration endpoint. */
export interface Failure {
  readonly subject: string | 'endpoint'
  readonly port: number
  /** System error code, `EADDRINUSE`. */
  readonly code: string
  /** Set when the parameters of a node are such that it cannot start. */
  readonly why?: string
  /** Set when what was to run it ended: how. */
  readonly ended?: string
}

interface Running {
  readonly incarnation: number
  readonly port: number
  announced: string
  /** Its ingress rules as text, to compare. */
  allowed: string
  watchEnabled: boolean
}

interface Follower {
  readonly nodes: Map<string, Running>
  /** The configuration endpoint: which node answers on which port. */
  endpoint: { readonly id: string; readonly port: number } | null
  readonly certificates: Map<Certificate, Promise<KeyAndCertificate>>
}

export interface FleetOptions {
  readonly runtime: NodeRuntime
  /** Opened when the first TLS cluster needs it: its libraries are heavy. */
  readonly openAuthority: () => Promise<Authority>
  /** Bytes that all nodes together may take; no node gets a higher limit than this. */
  readonly memoryBudget: number
  readonly wallClock: () => number
  /** Who may connect to a cluster's nodes. */
  readonly ingressOf: (cluster: CacheClusterRecord) => readonly IngressRule[]
  /** Set for a node that is to be the real memcached. */
  readonly memcachedFor: (cluster: CacheClusterRecord, key: string) => MemcachedFiles | undefined
  /** What nodes suffer from, to rehearse with. */
  readonly afflictions: AfflictionOptions
}

/** Makes the running nodes follow the records. `follow` may be called at any time and again: it does what is missing. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #followers = new Map<string, Follower>()
  readonly #afflictions: Afflictions

  constructor(options: FleetOptions) {
    this.#options = options
    this.#afflictions = new Afflictions(options.runtime, options.afflictions)
  }

  /**
   * In this order: the endpoint leaves a node that is going away, nodes stop, nodes start, all learn the same list, the
   * endpoint is answered. A node is therefore out of the metadata before it stops, and in it only when it answers.
   */
  async follow(record: CacheClusterRecord): Promise<Failure[]> {
    const cluster = this.#afflictions.withoutDown(record)
    const follower = this.#follower(cluster)
    const failures: Failure[] = []
    await this.#allow(cluster, follower)
    await this.#stopWhatShouldNotRun(cluster, follower)
    for (const node of nodesThatRun(cluster)) {
      const failure = await this.#ensureRunning(cluster, node, follower)
      if (failure) failures.push(failure)
    }
    await this.#applyImmediateParameters(cluster, follower)
    await this.#announce(record, follower)
    await this.#afflictions.apply(cluster, follower.nodes.keys(), (kind) => this.#certificate(cluster, follower, kind))
    const failure = await this.#attachEndpoint(this.#afflictions.withoutMute(cluster), follower)
    if (failure) failures.push(failure)
    return failures
  }

  /** Stops whatever still runs of a cluster that is no more. */
  async forget(region: string, id: string): Promise<void> {
    const follower = this.#followers.get(`${region}/${id}`)
    if (!follower) return
    for (const node of [...follower.nodes.keys()]) await this.#stop(`${region}/${id}`, node, follower)
    this.#followers.delete(`${region}/${id}`)
  }

  /** Nodes whose worker ended: the next `follow` starts them again. Returns the clusters they belong to. */
  lost(keys: readonly string[]): string[] {
    const clusters = new Set<string>()
    for (const key of keys) {
      const [region, id, node] = key.split('/') as [string, string, string]
      const follower = this.#followers.get(`${region}/${id}`)
      follower?.nodes.delete(node)
      this.#afflictions.forget(key)
      if (follower?.endpoint?.id === node) follower.endpoint = null
      clusters.add(`${region}/${id}`)
    }
    return [...clusters]
  }

  /** What a running node answers to `config get cluster`, in base64. */
  listOf({ region, id }: CacheClusterRecord, node: string): string | undefined {
    const announced = this.#followers.get(`${region}/${id}`)?.nodes.get(node)?.announced
    return announced ? Buffer.from(announced, 'latin1').toString('base64') : undefined
  }

  counters(): Promise<ReadonlyMap<string, NodeCounters>> {
    return this.#options.runtime.counters()
  }

  /** Bytes for items of a node: what its type has, less the overhead for connections, within the engine's budget. */
  memoryLimit(cluster: CacheClusterRecord, node: CacheNodeRecord): number {
    const limit = memoryForItems(nodeValues(cluster, node), cluster.engineVersion, typeOfNode(cluster, node))
    return Math.min(limit, this.#options.memoryBudget)
  }

  async #allow(cluster: CacheClusterRecord, follower: Follower): Promise<void> {
    if (follower.nodes.size === 0) return
    const ingress = this.#options.ingressOf(cluster)
    const text = JSON.stringify(ingress)
    for (const [id, running] of follower.nodes) {
      if (running.allowed === text) continue
      await this.#options.runtime.allow(`${clusterKey(cluster)}/${id}`, ingress)
      running.allowed = text
    }
  }

  async #stopWhatShouldNotRun(cluster: CacheClusterRecord, follower: Follower): Promise<void> {
    const key = clusterKey(cluster)
    const wanted = new Map(nodesThatRun(cluster).map((node) => [node.id, node]))
    for (const [id, running] of [...follower.nodes]) {
      const node = wanted.get(id)
      if (node?.incarnation === running.incarnation && node.port === running.port) continue
      await this.#moveEndpointOff(cluster, follower, id)
      await this.#stop(key, id, follower)
    }
  }

  /** While another node lives, the configuration endpoint goes on answering when one of them stops. */
  async #moveEndpointOff(cluster: CacheClusterRecord, follower: Follower, id: string): Promise<void> {
    if (follower.endpoint?.id !== id) return
    await this.#detachEndpoint(cluster, follower)
    await this.#attachEndpoint(cluster, follower)
  }

  async #ensureRunning(
    cluster: CacheClusterRecord,
    node: CacheNodeRecord,
    follower: Follower,
  ): Promise<Failure | undefined> {
    if (follower.nodes.has(node.id)) return
    const why = whyNodeCannotRun(cluster, node)
    if (why) return { subject: node.id, port: node.port, code: INCOMPATIBLE, why }
    try {
      const spec = await this.#spec(cluster, node, follower)
      await this.#options.runtime.start(spec)
      const { incarnation, port } = node
      follower.nodes.set(node.id, {
        incarnation,
        port,
        announced: '',
        allowed: JSON.stringify(spec.ingress),
        watchEnabled: spec.options?.watchEnabled ?? true,
      })
    } catch (error) {
      const code = codeOf(error)
      // A real server says itself what it cannot run with.
      const { message } = error as Error
      const words = code === INCOMPATIBLE ? { why: message } : code === NODE_ENDED ? { ended: message } : {}
      return { subject: node.id, port: node.port, code, ...words }
    }
  }

  async #applyImmediateParameters(cluster: CacheClusterRecord, follower: Follower): Promise<void> {
    for (const node of nodesThatRun(cluster)) {
      const running = follower.nodes.get(node.id)
      const { watchEnabled } = parameterOptions(nodeValues(cluster, node), cluster.engineVersion)
      if (!running || running.watchEnabled === watchEnabled) continue
      await this.#options.runtime.allowWatch(`${clusterKey(cluster)}/${node.id}`, watchEnabled)
      running.watchEnabled = watchEnabled
    }
  }

  async #announce(cluster: CacheClusterRecord, follower: Follower): Promise<void> {
    const { discovery } = cluster
    if (!discovery || discovery.version === 0) return
    const payload = discoveryPayload(discovery.version, discoveryMembers(cluster))
    const list = payload.toString('latin1')
    await Promise.all(
      [...follower.nodes].map(async ([id, running]) => {
        const text = this.#afflictions.listFor(cluster, id, list, running.announced === '')
        if (text === undefined || running.announced === text) return
        await this.#options.runtime.announce(`${clusterKey(cluster)}/${id}`, Buffer.from(text, 'latin1'))
        running.announced = text
      }),
    )
  }

  async #attachEndpoint(cluster: CacheClusterRecord, follower: Follower): Promise<Failure | undefined> {
    const port = cluster.discovery?.port
    const id = endpointNode(cluster, follower)
    if (follower.endpoint && (follower.endpoint.id !== id || follower.endpoint.port !== port)) {
      await this.#detachEndpoint(cluster, follower)
    }
    if (follower.endpoint || port === undefined || id === undefined) return
    try {
      await this.#options.runtime.attach(`${clusterKey(cluster)}/${id}`, listenAddresses(cluster.networkType), port)
      follower.endpoint = { id, port }
    } catch (error) {
      return { subject: 'endpoint', port, code: codeOf(error) }
    }
  }

  async #detachEndpoint(cluster: CacheClusterRecord, follower: Follower): Promise<void> {
    if (!follower.endpoint) return
    const { id, port } = follower.endpoint
    follower.endpoint = null
    await this.#options.runtime.detach(`${clusterKey(cluster)}/${id}`, listenAddresses(cluster.networkType), port)
  }

  async #stop(cluster: string, id: string, follower: Follower): Promise<void> {
    await this.#options.runtime.stop(`${cluster}/${id}`)
    this.#afflictions.forget(`${cluster}/${id}`)
    follower.nodes.delete(id)
    if (follower.endpoint?.id === id) follower.endpoint = null
  }

  async #spec(cluster: CacheClusterRecord, node: CacheNodeRecord, follower: Follower): Promise<NodeSpec> {
    const key = `${clusterKey(cluster)}/${node.id}`
    const memcached = this.#options.memcachedFor(cluster, key)
    return {
      key,
      cluster: clusterKey(cluster),
      incarnation: node.incarnation,
      addresses: listenAddresses(cluster.networkType),
      port: node.port,
      engineVersion: cluster.engineVersion,
      memoryLimit: this.memoryLimit(cluster, node),
      threads: typeOfNode(cluster, node).threads,
      options: parameterOptions(nodeValues(cluster, node), cluster.engineVersion),
      tls: cluster.tls ? await this.#certificate(cluster, follower, 'good') : null,
      ingress: this.#options.ingressOf(cluster),
      ...(memcached && { memcached }),
    }
  }

  /** Issued once for all nodes of a cluster. */
  #certificate(cluster: CacheClusterRecord, follower: Follower, kind: Certificate): Promise<KeyAndCertificate> {
    const issued = follower.certificates.get(kind) ?? this.#issueCertificate(cluster, kind)
    follower.certificates.set(kind, issued)
    return issued
  }

  async #issueCertificate({ region, id, token }: CacheClusterRecord, kind: Certificate): Promise<KeyAndCertificate> {
    const domain = `${regionFacts(region)?.code ?? region}.cache.amazonaws.com`
    const names = ['localhost', `*.${id}.${token}.${domain}`, `${id}.${token}.cfg.${domain}`]
    const authority = await this.#options.openAuthority()
    return authority.issueAs(kind, `${id}.${token}.${domain}`, names, this.#options.wallClock())
  }

  #follower(cluster: CacheClusterRecord): Follower {
    const key = clusterKey(cluster)
    const follower = this.#followers.get(key) ?? { nodes: new Map(), endpoint: null, certificates: new Map() }
    this.#followers.set(key, follower)
    return follower
  }
}

const clusterKey = ({ region, id }: CacheClusterRecord): string => `${region}/${id}`

/** A cluster that is being deleted has stopped answering before it leaves the list; one that never came to be has no nodes. */
const nodesThatRun = (cluster: CacheClusterRecord): readonly CacheNodeRecord[] =>
  cluster.status === 'deleting' ? [] : cluster.nodes

/** The node that answers on the configuration endpoint: the one that does, if it may, else the first that lives. */
function endpointNode(cluster: CacheClusterRecord, follower: Follower): string | undefined {
  const living = nodesThatRun(cluster).filter(
    ({ id, advertised, status, incarnation }) =>
      advertised && status !== 'deleting' && follower.nodes.get(id)?.incarnation === incarnation,
  )
  return (living.find(({ id }) => id === follower.endpoint?.id) ?? living[0])?.id
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message
