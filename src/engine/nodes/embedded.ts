import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { errorMessage } from '../../api/thrown.ts'
import { openFileLimit } from '../../net/serve/file-limit.ts'
import type { Impairment } from '../../net/serve/impairment.ts'
import type { IngressRule } from '../network/ingress.ts'
import type { Reach } from '../network/reach.ts'
import { ConnectionPlaces, connectionLimit } from './connection-places.ts'
import { type Reading, read, write } from './readings.ts'
import type { RedisStatus } from './redis/node.ts'
import type { Reshaping } from './redis/reshape.ts'
import type { SlotMove, SlotsMoved } from './redis/slots.ts'
import {
  type LiveSettings,
  type Login,
  type Loss,
  NODE_ENDED,
  type NodeCounters,
  type NodeRuntime,
  type NodeSpec,
} from './runtime.ts'
import { swappedBytes } from './swap.ts'
import type { Answer, Crash, LoginQuestion, LoginVerdict, Request, Restoration, WorkerData } from './thread.ts'

/** Of new objects, of a thread: requests leave next to nothing, and what clients are made of is not worth moving twice. */
const YOUNG_MIB = 6

/** A worker is asked for a sign of life as often as this. */
const BEAT_MS = 1_000

/** After how many beats without a sign of life what is done about a worker. */
export interface Patience {
  /** It is told of, and not waited for where it is one of many that are asked. */
  readonly toTell: number
  /** It is ended, and its nodes start again, as any that are lost. */
  readonly toEnd: number
  /** The same, once the engine ends. */
  readonly toClose: number
}

const PATIENCE: Patience = { toTell: 5, toEnd: 60, toClose: 4 }

interface Waiting {
  /** Whether it goes without an answer where the worker is silent. */
  readonly optional: boolean
  resolve(value: unknown): void
  reject(error: Error): void
}

interface Host {
  readonly worker: Worker
  readonly index: number
  /** Cluster of each node it runs, by the node's key. */
  readonly nodes: Map<string, string>
  readonly waiting: Map<number, Waiting>
  /** Beats of this process since the worker was asked for a sign of life that has not come; 0: it has come. */
  silentFor: number
}

/**
 * Embedded cache nodes: one worker thread a core, started when the first node needs it; many nodes a worker. A cluster's
 * nodes are spread over the workers, so that they use the cores there are. Of nodes that are real servers it is their relays
 * that the workers run, and the workers start the servers.
 */
export class EmbeddedRuntime implements NodeRuntime {
  readonly #hosts: (Host | undefined)[] = new Array(availableParallelism()).fill(undefined)
  readonly #workerFile: URL
  readonly #reach: Reach
  /** Undefined where the system tells of no limit. */
  readonly #places: ConnectionPlaces | undefined
  /** How many connections all nodes may have together, by `ulimit -n`. */
  readonly connectionLimit: number | undefined
  #lost: (keys: readonly string[], why: string) => void = () => {}
  #crashed: (key: string, how: string) => void = () => {}
  #restored: (key: string, loss: Loss) => void = () => {}
  #silent: (keys: readonly string[], isBack: boolean) => void = () => {}
  #checkLogin: (key: string, login: Login) => number = () => 0
  readonly #patience: Patience
  readonly #beat: NodeJS.Timeout
  #nextRequest = 1
  #closing = false

  constructor(
    workerFile: URL,
    fileLimit: number | undefined = openFileLimit(),
    reach: Reach = (addresses) => addresses,
    patience: Patience = PATIENCE,
  ) {
    this.#workerFile = workerFile
    this.#reach = reach
    this.#patience = patience
    // Beats are counted, not the time: a machine that slept, or this process, is no fault of a worker.
    this.#beat = setInterval(() => this.#lookAtHosts(), BEAT_MS).unref()
    const limit = connectionLimit(fileLimit)
    this.connectionLimit = limit
    if (limit !== undefined) this.#places = new ConnectionPlaces(limit, this.#hosts.length)
  }

  get workers(): number {
    return this.#hosts.filter(Boolean).length
  }

  onLost(listener: (keys: readonly string[], why: string) => void): void {
    this.#lost = listener
  }

  /** Called with the nodes of a worker that gives no sign of life, and again when it does. */
  onSilent(listener: (keys: readonly string[], isBack: boolean) => void): void {
    this.#silent = listener
  }

  /** Nodes whose worker gives no sign of life. */
  get silentNodes(): string[] {
    return this.#hosts.flatMap((host) => (host && this.#isSilent(host) ? [...host.nodes.keys()] : []))
  }

  onCrash(listener: (key: string, how: string) => void): void {
    this.#crashed = listener
  }

  onRestored(listener: (key: string, loss: Loss) => void): void {
    this.#restored = listener
  }

  onLogin(listener: (key: string, login: Login) => number): void {
    this.#checkLogin = listener
  }

  async start(spec: NodeSpec): Promise<void> {
    const host = this.#leastLoaded(spec.cluster)
    host.nodes.set(spec.key, spec.cluster)
    try {
      await this.#ask(host, { do: 'start', spec: { ...spec, addresses: this.#reach(spec.addresses) } })
    } catch (error) {
      host.nodes.delete(spec.key)
      throw error
    }
  }

  async stop(key: string): Promise<void> {
    const host = this.#hostOf(key)
    if (!host) return
    await this.#ask(host, { do: 'stop', key })
    host.nodes.delete(key)
  }

  async announce(key: string, payload: Buffer): Promise<void> {
    await this.#askHostOf(key, { do: 'announce', key, payload })
  }

  async allow(key: string, ingress: readonly IngressRule[]): Promise<void> {
    await this.#askHostOf(key, { do: 'allow', key, ingress })
  }

  async adjust(key: string, live: LiveSettings): Promise<void> {
    await this.#askHostOf(key, { do: 'adjust', key, live })
  }

  async impair(key: string, impairment: Impairment | null): Promise<void> {
    await this.#askHostOf(key, { do: 'impair', key, impairment })
  }

  async renewCertificate(key: string, pem: { readonly key: string; readonly cert: string }): Promise<void> {
    await this.#askHostOf(key, { do: 'renew-certificate', key, pem })
  }

  async attach(key: string, addresses: readonly string[], port: number): Promise<void> {
    await this.#askHostOf(key, { do: 'attach', key, addresses: this.#reach(addresses), port })
  }

  async detach(key: string, addresses: readonly string[], port: number): Promise<void> {
    if (this.#hostOf(key)) await this.#askHostOf(key, { do: 'detach', key, addresses: this.#reach(addresses), port })
  }

  async status(key: string): Promise<RedisStatus | undefined> {
    if (!this.#hostOf(key)) return undefined
    return (await this.#askHostOf(key, { do: 'status', key })) as RedisStatus | undefined // what a worker answers to `status`
  }

  async moveSlots(key: string, move: SlotMove): Promise<SlotsMoved> {
    return (await this.#askHostOf(key, { do: 'move-slots', key, move })) as SlotsMoved // what a worker answers to `move-slots`
  }

  async dump(key: string, file: string): Promise<number> {
    return (await this.#askHostOf(key, { do: 'dump', key, file })) as number // what a worker answers to `dump`
  }

  async reshape(reshaping: Reshaping): Promise<number[]> {
    return (await this.#ask(this.#leastLoaded(''), { do: 'reshape', reshaping })) as number[] // what a worker answers to `reshape`
  }

  async restore(key: string, file: string): Promise<void> {
    await this.#askHostOf(key, { do: 'restore', key, file })
  }

  async counters(): Promise<ReadonlyMap<string, NodeCounters>> {
    const hosts = this.#hosts.filter((host) => host !== undefined)
    const answers = await Promise.all(hosts.map((host) => this.#askIfHeard(host, { do: 'counters' })))
    return new Map(
      answers.flatMap((counters, at) =>
        // What a worker answers to `counters`.
        Object.entries((counters ?? {}) as Record<string, Omit<NodeCounters, 'worker'>>).map(([key, value]) => [
          key,
          { ...value, worker: hosts[at]?.index ?? null },
        ]),
      ),
    )
  }

  async readings(): Promise<ReadonlyMap<string, Reading>> {
    const hosts = this.#hosts.filter((host) => host !== undefined)
    const answers = await Promise.all(hosts.map((host) => this.#askIfHeard(host, { do: 'readings' })))
    // What a worker answers to `readings`.
    const readings = new Map(answers.flatMap((answer) => [...((answer ?? []) as ReadonlyMap<string, Reading>)]))
    // A process of its own has told of itself.
    const own = [...readings.values()].filter((reading) => Number.isNaN(read(reading, 'swap_bytes')))
    shareSwap(own, swappedBytes('self'))
    return readings
  }

  /** The engine begins to end: a worker that hangs is ended soon, so that nothing which is closed before waits for it. */
  expectEnd(): void {
    this.#closing = true
  }

  async close(): Promise<void> {
    this.expectEnd()
    const hosts = this.#hosts.filter((host) => host !== undefined)
    await Promise.all(hosts.map((host) => this.#ask(host, { do: 'end-processes' }).catch(() => undefined)))
    clearInterval(this.#beat)
    await Promise.all(this.#hosts.map((host) => host?.worker.terminate()))
  }

  #isSilent(host: Host): boolean {
    return host.silentFor >= this.#patience.toTell
  }

  #lookAtHosts(): void {
    const { toTell, toEnd, toClose } = this.#patience
    for (const host of this.#hosts) {
      if (!host) continue
      if (host.silentFor++ === 0) void this.#listenFor(host)
      if (host.silentFor === toTell) {
        this.#silent([...host.nodes.keys()], false)
        for (const [request, waiting] of host.waiting)
          if (waiting.optional) this.#settle(host, request)?.resolve(undefined)
      }
      if (host.silentFor >= (this.#closing ? toClose : toEnd)) void host.worker.terminate()
    }
  }

  async #listenFor(host: Host): Promise<void> {
    try {
      await this.#ask(host, { do: 'beat' })
    } catch {
      // It has ended, which all that wait for it hear.
      return
    }
    if (this.#isSilent(host)) this.#silent([...host.nodes.keys()], true)
    host.silentFor = 0
  }

  /** The worker with the fewest nodes of this cluster, then with the fewest at all. */
  #leastLoaded(cluster: string): Host {
    const load = (host: Host | undefined): [number, number] => {
      const clusters = [...(host?.nodes.values() ?? [])]
      return [clusters.filter((each) => each === cluster).length, clusters.length]
    }
    let best = 0
    let least = load(this.#hosts[0])
    for (let index = 1; index < this.#hosts.length; index++) {
      const [ofCluster, all] = load(this.#hosts[index])
      if (ofCluster < least[0] || (ofCluster === least[0] && all < least[1])) {
        best = index
        least = [ofCluster, all]
      }
    }
    return this.#hosts[best] ?? this.#launch(best)
  }

  #launch(index: number): Host {
    const workerData: WorkerData = {
      places: this.#places && {
        limit: this.connectionLimit ?? 0,
        buffer: this.#places.buffer,
        thread: index,
      },
    }
    const host: Host = {
      // The options of this process are for the program that it runs: some end a thread that has another.
      worker: new Worker(this.#workerFile, {
        workerData,
        execArgv: [],
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
      }),
      index,
      nodes: new Map(),
      waiting: new Map(),
      silentFor: 0,
    }
    this.#hosts[index] = host
    host.worker.on('message', (message: Answer | Crash | Restoration | LoginQuestion) => {
      if ('login' in message) {
        const { question, key, login } = message
        host.worker.postMessage({ question, holds: this.#checkLogin(key, login) } satisfies LoginVerdict)
        return
      }
      if ('restored' in message) {
        this.#restored(message.restored, message.loss)
        return
      }
      if ('crashed' in message) {
        host.nodes.delete(message.crashed)
        this.#crashed(message.crashed, message.how)
        return
      }
      const { request, value, error } = message
      const waiting = this.#settle(host, request)
      if (error) waiting?.reject(Object.assign(new Error(error.message), { code: error.code }))
      else waiting?.resolve(value)
    })
    let why = 'its worker thread ended'
    host.worker.on('error', (error) => {
      why += `: ${errorMessage(error)}`
    })
    host.worker.on('exit', () => {
      const cause = Object.assign(new Error(why), { code: NODE_ENDED })
      this.#hosts[index] = undefined
      this.#places?.forget(index)
      for (const { reject } of host.waiting.values()) reject(cause)
      if (!this.#closing) this.#lost([...host.nodes.keys()], why)
    })
    return host
  }

  #hostOf(key: string): Host | undefined {
    return this.#hosts.find((host) => host?.nodes.has(key))
  }

  async #askHostOf(key: string, body: Request['body']): Promise<unknown> {
    const host = this.#hostOf(key)
    if (!host) throw Object.assign(new Error(`no worker runs node ${key}`), { code: NODE_ENDED })
    return this.#ask(host, body)
  }

  /** Undefined where the worker is silent. */
  async #askIfHeard(host: Host, body: Request['body']): Promise<unknown> {
    return this.#isSilent(host) ? undefined : this.#ask(host, body, true)
  }

  #settle(host: Host, request: number): Waiting | undefined {
    const waiting = host.waiting.get(request)
    host.waiting.delete(request)
    return waiting
  }

  #ask(host: Host, body: Request['body'], optional = false): Promise<unknown> {
    const request = this.#nextRequest++
    return new Promise((resolve, reject) => {
      host.waiting.set(request, { optional, resolve, reject })
      host.worker.postMessage({ request, body } satisfies Request)
    })
  }
}

/** The nodes are one process: what of it is swapped out is taken as theirs, by the memory each has. */
function shareSwap(readings: readonly Reading[], swapped: number | undefined): void {
  if (swapped === undefined) return
  const all = readings.reduce((sum, reading) => sum + read(reading, 'memory_bytes'), 0)
  for (const reading of readings) {
    write(reading, 'swap_bytes', all === 0 ? 0 : Math.round((swapped * read(reading, 'memory_bytes')) / all))
  }
}
