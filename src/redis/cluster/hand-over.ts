/** Slots as a whole, from one node to another: quicker than key by key, and clients wait rather than being asked to try again. */
import { setImmediate } from 'node:timers/promises'
import type { Core } from '../core.ts'
import type { Database } from '../keyspace/database.ts'
import { EXPIRES, HAS_TTL, HEADER_BYTES, KEY_BYTES, META } from '../keyspace/entry.ts'
import { OPCODES } from '../rdb/codes.ts'
import { Crc64 } from '../rdb/crc64.ts'
import { Loader } from '../rdb/loader.ts'
import { formatOf, ValueWriter } from '../rdb/value-writer.ts'
import { RdbWriter } from '../rdb/writer.ts'

/** How long it writes at once where others wait. */
const SLICE_MS = 2
const PIECE_BYTES = 256 * 1024
const KEYS_PER_LOOK = 16

/**
 * All keys of some slots with their values, as a file of redis in pieces. Other clients are served between these; none may change the
 * keys meanwhile.
 */
export async function* contentsOf(core: Core, slots: Iterable<number>): AsyncGenerator<Buffer> {
  const writing = new Writing(core)
  for (const slot of slots) {
    for (let key = writing.begin(slot); key !== undefined; key = writing.goOn(slot, key)) {
      yield writing.take()
      await setImmediate()
    }
  }
  yield writing.end()
}

class Writing {
  readonly #core: Core
  readonly #db: Database
  readonly #to: RdbWriter
  readonly #values: ValueWriter
  readonly #crc = new Crc64()

  constructor(core: Core) {
    this.#core = core
    this.#db = core.keyspace.db(0)
    this.#to = new RdbWriter(core.config.text('rdbcompression') === 'yes')
    this.#values = new ValueWriter(core)
    const magic = Buffer.from(`REDIS${String(formatOf(core)).padStart(4, '0')}`)
    this.#to.raw(magic, 0, magic.length)
  }

  /** Writes keys of a slot for a while. Answers the key to go on with; undefined: it has been written as a whole. */
  begin(slot: number): Buffer | undefined {
    return this.#write(this.#db.slots?.first(slot) ?? 0)
  }

  /** The same from a key on. One that has expired in between takes its neighbours' places with it: they are written once more. */
  goOn(slot: number, key: Buffer): Buffer | undefined {
    const entry = this.#db.findKey(key)
    return entry === 0 ? this.begin(slot) : this.#write(entry)
  }

  take(): Buffer {
    const piece = this.#to.take()
    this.#crc.update(piece, 0, piece.length)
    return piece
  }

  end(): Buffer {
    this.#to.byte(OPCODES.end)
    const last = this.take()
    return Buffer.concat([last, this.#crc.bytes()])
  }

  #write(from: number): Buffer | undefined {
    const { clock } = this.#core
    const until = clock.monotonicMs() + SLICE_MS
    let written = 0
    for (let entry = from; entry !== 0; entry = this.#db.slots?.next(entry) ?? 0) {
      const isTime = this.#to.at >= PIECE_BYTES || (written % KEYS_PER_LOOK === 0 && clock.monotonicMs() > until)
      if (isTime && written > 0) return this.#db.keyOf(entry)
      this.#writeKey(entry)
      written++
    }
    return undefined
  }

  #writeKey(entry: number): void {
    const { arena } = this.#db
    const to = this.#to
    if ((arena.word(entry, META) & HAS_TTL) !== 0) {
      to.byte(OPCODES.expiryMs)
      to.milliseconds(arena.double(entry, EXPIRES))
    }
    to.byte(this.#values.typeOf(this.#db, entry))
    const key = arena.offset(entry) + HEADER_BYTES
    to.string(arena.page(entry), key, key + arena.word(entry, KEY_BYTES))
    const parts = this.#values.write(to, this.#db, entry)
    while (parts !== undefined && !parts.next().done);
  }
}

/**
 * Puts in what `contentsOf` has answered at another node, in the place of what the node has of these slots. Answers how many keys
 * there were.
 * @throws BadRdb
 */
export async function takeContents(
  core: Core,
  slots: Iterable<number>,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  core.refreshTime()
  for (const slot of slots) core.cluster?.empty(slot)
  const loader = new Loader(core, { replaces: true, keepsExpired: core.isReplica })
  for await (const piece of pieces) {
    core.refreshTime()
    loader.feed(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
  }
  loader.end()
  return loader.loaded
}
