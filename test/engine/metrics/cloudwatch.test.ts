import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UserEntry } from '../../../src/api/identity.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { decodeCbor, encodeCbor } from '../../../src/engine/cloudwatch/cbor.ts'
import { jsonCall, signed } from '../../support/cloudwatch.ts'
import { control } from '../../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'
import { isInstalled, run } from '../../support/programs.ts'
import { familiesIn } from './exposition-format.ts'

// Later than the machine's time, which certificates are made by.
const START = Date.UTC(2031, 0, 1, 12)
const MINUTE = 60_000
const seconds = (minute: number) => (START + minute * MINUTE) / 1000

const clock = manualClock(START)
let engine: TestEngine
let node: MemcachedClient

const dimensions = [
  { Name: 'CacheClusterId', Value: 'shop' },
  { Name: 'CacheNodeId', Value: '0001' },
]

/** Values of one node's metric, minute by minute from the start. */
async function valuesOf(MetricName: string, Dimensions: object = dimensions): Promise<(number | undefined)[]> {
  const { value } = await jsonCall(engine, 'GetMetricData', {
    MetricDataQueries: [
      {
        Id: 'm',
        MetricStat: { Metric: { Namespace: 'AWS/ElastiCache', MetricName, Dimensions }, Period: 60, Stat: 'Sum' },
      },
    ],
    StartTime: seconds(0),
    EndTime: seconds(1000),
    ScanBy: 'TimestampAscending',
  })
  const { Timestamps, Values } = value.MetricDataResults[0] as { Timestamps: number[]; Values: number[] }
  const found: (number | undefined)[] = []
  for (const [index, time] of Timestamps.entries()) found[(time - seconds(0)) / 60] = Values[index]
  return found
}

/** Lets a minute end, and waits for its sample. */
async function endMinute(): Promise<void> {
  const before = (await valuesOf('CurrItems')).length
  clock.advanceTo(Math.floor(clock.now() / MINUTE) * MINUTE + MINUTE)
  await eventually('the minute is recorded', async () => (await valuesOf('CurrItems')).length > before)
}

beforeAll(async () => {
  engine = await startTestEngine({ clock, atEnd: afterAll })
  await engine.client().createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  node = await connectToNode()
})

async function connectToNode(): Promise<MemcachedClient> {
  const { CacheClusters } = await engine.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  const client = await MemcachedClient.connect(CacheClusters?.[0]?.CacheNodes?.[0]?.Endpoint?.Port ?? 0)
  afterAll(() => client.close())
  return client
}

test('a sample is what happened in the minute, and a gauge how it was at its end', async () => {
  await node.ask('set a 0 0 1\r\n1\r\nget a\r\nget a\r\nget b\r\nincr a 1\r\ntouch c 0\r\ncas a 0 0 1 1\r\n1\r\n')
  await endMinute()
  await node.ask('get a\r\nset b 0 0 1\r\n1\r\n')
  await endMinute()
  await endMinute()
  const of = async (metric: string) => (await valuesOf(metric)).slice(0, 3)
  expect(await of('CmdGet')).toEqual([3, 1, 0])
  expect(await of('GetHits')).toEqual([2, 1, 0])
  expect(await of('GetMisses')).toEqual([1, 0, 0])
  expect(await of('IncrHits')).toEqual([1, 0, 0])
  expect(await of('TouchMisses')).toEqual([1, 0, 0])
  expect(await of('CasBadval')).toEqual([1, 0, 0])
  // The discovery list lies in the node as an item, too.
  expect(await of('CurrItems')).toEqual([2, 3, 3])
  // The client's, two that monitor, and twice the two threads of the node type.
  expect(await of('CurrConnections')).toEqual([7, 7, 7])
  expect(await of('NewConnections')).toEqual([1, 1, 1])
  expect(await of('CurrConfig')).toEqual([1, 1, 1])
  const [read = 0] = await of('BytesReadIntoMemcached')
  expect(read).toBeGreaterThan(80)
  expect((await of('NetworkBytesIn'))[0]).toBe(read)
  expect((await of('NetworkPacketsIn'))[0]).toBeGreaterThan(0)
  const [used = 0] = await of('BytesUsedForCacheItems')
  const [unused = 0] = await of('UnusedMemory')
  expect(used + unused).toBeGreaterThan(1_000_000_000)
  const [cpu = -1] = await of('CPUUtilization')
  expect(cpu).toBeGreaterThanOrEqual(0)
  expect(cpu).toBeLessThanOrEqual(100)
})

test('`stats reset` and a reboot start counters anew: nothing is counted twice, nothing below zero', async () => {
  await node.ask('get a\r\nstats reset\r\nget a\r\nget a\r\n')
  await endMinute()
  expect((await valuesOf('CmdGet')).at(-1)).toBe(2)
  await engine.client().rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
  await engine.until('shop', 'available')
  node = await connectToNode()
  await node.ask('get a\r\nget a\r\nget a\r\n')
  await endMinute()
  expect((await valuesOf('CmdGet')).at(-1)).toBe(3)
  expect((await valuesOf('CurrItems')).at(-1)).toBe(1)
})

test('a clock that is moved over minutes leaves samples of nodes that did nothing', async () => {
  await node.ask('get a\r\n')
  const before = (await valuesOf('CmdGet')).length
  await control(engine, 'POST', CONTROL.clock, { advanceMs: 5 * MINUTE })
  expect((await valuesOf('CmdGet')).slice(before)).toEqual([1, 0, 0, 0, 0])
  expect((await valuesOf('CurrItems')).slice(before)).toEqual([1, 1, 1, 1, 1])
})

test('burstable nodes have CPU credits, every five minutes', async () => {
  const usage = await valuesOf('CPUCreditUsage')
  expect(usage.flatMap((value, minute) => (value === undefined ? [] : [minute % 5]))).toEqual([0, 0])
})

test('the metrics there are, by name, by dimension, page by page', async () => {
  const list = async (input: object) => (await jsonCall(engine, 'ListMetrics', input)).value.Metrics as object[]
  const all = await list({ Namespace: 'AWS/ElastiCache' })
  expect(all).toContainEqual({ Namespace: 'AWS/ElastiCache', MetricName: 'GetHits', Dimensions: dimensions })
  expect(all).toContainEqual({
    Namespace: 'AWS/ElastiCache',
    MetricName: 'GetHits',
    Dimensions: dimensions.slice(0, 1),
  })
  expect(await list({ MetricName: 'GetHits' })).toHaveLength(3)
  expect(await list({ MetricName: 'GetHits', Dimensions: [{ Name: 'CacheNodeId' }] })).toHaveLength(2)
  expect(await list({ MetricName: 'GetHits', Dimensions: dimensions.slice(1), RecentlyActive: 'PT3H' })).toHaveLength(1)
  expect(await list({ Namespace: 'AWS/EC2' })).toEqual([])
  expect(await list({ MetricName: 'Nothing' })).toEqual([])
})

describe('GetMetricStatistics', () => {
  const ask = (more: object = {}) => ({
    Namespace: 'AWS/ElastiCache',
    MetricName: 'CmdGet',
    Dimensions: dimensions,
    StartTime: seconds(0),
    EndTime: seconds(3),
    Period: 60,
    Statistics: ['Sum'],
    ...more,
  })

  test('answers each statistic of each period that is asked for, and no other', async () => {
    const { value } = await jsonCall(engine, 'GetMetricStatistics', {
      ...ask({ Period: 180, Statistics: ['Sum', 'Average', 'Maximum', 'Minimum', 'SampleCount'] }),
      ExtendedStatistics: ['p50'],
    })
    expect(value).toEqual({
      Label: 'CmdGet',
      Datapoints: [
        {
          Timestamp: seconds(0),
          SampleCount: 3,
          Average: 4 / 3,
          Sum: 4,
          Minimum: 0,
          Maximum: 3,
          Unit: 'Count',
          ExtendedStatistics: { p50: 1 },
        },
      ],
    })
  })

  test.each([
    ['a metric there is not', { MetricName: 'Nothing' }],
    ['another unit', { Unit: 'Bytes' }],
    ['half of the dimensions', { Dimensions: dimensions.slice(1) }],
    ['another namespace', { Namespace: 'AWS/EC2' }],
    ['a time before there was anything', { StartTime: seconds(-10), EndTime: seconds(-5) }],
  ])('has no datapoints of %s', async (_, more) => {
    expect((await jsonCall(engine, 'GetMetricStatistics', ask(more))).value.Datapoints).toEqual([])
  })

  test.each([
    ['no statistic', { Statistics: [] }, 'InvalidParameterCombination', /Must specify either Statistics/],
    [
      'one that is not one',
      { Statistics: ['Median'] },
      'InvalidParameterValue',
      /Statistics.member.1 must be a value in the set/,
    ],
    ['a trimmed mean', { ExtendedStatistics: ['tm90'] }, 'InvalidParameterValue', /not a percentile/],
    ['a period of 61 s', { Period: 61 }, 'InvalidParameterValue', /multiple of 60/],
    ['no period', { Period: undefined }, 'MissingParameter', /Period is required/],
    ['no time', { EndTime: seconds(0) }, 'InvalidParameterValue', /must not equal/],
    ['a time that goes back', { EndTime: seconds(-1) }, 'InvalidParameterValue', /must be less than/],
    ['too much', { EndTime: seconds(1441) }, 'InvalidParameterCombination', /up to 1,441 datapoints/],
    ['a unit that is not one', { Unit: 'Furlongs' }, 'InvalidParameterValue', /must be a value in the set/],
    ['a member there is not', { Colour: 'red' }, 'InvalidQueryParameter', /^Unknown parameter Colour\.$/],
    ['a member of all objects', { constructor: 'red' }, 'InvalidQueryParameter', /^Unknown parameter constructor\.$/],
    [
      'a misspelt one in a list',
      { Dimensions: [{ name: 'CacheClusterId' }] },
      'InvalidQueryParameter',
      /^Unknown parameter Dimensions\.member\.1\.name\. Did you mean Dimensions\.member\.1\.Name\?$/,
    ],
    ['a list that is none', { Dimensions: 'shop' }, 'InvalidParameterValue', /must be a list/],
  ])('refuses %s', async (_, more, code, message) => {
    const { status, error, value } = await jsonCall(engine, 'GetMetricStatistics', ask(more))
    expect([status, error]).toEqual([400, `${code};Sender`])
    expect(value.message).toMatch(message)
  })
})

describe('GetMetricData', () => {
  const query = (Id: string, more: object = {}) => ({
    Id,
    MetricStat: {
      Metric: { Namespace: 'AWS/ElastiCache', MetricName: 'CmdGet', Dimensions: dimensions },
      Period: 60,
      Stat: 'Sum',
    },
    ...more,
  })
  const ask = (MetricDataQueries: object[], more: object = {}) =>
    jsonCall(engine, 'GetMetricData', { MetricDataQueries, StartTime: seconds(0), EndTime: seconds(3), ...more })

  test('answers the latest first, unless the earliest are asked for', async () => {
    const { value } = await ask([query('a', { Label: 'gets' }), query('b', { ReturnData: false })])
    expect(value.MetricDataResults).toEqual([
      {
        Id: 'a',
        Label: 'gets',
        Timestamps: [seconds(2), seconds(1), seconds(0)],
        Values: [0, 1, 3],
        StatusCode: 'Complete',
      },
    ])
    const { value: other } = await ask([query('a')], { ScanBy: 'TimestampAscending' })
    expect(other.MetricDataResults[0].Values).toEqual([3, 1, 0])
  })

  test('gives all datapoints once, page by page', async () => {
    const found: Record<string, number[]> = {}
    let token: string | undefined
    let pages = 0
    do {
      const { value } = await ask([query('a'), query('b')], { MaxDatapoints: 2, ...(token && { NextToken: token }) })
      for (const { Id, Values } of value.MetricDataResults) found[Id] = [...(found[Id] ?? []), ...Values]
      token = value.NextToken
      pages++
    } while (token)
    expect(found).toEqual({ a: [0, 1, 3], b: [0, 1, 3] })
    expect(pages).toBe(3)
  })

  test.each([
    ['an expression', [{ Id: 'e', Expression: 'm1 / 2' }], {}, 'UnsupportedOperation', /does not evaluate expressions/],
    ['an id that is not one', [query('A')], {}, 'ValidationError', /not matching/],
    ['two of a name', [query('a'), query('a')], {}, 'ValidationError', /not unique/],
    ['a query for nothing', [{ Id: 'a' }], {}, 'ValidationError', /needs either/],
    ['a token of its own', [query('a')], { NextToken: 'x' }, 'InvalidNextToken', /invalid/],
    ['another account', [query('a', { AccountId: '123456789012' })], {}, 'ValidationError', /not linked/],
  ])('refuses %s', async (_, queries, more, code, message) => {
    const { error, value } = await ask(queries, more)
    expect(error).toBe(`${code};Sender`)
    expect(value.message).toMatch(message)
  })
})

describe('who asks', () => {
  test('needs a signature for CloudWatch', async () => {
    const { error } = await jsonCall(engine, 'ListMetrics', {}, { service: 'elasticache' })
    expect(error).toBe('SignatureDoesNotMatch;Sender')
    const response = await fetch(engine.info.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'GraniteServiceVersion20100801.ListMetrics' },
    })
    expect(response.status).toBe(403)
  })

  test('needs a policy that allows cloudwatch:*', async () => {
    const user = await control<UserEntry>(engine, 'POST', CONTROL.users, { create: 'ann' })
    expect((await jsonCall(engine, 'ListMetrics', {}, { credentials: user })).value.message).toBe(
      `User: arn:aws:iam::000000000000:user/ann is not authorized to perform: cloudwatch:ListMetrics on resource: * because no identity-based policy allows the cloudwatch:ListMetrics action`,
    )
    await control(engine, 'POST', CONTROL.policies, {
      userName: 'ann',
      policyName: 'read',
      document: {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'cloudwatch:List*', Resource: '*' },
      },
    })
    expect((await jsonCall(engine, 'ListMetrics', {}, { credentials: user })).status).toBe(200)
    expect((await signed(engine, { method: 'GET', path: '/metrics', credentials: user })).status).toBe(401)
  })

  test('an operation there is not here is refused by name', async () => {
    const { error, value } = await jsonCall(engine, 'PutMetricData', {})
    expect(error).toBe('UnsupportedOperation;Sender')
    expect(value.message).toMatch(/does not do PutMetricData/)
  })
})

describe('the other protocols', () => {
  test('Query: parameters in, XML out', async () => {
    const body = new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'AWS/ElastiCache',
      MetricName: 'CmdGet',
      StartTime: new Date(START).toISOString(),
      EndTime: new Date(START + 3 * MINUTE).toISOString(),
      Period: '180',
      'Statistics.member.1': 'Sum',
      'ExtendedStatistics.member.1': 'p50',
      'Dimensions.member.1.Name': 'CacheClusterId',
      'Dimensions.member.1.Value': 'shop',
      'Dimensions.member.2.Name': 'CacheNodeId',
      'Dimensions.member.2.Value': '0001',
    }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await signed(engine, { headers, body })
    expect(await response.text()).toContain(
      '<Datapoints><member><Timestamp>2031-01-01T12:00:00.000Z</Timestamp><Sum>4</Sum><Unit>Count</Unit><ExtendedStatistics><entry><key>p50</key><value>1</value></entry></ExtendedStatistics></member></Datapoints>',
    )
    const refused = await signed(engine, { headers, body: 'Action=GetMetricData&Version=2010-08-01' })
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining('<Code>MissingParameter</Code>'),
    ])
  })

  test('CBOR: as the newer SDKs speak it', async () => {
    const call = async (operation: string, input: object) => {
      const response = await signed(engine, {
        path: `/service/GraniteServiceVersion20100801/operation/${operation}`,
        headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', accept: 'application/cbor' },
        body: encodeCbor(input),
      })
      expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor')
      return decodeCbor(Buffer.from(await response.arrayBuffer()))
    }
    const input = {
      Namespace: 'AWS/ElastiCache',
      MetricName: 'CmdGet',
      Dimensions: dimensions,
      StartTime: new Date(START),
      EndTime: new Date(START + 3 * MINUTE),
      Period: 180,
      Statistics: ['Sum'],
    }
    expect(await call('GetMetricStatistics', input)).toEqual({
      Label: 'CmdGet',
      Datapoints: [{ Timestamp: new Date(START), Sum: 4, Unit: 'Count' }],
    })
    expect(await call('GetMetricStatistics', { ...input, Period: 7 })).toMatchObject({
      __type: 'com.amazonaws.cloudwatch#InvalidParameterValueException',
    })
  })

  test.skipIf(!isInstalled('aws'))('aws cloudwatch, as it is installed', async () => {
    const env = {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: engine.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: engine.credentials.secretAccessKey,
      AWS_DEFAULT_REGION: engine.info.region,
    }
    const args = [
      'cloudwatch',
      'get-metric-statistics',
      '--endpoint-url',
      engine.info.url,
      '--namespace',
      'AWS/ElastiCache',
    ]
    const more = [
      '--metric-name',
      'CmdGet',
      '--start-time',
      '2031-01-01T12:00:00Z',
      '--end-time',
      '2031-01-01T12:03:00Z',
    ]
    // As the guide prints it ("Monitoring CloudWatch cluster and node metrics").
    const dimension = `--dimensions=${JSON.stringify(dimensions)}`
    const { stdout, stderr } = await run('aws', [...args, ...more, dimension, '--statistics=Sum', '--period=180'], {
      env,
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ Label: 'CmdGet', Datapoints: [{ Sum: 4, Unit: 'Count' }] })
  })

  const hasBoto = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0
  test.skipIf(!hasBoto)('boto3, as it is installed', async () => {
    const script = `
import boto3, json, sys
from datetime import datetime, timezone, timedelta
url, key, secret = sys.argv[1:]
c = boto3.client('cloudwatch', endpoint_url=url, region_name='us-west-2', aws_access_key_id=key, aws_secret_access_key=secret)
start = datetime(2031, 1, 1, 12, tzinfo=timezone.utc)
dims = [{'Name': 'CacheClusterId', 'Value': 'shop'}, {'Name': 'CacheNodeId', 'Value': '0001'}]
metric = {'Namespace': 'AWS/ElastiCache', 'MetricName': 'CmdGet', 'Dimensions': dims}
data = c.get_metric_data(MetricDataQueries=[{'Id': 'a', 'MetricStat': {'Metric': metric, 'Period': 60, 'Stat': 'Sum'}}], StartTime=start, EndTime=start + timedelta(minutes=3))
names = {m['MetricName'] for page in c.get_paginator('list_metrics').paginate(Namespace='AWS/ElastiCache') for m in page['Metrics']}
try: c.get_metric_statistics(**metric, StartTime=start, EndTime=start, Period=60, Statistics=['Sum'])
except c.exceptions.InvalidParameterValueException as e: refused = e.response['Error']['Code']
print(json.dumps([data['MetricDataResults'][0]['Values'], [str(t) for t in data['MetricDataResults'][0]['Timestamps']][:1], 'GetHits' in names, refused]))
`
    const { accessKeyId, secretAccessKey } = engine.credentials
    const { stdout, stderr } = await run('python3', ['-c', script, engine.info.url, accessKeyId, secretAccessKey])
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([[0, 1, 3], ['2031-01-01 12:02:00+00:00'], true, 'InvalidParameterValue'])
  })
})

describe('/metrics', () => {
  const token = () => readFileSync(join(engine.stateDir, 'metrics-token'), 'utf8').trim()
  const scrape = (authorization?: string) =>
    fetch(`${engine.info.url}/metrics`, { headers: authorization === undefined ? {} : { authorization } })

  test('says in the format of Prometheus what every node counts', async () => {
    const response = await scrape(`Bearer ${token()}`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const families = familiesIn(await response.text())
    const labels = { region: 'us-west-2', cluster: 'shop', node: '0001' }
    expect(families.get('elasticache_requests_total')?.samples).toContainEqual({
      labels: { ...labels, command: 'get' },
      value: 4,
    })
    expect(families.get('elasticache_connections')).toMatchObject({ type: 'gauge' })
    expect(families.get('elasticache_items')?.samples.map(({ labels: { node: id } }) => id)).toEqual(['0001', '0002'])
    expect(families.has('elasticache_ecpus_total')).toBe(false)
  })

  test('takes the token of a file only its owner reads, or a signature; nothing else', async () => {
    if (process.platform !== 'win32') {
      expect(statSync(join(engine.stateDir, 'metrics-token')).mode & 0o777).toBe(0o600)
    }
    expect((await signed(engine, { method: 'GET', path: '/metrics' })).status).toBe(200)
    expect((await scrape()).status).toBe(401)
    expect((await scrape('Bearer wrong')).headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect((await scrape(`Bearer ${engine.credentials.controlToken}`)).status).toBe(401)
    expect((await fetch(`${engine.info.url}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})

test('a deleted cluster keeps its metrics; a reset engine has none', async () => {
  await engine.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
  expect((await valuesOf('CmdGet')).slice(0, 3)).toEqual([3, 1, 0])
  await control(engine, 'POST', CONTROL.reset)
  expect((await jsonCall(engine, 'ListMetrics', {})).value.Metrics).toEqual([])
})
