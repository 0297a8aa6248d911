import { Fault } from '../../api/faults.ts'
import { STATISTICS, statisticOf } from '../metrics/statistics.ts'
import { datapoints, find, type MetricsContext, MINUTE_MS, needed, spanOf } from './lookup.ts'
import type { GetMetricStatisticsInput } from './model.ts'

/** A limit of CloudWatch. */
const MOST_DATAPOINTS = 1_440

export function GetMetricStatistics(input: GetMetricStatisticsInput, context: MetricsContext): object {
  const { MetricName, StartTime, EndTime, Period, Unit } = input
  needed({ Namespace: input.Namespace, MetricName, StartTime, EndTime, Period })
  const { Statistics = [], ExtendedStatistics = [] } = input
  refuseUnknownStatistics(Statistics, ExtendedStatistics)
  const span = spanOf(StartTime, EndTime, Period, 'InvalidParameterValue', 'Period')
  const asked = Math.ceil((span.to - span.from) / span.length)
  if (asked > MOST_DATAPOINTS) throw tooMany(asked)
  const metric = find(input, Unit, context)
  const points = metric ? datapoints(metric, span) : []
  return {
    Label: MetricName,
    Datapoints: points.map(({ start, samples }) => ({
      Timestamp: new Date(start * MINUTE_MS),
      ...Object.fromEntries(Statistics.map((name) => [name, computed(name, samples)])),
      ...(ExtendedStatistics.length > 0 && {
        ExtendedStatistics: ExtendedStatistics.map((name) => ({ key: name, value: computed(name, samples) })),
      }),
      Unit: metric?.unit,
    })),
  }
}

function refuseUnknownStatistics(statistics: readonly string[], extended: readonly string[]): void {
  if (statistics.length === 0 && extended.length === 0) {
    throw new Fault('InvalidParameterCombination', 'Must specify either Statistics or ExtendedStatistics.')
  }
  for (const [index, name] of statistics.entries()) {
    if (Object.hasOwn(STATISTICS, name)) continue
    throw new Fault(
      'InvalidParameterValue',
      `The parameter Statistics.member.${index + 1} must be a value in the set [ ${Object.keys(STATISTICS).join(', ')} ].`,
    )
  }
  for (const name of extended) {
    if (Object.hasOwn(STATISTICS, name) || !statisticOf(name)) {
      // CloudWatch knows more (tm90, IQR, PR(:20)); the engine computes percentiles.
      throw new Fault(
        'InvalidParameterValue',
        `The value ${name} for parameter ExtendedStatistics is not a percentile such as p50 or p99.9.`,
      )
    }
  }
}

const tooMany = (asked: number): Fault =>
  new Fault(
    'InvalidParameterCombination',
    `You have requested up to ${asked.toLocaleString('en')} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
  )

const computed = (name: string, samples: readonly number[]): number => statisticOf(name)?.(samples) ?? Number.NaN
