import { BAD_EXPTIME, BAD_FORMAT, DELAYED_FLUSH_REFUSED, ERROR, FLUSH_REFUSED, OK } from '../answers.ts'
import type { Client } from '../client.ts'
import { has, SINCE } from '../since.ts'
import type { Verb } from '../verb.ts'

function reply(client: Client, answer: Buffer): undefined {
  if (!client.noreply) client.core.replies.text(answer)
}

const version: Verb = {
  name: 'version',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  strictly: [1, 1],
  run(client) {
    client.core.replies.text(client.core.versionReply)
    return undefined
  },
}

const verbosity: Verb = {
  name: 'verbosity',
  shape: 'words',
  words: [2, 3],
  run(client, line) {
    client.noreply = line.noreply
    const { settings } = client.core
    const level = line.uint32(1)
    if (Number.isNaN(level) && has(settings.engineVersion, 'numbers checked')) return reply(client, BAD_FORMAT)
    settings.verbosity = Math.min(level || 0, 2)
    return reply(client, OK)
  },
}

const quit: Verb = {
  name: 'quit',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  strictly: [1, 1],
  run(client) {
    client.connection.closing = true
    return undefined
  },
}

const shutdown: Verb = {
  name: 'shutdown',
  shape: 'words',
  words: [1, 2],
  strictly: [1, 1],
  since: SINCE.shutdown,
  run(client, line) {
    const { core } = client
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
  run(client, line) {
    const { core } = client
    core.replies.text(core.settings.operator.debugTime?.(line.text(1)) ? OK : ERROR)
    return undefined
  },
}

const flushAll: Verb = {
  name: 'flush_all',
  shape: 'words',
  words: [1, 3],
  run(client, line) {
    const { core } = client
    client.noreply = line.noreply
    core.counters.cmdFlush++
    if (!core.settings.flushAllEnabled) return reply(client, FLUSH_REFUSED)
    let exptime = 0
    if (line.words > (client.noreply ? 2 : 1)) {
      exptime = line.int32(1)
      if (Number.isNaN(exptime) && has(core.settings.engineVersion, 'numbers checked')) {
        return reply(client, BAD_EXPTIME)
      }
      exptime ||= 0
      if (exptime > 0 && !core.settings.delayedFlushEnabled) return reply(client, DELAYED_FLUSH_REFUSED)
    }
    core.store.flush(exptime)
    return reply(client, OK)
  },
}

export const adminVerbs: readonly Verb[] = [version, verbosity, quit, shutdown, debugtime, flushAll]
