import { DENYOOM } from '../commands/command.ts'
import type { Core } from '../core.ts'
import { OUT_OF_MEMORY } from '../protocol/refusals.ts'
import { frequencyOf, idleMs } from './access-clock.ts'
import type { Database } from './database.ts'
import { ACCESS, EXPIRES } from './entry.ts'
import { EVICTED_EVENT } from './events.ts'

// As redis: the best of several samples are remembered from one eviction to the next.
const POOL = 16
// How often the time is looked at while keys are evicted.
const KEYS_PER_LOOK = 16
const MOST_MS = 5

interface Candidate {
  readonly db: Database
  readonly key: Buffer
  /** The more, the better to evict. */
  readonly score: number
}

/** Keeps used memory below `maxmemory`, by the policy. */
export function startEviction(core: Core): void {
  const eviction = new Eviction(core)
  const turn = core.checks.add((client, command) => {
    // Scripts find what is there when they begin, until they end.
    if (core.nesting > 0) return undefined
    if (core.isReplica && core.config.settings.replicaIgnoreMaxmemory) return undefined
    if (eviction.makeRoom()) return undefined
    const queued = client.transaction?.queue.some((each) => (each.flags & DENYOOM) !== 0) ?? false
    const isExec = command.name === 'exec'
    const needsRoom = (command.flags & DENYOOM) !== 0 || (isExec && queued)
    return needsRoom ? OUT_OF_MEMORY.message : undefined
  })
  core.config.follow(['maxmemory', 'maxmemoryPolicy'], () => {
    turn(core.config.settings.maxmemory > 0)
    core.updateGate()
    if (core.config.settings.maxmemory > 0) eviction.makeRoom()
  })
  core.chores.push(() => {
    if (core.config.settings.maxmemory > 0 && core.nesting === 0) eviction.makeRoom()
  })
}

/** Which keys go, of one node. */
class Eviction {
  readonly #core: Core
  #pool: Candidate[] = []
  #nextDb = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** Answers false where there is too little room, and nothing more can be evicted. */
  makeRoom(): boolean {
    const core = this.#core
    const { maxmemory, maxmemoryPolicy } = core.config.settings
    if (maxmemory === 0 || core.usedMemory() <= maxmemory) return true
    const began = core.clock.monotonicMs()
    const isEnough = this.#evictFrom(began, maxmemory, maxmemoryPolicy)
    core.noteLatency('eviction-cycle', core.clock.monotonicMs() - began)
    return isEnough
  }

  #evictFrom(began: number, maxmemory: number, maxmemoryPolicy: string): boolean {
    const core = this.#core
    let evicted = 0
    while (core.usedMemory() > maxmemory) {
      // What is on its way out already makes room as well.
      if (core.keyspace.freeing > 0) core.keyspace.freeSome()
      else if (maxmemoryPolicy === 'noeviction' || !this.#evictOne(maxmemoryPolicy)) return false
      if (++evicted % KEYS_PER_LOOK === 0 && core.clock.monotonicMs() - began > MOST_MS) return true
    }
    return true
  }

  #evictOne(policy: string): boolean {
    const found = policy.endsWith('random') ? this.#randomOne(policy) : this.#bestOne(policy)
    if (found === undefined) return false
    const { db, entry } = found
    const key = db.keyOf(entry)
    db.remove(entry)
    this.#core.keyspace.evicted++
    this.#core.keyspace.removed(db, key, 'evicted', EVICTED_EVENT)
    // Each by itself: none belongs to the command that needs the room.
    this.#core.propagation.flush(false)
    return true
  }

  #randomOne(policy: string): { readonly db: Database; readonly entry: number } | undefined {
    const { keyspace } = this.#core
    const { databases } = keyspace
    for (let tried = 0; tried < databases.length; tried++) {
      const db = databases[this.#nextDb++ % databases.length] as Database // within
      if (policy === 'allkeys-random' && db.keys > 0) return { db, entry: db.table.random(keyspace.random) }
      const { count } = db.expiring
      if (policy === 'volatile-random' && count > 0) {
        return { db, entry: db.expiring.at(Math.floor(keyspace.random() * count)) }
      }
    }
    return undefined
  }

  #bestOne(policy: string): { readonly db: Database; readonly entry: number } | undefined {
    for (;;) {
      let keys = 0
      for (const db of this.#core.keyspace.databases) {
        const own = policy.startsWith('allkeys') ? db.keys : db.expiring.count
        keys += own
        if (own > 0) this.#sample(db, policy)
      }
      if (keys === 0) return undefined
      for (let best = this.#pool.pop(); best !== undefined; best = this.#pool.pop()) {
        const entry = best.db.findKey(best.key)
        const isThere = entry !== 0 && (policy.startsWith('allkeys') || best.db.expiryOf(entry) >= 0)
        if (isThere) return { db: best.db, entry }
      }
    }
  }

  #sample(db: Database, policy: string): void {
    const { keyspace, config } = this.#core
    const samples = config.settings.maxmemorySamples
    const look = (entry: number): void => this.#consider(db, entry, this.#scoreOf(db, entry, policy))
    if (policy.startsWith('allkeys')) {
      db.table.sample(keyspace.random, samples, look)
      return
    }
    for (let i = Math.min(samples, db.expiring.count); i > 0; i--) {
      look(db.expiring.at(Math.floor(keyspace.random() * db.expiring.count)))
    }
  }

  #scoreOf(db: Database, entry: number, policy: string): number {
    if (policy === 'volatile-ttl') return -db.arena.double(entry, EXPIRES)
    const access = db.arena.word(entry, ACCESS)
    return policy.endsWith('lfu') ? 255 - frequencyOf(this.#core, access) : idleMs(db.keyspace, access)
  }

  /** Keeps the pool in ascending order, and in its bounds. */
  #consider(db: Database, entry: number, score: number): void {
    const pool = this.#pool
    if (pool.length === POOL && score <= (pool[0] as Candidate).score) return // it is full
    const key = db.keyOf(entry)
    if (pool.some((each) => each.db === db && each.key.equals(key))) return
    let at = 0
    while (at < pool.length && (pool[at] as Candidate).score < score) at++ // at < length
    pool.splice(at, 0, { db, key, score })
    if (pool.length > POOL) pool.shift()
  }
}
