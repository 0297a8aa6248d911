import type { Client } from '../client.ts'
import { latencyOf, topOf } from '../latency.ts'
import { beginMonitoring } from '../monitor.ts'
import type { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import { slowLogOf } from '../slowlog.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'

const BAD_COUNT = refusal('ERR count should be greater than or equal to -1')
const NOT_IN_SCRIPTS = refusal('ERR MONITOR is not allowed for deny blocking clients')

/** MONITOR, SLOWLOG and LATENCY. */
export const WATCHING: readonly Row[] = [
  { name: 'monitor', run: monitor },
  { name: 'slowlog' },
  { name: 'slowlog|get', run: slowlogGet },
  { name: 'slowlog|len', run: ({ core, replies }) => replies.integer(slowLogOf(core).entries.length) },
  { name: 'slowlog|reset', run: slowlogReset },
  helpOf('slowlog'),
  { name: 'latency' },
  { name: 'latency|latest', run: latencyLatest },
  { name: 'latency|history', run: latencyHistory },
  { name: 'latency|reset', run: latencyReset },
  { name: 'latency|histogram', run: latencyHistogram },
  { name: 'latency|doctor', run: latencyDoctor },
  { name: 'latency|graph', run: latencyGraph },
  helpOf('latency'),
]

function monitor(client: Client): void {
  if (client.denyBlocking) throw NOT_IN_SCRIPTS
  if (!client.monitoring) beginMonitoring(client)
  client.replies.ok()
}

const DEFAULT_ENTRIES = 10

function slowlogGet({ core, replies }: Client, args: Args): void {
  const { entries } = slowLogOf(core)
  let count = DEFAULT_ENTRIES
  if (args.count === 3) {
    count = args.integer(2, BAD_COUNT)
    if (count < -1) throw BAD_COUNT
    if (count === -1) count = entries.length
  }
  const shown = entries.slice(0, count)
  replies.array(shown.length)
  for (const { id, seconds, microseconds, words, address, clientName } of shown) {
    replies.array(6)
    replies.integer(id)
    replies.integer(seconds)
    replies.integer(microseconds)
    replies.array(words.length)
    for (const word of words) replies.bulkBytes(word)
    replies.bulkText(address)
    replies.bulkText(clientName)
  }
}

function slowlogReset({ core, replies }: Client): void {
  slowLogOf(core).entries = []
  replies.ok()
}

function latencyLatest({ core, replies }: Client): void {
  const { events } = latencyOf(core)
  replies.array(events.size)
  for (const [event, { samples, most }] of events) {
    const last = samples.at(-1)
    replies.array(4)
    replies.bulkText(event)
    replies.integer(last?.at ?? 0)
    replies.integer(last?.ms ?? 0)
    replies.integer(most)
  }
}

function latencyHistory({ core, replies }: Client, args: Args): void {
  const samples = latencyOf(core).events.get(args.text(2))?.samples ?? []
  replies.array(samples.length)
  for (const { at, ms } of samples) {
    replies.array(2)
    replies.integer(at)
    replies.integer(ms)
  }
}

function latencyReset({ core, replies }: Client, args: Args): void {
  const { events } = latencyOf(core)
  if (args.count === 2) {
    replies.integer(events.size)
    events.clear()
    return
  }
  let reset = 0
  for (let i = 2; i < args.count; i++) if (events.delete(args.text(i))) reset++
  replies.integer(reset)
}

/** Calls by microseconds that they stayed below, in powers of two. */
function latencyHistogram({ core, replies }: Client, args: Args): void {
  const asked =
    args.count === 2
      ? undefined
      : new Set(Array.from({ length: args.count - 2 }, (_, i) => args.text(i + 2).toLowerCase()))
  const commands = [...core.commands.all()].filter(({ name, histogram, parent }) => {
    if (histogram === undefined || histogram.size === 0) return false
    return asked === undefined || asked.has(name) || (parent !== undefined && asked.has(parent.name))
  })
  replies.map(commands.length)
  for (const { name, calls, histogram = new Map<number, number>() } of commands) {
    const powers = new Map<number, number>()
    for (const [bucket, count] of histogram) {
      const power = 2 ** Math.ceil(Math.log2(Math.max(1, topOf(bucket))))
      powers.set(power, (powers.get(power) ?? 0) + count)
    }
    const shown = [...powers].sort(([a], [b]) => a - b)
    replies.bulkText(name)
    replies.map(2)
    replies.bulkText('calls')
    replies.integer(calls)
    replies.bulkText('histogram_usec')
    replies.map(shown.length)
    let sum = 0
    for (const [power, count] of shown) {
      sum += count
      replies.integer(power)
      replies.integer(sum)
    }
  }
}

function latencyDoctor({ core, replies }: Client): void {
  const { events } = latencyOf(core)
  if (core.config.settings.latencyThreshold === 0) {
    replies.verbatim(
      "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n",
    )
    return
  }
  if (events.size === 0) {
    replies.verbatim(
      'Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n',
    )
    return
  }
  const lines = [...events].map(([event, { samples, most }], at) => {
    const mean = samples.reduce((sum, { ms }) => sum + ms, 0) / samples.length
    return `${at + 1}. ${event}: ${samples.length} latency spikes (average ${Math.round(mean)}ms). Worst all time event ${most}ms.\n`
  })
  replies.verbatim(`Dave, I have observed latency spikes in this Redis instance.\n\n${lines.join('')}`)
}

const ROWS_OF_GRAPH = 4

function latencyGraph({ core, replies }: Client, args: Args): void {
  const event = args.text(2)
  const series = latencyOf(core).events.get(event)
  if (series === undefined) throw refusal(`ERR No samples available for event '${args.shown(2)}'`)
  const { samples, most } = series
  const low = Math.min(...samples.map(({ ms }) => ms))
  const latest = samples.at(-1)?.ms ?? 0
  const heights = samples.map(({ ms }) => (most === low ? 1 : Math.ceil(((ms - low) / (most - low)) * ROWS_OF_GRAPH)))
  const rows = Array.from({ length: ROWS_OF_GRAPH }, (_, row) => {
    const level = ROWS_OF_GRAPH - row
    return heights
      .map((height) => (height >= level ? '#' : ' '))
      .join('')
      .trimEnd()
  })
  replies.verbatim(
    `${event} - high ${most} ms, low ${low} ms (all time high ${most} ms), last ${latest} ms\n${'-'.repeat(80)}\n${rows.join('\n')}\n`,
  )
}
