import type { Connection } from '../net/serve/connection.ts'
import type { User } from './access.ts'
import type { Blocked } from './blocking.ts'
import type { Core } from './core.ts'
import type { Guest, Meter } from './keeper.ts'
import type { Database } from './keyspace/database.ts'
import type { Args } from './protocol/args.ts'
import type { Replies } from './protocol/replies.ts'
import type { Transaction } from './transaction.ts'

/** What a client is, as CLIENT KILL TYPE and output buffer limits tell them apart. */
export type ClientKind = 'normal' | 'master' | 'replica' | 'pubsub'

/**
 * One client as commands see it: what it is in the middle of. How its bytes are read is its talker's part (talker.ts). Scripts and
 * the stream of a primary are clients without a connection.
 */
export class Client {
  readonly core: Core
  readonly id: number
  readonly connection: Connection | undefined
  /** What its keeper has let it in with, where it has come to the keeper's door. */
  readonly guest: Guest | undefined
  readonly connectedAt: number
  db: Database
  resp: 2 | 3 = 2
  name = ''
  libraryName = ''
  libraryVersion = ''
  /** Undefined: it has not authenticated. */
  user: User | undefined
  /** Milliseconds of the node's clock at its last command. */
  lastCommandAt: number
  lastCommand = 'NULL'
  kind: ClientKind = 'normal'

  /** Whether it is to be looked at before a command of it runs: see {@link updateGate}. */
  gated = false
  transaction: Transaction | undefined
  /** Keys it watches, while it does. */
  watching = 0
  /** What it waits for; nothing more of it is read until then. */
  blocked: Blocked | undefined
  /** Held back by CLIENT PAUSE. */
  paused = false
  /** Channels and patterns that it is subscribed to, of all kinds: with RESP2 it may say little else then. */
  subscriptions = 0
  monitoring = false
  /** CLIENT REPLY. */
  replyMode: 'on' | 'off' | 'skip' | 'skip-next' = 'on'
  noEvict = false
  noTouch = false
  /** Whether commands may not block: in a transaction or a script. */
  denyBlocking = false
  /** READONLY. */
  readOnly = false
  /** CLIENT CAPA redirect: a replica sends it to the primary. */
  takesRedirects = false
  /** The last of its commands that ASKING holds for, as `commands` counts them. */
  askingUntil = -1
  /** What it is told of keys that it has read; see tracking.ts. */
  tracking: object | undefined
  commands = 0
  /** Commands that have run for it, those of its transactions and scripts among them. */
  processed = 0
  /** Bytes of a command that waits: its meter counts it once it is answered. -1: there is none. */
  unmetered = -1
  /** Bytes of requests that were at hand when it was last served. */
  queryBytes = 0

  /** Replies that it gets once the client being served has got its own. */
  outbox: Buffer[] = []
  outboxBytes = 0
  /** Of a replica: bytes of the history that it has not been sent yet, or has not taken. */
  unsent = 0
  /** How far in the history what it has written goes. */
  wroteTo = 0

  constructor(core: Core, connection: Connection | undefined, guest?: Guest) {
    this.core = core
    this.id = ++core.lastClientId
    this.connection = connection
    this.guest = guest
    this.db = core.keyspace.db(0)
    this.connectedAt = core.keyspace.now
    this.lastCommandAt = core.keyspace.now
    this.user = connection === undefined ? core.access.everyone : core.access.unauthenticated(this)
    this.updateGate()
  }

  /** Whether commands come from a script in its name. */
  get isScript(): boolean {
    return this.connection === undefined && this.denyBlocking
  }

  get replies(): Replies {
    return this.core.replies
  }

  /** To be called after what it looks at has changed. */
  updateGate(): void {
    this.gated =
      this.user === undefined ||
      !this.user.unrestricted ||
      this.transaction !== undefined ||
      (this.subscriptions > 0 && this.resp === 2) ||
      this.replyMode !== 'on' ||
      this.noTouch ||
      this.kind !== 'normal' ||
      this.tracking !== undefined
  }

  /** Ends it once its replies are out. */
  endAfterReplies(): void {
    if (this.connection) this.connection.closing = true
  }

  get closing(): boolean {
    return this.connection === undefined ? false : this.connection.closing || this.connection.socket.destroyed
  }

  /**
   * Has something sent to it, whoever is being served: at once if it is this one, else once that one has got its replies.
   * @param write Writes with `core.replies`, which speaks this client's protocol meanwhile.
   */
  send(write: () => void): void {
    const { core, replies } = this
    if (core.serving === this && !replies.capturing) {
      write()
      return
    }
    const before = replies.resp
    replies.resp = this.resp
    const bytes = Buffer.from(replies.capture(write))
    replies.resp = before
    this.post(bytes)
  }

  /** The same of bytes that are made already, and stay as they are. */
  post(bytes: Buffer): void {
    if (this.connection === undefined || this.connection.socket.destroyed || bytes.length === 0) return
    this.outbox.push(bytes)
    if (this.guest?.meter !== undefined) this.#count(this.guest.meter, bytes.length)
    this.outboxBytes += bytes.length
    this.core.outboxes.add(this)
    this.core.posted(this)
  }

  #count(meter: Meter, bytes: number): void {
    if (this.unmetered < 0) meter.sent(bytes)
    else meter.served(this.unmetered + bytes, false)
    this.unmetered = -1
  }

  /** Selects a database, whose id is right. */
  select(id: number): void {
    this.db = this.core.keyspace.db(id)
  }
}

/** Makes the arguments of a command outlive its turn: for MULTI and for commands that wait. */
export const keptArgs = (client: Client, args: Args): Args => (args === client.core.args ? args.keep() : args)
