import { BAD_EXPTIME, BAD_FORMAT, END, ERROR } from '../answers.ts'
import type { Client } from '../client.ts'
import { has, SINCE } from '../since.ts'
import { EXPTIME, finishHash, HASH_START, hashByte, KEY_MAX_BYTES } from '../store/item.ts'
import { count } from '../store/lru.ts'
import type { Line } from '../tokens.ts'
import { int32In } from '../tokens.ts'
import type { Verb } from '../verb.ts'

const SPACE = 32
// "VALUE ", key, flags, length, cas, separators: the most that stands before a value.
const HEADER_BYTES = 6 + KEY_MAX_BYTES + 11 + 12 + 22 + 2

type Kind = 'get' | 'gets' | 'gat' | 'gats'

// The expiry that a gat in progress sets, in the node's seconds.
let touchTo = 0

function answerKeys(client: Client, bytes: Buffer, from: number, end: number, kind: Kind): number {
  const { core } = client
  const { replies, store, counters } = core
  const withCas = kind === 'gets' || kind === 'gats'
  const touching = kind === 'gat' || kind === 'gats'
  let at = from
  for (;;) {
    while (at < end && bytes[at] === SPACE) at++
    if (at >= end) break
    if (client.connection.congested) return interrupt(client, at, kind)
    const start = at
    let hash = HASH_START
    for (; at < end; at++) {
      const byte = bytes[at] as number // at < end
      if (byte === SPACE) break
      hash = hashByte(hash, byte)
    }
    if (at - start > KEY_MAX_BYTES) {
      // Not only the values: answers to commands that came in the same packet as well.
      replies.takeBack()
      replies.text(BAD_FORMAT)
      return end
    }
    // memcached counts gat as a touch only.
    if (touching) counters.cmdTouch++
    else counters.cmdGet++
    const item = store.find(bytes, start, at, finishHash(hash))
    if (core.prefixes !== undefined) core.prefixes.get(bytes, start, at, item !== 0)
    if (core.meter !== undefined) core.meter.item(item === 0 ? 0 : store.valueBytes(item) - 2)
    if (item === 0) {
      if (touching) counters.touchMisses++
      else counters.getMisses++
      continue
    }
    if (touching) {
      store.slabs.setWord(item, EXPTIME, touchTo)
      count(counters.touchHits, store.classOf(item))
    } else {
      count(store.listCounters.hits, store.lru.listOf(item))
    }
    store.bump(item)
    const valueBytes = store.valueBytes(item)
    replies.reserve(HEADER_BYTES + valueBytes)
    replies.value()
    replies.key(bytes, start, at)
    replies.byte(SPACE)
    replies.decimal(store.clientFlags(item))
    replies.byte(SPACE)
    replies.decimal(valueBytes - 2)
    if (withCas) {
      replies.byte(SPACE)
      replies.decimal(store.cas(item))
    }
    replies.crlf()
    replies.length = store.read(item, 0, valueBytes, replies.bytes, replies.length)
  }
  client.expecting = 'command'
  replies.text(END)
  replies.settle()
  return end
}

// The client is behind with reading: go on with this key once it has caught up.
function interrupt(client: Client, at: number, kind: Kind): number {
  client.expecting = 'keys'
  const exptime = touchTo
  client.resumeKeys = (self, bytes, from, end) => {
    touchTo = exptime
    self.expecting = 'command'
    return answerKeys(self, bytes, from, end, kind)
  }
  return at
}

function hasWords(line: Line, from = line.rest): boolean {
  for (let at = from; at < line.end; at++) if (line.bytes[at] !== SPACE) return true
  return false
}

function getter(name: 'get' | 'gets' | 'bget'): Verb {
  const kind = name === 'gets' ? 'gets' : 'get'
  return {
    name,
    shape: 'keys',
    words: [2, Number.POSITIVE_INFINITY],
    run(client, line) {
      if (!hasWords(line)) {
        client.core.replies.text(ERROR)
        return undefined
      }
      return answerKeys(client, line.bytes, line.rest, line.end, kind)
    },
  }
}

function toucher(name: 'gat' | 'gats'): Verb {
  return {
    name,
    shape: 'keys',
    words: [2, Number.POSITIVE_INFINITY],
    since: SINCE.gat,
    run(client, line) {
      const { replies, store } = client.core
      if (!hasWords(line)) {
        replies.text(ERROR)
        return undefined
      }
      let at = line.rest
      while (line.bytes[at] === SPACE) at++
      const start = at
      while (at < line.end && line.bytes[at] !== SPACE) at++
      const exptime = int32In(line.bytes, start, at)
      if (Number.isNaN(exptime)) {
        replies.text(BAD_EXPTIME)
        return undefined
      }
      touchTo = store.expiry(exptime)
      if (!hasWords(line, at) && !has(client.core.settings.engineVersion, 'words too many or too few')) {
        replies.text(ERROR)
        return undefined
      }
      return answerKeys(client, line.bytes, at, line.end, name)
    },
  }
}

export const getVerbs: readonly Verb[] = [
  getter('get'),
  getter('gets'),
  // An ancient name of get that memcached keeps for old clients.
  getter('bget'),
  toucher('gat'),
  toucher('gats'),
]
