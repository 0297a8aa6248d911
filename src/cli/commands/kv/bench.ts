import { type BenchReport, type BenchTarget, runBench } from '../../../kv/bench.ts'
import { memcachedTarget } from '../../../kv/bench-memcached.ts'
import { respTarget } from '../../../kv/resp/bench.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { value } from '../../flags.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { withProgress } from '../../live/progress.ts'
import { usageProblem } from '../../problem.ts'
import { spanOf } from '../../span.ts'
import { kvFlags, whereWord, withKv } from './place.ts'

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, 'p99.9': 0.999 }
const LONGEST_SECONDS = 600
const MOST_CONNECTIONS = 1000
const LARGEST_VALUE = 1 << 20
const MOST_KEYS = 1_000_000

export const kvBench = command({
  summary: 'Put a bounded load on nodes, and tell operations per second and latencies',
  description:
    'Works against any endpoint of Memcached, Redis OSS or Valkey, on AWS too. It stores keys of its own (cachectl-bench:0 and so on), which expire a minute after the run; nodes that are full evict other items for them. One process makes the load: it measures itself too, when the nodes are faster than it.',
  words: { where: whereWord },
  flags: {
    time: value({ summary: 'how long (default 5s, at most 10m)', helpValue: '<duration>', otherwise: 5 }, secondsOf),
    connections: count({
      summary: 'to each node (default 50)',
      helpValue: '<number>',
      least: 1,
      most: MOST_CONNECTIONS,
      otherwise: 50,
    }),
    pipeline: count({
      summary: 'requests on their way on each connection (default 1)',
      helpValue: '<number>',
      least: 1,
      most: 100,
      otherwise: 1,
    }),
    ratio: count({
      summary: 'gets for each set (default 10); 0: sets only',
      helpValue: '<number>',
      least: 0,
      most: 1000,
      otherwise: 10,
    }),
    size: count({
      summary: 'bytes of a value (default 100)',
      helpValue: '<bytes>',
      least: 0,
      most: LARGEST_VALUE,
      otherwise: 100,
    }),
    keys: count({
      summary: 'different keys (default 10000)',
      helpValue: '<number>',
      least: 1,
      most: MOST_KEYS,
      otherwise: 10_000,
    }),
    ...kvFlags,
  },
  forms: {},
  examples: ['kv bench shop --time 10s', 'kv bench localhost:11211 --connections 1 --size 1024'],
  async run({ words, flags, print }) {
    const { connections, pipeline, ratio: getsPerSet, size: valueBytes, keys, time: seconds } = flags
    const load = { connections, pipeline, getsPerSet, valueBytes, keys, seconds }
    const run = <Node>(target: BenchTarget<Node>) => untilInterrupted((signal) => runBench(target, { ...load, signal }))
    const { nodes, report } = await withProgress(`${seconds} s of load on ${words.where}`, () =>
      withKv(words.where, flags, {
        memcached: async (client) => ({ nodes: client.nodes.length, report: await run(memcachedTarget(client)) }),
        resp: async (client) => ({ nodes: client.readers.length, report: await run(respTarget(client)) }),
      }),
    )
    await print.answer({ nodes, ...load, ...viewOf(report) }, textOf)
  },
})

function secondsOf(said: string, argument: string): number {
  const seconds = spanOf(argument, said) / 1000
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return seconds
  throw usageProblem(`argument ${argument}: above 0 and at most ${LONGEST_SECONDS} seconds`)
}

const rounded = (value: number): number => Number(value.toPrecision(3))

function viewOf({ latencies, seconds, ...counts }: BenchReport) {
  const percentiles = Object.entries(PERCENTILES).map(([name, share]) => [name, rounded(latencies.percentile(share))])
  const latencyMs: Record<string, number> = Object.fromEntries([...percentiles, ['max', rounded(latencies.longestMs)]])
  return {
    ...counts,
    measuredSeconds: rounded(seconds),
    operationsPerSecond: Math.round(latencies.count / seconds),
    latencyMs,
  }
}

function textOf(view: ReturnType<typeof viewOf>): string {
  const { operationsPerSecond, measuredSeconds, gets, sets, misses, refused, latencyMs } = view
  const latencies = Object.entries(latencyMs).map(([name, value]) => `${name} ${value}`)
  return [
    `Operations: ${operationsPerSecond}/s for ${measuredSeconds} s (${gets} gets, ${sets} sets; ${misses} misses, ${refused} refused)`,
    `Latency ms: ${latencies.join('  ')}`,
  ].join('\n')
}
