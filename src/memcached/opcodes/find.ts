import type { Connection } from '../connection.ts'
import type { Packet } from '../framing-binary.ts'
import { hashKey } from '../store/item.ts'

/** The live item a request is about, or 0. */
export function findItem(connection: Connection, packet: Packet): number {
  const { bytes, key, keyEnd } = packet
  return connection.core.store.find(bytes, key, keyEnd, hashKey(bytes, key, keyEnd))
}
