import type { Socket } from 'node:net'
import { memcached } from '../../../api/catalog/engines.ts'
import { isAtLeast } from '../../../api/catalog/versions.ts'
import type { Client } from '../../../memcached/client.ts'
import { type Clock, systemClock } from '../../../memcached/clock.ts'
import { CacheCore } from '../../../memcached/core.ts'
import { opcodesOf } from '../../../memcached/opcodes.ts'
import { settingsOf } from '../../../memcached/options.ts'
import { MemcachedTalker, protocolOf } from '../../../memcached/talker.ts'
import { lookupOf } from '../../../memcached/verbs.ts'
import type { Protocol } from '../../../net/serve/connection.ts'
import { Connection } from '../../../net/serve/connection.ts'
import { Door } from '../../../net/serve/door.ts'
import type { Impairment } from '../../../net/serve/impairment.ts'
import type { ListenAddress } from '../../../net/serve/listener.ts'
import { type Admission, admissionOf, type IngressRule } from '../../network/ingress.ts'
import { CannotRun } from '../failure.ts'
import type { Reading } from '../readings.ts'
import type { OwnCounters, RunningNode } from '../running.ts'
import type { LiveSettings, Loss, NodeSpec } from '../runtime.ts'
import { swappedBytes } from '../swap.ts'
import { MemcachedProcess } from './process.ts'
import { READINGS } from './readings.ts'
import { Relay, TEXT_MARK } from './relay.ts'
import type { RequestKinds } from './requests.ts'

const CLUSTER = 'cluster'
const LEGACY_KEY = 'AmazonElastiCache:cluster'
// A client may overwrite the key, flush or evict it; ElastiCache puts it back "within 15 seconds" (guide, Auto Discovery).
const LEGACY_CHECK_SECONDS = 5
const MIB = 2 ** 20

/**
 * A cache node that is the real memcached, behind a relay ({@link Relay}) that holds the node's ports. The relay does what
 * memcached does not: ElastiCache's `config`, TLS, ingress rules, faults to rehearse with. The key of clients before 1.4.14 is
 * set in memcached itself. `version` and `stats` are memcached's own.
 */
export class MemcachedNode implements RunningNode<'memcached-process'> {
  readonly #process: MemcachedProcess
  readonly #clock: Clock
  /** Answers in memcached's stead, by the code of embedded nodes; holds the configuration entries and no item. */
  readonly #core: CacheCore
  readonly #protocol: Protocol<Client>
  /** Asked once for every connection. */
  #admission: Admission
  readonly #restored: (loss: Loss) => void
  readonly #kinds: { config: boolean; watch: boolean }
  readonly #door: Door
  readonly #relays = new Set<Relay>()
  #announced: Buffer | undefined
  /** CAS unique and size of the key as the engine left it. */
  #legacy = ''
  #legacyDue = 0
  readonly #stopClock: () => void

  private constructor(
    process: MemcachedProcess,
    spec: NodeSpec<'memcached-process'>,
    restored: (loss: Loss) => void,
    clock: Clock,
  ) {
    this.#process = process
    this.#clock = clock
    const settings = settingsOf({
      ...spec.options,
      watchEnabled: spec.live.watchEnabled,
      engineVersion: spec.engineVersion,
      memoryLimit: MIB,
      hashpowerInit: 0,
    })
    this.#admission = admissionOf(spec.ingress)
    const core = new CacheCore(settings, clock.now(), { verbs: lookupOf(settings), opcodes: opcodesOf(settings) })
    this.#core = core
    this.#protocol = protocolOf(core, (connection) => new MemcachedTalker(core, connection, 0))
    this.#door = new Door({
      tls: spec.tls ?? undefined,
      backlog: settings.backlog,
      admits: ({ remoteAddress, localPort }) => this.#admission(remoteAddress, localPort),
      serve: (socket, tls) => this.#serve(socket, tls),
      clients: this.#relays,
    })
    this.#restored = restored
    this.#kinds = { config: isAtLeast(spec.engineVersion, memcached.autoDiscoverySince), watch: !settings.watchEnabled }
    this.#stopClock = clock.everySecond(() => this.#tick())
  }

  /**
   * Rejects with CannotRun when memcached does not start with what it is given, in its own words.
   * @param restored Told that a client changed the list of nodes, and that it is back.
   */
  static async start(
    spec: NodeSpec<'memcached-process'>,
    restored: (loss: Loss) => void,
    clock: Clock = systemClock,
  ): Promise<MemcachedNode> {
    const process = await MemcachedProcess.start(spec)
    const answer = await process.operator.ask(TEXT_MARK.request.toString('latin1'))
    if (answer !== TEXT_MARK.reply.toString('latin1')) {
      await process.stop()
      throw new CannotRun(`this memcached cannot be relayed: it answers ${JSON.stringify(answer)} to md`)
    }
    return new MemcachedNode(process, spec, restored, clock)
  }

  /** Throws the system's error, and nothing stays open then. */
  async listen(address: ListenAddress): Promise<void> {
    await this.#door.listen(address)
  }

  async unlisten(address: ListenAddress): Promise<void> {
    this.#door.unlisten(address)
  }

  allow(rules: readonly IngressRule[]): void {
    this.#admission = admissionOf(rules)
  }

  onEnd(listener: (how: string) => void): void {
    this.#process.onEnd((how) => listener(`memcached ended (${how})`))
  }

  async announce(data: Buffer): Promise<void> {
    this.#announced = Buffer.from(data)
    this.#core.configs.announce(CLUSTER, this.#announced)
    await this.#setLegacyKey()
  }

  /** `watch` is the engine's to refuse: memcached takes it at its start only. */
  adjust({ watchEnabled }: LiveSettings<'memcached-process'>): void {
    this.#core.settings.watchEnabled = watchEnabled
    this.#kinds.watch = !watchEnabled
    if (!watchEnabled) for (const relay of this.#relays) if (relay.isWatching) relay.socket.destroySoon()
  }

  renewCertificate(certificate: { readonly key: string; readonly cert: string }): void {
    this.#door.renewCertificate(certificate)
  }

  impair(impairment: Impairment | null): void {
    this.#door.impair(impairment)
  }

  async stop(): Promise<void> {
    this.#stopClock()
    this.#door.close()
    for (const { socket } of this.#relays) socket.destroy()
    await this.#process.stop()
  }

  /**
   * What `stats` says, and beside it what the metrics want of a node and its host; undefined when memcached does not answer.
   * Of the traffic on sockets it tells bytes only.
   */
  async reading(): Promise<Reading | undefined> {
    const stats = await this.#stats()
    if (!stats) return undefined
    const number = (name: string) => Number(stats.get(name) ?? Number.NaN)
    const { configs, counters } = this.#core
    return READINGS.of([
      ...stats,
      ['cmd_config_get', counters.cmdConfigGet],
      ['cmd_config_set', counters.cmdConfigSet],
      ['curr_config', configs.count],
      ['cpu_seconds', number('rusage_user') + number('rusage_system')],
      ['cpu_cores', number('threads')],
      ['memory_bytes', number('total_malloced')],
      ['swap_bytes', swappedBytes(this.#process.pid ?? 'self') ?? Number.NaN],
    ])
  }

  /** Zeros when memcached does not answer. */
  async counters(): Promise<OwnCounters> {
    const stats = await this.#stats()
    const number = (name: string) => Number(stats?.get(name) ?? 0)
    return {
      pid: this.#process.pid ?? null,
      connections: this.#relays.size,
      items: number('curr_items'),
      bytes: number('bytes'),
      memoryBytes: number('total_malloced'),
      ecpus: 0,
      throttled: 0,
    }
  }

  async #stats(): Promise<ReadonlyMap<string, string> | undefined> {
    const { operator } = this.#process
    try {
      // The last lines of `stats slabs` tell what pages are taken.
      const lines = (await operator.ask('stats\r\n', 'END\r\n')) + (await operator.ask('stats slabs\r\n', 'END\r\n'))
      return new Map([...lines.matchAll(/^STAT (\S+) (.*)\r$/gm)].map(([, name = '', value = '']) => [name, value]))
    } catch {
      return undefined
    }
  }

  #serve(accepted: Socket, tls: boolean): void {
    let answerer: Connection | undefined
    const relay = new Relay(accepted, tls, {
      server: { path: this.#process.socketFile },
      kinds: (): RequestKinds => this.#kinds,
      rewrap: this.#door.insides.rewrap,
      now: () => this.#core.store.now,
      answer: (client, request) => {
        if (!answerer) {
          answerer = new Connection(this.#protocol, client.socket, tls)
          // What the client suffers from, it suffers from here too.
          answerer.take = (bytes) => client.take(bytes)
        }
        answerer.receive(request, request.length)
      },
    })
    this.#relays.add(relay)
    this.#door.burden(relay)
    relay.socket.on('close', () => this.#relays.delete(relay))
  }

  #tick(): void {
    const { store, settings } = this.#core
    store.setTime(this.#clock.now())
    if (settings.idleTimeout > 0) this.#endIdle(store.now - settings.idleTimeout)
    const loss = this.#core.configs.restore()
    if (loss !== undefined) this.#restored(loss)
    if (this.#announced === undefined || store.now < this.#legacyDue) return
    this.#legacyDue = store.now + LEGACY_CHECK_SECONDS
    void this.#restoreLegacyKey()
  }

  /** memcached itself looks for idle connections among those of TCP only, and has none. */
  #endIdle(since: number): void {
    for (const relay of this.#relays) if (relay.lastHeard < since) relay.socket.destroy()
  }

  /** Looks at the key by `me`, which neither counts as a get nor moves it in the LRU. */
  async #restoreLegacyKey(): Promise<void> {
    const found = await this.#lookAtLegacyKey()
    if (found !== undefined && found !== this.#legacy) await this.#setLegacyKey()
  }

  async #setLegacyKey(): Promise<void> {
    const data = this.#announced
    if (!data) return
    try {
      const text = data.toString('latin1')
      await this.#process.operator.ask(`set ${LEGACY_KEY} 0 0 ${data.length}\r\n${text}\r\n`)
      this.#legacy = (await this.#lookAtLegacyKey()) ?? ''
    } catch {
      // It ended, or has no connection left: seen to at the next check.
    }
  }

  async #lookAtLegacyKey(): Promise<string | undefined> {
    try {
      const answer = await this.#process.operator.ask(`me ${LEGACY_KEY}\r\n`)
      return [...answer.matchAll(/ (?:cas|size)=\d+/g)].join('')
    } catch {
      return undefined
    }
  }
}
