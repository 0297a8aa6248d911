import { meantAmong } from '../../../api/nearest.ts'
import { sparkline } from '../../../diagnose/histogram.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { membersOf } from '../../caches/group-nodes.ts'
import { type FoundSeries, groupSeries, type MetricSeries, metricSeries } from '../../caches/metric-series.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { time } from '../../flag-kinds.ts'
import { type Flags, text, texts, type ValuesOf, value } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { widthOf } from '../../output/display-width.ts'
import { textInParts } from '../../output/human-table.ts'
import type { Column } from '../../output/human-views.ts'
import { quantityText } from '../../output/quantities.ts'
import { absoluteTime } from '../../output/relative-time.ts'
import type { Style } from '../../output/style.ts'
import { absence, Problem, usageProblem } from '../../problem.ts'
import { spanOf } from '../../span.ts'
import { openCloudWatch } from '../../target/cloudwatch-client.ts'
import { nowAt } from '../../target/engine-now.ts'
import { resolveTarget } from '../../target/targets.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount']
/** Most rows of a table when the user asks for no period. */
const ROWS = 30

const timeFlags = {
  since: time({ summary: 'so long ago until now (default 1h)' }),
  'start-time': value({ summary: 'from then; ISO 8601, UTC without a zone', helpValue: '<time>' }, timeOf),
  'end-time': value({ summary: 'until then (default now)', helpValue: '<time>' }, timeOf),
} satisfies Flags

export const metricsOf = command({
  summary: 'Show the CloudWatch metrics of a cluster, replication group or serverless cache',
  description:
    'Of a replication group each member is a column. Without --metric: every metric over the whole time, a node a column. With --metric: its values, a period a line. The local engine takes a sample of every metric at the end of each minute of its clock, and keeps them for a day, through a restart too. It answers GetMetricStatistics, GetMetricData and ListMetrics for aws cloudwatch --endpoint-url, keeps alarms on them (put-metric-alarm), and Prometheus at /metrics with the token in the file metrics-token of its state directory. With --target aws it is CloudWatch that is asked. Exit code 0: there were values; 255: there were none; 254: there is no such cache.',
  words: { cluster: cacheWord('id of the cluster or replication group, or name of the serverless cache') },
  flags: {
    metric: texts({ summary: 'names of metrics: CPUUtilization, GetHits, ...', helpValue: '<name>...' }),
    node: text({
      summary: 'of this node only: 0001 (of a group: a member); all: of the cluster as one',
      helpValue: '<id>',
    }),
    period: value(
      { summary: 'length of a period: 60s, 5m, 1h (a multiple of a minute)', helpValue: '<duration>' },
      secondsOf,
    ),
    statistic: value(
      {
        summary: `${STATISTICS.join(', ')}, or a percentile such as p99 (default: what says most of a metric)`,
        helpValue: '<name>',
      },
      statisticOf,
    ),
    ...timeFlags,
    ...globalFlags,
  },
  forms: {},
  examples: [
    'metrics shop',
    'metrics shop --metric CPUUtilization GetHits --period 5m --since 3h',
    'metrics shop --metric Evictions --statistic Sum --output json',
    'metrics shop --node all',
  ],
  async run({ flags, words, print }) {
    const cluster = words.cluster
    const metrics = flags.metric.flatMap((each) => each.split(','))
    const target = resolveTarget(flags, environment)
    const { start, end } = timesOf(flags, await nowAt(target, flags))
    const period = periodOf(flags.period, end.getTime() - start.getTime(), metrics.length > 0)
    const cloudWatch = await openCloudWatch(target, environment)
    const request = {
      cluster,
      metrics,
      node: flags.node,
      statistic: flags.statistic,
      start,
      end,
      period,
    }
    const own = await metricSeries(cloudWatch, request)
    // Refuses a name that is none; what is there may have no metrics yet.
    const cache = own.known.length === 0 ? await withClient(flags, (client) => findCache(client, cluster)) : undefined
    const members = cache?.group ? membersOf(cache).map(({ id }) => id) : []
    const found = members.length > 0 ? await groupSeries(cloudWatch, members, request) : own
    refuseUnknown(metrics, found, cluster)
    const shown = metrics.length > 0 ? valuesText : overview
    await print.answer({ cluster, start, end, metrics: found.series }, (answer, style) => shown(answer.metrics, style))
  },
})

/** Whole minutes, as samples are; the one that runs has none yet. */
function timesOf(flags: ValuesOf<typeof timeFlags>, now: Date): { start: Date; end: Date } {
  const { since, 'start-time': given, 'end-time': end = now } = flags
  if (since !== undefined && given !== undefined) throw usageProblem('--since, or --start-time: not both.')
  const start = given === undefined ? end.getTime() - (since ?? HOUR_MS) : given.getTime()
  if (start >= end.getTime()) throw usageProblem('The time to begin at must be before the one to end at.')
  return { start: new Date(Math.floor(start / MINUTE_MS) * MINUTE_MS), end }
}

function timeOf(text: string, argument: string): Date {
  const time = new Date(/\d(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`)
  if (!Number.isNaN(time.getTime())) return time
  throw usageProblem(`argument ${argument}: invalid time: '${text}'`, 'ISO 8601, such as 2026-01-31T12:00:00Z.')
}

/** Seconds: what was asked for, else such that a table is not too long; of an overview, everything. */
function periodOf(period: number | undefined, lengthMs: number, isTable: boolean): number {
  const minutes = Math.ceil(lengthMs / MINUTE_MS)
  return period ?? 60 * Math.max(1, isTable ? Math.ceil(minutes / ROWS) : minutes)
}

function secondsOf(said: string, argument: string): number {
  const seconds = spanOf(argument, said) / 1000
  if (seconds >= 60 && seconds % 60 === 0) return seconds
  throw usageProblem(`argument ${argument}: invalid period: '${said}'`, 'A multiple of a minute: 60s, 5m, 1h.')
}

function statisticOf(statistic: string, argument: string): string {
  const name = STATISTICS.find((each) => each.toLowerCase() === statistic.toLowerCase())
  if (name) return name
  const percent = /^p(\d{1,3}(\.\d+)?)$/.exec(statistic)?.[1]
  if (percent !== undefined && Number(percent) <= 100) return statistic
  throw usageProblem(
    `argument ${argument}: invalid choice: '${statistic}' (choose from: ${STATISTICS.join(', ')}, or p0 to p100)`,
  )
}

function refuseUnknown(asked: readonly string[], { known, series }: FoundSeries, cluster: string): void {
  if (known.length === 0) {
    throw new Problem(
      'general',
      `There are no metrics of ${cluster}.`,
      'A sample is taken at the end of every minute in which it runs; `cachectl list` shows what there is.',
    )
  }
  const unknown = asked.filter((name) => !known.some((each) => each.toLowerCase() === name.toLowerCase()))
  if (unknown.length > 0)
    throw absence(
      `There is no metric ${unknown.join(', ')}, or it has no values yet.`,
      meantAmong(unknown[0] ?? '', known, known.length),
    )
  if (series.every(({ datapoints }) => datapoints.length === 0)) {
    throw new Problem(
      'general',
      `There are no values of ${cluster} in that time.`,
      'Look further back with --since 1d.',
    )
  }
}

const columnName = ({ node }: MetricSeries): string => node ?? 'value'

/** A metric a row, a node a column. */
function overview(series: readonly MetricSeries[], style: Style): string {
  const nodes = [...new Set(series.map(columnName))].sort()
  const rows = [...new Set(series.map(({ metric }) => metric))].map((metric) => ({
    metric,
    of: series.filter((each) => each.metric === metric),
  }))
  const columns: Column<(typeof rows)[number]>[] = [
    { head: 'Metric', of: 'metric', long: true },
    { head: 'Statistic', of: ({ of }) => of[0]?.statistic ?? '' },
    ...nodes.map((node) => ({
      head: node,
      of: ({ of }: (typeof rows)[number]) => {
        const one = of.find((each) => columnName(each) === node)
        const value = one?.datapoints.at(-1)?.value
        return one && value !== undefined ? quantityText(value, one.unit) : ''
      },
    })),
  ]
  const told = rows.filter(({ of }) => of.some(({ datapoints }) => datapoints.length > 0))
  return textInParts(columns, 2, told, style)
}

/** The latest values, as many as fit behind the name. */
function trend(name: string, datapoints: MetricSeries['datapoints'], { width, characters }: Style): string {
  const room = Math.max(1, width - widthOf(name) - 1)
  const values = datapoints.map(({ value }) => value).slice(-room)
  return `${name} ${sparkline(values, characters.ticks)}`
}

/** A table for each metric: a period a row, a node a column; below it how it went. */
function valuesText(series: readonly MetricSeries[], style: Style): string {
  const tables = [...new Set(series.map(({ metric }) => metric))].map((metric) => {
    const own = series.filter((each) => each.metric === metric)
    const times = [...new Set(own.flatMap(({ datapoints }) => datapoints.map(({ timestamp }) => timestamp.getTime())))]
    const columns: Column<number>[] = [
      { head: 'Time', of: (time) => absoluteTime(new Date(time)) },
      ...own.map((each) => ({
        head: columnName(each),
        of: (time: number) => {
          const value = each.datapoints.find(({ timestamp }) => timestamp.getTime() === time)?.value
          return value === undefined ? '' : quantityText(value, each.unit)
        },
      })),
    ]
    const { statistic = '', unit = '', period = 0 } = own[0] ?? {}
    const head = style.strong(`${metric}: ${statistic} of each ${period / 60} min, ${unit}`)
    const rows = times.sort((a, b) => a - b)
    const text = textInParts(columns, 1, rows, style)
    const trends = own
      .filter(({ datapoints }) => datapoints.length > 1)
      .map((each) => trend(columnName(each), each.datapoints, style))
    return [head, text, ...trends].join('\n')
  })
  return tables.join('\n\n')
}
