import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LOG_DESTINATIONS, LOG_TYPES, logStreamPath, readLogStreamPath } from '../../src/api/local-logs.ts'

describe('the path of a log stream', () => {
  test('is what CloudWatch calls it, in a folder of its log group', () => {
    const path = logStreamPath({
      region: 'us-west-2',
      destination: 'cloudwatch-logs',
      name: '/aws/shop',
      engine: 'valkey',
      cluster: 'shop-001',
      type: 'slow-log',
    })
    expect(path).toBe('us-west-2/cloudwatch-logs/%2Faws%2Fshop/elasticache/valkey/shop-001/0001/slow-log')
  })

  test('stays within its folder and tells what it is of, whatever the log group is called', () => {
    const letters = fc.constantFrom(...'.-_/#aB9')
    fc.assert(
      fc.property(
        fc.string({ unit: letters, minLength: 1, maxLength: 20 }),
        fc.constantFrom(...LOG_DESTINATIONS),
        fc.constantFrom(...LOG_TYPES),
        (name, destination, type) => {
          const stream = { region: 'eu-west-1', destination, name, engine: 'redis', cluster: 'a-0001-001', type }
          const path = logStreamPath(stream)
          expect(path.split('/')).toHaveLength(8)
          expect(path.split('/')).not.toContain('..')
          expect(readLogStreamPath(path)).toEqual(stream)
        },
      ),
    )
  })
})
