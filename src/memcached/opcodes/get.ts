import type { Client } from '../client.ts'
import type { Packet } from '../packet.ts'
import { FLAGS_BYTES, fail, header, NO_SUCH_KEY } from '../packets.ts'
import { CAS_HIGH, CAS_LOW, EXPTIME } from '../store/item.ts'
import { count } from '../store/lru.ts'
import { findItem } from './find.ts'

/** get, getk, touch, gat and gatk, with their quiet forms. */
export function getOrTouch(
  client: Client,
  packet: Packet,
  touching: boolean,
  withKey: boolean,
  withValue: boolean,
): void {
  const { store, counters, replies } = client.core
  const item = findItem(client, packet)
  if (touching) counters.cmdTouch++
  else counters.cmdGet++
  client.core.prefixes?.get(packet.bytes, packet.key, packet.keyEnd, item !== 0)
  if (item === 0) {
    if (touching) counters.touchMisses++
    else counters.getMisses++
    if (client.noreply) return
    if (!withKey) {
      fail(client, NO_SUCH_KEY, 0)
      return
    }
    header(client, NO_SUCH_KEY.status, 0, packet.keyBytes, 0)
    replies.copy(packet.bytes, packet.key, packet.keyEnd)
    return
  }
  if (touching) {
    store.slabs.setWord(item, EXPTIME, store.expiry(packet.uint32(packet.extras)))
    count(counters.touchHits, store.classOf(item))
  } else {
    count(store.listCounters.hits, store.lru.listOf(item))
  }
  store.bump(item)
  const valueBytes = withValue ? store.valueBytes(item) - 2 : 0
  const keyBytes = withKey ? packet.keyBytes : 0
  const { slabs } = store
  header(client, 0, FLAGS_BYTES, keyBytes, valueBytes, slabs.word(item, CAS_HIGH), slabs.word(item, CAS_LOW))
  replies.uint32(store.clientFlags(item))
  if (withKey) replies.copy(packet.bytes, packet.key, packet.keyEnd)
  if (valueBytes > 0) replies.length = store.read(item, 0, valueBytes, replies.bytes, replies.length)
}
