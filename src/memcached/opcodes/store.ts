import { expectValue } from '../body.ts'
import { commitFrom } from '../commit.ts'
import type { Connection } from '../connection.ts'
import type { Packet } from '../framing-binary.ts'
import {
  done,
  FLAGS_BYTES,
  fail,
  KEY_EXISTS,
  NO_CHUNKS,
  NO_ITEM,
  NO_SUCH_KEY,
  NOT_STORED,
  TOO_BIG,
} from '../packets.ts'
import { OUT_OF_CHUNKS, TOO_LARGE } from '../store/allocation.ts'
import { hashKey } from '../store/item.ts'
import { count } from '../store/lru.ts'
import type { Mode } from '../store/operations.ts'

/** set, add, replace, append and prepend: makes room, then waits for the value. */
export function beginStore(connection: Connection, packet: Packet, mode: Mode): void {
  const { core } = connection
  const { store } = core
  const joins = mode === 'append' || mode === 'prepend'
  const flags = joins ? 0 : packet.uint32(packet.extras)
  const exptime = joins ? 0 : store.expiry(packet.uint32(packet.extras + FLAGS_BYTES))
  const { bytes, key, keyEnd, valueBytes } = packet
  const hash = hashKey(bytes, key, keyEnd)
  const item = store.allocate(bytes, key, keyEnd, hash, flags, exptime, valueBytes + 2)
  if (item === OUT_OF_CHUNKS) {
    fail(connection, NO_CHUNKS, valueBytes)
    return
  }
  if (item <= 0) {
    if (item === TOO_LARGE) core.counters.storeTooLarge++
    else core.counters.storeNoMemory++
    fail(connection, item === TOO_LARGE ? TOO_BIG : NO_ITEM, valueBytes)
    const old = mode === 'set' ? store.find(bytes, key, keyEnd, hash) : 0
    if (old !== 0) store.unlink(old)
    return
  }
  const conditional = packet.casLow !== 0 || packet.casHigh !== 0
  connection.mode = conditional && !joins ? 'cas' : mode
  connection.casLow = packet.casLow
  connection.casHigh = packet.casHigh
  expectValue(connection, item, valueBytes, finishStore)
}

const CRLF = Buffer.from('\r\n')

function finishStore(connection: Connection): void {
  const { core, item, mode } = connection
  const { store, counters } = core
  connection.item = 0
  count(counters.cmdSet, store.classOf(item))
  store.write(item, store.valueBytes(item) - 2, CRLF, 0, 2)
  const outcome = commitFrom(connection, item)
  switch (outcome) {
    case 'stored':
      done(connection, Math.floor(store.lastCas / 4294967296), store.lastCas | 0)
      break
    case 'exists':
      fail(connection, KEY_EXISTS, 0)
      break
    case 'not found':
      fail(connection, NO_SUCH_KEY, 0)
      break
    case 'not stored':
      fail(connection, mode === 'add' ? KEY_EXISTS : mode === 'replace' ? NO_SUCH_KEY : NOT_STORED, 0)
      break
  }
}
