import { copyViewed, viewOf } from '../../net/bytes.ts'
import { LINK_BYTES, SlotIndex } from '../cluster/slot-index.ts'
import type { Arena } from '../memory/arena.ts'
import { ChainTable, HASH } from '../memory/chain-table.ts'
import { hashBytes } from '../memory/hash.ts'
import type { Args } from '../protocol/args.ts'
import { WRONG_TYPE } from '../protocol/refusals.ts'
import type { Replies } from '../protocol/replies.ts'
import {
  ACCESS,
  EXPIRES,
  encodingIn,
  HAS_TTL,
  HEADER_BYTES,
  isObject,
  KEY_BYTES,
  KIND_MASK,
  kindOf,
  MARKS_MASK,
  META,
  STREAM,
  STRING,
  typeIn,
  VALUE,
} from './entry.ts'
import { EXPIRED_EVENT, GENERIC, KEY_MISS, NEW_EVENT } from './events.ts'
import { Expiring } from './expiring.ts'
import type { Keyspace } from './keyspace.ts'
import type { LargeValue } from './objects.ts'

const KEY_PLACE = { lengthWord: KEY_BYTES, keyAt: HEADER_BYTES }

/**
 * One of a node's databases: entries in the arena by key. An entry is named by its chunk, which changes when its value outgrows it:
 * keep none over a call that writes.
 */
export class Database {
  readonly id: number
  readonly keyspace: Keyspace
  readonly arena: Arena
  table: ChainTable
  expiring: Expiring
  /** The same entries by their slot, in cluster mode. */
  slots: SlotIndex | undefined
  // What it needs at the end of each entry.
  #linkBytes = 0

  constructor(id: number, keyspace: Keyspace) {
    this.id = id
    this.keyspace = keyspace
    this.arena = keyspace.arena
    this.table = new ChainTable(keyspace.arena, KEY_PLACE)
    this.expiring = new Expiring(keyspace.arena)
  }

  get replies(): Replies {
    return this.keyspace.replies
  }

  get keys(): number {
    return this.table.count
  }

  /** Keeps entries by their slot from now on; to be called before there are any. */
  indexSlots(): SlotIndex {
    this.slots = new SlotIndex(this.arena)
    this.#linkBytes = LINK_BYTES
    return this.slots
  }

  // Looking up. The key is word `index` of `args`.

  /** The entry of a key that is read, or 0; counted as a hit or a miss, and as an access. */
  lookupRead(args: Args, index: number): number {
    const { keyspace } = this
    const entry = this.#live(args, index)
    if (entry === 0) {
      keyspace.misses++
      if (keyspace.notifies !== 0) this.notify(KEY_MISS, 'keymiss', args, index)
      return 0
    }
    keyspace.hits++
    this.#access(entry)
    return entry
  }

  /** The entry of a key that is about to be written, or 0; counted as an access. */
  lookupWrite(args: Args, index: number): number {
    const entry = this.#live(args, index, true)
    if (entry !== 0) {
      this.preserve(entry)
      this.#access(entry)
    }
    return entry
  }

  /** As `lookupRead`, but for the access: for commands that look at a key, not at its value. */
  look(args: Args, index: number): number {
    const { keyspace } = this
    const { countsAccess } = keyspace
    keyspace.countsAccess = false
    const entry = this.lookupRead(args, index)
    keyspace.countsAccess = countsAccess
    return entry
  }

  /** The entry of a key without counting anything (EXISTS of scripts, OBJECT, TTL, TYPE): 0 where there is none. */
  peek(args: Args, index: number): number {
    return this.#live(args, index)
  }

  /** The entry of a key that no command names, as it is, even if it has expired; 0: there is none. */
  findKey(key: Buffer): number {
    const view = viewOf(key)
    return this.table.find(view, 0, key.length, hashBytes(view, 0, key.length, this.keyspace.seed))
  }

  /** The same of a word. */
  findWord(args: Args, index: number): number {
    return this.table.find(args.view, args.start(index), args.length(index), this.hash(args, index))
  }

  /** As `lookupRead`, of a key that has to be of a type. @throws WRONGTYPE */
  readOf(type: number, args: Args, index: number): number {
    const entry = this.lookupRead(args, index)
    if (entry !== 0 && typeIn(this.arena.word(entry, META)) !== type) throw WRONG_TYPE
    return entry
  }

  /** As `lookupWrite`, of a key that has to be of a type. @throws WRONGTYPE */
  writeOf(type: number, args: Args, index: number): number {
    const entry = this.lookupWrite(args, index)
    if (entry !== 0 && typeIn(this.arena.word(entry, META)) !== type) throw WRONG_TYPE
    return entry
  }

  /** To be called before an entry is changed that was not found by `lookupWrite`: snapshots have yet to see it as it is. */
  preserve(entry: number): void {
    const { keyspace } = this
    if (keyspace.preserver === undefined) return
    if (((this.arena.word(entry, META) ^ keyspace.marks) & MARKS_MASK) !== 0) keyspace.preserver.preserve(this, entry)
  }

  // What an entry is.

  typeOf(entry: number): number {
    return typeIn(this.arena.word(entry, META))
  }

  encodingOf(entry: number): number {
    return encodingIn(this.arena.word(entry, META))
  }

  /** A copy of its key. */
  keyOf(entry: number): Buffer {
    const start = this.arena.offset(entry) + HEADER_BYTES
    return Buffer.from(this.arena.page(entry).subarray(start, start + this.arena.word(entry, KEY_BYTES)))
  }

  keyText(entry: number): string {
    const start = this.arena.offset(entry) + HEADER_BYTES
    return this.arena.page(entry).toString('latin1', start, start + this.arena.word(entry, KEY_BYTES))
  }

  /** Milliseconds since 1970 at which it expires; -1: it doesn't. */
  expiryOf(entry: number): number {
    return (this.arena.word(entry, META) & HAS_TTL) === 0 ? -1 : this.arena.double(entry, EXPIRES)
  }

  /** The value of an entry whose encoding is an object's. */
  objectOf(entry: number): LargeValue {
    return this.keyspace.objects.get(this.arena.word(entry, VALUE))
  }

  /** The chunk of an entry whose value is packed. */
  packedOf(entry: number): number {
    return this.arena.word(entry, VALUE)
  }

  // Strings, which lie behind their key.

  stringLength(entry: number): number {
    return this.arena.word(entry, VALUE)
  }

  /** Where in its page the value of a string begins. */
  stringStart(entry: number): number {
    return this.arena.offset(entry) + HEADER_BYTES + this.arena.word(entry, KEY_BYTES)
  }

  /** A copy of a string's value. */
  stringOf(entry: number): Buffer {
    const start = this.stringStart(entry)
    return Buffer.from(this.arena.page(entry).subarray(start, start + this.stringLength(entry)))
  }

  /**
   * Gives a key a string for its value, whatever it had; its expiry goes unless it is kept. Answers the entry.
   * @param found What a lookup of the key has answered.
   */
  setString(
    args: Args,
    index: number,
    found: number,
    encoding: number,
    source: Buffer,
    view: DataView,
    start: number,
    end: number,
    keepTtl = false,
  ): number {
    const { arena } = this
    const length = end - start
    let entry = found
    if (entry === 0) entry = this.#add(args, index, length)
    else {
      this.preserve(entry)
      if (!keepTtl && (arena.word(entry, META) & HAS_TTL) !== 0) this.expiring.remove(entry)
      if (this.typeOf(entry) !== STRING) this.#freeValue(entry)
      entry = this.#fit(entry, length, 0)
    }
    const meta = arena.word(entry, META)
    arena.setWord(entry, META, (meta & ~KIND_MASK) | kindOf(STRING, encoding))
    arena.setWord(entry, VALUE, length)
    copyViewed(source, view, start, end, arena.page(entry), arena.view(entry), this.stringStart(entry))
    return entry
  }

  /** Gives a key that is not there a string for its value. Answers the entry. */
  setStringBytes(args: Args, index: number, encoding: number, value: Buffer): number {
    return this.setString(args, index, 0, encoding, value, viewOf(value), 0, value.length)
  }

  /**
   * Makes the value of a string so many bytes long; what is new is not set. Answers the entry, which may be another.
   * @param spare Whether it is expected to grow again: then there is room for as much once more.
   */
  resizeString(entry: number, length: number, encoding: number, spare = false): number {
    const { arena } = this
    this.preserve(entry)
    const kept = Math.min(length, this.stringLength(entry))
    let resized = entry
    const needed = HEADER_BYTES + arena.word(entry, KEY_BYTES) + length + this.#linkBytes
    if (needed > arena.capacity(entry)) {
      resized = this.#fit(entry, spare && length < GENEROUS ? 2 * length : length, kept)
    }
    arena.setWord(resized, VALUE, length)
    this.setKind(resized, STRING, encoding)
    return resized
  }

  setKind(entry: number, type: number, encoding: number): void {
    this.arena.setWord(entry, META, (this.arena.word(entry, META) & ~KIND_MASK) | kindOf(type, encoding))
  }

  // Other types.

  /**
   * Adds a key, which is not there, of a type other than string. Its value is a chunk (LISTPACK, INTSET), or a large value.
   * @returns The entry.
   */
  create(args: Args, index: number, type: number, encoding: number, value: number | LargeValue): number {
    const entry = this.#add(args, index, 0)
    this.setKind(entry, type, encoding)
    this.setValue(entry, encoding, value)
    return entry
  }

  /** Puts a value in the place of the one an entry has, which is the caller's to free: after it moved, or was converted. */
  setValue(entry: number, encoding: number, value: number | LargeValue): void {
    const { arena, keyspace } = this
    this.setKind(entry, this.typeOf(entry), encoding)
    arena.setWord(entry, VALUE, typeof value === 'number' ? value : keyspace.objects.add(value))
  }

  /** As `create`, whatever the key was before; its expiry goes. Blocked clients are not served where something else was there. */
  overwrite(args: Args, index: number, type: number, encoding: number, value: number | LargeValue): number {
    const found = this.#live(args, index)
    if (found !== 0) this.remove(found)
    else this.ready(args, index)
    return this.create(args, index, type, encoding, value)
  }

  // Expiry.

  setExpiry(entry: number, at: number): void {
    const { isWritableReplica, showsExpired, ownKeys } = this.keyspace
    if (isWritableReplica && !showsExpired) ownKeys.add(this, this.keyOf(entry))
    this.restoreExpiry(entry, at)
  }

  /** The same of what a file says. */
  restoreExpiry(entry: number, at: number): void {
    this.preserve(entry)
    if ((this.arena.word(entry, META) & HAS_TTL) === 0) this.expiring.add(entry)
    this.arena.setDouble(entry, EXPIRES, at)
  }

  /** Answers whether it had one. */
  clearExpiry(entry: number): boolean {
    if ((this.arena.word(entry, META) & HAS_TTL) === 0) return false
    this.preserve(entry)
    this.expiring.remove(entry)
    return true
  }

  // Removing.

  /** Removes an entry and its value. What is large goes in pieces, later. Nobody is told. */
  remove(entry: number): void {
    this.preserve(entry)
    this.table.remove(entry)
    this.slots?.remove(entry)
    if ((this.arena.word(entry, META) & HAS_TTL) !== 0) this.expiring.remove(entry)
    if (this.typeOf(entry) !== STRING) this.#freeValue(entry)
    this.arena.release(entry)
  }

  /** Removes a key, if it is there, as a change of its own. Answers whether it was. */
  delete(args: Args, index: number): boolean {
    const entry = this.lookupWrite(args, index)
    if (entry === 0) return false
    this.remove(entry)
    this.changed(args, index, GENERIC, 'del')
    return true
  }

  /** Removes a key whose last member has gone, and tells those who listen. */
  removeEmpty(entry: number, args: Args, index: number): void {
    this.remove(entry)
    this.notify(GENERIC, 'del', args, index)
  }

  /** Takes an entry out with its value unharmed, and answers it: for RENAME and MOVE. */
  detach(entry: number): { readonly kind: number; readonly value: number } {
    const { arena } = this
    this.preserve(entry)
    this.#leaves(entry)
    const detached = { kind: arena.word(entry, META) & KIND_MASK, value: arena.word(entry, VALUE) }
    this.table.remove(entry)
    this.slots?.remove(entry)
    if ((arena.word(entry, META) & HAS_TTL) !== 0) this.expiring.remove(entry)
    arena.release(entry)
    return detached
  }

  /** Adds a key with what `detach` took out. */
  attach(args: Args, index: number, { kind, value }: { readonly kind: number; readonly value: number }): number {
    const entry = this.#add(args, index, 0)
    this.setKind(entry, typeIn(kind), encodingIn(kind))
    this.arena.setWord(entry, VALUE, value)
    return entry
  }

  /** Removes an entry that has expired, and tells everyone. */
  expire(entry: number): void {
    const key = this.keyOf(entry)
    this.keyspace.expired++
    this.remove(entry)
    this.keyspace.removed(this, key, 'expired', EXPIRED_EVENT)
  }

  /** Forgets all keys. What they took is given back in pieces, later. */
  clear(): void {
    const { table, expiring } = this
    this.table = new ChainTable(this.arena, KEY_PLACE)
    this.expiring = new Expiring(this.arena)
    this.slots?.clear()
    expiring.dispose()
    const keys = new ForgottenKeys(this.keyspace, table)
    if (!this.keyspace.preserver?.keep(table, keys)) this.keyspace.freeLater(keys)
  }

  /** An empty one of the same kind, which nobody sees. */
  another(): Database {
    const other = new Database(this.id, this.keyspace)
    if (this.slots) other.indexSlots()
    return other
  }

  /** Has the keys of another database in the place of its own, which it forgets. Both are of one keyspace. */
  takeOver(other: Database): void {
    this.clear()
    this.table = other.table
    this.expiring = other.expiring
    if (other.slots) {
      this.slots?.dispose()
      this.slots = other.slots
    }
  }

  /** To be called of keys that have lain aside: snapshots may have been taken meanwhile, which do not have them. */
  markAnew(): void {
    const { arena, keyspace } = this
    this.table.each((entry) => {
      arena.setWord(entry, META, (arena.word(entry, META) & ~MARKS_MASK) | keyspace.marks)
    })
  }

  // Telling others.

  /**
   * A key has been changed: counted for replication, told to those who watch it and to clients that keep what they read.
   * @param changes How many of its members have changed, as `rdb_changes_since_last_save` counts them.
   */
  touched(args: Args, index: number, changes = 1): void {
    this.keyspace.dirty += changes
    if (this.keyspace.observed) this.keyspace.tell(this, args.bytesOf(index))
  }

  /** `touched`, and an event. */
  changed(args: Args, index: number, events: number, event: string, changes = 1): void {
    this.touched(args, index, changes)
    if (this.keyspace.notifies !== 0) this.notify(events, event, args, index)
  }

  /** Publishes an event of a key, where it is asked for. */
  notify(events: number, event: string, args: Args, index: number): void {
    if ((this.keyspace.notifies & events) !== 0) this.keyspace.publish(this, events, event, args.bytesOf(index))
  }

  /** Something that blocked clients may wait for was added to a key: they are served once the command is done. */
  ready(args: Args, index: number): void {
    if (this.keyspace.awaited) this.keyspace.signal(this, args.bytesOf(index))
  }

  hash(args: Args, index: number): number {
    return hashBytes(args.view, args.start(index), args.end(index), this.keyspace.seed)
  }

  #live(args: Args, index: number, isWritten = false): number {
    const start = args.start(index)
    const length = args.end(index) - start
    const entry = this.table.find(args.view, start, length, this.hash(args, index))
    if (entry === 0 || (this.arena.word(entry, META) & HAS_TTL) === 0) return entry
    return this.keyspace.isPast(this.arena.double(entry, EXPIRES)) ? this.#expired(entry, isWritten) : entry
  }

  /** On a replica, keys only look as if they were gone: the primary deletes them, unless a client writes to them. */
  #expired(entry: number, isWritten: boolean): number {
    const { mayExpire, showsExpired, isWritableReplica } = this.keyspace
    if (showsExpired) return entry
    if (mayExpire || (isWritten && isWritableReplica)) this.expire(entry)
    return 0
  }

  #access(entry: number): void {
    const { keyspace } = this
    if (!keyspace.countsAccess) return
    const { accessOf } = keyspace
    this.arena.setWord(entry, ACCESS, accessOf ? accessOf(this.arena.word(entry, ACCESS)) : keyspace.firstAccess)
  }

  #add(args: Args, index: number, valueBytes: number): number {
    const { arena, keyspace } = this
    const start = args.start(index)
    const end = args.end(index)
    // One that has expired was not found by who only reads before it writes (GETSET).
    const hidden = keyspace.isWritableReplica ? this.findWord(args, index) : 0
    if (hidden !== 0) this.expire(hidden)
    const entry = arena.allocate(HEADER_BYTES + end - start + valueBytes + this.#linkBytes)
    arena.setWord(entry, HASH, this.hash(args, index))
    arena.setWord(entry, META, keyspace.marks)
    arena.setWord(entry, ACCESS, keyspace.firstAccess)
    arena.setWord(entry, KEY_BYTES, end - start)
    copyViewed(
      args.bytes,
      args.view,
      start,
      end,
      arena.page(entry),
      arena.view(entry),
      arena.offset(entry) + HEADER_BYTES,
    )
    this.table.insert(entry)
    this.slots?.add(entry)
    if (keyspace.notifies !== 0) this.notify(NEW_EVENT, 'new', args, index)
    return entry
  }

  /** An entry with room for a string of so many bytes, and neither far too much. */
  #fit(entry: number, valueBytes: number, kept: number): number {
    const { arena } = this
    const head = HEADER_BYTES + arena.word(entry, KEY_BYTES)
    const bytes = head + valueBytes + this.#linkBytes
    const { slots } = this
    const fitted =
      slots === undefined ? arena.resize(entry, bytes, head + kept) : slots.resize(entry, bytes, head + kept)
    if (fitted === entry) return entry
    this.table.replace(entry, fitted)
    if ((arena.word(fitted, META) & HAS_TTL) !== 0) this.expiring.replace(fitted)
    return fitted
  }

  /** Who waits for entries of a group hears that its stream is gone. */
  #leaves(entry: number): void {
    if (this.keyspace.awaited && this.typeOf(entry) === STREAM) this.keyspace.signal(this, this.keyOf(entry))
  }

  #freeValue(entry: number): void {
    this.#leaves(entry)
    const value = this.arena.word(entry, VALUE)
    if (isObject(this.encodingOf(entry))) this.keyspace.freeLater(this.keyspace.objects.take(value))
    else this.arena.release(value)
    this.arena.setWord(entry, VALUE, 0)
  }
}

// Strings below this are given as much room again when they grow, as sds does.
const GENEROUS = 1 << 20

/** The keys of a database that was flushed. */
class ForgottenKeys {
  readonly #keyspace: Keyspace
  readonly #table: ChainTable
  readonly #free = (entry: number): void => {
    const { arena, objects } = this.#keyspace
    const meta = arena.word(entry, META)
    const value = arena.word(entry, VALUE)
    if (typeIn(meta) !== STRING) {
      if (isObject(encodingIn(meta))) this.#keyspace.freeInBackground(objects.take(value))
      else arena.release(value)
    }
    arena.release(entry)
  }

  constructor(keyspace: Keyspace, table: ChainTable) {
    this.#keyspace = keyspace
    this.#table = table
  }

  freeSome(members: number): boolean {
    return this.#table.drain(members, this.#free)
  }
}
