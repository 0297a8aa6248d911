import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { SERVERS, startTestEngine } from '../../support/servers.ts'
import { available, clusterOf, create, portOf, SKIPPED, server } from './support.ts'

const modify = (api: TestEngine, input: object) =>
  api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', ApplyImmediately: true, ...input })

const bothMissing = SERVERS.some(({ isMissing }) => isMissing)

describe.skipIf(!server)(`a replication group ${SKIPPED}`, () => {
  test('is scaled to another node type while it runs, and keeps what it holds', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api), 'PrimaryEndpoint')
    await say(port, 'SET', 'a', '1')
    const memory = async () => /maxmemory:(\d+)/.exec(await say(port, 'INFO', 'memory'))?.[1]
    const before = Number(await memory())
    await modify(api, { CacheNodeType: 'cache.t4g.medium' })
    expect((await available(api)).CacheNodeType).toBe('cache.t4g.medium')
    expect(Number(await memory())).toBeGreaterThan(before)
    expect(await say(port, 'GET', 'a')).toBe('1')
    await expect(modify(api, { CacheNodeType: 'cache.r6gd.xlarge' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    })
  })

  test('waits with another version for its window, and members tell of it', async () => {
    const api = await startTestEngine()
    await create(api, { Engine: 'redis', EngineVersion: '7.0' })
    await modify(api, { EngineVersion: '7.1', ApplyImmediately: false })
    await available(api)
    const { EngineVersion, PendingModifiedValues } = await clusterOf(api, 'shop-001')
    expect({ EngineVersion, PendingModifiedValues }).toEqual({
      EngineVersion: '7.0.7',
      PendingModifiedValues: { EngineVersion: '7.1.0' },
    })
    await modify(api, {})
    await available(api)
    expect((await clusterOf(api, 'shop-001')).EngineVersion).toBe('7.1.0')
    await expect(modify(api, { EngineVersion: '6.2' })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
    })
  })

  test('of Redis OSS that gets a version and a parameter group of Valkey, but no engine, is told of the group', async () => {
    const api = await startTestEngine()
    await create(api, { Engine: 'redis' })
    await expect(
      modify(api, { EngineVersion: '8.0', CacheParameterGroupName: 'default.valkey8' }),
    ).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
      message: 'valkey parameter group is not applicable to engine redis',
    })
  })

  test('with a parameter group of its own needs one of the new family', async () => {
    const api = await startTestEngine()
    await api.client().createCacheParameterGroup({
      CacheParameterGroupName: 'own',
      CacheParameterGroupFamily: 'redis6.x',
      Description: 'd',
    })
    await create(api, { Engine: 'redis', EngineVersion: '6.2', CacheParameterGroupName: 'own' })
    await expect(modify(api, { EngineVersion: '7.0' })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
      message: 'Expected a parameter group of family redis7 but found one of family redis6.x',
    })
    await modify(api, { EngineVersion: '7.0', CacheParameterGroupName: 'default.redis7' })
    await available(api)
    const { CacheParameterGroup: group, EngineVersion } = await clusterOf(api, 'shop-001')
    expect([EngineVersion, group?.CacheParameterGroupName]).toEqual(['7.0.7', 'default.redis7'])
  })
})

describe.skipIf(bothMissing)('a replication group of Redis OSS (skipped without both servers)', () => {
  test('without replicas becomes one of Valkey, with what it holds', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, { Engine: 'redis' }), 'PrimaryEndpoint')
    await say(port, 'SET', 'a', '1')
    await modify(api, { Engine: 'valkey', EngineVersion: '8.0' })
    expect((await available(api)).Engine).toBe('valkey')
    expect(await say(port, 'INFO', 'server')).toContain('valkey_version')
    expect(await say(port, 'GET', 'a')).toBe('1')
    expect(await say(port, 'SET', 'b', '1')).toBe('OK')
    const cluster = await clusterOf(api, 'shop-001')
    expect(cluster.CacheParameterGroup?.CacheParameterGroupName).toBe('default.valkey8')
  })

  test.each([
    ['disabled', { NumCacheClusters: 2 }],
    ['enabled', { NumNodeGroups: 2, ReplicasPerNodeGroup: 1 }],
  ])('with cluster mode %s becomes one of Valkey, with what it holds', async (_mode, shape) => {
    const api = await startTestEngine()
    const group = await create(api, { Engine: 'redis', ...shape, AutomaticFailoverEnabled: true })
    const members = group.MemberClusters ?? []
    const ports = await Promise.all(
      members.map(async (id) => (await clusterOf(api, id)).CacheNodes?.[0]?.Endpoint?.Port ?? 0),
    )
    const answers = (key: string) => Promise.all(ports.map((port) => say(port, 'SET', key, '1')))
    expect(await answers('a')).toContain('OK')
    await modify(api, { Engine: 'valkey', EngineVersion: '8.0' })
    expect((await available(api)).Engine).toBe('valkey')
    const infos = await Promise.all(ports.map((port) => say(port, 'INFO', 'server')))
    expect(infos.every((info) => info.includes('valkey_version'))).toBe(true)
    const held = await Promise.all(ports.map((port) => say(port, 'GET', 'a')))
    expect(held).toContain('1')
    const { CacheParameterGroup: parameters } = await clusterOf(api, members[0] ?? '')
    expect(parameters?.CacheParameterGroupName).toMatch(/^default\.valkey8/)
    await eventually('it takes writes', async () => (await answers('b')).includes('OK'))
    await expect(modify(api, { Engine: 'redis' })).rejects.toMatchObject({
      message: 'This API supports only cross-engine upgrades to Valkey engine currently',
    })
  })
})
