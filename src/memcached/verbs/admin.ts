import { BAD_EXPTIME, BAD_FORMAT, DELAYED_FLUSH_REFUSED, ERROR, FLUSH_REFUSED, OK } from '../answers.ts'
import type { Connection } from '../connection.ts'
import { has, SINCE } from '../since.ts'
import type { Verb } from '../verbs.ts'

function reply(connection: Connection, answer: Buffer): undefined {
  if (!connection.noreply) connection.core.replies.text(answer)
}

const version: Verb = {
  name: 'version',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  strictly: [1, 1],
  run(connection) {
    connection.core.replies.text(connection.core.versionReply)
    return undefined
  },
}

const verbosity: Verb = {
  name: 'verbosity',
  shape: 'words',
  words: [2, 3],
  run(connection, line) {
    connection.noreply = line.noreply
    const { settings } = connection.core
    const level = line.uint32(1)
    if (Number.isNaN(level) && has(settings.engineVersion, 'numbers checked')) return reply(connection, BAD_FORMAT)
    settings.verbosity = Math.min(level || 0, 2)
    return reply(connection, OK)
  },
}

const quit: Verb = {
  name: 'quit',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  strictly: [1, 1],
  run(connection) {
    connection.closing = true
    return undefined
  },
}

const shutdown: Verb = {
  name: 'shutdown',
  shape: 'words',
  words: [1, 2],
  strictly: [1, 1],
  since: SINCE.shutdown,
  run(connection, line) {
    const { core } = connection
    const { shutdown: end } = core.settings.operator
    if (end === undefined) core.replies.line('ERROR: shutdown not enabled')
    else if (line.words === 2 && !line.is(1, 'graceful')) core.replies.line('CLIENT_ERROR invalid shutdown mode')
    else end()
    return undefined
  },
}

/** Of memcached's debug build: there on nodes whose operator can move time. */
const debugtime: Verb = {
  name: 'debugtime',
  shape: 'words',
  words: [2, Number.POSITIVE_INFINITY],
  run(connection, line) {
    const { core } = connection
    core.replies.text(core.settings.operator.debugTime?.(line.text(1)) ? OK : ERROR)
    return undefined
  },
}

const flushAll: Verb = {
  name: 'flush_all',
  shape: 'words',
  words: [1, 3],
  run(connection, line) {
    const { core } = connection
    connection.noreply = line.noreply
    core.counters.cmdFlush++
    if (!core.settings.flushAllEnabled) return reply(connection, FLUSH_REFUSED)
    let exptime = 0
    if (line.words > (connection.noreply ? 2 : 1)) {
      exptime = line.int32(1)
      if (Number.isNaN(exptime) && has(core.settings.engineVersion, 'numbers checked')) {
        return reply(connection, BAD_EXPTIME)
      }
      exptime ||= 0
      if (exptime > 0 && !core.settings.delayedFlushEnabled) return reply(connection, DELAYED_FLUSH_REFUSED)
    }
    core.store.flush(exptime)
    return reply(connection, OK)
  },
}

export const adminVerbs: readonly Verb[] = [version, verbosity, quit, shutdown, debugtime, flushAll]
