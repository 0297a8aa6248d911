import { expectConfiguration, expectValue } from './body.ts'
import type { Connection } from './connection.ts'
import { atLeast } from './engine-version.ts'
import type { Packet } from './framing-binary.ts'
import type { Settings } from './options.ts'
import {
  AUTH_FAILURE,
  BAD_DELTA,
  done,
  fail,
  header,
  KEY_EXISTS,
  NO_MEMORY,
  NO_SUCH_KEY,
  NOT_STORED,
  TOO_BIG,
} from './packets.ts'
import { resetStats, statsOf } from './stats/topics.ts'
import { CAS_HIGH, CAS_LOW, EXPTIME, hashKey } from './store/item.ts'
import { TOO_LARGE } from './store/items.ts'
import { count } from './store/lru.ts'
import { addDelta, casMatches, commit, deltaItem, deltaValue, type Mode } from './store/operations.ts'

/** One row of the binary protocol's command table. */
export interface Opcode {
  readonly opcode: number
  readonly quiet: boolean
  /** Lengths the extras may have. */
  readonly extras: readonly number[]
  readonly key: 'required' | 'none' | 'optional'
  /** Whether a value may follow the key. */
  readonly value: boolean
  readonly since?: string
  run(connection: Connection, packet: Packet): void
}

const FLAGS_BYTES = 4
const NO_CREATION = 0xffffffff
const FIRST_CONFIG_OPCODE = 0x60

function find(connection: Connection, packet: Packet): number {
  const { bytes, key, keyEnd } = packet
  return connection.core.store.find(bytes, key, keyEnd, hashKey(bytes, key, keyEnd))
}

// --- get, touch ------------------------------------------------------------------------------------------------------

function getOrTouch(
  connection: Connection,
  packet: Packet,
  touching: boolean,
  withKey: boolean,
  withValue: boolean,
): void {
  const { store, counters, replies } = connection.core
  const item = find(connection, packet)
  if (touching) counters.cmdTouch++
  else counters.cmdGet++
  connection.core.prefixes?.get(packet.bytes, packet.key, packet.keyEnd, item !== 0)
  connection.core.watchers?.fetched(connection, packet.bytes, packet.key, packet.keyEnd, item)
  if (item === 0) {
    if (touching) counters.touchMisses++
    else counters.getMisses++
    if (connection.noreply) return
    if (!withKey) {
      fail(connection, NO_SUCH_KEY, 0)
      return
    }
    header(connection, NO_SUCH_KEY.status, 0, packet.keyBytes, 0)
    replies.copy(packet.bytes, packet.key, packet.keyEnd)
    return
  }
  if (touching) {
    store.slabs.setWord(item, EXPTIME, store.expiry(packet.uint32(packet.extras)))
    count(counters.touchHits, store.classOf(item))
  } else {
    count(store.listCounters.hits, store.lru.listOf(item))
  }
  store.bump(item)
  const valueBytes = withValue ? store.valueBytes(item) - 2 : 0
  const keyBytes = withKey ? packet.keyBytes : 0
  const { slabs } = store
  header(connection, 0, FLAGS_BYTES, keyBytes, valueBytes, slabs.word(item, CAS_HIGH), slabs.word(item, CAS_LOW))
  replies.uint32(store.clientFlags(item))
  if (withKey) replies.copy(packet.bytes, packet.key, packet.keyEnd)
  if (valueBytes > 0) replies.length = store.read(item, 0, valueBytes, replies.bytes, replies.length)
}

// --- set, add, replace, append, prepend ------------------------------------------------------------------------------

function beginStore(connection: Connection, packet: Packet, mode: Mode): void {
  const { core } = connection
  const { store } = core
  const joins = mode === 'append' || mode === 'prepend'
  const flags = joins ? 0 : packet.uint32(packet.extras)
  const exptime = joins ? 0 : store.expiry(packet.uint32(packet.extras + FLAGS_BYTES))
  const { bytes, key, keyEnd, valueBytes } = packet
  const hash = hashKey(bytes, key, keyEnd)
  const item = store.allocate(bytes, key, keyEnd, hash, flags, exptime, valueBytes + 2)
  if (item <= 0) {
    if (item === TOO_LARGE) core.counters.storeTooLarge++
    else core.counters.storeNoMemory++
    fail(connection, item === TOO_LARGE ? TOO_BIG : NO_MEMORY, valueBytes)
    const old = mode === 'set' ? store.find(bytes, key, keyEnd, hash) : 0
    if (old !== 0) store.unlink(old)
    return
  }
  const conditional = packet.casLow !== 0 || packet.casHigh !== 0
  connection.mode = conditional && !joins ? 'cas' : mode
  connection.casLow = packet.casLow
  connection.casHigh = packet.casHigh
  expectValue(connection, item, valueBytes, finishStore)
}

const CRLF = Buffer.from('\r\n')

function finishStore(connection: Connection): void {
  const { core, item, mode } = connection
  const { store, counters } = core
  connection.item = 0
  count(counters.cmdSet, store.classOf(item))
  store.write(item, store.valueBytes(item) - 2, CRLF, 0, 2)
  const outcome = commit(store, counters, item, mode, connection.casLow, connection.casHigh)
  switch (outcome) {
    case 'stored':
      done(connection, Math.floor(store.lastCas / 4294967296), store.lastCas | 0)
      break
    case 'exists':
      fail(connection, KEY_EXISTS, 0)
      break
    case 'not found':
      fail(connection, NO_SUCH_KEY, 0)
      break
    case 'not stored':
      fail(connection, mode === 'add' ? KEY_EXISTS : mode === 'replace' ? NO_SUCH_KEY : NOT_STORED, 0)
      break
  }
}

// --- incr, decr, delete ----------------------------------------------------------------------------------------------

function arithmetic(connection: Connection, packet: Packet, decrement: boolean): void {
  const { store, counters } = connection.core
  const { extras } = packet
  const item = find(connection, packet)
  if (item === 0) {
    create(connection, packet, decrement)
    return
  }
  const classId = store.classOf(item)
  const delta = packet.bytes.readBigUInt64BE(extras)
  switch (addDelta(store, item, decrement, delta, packet.casLow, packet.casHigh)) {
    case 'done':
      count(decrement ? counters.decrHits : counters.incrHits, classId)
      answerNumber(connection, deltaItem, BigInt(deltaValue))
      break
    case 'exists':
      fail(connection, KEY_EXISTS, 0)
      break
    case 'not numeric':
      fail(connection, BAD_DELTA, 0)
      break
    case 'no memory':
      fail(connection, NO_MEMORY, 0)
      break
  }
}

function create(connection: Connection, packet: Packet, decrement: boolean): void {
  const { store, counters } = connection.core
  const { bytes, extras, key, keyEnd } = packet
  const exptime = packet.uint32(extras + 16)
  if (exptime === NO_CREATION) {
    if (decrement) counters.decrMisses++
    else counters.incrMisses++
    fail(connection, NO_SUCH_KEY, 0)
    return
  }
  const initial = bytes.readBigUInt64BE(extras + 8)
  const digits = Buffer.from(`${initial}\r\n`)
  const item = store.allocate(bytes, key, keyEnd, hashKey(bytes, key, keyEnd), 0, store.expiry(exptime), digits.length)
  if (item <= 0) {
    fail(connection, NO_MEMORY, 0)
    return
  }
  store.write(item, 0, digits, 0, digits.length)
  commit(store, counters, item, 'add', 0, 0)
  answerNumber(connection, item, initial)
}

function answerNumber(connection: Connection, item: number, value: bigint): void {
  if (connection.noreply) return
  const { slabs } = connection.core.store
  header(connection, 0, 0, 0, 8, slabs.word(item, CAS_HIGH), slabs.word(item, CAS_LOW))
  const { replies } = connection.core
  replies.uint32(Number(value >> 32n))
  replies.uint32(Number(value & 0xffffffffn))
}

function remove(connection: Connection, packet: Packet): void {
  const { store, counters } = connection.core
  const item = find(connection, packet)
  if (item === 0) {
    counters.deleteMisses++
    fail(connection, NO_SUCH_KEY, 0)
    return
  }
  const { casLow, casHigh } = packet
  if ((casLow !== 0 || casHigh !== 0) && !casMatches(store, item, casLow, casHigh)) {
    fail(connection, KEY_EXISTS, 0)
    return
  }
  count(counters.deleteHits, store.classOf(item))
  store.unlink(item)
  done(connection)
}

// --- the rest --------------------------------------------------------------------------------------------------------

function flush(connection: Connection, packet: Packet): void {
  const { core } = connection
  if (!core.settings.flushAllEnabled) {
    fail(connection, AUTH_FAILURE, 0)
    return
  }
  core.counters.cmdFlush++
  core.store.flush(packet.extrasBytes === FLAGS_BYTES ? packet.uint32(packet.extras) : 0)
  done(connection)
}

function version(connection: Connection): void {
  const text = Buffer.from(connection.core.settings.engineVersion)
  header(connection, 0, 0, 0, text.length)
  connection.core.replies.copy(text, 0, text.length)
}

function stat(connection: Connection, packet: Packet): void {
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

function answerStat(connection: Connection, name: Buffer, value: Buffer): void {
  header(connection, 0, 0, name.length, value.length)
  connection.core.replies.copy(name, 0, name.length)
  connection.core.replies.copy(value, 0, value.length)
}

function quit(connection: Connection): void {
  done(connection)
  connection.closing = true
}

// --- ElastiCache's configuration entries -----------------------------------------------------------------------------

function configGet(connection: Connection, packet: Packet, withKey: boolean): void {
  const { configs, counters, replies } = connection.core
  counters.cmdConfigGet++
  const entry = configs.get(packet.bytes.toString('latin1', packet.key, packet.keyEnd))
  if (entry === undefined) {
    if (!connection.noreply) fail(connection, NO_SUCH_KEY, 0)
    return
  }
  header(connection, 0, FLAGS_BYTES, withKey ? packet.keyBytes : 0, entry.data.length)
  replies.uint32(entry.flags)
  if (withKey) replies.copy(packet.bytes, packet.key, packet.keyEnd)
  replies.copy(entry.data, 0, entry.data.length)
}

function configSet(connection: Connection, packet: Packet): void {
  const name = packet.bytes.toString('latin1', packet.key, packet.keyEnd)
  const refusal = connection.core.configs.refusal(name, packet.valueBytes)
  if (refusal !== undefined) {
    fail(connection, refusal === 'too large' ? TOO_BIG : NO_MEMORY, packet.valueBytes)
    return
  }
  const flags = packet.extrasBytes === FLAGS_BYTES ? packet.uint32(packet.extras) : 0
  expectConfiguration(connection, { name, flags, data: Buffer.alloc(packet.valueBytes) }, finishConfiguration)
}

function finishConfiguration(connection: Connection): void {
  const { configuration, core } = connection
  connection.configuration = undefined
  if (configuration === undefined) return
  core.counters.cmdConfigSet++
  core.configs.set(configuration.name, { flags: configuration.flags, data: configuration.data })
  done(connection)
}

function configDelete(connection: Connection, packet: Packet): void {
  if (connection.core.configs.delete(packet.bytes.toString('latin1', packet.key, packet.keyEnd))) done(connection)
  else fail(connection, NO_SUCH_KEY, 0)
}

// No client shows what a list looks like; this is the shape of `stat`.
function configList(connection: Connection): void {
  for (const name of connection.core.configs.names) answerStat(connection, Buffer.from(name, 'latin1'), Buffer.alloc(0))
  header(connection, 0, 0, 0, 0)
}

// --- the table -------------------------------------------------------------------------------------------------------

type Shape = Pick<Opcode, 'extras' | 'key' | 'value'>

const BARE: Shape = { extras: [0], key: 'none', value: false }
const KEYED: Shape = { extras: [0], key: 'required', value: false }
const STORING: Shape = { extras: [8], key: 'required', value: true }
const JOINING: Shape = { extras: [0], key: 'required', value: true }
const TOUCHING: Shape = { extras: [4], key: 'required', value: false }
const COUNTING: Shape = { extras: [20], key: 'required', value: false }

function loudAndQuiet(loud: number, quiet: number, shape: Shape, run: Opcode['run'], since?: string): Opcode[] {
  const version = since === undefined ? {} : { since }
  return [
    { opcode: loud, quiet: false, ...shape, run, ...version },
    { opcode: quiet, quiet: true, ...shape, run, ...version },
  ]
}

const storing = (mode: Mode) => (connection: Connection, packet: Packet) => beginStore(connection, packet, mode)

/** protocol_binary.txt, "Command Opcodes"; 0x60-0x68 are ElastiCache's. */
export const OPCODES: readonly Opcode[] = [
  ...loudAndQuiet(0x00, 0x09, KEYED, (connection, packet) => getOrTouch(connection, packet, false, false, true)),
  ...loudAndQuiet(0x0c, 0x0d, KEYED, (connection, packet) => getOrTouch(connection, packet, false, true, true)),
  ...loudAndQuiet(0x01, 0x11, STORING, storing('set')),
  ...loudAndQuiet(0x02, 0x12, STORING, storing('add')),
  ...loudAndQuiet(0x03, 0x13, STORING, storing('replace')),
  ...loudAndQuiet(0x0e, 0x19, JOINING, storing('append')),
  ...loudAndQuiet(0x0f, 0x1a, JOINING, storing('prepend')),
  ...loudAndQuiet(0x04, 0x14, KEYED, remove),
  ...loudAndQuiet(0x05, 0x15, COUNTING, (connection, packet) => arithmetic(connection, packet, false)),
  ...loudAndQuiet(0x06, 0x16, COUNTING, (connection, packet) => arithmetic(connection, packet, true)),
  ...loudAndQuiet(0x07, 0x17, BARE, quit),
  ...loudAndQuiet(0x08, 0x18, { extras: [0, 4], key: 'none', value: false }, flush),
  { opcode: 0x0a, quiet: false, ...BARE, run: (connection) => header(connection, 0, 0, 0, 0) },
  { opcode: 0x0b, quiet: false, ...BARE, run: version },
  { opcode: 0x10, quiet: false, extras: [0], key: 'optional', value: false, run: stat },
  {
    opcode: 0x1c,
    quiet: false,
    ...TOUCHING,
    since: '1.4.14',
    run: (connection, packet) => getOrTouch(connection, packet, true, false, false),
  },
  ...loudAndQuiet(
    0x1d,
    0x1e,
    TOUCHING,
    (connection, packet) => getOrTouch(connection, packet, true, false, true),
    '1.4.14',
  ),
  ...loudAndQuiet(
    0x23,
    0x24,
    TOUCHING,
    (connection, packet) => getOrTouch(connection, packet, true, true, true),
    '1.4.14',
  ),
  ...loudAndQuiet(0x60, 0x61, KEYED, (connection, packet) => configGet(connection, packet, false), '1.4.14'),
  ...loudAndQuiet(0x62, 0x63, KEYED, (connection, packet) => configGet(connection, packet, true), '1.4.14'),
  ...loudAndQuiet(0x64, 0x65, { extras: [0, 4], key: 'required', value: true }, configSet, '1.4.14'),
  ...loudAndQuiet(0x66, 0x67, KEYED, configDelete, '1.4.14'),
  { opcode: 0x68, quiet: false, ...BARE, since: '1.4.14', run: configList },
]

/** The rows of one engine version, by opcode. */
export function opcodesOf({ engineVersion, configCommand }: Settings): readonly (Opcode | undefined)[] {
  const rows: (Opcode | undefined)[] = new Array(256).fill(undefined)
  for (const row of OPCODES) {
    const known = row.since === undefined || atLeast(engineVersion, row.since)
    if (known && (configCommand || row.opcode < FIRST_CONFIG_OPCODE)) rows[row.opcode] = row
  }
  return rows
}
