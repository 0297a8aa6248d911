import {
  BAD_DATA,
  BAD_FORMAT,
  EXISTS,
  NO_CHUNKS_REPLY,
  NO_MEMORY_REPLY,
  NOT_FOUND,
  NOT_STORED,
  STORED,
  TOO_LARGE_REPLY,
} from '../answers.ts'
import { expectNothing, expectValue } from '../body.ts'
import type { Client } from '../client.ts'
import { commitFrom } from '../commit.ts'
import { OUT_OF_CHUNKS, TOO_LARGE } from '../store/allocation.ts'
import { hashKey, KEY_MAX_BYTES } from '../store/item.ts'
import { count } from '../store/lru.ts'
import type { Mode, StoreOutcome } from '../store/operations.ts'
import type { Line } from '../tokens.ts'
import type { Verb } from '../verb.ts'

const MAX_VALUE_BYTES = 0x7fffffff - 2
const KEY = 1
const FLAGS = 2
const EXPTIME = 3
const LENGTH = 4
const CAS = 5

const REPLIES: Readonly<Record<StoreOutcome, Buffer>> = {
  stored: STORED,
  'not stored': NOT_STORED,
  exists: EXISTS,
  'not found': NOT_FOUND,
}

function beginStore(client: Client, line: Line, mode: Mode): undefined {
  const { core } = client
  const { store } = core
  client.noreply = line.noreply
  const flags = line.uint32(FLAGS)
  const exptime = line.int32(EXPTIME)
  const length = line.int32(LENGTH)
  const cas = mode === 'cas' ? line.uint64(CAS) : 0
  const start = line.start(KEY)
  const stop = line.stop(KEY)
  if (
    stop - start > KEY_MAX_BYTES ||
    Number.isNaN(flags) ||
    Number.isNaN(exptime) ||
    !(length >= 0) ||
    length > MAX_VALUE_BYTES - 1 ||
    cas === undefined
  ) {
    reply(client, BAD_FORMAT)
    return
  }
  if (core.meter !== undefined) core.meter.item(length)
  if (core.prefixes !== undefined) core.prefixes.set(line.bytes, start, stop)
  const hash = hashKey(line.bytes, start, stop)
  const item = store.allocate(line.bytes, start, stop, hash, flags, store.expiry(exptime), length + 2)
  if (item <= 0) {
    refuse(client, item, length + 2)
    if (item === OUT_OF_CHUNKS) return
    client.mode = mode
    const status = item === TOO_LARGE ? 'too_large' : 'no_memory'
    core.watchers?.stored(client, line.text(KEY), status, 0, 0, 0)
    // No client shall read the old value after a failed attempt to replace it.
    const old = mode === 'set' ? store.find(line.bytes, start, stop, hash) : 0
    if (old !== 0) store.unlink(old)
    return
  }
  client.mode = mode
  if (typeof cas === 'number') {
    client.casLow = cas | 0
    client.casHigh = Math.floor(cas / 4294967296)
  } else {
    client.casLow = Number(BigInt.asIntN(32, cas))
    client.casHigh = Number(BigInt.asIntN(32, cas >> 32n))
  }
  expectValue(client, item, length + 2, finishStore)
}

function refuse(client: Client, reason: number, bytes: number): void {
  const { counters } = client.core
  if (reason === TOO_LARGE) counters.storeTooLarge++
  else if (reason !== OUT_OF_CHUNKS) counters.storeNoMemory++
  const answer = reason === TOO_LARGE ? TOO_LARGE_REPLY : reason === OUT_OF_CHUNKS ? NO_CHUNKS_REPLY : NO_MEMORY_REPLY
  expectNothing(client, bytes, client.noreply ? undefined : answer)
}

function finishStore(client: Client): void {
  const { core, item } = client
  const { store, counters } = core
  client.item = 0
  count(counters.cmdSet, store.classOf(item))
  const bytes = store.valueBytes(item)
  if (store.valueByte(item, bytes - 2) !== 13 || store.valueByte(item, bytes - 1) !== 10) {
    store.free(item)
    reply(client, BAD_DATA)
    return
  }
  reply(client, REPLIES[commitFrom(client, item)])
}

function reply(client: Client, answer: Buffer): void {
  if (!client.noreply) client.core.replies.text(answer)
}

function storing(name: Mode): Verb {
  return {
    name,
    shape: 'words',
    words: name === 'cas' ? [6, 7] : [5, 6],
    run: (client, line) => beginStore(client, line, name),
  }
}

export const storeVerbs: readonly Verb[] = [
  storing('set'),
  storing('add'),
  storing('replace'),
  storing('append'),
  storing('prepend'),
  storing('cas'),
]
