import type { Impairment } from '../../../net/serve/impairment.ts'
import type { ListenAddress, Transit } from '../../../net/serve/listener.ts'
import type { IngressRule } from '../../network/ingress.ts'
import { Entrance, type EntranceSettings } from './entrance.ts'
import { type Reach, reachOf } from './reach.ts'

/** What of a reader endpoint can change while it is answered. */
export interface ReaderLive {
  /** Of the servers that answer on it, each in its turn: replicas, or the primary where there is none. */
  readonly directories: readonly string[]
  readonly transit: Transit
  readonly closeOnReplicaWrite?: boolean
}

/** A reader endpoint: a port whose clients are shared out among servers, one after the other. */
export class RedisReader {
  readonly #entrance: Entrance
  #reaches: readonly Reach[] = []
  #live: ReaderLive
  #turn = 0

  constructor(live: ReaderLive, settings: EntranceSettings) {
    this.#live = live
    this.#entrance = new Entrance({
      ...settings,
      transit: live.transit,
      ownAddress: undefined,
      server: () => this.#next(),
      closesOnReadonly: () => this.#live.closeOnReplicaWrite === true,
    })
    this.adjust(live)
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
    for (const reach of this.#reaches) reach.close()
    this.#reaches = live.directories.map(reachOf)
  }

  async stop(): Promise<void> {
    this.#entrance.close()
    for (const reach of this.#reaches) reach.close()
  }

  #next(): string | undefined {
    return this.#reaches[this.#turn++ % this.#reaches.length]?.socket
  }
}
