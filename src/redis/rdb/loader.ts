import type { Core } from '../core.ts'
import { secondsOf } from '../keyspace/access-clock.ts'
import type { Database } from '../keyspace/database.ts'
import { ACCESS } from '../keyspace/entry.ts'
import { Args } from '../protocol/args.ts'
import { encodingOf } from '../types/string-value.ts'
import type { Built } from './builders.ts'
import { FIRST_FOREIGN, NEWEST_FORMAT, OPCODES, TYPES } from './codes.ts'
import { Crc64 } from './crc64.ts'
import { Damaged } from './damaged.ts'
import { RdbReader, SHORT } from './reader.ts'
import { type BuiltString, readString, ValueReader } from './value-reader.ts'
import { Viewed } from './viewed.ts'

/** A file that can't be loaded. The message is what a server logs of it. */
export class BadRdb extends Error {
  override readonly name = 'BadRdb'
}

export interface LoaderOptions {
  /** Whether keys that have expired are kept: on a replica, whose primary deletes them. */
  readonly keepsExpired?: boolean
  /** Told of keys that have expired, and are not kept. */
  readonly expired?: (loader: Loader, db: Database, key: Buffer) => void
  /** Whether a key that is there already gives way; otherwise the file is refused. */
  readonly replaces?: boolean
  /** Where the keys go; default: the databases of the node. */
  readonly databases?: readonly Database[]
  /** Takes the code of each library, rather than that it is loaded at once. */
  readonly library?: (source: string) => void
}

const HEAD_BYTES = 9
const CRC_BYTES = 8
const CRC_SINCE = 5
const NO_CRC = Buffer.alloc(CRC_BYTES)
/** Tables are made ready for so many keys at most: what a file says of itself may be wrong. */
const MOST_RESERVED = 1 << 24
const NO_BYTES = Buffer.alloc(0)

/**
 * Fills a keyspace from the bytes of a file, which come in pieces of any size. Nobody is told of the keys. What was there before
 * stays: {@link emptied}.
 */
export class Loader {
  /** Keys that were loaded, and those that had expired. */
  loaded = 0
  expired = 0
  /** Bytes that were read. */
  bytes = 0
  /** Fields that the file says of itself: `repl-id`, `used-mem` and the like. */
  readonly aux = new Map<string, string>()
  /** Bytes that came behind the end of the file. */
  rest: Buffer = NO_BYTES
  readonly #core: Core
  readonly #options: LoaderOptions
  readonly #reader = new RdbReader()
  readonly #crc = new Crc64()
  readonly #key = new Args()
  #format = 0
  #step: () => boolean
  #pieces: Buffer[] = []
  #waiting = 0
  #needed = HEAD_BYTES
  readonly #databases: readonly Database[]
  #db: Database
  #expiresAt = -1
  #idle = -1
  #frequency = -1
  #keyBytes: Buffer = NO_BYTES
  #value: ValueReader | undefined

  constructor(core: Core, options: LoaderOptions = {}) {
    this.#core = core
    this.#options = options
    this.#databases = options.databases ?? core.keyspace.databases
    this.#db = this.#databases[0] as Database // there is at least one
    this.#step = this.#head
  }

  /** Whether the end has been reached, and the file was whole. */
  isDone = false

  /** Loads what can be loaded of what has come so far. @throws BadRdb */
  feed(piece: Buffer): void {
    if (this.isDone) {
      this.rest = Buffer.concat([this.rest, piece])
      return
    }
    this.#pieces.push(piece)
    this.#waiting += piece.length
    if (this.#waiting < this.#needed) return
    const bytes = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces)
    const { keyspace } = this.#core
    const { notifies } = keyspace
    keyspace.notifies = 0
    try {
      this.#read(bytes)
    } catch (error) {
      this.cancel()
      throw error instanceof Damaged ? new BadRdb(error.message) : error
    } finally {
      keyspace.notifies = notifies
    }
  }

  /** No more will come. @throws BadRdb The file isn't whole. */
  end(): void {
    if (this.isDone) return
    this.cancel()
    throw new BadRdb('Short read or OOM loading DB. Unrecoverable error, aborting now.')
  }

  /** Gives back what was read of a value that isn't whole. */
  cancel(): void {
    this.#value?.abandon()
    this.#value = undefined
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader
    reader.set(bytes)
    let done = 0
    try {
      while (!this.isDone) {
        done = reader.at
        if (!this.#step()) break
      }
      done = reader.at
      this.#needed = 0
    } catch (error) {
      if (error !== SHORT) throw error
      this.#needed = reader.needed - done
    }
    this.#crc.update(bytes, 0, done)
    this.bytes += done
    const rest = bytes.subarray(done)
    if (this.isDone) this.rest = Buffer.from(rest)
    // A copy: the pieces are the caller's.
    this.#pieces = rest.length === 0 ? [] : [Buffer.from(rest)]
    this.#waiting = rest.length
  }

  // Steps: each reads as much as belongs together, or nothing.

  #head(): boolean {
    const head = this.#reader.raw(HEAD_BYTES).toString('latin1')
    if (!head.startsWith('REDIS')) throw new Damaged('Wrong signature trying to load DB from file')
    const format = Number(head.slice(5))
    const isForeign = format >= FIRST_FOREIGN && format < NEWEST_FORMAT
    if (!(format >= 1) || format > NEWEST_FORMAT || isForeign)
      throw new Damaged(`Can't handle RDB format version ${head.slice(5)}`)
    this.#format = format
    this.#step = this.#part
    return true
  }

  #part(): boolean {
    const reader = this.#reader
    const code = reader.byte()
    switch (code) {
      case OPCODES.expirySeconds:
        this.#expiresAt = reader.int32() * 1000
        return true
      case OPCODES.expiryMs:
        this.#expiresAt = reader.milliseconds()
        return true
      case OPCODES.frequency:
        this.#frequency = reader.byte()
        return true
      case OPCODES.idle:
        this.#idle = reader.length()
        return true
      case OPCODES.database:
        this.#select(reader.length())
        return true
      case OPCODES.resize: {
        const keys = reader.length()
        reader.length()
        this.#db.table.reserve(Math.min(keys, MOST_RESERVED))
        return true
      }
      case OPCODES.slot:
        // A slot, how many keys it has and how many of them expire: of use to who hashes by slot.
        reader.length()
        reader.length()
        reader.length()
        return true
      case OPCODES.aux: {
        const name = reader.stringBytes().toString('latin1')
        this.aux.set(name, reader.stringBytes().toString('latin1'))
        return true
      }
      case OPCODES.library:
        this.#library(reader.stringBytes().toString('latin1'))
        return true
      case OPCODES.libraryOfCandidates:
        throw new Damaged('Pre-release function format not supported.')
      case OPCODES.moduleAux:
        throw new Damaged("The RDB file contains AUX module data I can't load: there are no modules here")
      case OPCODES.slotImport:
        throw new Damaged('The RDB file contains slots that are being imported')
      case OPCODES.end:
        this.#step = this.#end
        if (this.#format >= CRC_SINCE) return true
        this.isDone = true
        return false
      case TYPES.string:
        // Most are: at once, without a copy of the key.
        reader.string()
        this.#setKey(reader.text, reader.start, reader.end)
        this.#put(readString(reader))
        return true
      default:
        this.#keyBytes = reader.stringBytes()
        this.#value = new ValueReader(this.#core, code)
        this.#step = this.#member
        return true
    }
  }

  #member(): boolean {
    const value = this.#value?.step(this.#reader)
    if (value === undefined) return true
    this.#value = undefined
    this.#step = this.#part
    this.#setKey(this.#keyBytes, 0, this.#keyBytes.length)
    if (value !== null) this.#put(value)
    return true
  }

  #setKey(bytes: Buffer, start: number, end: number): void {
    const args = this.#key
    args.setBytes(bytes)
    args.count = 0
    args.add(start, end)
  }

  #end(): boolean {
    const { bytes, at } = this.#reader
    const told = this.#reader.raw(CRC_BYTES)
    const crc = new Crc64(this.#crc)
    crc.update(bytes, 0, at)
    const checks = this.#core.config.text('rdbchecksum') !== 'no' && !told.equals(NO_CRC)
    if (checks && !told.equals(crc.bytes()))
      throw new Damaged(
        `RDB CRC error: Wrong RDB checksum expected: (${hex(told)}) but got (${hex(crc.bytes())}). Aborting now.`,
      )
    this.isDone = true
    return false
  }

  #select(id: number): void {
    const databases = this.#databases
    const db = databases[id]
    if (db === undefined)
      throw new Damaged(
        `FATAL: Data file was created with a Redis server configured to handle more than ${databases.length} databases. Exiting`,
      )
    this.#db = db
  }

  #library(source: string): void {
    if (this.#options.library) {
      this.#options.library(source)
      return
    }
    const library = this.#core.scripting.loadLibrary(source, this.#options.replaces ?? false)
    if (typeof library === 'string') throw new Damaged(`Failed creating the library: ${library.replace(/^ERR /, '')}`)
  }

  /** Gives the key a value, and forgets what was said of it before. */
  #put(value: Built | BuiltString): void {
    const { keyspace } = this.#core
    const [expiresAt, idle, frequency] = [this.#expiresAt, this.#idle, this.#frequency]
    this.#expiresAt = this.#idle = this.#frequency = -1
    if (expiresAt >= 0 && keyspace.isPast(expiresAt) && !this.#options.keepsExpired) {
      this.expired++
      this.#options.expired?.(this, this.#db, this.#key.bytesOf(0))
      discard(this.#core, value)
      return
    }
    const db = this.#db
    const args = this.#key
    const found = db.findWord(args, 0)
    if (found !== 0) {
      if (!this.#options.replaces) {
        discard(this.#core, value)
        throw new Damaged(`RDB has duplicated key '${args.text(0)}' in DB ${db.id}`)
      }
      db.remove(found)
    }
    const entry = addEntry(db, args, 0, value)
    if (expiresAt >= 0) db.restoreExpiry(entry, expiresAt)
    setAccess(this.#core, db, entry, idle, frequency)
    this.loaded++
  }
}

const texts = new Viewed()

const hex = (crc: Buffer): string => crc.readBigUInt64LE(0).toString(16)

/** Gives a key, which is not there, a value that was read. Answers its entry. */
export function addEntry(db: Database, args: Args, index: number, value: Built | BuiltString): number {
  if (!('text' in value)) return db.create(args, index, value.type, value.encoding, value.value)
  const { text, start, end } = value
  return db.setString(args, index, 0, encodingOf(text, start, end), text, texts.of(text), start, end)
}

/** Gives back a value that no key is given. */
export function discard({ keyspace }: Core, value: Built | BuiltString): void {
  if ('text' in value) return
  if (typeof value.value === 'number') keyspace.arena.release(value.value)
  else keyspace.freeLater(value.value)
}

/** When a key was last asked for, or how often, as far as the eviction policy goes by it; -1: it isn't known. */
export function setAccess({ keyspace }: Core, db: Database, entry: number, idle: number, frequency: number): void {
  const isLfu = keyspace.accessOf !== undefined
  if (isLfu && frequency >= 0) db.arena.setWord(entry, ACCESS, (keyspace.firstAccess & ~0xff) | frequency)
  else if (!isLfu && idle >= 0) db.arena.setWord(entry, ACCESS, secondsOf(keyspace.now) - idle)
}
