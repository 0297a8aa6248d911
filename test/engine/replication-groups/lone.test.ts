import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { SERVERS, startTestEngine } from '../../support/servers.ts'
import { clusterOf, NODE, portOfCluster, SKIPPED, server } from './support.ts'

async function createLone(api: TestEngine, more: object = {}): Promise<number> {
  await api.client().createCacheCluster({ ...NODE, CacheClusterId: 'one', NumCacheNodes: 1, ...more })
  await availableLone(api)
  return portOfCluster(api, 'one')
}

async function availableLone(api: TestEngine) {
  await eventually('one available', async () => (await clusterOf(api, 'one')).CacheClusterStatus === 'available')
  return clusterOf(api, 'one')
}

const modify = (api: TestEngine, input: object) => api.client().modifyCacheCluster({ CacheClusterId: 'one', ...input })

const limitsAt = async (port: number) => ({
  clients: Number(/maxclients:(\d+)/.exec(await say(port, 'INFO', 'clients'))?.[1]),
  memory: Number(/maxmemory:(\d+)/.exec(await say(port, 'INFO', 'memory'))?.[1]),
})

describe.skipIf(!server)(`a lone cache cluster ${SKIPPED}`, () => {
  test('is scaled to another node type at once, and keeps what it holds', async () => {
    const api = await startTestEngine()
    const port = await createLone(api)
    await say(port, 'SET', 'a', '1')
    const before = await limitsAt(port)
    const { CacheCluster: begun } = await modify(api, { CacheNodeType: 'cache.t4g.micro', ApplyImmediately: true })
    expect(begun?.CacheClusterStatus).toBe('modifying')
    expect(await availableLone(api)).toMatchObject({ CacheNodeType: 'cache.t4g.micro', PendingModifiedValues: {} })
    const after = await limitsAt(port)
    expect(after.memory).toBeLessThan(before.memory)
    expect(after.clients).toBeLessThanOrEqual(20_000)
    expect(await say(port, 'GET', 'a')).toBe('1')
    await expect(modify(api, { CacheNodeType: 'cache.r6gd.xlarge' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    })
  })

  test('waits with another node type for its maintenance window', async () => {
    const api = await startTestEngine()
    await createLone(api)
    const { CacheCluster: begun } = await modify(api, { CacheNodeType: 'cache.t4g.medium' })
    expect(begun).toMatchObject({
      CacheNodeType: 'cache.t4g.small',
      PendingModifiedValues: { CacheNodeType: 'cache.t4g.medium' },
    })
    await control(api, 'POST', CONTROL.clock, { advanceMs: 7 * 24 * 3600_000 })
    await eventually('scaled', async () => (await clusterOf(api, 'one')).CacheNodeType === 'cache.t4g.medium')
    expect((await availableLone(api)).PendingModifiedValues).toEqual({})
  })

  test('has one node, no token, and no node type that is not there', async () => {
    const api = await startTestEngine()
    await createLone(api)
    await expect(modify(api, { NumCacheNodes: 2 })).rejects.toThrow(/NumCacheNodes should be 1/)
    await expect(modify(api, { AuthToken: 'abcdefghijklmnop' })).rejects.toThrow(/replication group/)
    await expect(modify(api, { CacheNodeType: 'cache.huge' })).rejects.toThrow(/Invalid cache node type/)
  })
})

describe.skipIf(SERVERS.some(({ isMissing }) => isMissing))(
  'a lone cache cluster of Redis OSS (skipped without both servers)',
  () => {
    test('gets a newer version, becomes one of Valkey, and keeps what it holds', async () => {
      const api = await startTestEngine()
      const port = await createLone(api, { Engine: 'redis', EngineVersion: '6.2' })
      await say(port, 'SET', 'a', '1')
      await modify(api, { EngineVersion: '7.0', ApplyImmediately: true })
      expect((await availableLone(api)).CacheParameterGroup?.CacheParameterGroupName).toBe('default.redis7')
      await expect(modify(api, { EngineVersion: '6.2' })).rejects.toThrow(/Cannot downgrade/)
      await modify(api, { Engine: 'valkey', EngineVersion: '8.0', ApplyImmediately: true })
      await eventually('valkey', async () => (await clusterOf(api, 'one')).Engine === 'valkey')
      await availableLone(api)
      expect(await say(port, 'INFO', 'server')).toContain('valkey_version')
      expect(await say(port, 'GET', 'a')).toBe('1')
    })
  },
)
