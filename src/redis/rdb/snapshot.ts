import { setImmediate } from 'node:timers/promises'
import type { Core } from '../core.ts'
import { frequencyOf, idleMs } from '../keyspace/access-clock.ts'
import type { Database } from '../keyspace/database.ts'
import { ACCESS, EXPIRES, HAS_TTL, HEADER_BYTES, KEY_BYTES, META } from '../keyspace/entry.ts'
import type { ChainTable } from '../memory/chain-table.ts'
import { OPCODES } from './codes.ts'
import { Crc64 } from './crc64.ts'
import { SLICE_MS, type Snapshots, snapshotsOf } from './snapshots.ts'
import { formatOf, ValueWriter } from './value-writer.ts'
import { RdbWriter } from './writer.ts'

/** What is written of the stream of replication that a snapshot is a point of. */
export interface ReplicationPoint {
  /** `repl-id`: 40 digits. */
  readonly id: string
  readonly offset: number
  /** The database that is selected in the stream; -1: none is. */
  readonly db: number
}

export interface SnapshotOptions {
  readonly replication?: ReplicationPoint | undefined
  /** Without keys. */
  readonly omitsKeys?: boolean
  readonly omitsFunctions?: boolean
}

const PIECE_BYTES = 256 * 1024
// Buckets between two looks at the clock.
const BUCKETS_PER_LOOK = 16

/**
 * A whole data set as the bytes of a file of redis, as it is when this is called, while commands go on: a key that is about to be
 * changed is written first. It has to be read to its end, or cancelled.
 * @throws RangeError There are eight already.
 */
export function snapshotOf(core: Core, options: SnapshotOptions = {}): Snapshot {
  const taken = snapshotsOf(core)
  // Without keys there is nothing to mark.
  const snapshot = new Snapshot(core, options, options.omitsKeys ? 0 : taken.firstFree(), taken)
  taken.add(snapshot)
  return snapshot
}

/** A table as it was when the snapshot began, and how far it has come there. */
interface Part {
  readonly db: number
  readonly table: ChainTable
  readonly keys: number
  readonly expiring: number
  cursor: number
  isDone: boolean
  /** Whether its head is written. */
  isBegun: boolean
}

/** A key that is too large to be written at once. */
interface LargeKey {
  readonly entry: number
  readonly parts: Iterator<void>
}

/** {@link snapshotOf} */
export class Snapshot implements AsyncIterable<Buffer> {
  /** Keys there were when it began, and those that are written. */
  readonly keys: number
  written = 0
  /** The bit of an entry's marks that is this one's. */
  readonly mark: number
  readonly #core: Core
  readonly #values: ValueWriter
  readonly #crc: Crc64 | undefined
  readonly #parts: Part[]
  readonly #writer: RdbWriter
  /** What is written while a large key is being written to the other. */
  readonly #aside: RdbWriter
  readonly #taken: Snapshots
  /** Pieces that were written before anyone asked for them. */
  readonly #ready: Buffer[] = []
  readonly #savesIdle: boolean
  readonly #savesFrequency: boolean
  readonly #visitEntry = (entry: number): void => this.#entry(entry)
  #part = 0
  #large: LargeKey | undefined
  /** The database that the bytes written so far are in. */
  #db = -1
  #state: 'writing' | 'cancelled' | 'done' = 'writing'

  constructor(core: Core, options: SnapshotOptions, mark: number, taken: Snapshots) {
    this.#core = core
    this.mark = mark
    this.#taken = taken
    const compresses = core.config.text('rdbcompression') === 'yes'
    const policy = core.config.settings.maxmemoryPolicy
    this.#savesIdle = policy.endsWith('lru')
    this.#savesFrequency = policy.endsWith('lfu')
    this.#values = new ValueWriter(core)
    this.#writer = new RdbWriter(compresses)
    this.#aside = new RdbWriter(compresses)
    this.#crc = core.config.text('rdbchecksum') === 'no' ? undefined : new Crc64()
    const databases = options.omitsKeys ? [] : core.keyspace.databases.filter(({ keys }) => keys > 0)
    this.#parts = databases.map(({ id, table, keys, expiring }) => ({
      db: id,
      table,
      keys,
      expiring: expiring.count,
      cursor: 0,
      isDone: false,
      isBegun: false,
    }))
    this.keys = databases.reduce((sum, { keys }) => sum + keys, 0)
    this.#head(options)
  }

  /**
   * Writes for so long at most, or a little, and answers the bytes, of which there may be none; undefined: all have been answered.
   */
  slice(ms: number): Buffer | undefined {
    if (this.#state !== 'writing') return undefined
    const ready = this.#ready.shift()
    if (ready !== undefined) return ready
    const { clock } = this.#core
    const until = clock.monotonicMs() + ms
    do {
      if (this.#large) this.#goOn()
      else if (!this.#visitBuckets()) return this.#finish()
    } while (this.#writer.at < PIECE_BYTES && clock.monotonicMs() < until)
    return this.#take()
  }

  /** All that is left, at once. */
  whole(): Buffer {
    const pieces: Buffer[] = []
    for (let piece = this.slice(Number.POSITIVE_INFINITY); piece; piece = this.slice(Number.POSITIVE_INFINITY))
      pieces.push(piece)
    return Buffer.concat(pieces)
  }

  /** Pieces of the file, each of about 256 KiB at most unless keys are changed faster than it is read. Others are served between them. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const piece = this.slice(SLICE_MS)
        if (piece === undefined) return
        if (piece.length > 0) yield piece
        await setImmediate()
      }
    } finally {
      this.cancel()
    }
  }

  get isCancelled(): boolean {
    return this.#state === 'cancelled'
  }

  /** Ends it before its time: nothing more is written. */
  cancel(): void {
    if (this.#state !== 'writing') return
    this.#state = 'cancelled'
    this.#large = undefined
    this.#writer.at = this.#aside.at = this.#ready.length = 0
    void this.#forgetSlowly()
  }

  /** Whether it has yet to go through a table, or through some of it. */
  needs(table: ChainTable): boolean {
    return this.#parts.some((part) => part.table === table && !part.isDone)
  }

  /** Whether a key of its has yet to be written. */
  lacks(db: Database, entry: number): boolean {
    const { arena, marks } = db.keyspace
    if (this.#state !== 'writing' || ((arena.word(entry, META) ^ marks) & this.mark) === 0) return false
    return this.#partOf(db) !== undefined
  }

  /** Writes some of a key that it `lacks`, or of the large one that it is in the middle of. */
  preserveSome(db: Database, entry: number): void {
    if (this.#large) this.#goOn()
    else this.#begin(this.#partOf(db) as Part, entry) // it lacks the key
    if (this.#writer.at >= PIECE_BYTES) this.#ready.push(this.#take())
  }

  /** Writes a key that is about to be changed. */
  preserve(db: Database, entry: number): void {
    const part = this.#partOf(db)
    if (part === undefined) return
    if (this.#large?.entry === entry) {
      while (this.#large) this.#goOn()
      return
    }
    if (this.#state === 'writing') {
      const to = this.#large ? this.#aside : this.#writer
      const parts = this.#writeKey(to, part, db, entry)
      while (parts && !parts.next().done);
      this.written++
    }
    this.#flip(entry)
  }

  #head({ replication, omitsFunctions = false }: SnapshotOptions): void {
    const core = this.#core
    const to = this.#writer
    const magic = Buffer.from(`REDIS${String(formatOf(core)).padStart(4, '0')}`)
    to.raw(magic, 0, magic.length)
    this.#aux(core.dialect.engine === 'valkey' ? 'valkey-ver' : 'redis-ver', core.dialect.version)
    this.#aux('redis-bits', '64')
    this.#aux('ctime', String(Math.floor(core.keyspace.now / 1000)))
    this.#aux('used-mem', String(core.usedMemory()))
    if (replication) {
      this.#aux('repl-stream-db', String(replication.db))
      this.#aux('repl-id', replication.id)
      this.#aux('repl-offset', String(replication.offset))
    }
    this.#aux('aof-base', '0')
    const libraries = omitsFunctions ? [] : core.scripting.functions.libraries.values()
    for (const { code } of libraries) {
      const bytes = Buffer.from(code, 'latin1')
      to.byte(OPCODES.library)
      to.string(bytes, 0, bytes.length)
    }
  }

  #aux(name: string, value: string): void {
    this.#writer.byte(OPCODES.aux)
    this.#writer.text(name)
    this.#writer.text(value)
  }

  /** Writes the keys of some buckets; false: there are no more. */
  #visitBuckets(): boolean {
    const part = this.#parts[this.#part]
    if (part === undefined) return false
    for (let left = BUCKETS_PER_LOOK; left > 0; left--) {
      this.#visit(part)
      if (!part.isDone && this.#large === undefined && this.#writer.at < PIECE_BYTES) continue
      break
    }
    if (part.isDone) {
      this.#taken.passed(part.table)
      this.#part++
    }
    return true
  }

  /** One bucket. What is large in it is left for the next time, together with the rest of the bucket. */
  #visit(part: Part): void {
    const next = part.table.scan(part.cursor, this.#visitEntry)
    if (this.#large) return
    part.cursor = next
    part.isDone = next === 0
  }

  #entry(entry: number): void {
    const { arena, marks } = this.#core.keyspace
    const part = this.#parts[this.#part] as Part // the one whose table is being gone through
    if (this.#large || ((arena.word(entry, META) ^ marks) & this.mark) === 0) return
    if (this.#state === 'cancelled') {
      this.#flip(entry)
      return
    }
    this.#begin(part, entry)
  }

  /** Writes a key, or the first of one that is large. */
  #begin(part: Part, entry: number): void {
    const parts = this.#writeKey(this.#writer, part, this.#core.keyspace.db(part.db), entry)
    this.written++
    if (parts === undefined) this.#flip(entry)
    else this.#large = { entry, parts }
  }

  #partOf({ table }: Database): Part | undefined {
    return this.#parts.find((part) => part.table === table)
  }

  /** Writes some more of a large key. */
  #goOn(): void {
    const large = this.#large
    if (large === undefined || !large.parts.next().done) return
    this.#flip(large.entry)
    this.#large = undefined
    this.#writer.raw(this.#aside.bytes, 0, this.#aside.at)
    this.#aside.at = 0
  }

  #flip(entry: number): void {
    const { arena } = this.#core.keyspace
    arena.setWord(entry, META, arena.word(entry, META) ^ this.mark)
  }

  #writeKey(to: RdbWriter, part: Part, db: Database, entry: number): Iterator<void> | undefined {
    const { arena } = db
    this.#select(to, part)
    if ((arena.word(entry, META) & HAS_TTL) !== 0) {
      to.byte(OPCODES.expiryMs)
      to.milliseconds(arena.double(entry, EXPIRES))
    }
    const access = arena.word(entry, ACCESS)
    if (this.#savesIdle) {
      to.byte(OPCODES.idle)
      to.length(Math.floor(idleMs(db.keyspace, access) / 1000))
    } else if (this.#savesFrequency) {
      to.byte(OPCODES.frequency)
      to.byte(frequencyOf(this.#core, access))
    }
    to.byte(this.#values.typeOf(db, entry))
    const key = arena.offset(entry) + HEADER_BYTES
    to.string(arena.page(entry), key, key + arena.word(entry, KEY_BYTES))
    return this.#values.write(to, db, entry)
  }

  #select(to: RdbWriter, part: Part): void {
    if (this.#db === part.db) return
    this.#db = part.db
    to.byte(OPCODES.database)
    to.length(part.db)
    if (part.isBegun) return
    part.isBegun = true
    to.byte(OPCODES.resize)
    to.length(part.keys)
    to.length(part.expiring)
  }

  #take(): Buffer {
    const piece = this.#writer.take()
    this.#crc?.update(piece, 0, piece.length)
    return piece
  }

  /** What is left, with the checksum behind it; zeros for none. */
  #finish(): Buffer {
    this.#state = 'done'
    this.#taken.remove(this)
    this.#writer.byte(OPCODES.end)
    const rest = this.#take()
    return Buffer.concat([rest, this.#crc?.bytes() ?? Buffer.alloc(8)])
  }

  /** Gives every entry its mark back, bit by bit. */
  async #forgetSlowly(): Promise<void> {
    const { clock } = this.#core
    for (;;) {
      const until = clock.monotonicMs() + SLICE_MS
      do {
        if (this.#visitBuckets()) continue
        this.#taken.remove(this)
        return
      } while (clock.monotonicMs() <= until)
      await setImmediate()
    }
  }
}
