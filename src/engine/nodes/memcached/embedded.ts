import type { CacheNodeOptions } from '../../../memcached/options.ts'
import { CacheNode } from '../../../memcached/server.ts'
import { SERVERLESS } from '../../../memcached/serverless.ts'
import type { Impairment } from '../../../net/serve/impairment.ts'
import type { ListenAddress } from '../../../net/serve/listener.ts'
import { type Admission, admissionOf, type IngressRule } from '../../network/ingress.ts'
import type { Reading } from '../readings.ts'
import type { Items, NodeHost, OwnCounters, RunningNode, Start } from '../running.ts'
import type { EmbeddedPrograms, LiveSettings, NodeBase } from '../runtime.ts'
import { readSnapshot, writeSnapshot } from '../snapshot-file.ts'
import { READINGS } from './readings.ts'

/** A cache node of this thread. */
class EmbeddedNode<P extends keyof EmbeddedPrograms> implements RunningNode<P> {
  readonly items: Items
  readonly #node: CacheNode
  readonly #adjust: (node: CacheNode, live: LiveSettings<P>) => void
  /** Asked once for every connection. */
  #admission: Admission

  /** @param options What its program makes of it. */
  constructor(
    spec: NodeBase,
    { places, restored }: NodeHost,
    options: Partial<CacheNodeOptions>,
    adjust: (node: CacheNode, live: LiveSettings<P>) => void,
  ) {
    this.#adjust = adjust
    this.#admission = admissionOf(spec.ingress)
    const node = new CacheNode({
      ...options,
      engineVersion: spec.engineVersion,
      memoryLimit: spec.memoryLimit,
      threads: spec.threads,
      ...(places && { places }),
      ...(spec.tls && { tls: spec.tls }),
      admits: ({ remoteAddress, localPort }) => this.#admission(remoteAddress, localPort),
      restored,
    })
    this.#node = node
    this.items = {
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

  adjust(live: LiveSettings<P>): void {
    this.#adjust(this.#node, live)
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
    return READINGS.of(this.#node.statistics())
  }

  stop(): Promise<void> {
    return this.#node.close()
  }
}

/** A node of a cluster. */
export const startMemcached: Start<'embedded-memcached'> = (spec, host) =>
  new EmbeddedNode<'embedded-memcached'>(spec, host, { ...spec.options, ...spec.live }, (node, { watchEnabled }) =>
    node.allowWatch(watchEnabled),
  )

/** A serverless cache. Over a new limit of memory, the coldest items go at once. */
export const startServerless: Start<'serverless-memcached'> = (spec, host) =>
  new EmbeddedNode<'serverless-memcached'>(spec, host, { ...SERVERLESS, ...spec.live }, (node, limits) =>
    node.limit(limits),
  )
