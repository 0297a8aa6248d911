import { spawnSync } from 'node:child_process'
import { processorSeconds } from './node-servers.ts'
import type { RedisServer } from './redis-servers.ts'

/** Connections of redis-benchmark. */
export const CONNECTIONS = 50
export const KEYS = 100_000
const VALUE_BYTES = 100
// So that a round with pipelines takes about as long as one without.
const MORE_IN_PIPELINES = 4

/** One load of redis-benchmark, and what is wanted beside the server under the same. */
export interface RedisLoad {
  readonly name: string
  /** What redis-benchmark is told. */
  readonly words: readonly string[]
  readonly pipeline: number
  /** Of the usual number of requests. */
  readonly share: number
  /** Of the server's throughput, at least. */
  readonly throughput: number
  /** Of the server's p99, at most; absent: it is not judged. */
  readonly p99?: number
  /** What has to be there before. */
  readonly fill?: readonly string[]
}

const COMMANDS = ['get', 'set', 'incr', 'lpush', 'hset', 'zadd'] as const
const MEMBERS = Array.from({ length: 100 }, (_, number) => `member ${number}`)
// Of commands that do the work of a hundred: enough to tell.
const FEW = 0.4

const titled = (test: string, pipeline: number): string => `${test.toUpperCase()}, -P ${pipeline}`

/** What issue and README promise. */
export const REDIS_LOADS: readonly RedisLoad[] = [
  ...COMMANDS.map((test) => ({
    name: titled(test, 1),
    words: ['-t', test],
    pipeline: 1,
    share: 1,
    throughput: 0.9,
    p99: 1.3,
  })),
  { name: 'MSET of 10, -P 1', words: ['-t', 'mset'], pipeline: 1, share: FEW, throughput: 0.8, p99: 1.3 },
  ...COMMANDS.map((test) => ({
    name: titled(test, 16),
    words: ['-t', test],
    pipeline: 16,
    share: 1,
    throughput: test === 'zadd' ? 0.7 : 0.8,
  })),
  { name: 'MSET of 10, -P 16', words: ['-t', 'mset'], pipeline: 16, share: FEW / 2, throughput: 0.8 },
  { name: 'LRANGE of 100', words: ['-t', 'lrange_100'], pipeline: 1, share: FEW, throughput: 0.8 },
  {
    name: 'SMEMBERS of 100',
    words: ['SMEMBERS', 'members'],
    pipeline: 1,
    share: FEW,
    throughput: 0.8,
    fill: ['SADD', 'members', ...MEMBERS],
  },
  {
    name: 'EVAL of a GET',
    words: ['EVAL', "return redis.call('get', KEYS[1])", '1', 'key'],
    pipeline: 1,
    share: FEW,
    throughput: 0.3,
    fill: ['SET', 'key', 'value'],
  },
]

/** What one round showed. */
export interface RedisReading {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p99: number
  /** Microseconds of processor time for a request. */
  readonly time: number
}

/** Puts one round of a load on a server: as many requests as its share of `requests`. */
export function measure({ port, pid }: RedisServer, load: RedisLoad, requests: number): RedisReading {
  const { words, pipeline, share } = load
  const all = Math.round(requests * share * (pipeline > 1 ? MORE_IN_PIPELINES : 1))
  const own = { p: port, c: CONNECTIONS, n: all, P: pipeline, d: VALUE_BYTES, r: KEYS }
  const options = Object.entries(own).flatMap(([name, value]) => [`-${name}`, String(value)])
  const before = processorSeconds(pid)
  const { stdout } = spawnSync('redis-benchmark', [...options, '--csv', ...words], { encoding: 'utf8' })
  const time = ((processorSeconds(pid) - before) / all) * 1e6
  // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
  const [, perSecond, , , , , p99] = (stdout.trim().split('\n').at(-1) ?? '').split('","').map(Number)
  if (perSecond === undefined || p99 === undefined) throw new Error(`redis-benchmark said: ${stdout}`)
  return { perSecond, p99, time }
}
