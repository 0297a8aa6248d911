import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { creditSamples } from '../../../src/engine/metrics/credits.ts'
import { minuteOf } from '../../../src/engine/metrics/sources.ts'
import { periodsOf, STATISTICS, statisticOf } from '../../../src/engine/metrics/statistics.ts'
import { Readings } from '../../../src/engine/nodes/readings.ts'

describe('statistics over periods', () => {
  const samples = fc
    .uniqueArray(fc.tuple(fc.nat(200), fc.integer({ min: -1000, max: 1000 })), { selector: ([minute]) => minute })
    .map((all) => all.sort(([a], [b]) => a - b))

  test('every sample is in the one period it belongs to, and in no other', () => {
    fc.assert(
      fc.property(samples, fc.nat(50), fc.integer({ min: 1, max: 60 }), (all, from, length) => {
        const inside = all.filter(([minute]) => minute >= from)
        const points = periodsOf(
          (take) => {
            for (const [minute, value] of inside) take(minute, value)
          },
          from,
          length,
        )
        for (const { start, samples: own } of points) {
          expect((start - from) % length).toBe(0)
          const expected = inside
            .filter(([minute]) => minute >= start && minute < start + length)
            .map(([, value]) => value)
          expect(own).toEqual(expected)
        }
        const sum = points.reduce((total, point) => total + STATISTICS.Sum(point.samples), 0)
        expect(sum).toBe(inside.reduce((total, [, value]) => total + value, 0))
        const count = points.reduce((total, point) => total + STATISTICS.SampleCount(point.samples), 0)
        expect(count).toBe(inside.length)
      }),
    )
  })

  test('the mean lies between least and most, and times the count it is the sum', () => {
    const some = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 })
    fc.assert(
      fc.property(some, fc.double({ min: 0, max: 100, noNaN: true }), (all, percent) => {
        const { Average, Maximum, Minimum, Sum, SampleCount } = STATISTICS
        expect(Minimum(all)).toBeLessThanOrEqual(Average(all))
        expect(Average(all)).toBeLessThanOrEqual(Maximum(all))
        expect(Average(all) * SampleCount(all)).toBeCloseTo(Sum(all))
        const percentile = statisticOf(`p${percent.toFixed(3)}`)?.(all) ?? Number.NaN
        expect(percentile).toBeGreaterThanOrEqual(Minimum(all))
        expect(percentile).toBeLessThanOrEqual(Maximum(all))
      }),
    )
  })

  test.each([
    ['p0', 1],
    ['p50', 2.5],
    ['p100', 4],
    ['p99.9', 3.997],
  ])('%s of 1, 2, 3, 4 is %d', (name, expected) => {
    expect(statisticOf(name)?.([3, 1, 4, 2])).toBeCloseTo(expected)
  })

  test.each(['p101', 'p-1', 'tm90', 'IQR', 'average', '', 'toString'])('%s is no statistic', (name) => {
    expect(statisticOf(name)).toBeUndefined()
  })
})

describe('counters', () => {
  const readings = new Readings(['cmd_get'])
  const reading = (run: number, cmdGet: number) =>
    readings.of(
      new Map([
        ['run', run],
        ['cmd_get', cmdGet],
      ]),
    )

  test.each([
    ['of a node that has just started, all it counted', undefined, reading(1, 5), 5],
    ['of one that goes on, what was added', reading(1, 5), reading(1, 12), 7],
    ['after a reboot, all it counted since, even where that is more than before', reading(1, 5), reading(2, 9), 9],
    ['after `stats reset`, all it counted since', reading(1, 50), reading(1, 9), 9],
    ['where nothing happened, nothing', reading(1, 5), reading(1, 5), 0],
  ])('%s', (_, before, after, expected) => {
    expect(minuteOf(readings, before, after, 60).grown('cmd_get')).toBe(expected)
  })

  test('what a node cannot tell has no value', () => {
    expect(minuteOf(readings, undefined, reading(1, 5), 60).now('swap_bytes')).toBeNaN()
  })
})

describe('CPU credits', () => {
  const credits = { hourly: 24, most: 576, vcpus: 2 }
  const minutes = (from: number, count: number, percent: number) =>
    Array.from({ length: count }, (_, index) => ({ minute: from + index, percent }))

  test('are told every five minutes: what was used, and what is left', () => {
    const samples = creditSamples(minutes(0, 10, 10), credits, 0)
    expect(samples.map(({ minute }) => minute)).toEqual([0, 5])
    // 10 % of two vCPUs for five minutes, while 24 an hour are earned.
    expect(samples[0]?.usage).toBeCloseTo(1)
    expect(samples[1]?.balance).toBeCloseTo(10 * (24 / 60) - 2)
  })

  test('never exceed what is earned in a day, nor fall below none', () => {
    expect(creditSamples(minutes(10_000, 5, 0), credits, 0)[0]?.balance).toBe(576)
    expect(creditSamples(minutes(0, 5, 100), credits, 0)[0]?.balance).toBe(0)
  })

  test('five minutes that are not over are not told yet', () => {
    expect(creditSamples(minutes(0, 7, 0), credits, 0)).toHaveLength(1)
  })
})
