import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histogram, histogramLines, sparkline } from '../../src/diagnose/histogram.ts'

test('buckets hold every value once, without a gap between them', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1 }), (values) => {
      const buckets = histogram(values)
      expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
      for (const [index, { from }] of buckets.entries()) if (index > 0) expect(from).toBe(buckets[index - 1]?.to)
    }),
  )
})

test('the fullest bucket has the longest bar', () => {
  const lines = histogramLines([1, 1, 1, 1, 2], { full: '█', parts: ['▏'] })
  expect(lines[0]).toContain('█'.repeat(40))
  expect(lines[1]).toContain('█'.repeat(10))
})

const TICKS = '▁▂▃▄▅▆▇█'

test('a sparkline shows losses in their place', () => {
  expect(sparkline([1, undefined, 8], TICKS)).toBe('▁x█')
  expect(sparkline([5, 5], TICKS)).toBe('▁▁')
  expect(sparkline([], TICKS)).toBe('')
})
