/**
 * A load process for pauses: fills a node, then asks it for a bit of everything on some connections, while one more does what takes
 * long in a naive server, one thing after the other. Tells its parent how long clients had to wait, and for what when it was longest.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Latencies } from '../../kv/latencies.ts'
import { RespConnection } from '../../kv/resp/connection.ts'
import type { Command } from '../../protocols/resp/encode.ts'
import { isError } from '../../protocols/resp/reply.ts'

export interface MixedLoad {
  readonly port: number
  readonly bytes: number
  readonly seconds: number
  /** Members of a large collection. */
  readonly members: number
}

export type MixedLoadMessage =
  | 'filled'
  /** What goes on from now on. */
  | { readonly during: string }
  | { readonly requests: number; readonly p99Ms: number; readonly p999Ms: number; readonly longestMs: number }

const { port, bytes, seconds, members }: MixedLoad = JSON.parse(process.argv[2] ?? '')
const CONNECTIONS = 8
const BATCH = 200
const PATIENCE_MS = 60_000
const tell = (message: MixedLoadMessage): boolean | undefined => process.send?.(message)

const open = () => RespConnection.open({ host: '127.0.0.1', port, timeoutMs: PATIENCE_MS })

/** Sends commands of which none may fail. */
async function sendAll(connection: RespConnection, commands: readonly Command[]): Promise<void> {
  for (const reply of await connection.send(commands)) if (isError(reply)) throw new Error(JSON.stringify(reply))
}

/** Sends so many commands, some at a time. */
async function batches(connection: RespConnection, count: number, make: (number: number) => Command): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    const length = Math.min(BATCH, count - first)
    await sendAll(
      connection,
      Array.from({ length }, (_, i) => make(first + i)),
    )
  }
}

const values = [20, 100, 300, 1000, 4000].map((length) => 'v'.repeat(length))
const meanBytes = values.reduce((sum, { length }) => sum + length, 0) / values.length
const keys = Math.ceil(bytes / (meanBytes + 100))
const below = (number: number): number => Math.floor(Math.random() * number)
const value = (): string => values[below(values.length)] as string // within its length
const key = (): string => `key:${below(keys)}`
const SMALL = 20_000

const MIX: readonly (() => readonly Command[])[] = [
  ...Array.from({ length: 6 }, () => () => [['GET', key()]]),
  ...Array.from({ length: 4 }, () => () => [['SET', key(), value()]]),
  () => [['SET', `brief:${below(keys)}`, value(), 'EX', 1 + below(20)]],
  () => [['INCR', `count:${below(SMALL)}`]],
  () => [['HSET', `hash:${below(SMALL)}`, `f${below(60)}`, value()]],
  () => [['HGETALL', `hash:${below(SMALL)}`]],
  () => [
    ['LPUSH', `list:${below(SMALL)}`, value()],
    ['LTRIM', `list:${below(SMALL)}`, 0, 50],
  ],
  () => [['LRANGE', `list:${below(SMALL)}`, 0, 20]],
  () => [['SADD', `set:${below(SMALL)}`, `m${below(300)}`]],
  () => [['ZADD', `zset:${below(SMALL)}`, below(1000), `m${below(300)}`]],
  () => [['ZRANGE', `zset:${below(SMALL)}`, 0, 20]],
  () => [['DEL', key()]],
  () => [['EXPIRE', key(), 30 + below(60)]],
  () => [['EVAL', "return redis.call('get', KEYS[1])", 1, key()]],
  () => [['SCAN', below(2 ** 20), 'COUNT', 20]],
]

/** What is hard to do in pieces. Each leaves as much behind as it found. */
const FEATS: Readonly<Record<string, (connection: RespConnection) => Promise<void>>> = {
  'a large hash comes and goes': (connection) => comesAndGoes(connection, (i) => ['HSET', 'large', `field ${i}`, i]),
  'a large set comes and goes': (connection) => comesAndGoes(connection, (i) => ['SADD', 'large', `member ${i}`]),
  'a large sorted set comes and goes': (connection) =>
    comesAndGoes(connection, (i) => ['ZADD', 'large', below(members), `member ${i}`]),
  'a large list comes and goes': (connection) => comesAndGoes(connection, (i) => ['RPUSH', 'large', `element ${i}`]),
  async 'a large collection is overwritten by a string'(connection) {
    await batches(connection, members, (i) => ['HSET', 'large', `field ${i}`, i])
    await sendAll(connection, [
      ['SET', 'large', 'small'],
      ['DEL', 'large'],
    ])
  },
  async 'many keys expire at once'(connection) {
    const at = Date.now() + 5000
    await batches(connection, members, (i) => ['SET', `burst:${i}`, 'value', 'PXAT', at])
    await sleep(Math.max(0, at - Date.now()) + 3000)
  },
  async 'a database grows and is flushed'(connection) {
    await sendAll(connection, [['SELECT', 1]])
    await batches(connection, 2 * members, (i) => ['SET', `other:${i}`, i])
    await sendAll(connection, [['FLUSHDB'], ['SELECT', 0]])
  },
  async 'many small collections are flushed'(connection) {
    await sendAll(connection, [['SELECT', 1]])
    await batches(connection, members / 10, (i) => ['RPUSH', `other:${i}`, 'a', 'b', 'c'])
    await batches(connection, members / 100, (i) => [
      'SADD',
      `large:${i}`,
      ...Array.from({ length: 200 }, (_, at) => `m${at}`),
    ])
    await sendAll(connection, [['FLUSHDB'], ['SELECT', 0]])
  },
  async 'a table shrinks'(connection) {
    await sendAll(connection, [['SELECT', 1]])
    await batches(connection, members, (i) => ['SET', `other:${i}`, i])
    await batches(connection, members, (i) => ['DEL', `other:${i}`])
    await sendAll(connection, [['SELECT', 0]])
  },
  async 'values of 8 MB'(connection) {
    const huge = Buffer.alloc(8 * 2 ** 20, 'x')
    for (let i = 0; i < 40; i++) await sendAll(connection, [['SET', `huge:${i % 4}`, huge]])
    for (let i = 0; i < 40; i++) await sendAll(connection, [['GET', `huge:${i % 4}`]])
    await batches(connection, 4, (i) => ['DEL', `huge:${i}`])
  },
}

async function comesAndGoes(connection: RespConnection, make: (number: number) => Command): Promise<void> {
  await batches(connection, members, make)
  await sendAll(connection, [['DEL', 'large']])
}

const fill = async (first: number): Promise<void> => {
  const connection = await open()
  await batches(connection, Math.ceil(keys / CONNECTIONS), (i) => ['SET', `key:${first + i * CONNECTIONS}`, value()])
  connection.close()
}
await Promise.all(Array.from({ length: CONNECTIONS }, (_, first) => fill(first)))
tell('filled')

const latencies = new Latencies()
const end = Date.now() + seconds * 1000
async function mixed(): Promise<void> {
  const connection = await open()
  while (Date.now() < end) {
    const commands = (MIX[below(MIX.length)] as (typeof MIX)[number])() // within its length
    const began = performance.now()
    await sendAll(connection, commands)
    latencies.add(performance.now() - began)
  }
  connection.close()
}
async function feats(): Promise<void> {
  const connection = await open()
  while (Date.now() < end) {
    for (const [name, feat] of Object.entries(FEATS)) {
      if (Date.now() >= end) break
      tell({ during: name })
      await feat(connection)
    }
  }
  connection.close()
}
await Promise.all([feats(), ...Array.from({ length: CONNECTIONS }, mixed)])
tell({
  requests: latencies.count,
  p99Ms: latencies.percentile(0.99),
  p999Ms: latencies.percentile(0.999),
  longestMs: latencies.longestMs,
})
process.disconnect()
