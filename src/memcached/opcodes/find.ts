import type { Client } from '../client.ts'
import type { Packet } from '../packet.ts'
import { hashKey } from '../store/item.ts'

/** The live item a request is about, or 0. */
export function findItem(client: Client, packet: Packet): number {
  const { bytes, key, keyEnd } = packet
  return client.core.store.find(bytes, key, keyEnd, hashKey(bytes, key, keyEnd))
}
