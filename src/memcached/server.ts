import type { Socket } from 'node:net'
import { Affliction, type Impairment } from '../net/serve/impairment.ts'
import { provenInsides } from '../net/serve/insides-probe.ts'
import { type Admits, type ListenAddress, Listener, type UnixAddress } from '../net/serve/listener.ts'
import { type Insides, inlineMore } from '../net/serve/node-insides.ts'
import { TOO_MANY_CONNECTIONS } from './answers.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Loss } from './config-entries.ts'
import { Connection } from './connection.ts'
import { CacheCore } from './core.ts'
import { Datagrams } from './datagrams.ts'
import { type CacheNodeOptions, type NodeTls, settingsOf } from './options.ts'
import { generalStats } from './stats/general.ts'
import { hostStats, trafficOf } from './stats/host.ts'
import type { StatLine } from './stats/lines.ts'
import { Crawler } from './store/crawler.ts'
import { dumpItems, ItemLoader } from './store/dump.ts'
import { hashKey } from './store/item.ts'
import { commit } from './store/operations.ts'
import { Rebalancer } from './store/rebalancer.ts'
import { evictTo, maintain } from './store/reclaim.ts'

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
  readonly #listeners = new Set<Listener>()
  readonly #datagrams = new Set<Datagrams>()
  #certificate: NodeTls | undefined
  /** Known before the first listener is open. */
  #insides: Insides | undefined
  readonly #admits: Admits
  readonly #restored: (loss: Loss) => void
  #affliction: Affliction | undefined
  #announced: Buffer | undefined
  #legacyDue = 0
  readonly #crawler: Crawler
  readonly #rebalancer: Rebalancer
  #lastId = FIRST_CONNECTION
  readonly #waiting: { socket: Socket; tls: boolean }[] = []

  constructor(options: CacheNodeOptions, clock: Clock = systemClock) {
    inlineMore()
    this.#core = new CacheCore(settingsOf(options), clock.now())
    this.#crawler = new Crawler(this.#core.store)
    this.#rebalancer = new Rebalancer(this.#core.store)
    this.#clock = clock
    this.#certificate = options.tls
    this.#admits = options.admits ?? (() => true)
    this.#restored = options.restored ?? (() => {})
    this.#stopClock = clock.everySecond(() => this.#tick())
  }

  /**
   * Listens on one more address; a `plain` one without TLS, even if the node has a certificate.
   * @returns The address with its real port.
   * @throws ErrnoException (EADDRINUSE, EADDRNOTAVAIL, EACCES); nothing stays open then.
   */
  async listen<A extends ListenAddress | UnixAddress>(address: A, { plain = false } = {}): Promise<A> {
    const { backlog } = this.#core.settings
    this.#insides ??= await provenInsides(this.#certificate !== undefined)
    const listener = await Listener.open(
      address,
      plain ? undefined : this.#certificate,
      backlog,
      (socket, admit) => this.#admits(socket) && (this.#affliction?.gate(socket, admit) ?? true),
      (socket, tls) => this.#accept(socket, tls),
      () => this.#core.counters.handshakeErrors++,
    )
    this.#listeners.add(listener)
    this.#tellWhere()
    return listener.address as A // an address of the kind that was asked for
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
  async unlisten({ host, port }: ListenAddress): Promise<void> {
    for (const listener of this.#listeners) {
      const { address } = listener
      if ('path' in address || address.host !== host || address.port !== port) continue
      listener.close()
      this.#listeners.delete(listener)
    }
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
    const all = [...this.#listeners].map(({ address }) => address)
    this.#core.addresses = all.filter((address) => 'port' in address)
    this.#core.sockets = all.filter((address) => 'path' in address)
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

  /** Allows `watch`, or ends those who do and refuses it from now on. */
  allowWatch(allowed: boolean): void {
    this.#core.settings.watchEnabled = allowed
    if (!allowed) this.#core.watchers?.end()
  }

  /** Serves new TLS connections with another certificate; PEM text. */
  renewCertificate(certificate: { key: string; cert: string }): void {
    this.#core.certificateSince = this.#core.store.now
    const renewed = { ...this.#certificate, ...certificate }
    for (const listener of this.#listeners) listener.renewCertificate(renewed)
    this.#certificate = renewed
  }

  /** Makes the node suffer as told, in the place of what it suffered from before; null: it is well again. */
  impair(impairment: Impairment | null): void {
    const before = this.#affliction
    this.#affliction = undefined
    before?.lift()
    this.#affliction = impairment ? new Affliction(impairment, this.#core.connections) : undefined
  }

  /** Stops listening, ends every connection, forgets every item. */
  async close(): Promise<void> {
    this.#stopClock()
    this.#rebalancer.stop()
    for (const listener of this.#listeners) listener.close()
    this.#listeners.clear()
    for (const datagrams of this.#datagrams) datagrams.close()
    this.#datagrams.clear()
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    this.#affliction?.end()
    const gone = [...this.#core.connections].map(
      ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy()),
    )
    await Promise.all(gone)
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

  #accept(socket: Socket, tls: boolean): void {
    const { counters, settings, connections } = this.#core
    if (connections.size >= settings.maxConnections) {
      if (settings.maxConnsFast) this.#turnAway(socket)
      else {
        // As in a backlog: connected, and not served until another leaves. Counted when accepting ends, not for each.
        if (this.#waiting.length === 0) counters.listenDisabled++
        this.#waiting.push({ socket, tls })
      }
      return
    }
    this.#serve(socket, tls)
  }

  #turnAway(socket: Socket): void {
    this.#core.counters.rejectedConnections++
    socket.on('error', () => undefined)
    socket.write(TOO_MANY_CONNECTIONS)
    socket.destroySoon()
  }

  #serve(accepted: Socket, tls: boolean): void {
    const { counters, connections, settings } = this.#core
    const { places } = settings
    if (places?.take() === false) {
      this.#turnAway(accepted)
      return
    }
    counters.totalConnections++
    if (accepted.remoteFamily === 'IPv6') counters.acceptedIpv6++
    else counters.acceptedIpv4++
    let connection: Connection | undefined
    const { rewrap, shareReads, directWrites } = this.#insides ?? {}
    const wrapped = tls ? undefined : rewrap?.(accepted, (length, bytes) => connection?.receive(bytes, length))
    const socket = wrapped ?? accepted
    connection = new Connection(this.#core, socket, ++this.#lastId, tls, directWrites)
    const served = connection
    connections.add(served)
    this.#affliction?.burden(served)
    this.#core.watchers?.connected(served)
    socket.on('drain', () => served.drained())
    socket.on('error', () => {
      served.closeReason = 'error'
      socket.destroy()
    })
    socket.on('close', () => {
      places?.give()
      served.closed()
      connections.delete(served)
      this.#core.watchers?.delete(served)
      this.#core.watchers?.disconnected(served)
      this.#admit()
    })
    if (wrapped === undefined) {
      const shared = tls && shareReads?.(socket, (length, bytes) => served.receive(bytes, length))
      if (!shared) socket.on('data', (bytes: Buffer) => served.receive(bytes, bytes.length))
      socket.resume()
    }
  }

  #admit(): void {
    const next = this.#waiting.shift()
    if (next === undefined) return
    if (next.socket.destroyed) this.#admit()
    else this.#serve(next.socket, next.tls)
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
      if (store.now - connection.lastCommandAt <= settings.idleTimeout) continue
      counters.idleKicks++
      connection.closeReason = 'idle_timeout'
      connection.socket.destroy()
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
