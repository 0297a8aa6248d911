import { Arena } from '../memory/arena.ts'
import type { ChainTable } from '../memory/chain-table.ts'
import type { Replies } from '../protocol/replies.ts'
import { Database } from './database.ts'
import { GENERIC } from './events.ts'
import { Objects } from './objects.ts'
import { OwnKeys } from './own-keys.ts'

/** What is told of keys: to clients that watch, track, listen or wait, and to replicas. */
export interface KeyObservers {
  /** A key was changed; only while `observed` is set. */
  changed(db: Database, key: Buffer): void
  /** All keys of a database are about to go, or of all of them. */
  flushing(db: Database | undefined): void
  /** An event of a class that `notifies` has. */
  event(db: Database, events: number, event: string, key: Buffer): void
  /** Something was added to a key; only while `awaited` is set. */
  ready(db: Database, key: Buffer): void
  /** A key was removed that no command has removed: it expired or was evicted. */
  removed(db: Database, key: Buffer, event: string): void
}

/** What can be given back in pieces. */
export interface Freeable {
  freeSome(members: number): boolean
}

/** Who writes entries as they are before they change: snapshots. */
export interface Preserver {
  /** An entry with a mark that is not `marks` is about to be changed or removed. */
  preserve(db: Database, entry: number): void
  /** Whether an entry would take too long to be written at once before it changes. It is written bit by bit from now on. */
  defers(db: Database, entry: number): boolean
  /** A database has forgotten its keys, which are no longer changed. Answers whether it has them given back itself, later. */
  keep(table: ChainTable, keys: Freeable): boolean
}

// Members given back at once; the rest in the background.
const AT_ONCE = 64
const IN_BACKGROUND = 4000

/** The databases of a node, and what they share. */
export class Keyspace {
  readonly arena = new Arena()
  readonly objects = new Objects()
  readonly replies: Replies
  readonly databases: Database[]
  /** Of hashes of keys: what a client can't guess. */
  readonly seed: number
  /** Random numbers from 0 to 1. */
  readonly random: () => number

  /** Milliseconds since 1970, as of the turn of the event loop; it stands still while a transaction or a script runs. */
  now: number
  hits = 0
  misses = 0
  expired = 0
  evicted = 0
  /** Changes, as `rdb_changes_since_last_save` counts them: a command that has added to it is passed on to replicas. */
  dirty = 0

  // What commands look at before they tell anyone.
  /** Classes of events that are published (`notify-keyspace-events`). */
  notifies = 0
  /** Whether clients watch or track keys. */
  observed = false
  /** Whether clients wait for keys. */
  awaited = false

  /** Whether keys that have expired are removed: not on a replica. */
  mayExpire = true
  /** Whether they are found all the same: by the commands of a replica's primary. */
  showsExpired = false
  /** Whether clients write to a replica: what they find expired goes, and what they have expire is theirs to end. */
  isWritableReplica = false
  readonly ownKeys = new OwnKeys()

  /** Whether accesses are noted in entries; not while a client is served that asked for that (CLIENT NO-TOUCH). */
  countsAccess = true
  /** What a new entry has for its last access. */
  firstAccess = 0
  /** What it is after an access, by what it was; absent: the same as of a new one. */
  accessOf: ((before: number) => number) | undefined

  /** While snapshots are taken. */
  preserver: Preserver | undefined
  /** What entries have for their marks that no snapshot has yet to write: new ones too. */
  marks = 0

  readonly #observers: KeyObservers
  readonly #freeables: Freeable[] = []

  constructor(databases: number, observers: KeyObservers, replies: Replies, now: number, random: () => number) {
    this.replies = replies
    this.now = now
    this.random = random
    this.seed = (random() * 2 ** 32) | 0
    this.#observers = observers
    this.databases = Array.from({ length: databases }, (_, id) => new Database(id, this))
  }

  db(id: number): Database {
    return this.databases[id] as Database // ids are checked by SELECT and its like
  }

  /** Whether a time has passed, as redis tells it: a key lives through its last millisecond. */
  isPast(at: number): boolean {
    return this.now > at
  }

  /** Values that were too large to be given back at once. */
  freedLater = 0

  /** Gives back what it can at once, and the rest bit by bit. */
  freeLater(freeable: Freeable): void {
    if (freeable.freeSome(AT_ONCE)) return
    this.#freeables.push(freeable)
    this.freedLater++
  }

  /** What is still to be given back. */
  get freeing(): number {
    return this.#freeables.length
  }

  /** The same of what is one of many that go together: a piece of each at once would be too much. */
  freeInBackground(freeable: Freeable): void {
    this.#freeables.push(freeable)
  }

  /** Gives back some of what waits for it; answers whether there is more. */
  freeSome(): boolean {
    const last = this.#freeables.pop()
    if (last !== undefined && !last.freeSome(IN_BACKGROUND)) this.#freeables.push(last)
    return this.#freeables.length > 0
  }

  flush(db: Database | undefined): void {
    this.#observers.flushing(db)
    if (db === undefined) this.ownKeys.clear()
    for (const each of db ? [db] : this.databases) each.clear()
  }

  tell(db: Database, key: Buffer): void {
    this.#observers.changed(db, key)
  }

  publish(db: Database, events: number, event: string, key: Buffer): void {
    this.#observers.event(db, events, event, key)
  }

  signal(db: Database, key: Buffer): void {
    this.#observers.ready(db, key)
  }

  /** Tells everyone of a key that no command has removed. */
  removed(db: Database, key: Buffer, event: string, events: number = GENERIC): void {
    this.#observers.removed(db, key, event)
    if (this.observed) this.tell(db, key)
    if ((this.notifies & events) !== 0) this.publish(db, events, event, key)
  }
}
