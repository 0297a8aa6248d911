/** A look at a key of any type: how much there is, and the first of it. */
import { StringDecoder } from 'node:string_decoder'
import { endpoint } from '../../net/target.ts'
import type { Command } from '../../protocols/resp/encode.ts'
import { keySlot } from '../../protocols/resp/hash-slot.ts'
import {
  bytesOf,
  entriesOf,
  inPairs,
  isError,
  itemsOf,
  type Reply,
  textOf,
  wholeOf,
} from '../../protocols/resp/reply.ts'
import { granted, type RespClient } from './client.ts'

/** Bytes under their names; an entry of a stream has fields of its own. */
export type Row = Readonly<Record<string, Buffer | readonly Pair[]>>

export interface Pair {
  readonly field: Buffer
  readonly value: Buffer
}

export interface KeyView {
  readonly type: string
  /** As the server keeps it: `listpack`; absent where it may not be asked. */
  readonly encoding?: string
  /** Of its memory, with what is around it; absent where it may not be asked. */
  readonly memoryBytes?: number
  /** null: for ever. */
  readonly ttlMs: number | null
  readonly node: string
  readonly slot: number
  /** What is counted: `bytes`, `fields` ... */
  readonly unit: string
  /** Absent of types that cannot be looked into: those of modules. */
  readonly length?: number
  /** The beginning of a string. */
  readonly value?: Buffer
  /** The first of all else. */
  readonly rows?: readonly Row[]
  /** How many of the unit are not shown. */
  readonly left: number
}

interface Look {
  readonly unit: string
  length(key: string): Command
  /** The first `count` of it. */
  part(key: string, count: number): Command
  rowsOf(reply: Reply): Row[]
}

const EMPTY = Buffer.alloc(0)
const bytes = (reply: Reply | undefined): Buffer => bytesOf(reply ?? null) ?? EMPTY
/** The second of SCAN's two: the first is where it would go on. */
const scanned = (reply: Reply): Reply => itemsOf(reply)[1] ?? null

const pairsOf = (reply: Reply): Pair[] =>
  entriesOf(reply).map(([field, value]) => ({ field: bytes(field), value: bytes(value) }))

const LOOKS: Readonly<Record<string, Look>> = {
  hash: {
    unit: 'fields',
    length: (key) => ['HLEN', key],
    part: (key, count) => ['HSCAN', key, '0', 'COUNT', count],
    rowsOf: (reply) => pairsOf(scanned(reply)).map(({ field, value }) => ({ field, value })),
  },
  list: {
    unit: 'elements',
    length: (key) => ['LLEN', key],
    part: (key, count) => ['LRANGE', key, '0', count - 1],
    rowsOf: (reply) => itemsOf(reply).map((value, at) => ({ index: Buffer.from(String(at)), value: bytes(value) })),
  },
  set: {
    unit: 'members',
    length: (key) => ['SCARD', key],
    part: (key, count) => ['SSCAN', key, '0', 'COUNT', count],
    rowsOf: (reply) => itemsOf(scanned(reply)).map((member) => ({ member: bytes(member) })),
  },
  zset: {
    unit: 'members',
    length: (key) => ['ZCARD', key],
    part: (key, count) => ['ZRANGE', key, '0', count - 1, 'WITHSCORES'],
    rowsOf: (reply) => scoresOf(reply).map(([member, score]) => ({ score: bytes(score), member: bytes(member) })),
  },
  // The newest: what has happened last is what is looked for.
  stream: {
    unit: 'entries',
    length: (key) => ['XLEN', key],
    part: (key, count) => ['XREVRANGE', key, '+', '-', 'COUNT', count],
    rowsOf: (reply) =>
      itemsOf(reply).map((entry) => {
        const [id, fields = null] = itemsOf(entry)
        return { id: bytes(id), fields: pairsOf(fields) }
      }),
  },
}

/** RESP3 tells pairs, RESP2 a flat list. */
function scoresOf(reply: Reply): [Reply, Reply][] {
  const items = itemsOf(reply)
  return Array.isArray(items[0])
    ? items.map((pair) => [itemsOf(pair)[0] ?? null, itemsOf(pair)[1] ?? null])
    : inPairs(items)
}

/** So many bytes of a string. */
const MOST_BYTES = 4096

/** undefined: there is no such key. @throws as RespClient.ask */
export async function lookAt(client: RespClient, key: string, count: number): Promise<KeyView | undefined> {
  const type = textOf((await client.ask(key, 'TYPE', key)).reply)
  if (type === 'none') return undefined
  const look = LOOKS[type]
  const content: Command[] =
    type === 'string'
      ? [
          ['STRLEN', key],
          ['GETRANGE', key, '0', MOST_BYTES - 1],
        ]
      : look
        ? [look.length(key), look.part(key, count)]
        : []
  const [ttl, encoding, memory, length, part] = await client.askAbout(key, [
    ['PTTL', key],
    ['OBJECT', 'ENCODING', key],
    ['MEMORY', 'USAGE', key],
    ...content,
  ])
  // A user may lack the right to these two, and the rest still says something.
  const optional = (reply: Reply = null): Reply => (isError(reply) ? null : reply)
  const left = Number(ttl && granted(ttl).reply)
  const encoded = textOf(optional(encoding?.reply))
  const memoryBytes = wholeOf(optional(memory?.reply))
  const { host, port } = ttl?.node ?? client.nodeOf(key)
  const view = {
    type,
    ...(encoded !== '' && { encoding: encoded }),
    ...(memoryBytes !== undefined && { memoryBytes: Number(memoryBytes) }),
    ttlMs: left < 0 ? null : left,
    node: endpoint(host, port),
    slot: keySlot(key),
  }
  if (!length || !part) return { ...view, unit: '', left: 0 }
  const whole = Number(granted(length).reply)
  if (!look) {
    const value = whole > MOST_BYTES ? wholeCharacters(bytes(granted(part).reply)) : bytes(granted(part).reply)
    return { ...view, unit: 'bytes', length: whole, value, left: Math.max(0, whole - value.length) }
  }
  const rows = look.rowsOf(granted(part).reply).slice(0, count)
  return { ...view, unit: look.unit, length: whole, rows, left: Math.max(0, whole - rows.length) }
}

/** Text that was cut within a character loses the rest of it; what is no text stays as it is. */
function wholeCharacters(cut: Buffer): Buffer {
  const text = new StringDecoder('utf8').write(cut)
  return Buffer.from(text).equals(cut.subarray(0, Buffer.byteLength(text))) ? Buffer.from(text) : cut
}
