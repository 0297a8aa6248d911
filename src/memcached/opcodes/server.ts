import type { Client } from '../client.ts'
import type { Packet } from '../packet.ts'
import { AUTH_FAILURE, done, FLAGS_BYTES, fail, header, NO_SUCH_KEY } from '../packets.ts'
import { resetStats, statsOf } from '../stats/topics.ts'

export function flush(client: Client, packet: Packet): void {
  const { core } = client
  if (!core.settings.flushAllEnabled) {
    fail(client, AUTH_FAILURE, 0)
    return
  }
  core.counters.cmdFlush++
  core.store.flush(packet.extrasBytes === FLAGS_BYTES ? packet.uint32(packet.extras) : 0)
  done(client)
}

export function noop(client: Client): void {
  header(client, 0, 0, 0, 0)
  client.core.replies.settle()
}

export function version(client: Client): void {
  const text = Buffer.from(client.core.settings.engineVersion)
  header(client, 0, 0, 0, text.length)
  client.core.replies.copy(text, 0, text.length)
}

export function stat(client: Client, packet: Packet): void {
  const { core } = client
  const topic = packet.bytes.toString('latin1', packet.key, packet.keyEnd)
  if (topic === 'reset') resetStats(core)
  else if (topic === 'detail on') core.prefixes = core.prefixStats
  else if (topic === 'detail off') core.prefixes = undefined
  else if (topic === 'detail dump') answerStat(client, Buffer.from('detail'), Buffer.from(core.prefixStats.dump()))
  else {
    const lines = core.settings.plainStatsOnly && topic !== '' ? undefined : statsOf(core, topic)
    if (lines === undefined) {
      fail(client, NO_SUCH_KEY, 0)
      return
    }
    for (const [name, value] of lines) answerStat(client, Buffer.from(name), Buffer.from(String(value)))
  }
  header(client, 0, 0, 0, 0)
}

/** One name and value, as `stat` sends them. */
export function answerStat(client: Client, name: Buffer, value: Buffer): void {
  header(client, 0, 0, name.length, value.length)
  client.core.replies.copy(name, 0, name.length)
  client.core.replies.copy(value, 0, value.length)
}

export function quit(client: Client): void {
  done(client)
  client.connection.closing = true
}
