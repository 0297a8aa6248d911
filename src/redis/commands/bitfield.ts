import { byteAt } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { STRING } from '../keyspace/entry.ts'
import { STRING_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { readSafe } from '../protocol/numbers.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { bitOffset, growToBit } from './bits.ts'

const BAD_TYPE = refusal(
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
)
const BAD_OVERFLOW = refusal('ERR Invalid OVERFLOW type specified')
const ONLY_GET = refusal('ERR BITFIELD_RO only supports the GET subcommand')
const SIGNED = 0x69
const UNSIGNED = 0x75

type Overflow = 'WRAP' | 'SAT' | 'FAIL'
const OVERFLOWS: readonly Overflow[] = ['WRAP', 'SAT', 'FAIL']

/** Words that each operation takes behind its name. */
const OPERANDS = { GET: 2, SET: 3, INCRBY: 3 } as const
const NAMES = ['GET', 'SET', 'INCRBY'] as const

interface Field {
  readonly signed: boolean
  readonly bits: number
  readonly offset: number
}

interface Operation extends Field {
  readonly name: keyof typeof OPERANDS
  readonly overflow: Overflow
  readonly value: bigint
}

/** BITFIELD, and BITFIELD_RO, which only reads. */
export function bitfield(client: Client, args: Args, onlyReads: boolean): void {
  const { db, replies } = client
  const operations = operationsOf(client, args)
  const writes = operations.filter(({ name }) => name !== 'GET')
  if (writes.length > 0 && onlyReads) throw ONLY_GET
  const last = Math.max(...writes.map(({ offset, bits }) => offset + bits - 1))
  const { entry, grown } =
    writes.length > 0 ? growToBit(client, args, last) : { entry: db.readOf(STRING, args, 1), grown: false }
  const start = entry === 0 ? 0 : db.stringStart(entry)
  const string = db.arena.page(entry).subarray(start, entry === 0 ? 0 : start + db.stringLength(entry))
  let changes = 0
  replies.array(operations.length)
  for (const operation of operations) {
    const before = readField(string, operation)
    if (operation.name === 'GET') {
      replies.integer64(before)
      continue
    }
    const after = outcome(operation, before)
    if (after === undefined) {
      replies.null()
      continue
    }
    replies.integer64(operation.name === 'SET' ? before : after)
    writeField(string, operation, after)
    if (grown || before !== after) changes++
  }
  if (changes === 0) return
  db.changed(args, 1, STRING_EVENT, 'setbit', changes)
}

function operationsOf(client: Client, args: Args): Operation[] {
  const operations: Operation[] = []
  let overflow: Overflow = 'WRAP'
  let at = 2
  while (at < args.count) {
    const behind = args.count - at - 1
    if (args.is(at, 'OVERFLOW') && behind >= 1) {
      overflow = overflowOf(args, at + 1)
      at += 2
      continue
    }
    const name = NAMES.find((each) => args.is(at, each))
    if (name === undefined || behind < OPERANDS[name]) throw SYNTAX
    const { signed, bits } = typeOf(args, at + 1)
    const offset = bitOffset(client, args, at + 2, bits)
    const value = name === 'GET' ? 0n : args.integer64(at + 3)
    operations.push({ name, signed, bits, offset, overflow, value })
    at += 1 + OPERANDS[name]
  }
  return operations
}

function overflowOf(args: Args, index: number): Overflow {
  const overflow = OVERFLOWS.find((each) => args.is(index, each))
  if (overflow === undefined) throw BAD_OVERFLOW
  return overflow
}

function typeOf(args: Args, index: number): { readonly signed: boolean; readonly bits: number } {
  const start = args.start(index)
  const sign = args.length(index) === 0 ? 0 : args.bytes[start]
  const bits = readSafe(args.bytes, start + 1, args.end(index))
  const signed = sign === SIGNED
  if (!signed && sign !== UNSIGNED) throw BAD_TYPE
  if (!(bits >= 1 && bits <= (signed ? 64 : 63))) throw BAD_TYPE
  return { signed, bits }
}

/** What lies behind the end of a string is zero. */
function readField(string: Buffer, { signed, bits, offset }: Field): bigint {
  const first = Math.floor(offset / 8)
  const last = Math.floor((offset + bits - 1) / 8)
  let value = 0n
  for (let at = first; at <= last; at++) value = (value << 8n) | BigInt(string[at] ?? 0)
  value >>= BigInt(last * 8 + 7 - (offset + bits - 1))
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}

function writeField(string: Buffer, { bits, offset }: Field, value: bigint): void {
  const last = offset + bits - 1
  const shift = BigInt(7 - (last % 8))
  let rest = BigInt.asUintN(bits, value) << shift
  let covered = ((1n << BigInt(bits)) - 1n) << shift
  for (let at = Math.floor(last / 8); at >= Math.floor(offset / 8); at--) {
    string[at] = (byteAt(string, at) & ~Number(covered & 0xffn)) | Number(rest & 0xffn)
    rest >>= 8n
    covered >>= 8n
  }
}

/** The value a field gets; undefined: it would overflow, which is to fail. */
function outcome({ name, signed, bits, overflow, value }: Operation, before: bigint): bigint | undefined {
  const [from, by] = name === 'SET' ? [value, 0n] : [before, value]
  const limit = signed ? signedLimit(from, by, bits) : unsignedLimit(BigInt.asUintN(64, from), by, bits)
  if (limit === undefined) return from + by
  if (overflow === 'FAIL') return undefined
  if (overflow === 'SAT') return limit
  return signed ? BigInt.asIntN(bits, from + by) : BigInt.asUintN(bits, from + by)
}

/** The limit that a sum passes. The distance to it is counted in 64 bits, as servers do: far below the least, it is the greatest. */
function signedLimit(from: bigint, by: bigint, bits: number): bigint | undefined {
  const most = (1n << BigInt(bits - 1)) - 1n
  const least = -most - 1n
  const up = BigInt.asIntN(64, most - from)
  const down = BigInt.asIntN(64, least - from)
  if (from > most || (bits !== 64 && by > up) || (from >= 0n && by > 0n && by > up)) return most
  if (from < least || (bits !== 64 && by < down) || (from < 0n && by < 0n && by < down)) return least
  return undefined
}

function unsignedLimit(from: bigint, by: bigint, bits: number): bigint | undefined {
  const most = (1n << BigInt(bits)) - 1n
  if (from > most || (by > 0n && by > most - from)) return most
  return by < 0n && by < -from ? 0n : undefined
}
