import { describe, expect, test } from 'vitest'
import type { EngineFacts } from '../../../../src/api/catalog/engines.ts'
import { readRedisVersion, reportedVersion } from '../../../../src/engine/workloads/replication-groups/versions.ts'

const redis: EngineFacts = {
  name: 'redis',
  versions: ['7.1', '7.0', '6.2', '6.0', '5.0.6', '4.0.10'],
  familyParts: 1,
  port: 6379,
  ipv6Since: '6.2',
  tlsSince: '4.0.10',
  scalingSince: '4.0.10',
}
const read = (version: string | undefined) => readRedisVersion(version, redis)

describe('a version of Redis OSS', () => {
  test('is the newest where none is asked for, and of 6.x the newest 6', () => {
    expect(read(undefined)).toBe('7.1')
    expect(read('6.x')).toBe('6.2')
    expect(read('5.0.6')).toBe('5.0.6')
  })

  test('cannot be chosen down to the patch from 6.0 on', () => {
    expect(() => read('6.2.6')).toThrow("Specific version selection is not allowed for '6.2.6', please use '6.2'")
  })

  test('that there is not is refused', () => {
    expect(() => read('4.0.13')).toThrow('Cannot find version 4.0.13 for redis')
  })

  test('is shown down to the patch', () => {
    expect(reportedVersion('redis', '7.0')).toBe('7.0.7')
    expect(reportedVersion('redis', '5.0.6')).toBe('5.0.6')
  })
})
