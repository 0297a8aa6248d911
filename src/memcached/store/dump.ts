import type { Counters } from '../counters.ts'
import { COLD, EXPTIME, HOT, hashKey, KEY_BINARY, PREVIOUS, STALE, TEMP, TOKEN_SENT, WARM } from './item.ts'
import type { ItemStore } from './items.ts'
import { commit } from './operations.ts'

// An item as bytes: key length (1), marks (1), client flags (4), when it expires in seconds since 1970 or 0 (4), value
// length (4), all big-endian; then key and value, the value without its CR LF.
const HEADER_BYTES = 14
const CRLF = Buffer.from('\r\n')
const PIECE_BYTES = 1 << 20
/** The marks of an item that outlive it, by their bit in a dump. */
const MARKS = [KEY_BINARY, STALE, TOKEN_SENT] as const
/** Coldest first, so that an item stored again stands behind those it stood behind. */
const LISTS = [TEMP, COLD, WARM, HOT] as const

/** All live items in pieces of about a megabyte, whole items each; the pieces' memory is not used again. */
export function* dumpItems(store: ItemStore): Iterable<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE_BYTES)
  let length = 0
  for (const item of coldestFirst(store)) {
    if (store.isExpired(item) || store.isFlushed(item)) continue
    const needed = HEADER_BYTES + store.keyBytes(item) + store.valueBytes(item) - CRLF.length
    if (length + needed > piece.length) {
      yield piece.subarray(0, length)
      piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, needed))
      length = 0
    }
    length = writeItem(store, item, piece, length)
  }
  if (length > 0) yield piece.subarray(0, length)
}

function* coldestFirst({ lru, slabs }: ItemStore): Iterable<number> {
  for (const list of LISTS) {
    for (let classId = 1; classId <= slabs.classes.largest; classId++) {
      for (let item = lru.tails[classId | list] ?? 0; item !== 0; item = slabs.word(item, PREVIOUS)) yield item
    }
  }
}

function writeItem(store: ItemStore, item: number, target: Buffer, at: number): number {
  const exptime = store.slabs.word(item, EXPTIME)
  const keyBytes = store.keyBytes(item)
  const valueBytes = store.valueBytes(item) - CRLF.length
  const marks = MARKS.reduce((bits, mark, bit) => (store.has(item, mark) ? bits | (1 << bit) : bits), 0)
  let to = target.writeUInt8(keyBytes, at)
  to = target.writeUInt8(marks, to)
  to = target.writeUInt32BE(store.clientFlags(item), to)
  to = target.writeUInt32BE(exptime === 0 ? 0 : store.unixTime(exptime), to)
  to = target.writeUInt32BE(valueBytes, to)
  const key = store.keyOffset(item)
  to += store.slabs.page(item).copy(target, to, key, key + keyBytes)
  return store.read(item, 0, valueBytes, target, to)
}

/** Stores dumped items again; pieces may be cut anywhere. What has expired meanwhile is left out. */
export class ItemLoader {
  readonly #store: ItemStore
  readonly #counters: Counters
  #pending: Buffer = Buffer.alloc(0)

  constructor(store: ItemStore, counters: Counters) {
    this.#store = store
    this.#counters = counters
  }

  take(piece: Buffer): void {
    const bytes = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece])
    let at = 0
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readUInt8(at) + bytes.readUInt32BE(at + 10)
      if (end > bytes.length) break
      this.#load(bytes, at, end)
      at = end
    }
    this.#pending = Buffer.from(bytes.subarray(at))
  }

  /** @throws Error when the last item is not whole. */
  end(): void {
    if (this.#pending.length > 0) throw new Error('the dump ends in the middle of an item')
  }

  #load(bytes: Buffer, at: number, end: number): void {
    const store = this.#store
    const expires = bytes.readUInt32BE(at + 6)
    if (expires !== 0 && expires <= store.unixTime(store.now)) return
    const key = at + HEADER_BYTES
    const value = key + bytes.readUInt8(at)
    // The node's seconds are those since 1970, moved by what `unixTime` adds.
    const exptime = expires === 0 ? 0 : expires - store.unixTime(0)
    const flags = bytes.readUInt32BE(at + 2)
    const hash = hashKey(bytes, key, value)
    const item = store.allocate(bytes, key, value, hash, flags, exptime, end - value + CRLF.length)
    if (item <= 0) return
    store.write(item, 0, bytes, value, end)
    store.write(item, end - value, CRLF, 0, CRLF.length)
    const marks = bytes.readUInt8(at + 1)
    MARKS.forEach((mark, bit) => {
      if (marks & (1 << bit)) store.setFlag(item, mark)
    })
    commit(store, this.#counters, item, 'add', 0, 0)
  }
}
