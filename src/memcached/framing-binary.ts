import { byteAt } from '../net/bytes.ts'
import { takeBody } from './body.ts'
import type { Client } from './client.ts'
import { Packet, uint16, uint32 } from './packet.ts'
import { fail, INVALID, UNKNOWN_COMMAND } from './packets.ts'
import { KEY_MAX_BYTES } from './store/item.ts'

const HEADER_BYTES = 24
const MAGIC = 0x80

const packet = new Packet()

/** Serves the requests in `bytes[start, end)`; like `consumeText`. */
export function consumeBinary(client: Client, bytes: Buffer, start: number, end: number): number {
  const { connection } = client
  const { requestsPerEvent } = client.core.settings
  let at = start
  let left = requestsPerEvent
  while (at < end && !connection.closing && !connection.congested) {
    if (client.expecting !== 'command') {
      at = takeBody(client, bytes, at, end)
      continue
    }
    if (end - at < HEADER_BYTES) return at
    if (left-- === 0) {
      if (client.giveWay()) return at
      left = requestsPerEvent - 1
    }
    if (byteAt(bytes, at) !== MAGIC) {
      client.core.replies.takeBack()
      connection.breakOff()
      return at
    }
    const keyBytes = uint16(bytes, at + 2)
    const extrasBytes = byteAt(bytes, at + 4)
    const body = uint32(bytes, at + 8)
    client.opcode = byteAt(bytes, at + 1)
    client.opaque = uint32(bytes, at + 12)
    client.lastCommandAt = client.core.store.now
    if (end - at < HEADER_BYTES + keyBytes + extrasBytes) return at
    if (keyBytes + extrasBytes > body) {
      fail(client, UNKNOWN_COMMAND, 0)
      connection.breakOff()
      return at
    }
    if (keyBytes > KEY_MAX_BYTES) {
      fail(client, INVALID, 0)
      connection.breakOff()
      return at
    }
    packet.bytes = bytes
    packet.extras = at + HEADER_BYTES
    packet.extrasBytes = extrasBytes
    packet.key = packet.extras + extrasBytes
    packet.keyBytes = keyBytes
    packet.valueBytes = body - keyBytes - extrasBytes
    packet.casHigh = uint32(bytes, at + 16)
    packet.casLow = uint32(bytes, at + 20)
    at = packet.keyEnd
    serve(client)
  }
  return at
}

function serve(client: Client): void {
  const row = client.core.opcodes[client.opcode]
  if (row === undefined) {
    // The extras and key are behind us, but memcached throws away as many bytes as the whole body has.
    fail(client, UNKNOWN_COMMAND, packet.extrasBytes + packet.keyBytes + packet.valueBytes)
    return
  }
  const { extras, key, value } = row
  const wellFormed =
    extras.includes(packet.extrasBytes) &&
    (key === 'optional' || (key === 'required') === packet.keyBytes > 0) &&
    (value || packet.valueBytes === 0)
  if (!wellFormed) {
    // memcached hangs up after this answer: it can't know where the next request starts.
    fail(client, INVALID, 0)
    client.connection.breakOff()
    return
  }
  client.noreply = row.quiet
  row.run(client, packet)
}
