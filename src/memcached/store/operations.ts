import { copyBytes, viewOf } from '../../net/bytes.ts'
import type { Counters } from '../counters.ts'
import { decimalIn, uint64Of } from '../tokens.ts'
import { CAS_HIGH, CAS_LOW, CHUNKED, CLIENT_FLAGS, EXPTIME, FETCHED, HASH, STALE, TOKEN_SENT } from './item.ts'
import type { ItemStore } from './items.ts'
import { count } from './lru.ts'

// What set, add, incr and their kin mean, whatever the protocol.

export type Mode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas'
/** The item that the last `commit` answering 'stored' left in the store. */
export let storedItem = 0

export type StoreOutcome = 'stored' | 'not stored' | 'exists' | 'not found'

const CRLF_BYTES = 2

/**
 * Stores an item whose value has arrived. Whatever the outcome, the item belongs to the store afterwards.
 * @param casLow With `casHigh`, the CAS unique the stored item must have; both 0 for any.
 */
export function commit(
  store: ItemStore,
  counters: Counters,
  item: number,
  mode: Mode,
  casLow: number,
  casHigh: number,
  mayBeStale = false,
): StoreOutcome {
  const old = store.findLike(item)
  const outcome = decide(store, counters, old, mode, casLow, casHigh)
  if (outcome === 'exists' && mayBeStale && isOlder(store, old, casLow, casHigh)) return storeStale(store, item, old)
  if (outcome !== 'stored') {
    if (mode === 'add' && old !== 0) store.update(old)
    store.free(item)
    return outcome
  }
  if (mode === 'append' || mode === 'prepend') return join(store, item, old, mode)
  if (old !== 0) store.unlink(old)
  store.setCas(item, store.nextCas())
  store.link(item)
  storedItem = item
  return 'stored'
}

function decide(
  store: ItemStore,
  counters: Counters,
  old: number,
  mode: Mode,
  casLow: number,
  casHigh: number,
): StoreOutcome {
  if (mode === 'cas') {
    if (old === 0) {
      counters.casMisses++
      return 'not found'
    }
    if (casMatches(store, old, casLow, casHigh)) {
      count(counters.casHits, store.classOf(old))
      return 'stored'
    }
    count(counters.casBadval, store.classOf(old))
    return 'exists'
  }
  if (mode === 'set') return 'stored'
  if (mode === 'add') return old === 0 ? 'stored' : 'not stored'
  if (old === 0) return 'not stored'
  if ((casLow !== 0 || casHigh !== 0) && mode !== 'replace' && !casMatches(store, old, casLow, casHigh)) return 'exists'
  return 'stored'
}

function isOlder(store: ItemStore, old: number, casLow: number, casHigh: number): boolean {
  return (casHigh >>> 0) * 4294967296 + (casLow >>> 0) < store.cas(old)
}

// The value replaces a newer one that was invalidated in the meantime: it keeps that one's expiry and marks.
function storeStale(store: ItemStore, item: number, old: number): StoreOutcome {
  store.slabs.setWord(item, EXPTIME, store.slabs.word(old, EXPTIME))
  store.setFlag(item, STALE)
  if (store.has(old, TOKEN_SENT)) store.setFlag(item, TOKEN_SENT)
  store.unlink(old)
  store.setCas(item, store.nextCas())
  store.link(item)
  storedItem = item
  return 'stored'
}

export function casMatches(store: ItemStore, item: number, casLow: number, casHigh: number): boolean {
  return store.slabs.word(item, CAS_LOW) === (casLow | 0) && store.slabs.word(item, CAS_HIGH) === (casHigh | 0)
}

// append and prepend: a new item with both values takes the place of the old one, whose flags and expiry it keeps.
function join(store: ItemStore, item: number, old: number, mode: 'append' | 'prepend'): StoreOutcome {
  const oldBytes = store.valueBytes(old) - CRLF_BYTES
  const newBytes = store.valueBytes(item) - CRLF_BYTES
  const joined = allocateInstead(store, old, oldBytes + newBytes + CRLF_BYTES)
  if (joined <= 0) {
    store.free(item)
    return 'not stored' // memcached tells neither reason
  }
  const first = mode === 'append' ? old : item
  const second = mode === 'append' ? item : old
  const firstBytes = mode === 'append' ? oldBytes : newBytes
  copyValue(store, first, firstBytes, joined, 0)
  copyValue(store, second, oldBytes + newBytes - firstBytes + CRLF_BYTES, joined, firstBytes)
  store.free(item)
  store.unlink(old)
  store.setCas(joined, store.nextCas())
  store.link(joined)
  storedItem = joined
  return 'stored'
}

/** Room for an item with the key, flags and expiry of an old one, which is not evicted for it. Not above 0: there is none. */
function allocateInstead(store: ItemStore, old: number, valueBytes: number): number {
  const { slabs } = store
  const key = store.keyOffset(old)
  store.pinned = old
  const item = store.allocate(
    slabs.page(old),
    key,
    key + store.keyBytes(old),
    slabs.word(old, HASH),
    slabs.word(old, CLIENT_FLAGS),
    slabs.word(old, EXPTIME),
    valueBytes,
    slabs.view(old),
  )
  store.pinned = 0
  return item
}

const COPY_STEP = Buffer.allocUnsafe(16 * 1024)
const COPY_STEP_VIEW = viewOf(COPY_STEP)

function copyValue(store: ItemStore, from: number, length: number, to: number, at: number): void {
  for (let done = 0; done < length; ) {
    const part = Math.min(COPY_STEP.length, length - done)
    store.read(from, done, part, COPY_STEP, 0, COPY_STEP_VIEW)
    store.write(to, at + done, COPY_STEP, 0, part, COPY_STEP_VIEW)
    done += part
  }
}

export type DeltaOutcome = 'done' | 'not numeric' | 'no memory' | 'exists'

/** The value that the last `addDelta` answering 'done' left behind. */
export let deltaValue: bigint | number = 0
/** The item that holds it. */
export let deltaItem = 0

const DIGITS = Buffer.alloc(24)
const DIGITS_VIEW = viewOf(DIGITS)
const SPACE = 32
const UINT64 = 0xffff_ffff_ffff_ffffn
// A number of up to this many digits, plus such a number, is still exact as a double.
const EXACT_DIGITS = 15

/**
 * Adds to (or with `decrement` takes from, never below 0) a decimal value, in place where it fits.
 * @param casLow With `casHigh`, the CAS unique the item must have; both 0 for any.
 */
export function addDelta(
  store: ItemStore,
  item: number,
  decrement: boolean,
  delta: bigint | number,
  casLow = 0,
  casHigh = 0,
): DeltaOutcome {
  const bytes = store.valueBytes(item)
  if (bytes <= CRLF_BYTES || store.has(item, CHUNKED)) return 'not numeric'
  if ((casLow !== 0 || casHigh !== 0) && !casMatches(store, item, casLow, casHigh)) return 'exists'
  const value = valueAsNumber(store, item)
  if (value === undefined) return 'not numeric'
  deltaValue = sumOf(value, delta, decrement)
  const length = writeDigits(deltaValue)
  if (length + CRLF_BYTES <= bytes) {
    store.write(item, 0, DIGITS, 0, length, DIGITS_VIEW)
    const start = store.keyOffset(item) + store.keyBytes(item)
    store.slabs.page(item).fill(SPACE, start + length, start + bytes - CRLF_BYTES)
    store.setCas(item, store.nextCas())
    store.update(item)
    deltaItem = item
    return 'done'
  }
  const larger = allocateInstead(store, item, length + CRLF_BYTES)
  if (larger <= 0) return 'no memory'
  DIGITS[length] = 13
  DIGITS[length + 1] = 10
  store.write(larger, 0, DIGITS, 0, length + CRLF_BYTES, DIGITS_VIEW)
  const fetched = store.has(item, FETCHED)
  store.unlink(item)
  store.setCas(larger, store.nextCas())
  store.link(larger)
  if (fetched) store.setFlag(larger, FETCHED)
  deltaItem = larger
  return 'done'
}

function valueAsNumber(store: ItemStore, item: number): bigint | number | undefined {
  const page = store.slabs.page(item)
  const start = store.keyOffset(item) + store.keyBytes(item)
  const end = start + store.valueBytes(item)
  const value = decimalIn(page, start, end)
  if (Number.isNaN(value)) return undefined
  return value >= 0 && Number.isSafeInteger(value) ? value : uint64Of(page.toString('latin1', start, end))
}

function sumOf(value: bigint | number, delta: bigint | number, decrement: boolean): bigint | number {
  if (typeof value === 'number' && typeof delta === 'number' && value + delta < 10 ** EXACT_DIGITS) {
    return decrement ? Math.max(0, value - delta) : value + delta
  }
  const a = BigInt(value)
  const b = BigInt(delta)
  if (decrement) return a > b ? a - b : 0n
  return (a + b) & UINT64
}

function writeDigits(value: bigint | number): number {
  const digits = Buffer.from(String(value), 'latin1')
  return copyBytes(digits, 0, digits.length, DIGITS, 0)
}
