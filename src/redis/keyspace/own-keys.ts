import type { Database } from './database.ts'

// As many that are not over yet end a look at them: they are looked at in turns.
const ENOUGH = 20

/**
 * Keys that clients of a writable replica gave an expiry. Its primary need not know of them, and would never tell that they are over:
 * the replica has them expire by itself.
 */
export class OwnKeys {
  readonly #keys = new Map<string, { readonly db: Database; readonly key: Buffer }>()

  get count(): number {
    return this.#keys.size
  }

  add(db: Database, key: Buffer): void {
    this.#keys.set(`${db.id}:${key.toString('latin1')}`, { db, key })
  }

  /** All keys are gone, or are the primary's. */
  clear(): void {
    this.#keys.clear()
  }

  /** Removes those that are over, and forgets those that expire no more. */
  expireSome(): void {
    let [left, kept] = [this.#keys.size, 0]
    for (const [id, own] of this.#keys) {
      if (left-- === 0 || kept === ENOUGH) return
      const { db, key } = own
      this.#keys.delete(id)
      const entry = db.findKey(key)
      const at = entry === 0 ? -1 : db.expiryOf(entry)
      if (at < 0) continue
      if (db.keyspace.isPast(at)) db.expire(entry)
      else {
        // Its turn comes again once all others had theirs.
        this.#keys.set(id, own)
        kept++
      }
    }
  }
}
