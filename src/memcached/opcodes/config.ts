import { expectConfiguration } from '../body.ts'
import type { Connection } from '../connection.ts'
import type { Packet } from '../framing-binary.ts'
import { done, FLAGS_BYTES, fail, header, NO_MEMORY, NO_SUCH_KEY, TOO_BIG } from '../packets.ts'
import { answerStat } from './server.ts'

// ElastiCache's configuration entries over the binary protocol, as the AWS clients speak it.

export function configGet(connection: Connection, packet: Packet, withKey: boolean): void {
  const { configs, counters, replies } = connection.core
  counters.cmdConfigGet++
  const entry = configs.get(packet.bytes.toString('latin1', packet.key, packet.keyEnd))
  if (entry === undefined) {
    if (!connection.noreply) fail(connection, NO_SUCH_KEY, 0)
    return
  }
  header(connection, 0, FLAGS_BYTES, withKey ? packet.keyBytes : 0, entry.data.length)
  replies.uint32(entry.flags)
  if (withKey) replies.copy(packet.bytes, packet.key, packet.keyEnd)
  replies.copy(entry.data, 0, entry.data.length)
}

export function configSet(connection: Connection, packet: Packet): void {
  const name = packet.bytes.toString('latin1', packet.key, packet.keyEnd)
  const refusal = connection.core.configs.refusal(name, packet.valueBytes)
  if (refusal !== undefined) {
    fail(connection, refusal === 'too large' ? TOO_BIG : NO_MEMORY, packet.valueBytes)
    return
  }
  const flags = packet.extrasBytes === FLAGS_BYTES ? packet.uint32(packet.extras) : 0
  expectConfiguration(connection, { name, flags, data: Buffer.alloc(packet.valueBytes) }, finishConfiguration)
}

function finishConfiguration(connection: Connection): void {
  const { configuration, core } = connection
  connection.configuration = undefined
  if (configuration === undefined) return
  core.counters.cmdConfigSet++
  core.configs.set(configuration.name, { flags: configuration.flags, data: configuration.data })
  done(connection)
}

export function configDelete(connection: Connection, packet: Packet): void {
  if (connection.core.configs.delete(packet.bytes.toString('latin1', packet.key, packet.keyEnd))) done(connection)
  else fail(connection, NO_SUCH_KEY, 0)
}

// No client shows what a list looks like; this is the shape of `stat`.
export function configList(connection: Connection): void {
  for (const name of connection.core.configs.names) answerStat(connection, Buffer.from(name, 'latin1'), Buffer.alloc(0))
  header(connection, 0, 0, 0, 0)
}
