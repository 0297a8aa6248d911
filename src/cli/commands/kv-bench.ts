import { type BenchReport, runBench } from '../../kv/bench.ts'
import { BaseCommand, word } from '../base-command.ts'
import { text } from '../flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { kvFlags, kvPlaceOf, placementOf, timeoutOf, whereWord } from '../kv-place.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { countOf, millisecondsOf } from '../seconds.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, 'p99.9': 0.999 }
const LONGEST_SECONDS = 600
const MOST_CONNECTIONS = 1000
const LARGEST_VALUE = 1 << 20
const MOST_KEYS = 1_000_000

export class KvBench extends BaseCommand {
  static override summary = 'Put a bounded load on nodes, and tell operations per second and latencies'
  static override description =
    'Works against any Memcached endpoint, on AWS too. It stores keys of its own (cachectl-bench:0 and so on), which expire a minute after the run; nodes that are full evict other items for them. One process makes the load: it measures itself too, when the nodes are faster than it.'
  static override args = { where: word(whereWord, { required: true }) }
  static override flags = {
    time: text({ summary: 'how long (default 5s, at most 10m)', helpValue: '<time>' }),
    connections: text({ summary: 'to each node (default 50)', helpValue: '<number>' }),
    pipeline: text({ summary: 'requests on their way on each connection (default 1)', helpValue: '<number>' }),
    ratio: text({ summary: 'gets for each set (default 10); 0: sets only', helpValue: '<number>' }),
    size: text({ summary: 'bytes of a value (default 100)', helpValue: '<bytes>' }),
    keys: text({ summary: 'different keys (default 10000)', helpValue: '<number>' }),
    ...kvFlags,
    ...outputOf('text (default) or json'),
  }
  static override examples = ['kv bench shop --time 10s', 'kv bench localhost:11211 --connections 1 --size 1024']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
    const load = {
      connections: numberOf(flags, 'connections', 50, 1, MOST_CONNECTIONS),
      pipeline: numberOf(flags, 'pipeline', 1, 1, 100),
      getsPerSet: numberOf(flags, 'ratio', 10, 0, 1000),
      valueBytes: numberOf(flags, 'size', 100, 0, LARGEST_VALUE),
      keys: numberOf(flags, 'keys', 10_000, 1, MOST_KEYS),
      seconds: secondsOf(flags),
    }
    const { nodes, tls } = await kvPlaceOf(words[0] as string, flags)
    const kv = { placement: placementOf(flags), timeoutMs: timeoutOf(flags), ...(tls && { tls }) }
    const report = await untilInterrupted((signal) => runBench(nodes, kv, { ...load, signal }))
    printLine(json ? JSON.stringify({ nodes: nodes.length, ...load, ...viewOf(report) }, null, 4) : textOf(report))
  }
}

function numberOf(flags: FlagValues, name: string, otherwise: number, least: number, most: number): number {
  const given = flags[name]
  if (typeof given !== 'string') return otherwise
  const count = countOf(name, given, least)
  if (count <= most) return count
  throw usageProblem(`argument --${name}: at most ${most}`)
}

function secondsOf({ time }: FlagValues): number {
  const seconds = typeof time === 'string' ? millisecondsOf('time', time) / 1000 : 5
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return seconds
  throw usageProblem(`argument --time: above 0 and at most ${LONGEST_SECONDS} seconds`)
}

const rounded = (value: number): number => Number(value.toPrecision(3))

function viewOf({ latencies, seconds, ...counts }: BenchReport) {
  const percentiles = Object.entries(PERCENTILES).map(([name, share]) => [name, rounded(latencies.percentile(share))])
  return {
    ...counts,
    measuredSeconds: rounded(seconds),
    operationsPerSecond: Math.round(latencies.count / seconds),
    latencyMs: { ...Object.fromEntries(percentiles), max: rounded(latencies.longestMs) } as Record<string, number>,
  }
}

function textOf(report: BenchReport): string {
  const { operationsPerSecond, measuredSeconds, gets, sets, misses, refused, latencyMs } = viewOf(report)
  const latencies = Object.entries(latencyMs).map(([name, value]) => `${name} ${value}`)
  return [
    `Operations: ${operationsPerSecond}/s for ${measuredSeconds} s (${gets} gets, ${sets} sets; ${misses} misses, ${refused} refused)`,
    `Latency ms: ${latencies.join('  ')}`,
  ].join('\n')
}
