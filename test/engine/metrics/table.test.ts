import { expect, test } from 'vitest'
import { METRICS } from '../../../src/api/catalog/metrics.ts'
import { CREDIT_METRICS, metricsOf } from '../../../src/engine/metrics/table.ts'

test('every metric of the catalog comes from somewhere, with the unit it has there', () => {
  const sources = [
    ...metricsOf('node').metrics,
    ...metricsOf('serverless').metrics,
    ...metricsOf('redis-node').metrics,
    ...CREDIT_METRICS,
  ]
  expect(Object.fromEntries(sources.map(({ name, unit }) => [name, unit]))).toEqual(METRICS)
})
