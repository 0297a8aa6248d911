/**
 * Which state an alarm is in, from its datapoints (CloudWatch's guide, "Evaluating an alarm" and "Configuring how alarms
 * treat missing data"). Pure.
 */
import { statisticOf } from '../metrics/statistics.ts'
import type { AlarmComparison, AlarmRecord, AlarmState } from '../store/records.ts'
import { type Evaluated, insufficientReason, reasonData, thresholdReason, type WordedRule } from './reasons.ts'

/** What an alarm goes by, without the state it is in. */
export type AlarmRule = WordedRule & Pick<AlarmRecord, 'evaluateLowSampleCountPercentile'>

/** One period, with the samples there are in it. */
export interface Period {
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly samples: readonly number[]
}

export interface Verdict {
  readonly state: AlarmState
  readonly reason: string
  /** JSON. */
  readonly reasonData: string
}

/**
 * How many periods are looked at: "a higher number of data points than the number specified as Evaluation Periods". How many
 * more is not documented; in the guide's examples it is two.
 */
export const periodsLookedAt = ({ evaluationPeriods }: Pick<AlarmRule, 'evaluationPeriods'>): number =>
  evaluationPeriods + 2

/**
 * The state that the periods bring an alarm into, or undefined: it stays in the one it is in.
 * @param before The state it is in.
 * @param periods As many as {@link periodsLookedAt} says, the newest first.
 * @param now Milliseconds since the epoch.
 */
export function evaluate(
  rule: AlarmRule,
  before: AlarmState,
  periods: readonly Period[],
  now: number,
): Verdict | undefined {
  const statistic = statisticOf(rule.statistic)
  if (!statistic) throw new Error(`an alarm goes by ${rule.statistic}, which is no statistic`)
  const real = periods
    .map(({ start, samples }, age) => ({ start, samples, age }))
    .filter(({ samples }) => samples.length > 0)
    // Real datapoints are taken before missing ones, also from farther back.
    .slice(0, rule.evaluationPeriods)
    .map(({ start, samples, age }) => {
      const value = statistic(samples)
      return { start, value, age, count: samples.length, isBreaching: breaches(rule, value) }
    })
  if (isInsignificant(rule, real)) return undefined
  const state = stateOf(rule, real)
  // The words cost more than the judgement, and most minutes change nothing.
  if (state === undefined || state === before) return undefined
  const missing = rule.evaluationPeriods - real.length
  const words =
    state === 'INSUFFICIENT_DATA' ? insufficientReason(missing) : thresholdReason(rule, state, real, missing)
  return { state, reason: words, reasonData: reasonData(rule, real, now) }
}

function stateOf(rule: AlarmRule, real: readonly (Evaluated & { age: number })[]): AlarmState | undefined {
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods, treatMissingData = 'missing' } = rule
  const missing = evaluationPeriods - real.length
  const breaching = real.filter(({ isBreaching }) => isBreaching)
  if (breaching.length >= datapointsToAlarm) return 'ALARM'
  if (treatMissingData === 'breaching') return breaching.length + missing >= datapointsToAlarm ? 'ALARM' : 'OK'
  if (missing === 0 || treatMissingData === 'notBreaching' || breaching.length < real.length) return 'OK'
  // From here on some are missing, and those that are there are breaching, if there are any.
  const oldest = breaching.at(-1)
  if (treatMissingData === 'ignore') return undefined
  if (!oldest) return 'INSUFFICIENT_DATA'
  // "When the oldest available breaching datapoint is at least as old as the value of Datapoints to Alarm, and all other more
  // recent data points are breaching or missing." A younger one alone does not say yet what the next one may.
  return oldest.age + 1 >= datapointsToAlarm ? 'ALARM' : undefined
}

const COMPARISONS: Readonly<Record<AlarmComparison, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
}

const breaches = ({ comparisonOperator, threshold }: AlarmRule, value: number): boolean =>
  COMPARISONS[comparisonOperator](value, threshold)

/** CloudWatch's guide, "Percentile-based alarms and low data samples": 10/(1-p) samples are few above the median, 10/p below. */
function isInsignificant(
  { statistic, evaluateLowSampleCountPercentile }: AlarmRule,
  real: readonly Evaluated[],
): boolean {
  const percent = Number(/^p(.+)$/.exec(statistic)?.[1] ?? Number.NaN)
  if (evaluateLowSampleCountPercentile !== 'ignore' || Number.isNaN(percent)) return false
  const least = 1000 / Math.min(percent, 100 - percent)
  return real.some(({ count }) => count < least)
}
