import { expect, test } from 'vitest'
import { memcached, startTestEngine } from '../../../support/engine.ts'
import { ask } from '../../../support/raw.ts'

const nodesOf = async (client: Awaited<ReturnType<typeof startTestEngine>>['client'], id: string) => {
  const { CacheClusters } = await client().describeCacheClusters({ CacheClusterId: id, ShowCacheNodeInfo: true })
  return CacheClusters?.[0]?.CacheNodes ?? []
}

test('a cluster is creating at first, without endpoint, create time or nodes', async () => {
  const engine = await startTestEngine()
  const { CacheCluster } = await engine.client().createCacheCluster(memcached('Shop', 3))
  expect(CacheCluster).toMatchObject({
    CacheClusterId: 'shop',
    CacheClusterStatus: 'creating',
    NumCacheNodes: 3,
    PendingModifiedValues: {},
    CacheParameterGroup: { CacheParameterGroupName: 'default.memcached1.6', ParameterApplyStatus: 'in-sync' },
    CacheSubnetGroupName: 'default',
    NetworkType: 'ipv4',
    IpDiscovery: 'ipv4',
  })
  expect(CacheCluster?.ConfigurationEndpoint).toBeUndefined()
  expect(CacheCluster?.CacheClusterCreateTime).toBeUndefined()
  expect(CacheCluster?.CacheNodes).toBeUndefined()
})

test('an available cluster answers on its configuration endpoint and on every node', async () => {
  const engine = await startTestEngine()
  await engine.client().createCacheCluster(memcached('shop', 3))
  await engine.until('shop', 'available')
  const { CacheClusters } = await engine.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  const cluster = CacheClusters?.[0]
  expect(cluster?.CacheNodes?.map(({ CacheNodeId }) => CacheNodeId)).toEqual(['0001', '0002', '0003'])
  const ports = [
    cluster?.ConfigurationEndpoint?.Port,
    ...(cluster?.CacheNodes ?? []).map(({ Endpoint }) => Endpoint?.Port),
  ]
  const replies = await Promise.all(ports.map((port) => ask(port as number, 'config get cluster\r\n')))
  expect(new Set(replies).size).toBe(1)
  expect(replies[0]).toMatch(/^CONFIG cluster 0 \d+\r\n1\nlocalhost\|127\.0\.0\.1\|\d+ localhost\|127/)
})

test('nodes are only shown on request', async () => {
  const engine = await startTestEngine()
  await engine.client().createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  const { CacheClusters } = await engine.client().describeCacheClusters({})
  expect(CacheClusters?.[0]?.CacheNodes).toBeUndefined()
  expect(CacheClusters?.[0]?.ConfigurationEndpoint).toBeDefined()
  // The members of an answer of AWS, recorded in 2023 of a cluster of one node.
  expect(Object.keys(CacheClusters?.[0] ?? {}).sort()).toEqual([
    'ARN',
    'AtRestEncryptionEnabled',
    'AuthTokenEnabled',
    'AutoMinorVersionUpgrade',
    'CacheClusterCreateTime',
    'CacheClusterId',
    'CacheClusterStatus',
    'CacheNodeType',
    'CacheParameterGroup',
    'CacheSecurityGroups',
    'CacheSubnetGroupName',
    'ClientDownloadLandingPage',
    'ConfigurationEndpoint',
    'Engine',
    'EngineVersion',
    'IpDiscovery',
    'LogDeliveryConfigurations',
    'NetworkType',
    'NumCacheNodes',
    'PendingModifiedValues',
    'PreferredAvailabilityZone',
    'PreferredMaintenanceWindow',
    'ReplicationGroupLogDeliveryEnabled',
    'SecurityGroups',
    'TransitEncryptionEnabled',
  ])
})

test('scaling out answers with the old count and the new one pending, then adds nodes and versions', async () => {
  const engine = await startTestEngine()
  await engine.client().createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  const { CacheCluster } = await engine
    .client()
    .modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 5, ApplyImmediately: true })
  expect(CacheCluster).toMatchObject({
    CacheClusterStatus: 'modifying',
    NumCacheNodes: 2,
    PendingModifiedValues: { NumCacheNodes: 5 },
  })
  await engine.until('shop', 'available')
  const nodes = await nodesOf(engine.client, 'shop')
  expect(nodes.map(({ CacheNodeId }) => CacheNodeId)).toEqual(['0001', '0002', '0003', '0004', '0005'])
  const reply = await ask(nodes[4]?.Endpoint?.Port as number, 'config get cluster\r\n')
  expect(reply.split('\n')[1]).toBe('4')
  expect(reply.split('\n')[2]?.split(' ')).toHaveLength(5)
})

test('scaling in removes exactly the named nodes, and their ids are given again', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster(memcached('shop', 4))
  await engine.until('shop', 'available')
  const before = await nodesOf(engine.client, 'shop')
  const { CacheCluster } = await client.modifyCacheCluster({
    CacheClusterId: 'shop',
    NumCacheNodes: 2,
    CacheNodeIdsToRemove: ['0001', '0003'],
    ApplyImmediately: true,
  })
  expect(CacheCluster?.PendingModifiedValues).toEqual({ NumCacheNodes: 2, CacheNodeIdsToRemove: ['0001', '0003'] })
  await engine.until('shop', 'available')
  const after = await nodesOf(engine.client, 'shop')
  expect(after.map(({ CacheNodeId }) => CacheNodeId)).toEqual(['0002', '0004'])
  expect(after.map(({ Endpoint }) => Endpoint)).toEqual([before[1]?.Endpoint, before[3]?.Endpoint])
  await expect(ask(before[0]?.Endpoint?.Port as number, 'version\r\n', '\n')).rejects.toThrow('ECONNREFUSED')
  await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 3, ApplyImmediately: true })
  await engine.until('shop', 'available')
  expect((await nodesOf(engine.client, 'shop')).map(({ CacheNodeId }) => CacheNodeId)).toEqual(['0001', '0002', '0004'])
})

test('the configuration endpoint goes on answering when the node behind it is removed', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  await client.modifyCacheCluster({
    CacheClusterId: 'shop',
    NumCacheNodes: 1,
    CacheNodeIdsToRemove: ['0001'],
    ApplyImmediately: true,
  })
  await engine.until('shop', 'available')
  const { CacheClusters } = await client.describeCacheClusters({})
  const reply = await ask(CacheClusters?.[0]?.ConfigurationEndpoint?.Port as number, 'config get cluster\r\n')
  expect(reply.split('\n')[1]).toBe('2')
})

test('a reboot empties the named nodes and no others', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  const [first, second] = (await nodesOf(engine.client, 'shop')).map(({ Endpoint }) => Endpoint?.Port as number)
  for (const port of [first, second]) await ask(port as number, 'set k 0 0 1\r\nv\r\n', 'STORED\r\n')
  const { CacheCluster } = await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0002'] })
  expect(CacheCluster?.CacheClusterStatus).toBe('rebooting cache cluster nodes')
  await engine.until('shop', 'available')
  expect(await ask(first as number, 'get k\r\n')).toBe('VALUE k 0 1\r\nv\r\nEND\r\n')
  expect(await ask(second as number, 'get k\r\n')).toBe('END\r\n')
})

test('an engine upgrade restarts the nodes as the new version; the default group follows', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop'), EngineVersion: '1.5.16' })
  await engine.until('shop', 'available')
  const { CacheCluster } = await client.modifyCacheCluster({
    CacheClusterId: 'shop',
    EngineVersion: '1.6.22',
    ApplyImmediately: true,
  })
  expect(CacheCluster).toMatchObject({ EngineVersion: '1.5.16', PendingModifiedValues: { EngineVersion: '1.6.22' } })
  await engine.until('shop', 'available')
  const { CacheClusters } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
  expect(CacheClusters?.[0]).toMatchObject({
    EngineVersion: '1.6.22',
    PendingModifiedValues: {},
    CacheParameterGroup: { CacheParameterGroupName: 'default.memcached1.6' },
  })
  const port = CacheClusters?.[0]?.CacheNodes?.[0]?.Endpoint?.Port as number
  expect(await ask(port, 'version\r\n', '\n')).toBe('VERSION 1.6.22\r\n')
})

test('a deleted cluster stops answering before it leaves the list, and its name is free again', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  const port = (await nodesOf(engine.client, 'shop'))[0]?.Endpoint?.Port as number
  const { CacheCluster } = await client.deleteCacheCluster({ CacheClusterId: 'SHOP' })
  expect(CacheCluster?.CacheClusterStatus).toBe('deleting')
  await engine.untilGone('shop')
  await expect(ask(port, 'version\r\n', '\n')).rejects.toThrow('ECONNREFUSED')
  await expect(client.createCacheCluster(memcached('shop'))).resolves.toBeDefined()
})

test('each region has its own resources', async () => {
  const engine = await startTestEngine()
  await engine.client('eu-west-1').createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available', 'eu-west-1')
  expect((await engine.client('us-west-2').describeCacheClusters({})).CacheClusters).toEqual([])
  const { CacheClusters } = await engine.client('eu-west-1').describeCacheClusters({})
  expect(CacheClusters?.[0]?.ARN).toBe('arn:aws:elasticache:eu-west-1:000000000000:cluster:shop')
})
