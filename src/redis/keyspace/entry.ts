/** What a key is in the arena: these words, then the bytes of the key, then those of a string's value. */

// Words 0 and 1 are those of every member of a ChainTable.
export const META = 2
/** Last access: seconds of the node's clock, or LFU's counter and minutes, as the eviction policy wants it. */
export const ACCESS = 3
export const KEY_BYTES = 4
/** Bytes of a string's value; of other types the chunk of a small value, or the slot of a large one. */
export const VALUE = 5
/** As a double: milliseconds since 1970 at which it expires; valid with HAS_TTL. */
export const EXPIRES = 3
/** Its place among the keys of its database that expire; valid with HAS_TTL. */
export const TTL_PLACE = 8
export const HEADER_BYTES = 36

// META: type in bits 0-3, encoding in bits 4-7, flags above.
export const HAS_TTL = 1 << 8
/** Bits of the snapshots that are being taken: an entry has one as it was when it was added, or written (keyspace.marks). */
export const MARKS_MASK = 0xff << 16
export const FIRST_MARK = 1 << 16
export const KIND_MASK = 0xff
const TYPE_MASK = 0x0f
const ENCODING_SHIFT = 4

/** Types as RDB and TYPE tell them. */
export const STRING = 0
export const LIST = 1
export const SET = 2
export const ZSET = 3
export const HASH_TYPE = 4
export const STREAM = 5

/** What TYPE says. */
export const TYPE_NAMES: readonly string[] = ['string', 'list', 'set', 'zset', 'hash', 'stream']

export const RAW = 0
export const INT = 1
export const EMBSTR = 2
export const LISTPACK = 3
export const INTSET = 4
export const HASHTABLE = 5
export const SKIPLIST = 6
export const QUICKLIST = 7
export const STREAM_NODES = 8

/** What OBJECT ENCODING says. */
export const ENCODING_NAMES: readonly string[] = [
  'raw',
  'int',
  'embstr',
  'listpack',
  'intset',
  'hashtable',
  'skiplist',
  'quicklist',
  'stream',
]

/** Whether the value of an encoding is a JavaScript object in a slot, rather than a chunk of the arena or a string. */
export const isObject = (encoding: number): boolean => encoding >= HASHTABLE

export const kindOf = (type: number, encoding: number): number => type | (encoding << ENCODING_SHIFT)
export const typeIn = (meta: number): number => meta & TYPE_MASK
export const encodingIn = (meta: number): number => (meta >>> ENCODING_SHIFT) & TYPE_MASK
