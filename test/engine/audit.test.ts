import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/api/faults.ts'
import { type AuditedCall, AuditLog, inCamelCase } from '../../src/engine/audit.ts'
import { JsonLines } from '../../src/engine/json-lines.ts'
import { systemClock } from '../../src/engine/lifecycle/clock.ts'
import { memcached, startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { manualClock } from '../support/manual-clock.ts'

const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('every call is recorded as the guide shows it, the refused ones too', async () => {
  const engine = await startTestEngine({ clock: manualClock(Date.UTC(2026, 0, 4, 12)) })
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('test-memcached', 2), AZMode: 'cross-az' })
  await engine.until('test-memcached', 'available')
  await client.modifyCacheCluster({ CacheClusterId: 'test-memcached', NumCacheNodes: 3, ApplyImmediately: true })
  await client.describeCacheClusters({ ShowCacheNodeInfo: false, MaxRecords: 100 })
  await client.deleteCacheCluster({ CacheClusterId: 'nosuch' }).catch(() => {})
  await fetch(`${engine.info.url}/?Action=DescribeEvents`)
  await engine.close()
  const records = linesOf(join(engine.stateDir, 'audit.jsonl'))
  const named = (name: string) => records.filter(({ eventName }) => eventName === name)
  const [created] = named('CreateCacheCluster')
  expect(Object.keys(created)).toEqual([
    ...['eventVersion', 'userIdentity', 'eventTime', 'eventSource', 'eventName', 'awsRegion', 'sourceIPAddress'],
    ...['userAgent', 'requestParameters', 'responseElements', 'requestID', 'eventID'],
  ])
  expect(created).toMatchObject({
    eventVersion: '1.01',
    userIdentity: {
      type: 'IAMUser',
      arn: 'arn:aws:iam::000000000000:user/default',
      accountId: '000000000000',
      accessKeyId: engine.credentials.accessKeyId,
      userName: 'default',
    },
    eventTime: '2026-01-04T12:00:00Z',
    eventSource: 'elasticache.amazonaws.com',
    awsRegion: 'us-west-2',
    sourceIPAddress: '127.0.0.1',
    requestParameters: {
      numCacheNodes: 2,
      cacheClusterId: 'test-memcached',
      engine: 'memcached',
      aZMode: 'cross-az',
      cacheNodeType: 'cache.t4g.small',
    },
    responseElements: {
      cacheClusterStatus: 'creating',
      preferredAvailabilityZone: 'Multiple',
      numCacheNodes: 2,
      pendingModifiedValues: {},
      cacheParameterGroup: { cacheNodeIdsToReboot: {} },
      cacheSecurityGroups: {},
    },
  })
  expect(created.userAgent).toMatch(/aws-sdk-js/)
  expect(created.responseElements).not.toHaveProperty('configurationEndpoint')
  expect(named('ModifyCacheCluster')[0].responseElements).toMatchObject({
    cacheClusterCreateTime: 'Jan 4, 2026 12:00:00 PM',
    numCacheNodes: 2,
    pendingModifiedValues: { numCacheNodes: 3 },
  })
  const described = named('DescribeCacheClusters').at(-1)
  expect(described).toMatchObject({
    requestParameters: { showCacheNodeInfo: false, maxRecords: 100 },
    responseElements: null,
  })
  expect(named('DeleteCacheCluster')[0]).toMatchObject({
    errorCode: 'CacheClusterNotFound',
    errorMessage: 'CacheCluster not found: nosuch',
    responseElements: null,
  })
  expect(named('DescribeEvents')[0]).toMatchObject({
    userIdentity: { type: 'Unknown' },
    errorCode: 'MissingAuthenticationToken',
    requestParameters: null,
  })
})

test('secrets are hidden wherever they stand', () => {
  expect(inCamelCase({ AuthToken: 's3cret', AuthenticationMode: { Type: 'password', Passwords: ['p4ss'] } })).toEqual({
    authToken: 'HIDDEN_DUE_TO_SECURITY_REASONS',
    authenticationMode: { type: 'password', passwords: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
  })
})

describe('the file', () => {
  const call: AuditedCall = {
    identity: undefined,
    action: 'DescribeEvents',
    region: 'us-west-2',
    sourceIp: '127.0.0.1',
    userAgent: 'a "quoted" agent\n',
    input: {},
    output: undefined,
    fault: new Fault('SignatureDoesNotMatch', 'It does not.\n\nThe Canonical String was\nx-amz-security-token:secret'),
    requestId: 'r',
    time: 0,
  }

  test('holds a value a line, whatever a client calls itself, and not the request of a wrong signature', () => {
    const path = join(temporaryDirectory(), 'audit.jsonl')
    const log = new AuditLog(new JsonLines(path, 1_000_000), systemClock, () => {})
    log.record(call)
    log.flush()
    expect(linesOf(path)).toMatchObject([{ userAgent: 'a "quoted" agent\n', errorMessage: 'It does not.' }])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is set aside when it is full; the one before goes', () => {
    const path = join(temporaryDirectory(), 'audit.jsonl')
    const log = new AuditLog(new JsonLines(path, 2_000), systemClock, () => {})
    for (let index = 0; index < 50; index++) {
      log.record(call)
      log.flush()
    }
    expect(statSync(path).size).toBeLessThan(3_000)
    expect(statSync(`${path}.1`).size).toBeLessThan(3_000)
    expect(existsSync(`${path}.2`)).toBe(false)
  })

  test('is written within moments, without anybody asking', async () => {
    const path = join(temporaryDirectory(), 'audit.jsonl')
    const clock = manualClock(0)
    const log = new AuditLog(new JsonLines(path, 1_000_000), clock, () => {})
    log.record(call)
    expect(existsSync(path)).toBe(false)
    clock.advanceTo(100)
    expect(linesOf(path)).toHaveLength(1)
  })
})
