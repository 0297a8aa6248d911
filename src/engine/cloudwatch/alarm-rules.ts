/**
 * What CloudWatch takes of an alarm, and what the engine does of that. Lengths and counts are those of the API model; texts of
 * constraints are the service's, others our own where its are not known.
 */

import { Fault } from '../../api/faults.ts'
import { readTopic } from '../calls/topics.ts'
import { statisticOf } from '../metrics/statistics.ts'
import type { AlarmComparison, AlarmRecord, MissingDataTreatment } from '../store/records.ts'
import type { PutMetricAlarmInput } from './alarm-model.ts'

const DAY_SECONDS = 86_400

interface Limits {
  readonly least: number
  readonly most: number
}

/** Characters of strings, items of lists, and values of numbers. */
const LIMITS: Readonly<Record<string, Limits>> = {
  AlarmName: { least: 1, most: 255 },
  AlarmNamePrefix: { least: 1, most: 255 },
  AlarmDescription: { least: 0, most: 1024 },
  ActionPrefix: { least: 1, most: 1024 },
  MetricName: { least: 1, most: 255 },
  Namespace: { least: 1, most: 255 },
  StateReason: { least: 0, most: 1023 },
  StateReasonData: { least: 0, most: 4000 },
  ResourceARN: { least: 1, most: 1024 },
  AlarmNames: { least: 0, most: 100 },
  OKActions: { least: 0, most: 5 },
  AlarmActions: { least: 0, most: 5 },
  InsufficientDataActions: { least: 0, most: 5 },
  Dimensions: { least: 0, most: 30 },
  Tags: { least: 0, most: 50 },
  Period: { least: 1, most: Number.POSITIVE_INFINITY },
  EvaluationPeriods: { least: 1, most: Number.POSITIVE_INFINITY },
  DatapointsToAlarm: { least: 1, most: Number.POSITIVE_INFINITY },
  MaxRecords: { least: 1, most: 100 },
}

/** Refuses members that are longer, shorter, more or less than the API model allows. */
export function refuseOutOfBounds(input: object): void {
  for (const [name, value] of Object.entries(input)) {
    const limits = LIMITS[name]
    if (!limits) continue
    if (typeof value === 'number') refuseUnless('have value', name, value, value, limits)
    else if (typeof value === 'string') refuseUnless('have length', name, value, [...value].length, limits)
    else if (Array.isArray(value)) refuseUnless('have length', name, `[${value.join(', ')}]`, value.length, limits)
  }
}

function refuseUnless(must: string, name: string, value: unknown, size: number, { least, most }: Limits): void {
  if (size < least) throw invalid(name, value, `Member must ${must} greater than or equal to ${least}`)
  if (size > most) throw invalid(name, value, `Member must ${must} less than or equal to ${most}`)
}

const invalid = (name: string, value: unknown, constraint: string): Fault =>
  new Fault(
    'ValidationError',
    `1 validation error detected: Value '${String(value).slice(0, 300)}' at '${camelCase(name)}' failed to satisfy constraint: ${constraint}`,
  )

const camelCase = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** Refuses what the API model requires and is not there. */
export function refuseMissing(members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) continue
    throw new Fault(
      'ValidationError',
      `1 validation error detected: Value null at '${camelCase(name)}' failed to satisfy constraint: Member must not be null`,
    )
  }
}

/** The alarm that is asked for, without its state. */
export function readAlarm(
  input: PutMetricAlarmInput,
  region: string,
): Omit<
  AlarmRecord,
  'tags' | 'configuredAt' | 'state' | 'stateReason' | 'stateReasonData' | 'stateUpdatedAt' | 'transitionedAt'
> {
  refuseMissing({ AlarmName: input.AlarmName })
  refuseOutOfBounds(input)
  refuseUndone(input)
  const { AlarmName = '', MetricName, Namespace, Period, EvaluationPeriods, Threshold, ComparisonOperator } = input
  if (/[\0-\x1f\x7f]/.test(AlarmName)) {
    throw invalid('AlarmName', JSON.stringify(AlarmName), 'Member must not contain ASCII control characters')
  }
  const needed = { MetricName, Namespace, Period, EvaluationPeriods, Threshold, ComparisonOperator }
  for (const [name, value] of Object.entries(needed)) {
    if (value === undefined) throw new Fault('ValidationError', `${name} must not be null`)
  }
  if (Namespace?.startsWith(':'))
    throw invalid('Namespace', Namespace, 'Member must satisfy regular expression pattern: [^:].*')
  const period = readPeriod(input)
  const { AlarmDescription, DatapointsToAlarm, Unit } = input
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > (EvaluationPeriods ?? 0)) {
    throw new Fault('ValidationError', 'DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  }
  return {
    region,
    id: AlarmName,
    ...(AlarmDescription !== undefined && { description: AlarmDescription }),
    actionsEnabled: input.ActionsEnabled ?? true,
    actions: {
      OK: readTopics(input.OKActions, region),
      ALARM: readTopics(input.AlarmActions, region),
      INSUFFICIENT_DATA: readTopics(input.InsufficientDataActions, region),
    },
    namespace: Namespace ?? '',
    metricName: MetricName ?? '',
    dimensions: readDimensions(input.Dimensions),
    statistic: readStatistic(input),
    period,
    ...(Unit !== undefined && { unit: Unit }),
    evaluationPeriods: EvaluationPeriods ?? 1,
    ...(DatapointsToAlarm !== undefined && { datapointsToAlarm: DatapointsToAlarm }),
    threshold: Threshold ?? 0,
    comparisonOperator: ComparisonOperator as AlarmComparison, // those with bands are refused above
    ...readTreatments(input),
  }
}

/** What CloudWatch does and the engine does not, by its name. */
function refuseUndone(input: PutMetricAlarmInput): void {
  const { Metrics, ThresholdMetricId, ComparisonOperator = '', EvaluationCriteria, EvaluationInterval } = input
  const refuse = (what: string, member: string) => {
    throw new Fault('UnsupportedOperation', `The local engine has no alarms on ${what} (${member}).`)
  }
  if (ThresholdMetricId !== undefined) refuse('anomaly detection models', 'ThresholdMetricId')
  if (/Lower|Upper/.test(ComparisonOperator))
    refuse('anomaly detection models', `ComparisonOperator ${ComparisonOperator}`)
  if (EvaluationCriteria !== undefined) refuse('PromQL queries', 'EvaluationCriteria')
  if (EvaluationInterval !== undefined) refuse('PromQL queries', 'EvaluationInterval')
  if (Metrics && Metrics.length > 0) refuse('metric math expressions', 'Metrics; name one metric with MetricName')
}

/** Seconds. */
function readPeriod({ Period: period = 0, EvaluationPeriods: periods = 1 }: PutMetricAlarmInput): number {
  if (![10, 20, 30].includes(period) && period % 60 !== 0) {
    throw new Fault('ValidationError', 'Period must be 10, 20, 30 or a multiple of 60')
  }
  const isLong = period >= 3600
  if (period * periods > (isLong ? 7 * DAY_SECONDS : DAY_SECONDS)) {
    throw new Fault(
      'ValidationError',
      isLong
        ? 'Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800).'
        : 'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).',
    )
  }
  if (period < 60) {
    throw new Fault(
      'UnsupportedOperation',
      `The local engine has a sample of a metric a minute, and no alarms with a Period of ${period}.`,
    )
  }
  if (period * periods > DAY_SECONDS) {
    throw new Fault(
      'UnsupportedOperation',
      'The local engine keeps metrics for a day: EvaluationPeriods * Period must be <= 86400.',
    )
  }
  return period
}

/** The other statistics that CloudWatch has: trimmed and winsorized means, counts and sums between bounds. */
const OTHER_STATISTICS = /^(tm|tc|ts|wm)\d|^IQM$|^(PR|TM|TC|TS|WM)\(.*\)$/i

function readStatistic({ Statistic, ExtendedStatistic }: PutMetricAlarmInput): string {
  if (Statistic !== undefined && ExtendedStatistic !== undefined) {
    throw new Fault('InvalidParameterCombination', 'Statistic and ExtendedStatistic must not both be set.')
  }
  if (Statistic !== undefined) return Statistic
  if (ExtendedStatistic === undefined) {
    throw new Fault('ValidationError', 'Statistic or ExtendedStatistic must not be null')
  }
  if (/^p/.test(ExtendedStatistic) && statisticOf(ExtendedStatistic)) return ExtendedStatistic
  if (OTHER_STATISTICS.test(ExtendedStatistic)) {
    throw new Fault(
      'UnsupportedOperation',
      `The local engine computes percentiles such as p99, and no ${ExtendedStatistic} (ExtendedStatistic).`,
    )
  }
  throw new Fault('ValidationError', `The value ${ExtendedStatistic} for parameter ExtendedStatistic is not supported.`)
}

const TREATMENTS: readonly MissingDataTreatment[] = ['breaching', 'notBreaching', 'ignore', 'missing']

function readTreatments({
  TreatMissingData,
  EvaluateLowSampleCountPercentile,
}: PutMetricAlarmInput): Pick<AlarmRecord, 'treatMissingData' | 'evaluateLowSampleCountPercentile'> {
  const treatMissingData = TREATMENTS.find((each) => each === TreatMissingData)
  if (TreatMissingData !== undefined && treatMissingData === undefined) {
    throw new Fault(
      'ValidationError',
      `${TreatMissingData} is not a valid value for TreatMissingData: [${TREATMENTS.join(', ')}]`,
    )
  }
  const low = EvaluateLowSampleCountPercentile
  if (low !== undefined && low !== 'evaluate' && low !== 'ignore') {
    throw new Fault(
      'ValidationError',
      `${low} is not a valid value for EvaluateLowSampleCountPercentile: [evaluate, ignore]`,
    )
  }
  return {
    ...(treatMissingData !== undefined && { treatMissingData }),
    ...(low !== undefined && { evaluateLowSampleCountPercentile: low }),
  }
}

export function readDimensions(given: PutMetricAlarmInput['Dimensions'] = []): { Name: string; Value: string }[] {
  const read = given.map(({ Name, Value }, index) => {
    const at = `Dimensions.${index + 1}.member`
    refuseMissing({ [`${at}.name`]: Name, [`${at}.value`]: Value })
    return { Name: Name ?? '', Value: Value ?? '' }
  })
  if (new Set(read.map(({ Name }) => Name)).size === read.length) return read
  throw new Fault('ValidationError', 'No more than one value of a dimension may be given.')
}

/** Topics of SNS, of the region; of any account, for a topic may let another in. */
function readTopics(arns: readonly string[] = [], region: string): readonly string[] {
  for (const arn of arns) {
    const [, service = '', place = ''] = /^arn:aws[\w-]*:([\w-]+):([\w-]*):[^:]*:.+$/.exec(arn) ?? []
    if (service === '') throw new Fault('ValidationError', `Invalid arn syntax: ${arn}`)
    if (service !== 'sns') {
      throw new Fault(
        'UnsupportedOperation',
        `The local engine tells topics of SNS of an alarm, and carries out no action of ${service}: ${arn}`,
      )
    }
    if (!readTopic(arn)) throw new Fault('ValidationError', `Invalid arn syntax: ${arn}`)
    if (place !== region) {
      throw new Fault('ValidationError', `Invalid region ${place} specified. Only ${region} is supported.`)
    }
  }
  return [...new Set(arns)]
}
