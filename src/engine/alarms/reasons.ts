/** How CloudWatch words why an alarm is in a state, as its notifications and histories print it. Pure. */
import type { AlarmComparison, AlarmRecord } from '../store/records.ts'

/** A datapoint that was looked at. */
export interface Evaluated {
  /** Start of its period, milliseconds since the epoch. */
  readonly start: number
  readonly value: number
  /** Samples in it. */
  readonly count: number
  readonly isBreaching: boolean
}

/** What the words of an alarm are made of. */
export type WordedRule = Pick<
  AlarmRecord,
  | 'statistic'
  | 'period'
  | 'unit'
  | 'evaluationPeriods'
  | 'datapointsToAlarm'
  | 'threshold'
  | 'comparisonOperator'
  | 'treatMissingData'
>

/** Datapoints that are told at most: StateReason holds 1,023 characters, StateReasonData 4,000. */
const MOST_TOLD = 15

export const INITIAL_REASON = 'Unchecked: Initial alarm creation'

const COMPARED: Readonly<Record<AlarmComparison, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
}

const TREATED = {
  missing: 'Missing',
  ignore: 'Ignored',
  breaching: 'Breaching',
  notBreaching: 'NonBreaching',
} as const

/** `Insufficient Data: 3 datapoints were unknown.` */
export const insufficientReason = (missing: number): string =>
  `Insufficient Data: ${were(missing, 'datapoint')} unknown.`

/**
 * `Threshold Crossed: 1 datapoint [99.0 (28/11/26 12:34:00)] was greater than the threshold (90.0).`, and with
 * DatapointsToAlarm `3 out of the last 5 datapoints [...] were ... (minimum 3 datapoints for OK -> ALARM transition).` Those of
 * the datapoints are named that made it so.
 * @param missing How many of the periods evaluated had none.
 */
export function thresholdReason(
  rule: WordedRule,
  state: 'OK' | 'ALARM',
  evaluated: readonly Evaluated[],
  missing: number,
): string {
  const { evaluationPeriods, datapointsToAlarm, threshold, comparisonOperator, treatMissingData = 'missing' } = rule
  const told = evaluated.filter(({ isBreaching }) => isBreaching === (state === 'ALARM'))
  const filled = missing > 0 ? `${were(missing, 'missing datapoint')} treated as [${TREATED[treatMissingData]}]` : ''
  if (told.length === 0) {
    const periods = missing === 1 ? '1 period' : `${missing} periods`
    return `Threshold Crossed: no datapoints were received for ${periods} and ${filled}.`
  }
  const named = `[${told
    .slice(0, MOST_TOLD)
    .map(({ value, start }) => `${double(value)} (${shortDate(start)})`)
    .join(', ')}]`
  const counted =
    datapointsToAlarm === undefined
      ? `${told.length} ${told.length === 1 ? 'datapoint' : 'datapoints'} ${named}`
      : `${told.length} out of the last ${evaluationPeriods} datapoints ${named}`
  const verb = `${told.length === 1 ? 'was' : 'were'}${state === 'ALARM' ? '' : ' not'}`
  const compared = `${verb} ${COMPARED[comparisonOperator]} the threshold (${double(threshold)})`
  const least = datapointsToAlarm === undefined ? '' : ` (${leastFor(state, evaluationPeriods, datapointsToAlarm)})`
  return `Threshold Crossed: ${counted} ${compared}${filled && ` and ${filled}`}${least}.`
}

function leastFor(state: 'OK' | 'ALARM', periods: number, toAlarm: number): string {
  const least = state === 'ALARM' ? toAlarm : periods - toAlarm + 1
  const way = state === 'ALARM' ? 'OK -> ALARM' : 'ALARM -> OK'
  return `minimum ${least} ${least === 1 ? 'datapoint' : 'datapoints'} for ${way} transition`
}

const were = (count: number, what: string): string => (count === 1 ? `1 ${what} was` : `${count} ${what}s were`)

/** The JSON of StateReasonData. */
export function reasonData(rule: WordedRule, newestFirst: readonly Evaluated[], now: number): string {
  const { unit, statistic, period, threshold } = rule
  const oldest = newestFirst.at(-1)
  const recent = newestFirst.slice(0, MOST_TOLD)
  return JSON.stringify({
    version: '1.0',
    queryDate: longDate(now),
    ...(oldest && { startDate: longDate(oldest.start) }),
    ...(unit !== undefined && { unit }),
    statistic,
    period,
    recentDatapoints: recent.map(({ value }) => value).reverse(),
    threshold,
    evaluatedDatapoints: recent.map(({ start, count, value }) => ({
      timestamp: longDate(start),
      sampleCount: count,
      value,
    })),
  })
}

/** `2026-11-28T12:34:00.000+0000` */
export const longDate = (time: number): string => new Date(time).toISOString().replace('Z', '+0000')

/** `28/11/26 12:34:00` */
function shortDate(time: number): string {
  const [, year, month, day, clock] = /^..(..)-(..)-(..)T(.{8})/.exec(new Date(time).toISOString()) ?? []
  return `${day}/${month}/${year} ${clock}`
}

/** As Java prints a double: `99.0`, `1.048576E8`. */
export function double(value: number): string {
  const size = Math.abs(value)
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
