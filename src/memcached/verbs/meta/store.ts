import { BAD_DATA, BAD_FORMAT, NO_CHUNKS_REPLY, NO_MEMORY_REPLY, TOO_LARGE_REPLY } from '../../answers.ts'
import { expectNothing, expectValue } from '../../body.ts'
import type { Client } from '../../client.ts'
import { commitFrom } from '../../commit.ts'
import { SINCE } from '../../since.ts'
import { OUT_OF_CHUNKS, TOO_LARGE } from '../../store/allocation.ts'
import { hashKey, KEY_BINARY, KEY_MAX_BYTES } from '../../store/item.ts'
import { count } from '../../store/lru.ts'
import type { Mode, StoreOutcome } from '../../store/operations.ts'
import type { Line } from '../../tokens.ts'
import type { Verb } from '../../verb.ts'
import { FLAG, letterAt, MetaFlags, OPAQUE_TOO_LONG, opaqueTooLong, TOO_MANY_FLAGS, tooManyFlags } from './flags.ts'

const LENGTH = 2
const MAX_VALUE_BYTES = 0x7fffffff - 2
/** What a value that does not come has for a length, its end included. */
const NO_VALUE = -2
const INVALID_MODE = Buffer.from('CLIENT_ERROR invalid mode for ms M token\r\n')
const NOTHING: readonly string[] = []
const CAS = 'c'

const MODES: Readonly<Record<string, Mode>> = {
  E: 'add',
  A: 'append',
  P: 'prepend',
  R: 'replace',
  S: 'set',
}

const CODES: Readonly<Record<Exclude<StoreOutcome, 'stored'>, string>> = {
  'not stored': 'NS',
  exists: 'EX',
  'not found': 'NF',
}

const flags = new MetaFlags()

function metaSet(client: Client, line: Line): undefined {
  const { core } = client
  const { store, replies } = core
  if (line.length(1) > KEY_MAX_BYTES || line.words === 2) {
    replies.text(BAD_FORMAT)
    return
  }
  if (tooManyFlags(line)) {
    replies.text(TOO_MANY_FLAGS)
    return
  }
  const { lengthIsFlag } = core.metaDialect
  const firstFlag = lengthIsFlag ? LENGTH : LENGTH + 1
  let length = lengthIsFlag ? 0 : line.int32(LENGTH)
  if (!(length >= 0) || length > MAX_VALUE_BYTES - 1) {
    replies.text(BAD_FORMAT)
    return
  }
  if (core.meter !== undefined) core.meter.item(length)
  let mistake = flags.parse(line, firstFlag, core)
  if (lengthIsFlag) {
    // Without it there is no value to come, and no item of that size.
    if (flags.length === undefined) mistake ??= TOO_LARGE_REPLY
    length = flags.length ?? NO_VALUE
  }
  const mode = flags.mode === 0 ? 'set' : MODES[String.fromCharCode(flags.mode)]
  const refused = mistake ?? (mode === undefined ? INVALID_MODE : stash(client, line, firstFlag))
  if (refused !== undefined || mode === undefined) {
    expectNothing(client, length + 2, refused)
    return
  }
  const { key, keyStart, keyEnd } = flags
  const hash = hashKey(key, keyStart, keyEnd)
  const item = store.allocate(key, keyStart, keyEnd, hash, flags.clientFlags, flags.exptime, length + 2)
  if (item === OUT_OF_CHUNKS) {
    expectNothing(client, length + 2, flags.quiet ? undefined : NO_CHUNKS_REPLY)
    return
  }
  if (item <= 0) {
    if (item === TOO_LARGE) core.counters.storeTooLarge++
    else core.counters.storeNoMemory++
    expectNothing(client, length + 2, item === TOO_LARGE ? TOO_LARGE_REPLY : NO_MEMORY_REPLY)
    const old = store.find(key, keyStart, keyEnd, hash)
    if (old !== 0) store.unlink(old)
    return
  }
  if (flags.binaryKey) store.setFlag(item, KEY_BINARY)
  client.mode = flags.hasCas && (mode === 'set' || mode === 'replace') ? 'cas' : mode
  client.casLow = flags.casLow
  client.casHigh = flags.casHigh
  client.noreply = flags.quiet
  client.mayBeStale = flags.invalidate && client.mode === 'cas'
  expectValue(client, item, length + 2, finishMetaSet)
}

// What the answer will echo; the line is gone by the time the value has arrived.
function stash(client: Client, line: Line, firstFlag: number): Buffer | undefined {
  const { lengthIsFlag } = client.core.metaDialect
  client.metaReturns = NOTHING
  let returns: string[] | undefined
  for (let word = firstFlag; word < line.words; word++) {
    const letter = letterAt(line, word)
    if (letter === FLAG.opaque) {
      if (opaqueTooLong(line, word)) return OPAQUE_TOO_LONG
      returns = [...(returns ?? []), line.text(word)]
    } else if (letter === FLAG.key) returns = [...(returns ?? []), `k${flags.keyText()}`]
    else if (letter === FLAG.cas && !lengthIsFlag) returns = [...(returns ?? []), CAS]
  }
  client.metaReturns = returns ?? NOTHING
  return undefined
}

function finishMetaSet(client: Client): void {
  const { core, item, metaReturns } = client
  const { store, counters, replies, metaDialect } = core
  client.item = 0
  count(counters.cmdSet, store.classOf(item))
  const bytes = store.valueBytes(item)
  if (store.valueByte(item, bytes - 2) !== 13 || store.valueByte(item, bytes - 1) !== 10) {
    store.free(item)
    replies.text(BAD_DATA)
    return
  }
  const outcome = commitFrom(client, item, client.mayBeStale)
  if (outcome === 'stored' && client.noreply) return
  const cas = outcome === 'stored' ? store.lastCas : 0
  let text = outcome === 'stored' ? metaDialect.done.toString() : CODES[outcome]
  if (metaDialect.lengthIsFlag) text += ' '
  for (const echo of metaReturns) text += echo === CAS ? ` c${cas}` : ` ${echo}`
  replies.line(text)
}

export const metaStoreVerbs: readonly Verb[] = [
  { name: 'ms', shape: 'words', words: [2, Number.POSITIVE_INFINITY], since: SINCE.meta, run: metaSet },
]
