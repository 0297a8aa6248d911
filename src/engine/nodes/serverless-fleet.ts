import { regionFacts } from '../../api/catalog/regions.ts'
import { SERVERLESS_VERSION } from '../../api/catalog/serverless.ts'
import { type Certificate, certificateOf, faultsOfCache, impairmentBy } from '../faults/effects.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { FaultRecord, ServerlessCacheRecord } from '../store/records.ts'
import { listenAddresses } from './addresses.ts'
import type { Authority, KeyAndCertificate } from './authority.ts'
import type { NodeRuntime, NodeSpec, ServerlessLimits } from './runtime.ts'

const GIB = 2 ** 30
/** Third part of the runtime's key, where nodes of clusters have their four digits. */
const SERVERLESS = 'serverless'

export const serverlessKey = ({ region, id }: { region: string; id: string }): string => `${region}/${id}/${SERVERLESS}`

export const isServerlessKey = (key: string): boolean => key.endsWith(`/${SERVERLESS}`)

export interface ServerlessFleetOptions {
  readonly runtime: NodeRuntime
  readonly openAuthority: () => Promise<Authority>
  /** Bytes that all nodes together may take; a cache without a limit, or a higher one, gets no more than this. */
  readonly memoryBudget: number
  readonly wallClock: () => number
  /** Who may connect to a cache. */
  readonly ingressOf: (cache: ServerlessCacheRecord) => readonly IngressRule[]
  /** Faults to rehearse with, of a region. */
  readonly faults: (region: string) => readonly FaultRecord[]
}

interface Running {
  readonly primary: number
  readonly readOptimized: number
  limits: ServerlessLimits
  /** Its ingress rules as text, to compare. */
  allowed: string
  /** What it suffers from, as text, and the certificate it shows. */
  impairment: string
  certificate: Certificate
}

/** A port that could not be listened on. */
export interface PortFailure {
  readonly port: number
  /** System error code, `EADDRINUSE`, or that what was to listen has ended. */
  readonly code: string
  readonly message: string
}

/**
 * Makes the running serverless caches follow their records: one metered node each, behind TLS, on two ports. Both take writes
 * and reads alike (guide, "Read-optimized port"): there are no replicas here that reads could lag behind on.
 */
export class ServerlessFleet {
  readonly #options: ServerlessFleetOptions
  readonly #running = new Map<string, Running>()

  constructor(options: ServerlessFleetOptions) {
    this.#options = options
  }

  /** May be called at any time and again. Answers what could not be listened on. */
  async follow(cache: ServerlessCacheRecord): Promise<PortFailure | undefined> {
    const key = serverlessKey(cache)
    const running = this.#running.get(key)
    if (!shouldRun(cache) || isElsewhere(running, cache)) await this.#stop(key)
    if (!shouldRun(cache)) return
    const failure = await this.#start(cache, key)
    if (failure) return failure
    await this.#allow(cache, key)
    await this.#limit(cache, key)
    await this.#afflict(cache, key)
  }

  async dump(cache: ServerlessCacheRecord, file: string): Promise<number> {
    return this.#options.runtime.dump(serverlessKey(cache), file)
  }

  async restore(cache: ServerlessCacheRecord, file: string): Promise<void> {
    await this.#options.runtime.restore(serverlessKey(cache), file)
  }

  /** Stops what still runs of a cache that is no more. */
  async forget(region: string, id: string): Promise<void> {
    await this.#stop(serverlessKey({ region, id }))
  }

  /** Caches whose worker ended: the next `follow` starts them again, empty. */
  lost(keys: readonly string[]): void {
    for (const key of keys) this.#running.delete(key)
  }

  limitsOf({ dataStorage, ecpuPerSecond }: ServerlessCacheRecord): ServerlessLimits {
    const storage = dataStorage.maximum === 0 ? Number.POSITIVE_INFINITY : dataStorage.maximum * GIB
    return {
      memoryLimit: Math.min(storage, this.#options.memoryBudget),
      ecpuPerSecond: ecpuPerSecond.maximum === 0 ? Number.POSITIVE_INFINITY : ecpuPerSecond.maximum,
    }
  }

  async #start(cache: ServerlessCacheRecord, key: string): Promise<PortFailure | undefined> {
    const { runtime } = this.#options
    if (this.#running.has(key) || !cache.ports) return
    const { primary, readOptimized } = cache.ports
    const addresses = listenAddresses(cache.networkType)
    const spec = await this.#spec(cache, key, primary)
    try {
      await runtime.start(spec)
    } catch (error) {
      return { port: primary, code: codeOf(error), message: (error as Error).message }
    }
    try {
      await runtime.attach(key, addresses, readOptimized)
    } catch (error) {
      await runtime.stop(key)
      return { port: readOptimized, code: codeOf(error), message: (error as Error).message }
    }
    const allowed = JSON.stringify(spec.ingress)
    this.#running.set(key, {
      primary,
      readOptimized,
      limits: this.limitsOf(cache),
      allowed,
      impairment: 'null',
      certificate: 'good',
    })
  }

  async #allow(cache: ServerlessCacheRecord, key: string): Promise<void> {
    const running = this.#running.get(key)
    const ingress = this.#options.ingressOf(cache)
    const text = JSON.stringify(ingress)
    if (!running || running.allowed === text) return
    await this.#options.runtime.allow(key, ingress)
    running.allowed = text
  }

  async #limit(cache: ServerlessCacheRecord, key: string): Promise<void> {
    const running = this.#running.get(key)
    const limits = this.limitsOf(cache)
    if (!running || isSame(running.limits, limits)) return
    await this.#options.runtime.limit(key, limits)
    running.limits = limits
  }

  async #afflict(cache: ServerlessCacheRecord, key: string): Promise<void> {
    const running = this.#running.get(key)
    const { runtime, faults } = this.#options
    if (!running) return
    const own = faultsOfCache(faults(cache.region), cache)
    const impairment = impairmentBy(own)
    const text = JSON.stringify(impairment)
    if (running.impairment !== text) await runtime.impair(key, impairment)
    running.impairment = text
    const certificate = certificateOf(own)
    if (running.certificate === certificate) return
    await runtime.renewCertificate(key, await this.#issueCertificate(cache, certificate))
    running.certificate = certificate
  }

  async #stop(key: string): Promise<void> {
    if (!this.#running.delete(key)) return
    await this.#options.runtime.stop(key)
  }

  async #spec(cache: ServerlessCacheRecord, key: string, port: number): Promise<NodeSpec> {
    const { memoryLimit, ecpuPerSecond } = this.limitsOf(cache)
    return {
      key,
      cluster: key,
      incarnation: 1,
      addresses: listenAddresses(cache.networkType),
      port,
      engineVersion: SERVERLESS_VERSION.node,
      memoryLimit,
      threads: 1,
      tls: await this.#issueCertificate(cache, 'good'),
      ingress: this.#options.ingressOf(cache),
      serverless: { ecpuPerSecond },
    }
  }

  async #issueCertificate({ region, id, token }: ServerlessCacheRecord, kind: Certificate): Promise<KeyAndCertificate> {
    const domain = `serverless.${regionFacts(region)?.code ?? region}.cache.amazonaws.com`
    const authority = await this.#options.openAuthority()
    const name = `${id}-${token}.${domain}`
    // The wildcard is what the guide's clients are told to check for.
    return authority.issueAs(kind, name, ['localhost', name, `*.${domain}`], this.#options.wallClock())
  }
}

/** A cache that is being deleted has stopped answering, unless its final snapshot is still to be written. */
function shouldRun({ status, ports, steps }: ServerlessCacheRecord): boolean {
  if (!ports || status === 'create-failed') return false
  return status !== 'deleting' || steps.some((step) => step.do === 'dump')
}

const isElsewhere = (running: Running | undefined, { ports }: ServerlessCacheRecord): boolean =>
  running !== undefined && (running.primary !== ports?.primary || running.readOptimized !== ports.readOptimized)

const isSame = (a: ServerlessLimits, b: ServerlessLimits): boolean =>
  a.memoryLimit === b.memoryLimit && a.ecpuPerSecond === b.ecpuPerSecond

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message
