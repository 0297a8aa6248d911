import type tls from 'node:tls'
import type { Client } from '../client.ts'
import { clientLine } from '../client-line.ts'
import type { Core } from '../core.ts'
import type { Database } from '../keyspace/database.ts'
import { pauseOf } from '../pause.ts'
import type { Loader } from '../rdb/loader.ts'
import { type ReplicationPoint, snapshotOf } from '../rdb/snapshot.ts'
import { Failover } from './failover.ts'
import { Following, type Primary } from './following.ts'
import { FullSync } from './full-sync.ts'
import { History, type Place } from './history.ts'
import { Replica } from './replica.ts'
import { Replicas } from './replicas.ts'
import { Waiting } from './waiting.ts'

const ID_DIGITS = 40
const MS_PER_SECOND = 1000
const ROLE_CHANGED = 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'

/** What a node has to do with others that have the same: whom it follows, and who follows it. */
export class Replication {
  readonly history: History
  readonly replicas: Replicas
  readonly failover: Failover
  readonly waiting: Waiting
  /** Absent: it is a primary. */
  following: Following | undefined
  /** How often replicas were sent everything, or what they lacked, or could not be sent just that. */
  readonly synchronizations = { full: 0, partial: 0, refused: 0 }
  /** Bytes heard from primaries that are none any more. */
  heardBefore = 0
  /** How links are encrypted (`tls-replication`). */
  tls: () => tls.ConnectionOptions | undefined = () => undefined
  /** Told when the node has begun to follow another one, or none, or begins or ends to load, or has got or lost a replica. */
  readonly listeners: (() => void)[] = []
  readonly #core: Core
  #lookedAt = 0
  /** The database that the history went on in when it was heard last. */
  #database = 0
  #isHeld = false
  /** Whose history this one goes on from. */
  #restored: Loader | undefined

  constructor(core: Core) {
    this.#core = core
    this.history = new History(() => idOf(core.random))
    this.replicas = new Replicas(core, this.history)
    this.failover = new Failover(core, this)
    this.waiting = new Waiting(core, this)
    this.replicas.heard = () => {
      this.waiting.look()
      this.failover.look()
    }
    this.replicas.changed = () => this.changed()
    core.replicationPoint = () => this.#point
    core.chores.push(() => this.#look())
    core.config.follow(['replBacklogSize'], () => {
      if (this.history.backlog) this.history.backlog.size = core.config.settings.replBacklogSize
    })
  }

  // Its own role

  /**
   * Follows a primary from now on; undefined: none. What the node has it keeps until the primary has sent what it has instead.
   * @param failover Called once the primary has answered to that it is to give up its role for this node.
   */
  follow(primary: Primary | undefined, failover?: (isDone: boolean) => void): void {
    const { following } = this
    if (primary !== undefined && following !== undefined && isSame(primary, following.primary)) return
    if (primary === undefined) {
      if (following) this.#lead(following)
      return
    }
    if (following) this.#endFollowing(following)
    else this.#stepDown()
    if (following) this.#database = following.database
    this.#follow(primary, following === undefined || following.place !== undefined, failover)
  }

  #follow(primary: Primary, goesOn: boolean, failover: ((isDone: boolean) => void) | undefined): void {
    this.#core.config.load(new Map([['replicaof', [primary.host, String(primary.port)]]]))
    this.following = new Following(this.#core, {
      primary,
      history: this.history,
      replicas: this.replicas,
      goesOn,
      failover,
      changed: () => this.changed(),
      tls: this.tls,
    })
    this.following.database = this.#database
    this.changed()
    if (!this.#isHeld) this.following.connect()
  }

  #stepDown(): void {
    const core = this.#core
    core.isReplica = true
    core.keyspace.mayExpire = false
    core.propagation.feed = undefined
    for (const client of core.blocking.clients) {
      core.blocking.answer(client, () => {
        core.replies.error(ROLE_CHANGED)
        client.endAfterReplies()
      })
    }
  }

  #lead(following: Following): void {
    const core = this.#core
    this.#endFollowing(following)
    this.following = undefined
    core.isReplica = false
    core.keyspace.mayExpire = !pauseOf(core).isPaused
    core.config.load(new Map([['replicaof', ['']]]))
    this.history.branch()
    core.log(
      'notice',
      `Setting secondary replication ID to ${this.history.former?.id}, valid up to offset: ${this.history.offset + 1}. New replication ID is ${this.history.id}`,
    )
    this.replicas.disconnect()
    this.#tellReplicas()
    this.changed()
  }

  #endFollowing(following: Following): void {
    following.close()
    this.heardBefore += following.counters.bytesRead
  }

  /** What the node does is told, and kept, from now on. */
  #tellReplicas(): void {
    this.replicas.forgetDatabase()
    if (this.history.backlog) this.#core.propagation.feed = this.replicas.feed
  }

  changed(): void {
    for (const listener of this.listeners) listener()
  }

  // Others that follow it

  /** Has a client be a replica: it is told what it lacks, or all. @param isOld It said SYNC, and never says how far it is. */
  synchronize(client: Client, asked: Place | undefined, isOld: boolean): void {
    const { name } = this.#replicaOf(client, 0)
    this.#core.log('notice', `Replica ${name} asks for synchronization`)
    if (isOld) this.#sendAll(client, true)
    else if (asked !== undefined && this.history.tellsFrom(asked)) this.#goOn(client, asked)
    else {
      if (asked !== undefined) {
        this.synchronizations.refused++
        this.#core.log(
          'notice',
          this.history.backlog === undefined || asked.id !== this.history.id
            ? `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${asked.id}', my replication IDs are '${this.history.id}' and '${this.history.former?.id ?? ''}')`
            : `Unable to partial resync with replica ${name} for lack of backlog (Replica request was: ${asked.offset + 1}).`,
        )
      }
      this.#sendAll(client, false)
    }
  }

  #replicaOf(client: Client, position: number, isOld = false): Replica {
    return new Replica(client, this.replicas.greetingOf(client), position, isOld)
  }

  #goOn(client: Client, asked: Place): void {
    const replica = this.#replicaOf(client, asked.offset)
    const { replies } = this.#core
    const lacked = this.history.offset - asked.offset
    this.synchronizations.partial++
    replica.state = 'online'
    replies.status(replica.greeting.psync2 ? `CONTINUE ${this.history.id}` : 'CONTINUE')
    // Before what it is told, which does not go the way of replies.
    replies.flush()
    this.replicas.add(replica)
    this.replicas.fed()
    this.#core.log(
      'notice',
      `Partial resynchronization request from ${replica.name} accepted. Sending ${lacked} bytes of backlog starting from offset ${asked.offset + 1}.`,
    )
  }

  #sendAll(client: Client, isOld: boolean): void {
    const core = this.#core
    const { history, replicas } = this
    if (history.backlog === undefined && this.following === undefined) {
      // Nobody has been told what there was under this id.
      history.begin()
      history.keep(core.config.settings.replBacklogSize)
      this.#tellReplicas()
      core.log('notice', `Replication backlog created, my new replication IDs are '${history.id}' and '${idText()}'`)
    }
    const replica = this.#replicaOf(client, history.offset, isOld)
    core.log('notice', `Full resync requested by replica ${replica.name}`)
    const { id, offset } = history.place
    const snapshot = snapshotOf(core, {
      replication: { id, offset, db: this.following?.database ?? 0 },
      omitsKeys: !replica.greeting.keys,
      omitsFunctions: !replica.greeting.functions,
    })
    this.synchronizations.full++
    if (!isOld) core.replies.status(`FULLRESYNC ${id} ${offset}`)
    core.replies.flush()
    // What is told from here on is told with its database.
    if (this.following === undefined) replicas.forgetDatabase()
    replicas.add(replica)
    new FullSync(core, replica, snapshot, () => this.#sent(replica))
  }

  #sent(replica: Replica): void {
    const { connection } = replica.client
    this.#core.refreshTime()
    if (replica.greeting.rdbOnly) {
      this.#core.log('notice', `RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`)
      connection?.socket.destroySoon()
      return
    }
    replica.state = 'online'
    replica.ackedAt = this.#core.keyspace.now
    replica.awaitsAck = replica.greeting.eof
    this.replicas.fed()
    this.#core.log('notice', `Synchronization with replica ${replica.name} succeeded`)
  }

  // As time goes by

  #look(): void {
    const { now } = this.#core.keyspace
    this.failover.look()
    if (now - this.#lookedAt < MS_PER_SECOND) return
    this.#lookedAt = now
    if (!this.#isHeld) this.following?.look()
    this.replicas.look(this.following === undefined && !this.failover.isUnderWay)
  }

  /** Begins to follow whom the directive says. */
  start(): void {
    const { cluster } = this.#core
    if (cluster && !cluster.isGuided && cluster.view.primary) cluster.follow(cluster.view.primary)
    const [host = '', port = ''] = this.#core.config.text('replicaof').split(' ')
    if (host !== '' && this.following === undefined) this.follow({ host, port: Number(port) })
  }

  /** Waits with its primary: the node's own file comes first. */
  hold(): void {
    this.#isHeld = true
    this.following?.close()
  }

  goOn(): void {
    this.#isHeld = false
    const { following } = this
    if (following === undefined) return
    this.following = undefined
    this.#follow(following.primary, true, undefined)
  }

  /** A key of a file that is being loaded is over: those who have the history of the file are to hear of it. */
  expiredMeanwhile(loader: Loader, db: Database, key: Buffer): void {
    this.restored(loader)
    const { propagation } = this.#core
    if (propagation.feed) this.replicas.tell([Buffer.from(this.#core.deletionWord('lazyExpire')), key], db.id)
  }

  /** The node has what a file holds, which may say of which history that is. */
  restored(loader: Loader): void {
    if (this.#restored === loader) return
    this.#restored = loader
    const { aux } = loader
    const [id, offset] = [aux.get('repl-id') ?? '', Number(aux.get('repl-offset') ?? Number.NaN)]
    if (!/^[0-9a-f]{40}$/.test(id) || !(offset >= 0)) return
    this.history.adopt({ id, offset }, this.#core.config.settings.replBacklogSize)
    this.#database = Number(aux.get('repl-stream-db') ?? 0)
    if (this.following) return
    this.history.branch()
    this.#tellReplicas()
  }

  /** Where in its history the node is. */
  get #point(): ReplicationPoint | undefined {
    if (this.history.backlog === undefined) return undefined
    return { ...this.history.place, db: this.following?.database ?? 0 }
  }

  /** Ends all that it does of itself. */
  close(): void {
    this.following?.close()
    for (const replica of this.replicas.all) replica.cancel()
  }
}

const idText = (): string => '0'.repeat(ID_DIGITS)

const idOf = (random: () => number): string =>
  Array.from({ length: ID_DIGITS }, () => Math.floor(random() * 16).toString(16)).join('')

const isSame = (a: Primary, b: Primary): boolean =>
  a.host === b.host && a.port === b.port && a.user === b.user && a.password === b.password

/** Those of the nodes of this process. */
export const replications = new WeakMap<Core, Replication>()

/** The replication of a node. */
export const replicationOf = (core: Core): Replication => replications.get(core) as Replication // started with it

/** `user request from 'id=...'`, in the log. */
export const requestOf = (client: Client): string => `(user request from '${clientLine(client)}')`
