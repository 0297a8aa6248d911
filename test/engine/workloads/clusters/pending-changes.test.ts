import { describe, expect, test } from 'vitest'
import { memcached, startTestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const MONDAY_NOON = Date.UTC(2026, 10, 16, 12)
const WINDOW = 'tue:03:00-tue:04:00'
const WINDOW_START = Date.UTC(2026, 10, 17, 3)

async function engineWithCluster(nodes: number) {
  const clock = manualClock(MONDAY_NOON)
  const engine = await startTestEngine({ clock })
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop', nodes), PreferredMaintenanceWindow: WINDOW })
  await engine.until('shop', 'available')
  const modify = async (input: object) =>
    (await client.modifyCacheCluster({ CacheClusterId: 'shop', ...input })).CacheCluster
  const describeCluster = async () =>
    (await client.describeCacheClusters({ CacheClusterId: 'shop' })).CacheClusters?.[0]
  return { clock, engine, client, modify, describeCluster }
}

test('without ApplyImmediately a change waits for the maintenance window, and the cluster stays available', async () => {
  const { clock, modify, describeCluster } = await engineWithCluster(1)
  expect(await modify({ NumCacheNodes: 3, EngineVersion: '1.6.22' })).toMatchObject({
    CacheClusterStatus: 'available',
    NumCacheNodes: 1,
    PendingModifiedValues: { NumCacheNodes: 3 },
  })
  clock.advanceTo(WINDOW_START - 1)
  expect(await describeCluster()).toMatchObject({ NumCacheNodes: 1, PendingModifiedValues: { NumCacheNodes: 3 } })
  clock.advanceTo(WINDOW_START)
  await eventually('there are three nodes', async () => (await describeCluster())?.NumCacheNodes === 3)
  expect(await describeCluster()).toMatchObject({ CacheClusterStatus: 'available', PendingModifiedValues: {} })
})

test('what is not scaling or upgrading applies at once, with or without ApplyImmediately', async () => {
  const { modify } = await engineWithCluster(1)
  expect(
    await modify({ PreferredMaintenanceWindow: 'SUN:23:00-MON:02:00', AutoMinorVersionUpgrade: false }),
  ).toMatchObject({
    CacheClusterStatus: 'available',
    PreferredMaintenanceWindow: 'sun:23:00-mon:02:00',
    AutoMinorVersionUpgrade: false,
    PendingModifiedValues: {},
  })
})

describe('requests while changes are pending (guide, "Pending requests")', () => {
  test('a deletion replaces a pending deletion', async () => {
    const { modify } = await engineWithCluster(5)
    await modify({ NumCacheNodes: 3, CacheNodeIdsToRemove: ['0001', '0003'] })
    const cluster = await modify({ NumCacheNodes: 4, CacheNodeIdsToRemove: ['0002'] })
    expect(cluster?.PendingModifiedValues).toEqual({ NumCacheNodes: 4, CacheNodeIdsToRemove: ['0002'] })
  })

  test('a creation replaces a pending deletion', async () => {
    const { modify } = await engineWithCluster(3)
    await modify({ NumCacheNodes: 2, CacheNodeIdsToRemove: ['0001'] })
    const cluster = await modify({ NumCacheNodes: 4 })
    expect(cluster?.PendingModifiedValues).toEqual({ NumCacheNodes: 4 })
  })

  test('a deletion replaces a pending creation', async () => {
    const { modify } = await engineWithCluster(3)
    await modify({ NumCacheNodes: 5 })
    const cluster = await modify({ NumCacheNodes: 2, CacheNodeIdsToRemove: ['0003'] })
    expect(cluster?.PendingModifiedValues).toEqual({ NumCacheNodes: 2, CacheNodeIdsToRemove: ['0003'] })
  })

  test('a creation adds to a pending creation, and applied immediately takes the pending one with it', async () => {
    const { modify, engine, describeCluster } = await engineWithCluster(1)
    await modify({ NumCacheNodes: 3 })
    expect((await modify({ NumCacheNodes: 4 }))?.PendingModifiedValues).toEqual({ NumCacheNodes: 4 })
    await modify({ NumCacheNodes: 5, ApplyImmediately: true })
    await engine.until('shop', 'available')
    expect(await describeCluster()).toMatchObject({ NumCacheNodes: 5, PendingModifiedValues: {} })
  })

  test('the present number of nodes cancels what is pending', async () => {
    const { modify } = await engineWithCluster(2)
    await modify({ NumCacheNodes: 3 })
    expect((await modify({ NumCacheNodes: 2 }))?.PendingModifiedValues).toEqual({})
  })

  test('a pending upgrade and pending nodes are kept side by side', async () => {
    const clock = manualClock(MONDAY_NOON)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await client.createCacheCluster({ ...memcached('shop', 1), EngineVersion: '1.6.6' })
    await engine.until('shop', 'available')
    await client.modifyCacheCluster({ CacheClusterId: 'shop', EngineVersion: '1.6.22' })
    const { CacheCluster } = await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2 })
    expect(CacheCluster?.PendingModifiedValues).toEqual({ NumCacheNodes: 2, EngineVersion: '1.6.22' })
  })
})

test('switching IP discovery keeps what is pending', async () => {
  const clock = manualClock(MONDAY_NOON)
  const engine = await startTestEngine({ clock })
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop', 1), NetworkType: 'dual_stack' })
  await engine.until('shop', 'available')
  await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2 })
  await client.modifyCacheCluster({ CacheClusterId: 'shop', IpDiscovery: 'ipv4' })
  await engine.until('shop', 'available')
  const { CacheClusters } = await client.describeCacheClusters({})
  expect(CacheClusters?.[0]).toMatchObject({ IpDiscovery: 'ipv4', PendingModifiedValues: { NumCacheNodes: 2 } })
})
