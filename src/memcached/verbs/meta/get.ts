import { BAD_FORMAT } from '../../answers.ts'
import type { Client } from '../../client.ts'
import type { CacheCore } from '../../core.ts'
import type { Replies } from '../../replies.ts'
import { SINCE } from '../../since.ts'
import {
  CLIENT_FLAGS,
  EXPTIME,
  FETCHED,
  hashKey,
  KEY_BINARY,
  KEY_MAX_BYTES,
  STALE,
  TIME,
  TOKEN_SENT,
} from '../../store/item.ts'
import { count } from '../../store/lru.ts'
import type { Line } from '../../tokens.ts'
import type { Verb } from '../../verb.ts'
import { FLAG, letterAt, MetaFlags, OPAQUE_TOO_LONG, opaqueTooLong, TOO_MANY_FLAGS_GET, tooManyFlags } from './flags.ts'

const SPACE = 32
const FIRST_FLAG = 2
// All flags together, a base64 key among them: the most that stands before a value.
export const HEADER_BYTES = 1024
const VA = Buffer.from('VA ')
const EN = Buffer.from('EN')
const CRLF = Buffer.from('\r\n')

const flags = new MetaFlags()

function metaGet(client: Client, line: Line): undefined {
  const { core } = client
  const { replies, store } = core
  if (line.length(1) > KEY_MAX_BYTES || (line.words === FIRST_FLAG && !core.metaDialect.bareGet)) {
    replies.text(BAD_FORMAT)
    return
  }
  if (tooManyFlags(line)) {
    replies.text(TOO_MANY_FLAGS_GET)
    return
  }
  const refused = flags.parse(line, FIRST_FLAG, core)
  if (refused !== undefined) {
    replies.text(refused)
    return
  }
  const { key, keyStart, keyEnd } = flags
  const hash = hashKey(key, keyStart, keyEnd)
  let item = store.find(key, keyStart, keyEnd, hash)
  const created = item === 0 && flags.vivify
  if (created) item = vivify(core, hash)
  if (item <= 0) miss(core, line)
  else hit(core, line, item, created)
}

function vivify({ store }: CacheCore, hash: number): number {
  const { key, keyStart, keyEnd } = flags
  const item = store.allocate(key, keyStart, keyEnd, hash, 0, 0, CRLF.length)
  if (item <= 0) return item
  store.write(item, 0, CRLF, 0, CRLF.length)
  store.setCas(item, store.nextCas())
  store.link(item)
  return item
}

function hit(core: CacheCore, line: Line, item: number, created: boolean): void {
  const { replies, store, counters } = core
  const valueBytes = store.valueBytes(item)
  replies.reserve(HEADER_BYTES + (flags.value ? valueBytes : 0))
  const began = replies.length
  if (core.meter !== undefined) core.meter.item(flags.value ? valueBytes - 2 : 0)
  if (flags.value) {
    replies.copy(VA, 0, VA.length)
    replies.decimal(valueBytes - 2)
  } else replies.copy(core.metaDialect.done, 0, core.metaDialect.done.length)
  let won = false
  for (let word = FIRST_FLAG; word < line.words; word++) {
    const letter = letterAt(line, word)
    if (letter === FLAG.setTtl) store.slabs.setWord(item, EXPTIME, flags.exptime)
    else if (letter === FLAG.vivify) {
      if (!created) continue
      store.slabs.setWord(item, EXPTIME, flags.vivifyExptime)
      won = true
    } else if (letter === FLAG.recache) {
      const exptime = store.slabs.word(item, EXPTIME)
      if (!store.has(item, TOKEN_SENT) && !created && exptime !== 0 && exptime < flags.recacheAt) won = true
    } else if (!answerFlag(core, line, word, letter, item)) {
      replies.length = began
      replies.text(OPAQUE_TOO_LONG)
      return
    }
  }
  if (store.has(item, TOKEN_SENT)) mark(core, 'Z')
  if (store.has(item, STALE)) {
    mark(core, 'X')
    won ||= !store.has(item, TOKEN_SENT)
  }
  if (won) {
    mark(core, 'W')
    store.setFlag(item, TOKEN_SENT)
  }
  replies.crlf()
  if (flags.value) replies.length = store.read(item, 0, valueBytes, replies.bytes, replies.length)
  if (!flags.noUpdate) store.bump(item)
  if (flags.newTtl) {
    counters.cmdTouch++
    count(counters.touchHits, store.classOf(item))
  } else {
    counters.cmdGet++
    count(store.listCounters.hits, store.lru.listOf(item))
  }
}

function miss(core: CacheCore, line: Line): void {
  const { replies, counters } = core
  counters.cmdGet++
  counters.getMisses++
  replies.reserve(HEADER_BYTES)
  const began = replies.length
  replies.copy(EN, 0, EN.length)
  if (core.metaDialect.missEchoes && !answerRequest(replies, line)) {
    replies.length = began
    replies.text(OPAQUE_TOO_LONG)
  } else if (flags.quiet) replies.length = began
  else replies.crlf()
}

/** The opaque and key of a request; false when the opaque is too long. Room is reserved. */
export function answerRequest(replies: Replies, line: Line, parsed: MetaFlags = flags): boolean {
  for (let word = FIRST_FLAG; word < line.words; word++) {
    const letter = letterAt(line, word)
    if (letter === FLAG.opaque) {
      if (opaqueTooLong(line, word)) return false
      replies.byte(SPACE)
      replies.copy(line.bytes, line.start(word), line.stop(word))
    } else if (letter === FLAG.key) {
      replies.byte(SPACE)
      replies.byte(FLAG.key)
      replies.string(parsed.keyText())
    }
  }
  return true
}

function mark({ replies }: CacheCore, letter: string): void {
  replies.byte(SPACE)
  replies.byte(letter.charCodeAt(0))
}

// One flag of a hit; false when it can't be answered.
function answerFlag(core: CacheCore, line: Line, word: number, letter: number, item: number): boolean {
  const { replies, store } = core
  const { slabs } = store
  switch (letter) {
    case FLAG.opaque:
      if (opaqueTooLong(line, word)) return false
      replies.byte(SPACE)
      replies.copy(line.bytes, line.start(word), line.stop(word))
      return true
    case FLAG.size:
    case FLAG.ttl:
    case FLAG.cas:
    case FLAG.clientFlags:
    case FLAG.lastAccess:
    case FLAG.hit:
    case FLAG.key:
      break
    default:
      return true
  }
  replies.byte(SPACE)
  replies.byte(letter)
  switch (letter) {
    case FLAG.size:
      replies.decimal(store.valueBytes(item) - 2)
      break
    case FLAG.ttl:
      answerTtl(core, item)
      break
    case FLAG.cas:
      replies.decimal(store.cas(item))
      break
    case FLAG.clientFlags:
      replies.decimal(slabs.word(item, CLIENT_FLAGS) >>> 0)
      break
    case FLAG.lastAccess:
      replies.decimal(store.now - slabs.word(item, TIME))
      break
    case FLAG.hit:
      replies.byte(store.has(item, FETCHED) ? 49 : 48)
      break
    case FLAG.key:
      replies.string(
        store.has(item, KEY_BINARY)
          ? `${Buffer.from(store.keyText(item), 'latin1').toString('base64')} b`
          : store.keyText(item),
      )
      break
  }
  return true
}

/** Seconds an item has left, -1 for ever. */
export function answerTtl({ replies, store }: CacheCore, item: number): void {
  const exptime = store.slabs.word(item, EXPTIME)
  if (exptime === 0) replies.string('-1')
  // An item that has been given a moment in the past wraps around, in memcached as here.
  else replies.decimal((exptime - store.now) >>> 0)
}

const metaNoop: Verb = {
  name: 'mn',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  since: SINCE.meta,
  run(client) {
    client.core.replies.line('MN')
    client.core.replies.settle()
    return undefined
  },
}

// What is known about an item, for people.
const metaDebug: Verb = {
  name: 'me',
  shape: 'words',
  words: [1, Number.POSITIVE_INFINITY],
  since: SINCE.meta,
  run(client, line) {
    const { core } = client
    const { replies, store, counters, metaDialect } = core
    if (line.words < 2 && metaDialect.bareDebugMisses) {
      replies.line('EN')
      return undefined
    }
    if (line.words < 2 || line.length(1) > KEY_MAX_BYTES) {
      replies.text(BAD_FORMAT)
      return undefined
    }
    // Any other flag than b is passed over.
    const isBinary = metaDialect.base64 && line.is(2, 'b')
    if (flags.parse(line, FIRST_FLAG, core, isBinary ? FIRST_FLAG + 1 : FIRST_FLAG) !== undefined) {
      replies.text(BAD_FORMAT)
      return undefined
    }
    const { key, keyStart, keyEnd } = flags
    const item = store.find(key, keyStart, keyEnd, hashKey(key, keyStart, keyEnd))
    counters.cmdMeta++
    if (item === 0) {
      replies.line('EN')
      return undefined
    }
    const exptime = store.slabs.word(item, EXPTIME)
    const text = store.keyText(item)
    const keyText = store.has(item, KEY_BINARY) ? Buffer.from(text, 'latin1').toString('base64') : text
    replies.line(
      `ME ${keyText} exp=${exptime === 0 ? -1 : store.now - exptime} la=${store.now - store.slabs.word(item, TIME)}` +
        ` cas=${store.cas(item)} fetch=${store.has(item, FETCHED) ? 'yes' : 'no'} cls=${store.classOf(item)} size=${store.sizeOf(item)}`,
    )
    return undefined
  },
}

export const metaGetVerbs: readonly Verb[] = [
  { name: 'mg', shape: 'words', words: [2, Number.POSITIVE_INFINITY], since: SINCE.meta, run: metaGet },
  metaNoop,
  metaDebug,
]
