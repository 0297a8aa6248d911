import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Fault } from '../../../src/api/faults.ts'
import { type AuditedCall, AuditLog, inCamelCase } from '../../../src/engine/audit/audit.ts'
import { JsonLines } from '../../../src/engine/store/json-lines.ts'
import { type Clock, systemClock } from '../../../src/engine/time/clock.ts'
import { memcached, startTestEngine, temporaryDirectory } from '../../support/engine.ts'
import { manualClock } from '../../support/manual-clock.ts'

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
  const records = ['audit.jsonl', 'audit-strangers.jsonl'].flatMap((file) => linesOf(join(engine.stateDir, file)))
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

  const known: AuditedCall = {
    ...call,
    identity: { userName: 'default', userId: 'AIDA', arn: 'arn', account: '000000000000', accessKeyId: 'AKIA' },
  }

  /** An audit log, and its two files. */
  function openLog(maxBytes = 1_000_000, clock: Clock = systemClock) {
    const directory = temporaryDirectory()
    const path = join(directory, 'audit.jsonl')
    const strangers = join(directory, 'audit-strangers.jsonl')
    const log = new AuditLog(new JsonLines(path, maxBytes), new JsonLines(strangers, maxBytes), clock, () => {})
    onTestFinished(() => log.close())
    return { log, path, strangers }
  }

  test('holds a value a line, whatever a client calls itself, and not the request of a wrong signature', () => {
    const { log, path } = openLog()
    log.record(known)
    log.flush()
    expect(linesOf(path)).toMatchObject([{ userAgent: 'a "quoted" agent\n', errorMessage: 'It does not.' }])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is set aside when it is full; the one before goes', () => {
    const { log, path } = openLog(2_000)
    for (let index = 0; index < 50; index++) {
      log.record(known)
      log.flush()
    }
    expect(statSync(path).size).toBeLessThan(3_000)
    expect(statSync(`${path}.1`).size).toBeLessThan(3_000)
    expect(existsSync(`${path}.2`)).toBe(false)
  })

  test('is written within moments, without anybody asking', async () => {
    const clock = manualClock(0)
    const { log, path } = openLog(1_000_000, clock)
    log.record(known)
    expect(existsSync(path)).toBe(false)
    clock.advanceTo(100)
    expect(linesOf(path)).toHaveLength(1)
  })

  test('of strangers is another one, and holds thirty of their calls in a minute, and the number of the others', () => {
    const clock = manualClock(0)
    const { log, path, strangers } = openLog(1_000_000, clock)
    log.record(known)
    for (let index = 0; index < 1_000; index++) log.record({ ...call, time: index })
    clock.advanceTo(60_000)
    expect(linesOf(path)).toHaveLength(1)
    const records = linesOf(strangers)
    expect(records).toHaveLength(31)
    expect(records.at(-1)).toMatchObject({
      eventName: null,
      userIdentity: { type: 'Unknown' },
      errorCode: 'SignatureDoesNotMatch',
      additionalEventData: { callsLeftOut: 970 },
    })
    log.record(call)
    log.flush()
    expect(linesOf(strangers)).toHaveLength(32)
  })

  test('of strangers has the number of those left out when somebody asks, and when the engine ends', () => {
    const { log, strangers } = openLog(1_000_000, manualClock(0))
    const more = (count: number) => {
      for (let index = 0; index < count; index++) log.record(call)
    }
    more(35)
    log.flush()
    more(7)
    log.close()
    const counts = linesOf(strangers).map(({ additionalEventData }) => additionalEventData?.callsLeftOut)
    expect(counts.slice(30)).toEqual([5, 7])
  })

  test('has fields of so many characters, whatever a client sends', () => {
    const { log, path, strangers } = openLog()
    const long = 'x'.repeat(1_000_000)
    const fault = new Fault('InvalidAction', long)
    log.record({ ...call, action: long, userAgent: long, fault })
    log.record({
      ...known,
      action: 'CreateCacheCluster',
      input: { Tags: [{ Key: long }] },
      output: { Tags: [{ Key: long }] },
    })
    log.flush()
    const [stranger] = linesOf(strangers)
    expect(stranger.eventName).toBe(`${'x'.repeat(128)}…`)
    expect(stranger.userAgent).toBe(`${'x'.repeat(512)}…`)
    expect(stranger.errorMessage).toBe(`${'x'.repeat(1_000)}…`)
    expect(linesOf(path)).toMatchObject([
      {
        requestParameters: { omitted: '1000021 characters' },
        responseElements: { omitted: '1000021 characters' },
      },
    ])
  })
})

test('strangers cannot wash out the calls of others', async () => {
  const engine = await startTestEngine()
  await engine.client().describeCacheClusters({})
  const call = `Action=${'x'.repeat(15_000)}`
  for (let sent = 0; sent < 100; sent++) await fetch(`${engine.info.url}/?${call}`)
  await engine.close()
  const known = linesOf(join(engine.stateDir, 'audit.jsonl'))
  expect(known).toMatchObject([{ eventName: 'DescribeCacheClusters' }])
  const strangers = linesOf(join(engine.stateDir, 'audit-strangers.jsonl'))
  expect(strangers).toHaveLength(31)
  expect(strangers.at(-1)).toMatchObject({ additionalEventData: { callsLeftOut: 70 } })
  expect(statSync(join(engine.stateDir, 'audit-strangers.jsonl')).size).toBeLessThan(30_000)
})
