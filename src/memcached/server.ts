import type { Connection } from '../net/serve/connection.ts'
import type { Impairment } from '../net/serve/impairment.ts'
import type { ListenAddress, UnixAddress } from '../net/serve/listener.ts'
import { inlineMore } from '../net/serve/node-insides.ts'
import { Server } from '../net/serve/server.ts'
import { TOO_MANY_CONNECTIONS } from './answers.ts'
import type { Client } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Loss } from './config-entries.ts'
import { CacheCore } from './core.ts'
import { Datagrams } from './datagrams.ts'
import { opcodesOf } from './opcodes.ts'
import { type CacheNodeOptions, settingsOf } from './options.ts'
import { generalStats } from './stats/general.ts'
import { hostStats, trafficOf } from './stats/host.ts'
import type { StatLine } from './stats/lines.ts'
import { Crawler } from './store/crawler.ts'
import { dumpItems, ItemLoader } from './store/dump.ts'
import { hashKey } from './store/item.ts'
import { commit } from './store/operations.ts'
import { Rebalancer } from './store/rebalancer.ts'
import { evictTo, maintain } from './store/reclaim.ts'
import { MemcachedTalker, protocolOf } from './talker.ts'
import { lookupOf } from './verbs.ts'

export type { ListenAddress } from '../net/serve/listener.ts'
export type { Clock } from './clock.ts'
export type { CacheNodeOptions } from './options.ts'

/** What a node tells the control plane about itself: plain numbers. */
export interface NodeReport {
  /** Bytes of stored items, as memcached counts them. */
  readonly bytes: number
  readonly items: number
  /** Bytes of slab pages taken. */
  readonly memory: number
  readonly memoryLimit: number
  readonly connections: number
  readonly totalConnections: number
  readonly acceptedIpv4: number
  readonly acceptedIpv6: number
  readonly rejectedConnections: number
  readonly evictions: number
  readonly cmdGet: number
  readonly cmdSet: number
  readonly cmdConfigGet: number
  readonly cmdConfigSet: number
  readonly bytesRead: number
  readonly bytesWritten: number
  /** ECPUs consumed and commands held back; 0 on nodes that are not metered. */
  readonly ecpus: number
  readonly throttled: number
}

const CLUSTER = 'cluster'
const LEGACY_KEY = Buffer.from('AmazonElastiCache:cluster')
const LEGACY_HASH = hashKey(LEGACY_KEY, 0, LEGACY_KEY.length)
// A client may overwrite the key; ElastiCache puts it back "within 15 seconds" (guide, Auto Discovery).
const LEGACY_CHECK_SECONDS = 5
const CRLF = Buffer.from('\r\n')

// `stats conns` numbers listeners from 0, as if they were the file descriptors before those of clients.
const FIRST_CONNECTION = 100

/** One cache node: a Memcached server on as many addresses as it is told to listen on. */
export class CacheNode {
  readonly #core: CacheCore
  readonly #clock: Clock
  readonly #stopClock: () => void
  readonly #server: Server<Client>
  readonly #datagrams = new Set<Datagrams>()
  readonly #restored: (loss: Loss) => void
  #announced: Buffer | undefined
  #legacyDue = 0
  readonly #crawler: Crawler
  readonly #rebalancer: Rebalancer
  #lastId = FIRST_CONNECTION

  constructor(options: CacheNodeOptions, clock: Clock = systemClock) {
    inlineMore()
    const settings = settingsOf(options)
    const core = new CacheCore(settings, clock.now(), { verbs: lookupOf(settings), opcodes: opcodesOf(settings) })
    this.#core = core
    this.#crawler = new Crawler(this.#core.store)
    this.#rebalancer = new Rebalancer(this.#core.store)
    this.#clock = clock
    this.#server = new Server(
      protocolOf(core, (connection) => this.#talk(connection)),
      {
        tls: options.tls,
        backlog: settings.backlog,
        admits: options.admits ?? (() => true),
        budget: {
          most: settings.maxConnections,
          wait: !settings.maxConnsFast,
          refusal: TOO_MANY_CONNECTIONS,
          places: settings.places,
        },
      },
    )
    this.#restored = options.restored ?? (() => {})
    this.#stopClock = clock.everySecond(() => this.#tick())
  }

  /**
   * Listens on one more address; a `plain` one without TLS, even if the node has a certificate.
   * @returns The address with its real port.
   * @throws ErrnoException (EADDRINUSE, EADDRNOTAVAIL, EACCES); nothing stays open then.
   */
  async listen<A extends ListenAddress | UnixAddress>(address: A, { plain = false } = {}): Promise<A> {
    const bound = await this.#server.door.listen(address, plain ? 'plain' : 'tls')
    this.#tellWhere()
    return bound
  }

  /**
   * Serves requests in datagrams as well, one or more whole ones in each.
   * @returns The address with its real port.
   * @throws ErrnoException; nothing stays open then.
   */
  async listenUdp(address: ListenAddress): Promise<ListenAddress> {
    const datagrams = await Datagrams.open(this.#core, address)
    this.#datagrams.add(datagrams)
    this.#core.udpAddresses = [...this.#core.udpAddresses, datagrams.address]
    return datagrams.address
  }

  /** Stops listening on an address; connections made through it stay. */
  async unlisten(address: ListenAddress): Promise<void> {
    this.#server.door.unlisten(address)
    this.#tellWhere()
  }

  /** Where the node listens on the network now. */
  get addresses(): readonly ListenAddress[] {
    return this.#core.addresses
  }

  /** The sockets in the file system it listens on. */
  get sockets(): readonly UnixAddress[] {
    return this.#core.sockets
  }

  #tellWhere(): void {
    this.#core.addresses = this.#server.door.addresses
    this.#core.sockets = this.#server.door.sockets
  }

  /**
   * Sets the configuration entry `cluster` and the key that clients before 1.4.14 read. Clients may change both, as on
   * ElastiCache; the entry is back within a second, the key within five.
   */
  announce(data: Buffer): void {
    this.#announced = Buffer.from(data)
    this.#core.configs.announce(CLUSTER, this.#announced)
    this.#restoreLegacyKey()
  }

  /** Allows `watch`, or ends the watching clients and refuses it from now on. */
  allowWatch(allowed: boolean): void {
    this.#core.settings.watchEnabled = allowed
    if (!allowed) this.#core.watchers?.end()
  }

  /** Serves new TLS connections with another certificate; PEM text. */
  renewCertificate(certificate: { key: string; cert: string }): void {
    this.#core.certificateSince = this.#core.store.now
    this.#server.door.renewCertificate(certificate)
  }

  /** Makes the node suffer as told, in the place of what it suffered from before; null: it is well again. */
  impair(impairment: Impairment | null): void {
    this.#server.door.impair(impairment)
  }

  /** Stops listening, ends every connection, forgets every item. */
  async close(): Promise<void> {
    this.#stopClock()
    this.#rebalancer.stop()
    for (const datagrams of this.#datagrams) datagrams.close()
    this.#datagrams.clear()
    await this.#server.close()
  }

  report(): NodeReport {
    const { core } = { core: this.#core }
    const { counters, store } = core
    return {
      bytes: store.bytes,
      items: store.items,
      memory: store.slabs.pageBytes,
      memoryLimit: store.slabs.memoryLimit,
      connections: core.connections.size,
      totalConnections: counters.totalConnections,
      acceptedIpv4: counters.acceptedIpv4,
      acceptedIpv6: counters.acceptedIpv6,
      rejectedConnections: counters.rejectedConnections,
      evictions: store.listCounters.evicted.reduce((a, b) => a + b, 0),
      cmdGet: counters.cmdGet,
      cmdSet: counters.cmdSet.reduce((a, b) => a + b, 0),
      cmdConfigGet: counters.cmdConfigGet,
      cmdConfigSet: counters.cmdConfigSet,
      bytesRead: counters.bytesRead,
      bytesWritten: core.replies.written,
      ecpus: core.meter?.consumed ?? 0,
      throttled: core.meter?.throttled ?? 0,
    }
  }

  /** What `stats` says, and what it does not (see {@link hostStats}). */
  statistics(): StatLine[] {
    return [...generalStats(this.#core), ...hostStats(this.#core)]
  }

  /** Every live item as {@link dumpItems} writes it, piece by piece. Consistent when the pieces are taken without a break. */
  dump(): Iterable<Buffer> {
    return dumpItems(this.#core.store)
  }

  /** Takes back what `dump` gave, in pieces of any size; keys that are there already keep their value. */
  loader(): ItemLoader {
    return new ItemLoader(this.#core.store, this.#core.counters)
  }

  /** Changes the limits of a running serverless cache. Over the new limit of memory, the coldest items go at once. */
  limit({ memoryLimit, ecpuPerSecond }: { memoryLimit: number; ecpuPerSecond: number }): void {
    const { store, meter } = this.#core
    store.slabs.memoryLimit = memoryLimit
    evictTo(store, memoryLimit)
    if (meter) meter.limit = ecpuPerSecond
  }

  #talk(connection: Connection<Client>): MemcachedTalker {
    const talker = new MemcachedTalker(this.#core, connection, ++this.#lastId)
    this.#core.watchers?.connected(talker)
    return talker
  }

  #tick(): void {
    const { store, settings, connections, counters } = this.#core
    store.setTime(this.#clock.now())
    this.#core.meter?.tick(store.now)
    this.#core.bursts.tick(store.now, trafficOf(this.#core))
    if (settings.lruMaintainer) {
      maintain(store)
      counters.juggles++
    }
    if (settings.slabReassign) this.#rebalancer.tick()
    if (settings.lruCrawler && this.#crawler.step()) counters.crawlerStarts++
    const loss = this.#core.configs.restore()
    if (loss !== undefined) this.#restored(loss)
    if (this.#announced !== undefined && store.now >= this.#legacyDue) this.#restoreLegacyKey()
    if (settings.idleTimeout === 0) return
    for (const connection of connections) {
      if (store.now - connection.talker.lastCommandAt <= settings.idleTimeout) continue
      counters.idleKicks++
      connection.drop('idle')
    }
  }

  #restoreLegacyKey(): void {
    const { store, counters } = this.#core
    const data = this.#announced
    if (data === undefined) return
    this.#legacyDue = store.now + LEGACY_CHECK_SECONDS
    const found = store.find(LEGACY_KEY, 0, LEGACY_KEY.length, LEGACY_HASH)
    if (found !== 0 && this.#holds(found, data)) return
    const item = store.allocate(LEGACY_KEY, 0, LEGACY_KEY.length, LEGACY_HASH, 0, 0, data.length + 2)
    if (item <= 0) return // full, and refusing to evict: tried again at the next check
    store.write(item, 0, data, 0, data.length)
    store.write(item, data.length, CRLF, 0, 2)
    commit(store, counters, item, 'set', 0, 0)
  }

  #holds(item: number, data: Buffer): boolean {
    const { store } = this.#core
    if (store.valueBytes(item) !== data.length + 2 || store.clientFlags(item) !== 0) return false
    const value = Buffer.allocUnsafe(data.length)
    store.read(item, 0, data.length, value, 0)
    return value.equals(data)
  }
}
