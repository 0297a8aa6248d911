import type { Core } from '../core.ts'
import type { Database } from './database.ts'
import { EXPIRES } from './entry.ts'

// Redis' own: looks at 20 keys of each database at a time, goes on while more than a tenth of them had expired, and takes no more
// than a quarter of the time for it.
const KEYS_PER_LOOP = 20
const ACCEPTABLE_STALE = 0.1
const MOST_MS = 5

/** Removes keys that have expired and that nobody asks for. */
export function expireSome(core: Core): void {
  const { keyspace, clock } = core
  if (!keyspace.mayExpire || !core.activeExpiry) return
  const began = clock.monotonicMs()
  for (const db of keyspace.databases) {
    if (db.expiring.count === 0) continue
    const keys = KEYS_PER_LOOP + (KEYS_PER_LOOP / 4) * (core.config.settings.activeExpireEffort - 1)
    for (;;) {
      const looked = Math.min(keys, db.expiring.count)
      const stale = expireOf(db, looked)
      if (stale <= looked * ACCEPTABLE_STALE) break
      if (clock.monotonicMs() - began <= MOST_MS) continue
      core.counters.expiredTimeCapReached++
      return
    }
  }
}

function expireOf(db: Database, keys: number): number {
  let stale = 0
  for (let i = 0; i < keys && db.expiring.count > 0; i++) {
    const entry = db.expiring.at(Math.floor(db.keyspace.random() * db.expiring.count))
    if (!db.keyspace.isPast(db.arena.double(entry, EXPIRES)) || db.keyspace.preserver?.defers(db, entry)) continue
    db.expire(entry)
    stale++
  }
  return stale
}
