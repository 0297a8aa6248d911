import { byteAt } from '../net/bytes.ts'
import { takeBody } from './body.ts'
import type { Connection } from './connection.ts'
import { fail, INVALID, UNKNOWN_COMMAND } from './packets.ts'
import { KEY_MAX_BYTES } from './store/item.ts'

const HEADER_BYTES = 24
const MAGIC = 0x80

/** One binary request, as far as its extras and key. A single one is used again for every request. */
export class Packet {
  bytes: Buffer = Buffer.alloc(0)
  extras = 0
  extrasBytes = 0
  key = 0
  keyBytes = 0
  valueBytes = 0
  casHigh = 0
  casLow = 0

  /** The key's end, where the value starts. */
  get keyEnd(): number {
    return this.key + this.keyBytes
  }

  uint32(at: number): number {
    return uint32(this.bytes, at)
  }
}

const packet = new Packet()

/** Serves the requests in `bytes[start, end)`; like `consumeText`. */
export function consumeBinary(connection: Connection, bytes: Buffer, start: number, end: number): number {
  const { requestsPerEvent } = connection.core.settings
  let at = start
  let left = requestsPerEvent
  while (at < end && !connection.closing && !connection.congested) {
    if (connection.expecting !== 'command') {
      at = takeBody(connection, bytes, at, end)
      continue
    }
    if (end - at < HEADER_BYTES) return at
    if (left-- === 0) {
      if (connection.giveWay()) return at
      left = requestsPerEvent - 1
    }
    if (byteAt(bytes, at) !== MAGIC) {
      connection.core.replies.takeBack()
      connection.breakOff()
      return at
    }
    const keyBytes = uint16(bytes, at + 2)
    const extrasBytes = byteAt(bytes, at + 4)
    const body = uint32(bytes, at + 8)
    connection.opcode = byteAt(bytes, at + 1)
    connection.opaque = uint32(bytes, at + 12)
    connection.lastCommandAt = connection.core.store.now
    if (end - at < HEADER_BYTES + keyBytes + extrasBytes) return at
    if (keyBytes + extrasBytes > body) {
      fail(connection, UNKNOWN_COMMAND, 0)
      connection.breakOff()
      return at
    }
    if (keyBytes > KEY_MAX_BYTES) {
      fail(connection, INVALID, 0)
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
    serve(connection)
  }
  return at
}

function serve(connection: Connection): void {
  const row = connection.core.opcodes[connection.opcode]
  if (row === undefined) {
    // The extras and key are behind us, but memcached throws away as many bytes as the whole body has.
    fail(connection, UNKNOWN_COMMAND, packet.extrasBytes + packet.keyBytes + packet.valueBytes)
    return
  }
  const { extras, key, value } = row
  const wellFormed =
    extras.includes(packet.extrasBytes) &&
    (key === 'optional' || (key === 'required') === packet.keyBytes > 0) &&
    (value || packet.valueBytes === 0)
  if (!wellFormed) {
    // memcached hangs up after this answer: it can't know where the next request starts.
    fail(connection, INVALID, 0)
    connection.breakOff()
    return
  }
  connection.noreply = row.quiet
  row.run(connection, packet)
}

function uint16(bytes: Buffer, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)
}

function uint32(bytes: Buffer, at: number): number {
  return (
    byteAt(bytes, at) * 16777216 +
    ((byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3))
  )
}
