import { expect, test } from 'vitest'
import { CONTROL } from '../../../../src/api/local-engine.ts'
import { control } from '../../../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { ask } from '../../../support/raw.ts'

const START = Date.UTC(2026, 10, 21, 9)
const shop = { CacheClusterId: 'shop' }

async function withShop(nodes: number, more: object = {}, options: Parameters<typeof startTestEngine>[0] = {}) {
  const engine = await startTestEngine(options)
  await engine.client().createCacheCluster({ ...memcached('shop', nodes), ...more })
  await engine.until('shop', 'available')
  return engine
}

async function described(engine: TestEngine) {
  const { CacheClusters } = await engine.client().describeCacheClusters({ ...shop, ShowCacheNodeInfo: true })
  const ports = CacheClusters?.[0]?.CacheNodes?.map(({ Endpoint }) => Endpoint?.Port as number) ?? []
  return { ...CacheClusters?.[0], ports }
}

const messagesOf = async (engine: TestEngine) =>
  (await engine.client().describeEvents({ Duration: 20_160 })).Events?.map(({ Message }) => Message).reverse() ?? []

const memoryOf = async (port: number) => Number(/limit_maxbytes (\d+)/.exec(await ask(port, 'stats\r\n'))?.[1])

test('a cluster is scaled batch by batch: its nodes keep their ports, start empty, and have the memory of the new type', async () => {
  const engine = await withShop(3)
  const before = await described(engine)
  const [first = 0] = before.ports
  await ask(first, 'set k 0 0 1\r\nv\r\n', 'STORED\r\n')
  const { CacheCluster } = await engine.client().modifyCacheCluster({
    ...shop,
    CacheNodeType: 'cache.t4g.micro',
    ScaleConfig: { ScalePercentage: 50 },
    ApplyImmediately: true,
  })
  expect(CacheCluster).toMatchObject({
    CacheClusterStatus: 'modifying',
    CacheNodeType: 'cache.t4g.small',
    PendingModifiedValues: {
      CacheNodeType: 'cache.t4g.micro',
      ScaleConfig: { ScalePercentage: 50, ScaleIntervalMinutes: 5 },
    },
  })
  await engine.until('shop', 'available')
  const after = await described(engine)
  expect(after).toMatchObject({ CacheNodeType: 'cache.t4g.micro', PendingModifiedValues: {}, ports: before.ports })
  for (const port of after.ports) expect(await memoryOf(port)).toBe((512 - 100) * 2 ** 20)
  expect(await ask(first, 'get k\r\n')).toBe('END\r\n')
  expect((await messagesOf(engine)).slice(-8)).toEqual([
    'Scaling cache node type from cache.t4g.small to cache.t4g.micro',
    ...['0001 shutdown', '0002 shutdown', '0001 restarted', '0002 restarted'].map((what) => `Cache node ${what}`),
    ...['0003 shutdown', '0003 restarted'].map((what) => `Cache node ${what}`),
    'Finished scaling cache node type from cache.t4g.small to cache.t4g.micro',
  ])
})

test('the interval lies between batches, and a restart of the engine in it goes on with what is left', async () => {
  const clock = manualClock(START)
  const engine = await withShop(2, {}, { clock })
  await engine.close()
  const slow = await startTestEngine({ clock, stateDir: engine.stateDir, pace: 'realistic' })
  const scaling = { CacheNodeType: 'cache.t4g.micro', ScaleConfig: { ScaleIntervalMinutes: 30 } }
  await slow.client().modifyCacheCluster({ ...shop, ...scaling, ApplyImmediately: true })
  const [first = 0, second = 0] = (await described(slow)).ports
  const small = (1402 - 100) * 2 ** 20
  const micro = (512 - 100) * 2 ** 20
  await eventually('the first is scaled', async () => (await memoryOf(first).catch(() => 0)) === micro)
  clock.advanceTo(START + 29 * 60_000)
  expect(await memoryOf(second)).toBe(small)
  await slow.close()
  const again = await startTestEngine({ clock, stateDir: engine.stateDir, pace: 'realistic' })
  expect([await memoryOf(first), await memoryOf(second)]).toEqual([micro, small])
  await control(again, 'POST', CONTROL.clock, { advanceMs: 60 * 60_000 })
  expect(await described(again)).toMatchObject({ CacheClusterStatus: 'available', CacheNodeType: 'cache.t4g.micro' })
  expect(await memoryOf(second)).toBe(micro)
})

test('without ApplyImmediately it waits for the window, where there may be no capacity any more', async () => {
  const engine = await withShop(1, { PreferredMaintenanceWindow: 'sun:05:00-sun:06:00' }, { clock: manualClock(START) })
  const { CacheCluster } = await engine.client().modifyCacheCluster({ ...shop, CacheNodeType: 'cache.m6g.large' })
  expect(CacheCluster).toMatchObject({
    CacheClusterStatus: 'available',
    PendingModifiedValues: { CacheNodeType: 'cache.m6g.large' },
  })
  await control(engine, 'POST', CONTROL.faults, { kind: 'capacity', nodeType: 'cache.m6g.large' })
  await control(engine, 'POST', CONTROL.clock, { advanceMs: 24 * 3600_000 })
  expect(await described(engine)).toMatchObject({ CacheNodeType: 'cache.t4g.small', PendingModifiedValues: {} })
  expect((await messagesOf(engine)).at(-1)).toMatch(
    /^Failed to scale cache node type from cache\.t4g\.small to cache\.m6g\.large: no capacity in availability zone /,
  )
})

test('only what fits the cluster is allowed, and only from memcached 1.5 on', async () => {
  const engine = await withShop(1, { TransitEncryptionEnabled: true })
  const client = engine.client()
  const { ScaleUpModifications = [], ScaleDownModifications = [] } = await client.listAllowedNodeTypeModifications(shop)
  expect(ScaleDownModifications).toEqual(['cache.t3.micro', 'cache.t3.small', 'cache.t4g.micro'])
  expect(ScaleUpModifications).toContain('cache.m6g.large')
  for (const type of ['cache.t2.medium', 'cache.m3.large', 'cache.t4g.small']) {
    expect(ScaleUpModifications).not.toContain(type)
  }
  await expect(client.modifyCacheCluster({ ...shop, CacheNodeType: 'cache.t2.medium' })).rejects.toThrow(/encryption/)
  await client.createCacheCluster({
    ...memcached('old'),
    CacheNodeType: 'cache.m5.large',
    EngineVersion: '1.4.34',
  })
  await engine.until('old', 'available')
  const old = { CacheClusterId: 'old' }
  expect(await client.listAllowedNodeTypeModifications(old)).toMatchObject({
    ScaleUpModifications: [],
    ScaleDownModifications: [],
  })
  await expect(client.modifyCacheCluster({ ...old, CacheNodeType: 'cache.m5.xlarge' })).rejects.toMatchObject({
    Code: 'InvalidParameterCombination',
    message: 'Scaling is not supported for engine memcached',
  })
})

test('a parameter group that does not go with the new type stands in the way', async () => {
  const engine = await withShop(1)
  const client = engine.client()
  const group = { CacheParameterGroupName: 'mine' }
  await client.createCacheParameterGroup({ ...group, CacheParameterGroupFamily: 'memcached1.6', Description: 'd' })
  await client.modifyCacheParameterGroup({
    ...group,
    ParameterNameValues: [{ ParameterName: 'memcached_connections_overhead', ParameterValue: '600' }],
  })
  await client.modifyCacheCluster({ ...shop, ...group })
  await expect(client.modifyCacheCluster({ ...shop, CacheNodeType: 'cache.t4g.micro' })).rejects.toThrow(
    /mine does not go with memcached .* leaves no memory/,
  )
})
