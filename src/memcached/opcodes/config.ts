import { expectConfiguration } from '../body.ts'
import type { Client } from '../client.ts'
import type { Packet } from '../packet.ts'
import { done, FLAGS_BYTES, fail, header, NO_MEMORY, NO_SUCH_KEY, TOO_BIG } from '../packets.ts'
import { answerStat } from './server.ts'

// ElastiCache's configuration entries over the binary protocol, as the AWS clients speak it.

export function configGet(client: Client, packet: Packet, withKey: boolean): void {
  const { configs, counters, replies } = client.core
  counters.cmdConfigGet++
  const entry = configs.get(packet.bytes.toString('latin1', packet.key, packet.keyEnd))
  if (entry === undefined) {
    if (!client.noreply) fail(client, NO_SUCH_KEY, 0)
    return
  }
  header(client, 0, FLAGS_BYTES, withKey ? packet.keyBytes : 0, entry.data.length)
  replies.uint32(entry.flags)
  if (withKey) replies.copy(packet.bytes, packet.key, packet.keyEnd)
  replies.copy(entry.data, 0, entry.data.length)
}

export function configSet(client: Client, packet: Packet): void {
  const name = packet.bytes.toString('latin1', packet.key, packet.keyEnd)
  const refusal = client.core.configs.refusal(name, packet.valueBytes)
  if (refusal !== undefined) {
    fail(client, refusal === 'too large' ? TOO_BIG : NO_MEMORY, packet.valueBytes)
    return
  }
  const flags = packet.extrasBytes === FLAGS_BYTES ? packet.uint32(packet.extras) : 0
  expectConfiguration(client, { name, flags, data: Buffer.alloc(packet.valueBytes) }, finishConfiguration)
}

function finishConfiguration(client: Client): void {
  const { configuration, core } = client
  client.configuration = undefined
  if (configuration === undefined) return
  core.counters.cmdConfigSet++
  core.configs.set(configuration.name, { flags: configuration.flags, data: configuration.data })
  done(client)
}

export function configDelete(client: Client, packet: Packet): void {
  if (client.core.configs.delete(packet.bytes.toString('latin1', packet.key, packet.keyEnd))) done(client)
  else fail(client, NO_SUCH_KEY, 0)
}

// No client shows what a list looks like; this is the shape of `stat`.
export function configList(client: Client): void {
  for (const name of client.core.configs.names) answerStat(client, Buffer.from(name, 'latin1'), Buffer.alloc(0))
  header(client, 0, 0, 0, 0)
}
