import { ITEM_HEADER_BYTES } from './slab-classes.ts'

// The 48 bytes before an item's key: twelve words. memcached keeps pointers there and puts flags and CAS behind the
// header; ours fit inside it, but the space is counted as memcached counts it, so that the same items fit.
export const NEXT = 0
export const PREVIOUS = 1
export const HASH_NEXT = 2
/** Last access, in the node's seconds. */
export const TIME = 3
/** When it expires, in the node's seconds; 0 is never. */
export const EXPTIME = 4
/** Bytes of the value with its final CR LF. */
export const VALUE_BYTES = 5
/** Key length in bits 0-7, LRU in bits 8-15 (class | list), flags below from bit 16. */
export const META = 6
export const HASH = 7
export const CLIENT_FLAGS = 8
export const CAS_LOW = 9
export const CAS_HIGH = 10
/** First of the chunks that hold a large item's value. */
export const CHUNKS = 11

export const LINKED = 1 << 16
export const FETCHED = 1 << 17
export const ACTIVE = 1 << 18
export const CHUNKED = 1 << 19
/** A meta client holds the token to recache this item. */
export const TOKEN_SENT = 1 << 20
export const STALE = 1 << 21
export const KEY_BINARY = 1 << 22
// What a chunk is when it holds no item: part of a large item's value, given back, or about to leave with its page.
export const PART = 1 << 23
export const FREE = 1 << 24
export const RETIRED = 1 << 25

export const KEY_MAX_BYTES = 250

// Lists of a class, in the bits of an LRU id above the class: memcached's HOT_LRU ... TEMP_LRU.
export const HOT = 0
export const WARM = 64
export const COLD = 128
export const TEMP = 192
export const CLASS_MASK = 63

/** Bytes an item counts for in `STAT bytes` and in the choice of its slab class: memcached's ITEM_ntotal. */
export function itemBytes(keyBytes: number, valueBytes: number, clientFlags: number, casEnabled: boolean): number {
  return ITEM_HEADER_BYTES + keyBytes + 1 + valueBytes + (clientFlags === 0 ? 0 : 4) + (casEnabled ? 8 : 0)
}

/** FNV-1a with a final mix: the table uses the low bits, which FNV alone leaves weak for short keys. */
export function hashKey(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START
  for (let i = start; i < end; i++) hash = hashByte(hash, bytes[i] as number) // i < end <= length
  return finishHash(hash)
}

// The steps of `hashKey`, for callers that look at each byte of a key anyway.

export const HASH_START = 0x811c9dc5

export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193)
}

export function finishHash(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 12)
}
