import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AlarmRule,
  evaluate,
  type Period,
  periodsLookedAt,
  type Verdict,
} from '../../../src/engine/alarms/evaluate.ts'
import { double } from '../../../src/engine/alarms/reasons.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2031, 0, 1, 12)

const rule = (more: Partial<AlarmRule> = {}): AlarmRule => ({
  statistic: 'Average',
  period: 60,
  evaluationPeriods: 3,
  threshold: 1,
  comparisonOperator: 'GreaterThanThreshold',
  ...more,
})

/** As CloudWatch's guide writes them, the oldest first: `0` within the threshold, `X` beyond, `-` missing. */
const periods = (text: string): Period[] =>
  text
    .split(' ')
    .reverse()
    .map((each, age) => ({
      start: NOW - (age + 1) * MINUTE,
      samples: each === '-' ? [] : [each === 'X' ? 5 : Number(each)],
    }))

/** Of an alarm in any state before. */
function verdictOf(of: AlarmRule, given: readonly Period[]): Verdict | undefined {
  const verdicts = (['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const).map((before) => ({
    before,
    verdict: evaluate(of, before, given, NOW),
  }))
  const verdict = verdicts.find((each) => each.verdict)?.verdict
  // It says the same of each, but for the state that is the same.
  for (const each of verdicts) expect(each.verdict).toEqual(each.before === verdict?.state ? undefined : verdict)
  return verdict
}

const stateOf = (more: Partial<AlarmRule>, text: string): string =>
  verdictOf(rule(more), periods(text))?.state ?? 'as it was'

const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const
const across = (more: Partial<AlarmRule>, text: string) =>
  TREATMENTS.map((treatMissingData) => stateOf({ ...more, treatMissingData }, text))

// CloudWatch's guide, "How alarm state is evaluated when data is missing": the two tables.
describe('three of three periods, missing data treated as missing, ignored, breaching, not breaching', () => {
  test.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', 'as it was', 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', ['ALARM', 'as it was', 'ALARM', 'OK']],
  ])('%s', (text, states) => {
    expect(across({}, text)).toEqual(states)
  })
})

describe('two of three periods', () => {
  test.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', ['ALARM', 'as it was', 'ALARM', 'OK']],
  ])('%s', (text, states) => {
    expect(across({ datapointsToAlarm: 2 }, text)).toEqual(states)
  })
})

test('one young breaching datapoint among missing ones does not raise the alarm yet', () => {
  expect(stateOf({}, '- - - - X')).toBe('as it was')
  expect(stateOf({}, '- - - X -')).toBe('as it was')
})

test.each([
  ['GreaterThanThreshold', ['OK', 'OK', 'ALARM']],
  ['GreaterThanOrEqualToThreshold', ['OK', 'ALARM', 'ALARM']],
  ['LessThanThreshold', ['ALARM', 'OK', 'OK']],
  ['LessThanOrEqualToThreshold', ['ALARM', 'ALARM', 'OK']],
] as const)('%s', (comparisonOperator, states) => {
  const one = (value: string) => stateOf({ evaluationPeriods: 1, comparisonOperator }, `- - ${value}`)
  expect([one('0'), one('1'), one('2')]).toEqual(states)
})

describe('the statistic is of the samples of a period', () => {
  const of = (more: Partial<AlarmRule>, samples: number[]) =>
    verdictOf(rule({ evaluationPeriods: 1, threshold: 4, ...more }), [{ start: NOW - MINUTE, samples }])?.state
  test.each([
    ['Average', 'OK'],
    ['Sum', 'ALARM'],
    ['Maximum', 'ALARM'],
    ['Minimum', 'OK'],
    ['SampleCount', 'OK'],
    ['p90', 'ALARM'],
  ])('%s', (statistic, state) => {
    expect(of({ statistic }, [1, 1, 9])).toBe(state)
  })

  test('a percentile of too few samples may leave the alarm as it is', () => {
    const p90 = { statistic: 'p90', evaluateLowSampleCountPercentile: 'ignore' } as const
    expect(of(p90, Array(99).fill(9))).toBeUndefined()
    expect(of(p90, Array(100).fill(9))).toBe('ALARM')
    expect(of({ ...p90, evaluateLowSampleCountPercentile: 'evaluate' }, [9])).toBe('ALARM')
  })
})

describe('the reason is worded as CloudWatch words it', () => {
  const reason = (more: Partial<AlarmRule>, text: string) => verdictOf(rule(more), periods(text))?.reason
  test.each([
    [
      { evaluationPeriods: 1 },
      '0 0 X',
      'Threshold Crossed: 1 datapoint [5.0 (01/01/31 11:59:00)] was greater than the threshold (1.0).',
    ],
    [
      { evaluationPeriods: 1 },
      'X X 0',
      'Threshold Crossed: 1 datapoint [0.0 (01/01/31 11:59:00)] was not greater than the threshold (1.0).',
    ],
    [
      { datapointsToAlarm: 2 },
      '0 0 X 0 X',
      'Threshold Crossed: 2 out of the last 3 datapoints [5.0 (01/01/31 11:59:00), 5.0 (01/01/31 11:57:00)] were greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).',
    ],
    [
      { datapointsToAlarm: 3 },
      '0 0 X 0 X',
      'Threshold Crossed: 1 out of the last 3 datapoints [0.0 (01/01/31 11:58:00)] was not greater than the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).',
    ],
    [
      { treatMissingData: 'notBreaching', evaluationPeriods: 1 },
      '- - -',
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    ],
    [
      { treatMissingData: 'breaching' },
      '- - - - X',
      'Threshold Crossed: 1 datapoint [5.0 (01/01/31 11:59:00)] was greater than the threshold (1.0) and 2 missing datapoints were treated as [Breaching].',
    ],
    [{}, '- - - - -', 'Insufficient Data: 3 datapoints were unknown.'],
    [{ evaluationPeriods: 1 }, '- - -', 'Insufficient Data: 1 datapoint was unknown.'],
  ] as const)('%j of %s', (more, text, words) => {
    expect(reason(more, text)).toBe(words)
  })

  test('its data say which datapoints there were', () => {
    const { reasonData } = verdictOf(rule({ unit: 'Percent' }), periods('0 X X - X')) as Verdict
    expect(JSON.parse(reasonData)).toEqual({
      version: '1.0',
      queryDate: '2031-01-01T12:00:00.000+0000',
      startDate: '2031-01-01T11:56:00.000+0000',
      unit: 'Percent',
      statistic: 'Average',
      period: 60,
      recentDatapoints: [5, 5, 5],
      threshold: 1,
      evaluatedDatapoints: [
        { timestamp: '2031-01-01T11:59:00.000+0000', sampleCount: 1, value: 5 },
        { timestamp: '2031-01-01T11:57:00.000+0000', sampleCount: 1, value: 5 },
        { timestamp: '2031-01-01T11:56:00.000+0000', sampleCount: 1, value: 5 },
      ],
    })
  })

  test.each([
    [0, '0.0'],
    [-3, '-3.0'],
    [1.5, '1.5'],
    [2 ** 20 * 100, '1.048576E8'],
    [1e10, '1.0E10'],
    [0.0001, '1.0E-4'],
  ])('numbers are written as Java writes them: %d', (value, text) => {
    expect(double(value)).toBe(text)
  })
})

test('of any datapoints: what is told fits where it goes, and without missing ones the state is a matter of counting', () => {
  const sample = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined })
  const some = fc.integer({ min: 1, max: 40 }).chain((evaluationPeriods) =>
    fc.record({
      more: fc.record({
        evaluationPeriods: fc.constant(evaluationPeriods),
        datapointsToAlarm: fc.integer({ min: 1, max: evaluationPeriods }),
        treatMissingData: fc.constantFrom(...TREATMENTS),
      }),
      values: fc.array(sample, {
        minLength: periodsLookedAt({ evaluationPeriods }),
        maxLength: periodsLookedAt({ evaluationPeriods }),
      }),
    }),
  )
  fc.assert(
    fc.property(some, ({ more, values }) => {
      const given = values.map((value, age) => ({
        start: NOW - (age + 1) * MINUTE,
        samples: value === undefined ? [] : [value],
      }))
      const verdict = verdictOf(rule(more), given)
      expect((verdict?.reason ?? '').length).toBeLessThanOrEqual(1023)
      expect((verdict?.reasonData ?? '').length).toBeLessThanOrEqual(4000)
      const real = values.filter((value) => value !== undefined).slice(0, more.evaluationPeriods)
      if (real.length < more.evaluationPeriods) return
      const breaching = real.filter((value) => value > 1).length
      expect(verdict?.state).toBe(breaching >= more.datapointsToAlarm ? 'ALARM' : 'OK')
    }),
  )
})
