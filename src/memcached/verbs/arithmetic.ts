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
import type { Client } from '../client.ts'
import { SINCE } from '../since.ts'
import { EXPTIME, hashKey, KEY_MAX_BYTES } from '../store/item.ts'
import { count } from '../store/lru.ts'
import { addDelta, deltaValue } from '../store/operations.ts'
import type { Line } from '../tokens.ts'
import type { Verb } from '../verb.ts'

const KEY = 1

function reply(client: Client, answer: Buffer): undefined {
  if (!client.noreply) client.core.replies.text(answer)
}

function find(client: Client, line: Line): number {
  const start = line.start(KEY)
  const stop = line.stop(KEY)
  return client.core.store.find(line.bytes, start, stop, hashKey(line.bytes, start, stop))
}

function arithmetic(name: 'incr' | 'decr'): Verb {
  const decrement = name === 'decr'
  return {
    name,
    shape: 'words',
    words: [3, 4],
    run(client, line) {
      const { store, counters, replies } = client.core
      client.noreply = line.noreply
      if (line.length(KEY) > KEY_MAX_BYTES) return reply(client, BAD_FORMAT)
      const delta = line.uint64(2)
      if (delta === undefined) return reply(client, BAD_DELTA)
      const item = find(client, line)
      if (item === 0) {
        if (decrement) counters.decrMisses++
        else counters.incrMisses++
        return reply(client, NOT_FOUND)
      }
      const classId = store.classOf(item)
      const outcome = addDelta(store, item, decrement, delta)
      if (outcome === 'not numeric') return reply(client, NOT_NUMERIC)
      if (outcome === 'no memory') return reply(client, NO_MEMORY_INCR)
      count(decrement ? counters.decrHits : counters.incrHits, classId)
      if (client.noreply) return undefined
      replies.line(String(deltaValue))
      return undefined
    },
  }
}

const remove: Verb = {
  name: 'delete',
  shape: 'words',
  words: [2, 4],
  run(client, line) {
    const { store, counters } = client.core
    if (line.words > 2) {
      client.noreply = line.noreply
      const zero = line.is(2, '0')
      const valid = line.words === 3 ? zero || client.noreply : zero && client.noreply
      if (!valid) return reply(client, BAD_DELETE)
    }
    if (line.length(KEY) > KEY_MAX_BYTES) return reply(client, BAD_FORMAT)
    client.core.prefixes?.delete(line.bytes, line.start(KEY), line.stop(KEY))
    const item = find(client, line)
    if (item === 0) {
      counters.deleteMisses++
      return reply(client, NOT_FOUND)
    }
    count(counters.deleteHits, store.classOf(item))
    store.unlink(item)
    return reply(client, DELETED)
  },
}

const touch: Verb = {
  name: 'touch',
  shape: 'words',
  words: [3, 4],
  since: SINCE.touch,
  run(client, line) {
    const { store, counters } = client.core
    client.noreply = line.noreply
    if (line.length(KEY) > KEY_MAX_BYTES) return reply(client, BAD_FORMAT)
    const exptime = line.int32(2)
    if (Number.isNaN(exptime)) return reply(client, BAD_EXPTIME)
    counters.cmdTouch++
    const item = find(client, line)
    if (item === 0) {
      counters.touchMisses++
      return reply(client, NOT_FOUND)
    }
    store.slabs.setWord(item, EXPTIME, store.expiry(exptime))
    store.bump(item)
    count(counters.touchHits, store.classOf(item))
    return reply(client, TOUCHED)
  },
}

export const arithmeticVerbs: readonly Verb[] = [arithmetic('incr'), arithmetic('decr'), remove, touch]
