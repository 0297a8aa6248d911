import { BAD_FORMAT, NOT_NUMERIC } from '../../answers.ts'
import type { Client } from '../../client.ts'
import type { CacheCore } from '../../core.ts'
import type { Replies } from '../../replies.ts'
import { SINCE } from '../../since.ts'
import { EXPTIME, hashKey, KEY_MAX_BYTES, STALE, TOKEN_SENT } from '../../store/item.ts'
import { count } from '../../store/lru.ts'
import { addDelta, casMatches, commit, deltaItem, deltaValue } from '../../store/operations.ts'
import type { Line } from '../../tokens.ts'
import type { Verb } from '../../verb.ts'
import {
  FLAG,
  INVALID_OR_DUPLICATE,
  letterAt,
  MetaFlags,
  OPAQUE_TOO_LONG,
  opaqueTooLong,
  TOO_MANY_FLAGS,
  tooManyFlags,
} from './flags.ts'
import { answerRequest, answerTtl, HEADER_BYTES } from './get.ts'

const SPACE = 32
const FIRST_FLAG = 2
const INVALID_MODE = Buffer.from('CLIENT_ERROR invalid mode for ma M token\r\n')
const NO_MEMORY = Buffer.from('SERVER_ERROR out of memory\r\n')
const NO_MEMORY_NEW = Buffer.from('SERVER_ERROR Out of memory allocating new item\r\n')
const NF = Buffer.from('NF')
const EX = Buffer.from('EX')
const INCREMENT = [...'I+'].map((letter) => letter.charCodeAt(0))
const DECREMENT = [...'D-'].map((letter) => letter.charCodeAt(0))

const flags = new MetaFlags()

// What md and ma have in common: the flags are read, the item looked up. Undefined when the command was refused.
function begin({ core }: Client, line: Line): number | undefined {
  const { replies, store } = core
  if (line.length(1) > KEY_MAX_BYTES) {
    replies.text(BAD_FORMAT)
    return undefined
  }
  if (tooManyFlags(line)) {
    replies.text(TOO_MANY_FLAGS)
    return undefined
  }
  if (flags.parse(line, FIRST_FLAG, core) !== undefined) {
    replies.text(INVALID_OR_DUPLICATE)
    return undefined
  }
  const { key, keyStart, keyEnd } = flags
  return store.find(key, keyStart, keyEnd, hashKey(key, keyStart, keyEnd))
}

function answer({ replies, metaDialect }: CacheCore, line: Line, code: Buffer): void {
  replies.reserve(HEADER_BYTES)
  const began = replies.length
  replies.copy(code, 0, code.length)
  if (metaDialect.spaced) replies.byte(SPACE)
  if (answerRequest(replies, line, flags)) replies.crlf()
  else refuseOpaque(replies, began)
}

function refuseOpaque(replies: Replies, began: number): void {
  replies.length = began
  replies.text(OPAQUE_TOO_LONG)
}

function metaDelete(client: Client, line: Line): undefined {
  const { core } = client
  const { store, counters } = core
  const item = begin(client, line)
  if (item === undefined) return
  for (let word = FIRST_FLAG; word < line.words; word++) {
    if (letterAt(line, word) !== FLAG.opaque || !opaqueTooLong(line, word)) continue
    core.replies.text(OPAQUE_TOO_LONG)
    return
  }
  if (item === 0) {
    counters.deleteMisses++
    answer(core, line, NF)
    return
  }
  if (flags.hasCas && !casMatches(store, item, flags.casLow, flags.casHigh)) {
    counters.deleteMisses++
    answer(core, line, EX)
    return
  }
  if (flags.invalidate) {
    if (flags.newTtl) store.slabs.setWord(item, EXPTIME, flags.exptime)
    store.setFlag(item, STALE)
    store.clearFlag(item, TOKEN_SENT)
    store.setCas(item, store.nextCas())
  } else {
    count(counters.deleteHits, store.classOf(item))
    store.unlink(item)
  }
  if (!flags.quiet) answer(core, line, core.metaDialect.done)
}

function metaArithmetic(client: Client, line: Line): undefined {
  const { core } = client
  const { store, counters, replies } = core
  const found = begin(client, line)
  if (found === undefined) return
  const decrement = DECREMENT.includes(flags.mode)
  if (flags.mode !== 0 && !decrement && !INCREMENT.includes(flags.mode)) {
    replies.text(INVALID_MODE)
    return
  }
  if (found === 0) {
    metaCreate(core, line, decrement)
    return
  }
  const classId = store.classOf(found)
  switch (addDelta(store, found, decrement, flags.delta, flags.casLow, flags.casHigh)) {
    case 'done':
      count(decrement ? counters.decrHits : counters.incrHits, classId)
      answerNumber(core, line, deltaItem, String(deltaValue), false)
      break
    case 'exists':
      answer(core, line, EX)
      break
    case 'not numeric':
      replies.text(NOT_NUMERIC)
      break
    case 'no memory':
      replies.text(NO_MEMORY)
      break
  }
}

function metaCreate(core: CacheCore, line: Line, decrement: boolean): void {
  const { store, counters, replies } = core
  if (!flags.vivify) {
    if (decrement) counters.decrMisses++
    else counters.incrMisses++
    answer(core, line, NF)
    return
  }
  const { key, keyStart, keyEnd } = flags
  const text = Buffer.from(`${flags.initial}\r\n`)
  const item = store.allocate(key, keyStart, keyEnd, hashKey(key, keyStart, keyEnd), 0, 0, text.length)
  if (item <= 0) {
    replies.text(NO_MEMORY_NEW)
    return
  }
  store.write(item, 0, text, 0, text.length)
  commit(store, counters, item, 'add', 0, 0)
  answerNumber(core, line, item, String(flags.initial), true)
}

function answerNumber(core: CacheCore, line: Line, item: number, digits: string, created: boolean): void {
  const { replies, store } = core
  replies.reserve(HEADER_BYTES)
  const began = replies.length
  if (flags.value) replies.string(`VA ${digits.length}`)
  else replies.copy(core.metaDialect.done, 0, core.metaDialect.done.length)
  for (let word = FIRST_FLAG; word < line.words; word++) {
    switch (letterAt(line, word)) {
      case FLAG.cas:
        replies.string(` c${store.cas(item)}`)
        break
      case FLAG.ttl:
        replies.string(' t')
        answerTtl(core, item)
        break
      case FLAG.setTtl:
        store.slabs.setWord(item, EXPTIME, flags.exptime)
        break
      case FLAG.vivify:
        if (created) store.slabs.setWord(item, EXPTIME, flags.vivifyExptime)
        break
      case FLAG.opaque:
        // By now the number has changed, in memcached as here.
        if (opaqueTooLong(line, word)) {
          refuseOpaque(replies, began)
          return
        }
        replies.byte(SPACE)
        replies.copy(line.bytes, line.start(word), line.stop(word))
        break
      case FLAG.key:
        replies.string(` k${flags.keyText()}`)
        break
    }
  }
  replies.crlf()
  if (flags.value) replies.string(`${digits}\r\n`)
  if (flags.quiet && !created) replies.length = began
}

export const metaChangeVerbs: readonly Verb[] = [
  { name: 'md', shape: 'words', words: [2, Number.POSITIVE_INFINITY], since: SINCE.meta, run: metaDelete },
  { name: 'ma', shape: 'words', words: [2, Number.POSITIVE_INFINITY], since: SINCE.meta, run: metaArithmetic },
]
