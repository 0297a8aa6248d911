import { expectValue } from '../body.ts'
import type { Client } from '../client.ts'
import { commitFrom } from '../commit.ts'
import type { Packet } from '../packet.ts'
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
export function beginStore(client: Client, packet: Packet, mode: Mode): void {
  const { core } = client
  const { store } = core
  const joins = mode === 'append' || mode === 'prepend'
  const flags = joins ? 0 : packet.uint32(packet.extras)
  const exptime = joins ? 0 : store.expiry(packet.uint32(packet.extras + FLAGS_BYTES))
  const { bytes, key, keyEnd, valueBytes } = packet
  const hash = hashKey(bytes, key, keyEnd)
  const item = store.allocate(bytes, key, keyEnd, hash, flags, exptime, valueBytes + 2)
  if (item === OUT_OF_CHUNKS) {
    fail(client, NO_CHUNKS, valueBytes)
    return
  }
  if (item <= 0) {
    if (item === TOO_LARGE) core.counters.storeTooLarge++
    else core.counters.storeNoMemory++
    fail(client, item === TOO_LARGE ? TOO_BIG : NO_ITEM, valueBytes)
    const old = mode === 'set' ? store.find(bytes, key, keyEnd, hash) : 0
    if (old !== 0) store.unlink(old)
    return
  }
  const conditional = packet.casLow !== 0 || packet.casHigh !== 0
  client.mode = conditional && !joins ? 'cas' : mode
  client.casLow = packet.casLow
  client.casHigh = packet.casHigh
  expectValue(client, item, valueBytes, finishStore)
}

const CRLF = Buffer.from('\r\n')

function finishStore(client: Client): void {
  const { core, item, mode } = client
  const { store, counters } = core
  client.item = 0
  count(counters.cmdSet, store.classOf(item))
  store.write(item, store.valueBytes(item) - 2, CRLF, 0, 2)
  const outcome = commitFrom(client, item)
  switch (outcome) {
    case 'stored':
      done(client, Math.floor(store.lastCas / 4294967296), store.lastCas | 0)
      break
    case 'exists':
      fail(client, KEY_EXISTS, 0)
      break
    case 'not found':
      fail(client, NO_SUCH_KEY, 0)
      break
    case 'not stored':
      fail(client, mode === 'add' ? KEY_EXISTS : mode === 'replace' ? NO_SUCH_KEY : NOT_STORED, 0)
      break
  }
}
