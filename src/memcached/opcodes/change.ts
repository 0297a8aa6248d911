import type { Client } from '../client.ts'
import type { Packet } from '../packet.ts'
import { BAD_DELTA, done, fail, header, KEY_EXISTS, NO_LARGER_ITEM, NO_NEW_ITEM, NO_SUCH_KEY } from '../packets.ts'
import { CAS_HIGH, CAS_LOW, hashKey } from '../store/item.ts'
import { count } from '../store/lru.ts'
import { addDelta, casMatches, commit, deltaItem, deltaValue } from '../store/operations.ts'
import { findItem } from './find.ts'

// Extras that forbid incr and decr to create the item.
const NO_CREATION = 0xffffffff

export function arithmetic(client: Client, packet: Packet, decrement: boolean): void {
  const { store, counters } = client.core
  const { extras } = packet
  const item = findItem(client, packet)
  if (item === 0) {
    create(client, packet, decrement)
    return
  }
  const classId = store.classOf(item)
  const delta = packet.bytes.readBigUInt64BE(extras)
  switch (addDelta(store, item, decrement, delta, packet.casLow, packet.casHigh)) {
    case 'done':
      count(decrement ? counters.decrHits : counters.incrHits, classId)
      answerNumber(client, deltaItem, BigInt(deltaValue))
      break
    case 'exists':
      fail(client, KEY_EXISTS, 0)
      break
    case 'not numeric':
      fail(client, BAD_DELTA, 0)
      break
    case 'no memory':
      fail(client, NO_LARGER_ITEM, 0)
      break
  }
}

function create(client: Client, packet: Packet, decrement: boolean): void {
  const { store, counters } = client.core
  const { bytes, extras, key, keyEnd } = packet
  const exptime = packet.uint32(extras + 16)
  if (exptime === NO_CREATION) {
    if (decrement) counters.decrMisses++
    else counters.incrMisses++
    fail(client, NO_SUCH_KEY, 0)
    return
  }
  const initial = bytes.readBigUInt64BE(extras + 8)
  const digits = Buffer.from(`${initial}\r\n`)
  const item = store.allocate(bytes, key, keyEnd, hashKey(bytes, key, keyEnd), 0, store.expiry(exptime), digits.length)
  if (item <= 0) {
    fail(client, NO_NEW_ITEM, 0)
    return
  }
  store.write(item, 0, digits, 0, digits.length)
  commit(store, counters, item, 'add', 0, 0)
  answerNumber(client, item, initial)
}

function answerNumber(client: Client, item: number, value: bigint): void {
  if (client.noreply) return
  const { slabs } = client.core.store
  header(client, 0, 0, 0, 8, slabs.word(item, CAS_HIGH), slabs.word(item, CAS_LOW))
  const { replies } = client.core
  replies.uint32(Number(value >> 32n))
  replies.uint32(Number(value & 0xffffffffn))
}

export function remove(client: Client, packet: Packet): void {
  const { store, counters } = client.core
  const item = findItem(client, packet)
  if (item === 0) {
    counters.deleteMisses++
    fail(client, NO_SUCH_KEY, 0)
    return
  }
  const { casLow, casHigh } = packet
  if ((casLow !== 0 || casHigh !== 0) && !casMatches(store, item, casLow, casHigh)) {
    fail(client, KEY_EXISTS, 0)
    return
  }
  count(counters.deleteHits, store.classOf(item))
  store.unlink(item)
  done(client)
}
