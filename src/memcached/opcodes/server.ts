import type { Connection } from '../connection.ts'
import type { Packet } from '../framing-binary.ts'
import { AUTH_FAILURE, done, FLAGS_BYTES, fail, header, NO_SUCH_KEY } from '../packets.ts'
import { resetStats, statsOf } from '../stats/topics.ts'

export function flush(connection: Connection, packet: Packet): void {
  const { core } = connection
  if (!core.settings.flushAllEnabled) {
    fail(connection, AUTH_FAILURE, 0)
    return
  }
  core.counters.cmdFlush++
  core.store.flush(packet.extrasBytes === FLAGS_BYTES ? packet.uint32(packet.extras) : 0)
  done(connection)
}

export function noop(connection: Connection): void {
  header(connection, 0, 0, 0, 0)
  connection.core.replies.settle()
}

export function version(connection: Connection): void {
  const text = Buffer.from(connection.core.settings.engineVersion)
  header(connection, 0, 0, 0, text.length)
  connection.core.replies.copy(text, 0, text.length)
}

export function stat(connection: Connection, packet: Packet): void {
  const { core } = connection
  const topic = packet.bytes.toString('latin1', packet.key, packet.keyEnd)
  if (topic === 'reset') resetStats(core)
  else if (topic === 'detail on') core.prefixes = core.prefixStats
  else if (topic === 'detail off') core.prefixes = undefined
  else if (topic === 'detail dump') answerStat(connection, Buffer.from('detail'), Buffer.from(core.prefixStats.dump()))
  else {
    const lines = core.settings.plainStatsOnly && topic !== '' ? undefined : statsOf(core, topic)
    if (lines === undefined) {
      fail(connection, NO_SUCH_KEY, 0)
      return
    }
    for (const [name, value] of lines) answerStat(connection, Buffer.from(name), Buffer.from(String(value)))
  }
  header(connection, 0, 0, 0, 0)
}

/** One name and value, as `stat` sends them. */
export function answerStat(connection: Connection, name: Buffer, value: Buffer): void {
  header(connection, 0, 0, name.length, value.length)
  connection.core.replies.copy(name, 0, name.length)
  connection.core.replies.copy(value, 0, value.length)
}

export function quit(connection: Connection): void {
  done(connection)
  connection.closing = true
}
