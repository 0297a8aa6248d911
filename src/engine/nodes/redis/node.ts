import { join } from 'node:path'
import type { LogType } from '../../../api/local-logs.ts'
import { inMilliseconds } from '../../../net/clock.ts'
import type { Impairment } from '../../../net/serve/impairment.ts'
import type { ListenAddress } from '../../../net/serve/listener.ts'
import type { IngressRule } from '../../network/ingress.ts'
import { type Reading, write } from '../readings.ts'
import type { OwnCounters } from '../running.ts'
import { swappedBytes } from '../swap.ts'
import { converge, isClusterWell, type Subject, settle } from './converge.ts'
import { LOG_FILE } from './directory.ts'
import { Entrance, type EntranceSettings } from './entrance.ts'
import { Feed } from './feed.ts'
import { LogDelivery } from './logs/delivery.ts'
import { Meter } from './meter.ts'
import { READINGS, readingOf, type Usage } from './readings.ts'
import { keysOf, restrictionsFor } from './restricted.ts'
import { HAS_SOURCE_ADDRESS, type Server } from './server.ts'
import { moveSlots, type SlotMove, type SlotsMoved } from './slots.ts'
import { saveTo } from './snapshot.ts'
import type { FeedSource, RedisLive, RedisSpec } from './spec.ts'
import { startServer } from './start-server.ts'
import { withLogins, withoutWrites } from './users.ts'

/** Until a server that did not do all it was told is told again. */
const AGAIN_MS = 50
/** How long a node that sees its whole group goes on as one that is getting to know it: the others are to see it too. */
const SETTLE_MS = 3_000

/** What a server says of itself when it is asked whether its group is as it is to be. */
export interface RedisStatus {
  /** It has done all that its live settings say. */
  readonly agrees: boolean
  /** Those of its live settings. */
  readonly users: readonly string[]
  readonly role: 'primary' | 'replica'
  /** Of a replica: it has all that its primary has, but for what is on its way. True of a primary. */
  readonly inSync: boolean
  /** How far it is in what its primary has written, in bytes. */
  readonly offset: number
  /** Of a primary that takes another one's data: how far it is in that, in bytes; undefined while it does not hear from it. */
  readonly fed: number | undefined
  /** In cluster mode: it says that all is well, and tells clients of every member. True in cluster mode off. */
  readonly clusterOk: boolean
  /** Bytes of memory it has in use. */
  readonly usedMemory: number
  /** Whether there are keys in other databases than 0. */
  readonly hasOtherDatabases: boolean
  /** Directives it did not take, with its words. */
  readonly refusals: Readonly<Record<string, string>>
  /** Logs that are not delivered, and why. */
  readonly undelivered: Readonly<Partial<Record<LogType, string>>>
}

/**
 * A cache node: a server behind a door that holds the node's ports: TLS and plain text, the clients let in, faults to rehearse
 * with. A server that is a process goes on running when the engine is killed, and is taken over by the next.
 */
export class RedisNode {
  readonly #server: Server
  readonly #subject: Subject
  readonly #entrance: Entrance
  /** Of a serverless cache. */
  readonly #meter: Meter | undefined
  readonly #logs: LogDelivery
  readonly #checkLogin: EntranceSettings['checkLogin']
  #live: RedisLive
  /** Where its data comes from another cluster. */
  #feed: Feed | undefined
  #agrees = false
  #isSettled = false
  #isClosed = false
  /** The looks at the server, one after the other. */
  #looking: Promise<void> = Promise.resolve()

  private constructor(server: Server, spec: RedisSpec, entrance: EntranceSettings, logs: LogDelivery) {
    this.#server = server
    this.#logs = logs
    this.#live = spec.live
    const keys = keysOf(spec.secret)
    this.#subject = {
      spec,
      keys,
      operator: server.operator,
      tell: server.tell && ((topology) => server.tell?.(topology)),
      hasSourceAddress: HAS_SOURCE_ADDRESS,
      directives: new Map(),
      users: new Map(),
      refusals: new Map(),
      handoverSince: undefined,
      // Whoever looked after it before may have.
      holdsWrites: undefined,
      isFull: false,
    }
    const { ecpuPerSecond } = spec.live
    this.#meter = ecpuPerSecond === undefined ? undefined : new Meter(ecpuPerSecond)
    const adopt: Server['adopt'] = server.adopt && ((...client) => server.adopt?.(...client))
    this.#checkLogin = entrance.checkLogin
    this.#rule()
    this.#entrance = new Entrance({
      ...entrance,
      transit: spec.live.transit,
      ownAddress: HAS_SOURCE_ADDRESS ? keys.address : undefined,
      server: () => ({ name: '', socket: server.socket, ...(adopt && { adopt }) }),
      closesOnReadonly: () => this.#live.closeOnReplicaWrite === true,
      keepAliveSeconds: () => secondsOf(this.#live.directives['tcp-keepalive']),
      refusesWrites: spec.live.refusesWrites === true,
      isRestricted: restrictionsFor(spec),
      meter: this.#meter,
      logins: () => this.#live.logins,
      password: keys.login,
    })
    this.#entrance.impairLinks(spec.live.links ?? {})
  }

  /**
   * Takes over a server that runs as `spec` says, or starts one; it is told all of its live settings before this resolves, as
   * far as it can do them alone.
   * @throws CannotRun in the server's own words; the system's error.
   */
  static async start(spec: RedisSpec, entrance: EntranceSettings): Promise<RedisNode> {
    const logs = new LogDelivery(spec, join(spec.directory, LOG_FILE))
    logs.begin()
    const node = new RedisNode(await startServer(spec), spec, entrance, logs)
    try {
      // Where the group's servers find it when clients do not by IPv4.
      if (HAS_SOURCE_ADDRESS && spec.announce.ip.includes(':')) {
        await node.#entrance.listen({ host: node.#subject.keys.address, port: spec.port })
      }
      await node.#look()
      logs.follow(node.#server.operator)
    } catch (error) {
      await node.#close()
      await node.#server.giveUp()
      throw error
    }
    return node
  }

  /** Undefined: it is a part of this process. */
  get pid(): number | undefined {
    return this.#server.pid
  }

  async listen(address: ListenAddress): Promise<void> {
    await this.#entrance.listen(address)
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

  onEnd(listener: (how: string) => void): void {
    this.#server.onEnd((how) => {
      this.#logs.end()
      listener(how)
    })
  }

  /**
   * Makes it what it is to be now. Resolves when the server has been told; what it does not do yet, or does not answer to, it
   * is told again, until it has done it or is to be something else.
   */
  async adjust(live: RedisLive): Promise<void> {
    this.#live = live
    this.#agrees = false
    this.#rule()
    this.#entrance.speak(live.transit)
    this.#entrance.refuseWrites(live.refusesWrites === true)
    this.#entrance.impairLinks(live.links ?? {})
    if (this.#meter) this.#meter.limit = live.ecpuPerSecond ?? Number.POSITIVE_INFINITY
    await this.#look().catch(() => undefined)
    await this.#logs.deliver(live.logs)
  }

  /** What it says of itself. Rejects when it does not answer. */
  async status(): Promise<RedisStatus> {
    // Before it is asked: what it says is of after that.
    const agreed = this.#agrees
    const info = await this.#server.operator.info('replication', 'memory', 'keyspace')
    const isReplica = info.get('role') === 'slave'
    const { topology, users, feed } = this.#live
    const fed = this.#feed?.offset
    const agrees = agreed && this.#agrees
    const clusterOk = topology === undefined || (await isClusterWell(this.#subject, topology))
    // Another node may have had it forget a member since: whoever forgets one tells all.
    if (!clusterOk) this.#lookAnew()
    return {
      users,
      agrees,
      role: isReplica ? 'replica' : 'primary',
      inSync: isReplica
        ? info.get('master_link_status') === 'up' && info.get('master_sync_in_progress') === '0'
        : feed === undefined || fed !== undefined,
      fed,
      offset: Number(info.get(isReplica ? 'slave_repl_offset' : 'master_repl_offset') ?? 0),
      clusterOk,
      usedMemory: Number(info.get('used_memory')),
      hasOtherDatabases: [...info.keys()].some((name) => /^db[1-9]/.test(name)),
      refusals: Object.fromEntries(this.#subject.refusals),
      undelivered: await this.#logs.troubles(),
    }
  }

  /** Undefined when it does not answer. @param cores Of the node's type. */
  async reading(cores: number): Promise<Reading | undefined> {
    const { operator, spec } = this.#subject
    try {
      const said = await operator.info('EVERYTHING')
      const { feed, directives } = this.#live
      const reading = readingOf(
        // Of what is fed it says none.
        feed ? new Map([...said, ['maxmemory', directives.maxmemory ?? '0']]) : said,
        spec.program.name === 'valkey-server' ? 'valkey' : 'redis',
        cores,
        this.#meter && usageOf(this.#meter),
      )
      // One of several in a process is told what it has of that's by its thread, and of what is swapped by the engine.
      if (this.pid === undefined) write(reading, 'cpu_seconds', Number.NaN)
      else write(reading, 'swap_bytes', swappedBytes(this.pid) ?? Number.NaN)
      return reading
    } catch {
      return undefined
    }
  }

  /** Zeros when it does not answer. */
  async counters(): Promise<OwnCounters> {
    const reading = await this.reading(1)
    const number = (name: Parameters<typeof READINGS.read>[1]) => (reading ? READINGS.read(reading, name) || 0 : 0)
    return {
      pid: this.pid ?? null,
      connections: this.#entrance.clients,
      items: number('curr_items'),
      bytes: number('used_memory'),
      memoryBytes: number('memory_bytes'),
      ecpus: this.#meter?.consumed ?? 0,
      throttled: this.#meter?.throttled ?? 0,
    }
  }

  /** Gives slots to another primary, keys and all; again where it was broken off. */
  moveSlots(move: SlotMove): Promise<SlotsMoved> {
    const { spec, keys } = this.#subject
    const { nodeId = '', innerPort } = spec
    const server = this.#server
    const give = server.give && ((...of: [readonly number[], string]) => server.give?.(...of))
    return moveSlots({ nodeId, keys, socket: server.socket, innerPort, ...(give && { give }) }, move)
  }

  /** Writes all it has to a file that a server can be started with; there is a whole file afterwards or none. Answers the bytes of memory it has in use. */
  save(file: string): Promise<number> {
    const { spec, keys } = this.#subject
    return saveTo(file, { server: this.#server, keys, directory: spec.directory })
  }

  /** Ends it. */
  async stop(): Promise<void> {
    await this.#logs.look()
    await this.#close()
    await this.#server.stop()
    this.#logs.end()
  }

  /** Closes its door, and leaves the server to the next engine; one that could not go on is stopped. */
  async leave(): Promise<void> {
    if (!this.#server.leave) return this.stop()
    void this.#close()
    this.#server.leave()
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    this.#logs.close()
    this.#entrance.close()
    await this.#feed?.close()
  }

  /** Tells a server that sees to its clients itself what holds for them. */
  #rule(): void {
    const { refusesWrites = false, closeOnReplicaWrite = false, logins } = this.#live
    this.#server.rule?.({
      refusesWrites,
      endsOnReadonly: closeOnReplicaWrite,
      logins: logins && {
        isOpen: logins.isOpen,
        tokenUsers: logins.iam,
        check: async (...login) => (await this.#checkLogin?.(...login)) ?? 0,
      },
    })
  }

  /** At one that had done all it was told. */
  #lookAnew(): void {
    if (!this.#agrees) return
    this.#agrees = false
    void this.#look().catch(() => undefined)
  }

  /** One look; where something is left to do, another one follows. */
  #look(): Promise<void> {
    const live = this.#live
    const { keys } = this.#subject
    const look = this.#looking.then(async () => {
      if (this.#isClosed || live !== this.#live || this.#agrees) return
      try {
        if (!live.feed) await this.#stopFeed()
        const users = withLogins(live, keys)
        const told = {
          ...live,
          users: live.refusesWrites && !this.#server.rule ? withoutWrites(users) : users,
          // It has what its source has, as a replica would, whatever that takes.
          ...(live.feed && { directives: { ...live.directives, maxmemory: '0' } }),
        }
        const agrees = await converge(this.#subject, told, performance.now())
        // It may have been told to be something else meanwhile.
        if (live !== this.#live) return
        this.#agrees = agrees
        if (agrees && live.feed && !this.#isClosed) this.#feedFrom(live.feed)
      } finally {
        if (this.#agrees) this.#settleSoon(live)
        else inMilliseconds(AGAIN_MS, () => void this.#look().catch(() => undefined))
      }
    })
    this.#looking = look.catch(() => undefined)
    return look
  }

  #feedFrom(source: FeedSource): void {
    const { directory, port, program, secret } = this.#subject.spec
    if (this.#feed) this.#feed.follow(source)
    else this.#feed = new Feed(source, { directory, port, program, secret, socket: this.#server.socket })
  }

  async #stopFeed(): Promise<void> {
    await this.#feed?.close()
    this.#feed = undefined
  }

  #settleSoon({ topology }: RedisLive): void {
    if (this.#isSettled || topology === undefined) return
    this.#isSettled = true
    const look = async () => {
      if (this.#isClosed) return
      const isWell = await isClusterWell(this.#subject, this.#live.topology ?? []).catch(() => false)
      if (!isWell) inMilliseconds(AGAIN_MS, () => void look())
      else inMilliseconds(SETTLE_MS, () => void settle(this.#subject).catch(() => undefined))
    }
    void look()
  }
}

const secondsOf = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value))

const usageOf = ({ consumed, commands, throttled }: Meter): Usage => ({
  ecpus: consumed,
  metered_commands: commands,
  throttled_commands: throttled,
})
