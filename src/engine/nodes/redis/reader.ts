import { join, relative } from 'node:path'
import type { Impairment } from '../../../net/serve/impairment.ts'
import type { ListenAddress, Transit } from '../../../net/serve/listener.ts'
import type { IngressRule } from '../../network/ingress.ts'
import type { NodeHost, OwnCounters, RunningNode } from '../running.ts'
import type { NodeSpec } from '../runtime.ts'
import { Entrance, type EntranceSettings, type Served } from './entrance.ts'
import { type Reach, reachOf } from './reach.ts'
import { keysOf, restrictionsFor } from './restricted.ts'
import type { Logins } from './spec.ts'

/** What of a reader endpoint can change while it is answered. */
export interface ReaderLive {
  /** Names of the nodes that answer on it, each in its turn: replicas, or the primary where there is none. */
  readonly servers: readonly string[]
  /** What clients of some of them suffer from. */
  readonly impairments?: Readonly<Record<string, Impairment>>
  readonly transit: Transit
  readonly logins?: Logins
  readonly closeOnReplicaWrite?: boolean
}

/** What a reader endpoint is told besides what every node is. */
export interface ReaderSettings {
  readonly live: ReaderLive
}

const NOTHING = { pid: null, connections: 0, items: 0, bytes: 0, memoryBytes: 0, ecpus: 0, throttled: 0 }

/** Answers a reader endpoint until it is stopped. It has no server of its own, and nothing to measure. */
export function startReader(spec: NodeSpec<'redis-reader'>, { checkLogin }: NodeHost): RunningNode<'redis-reader'> {
  // The directory of a node is that of all nodes, and behind it the node's name.
  const root = join(spec.files.directory, relative(join('/', spec.key), '/'))
  const { tls, ingress, files } = spec
  return new RedisReader(spec.live, { tls, ingress, checkLogin }, (name) => join(root, name), files.secret)
}

/** A reader endpoint: a port whose clients are shared out among servers, one after the other. */
export class RedisReader implements RunningNode<'redis-reader'> {
  readonly #entrance: Entrance
  #reaches: readonly (readonly [name: string, reach: Reach])[] = []
  readonly #directoryOf: (name: string) => string
  #live: ReaderLive
  #turn = 0

  /** @param directoryOf Of a server, by the name of its node. @param secret Of the state directory. */
  constructor(live: ReaderLive, settings: EntranceSettings, directoryOf: (name: string) => string, secret: string) {
    this.#live = live
    this.#directoryOf = directoryOf
    this.#entrance = new Entrance({
      ...settings,
      transit: live.transit,
      ownAddress: undefined,
      server: () => this.#next(),
      closesOnReadonly: () => this.#live.closeOnReplicaWrite === true,
      isRestricted: restrictionsFor({}),
      logins: () => this.#live.logins,
      password: keysOf(secret).login,
    })
    this.adjust(live)
  }

  counters(): OwnCounters {
    return { ...NOTHING, connections: this.#entrance.clients }
  }

  reading(): undefined {
    return undefined
  }

  listen(address: ListenAddress): Promise<void> {
    return this.#entrance.listen(address)
  }

  async unlisten(address: ListenAddress): Promise<void> {
    this.#entrance.unlisten(address)
  }

  allow(rules: readonly IngressRule[]): void {
    this.#entrance.allow(rules)
  }

  impair(impairment: Impairment | null): void {
    this.#entrance.impair(impairment)
  }

  renewCertificate(certificate: { readonly key: string; readonly cert: string }): void {
    this.#entrance.renewCertificate(certificate)
  }

  /** Clients that are there stay where they are. */
  adjust(live: ReaderLive): void {
    this.#live = live
    this.#entrance.speak(live.transit)
    this.#entrance.impairServers(live.impairments ?? {})
    for (const [, reach] of this.#reaches) reach.close()
    this.#reaches = live.servers.map((name) => [name, reachOf(this.#directoryOf(name))])
  }

  async stop(): Promise<void> {
    this.#entrance.close()
    for (const [, reach] of this.#reaches) reach.close()
  }

  #next(): Served | undefined {
    const next = this.#reaches[this.#turn++ % this.#reaches.length]
    return next && { name: next[0], socket: next[1].socket }
  }
}
