import { FAST } from './commands/command.ts'
import type { Core } from './core.ts'
import type { Line } from './info/section.ts'

interface Sample {
  readonly at: number
  ms: number
}

interface Series {
  readonly samples: Sample[]
  most: number
}

// As redis keeps them.
const SAMPLES = 160
const MICROSECONDS = 1000
const NANOSECONDS = 1000
// Of latencies by command: two significant digits of a histogram, which is exact enough for its percentiles.
const BUCKETS_PER_DOUBLING = 128

/** LATENCY: when something took longer than `latency-monitor-threshold`, by event. */
export class LatencyMonitor {
  readonly events = new Map<string, Series>()
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  note(event: string, ms: number): void {
    const { latencyThreshold } = this.#core.config.settings
    const whole = Math.floor(ms)
    if (latencyThreshold === 0 || whole < latencyThreshold) return
    const at = Math.floor(this.#core.keyspace.now / 1000)
    const series = this.events.get(event) ?? { samples: [], most: 0 }
    this.events.set(event, series)
    series.most = Math.max(series.most, whole)
    const last = series.samples.at(-1)
    if (last?.at === at) last.ms = Math.max(last.ms, whole)
    else series.samples.push({ at, ms: whole })
    if (series.samples.length > SAMPLES) series.samples.shift()
  }
}

/** Puts a number of microseconds where those of about its size are counted. */
const bucketOf = (microseconds: number): number => {
  const value = Math.max(1, microseconds)
  const power = Math.floor(Math.log2(value))
  return power * BUCKETS_PER_DOUBLING + Math.floor((value / 2 ** power - 1) * BUCKETS_PER_DOUBLING)
}

/** The most that is counted in a bucket, in microseconds. */
export function topOf(bucket: number): number {
  const power = Math.floor(bucket / BUCKETS_PER_DOUBLING)
  return 2 ** power * (1 + ((bucket % BUCKETS_PER_DOUBLING) + 1) / BUCKETS_PER_DOUBLING) - 1 / NANOSECONDS
}

/** Microseconds below which so many percent of the calls of a histogram stay. */
function percentileOf(histogram: ReadonlyMap<number, number>, percent: number): number {
  const buckets = [...histogram].sort(([a], [b]) => a - b)
  const all = buckets.reduce((sum, [, count]) => sum + count, 0)
  let left = Math.max(1, Math.ceil((percent / 100) * all))
  for (const [bucket, count] of buckets) {
    left -= count
    if (left <= 0) return topOf(bucket)
  }
  return 0
}

const monitors = new WeakMap<Core, LatencyMonitor>()

/** The monitor of a node. */
export const latencyOf = (core: Core): LatencyMonitor => monitors.get(core) as LatencyMonitor // started with it

/** Starts the monitor of a node, and the histograms of its commands. */
export function startLatency(core: Core): void {
  const monitor = new LatencyMonitor(core)
  monitors.set(core, monitor)
  core.timers.push((_client, command, _args, ms) => {
    monitor.note((command.flags & FAST) !== 0 ? 'fast-command' : 'command', ms)
    if (!core.config.settings.latencyTracking) return
    command.histogram ??= new Map()
    const bucket = bucketOf(ms * MICROSECONDS)
    command.histogram.set(bucket, (command.histogram.get(bucket) ?? 0) + 1)
  })
  core.noteLatency = (event, ms) => monitor.note(event, ms)
  core.tell('latencystats', () => latencyLines(core))
}

function latencyLines(core: Core): Line[] {
  const { latencyTracking, latencyPercentiles } = core.config.settings
  if (!latencyTracking) return []
  const percents = latencyPercentiles.split(' ').filter(Boolean).map(Number)
  return [...core.commands.all()].flatMap(({ name, histogram }): Line[] => {
    if (histogram === undefined || histogram.size === 0) return []
    const shown = percents.map((percent) => `p${percent}=${percentileOf(histogram, percent).toFixed(3)}`)
    return [[`latency_percentiles_usec_${name}`, shown.join(',')]]
  })
}
