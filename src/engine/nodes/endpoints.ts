import { endedMeanwhile, type Failure, failureOf, hasEnded } from './failure.ts'
import type { NodeRuntime } from './runtime.ts'
import { type Deployment, nameOf, type WantedEndpoint } from './wanted.ts'

interface Place {
  readonly node: string
  readonly port: number
  readonly addresses: readonly string[]
}

/** Nodes that may answer. */
export interface Answerers {
  /** Whether a node runs as it is to. */
  runs(node: string): boolean
  /** Called with one that turns out not to run any more. */
  ended(node: string): void
}

/** Endpoints of one record: which of its nodes answers on them now. */
export class Endpoints {
  readonly #runtime: NodeRuntime
  readonly #places = new Map<string, Place>()

  constructor(runtime: NodeRuntime) {
    this.#runtime = runtime
  }

  async follow(wanted: Deployment, nodes: Answerers): Promise<Failure[]> {
    const names = new Set(wanted.endpoints.map(({ name }) => name))
    for (const name of [...this.#places.keys()]) if (!names.has(name)) await this.#leave(name, wanted)
    const failures: Failure[] = []
    for (const endpoint of wanted.endpoints) failures.push(...(await this.#attach(endpoint, wanted, nodes)))
    return failures
  }

  /** While another node runs, endpoints go on answering when one of them stops. */
  async moveOff(node: string, wanted: Deployment, nodes: Answerers): Promise<void> {
    for (const [name, place] of [...this.#places]) {
      if (place.node !== node) continue
      await this.#leave(name, wanted)
      const endpoint = wanted.endpoints.find((each) => each.name === name)
      if (endpoint) await this.#attach(endpoint, wanted, nodes)
    }
  }

  /** A node that goes on elsewhere answers on none of them any more. */
  async leaveNode(node: string, nodeName: string): Promise<void> {
    for (const [name, place] of [...this.#places]) {
      if (place.node !== node) continue
      this.#places.delete(name)
      await this.#runtime.detach(nodeName, place.addresses, place.port)
    }
  }

  /** A node that has ended answers on none. */
  forget(node: string): void {
    for (const [name, place] of [...this.#places]) if (place.node === node) this.#places.delete(name)
  }

  /** The node that answers goes on, if it may; else it is the first that runs. */
  async #attach(
    { name, port, addresses: own, nodes: candidates }: WantedEndpoint,
    wanted: Deployment,
    nodes: Answerers,
  ): Promise<Failure[]> {
    const place = this.#places.get(name)
    const addresses = own ?? wanted.addresses
    const living = candidates.filter((id) => nodes.runs(id))
    const node = living.find((id) => id === place?.node) ?? living[0]
    const isHere = place?.node === node && place?.port === port && String(place?.addresses) === String(addresses)
    if (place && !isHere) await this.#leave(name, wanted)
    if (this.#places.has(name) || node === undefined) return []
    try {
      await this.#runtime.attach(nameOf({ ...wanted.owner, node }), addresses, port)
      if (!nodes.runs(node)) return [endedMeanwhile(name, port)]
      this.#places.set(name, { node, port, addresses })
      return []
    } catch (error) {
      const failure = failureOf(name, port, error)
      if (hasEnded(failure)) nodes.ended(node)
      return [failure]
    }
  }

  async #leave(name: string, { owner }: Deployment): Promise<void> {
    const place = this.#places.get(name)
    if (!place) return
    this.#places.delete(name)
    await this.#runtime.detach(nameOf({ ...owner, node: place.node }), place.addresses, place.port)
  }
}
