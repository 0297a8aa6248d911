import type { Loss } from '../../memcached/config-entries.ts'
import { CacheNode } from '../../memcached/server.ts'
import { SERVERLESS } from '../../memcached/serverless.ts'
import type { Impairment } from '../../net/serve/impairment.ts'
import type { ListenAddress } from '../../net/serve/listener.ts'
import type { Places } from '../../net/serve/server.ts'
import { type Admission, admissionOf, type IngressRule } from '../network/ingress.ts'
import { type Reading, readingOf } from './readings.ts'
import type { Items, OwnCounters, RunningNode } from './running.ts'
import type { NodeSpec } from './runtime.ts'
import { readSnapshot, writeSnapshot } from './snapshot-file.ts'

/** A cache node of this thread. */
export class EmbeddedNode implements RunningNode {
  readonly items: Items
  readonly #node: CacheNode
  /** Asked once for every connection. */
  #admission: Admission

  /** @param places What of the connections of all nodes together it may have; undefined: no bound is known. */
  constructor(spec: NodeSpec, places: Places | undefined, restored: (loss: Loss) => void) {
    this.#admission = admissionOf(spec.ingress)
    const node = new CacheNode({
      ...spec.options,
      engineVersion: spec.engineVersion,
      memoryLimit: spec.memoryLimit,
      threads: spec.threads,
      ...(places && { places }),
      ...(spec.tls && { tls: spec.tls }),
      ...(spec.serverless && { ...SERVERLESS, ...spec.serverless }),
      admits: ({ remoteAddress, localPort }) => this.#admission(remoteAddress, localPort),
      restored,
    })
    this.#node = node
    this.items = {
      limit: (limits) => node.limit(limits),
      dump(file) {
        writeSnapshot(file, node.dump())
        return node.report().bytes
      },
      async restore(file) {
        const loader = node.loader()
        await readSnapshot(file, (piece) => loader.take(piece))
        loader.end()
      },
    }
  }

  listen(address: ListenAddress): Promise<ListenAddress> {
    return this.#node.listen(address)
  }

  unlisten(address: ListenAddress): Promise<void> {
    return this.#node.unlisten(address)
  }

  allow(rules: readonly IngressRule[]): void {
    this.#admission = admissionOf(rules)
  }

  announce(payload: Buffer): void {
    this.#node.announce(payload)
  }

  allowWatch(allowed: boolean): void {
    this.#node.allowWatch(allowed)
  }

  impair(impairment: Impairment | null): void {
    this.#node.impair(impairment)
  }

  renewCertificate(pem: { readonly key: string; readonly cert: string }): void {
    this.#node.renewCertificate(pem)
  }

  counters(): OwnCounters {
    const { connections, items, bytes, memory, ecpus, throttled } = this.#node.report()
    return { pid: null, connections, items, bytes, memoryBytes: memory, ecpus, throttled }
  }

  reading(): Reading {
    return readingOf(this.#node.statistics())
  }

  stop(): Promise<void> {
    return this.#node.close()
  }
}
