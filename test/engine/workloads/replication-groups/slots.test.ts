import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  coverAll,
  evenSlots,
  formatSlots,
  parseSlots,
} from '../../../../src/engine/workloads/replication-groups/slots.ts'

describe('slots', () => {
  test('are shared out among three shards as AWS does it', () => {
    expect(evenSlots(3).map((range) => formatSlots([range]))).toEqual(['0-5461', '5462-10922', '10923-16383'])
  })

  test('of equal shards cover all there are, whatever their number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (shards) => {
        const ranges = evenSlots(shards)
        const sizes = ranges.map(([first, last]) => last - first + 1)
        expect(coverAll(ranges)).toBe(true)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('are read as they are printed', () => {
    expect(parseSlots('3134-4443, 894-1767')).toEqual([
      [894, 1767],
      [3134, 4443],
    ])
    expect(parseSlots('7')).toEqual([[7, 7]])
    for (const text of ['', '5-4', '0-16384', '0-10,10-20', 'a-b', '1-2-3'])
      expect(parseSlots(text), text).toBeUndefined()
  })

  test('with a hole, or twice, do not cover all', () => {
    expect(
      coverAll([
        [0, 100],
        [102, 16_383],
      ]),
    ).toBe(false)
    expect(
      coverAll([
        [0, 16_383],
        [5, 5],
      ]),
    ).toBe(false)
  })
})
