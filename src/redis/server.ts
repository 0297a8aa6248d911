import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Connection } from '../net/serve/connection.ts'
import type { Door } from '../net/serve/door.ts'
import type { Impairment } from '../net/serve/impairment.ts'
import type { Admits, ListenAddress, ServerTls, TransitOf, UnixAddress } from '../net/serve/listener.ts'
import { inlineMore } from '../net/serve/node-insides.ts'
import { type Places, Server } from '../net/serve/server.ts'
import { startChores } from './chores.ts'
import { type Clock, systemClock } from './clock.ts'
import type { ClusterParts } from './cluster/cluster.ts'
import { contentsOf, takeContents } from './cluster/hand-over.ts'
import type { Topology } from './cluster/topology.ts'
import { CommandTable, type Dialect } from './commands/command.ts'
import { ROWS } from './commands/table.ts'
import { Config } from './config/config.ts'
import { Core, type Log } from './core.ts'
import { startFeatures } from './features.ts'
import type { ClientRules, Guest, Keeping } from './keeper.ts'
import { Loader, type LoaderOptions } from './rdb/loader.ts'
import { persistenceOf } from './rdb/persistence.ts'
import { type Snapshot, snapshotOf } from './rdb/snapshot.ts'
import type { Primary } from './replication/following.ts'
import { replicationOf } from './replication/replication.ts'
import { type ReplicationState, stateOf } from './replication/report.ts'
import { shutdownOf, shutdownOptions } from './shutdown.ts'
import { RedisTalker } from './talker.ts'

/** What a node is started with. */
export interface RedisNodeOptions extends Dialect {
  /** Directives by name, in the words of a line of a configuration file. */
  readonly directives?: ReadonlyMap<string, readonly string[]>
  /** New names of commands by old ones; `''`: gone. */
  readonly renamed?: ReadonlyMap<string, string>
  /** Users, the name first, then rules. */
  readonly users?: readonly (readonly string[])[]
  readonly tls?: ServerTls
  /** What each connection is to speak, on ports that are not told; default: TLS if there is a certificate. */
  readonly transitOf?: TransitOf
  /** Asked once for each connection; absent: every client may connect. */
  readonly admits?: Admits
  /** What this node's connections share with those of others; without it only its own maximum counts. */
  readonly places?: Places
  readonly log?: Log
  /** Who runs it for others. Absent: nobody. */
  readonly keeping?: Keeping
  /** In cluster mode (`cluster-enabled yes`): what it is to know of its cluster from the start. */
  readonly cluster?: ClusterParts
  /** The file that its directives are from, in full: CONFIG REWRITE writes it. */
  readonly configFile?: string
  /** Called when a client asks for SHUTDOWN. */
  readonly shutdown?: () => void
}

const TOO_MANY = Buffer.from('-ERR max number of clients reached\r\n')
const RUN_ID_BYTES = 20
const MS_PER_SECOND = 1000

/** Numbers from 0 to 1 (xoshiro128**), not to be foretold by who has not seen their seed: sampling asks for many. */
function chance(): () => number {
  const seed = randomBytes(16)
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => seed.readInt32LE(at)) as [number, number, number, number] // of four
  return () => {
    const product = Math.imul(b, 5)
    const drawn = Math.imul((product << 7) | (product >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return (drawn >>> 0) / 2 ** 32
  }
}

/** Of a link to a primary: what a client of it needs. Names in its certificate mean nothing, as servers have it. */
const linkTls = ({ key, cert, ca }: Partial<ServerTls> = {}): ConnectionOptions => ({
  checkServerIdentity: () => undefined,
  ...(key !== undefined && cert !== undefined && { key, cert }),
  ...(ca !== undefined && { ca }),
})

/** One node: a server of Redis OSS or Valkey on as many addresses as it is told to listen on. */
export class RedisNode {
  readonly #core: Core
  readonly #server: Server<RedisTalker>
  readonly #stopChores: () => void

  /** @throws BadValue, of a directive; BadRule, of a user. */
  constructor(options: RedisNodeOptions, clock: Clock = systemClock, random: () => number = chance()) {
    inlineMore()
    const config = new Config(options)
    config.load(options.directives ?? new Map())
    const core = new Core({
      config,
      commands: new CommandTable(ROWS, options, options.renamed),
      dialect: options,
      clock,
      random,
      runId: randomBytes(RUN_ID_BYTES).toString('hex'),
      log: options.log ?? (() => undefined),
      shutdown: options.shutdown ?? (() => undefined),
      keeping: options.keeping,
    })
    core.host.configFile = options.configFile ?? ''
    startFeatures(core, options.cluster ?? {})
    replicationOf(core).tls = () => (config.text('tls-replication') === 'yes' ? linkTls(options.tls) : undefined)
    for (const [name = '', ...rules] of options.users ?? []) core.access.setUser(name, rules)
    this.#core = core
    this.#server = new Server<RedisTalker>(
      {
        replies: core.replies,
        counters: core.counters,
        connections: core.connections,
        talk: (connection) => this.#talk(connection),
      },
      {
        tls: options.tls,
        backlog: config.settings.tcpBacklog,
        admits: options.admits ?? (() => true),
        ...(options.transitOf && { transitOf: options.transitOf }),
        budget: {
          get most() {
            return config.settings.maxclients
          },
          wait: false,
          refusal: TOO_MANY,
          places: options.places,
        },
      },
    )
    this.#stopChores = startChores(core)
  }

  /**
   * Listens on one more address; a `plain` one without TLS, even if the node has a certificate.
   * @returns The address with its real port.
   * @throws ErrnoException (EADDRINUSE, EADDRNOTAVAIL, EACCES); nothing stays open then.
   */
  async listen<A extends ListenAddress | UnixAddress>(address: A, { plain = false } = {}): Promise<A> {
    const bound = await this.#server.door.listen(address, plain ? 'plain' : undefined)
    const { addresses } = this.#server.door
    this.#core.addresses = addresses
    // CONFIG GET tells the port that clients have come by.
    const [first] = addresses
    if (first !== undefined) this.#core.config.load(new Map([['port', [String(first.port)]]]))
    replicationOf(this.#core).start()
    return bound
  }

  /**
   * Serves a client that a door of the keeper's has let in, and that reads nothing yet. Answers its connection, for faults;
   * undefined: it was turned away.
   */
  adopt(socket: Socket, secure: boolean, door: Pick<Door, 'insides' | 'burden'>, guest: Guest): Connection | undefined {
    return this.#server.adopt(socket, secure, { door, talk: (connection) => this.#talk(connection, guest) })
  }

  /** What clients may from now on, and what becomes of them: those of the keeper's own user apart. */
  rule(rules: ClientRules): void {
    this.#core.keeper.rules = rules
  }

  /** Follows another node or server from now on; null: none, so that this one is a primary. */
  follow(primary: Primary | null): void {
    this.#core.refreshTime()
    replicationOf(this.#core).follow(primary ?? undefined)
    this.#core.deliver()
  }

  get isReplica(): boolean {
    return this.#core.isReplica
  }

  /** How it stands with its primary and its replicas. */
  replicationState(): ReplicationState {
    this.#core.refreshTime()
    return stateOf(this.#core, replicationOf(this.#core))
  }

  /** Where the node listens on the network now. */
  get addresses(): readonly ListenAddress[] {
    return this.#server.door.addresses
  }

  /** Serves new TLS connections with another certificate; PEM text. */
  renewCertificate(certificate: { readonly key: string; readonly cert: string }): void {
    this.#server.door.renewCertificate(certificate)
  }

  /**
   * Tells a node in cluster mode who is who from now on: it takes it over at once, and sends clients to where their keys are now.
   * Whom it is to follow is told apart from it ({@link follow}).
   * @throws RangeError when the node itself is not in it.
   */
  topology(topology: Topology): void {
    this.#core.refreshTime()
    this.#core.cluster?.swap(topology)
  }

  /**
   * What some slots of this node hold, in pieces, for `takeSlots` of the node that is to have them. Clients that ask for them wait
   * from now on until the node is told that another one has them, or `keepSlots`.
   */
  giveSlots(slots: readonly number[]): AsyncIterable<Buffer> {
    this.#core.cluster?.hold(slots)
    return contentsOf(this.#core, slots)
  }

  /** Slots that were to be given stay here: those who waited are served. */
  keepSlots(slots: readonly number[]): void {
    this.#core.cluster?.release(slots)
    this.#core.deliver()
  }

  /**
   * Puts in what another node gives, before this one is told that the slots are its own: on their new primary, and on all of its
   * replicas, which hear nothing of it by replication. Answers how many keys there were.
   * @throws BadRdb
   */
  async takeSlots(slots: readonly number[], pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    return takeContents(this.#core, slots, pieces)
  }

  /** Makes the node suffer as told, in the place of what it suffered from before; null: it is well again. */
  impair(impairment: Impairment | null): void {
    this.#server.door.impair(impairment)
  }

  /** All keys and functions as they are now, as the bytes of a file of redis. To be read to its end, or cancelled. */
  snapshot(): Snapshot {
    return snapshotOf(this.#core)
  }

  /** Takes the bytes of such a file, and adds what is in it to what there is. */
  loader(options?: LoaderOptions): Loader {
    return new Loader(this.#core, options)
  }

  #talk(connection: Connection<RedisTalker>, guest?: Guest): RedisTalker {
    const seconds = this.#core.config.settings.tcpKeepalive
    if (seconds > 0) connection.socket.setKeepAlive(true, seconds * MS_PER_SECOND)
    return new RedisTalker(this.#core, connection, guest)
  }

  /** Loads the file that `dir` and `dbfilename` name, if there is one; clients are told to wait meanwhile. @throws BadRdb */
  async load(): Promise<void> {
    const replication = replicationOf(this.#core)
    replication.hold()
    try {
      const loader = await persistenceOf(this.#core).load({
        keepsExpired: this.#core.isReplica,
        expired: (loader, db, key) => replication.expiredMeanwhile(loader, db, key),
      })
      if (loader) replication.restored(loader)
    } finally {
      replication.goOn()
    }
  }

  /**
   * Ends the node as SHUTDOWN does, in the way of the directive for this signal; `options.shutdown` is called once it may go.
   * Answers whether that was not under way already.
   */
  end(signal: 'SIGINT' | 'SIGTERM'): boolean {
    const core = this.#core
    core.refreshTime()
    const words = core.config.text(`shutdown-on-${signal.toLowerCase()}`).split(' ')
    const hasBegun = shutdownOf(core).begin(shutdownOptions(new Set(words)))
    core.deliver()
    return hasBegun
  }

  /** Saves as SHUTDOWN does: where there are save points, unless that was done already. */
  saveAtEnd(): void {
    persistenceOf(this.#core).saveAtEnd('by-save-points')
  }

  /** Stops listening, ends every connection, forgets every key. */
  async close(): Promise<void> {
    this.#stopChores()
    await persistenceOf(this.#core).cancel()
    replicationOf(this.#core).close()
    this.#core.cluster?.close()
    await this.#server.close()
  }
}
