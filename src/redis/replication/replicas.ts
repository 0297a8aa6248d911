import { soon } from '../../net/clock.ts'
import type { Client } from '../client.ts'
import type { Core } from '../core.ts'
import { ANY_DATABASE, type Propagated } from '../propagation.ts'
import type { Args } from '../protocol/args.ts'
import type { History } from './history.ts'
import { type Greeting, type Replica, STRANGER } from './replica.ts'

const MS_PER_SECOND = 1000
const NO_DATABASE = -1
const LF = Buffer.from('\n')
const PING: readonly Buffer[] = [Buffer.from('PING')]
const GET_ACK: readonly Buffer[] = ['REPLCONF', 'GETACK', '*'].map((word) => Buffer.from(word))

/** The replicas of a node: what it does is told to them, once a turn. */
export class Replicas {
  readonly all = new Set<Replica>()
  /** Bytes they were sent. */
  sent = 0
  /** Called when one of them says how far it is, or is gone. */
  heard: () => void = () => undefined
  /** Called when there is one more, or one less. */
  changed: () => void = () => undefined
  readonly #core: Core
  readonly #history: History
  readonly #greetings = new WeakMap<Client, Greeting>()
  readonly #byClient = new Map<Client, Replica>()
  /** The database that what is told next is told of, unless it says another. */
  #selected = NO_DATABASE
  #isScheduled = false
  #aloneSince: number
  #pingedAt: number

  constructor(core: Core, history: History) {
    this.#core = core
    this.#history = history
    this.#aloneSince = core.keyspace.now
    this.#pingedAt = core.keyspace.now
    core.farewells.push((client) => this.#gone(client))
  }

  of(client: Client): Replica | undefined {
    return this.#byClient.get(client)
  }

  greetingOf(client: Client): Greeting {
    return this.#greetings.get(client) ?? STRANGER
  }

  greet(client: Client, told: Partial<Greeting>): void {
    this.#greetings.set(client, { ...this.greetingOf(client), ...told })
  }

  get online(): Replica[] {
    return [...this.all].filter(({ state, greeting }) => state === 'online' && !greeting.rdbOnly)
  }

  /** Those that have said of late how they are (`min-replicas-max-lag`). */
  get good(): number {
    const { minReplicasMaxLag } = this.#core.config.settings
    const { now } = this.#core.keyspace
    return this.online.filter(({ ackedAt, isOld }) => !isOld && now - ackedAt <= minReplicasMaxLag * MS_PER_SECOND)
      .length
  }

  /** How many have done all up to a place. */
  acknowledged(offset: number): number {
    return this.online.filter(({ acked }) => acked >= offset).length
  }

  /** The same of what is safe on their disks. */
  acknowledgedOnDisk(offset: number): number {
    return this.online.filter(({ acknowledgedOnDisk }) => acknowledgedOnDisk >= offset).length
  }

  add(replica: Replica): void {
    const { client } = replica
    this.all.add(replica)
    this.#byClient.set(client, replica)
    client.kind = 'replica'
    client.updateGate()
    this.changed()
  }

  /** It has said how far it is. */
  ack(replica: Replica, offset: number, onDisk: number | undefined): void {
    replica.ackedAt = this.#core.keyspace.now
    replica.acked = Math.max(replica.acked, offset)
    if (onDisk !== undefined) replica.acknowledgedOnDisk = Math.max(replica.acknowledgedOnDisk, onDisk)
    if (replica.awaitsAck) {
      replica.awaitsAck = false
      this.fed()
    }
    this.heard()
  }

  // What they are told.

  readonly feed = {
    all: (commands: readonly Propagated[]): void => {
      for (const { db, words } of commands) this.tell(words, db === ANY_DATABASE ? this.#selected : db)
      this.#note()
    },
    one: (db: number, args: Args): void => {
      if (db !== this.#selected) this.#select(db)
      this.#history.backlog?.addArgs(args)
      this.fed()
      this.#note()
    },
  }

  /** Has them told a command. */
  tell(words: readonly Buffer[], db = this.#selected): void {
    const { backlog } = this.#history
    if (backlog === undefined) return
    if (db !== this.#selected) this.#select(db)
    backlog.add(words)
    this.fed()
  }

  /** How far they are is to be told by each of them at once. */
  askHowFar(): void {
    if (!this.#core.isReplica) this.tell(GET_ACK)
  }

  /** One of them may be told only what does not depend on the database that was told before. */
  forgetDatabase(): void {
    this.#selected = NO_DATABASE
  }

  /** The history has grown: they are sent what is new together with all else of this turn. */
  fed(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    soon(this.#send)
  }

  readonly #send = (): void => {
    this.#isScheduled = false
    const { backlog } = this.#history
    if (backlog === undefined) return
    let least = backlog.end
    for (const replica of this.all) {
      const { client, position } = replica
      replica.send(backlog)
      this.sent += replica.position - position
      client.unsent = replica.unsent(backlog)
      if (!replica.greeting.rdbOnly) least = Math.min(least, replica.position)
      this.#core.posted(client)
    }
    backlog.trim(least)
  }

  #select(db: number): void {
    this.#selected = db
    this.#history.backlog?.add([Buffer.from('SELECT'), Buffer.from(String(db))])
  }

  /** What the client being served waits for with WAIT. */
  #note(): void {
    const { serving } = this.#core
    if (serving !== undefined) serving.wroteTo = this.#history.offset
  }

  // What happens as time goes by.

  /** To be called each second. @param mayPing Whether the history is this node's to write. */
  look(mayPing: boolean): void {
    const { now } = this.#core.keyspace
    const { replPingPeriod, replBacklogTtl } = this.#core.config.settings
    if (this.all.size > 0) this.#aloneSince = now
    // The first replica hears of it a period after it came.
    else this.#pingedAt = now
    if (mayPing && this.all.size > 0 && now - this.#pingedAt >= replPingPeriod * MS_PER_SECOND) {
      this.#pingedAt = now
      this.tell(PING)
    }
    for (const replica of this.all) {
      if (replica.state === 'wait_bgsave') replica.write(LF)
      this.#endIfSilent(replica)
    }
    const isForgotten = replBacklogTtl > 0 && now - this.#aloneSince > replBacklogTtl * MS_PER_SECOND
    if (isForgotten && !this.#core.isReplica && this.#history.backlog !== undefined) {
      this.#core.log('notice', `Replication backlog freed after ${replBacklogTtl} seconds without connected replicas.`)
      this.#history.forget()
      this.#core.propagation.feed = undefined
    }
  }

  #endIfSilent(replica: Replica): void {
    const { now } = this.#core.keyspace
    const timeout = this.#core.config.settings.replTimeout * MS_PER_SECOND
    const { client, state, name } = replica
    const behind = client.connection?.behind ?? 0
    if (behind < client.unsent || behind === 0) replica.movedAt = now
    const since = state === 'online' ? replica.ackedAt : replica.movedAt
    if (state !== 'online') client.unsent = behind
    if (replica.isOld || replica.greeting.rdbOnly || now - since <= timeout) return
    const how = state === 'online' ? 'streaming sync' : 'full sync'
    this.#core.log('warning', `Disconnecting timedout replica (${how}): ${name}`)
    client.connection?.drop('error')
  }

  /** Ends them all: each asks anew, and hears what has become of the history. */
  disconnect(): void {
    for (const { client } of this.all) client.connection?.drop('error')
  }

  #gone(client: Client): void {
    const replica = this.#byClient.get(client)
    if (replica === undefined) return
    this.#byClient.delete(client)
    this.all.delete(replica)
    replica.cancel()
    if (this.all.size === 0) this.#aloneSince = this.#core.keyspace.now
    this.#core.log('notice', `Connection with replica ${replica.name} lost.`)
    this.changed()
    this.heard()
  }
}
