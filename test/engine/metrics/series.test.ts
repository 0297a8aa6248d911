import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Series } from '../../../src/engine/metrics/series.ts'

const WIDTH = 2

/** What a series is to be: every minute with its values. */
class Model {
  readonly minutes = new Map<number, readonly number[]>()

  add(minute: number, values: readonly number[]): void {
    if (minute > Math.max(-1, ...this.minutes.keys())) this.minutes.set(minute, values)
  }

  forgetBefore(minute: number): void {
    for (const each of this.minutes.keys()) if (each < minute) this.minutes.delete(each)
  }

  column(column: number, from: number, to: number): [number, number][] {
    return [...this.minutes].flatMap(([minute, values]): [number, number][] => {
      const value = values[column] ?? Number.NaN
      return minute >= from && minute < to && !Number.isNaN(value) ? [[minute, value]] : []
    })
  }
}

function column(series: Series, at: number, from: number, to: number): [number, number][] {
  const found: [number, number][] = []
  series.each(at, from, to, (minute, value) => found.push([minute, value]))
  return found
}

const value = fc.constantFrom(0, 1, 2, Number.NaN)
const step = fc.oneof(
  fc.record({ add: fc.nat(40), values: fc.tuple(value, value) }),
  fc.record({ forget: fc.nat(45) }),
  fc.record({ save: fc.constant(true) }),
)

test('a series holds what a list of minutes would, whatever is added, forgotten and saved', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(50), fc.nat(50), (steps, from, to) => {
      const model = new Model()
      let series = new Series(WIDTH)
      let latest = 0
      for (const each of steps) {
        if ('add' in each) {
          // Mostly the next minute, sometimes one that has been, sometimes after a gap.
          const minute = latest + (each.add < 30 ? 1 : each.add - 35)
          if (minute < 0) continue
          latest = Math.max(latest, minute)
          model.add(minute, each.values)
          series.add(minute, Float64Array.from(each.values))
        } else if ('forget' in each) {
          model.forgetBefore(each.forget)
          series.forgetBefore(each.forget)
          if (model.minutes.size === 0) {
            model.add(latest + 1, [0, 0])
            series.add(++latest, Float64Array.of(0, 0))
          }
        } else series = Series.from(series.save(), WIDTH)
      }
      for (let at = 0; at < WIDTH; at++) expect(column(series, at, from, to)).toEqual(model.column(at, from, to))
      const minutes = [...model.minutes.keys()]
      expect([series.earliest, series.latest]).toEqual([minutes[0], minutes.at(-1)])
    }),
  )
})

test('a day of a node that does nothing costs no more than a minute of it', () => {
  const series = new Series(50)
  for (let minute = 0; minute < 1440; minute++) series.add(minute, new Float64Array(50))
  expect(series.bytes).toBeLessThan(1_000)
})

test('a day of a busy node stays below 1.2 MB', () => {
  const series = new Series(50)
  for (let minute = 0; minute < 1440; minute++) series.add(minute, new Float64Array(50).fill(minute))
  expect(series.bytes).toBeLessThan(1_200_000)
})
