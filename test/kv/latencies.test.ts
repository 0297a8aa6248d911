import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Latencies } from '../../src/kv/latencies.ts'

it('tells percentiles within 2.2 percent of what was measured', () => {
  const times = fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.9, 0.99, 1), (values, share) => {
      const latencies = new Latencies()
      for (const value of values) latencies.add(value)
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0
      const told = latencies.percentile(share)
      expect(told).toBeGreaterThanOrEqual(exact * 0.999_999)
      expect(told).toBeLessThanOrEqual(exact * 1.022)
    }),
  )
})

it('says 0 when there is nothing', () => {
  expect(new Latencies().percentile(0.5)).toBe(0)
})
