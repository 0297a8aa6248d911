import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { jsonCall } from '../../support/cloudwatch.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { connectTo, createdCache } from '../../support/serverless.ts'

const START = Date.UTC(2031, 0, 1, 12)
const MINUTE = 60_000

/** Sums of every metric with samples, by its name. */
async function sums(engine: TestEngine): Promise<Map<string, number>> {
  const { value } = await jsonCall(engine, 'ListMetrics', {})
  const { value: data } = await jsonCall(engine, 'GetMetricData', {
    MetricDataQueries: (value.Metrics as { MetricName: string }[]).map((Metric, index) => ({
      Id: `m${index}`,
      Label: Metric.MetricName,
      MetricStat: { Metric, Period: 86_400, Stat: 'Sum' },
    })),
    StartTime: START / 1000,
    EndTime: START / 1000 + 86_400,
  })
  const results = (data.MetricDataResults ?? []) as { Label: string; Values: number[] }[]
  return new Map(results.flatMap(({ Label, Values }) => (Values.length > 0 ? [[Label, Values[0] ?? 0]] : [])))
}

test('a serverless cache has its own metrics: units, latencies, what was throttled', async () => {
  const clock = manualClock(START)
  const engine = await startTestEngine({ clock })
  const cache = await createdCache(engine, 'basket')
  const client = await connectTo(engine, cache.Endpoint?.Port)
  expect(await client.ask('set a 0 0 3000\r\n' + 'x'.repeat(3000) + '\r\nget a\r\nget b\r\n')).toContain('STORED')
  clock.advanceTo(START + MINUTE)
  await eventually('a sample is taken', async () => (await sums(engine)).size > 0)
  const found = await sums(engine)
  // The last is `version`, by which the client knows the end. Each of the 3,000 bytes' ways costs 2.93.
  expect(found.get('TotalCmdsCount')).toBe(4)
  expect(found.get('ElastiCacheProcessingUnits')).toBeCloseTo(2 + (2 * 3000) / 1024)
  expect(found.get('GetHits')).toBe(1)
  expect(found.get('GetMisses')).toBe(1)
  expect(found.get('ThrottledCmds')).toBe(0)
  expect(found.get('NewConnections')).toBe(1)
  expect(found.get('BytesUsedForCache')).toBeGreaterThan(3000)
  for (const name of ['SuccessfulReadRequestLatency', 'SuccessfulWriteRequestLatency']) {
    expect(found.get(name)).toBeGreaterThan(0)
    expect(found.get(name)).toBeLessThan(5_000_000)
  }
  expect([...found.keys()].filter((name) => /CPU|Memory|Config/.test(name))).toEqual([])
})

test('samples survive a restart; those before the clock stood still are not made up', async () => {
  const stateDir = temporaryDirectory()
  const clock = manualClock(START)
  const first = await startTestEngine({ clock, stateDir })
  await first.client().createCacheCluster(memcached('shop'))
  await first.until('shop', 'available')
  clock.advanceTo(START + MINUTE)
  await eventually('a sample is taken', async () => (await sums(first)).size > 0)
  await first.close()
  const later = manualClock(START + 30 * MINUTE)
  const second = await startTestEngine({ clock: later, stateDir })
  expect((await sums(second)).get('CurrConfig')).toBe(1)
  later.advanceTo(START + 31 * MINUTE)
  await eventually('another is taken', async () => (await sums(second)).get('CurrConfig') === 2)
})

test('samples are kept of an engine from before kinds of nodes had columns of their own', async () => {
  const stateDir = temporaryDirectory()
  const clock = manualClock(START)
  const first = await startTestEngine({ clock, stateDir })
  await first.client().createCacheCluster(memcached('shop'))
  await first.until('shop', 'available')
  clock.advanceTo(START + MINUTE)
  await eventually('a sample is taken', async () => (await sums(first)).size > 0)
  await first.close()
  const file = join(stateDir, 'metrics.bin')
  const { columns, subjects } = deserialize(readFileSync(file))
  writeFileSync(file, serialize({ columns: [columns.node, columns.serverless].join(), subjects }))
  const second = await startTestEngine({ clock: manualClock(START + 30 * MINUTE), stateDir })
  expect((await sums(second)).get('CurrConfig')).toBe(1)
})

test('a file of samples that cannot be read is left aside, and the log says so', async () => {
  const stateDir = temporaryDirectory()
  writeFileSync(join(stateDir, 'metrics.bin'), 'nonsense')
  const engine = await startTestEngine({ clock: manualClock(START), stateDir })
  expect((await sums(engine)).size).toBe(0)
  expect(engine.log.join('\n')).toMatch(/metrics of before are lost/)
})

test('after a day samples are gone, and with the last of them the metric', async () => {
  const clock = manualClock(START)
  const engine = await startTestEngine({ clock })
  await engine.client().createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  clock.advanceTo(START + MINUTE)
  await eventually('a sample is taken', async () => (await sums(engine)).size > 0)
  await engine.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
  clock.advanceTo(START + 26 * 60 * MINUTE)
  await eventually(
    'it is forgotten',
    async () => (await jsonCall(engine, 'ListMetrics', {})).value.Metrics.length === 0,
  )
})
