import type { Certificate } from '../faults/effects.ts'
import type { Clock } from '../time/clock.ts'
import type { Authority, KeyAndCertificate } from './authority.ts'
import { type Answerers, Endpoints } from './endpoints.ts'
import { endedMeanwhile, type Failure, failureOf, hasEnded, incompatible } from './failure.ts'
import { News } from './news.ts'
import {
  hasFiles,
  type LiveSettings,
  type NodeBase,
  type NodeFiles,
  type NodeRuntime,
  type NodeSpec,
} from './runtime.ts'
import {
  type ChosenProgram,
  type Deployment,
  type NodeKey,
  nameOf,
  type Owner,
  textOf,
  type WantedCertificate,
  type WantedNode,
} from './wanted.ts'

/** Servers that start at the same time. */
const TOGETHER = 16

interface Running {
  readonly name: string
  readonly incarnation: number
  /** Ports and addresses it listens on, as text. */
  readonly place: string
  announced: string
  /** Its ingress rules as text, to compare. */
  allowed: string
  /** What can change while it runs, as text. */
  live: string
  /** What it suffers from, as text, and the certificate it shows; null: it has none. */
  impairment: string
  certificate: Certificate | null
}

interface Follower {
  readonly nodes: Map<string, Running>
  readonly endpoints: Endpoints
  readonly certificates: Map<Certificate, Promise<KeyAndCertificate>>
}

export interface FleetOptions {
  readonly runtime: NodeRuntime
  /** Opened when the first node with TLS needs it: its libraries are heavy. */
  readonly openAuthority: () => Promise<Authority>
  /** Bytes that all nodes together may take; no node gets a higher limit than this. */
  readonly memoryBudget: number
  readonly wallClock: () => number
  readonly clock: Clock
  /** Which of its programs a node is to be. */
  readonly choose: (node: WantedNode) => ChosenProgram
  /** Where a node that has files has them. */
  readonly filesOf: (name: string) => NodeFiles
  /** Lets the fleet follow a record again. */
  readonly wake: (owner: Owner) => void
}

/** Makes the running nodes follow the records. `follow` may be called at any time and again: it does what is missing. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #followers = new Map<string, Follower>()
  /** Of every node that runs, by its name. */
  readonly #keys = new Map<string, NodeKey>()
  readonly #news: News

  constructor(options: FleetOptions) {
    this.#options = options
    this.#news = new News(options.clock, options.wake)
  }

  /**
   * In this order: an endpoint leaves a node that is going away, nodes stop, nodes start, all learn the same list, endpoints are
   * answered. A node is therefore out of the metadata before it stops, and in it only when it answers.
   */
  async follow(wanted: Deployment): Promise<Failure[]> {
    const follower = this.#follower(wanted.owner)
    const failures: Failure[] = []
    await this.#allow(wanted, follower)
    await this.#stopWhatShouldNotRun(wanted, follower)
    for (const some of this.#batches(wanted.nodes)) {
      const started = await Promise.all(some.map((node) => this.#ensureRunning(wanted, node, follower)))
      const failed = started.filter((failure) => failure !== undefined)
      // What is to run the next ones would only end as well.
      const ended = failed.find(hasEnded)
      if (ended) return [ended]
      failures.push(...failed)
    }
    for (const { node } of wanted.nodes) await this.#certify(wanted, node, follower)
    for (const node of wanted.nodes) await this.#adjust(node, follower)
    await this.#announce(wanted, follower)
    for (const node of wanted.nodes) await this.#afflict(node, follower)
    return [...failures, ...(await follower.endpoints.follow(wanted, this.#answerers(wanted, follower)))]
  }

  /** Nodes that run of a record. */
  nodesOf(owner: Owner): string[] {
    return [...(this.#followers.get(textOf(owner))?.nodes.keys() ?? [])]
  }

  /** Stops whatever still runs of a record that is no more. */
  async forget(owner: Owner): Promise<void> {
    const follower = this.#followers.get(textOf(owner))
    if (!follower) return
    for (const node of [...follower.nodes.keys()]) await this.#stop(node, follower)
    this.#followers.delete(textOf(owner))
    this.#news.forget(owner)
  }

  /** Nodes that have ended by themselves: the next `follow` starts them again. Answers what they are of. */
  lost(names: readonly string[]): Owner[] {
    const owners = new Map<string, Owner>()
    for (const name of names) {
      const key = this.#keys.get(name)
      if (!key) continue
      const { node, ...owner } = key
      const follower = this.#follower(owner)
      this.#keys.delete(name)
      this.#forgetNode(node, follower)
      owners.set(textOf(owner), owner)
    }
    return [...owners.values()]
  }

  /** A running node by its name. */
  nodeCalled(name: string): NodeKey | undefined {
    return this.#keys.get(name)
  }

  /** What a running node answers to `config get cluster`, in base64. */
  listOf({ node, ...owner }: NodeKey): string | undefined {
    const announced = this.#followers.get(textOf(owner))?.nodes.get(node)?.announced
    return announced ? Buffer.from(announced, 'latin1').toString('base64') : undefined
  }

  async #allow({ ingress }: Deployment, follower: Follower): Promise<void> {
    const text = JSON.stringify(ingress)
    for (const running of follower.nodes.values()) {
      if (running.allowed === text) continue
      await this.#options.runtime.allow(running.name, ingress)
      running.allowed = text
    }
  }

  async #stopWhatShouldNotRun(wanted: Deployment, follower: Follower): Promise<void> {
    const nodes = new Map(wanted.nodes.map((node) => [node.node, node]))
    for (const [id, running] of [...follower.nodes]) {
      const node = nodes.get(id)
      if (node?.incarnation === running.incarnation && placeOf(wanted, node) === running.place) continue
      await follower.endpoints.moveOff(id, wanted, this.#answerers(wanted, follower))
      await this.#stop(id, follower)
    }
  }

  /** Nodes to start at the same time: servers of their own, which do not end with each other. */
  #batches(nodes: readonly WantedNode[]): WantedNode[][] {
    const size = nodes.every((node) => this.#options.choose(node).process) ? TOGETHER : 1
    const count = Math.ceil(nodes.length / size)
    return Array.from({ length: count }, (_, index) => nodes.slice(index * size, (index + 1) * size))
  }

  async #ensureRunning(wanted: Deployment, node: WantedNode, follower: Follower): Promise<Failure | undefined> {
    await this.#takeOver(wanted, node.node, follower)
    if (follower.nodes.has(node.node)) return
    const [port, ...more] = node.ports
    if (node.obstacle) return incompatible(node.node, port, node.obstacle)
    const { runtime } = this.#options
    const key = { ...wanted.owner, node: node.node }
    const name = nameOf(key)
    let failing = port
    this.#keys.set(name, key)
    try {
      const spec = await this.#spec(wanted, node, name, follower)
      await runtime.start(spec)
      for (const each of more) {
        failing = each
        await this.#attachOrStop(name, addressesOf(wanted, node), each)
      }
      if (!this.#keys.has(name)) return endedMeanwhile(node.node, port)
      follower.nodes.set(node.node, {
        name,
        incarnation: node.incarnation,
        place: placeOf(wanted, node),
        announced: '',
        allowed: JSON.stringify(spec.ingress),
        live: JSON.stringify(this.#liveOf(node)),
        impairment: JSON.stringify(null),
        certificate: wanted.certificate && 'good',
      })
    } catch (error) {
      this.#keys.delete(name)
      return failureOf(node.node, failing, error)
    }
  }

  /** A node that runs as another record's goes on as this one's, without the endpoints it had there. */
  async #takeOver({ owner }: Deployment, node: string, follower: Follower): Promise<void> {
    const key = { ...owner, node }
    const name = nameOf(key)
    const held = this.#keys.get(name)
    if (!held || textOf(held) === textOf(owner)) return
    const former = this.#follower(held)
    const running = former.nodes.get(held.node)
    if (!running) return
    await former.endpoints.leaveNode(held.node, name)
    former.nodes.delete(held.node)
    follower.nodes.set(node, running)
    this.#keys.set(name, key)
  }

  async #attachOrStop(name: string, addresses: readonly string[], port: number): Promise<void> {
    const { runtime } = this.#options
    try {
      await runtime.attach(name, addresses, port)
    } catch (error) {
      await runtime.stop(name)
      throw error
    }
  }

  /** What takes effect while a node runs. */
  async #adjust(node: WantedNode, follower: Follower): Promise<void> {
    const { runtime } = this.#options
    const running = follower.nodes.get(node.node)
    if (!running) return
    const live = this.#liveOf(node)
    const text = JSON.stringify(live)
    if (running.live === text) return
    await runtime.adjust(running.name, live)
    running.live = text
  }

  async #announce(wanted: Deployment, follower: Follower): Promise<void> {
    await Promise.all(
      wanted.nodes.map(async ({ node, list }) => {
        const running = follower.nodes.get(node)
        if (!running || !list || running.announced === list.text) return
        // A node that starts is told at once: it could say nothing instead.
        if (running.announced !== '' && !this.#news.hasArrived(list, wanted.owner)) return
        await this.#options.runtime.announce(running.name, Buffer.from(list.text, 'latin1'))
        running.announced = list.text
      }),
    )
  }

  async #afflict({ node, impairment }: WantedNode, follower: Follower): Promise<void> {
    const { runtime } = this.#options
    const running = follower.nodes.get(node)
    if (!running) return
    const text = JSON.stringify(impairment)
    if (running.impairment !== text) await runtime.impair(running.name, impairment)
    running.impairment = text
  }

  /** Before a node is told to speak TLS, if it does not yet. */
  async #certify(wanted: Deployment, node: string, follower: Follower): Promise<void> {
    const { runtime } = this.#options
    const running = follower.nodes.get(node)
    const { certificate } = wanted
    if (!running || !certificate || running.certificate === certificate.kind) return
    await runtime.renewCertificate(running.name, await this.#certificate(certificate, certificate.kind, follower))
    running.certificate = certificate.kind
  }

  async #stop(node: string, follower: Follower): Promise<void> {
    const name = follower.nodes.get(node)?.name
    if (name !== undefined) await this.#options.runtime.stop(name)
    this.#forgetNode(node, follower)
  }

  #forgetNode(node: string, follower: Follower): void {
    this.#keys.delete(follower.nodes.get(node)?.name ?? '')
    follower.nodes.delete(node)
    follower.endpoints.forget(node)
  }

  async #spec(wanted: Deployment, node: WantedNode, name: string, follower: Follower): Promise<NodeSpec> {
    const { incarnation, engineVersion, threads, ports } = node
    const base: NodeBase = {
      key: name,
      cluster: textOf(wanted.owner),
      incarnation,
      addresses: addressesOf(wanted, node),
      port: ports[0],
      engineVersion,
      memoryLimit: this.#memoryLimit(node),
      threads,
      tls: wanted.certificate && (await this.#certificate(wanted.certificate, 'good', follower)),
      ingress: wanted.ingress,
    }
    const { embedded, process } = this.#options.choose(node)
    const chosen = process ?? embedded
    // Sound: those that have files are told of them.
    return (
      hasFiles(chosen.program) ? { ...base, ...chosen, files: this.#options.filesOf(name) } : { ...base, ...chosen }
    ) as NodeSpec
  }

  #memoryLimit({ memoryLimit }: WantedNode): number {
    return Math.min(memoryLimit, this.#options.memoryBudget)
  }

  #liveOf(node: WantedNode): LiveSettings {
    const { embedded, process } = this.#options.choose(node)
    return { memoryLimit: this.#memoryLimit(node), ...(process ?? embedded).live }
  }

  /** Issued once for all nodes of a record. */
  #certificate(
    { subject, names }: WantedCertificate,
    kind: Certificate,
    follower: Follower,
  ): Promise<KeyAndCertificate> {
    const { openAuthority, wallClock } = this.#options
    const issue = async () => (await openAuthority()).issueAs(kind, subject, names, wallClock())
    const issued = follower.certificates.get(kind) ?? issue()
    follower.certificates.set(kind, issued)
    return issued
  }

  #answerers({ nodes }: Deployment, follower: Follower): Answerers {
    const incarnations = new Map(nodes.map(({ node, incarnation }) => [node, incarnation]))
    return {
      runs(node) {
        const running = follower.nodes.get(node)
        return running !== undefined && running.incarnation === incarnations.get(node)
      },
      ended: (node) => this.#forgetNode(node, follower),
    }
  }

  #follower(owner: Owner): Follower {
    const known = this.#followers.get(textOf(owner))
    if (known) return known
    const endpoints = new Endpoints(this.#options.runtime)
    const follower: Follower = { nodes: new Map(), endpoints, certificates: new Map() }
    this.#followers.set(textOf(owner), follower)
    return follower
  }
}

const addressesOf = (wanted: Deployment, { addresses = wanted.addresses }: WantedNode): readonly string[] => addresses

const placeOf = (wanted: Deployment, node: WantedNode): string => String([...addressesOf(wanted, node), ...node.ports])
