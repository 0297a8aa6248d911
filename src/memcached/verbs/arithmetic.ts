import {
  BAD_DELETE,
  BAD_DELTA,
  BAD_EXPTIME,
  BAD_FORMAT,
  DELETED,
  NO_MEMORY_INCR,
  NOT_FOUND,
  NOT_NUMERIC,
  TOUCHED,
} from '../answers.ts'
import type { Connection } from '../connection.ts'
import { SINCE } from '../since.ts'
import { EXPTIME, hashKey, KEY_MAX_BYTES } from '../store/item.ts'
import { count } from '../store/lru.ts'
import { addDelta, deltaValue } from '../store/operations.ts'
import type { Line } from '../tokens.ts'
import type { Verb } from '../verbs.ts'

const KEY = 1

function reply(connection: Connection, answer: Buffer): undefined {
  if (!connection.noreply) connection.core.replies.text(answer)
}

function find(connection: Connection, line: Line): number {
  const start = line.start(KEY)
  const stop = line.stop(KEY)
  return connection.core.store.find(line.bytes, start, stop, hashKey(line.bytes, start, stop))
}

function arithmetic(name: 'incr' | 'decr'): Verb {
  const decrement = name === 'decr'
  return {
    name,
    shape: 'words',
    words: [3, 4],
    run(connection, line) {
      const { store, counters, replies } = connection.core
      connection.noreply = line.noreply
      if (line.length(KEY) > KEY_MAX_BYTES) return reply(connection, BAD_FORMAT)
      const delta = line.uint64(2)
      if (delta === undefined) return reply(connection, BAD_DELTA)
      const item = find(connection, line)
      if (item === 0) {
        if (decrement) counters.decrMisses++
        else counters.incrMisses++
        return reply(connection, NOT_FOUND)
      }
      const classId = store.classOf(item)
      const outcome = addDelta(store, item, decrement, delta)
      if (outcome === 'not numeric') return reply(connection, NOT_NUMERIC)
      if (outcome === 'no memory') return reply(connection, NO_MEMORY_INCR)
      count(decrement ? counters.decrHits : counters.incrHits, classId)
      if (connection.noreply) return undefined
      replies.line(String(deltaValue))
      return undefined
    },
  }
}

const remove: Verb = {
  name: 'delete',
  shape: 'words',
  words: [2, 4],
  run(connection, line) {
    const { store, counters } = connection.core
    if (line.words > 2) {
      connection.noreply = line.noreply
      const zero = line.is(2, '0')
      const valid = line.words === 3 ? zero || connection.noreply : zero && connection.noreply
      if (!valid) return reply(connection, BAD_DELETE)
    }
    if (line.length(KEY) > KEY_MAX_BYTES) return reply(connection, BAD_FORMAT)
    connection.core.prefixes?.delete(line.bytes, line.start(KEY), line.stop(KEY))
    const item = find(connection, line)
    if (item === 0) {
      counters.deleteMisses++
      return reply(connection, NOT_FOUND)
    }
    count(counters.deleteHits, store.classOf(item))
    store.unlink(item)
    return reply(connection, DELETED)
  },
}

const touch: Verb = {
  name: 'touch',
  shape: 'words',
  words: [3, 4],
  since: SINCE.touch,
  run(connection, line) {
    const { store, counters } = connection.core
    connection.noreply = line.noreply
    if (line.length(KEY) > KEY_MAX_BYTES) return reply(connection, BAD_FORMAT)
    const exptime = line.int32(2)
    if (Number.isNaN(exptime)) return reply(connection, BAD_EXPTIME)
    counters.cmdTouch++
    const item = find(connection, line)
    if (item === 0) {
      counters.touchMisses++
      return reply(connection, NOT_FOUND)
    }
    store.slabs.setWord(item, EXPTIME, store.expiry(exptime))
    store.bump(item)
    count(counters.touchHits, store.classOf(item))
    return reply(connection, TOUCHED)
  },
}

export const arithmeticVerbs: readonly Verb[] = [arithmetic('incr'), arithmetic('decr'), remove, touch]
