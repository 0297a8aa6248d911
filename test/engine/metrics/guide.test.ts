import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonCall } from '../../support/cloudwatch.ts'
import { memcached, startTestEngine, type TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'
import { createdCache } from '../../support/serverless.ts'

const START = Date.UTC(2031, 0, 1, 12)
const MINUTE = 60_000

/** The guide's tables, in its order: "Host-Level Metrics". */
const HOST: Readonly<Record<string, string>> = {
  CPUUtilization: 'Percent',
  CPUCreditBalance: 'Count',
  CPUCreditUsage: 'Count',
  FreeableMemory: 'Bytes',
  NetworkBytesIn: 'Bytes',
  NetworkBytesOut: 'Bytes',
  NetworkPacketsIn: 'Count',
  NetworkPacketsOut: 'Count',
  NetworkBandwidthInAllowanceExceeded: 'Count',
  NetworkConntrackAllowanceExceeded: 'Count',
  NetworkBandwidthOutAllowanceExceeded: 'Count',
  NetworkPacketsPerSecondAllowanceExceeded: 'Count',
  NetworkMaxBytesIn: 'Bytes',
  NetworkMaxBytesOut: 'Bytes',
  NetworkMaxPacketsIn: 'Count',
  NetworkMaxPacketsOut: 'Count',
  SwapUsage: 'Bytes',
}

const counts = (names: string): Record<string, string> =>
  Object.fromEntries(names.split(' ').map((name) => [name, 'Count']))

/** "Metrics for Memcached". */
const MEMCACHED: Readonly<Record<string, string>> = {
  BytesReadIntoMemcached: 'Bytes',
  BytesUsedForCacheItems: 'Bytes',
  BytesWrittenOutFromMemcached: 'Bytes',
  ...counts('CasBadval CasHits CasMisses CmdFlush CmdGet CmdSet CurrConnections CurrItems DecrHits DecrMisses'),
  ...counts('DeleteHits DeleteMisses Evictions GetHits GetMisses IncrHits IncrMisses Reclaimed'),
  BytesUsedForHash: 'Bytes',
  ...counts('CmdConfigGet CmdConfigSet CmdTouch CurrConfig EvictedUnfetched ExpiredUnfetched SlabsMoved'),
  ...counts('TouchHits TouchMisses NewConnections NewItems'),
  UnusedMemory: 'Bytes',
}

/** "Serverless cache metrics", without the latencies: those of no request there are none of. */
const SERVERLESS: Readonly<Record<string, string>> = {
  BytesUsedForCache: 'Bytes',
  NetworkBytesIn: 'Bytes',
  NetworkBytesOut: 'Bytes',
  ...counts('ElastiCacheProcessingUnits TotalCmdsCount CurrConnections ThrottledCmds NewConnections CurrItems'),
  ...counts('Evictions Reclaimed CmdGet CmdSet CmdTouch GetHits GetMisses IncrHits IncrMisses DecrHits DecrMisses'),
  ...counts('DeleteHits DeleteMisses TouchHits TouchMisses CasHits CasMisses CasBadval CmdFlush'),
}

const clock = manualClock(START)
let engine: TestEngine

const cluster = { Name: 'CacheClusterId', Value: 'shop' }
const nodeOf = (Value: string) => [cluster, { Name: 'CacheNodeId', Value }]

interface Datapoint {
  readonly SampleCount: number
  readonly Average: number
  readonly Sum: number
  readonly Minimum: number
  readonly Maximum: number
  readonly Unit: string
}

async function statistics(MetricName: string, Dimensions: object[]): Promise<Datapoint | undefined> {
  const { value } = await jsonCall(engine, 'GetMetricStatistics', {
    Namespace: 'AWS/ElastiCache',
    MetricName,
    Dimensions,
    StartTime: START / 1000,
    EndTime: START / 1000 + 300,
    Period: 300,
    Statistics: ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount'],
  })
  return value.Datapoints[0]
}

/** Names in ListMetrics of just these dimensions. */
async function listed(Dimensions: readonly { Name: string }[]): Promise<string[]> {
  const { value } = await jsonCall(engine, 'ListMetrics', { Namespace: 'AWS/ElastiCache', Dimensions })
  const all = value.Metrics as { MetricName: string; Dimensions: object[] }[]
  return all.filter((each) => each.Dimensions.length === Dimensions.length).map(({ MetricName }) => MetricName)
}

beforeAll(async () => {
  engine = await startTestEngine({ clock, atEnd: afterAll })
  await engine.client().createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  await createdCache(engine, 'basket')
  const { CacheClusters } = await engine.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  const node = await MemcachedClient.connect(CacheClusters?.[0]?.CacheNodes?.[1]?.Endpoint?.Port ?? 0)
  afterAll(() => node.close())
  await node.ask('get a\r\nget a\r\nget a\r\n')
  clock.advanceTo(START + 5 * MINUTE)
  await eventually(
    'five minutes are recorded',
    async () => (await statistics('CPUCreditUsage', [cluster])) !== undefined,
  )
})

describe('of the guide each metric is listed, has its unit and every statistic', () => {
  test.each(Object.entries({ ...HOST, ...MEMCACHED }))('%s of a node and of a cluster', async (name, unit) => {
    const samples = name.startsWith('CPUCredit') ? 1 : 5
    expect(await statistics(name, nodeOf('0001'))).toMatchObject({ Unit: unit, SampleCount: samples })
    expect(await statistics(name, [cluster])).toMatchObject({ Unit: unit, SampleCount: 2 * samples })
    expect(await listed([cluster])).toContain(name)
    expect(await listed(nodeOf('0002'))).toContain(name)
  })

  test.each(Object.entries(SERVERLESS))('%s of a serverless cache', async (name, unit) => {
    const cache = [{ Name: 'clusterId', Value: 'basket' }]
    expect(await statistics(name, cache)).toMatchObject({ Unit: unit, SampleCount: 5 })
    expect(await listed(cache)).toContain(name)
  })
})

test('there are no others', async () => {
  expect((await listed([cluster])).sort()).toEqual(Object.keys({ ...HOST, ...MEMCACHED }).sort())
})

test('of a cluster Sum is that of its nodes, Average that of a node, Minimum and Maximum those of any', async () => {
  expect(await statistics('CmdGet', nodeOf('0001'))).toMatchObject({ Sum: 0 })
  expect(await statistics('CmdGet', [cluster])).toMatchObject({ Sum: 3, Average: 0.3, Minimum: 0, Maximum: 3 })
})

test('nothing shapes traffic here: no allowance is ever exceeded', async () => {
  for (const name of Object.keys(HOST).filter((each) => each.endsWith('AllowanceExceeded'))) {
    expect(await statistics(name, [cluster])).toMatchObject({ Sum: 0, Maximum: 0 })
  }
})

test('connections count those that monitor, and twice the threads of the node type, beside those of clients', async () => {
  // cache.t4g.small has two threads.
  expect(await statistics('CurrConnections', nodeOf('0001'))).toMatchObject({ Minimum: 6, Maximum: 6 })
  expect(await statistics('CurrConnections', nodeOf('0002'))).toMatchObject({ Minimum: 7, Maximum: 7 })
  expect(await statistics('CurrConnections', [{ Name: 'clusterId', Value: 'basket' }])).toMatchObject({ Maximum: 0 })
})
