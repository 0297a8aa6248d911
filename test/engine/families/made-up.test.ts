/** A second engine, of which the house knows a folder and a row a table: the families', and the programs' of its worker. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { CacheCluster, CacheNode, ElastiCache } from '@aws-sdk/client-elasticache'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bundleEntries } from '../../../src/tools/build.ts'
import { jsonCall } from '../../support/cloudwatch.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'
import { createGroup, modifyGroup } from '../../support/parameters.ts'

vi.mock('../../../src/engine/families/all.ts', async (original) => {
  const { FAMILIES } = await original<typeof import('../../../src/engine/families/all.ts')>()
  const { abacus } = await import('./made-up/family.ts')
  return { FAMILIES: [...FAMILIES, abacus] }
})

const START = Date.UTC(2031, 0, 1, 12)

let workerFile: URL
let engine: TestEngine
let client: ElastiCache

beforeAll(async () => {
  const outdir = temporaryDirectory((work) => cleanUps.push(work))
  await bundleEntries({ 'abacus-worker': fileURLToPath(new URL('./made-up/worker.ts', import.meta.url)) }, { outdir })
  workerFile = pathToFileURL(join(outdir, 'abacus-worker.js'))
  return async () => {
    for (const work of cleanUps) await work()
  }
})
const cleanUps: (() => Promise<void> | void)[] = []

beforeEach(async () => {
  engine = await startTestEngine({ workerFile })
  client = engine.client()
})

const create = (CacheClusterId: string, more: object = {}) =>
  client.createCacheCluster({
    CacheClusterId,
    Engine: 'Abacus',
    CacheNodeType: 'cache.t3.micro',
    NumCacheNodes: 1,
    ...more,
  })

async function described(CacheClusterId: string): Promise<CacheCluster & { readonly CacheNodes: [CacheNode] }> {
  await engine.until(CacheClusterId, 'available')
  const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId, ShowCacheNodeInfo: true })
  return CacheClusters?.[0] as CacheCluster & { readonly CacheNodes: [CacheNode] } // each has one
}

/** What the node of a cluster answers. */
async function answerOf(id: string): Promise<string> {
  const { CacheNodes } = await described(id)
  const node = await MemcachedClient.connect(CacheNodes[0].Endpoint?.Port as number)
  try {
    node.send('how many?\r\n')
    return (await node.until('a line', (text) => text.indexOf('\n') + 1 || -1)).trim()
  } finally {
    node.close()
  }
}

test('its versions and families of parameter groups are listed beside the others', async () => {
  const { CacheEngineVersions: all } = await client.describeCacheEngineVersions({})
  expect(new Set(all?.map(({ Engine }) => Engine))).toEqual(new Set(['abacus', 'memcached', 'redis', 'valkey']))
  const { CacheEngineVersions } = await client.describeCacheEngineVersions({ Engine: 'ABACUS' })
  expect(CacheEngineVersions?.map((row) => [row.EngineVersion, row.CacheParameterGroupFamily])).toEqual([
    ['1.0', 'abacus1'],
    ['1.1', 'abacus1'],
    ['2.0', 'abacus2'],
  ])
  const { CacheParameterGroups } = await client.describeCacheParameterGroups({})
  const names = CacheParameterGroups?.map((group) => group.CacheParameterGroupName)
  expect(names?.slice(0, 3)).toEqual(['default.abacus1', 'default.abacus2', 'default.memcached1.4'])
})

test('a cluster of it has its newest version, its port and its default group, and no Auto Discovery', async () => {
  await create('frame')
  const { Engine, EngineVersion, CacheParameterGroup, ConfigurationEndpoint, CacheNodes } = await described('frame')
  expect([Engine, EngineVersion, ConfigurationEndpoint]).toEqual(['abacus', '2.0', undefined])
  expect(CacheParameterGroup?.CacheParameterGroupName).toBe('default.abacus2')
  expect(CacheNodes[0].Endpoint?.Port).toBeGreaterThanOrEqual(4242)
  expect(await answerOf('frame')).toBe('13 rods of 5 beads')
})

describe('parameters', () => {
  test('are those of the version', async () => {
    const namesOf = async (CacheParameterGroupName: string) =>
      (await client.describeCacheParameters({ CacheParameterGroupName })).Parameters?.map((row) => row.ParameterName)
    expect(await namesOf('default.abacus1')).toEqual(['rods'])
    expect(await namesOf('default.abacus2')).toEqual(['rods', 'beads'])
  })

  test('take effect at once, or when the node restarts', async () => {
    await createGroup(client, 'mine', 'abacus2', { rods: '20' })
    await create('frame', { CacheParameterGroupName: 'mine' })
    expect(await answerOf('frame')).toBe('20 rods of 5 beads')
    await modifyGroup(client, 'mine', { rods: '21', beads: '7' })
    await eventually('the beads have changed', async () => (await answerOf('frame')) === '20 rods of 7 beads')
    expect((await described('frame')).CacheParameterGroup?.ParameterApplyStatus).toBe('pending-reboot')
    await client.rebootCacheCluster({ CacheClusterId: 'frame', CacheNodeIdsToReboot: ['0001'] })
    expect(await answerOf('frame')).toBe('21 rods of 7 beads')
  })

  test('are kept with the state', async () => {
    await createGroup(client, 'mine', 'abacus2', { beads: '4' })
    await create('frame', { CacheParameterGroupName: 'mine' })
    await described('frame')
    await engine.close()
    engine = await startTestEngine({ workerFile, stateDir: engine.stateDir })
    client = engine.client()
    expect(await answerOf('frame')).toBe('13 rods of 4 beads')
  })

  test('that do not go together, or are another engine’s, are refused', async () => {
    await createGroup(client, 'wide', 'abacus2', { rods: '27', beads: '7' })
    await createGroup(client, 'other', 'memcached1.6')
    await expect(create('a', { CacheParameterGroupName: 'wide' })).rejects.toThrow(
      'Cache parameter group wide does not go with abacus 2.0: No frame holds 27 rods of 7 beads.',
    )
    await expect(create('a', { CacheParameterGroupName: 'other' })).rejects.toThrow(
      'Expected a parameter group of family abacus2 but found one of family memcached1.6',
    )
    await expect(createGroup(client, 'odd', 'abacus2', { chunk_size: '96' })).rejects.toThrow(
      "Parameter chunk_size doesn't exist",
    )
  })
})

test('what it cannot do is refused in its own words', async () => {
  await expect(create('a', { EngineVersion: '3.0' })).rejects.toThrow(
    'Cannot find version 3.0 for abacus. Versions are 2.0, 1.1, 1.0.',
  )
  await expect(create('a', { NumCacheNodes: 3 })).rejects.toThrow(
    'Invalid value 3 for NumCacheNodes. A cluster of abacus has at most 2.',
  )
  await expect(create('a', { AuthToken: 'sixteen characters' })).rejects.toThrow('No abacus knows sixteen characters.')
  await expect(create('a', { EngineVersion: '1.0', TransitEncryptionEnabled: true })).rejects.toThrow(
    'In-transit encryption needs abacus 2.0 or later, not 1.0.',
  )
})

test('it is upgraded to a group of the new family, and scaled', async () => {
  await create('frame', { EngineVersion: '1.0' })
  expect((await described('frame')).CacheParameterGroup?.CacheParameterGroupName).toBe('default.abacus1')
  await client.modifyCacheCluster({
    CacheClusterId: 'frame',
    EngineVersion: '2.0',
    NumCacheNodes: 2,
    ApplyImmediately: true,
  })
  const { EngineVersion, CacheParameterGroup, NumCacheNodes } = await described('frame')
  expect([EngineVersion, CacheParameterGroup?.CacheParameterGroupName, NumCacheNodes]).toEqual([
    '2.0',
    'default.abacus2',
    2,
  ])
})

test('its metrics are computed from what its nodes tell', async () => {
  const clock = manualClock(START)
  engine = await startTestEngine({ workerFile, clock })
  client = engine.client()
  await create('frame')
  await answerOf('frame')
  await answerOf('frame')
  clock.advanceTo(START + 60_000)
  const samples = async () => {
    const { value } = await jsonCall(engine, 'GetMetricStatistics', {
      Namespace: 'AWS/ElastiCache',
      MetricName: 'CmdGet',
      Dimensions: [{ Name: 'CacheClusterId', Value: 'frame' }],
      StartTime: START / 1000,
      EndTime: START / 1000 + 120,
      Period: 60,
      Statistics: ['Sum'],
    })
    return value.Datapoints as { Sum: number }[]
  }
  await eventually('a sample is taken', async () => (await samples()).length > 0)
  expect((await samples()).map(({ Sum }) => Sum)).toEqual([2])
  const { value } = await jsonCall(engine, 'ListMetrics', {})
  expect(new Set(value.Metrics.map(({ MetricName }: { MetricName: string }) => MetricName))).toEqual(
    new Set(['CmdGet']),
  )
})

test('there are no serverless caches of it', async () => {
  await expect(client.createServerlessCache({ ServerlessCacheName: 'frame', Engine: 'abacus' })).rejects.toThrow(
    'There are no serverless caches for abacus.',
  )
})

test('clusters of Memcached beside it are what they were', async () => {
  await create('frame')
  await client.createCacheCluster(memcached('shop'))
  const { ConfigurationEndpoint, CacheParameterGroup } = await described('shop')
  expect(CacheParameterGroup?.CacheParameterGroupName).toBe('default.memcached1.6')
  const node = await MemcachedClient.connect(ConfigurationEndpoint?.Port as number)
  node.send('config get cluster\r\n')
  expect(await node.until('the list', (text) => text.indexOf('END\r\n') + 1 || -1)).toContain('CONFIG cluster 0')
  node.close()
  expect(await answerOf('frame')).toBe('13 rods of 5 beads')
})
