import type { Connection } from '../connection.ts'
import type { Packet } from '../framing-binary.ts'
import { BAD_DELTA, done, fail, header, KEY_EXISTS, NO_LARGER_ITEM, NO_NEW_ITEM, NO_SUCH_KEY } from '../packets.ts'
import { CAS_HIGH, CAS_LOW, hashKey } from '../store/item.ts'
import { count } from '../store/lru.ts'
import { addDelta, casMatches, commit, deltaItem, deltaValue } from '../store/operations.ts'
import { findItem } from './find.ts'

// Extras that forbid incr and decr to create the item.
const NO_CREATION = 0xffffffff

export function arithmetic(connection: Connection, packet: Packet, decrement: boolean): void {
  const { store, counters } = connection.core
  const { extras } = packet
  const item = findItem(connection, packet)
  if (item === 0) {
    create(connection, packet, decrement)
    return
  }
  const classId = store.classOf(item)
  const delta = packet.bytes.readBigUInt64BE(extras)
  switch (addDelta(store, item, decrement, delta, packet.casLow, packet.casHigh)) {
    case 'done':
      count(decrement ? counters.decrHits : counters.incrHits, classId)
      answerNumber(connection, deltaItem, BigInt(deltaValue))
      break
    case 'exists':
      fail(connection, KEY_EXISTS, 0)
      break
    case 'not numeric':
      fail(connection, BAD_DELTA, 0)
      break
    case 'no memory':
      fail(connection, NO_LARGER_ITEM, 0)
      break
  }
}

function create(connection: Connection, packet: Packet, decrement: boolean): void {
  const { store, counters } = connection.core
  const { bytes, extras, key, keyEnd } = packet
  const exptime = packet.uint32(extras + 16)
  if (exptime === NO_CREATION) {
    if (decrement) counters.decrMisses++
    else counters.incrMisses++
    fail(connection, NO_SUCH_KEY, 0)
    return
  }
  const initial = bytes.readBigUInt64BE(extras + 8)
  const digits = Buffer.from(`${initial}\r\n`)
  const item = store.allocate(bytes, key, keyEnd, hashKey(bytes, key, keyEnd), 0, store.expiry(exptime), digits.length)
  if (item <= 0) {
    fail(connection, NO_NEW_ITEM, 0)
    return
  }
  store.write(item, 0, digits, 0, digits.length)
  commit(store, counters, item, 'add', 0, 0)
  answerNumber(connection, item, initial)
}

function answerNumber(connection: Connection, item: number, value: bigint): void {
  if (connection.noreply) return
  const { slabs } = connection.core.store
  header(connection, 0, 0, 0, 8, slabs.word(item, CAS_HIGH), slabs.word(item, CAS_LOW))
  const { replies } = connection.core
  replies.uint32(Number(value >> 32n))
  replies.uint32(Number(value & 0xffffffffn))
}

export function remove(connection: Connection, packet: Packet): void {
  const { store, counters } = connection.core
  const item = findItem(connection, packet)
  if (item === 0) {
    counters.deleteMisses++
    fail(connection, NO_SUCH_KEY, 0)
    return
  }
  const { casLow, casHigh } = packet
  if ((casLow !== 0 || casHigh !== 0) && !casMatches(store, item, casLow, casHigh)) {
    fail(connection, KEY_EXISTS, 0)
    return
  }
  count(counters.deleteHits, store.classOf(item))
  store.unlink(item)
  done(connection)
}
