import type { Client } from './client.ts'
import type { Command } from './commands/command.ts'
import type { Database } from './keyspace/database.ts'
import type { Args } from './protocol/args.ts'

/** What a client has queued since MULTI. */
export interface Transaction {
  readonly queue: { readonly command: Command; readonly flags: number; readonly args: Args }[]
  /** Bytes of the words that are queued. */
  bytes: number
  /** A command was refused while it was queued: EXEC will be, too. */
  aborted: boolean
}

/** Ends a transaction, whatever it was to do. */
export function endTransaction(client: Client): void {
  client.transaction = undefined
  client.core.watches.unwatch(client)
  client.updateGate()
}

interface Watched {
  readonly db: Database
  readonly key: string
  /** Whether it had expired already when it was watched: then its removal changes nothing. */
  expired: boolean
}

/** The keys that clients watch, and whose were changed since. */
export class Watches {
  readonly #byKey: Map<string, Set<Client>>[] = []
  readonly #byClient = new Map<Client, Watched[]>()
  readonly #changed = new Set<Client>()

  get count(): number {
    return this.#byClient.size
  }

  get keys(): number {
    return this.#byKey.reduce((sum, keys) => sum + (keys?.size ?? 0), 0)
  }

  watch(client: Client, key: Buffer, expired: boolean): void {
    const { db } = client
    const text = key.toString('latin1')
    const watched = this.#byClient.get(client) ?? []
    if (watched.some((each) => each.db === db && each.key === text)) return
    watched.push({ db, key: text, expired })
    this.#byClient.set(client, watched)
    const keys = this.#byKey[db.id] ?? new Map<string, Set<Client>>()
    this.#byKey[db.id] = keys
    const clients = keys.get(text) ?? new Set()
    clients.add(client)
    keys.set(text, clients)
    client.watching = watched.length
    client.core.updateObserved()
  }

  unwatch(client: Client): void {
    this.#changed.delete(client)
    const watched = this.#byClient.get(client)
    if (watched === undefined) return
    this.#byClient.delete(client)
    for (const { db, key } of watched) {
      const clients = this.#byKey[db.id]?.get(key)
      clients?.delete(client)
      if (clients?.size === 0) this.#byKey[db.id]?.delete(key)
    }
    client.watching = 0
    client.core.updateObserved()
  }

  /** A key was changed. */
  changed(db: Database, key: Buffer): void {
    const clients = this.#byKey[db.id]?.get(key.toString('latin1'))
    if (clients === undefined) return
    for (const client of clients) {
      const watched = this.#byClient.get(client)?.find((each) => each.db === db && each.key === key.toString('latin1'))
      if (watched?.expired !== true) this.#changed.add(client)
      else if (isGone(db, key)) watched.expired = false
    }
  }

  /**
   * All keys of a database, or of all of them, are about to go, or to be another database's: who watches one that is there, or will
   * be, has seen it change. A key that had expired is none.
   */
  flushing(db: Database | undefined, replacement?: Database): void {
    for (const [client, watched] of this.#byClient) {
      for (const each of watched) {
        if ((db === undefined || each.db === db) && isReplaced(each, replacement)) this.#changed.add(client)
      }
    }
  }

  /** Whether EXEC may run; else a key that the client watches was changed, or has expired. */
  unchanged(client: Client): boolean {
    if (this.#changed.has(client)) return false
    return !(this.#byClient.get(client) ?? []).some(({ db, key, expired }) => !expired && hasExpired(db, key))
  }
}

/** Whether a key that is watched changes where all keys of its database are replaced, by those of another or by none. */
function isReplaced(watched: Watched, replacement: Database | undefined): boolean {
  const { db, key, expired } = watched
  const before = isThere(db, key)
  const after = replacement !== undefined && isThere(replacement, key)
  if (!before && !after) return false
  const isStale = after && hasExpired(replacement, key)
  if (expired) {
    if (!after) watched.expired = false
    return after && !isStale
  }
  if (!before && isStale) watched.expired = true
  return before || !isStale
}

function hasExpired(db: Database, key: string): boolean {
  const entry = db.findKey(Buffer.from(key, 'latin1'))
  const at = entry === 0 ? -1 : db.expiryOf(entry)
  return at >= 0 && db.keyspace.isPast(at)
}

const isThere = (db: Database, key: string): boolean => db.findKey(Buffer.from(key, 'latin1')) !== 0

const isGone = (db: Database, key: Buffer): boolean => db.findKey(key) === 0
