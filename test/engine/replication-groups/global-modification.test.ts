import type { CreateReplicationGroupCommandInput, ElastiCache } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { SERVERS, startTestEngine } from '../../support/servers.ts'
import { engine, portOf, SKIPPED, server } from './support.ts'

const OF = { GlobalReplicationGroupId: 'sgaui-shop' }
const NOW = { ...OF, ApplyImmediately: true }
const areBothInstalled = SERVERS.every(({ isMissing }) => !isMissing)

const groupIn = async (client: ElastiCache, id: string) =>
  (await client.describeReplicationGroups({ ReplicationGroupId: id })).ReplicationGroups?.[0] ?? {}

const nodeIn = async (client: ElastiCache, id: string) =>
  (await client.describeCacheClusters({ CacheClusterId: id })).CacheClusters?.[0] ?? {}

const availableIn = (client: ElastiCache, id: string) =>
  eventually(`${id} available`, async () => (await groupIn(client, id)).Status === 'available')

async function globalOf(client: ElastiCache) {
  const { GlobalReplicationGroups: [found = {}] = [] } = await client.describeGlobalReplicationGroups({
    ...OF,
    ShowMemberInfo: true,
  })
  return found
}

async function until(client: ElastiCache, status: string) {
  await eventually(`global datastore ${status}`, async () => (await globalOf(client)).Status === status)
}

/** A primary group, and a secondary one, each of a primary and a replica. */
async function createBoth(input: Partial<CreateReplicationGroupCommandInput> = {}) {
  const api = await startTestEngine()
  const [home, away] = [api.client(), api.client('eu-west-1')]
  const common = { ReplicationGroupDescription: 'd', NumCacheClusters: 2 }
  await home.createReplicationGroup({
    ...common,
    ...{ Engine: engine, CacheNodeType: 'cache.m6g.large', ReplicationGroupId: 'home' },
    ...input,
  })
  await availableIn(home, 'home')
  await home.createGlobalReplicationGroup({ GlobalReplicationGroupIdSuffix: 'shop', PrimaryReplicationGroupId: 'home' })
  await until(home, 'primary-only')
  await away.createReplicationGroup({ ...common, ...OF, ReplicationGroupId: 'away' })
  await until(home, 'available')
  return { home, away }
}

describe.skipIf(!server)(`what is the same in all groups of a global datastore ${SKIPPED}`, () => {
  test('is their node type, and whether they fail over by themselves', async () => {
    const { home, away } = await createBoth()
    const { GlobalReplicationGroup } = await home.modifyGlobalReplicationGroup({
      ...NOW,
      CacheNodeType: 'cache.r6g.large',
      AutomaticFailoverEnabled: true,
    })
    expect(GlobalReplicationGroup?.Status).toBe('modifying')
    await until(home, 'available')
    expect(await globalOf(home)).toMatchObject({
      CacheNodeType: 'cache.r6g.large',
      Members: [{ AutomaticFailover: 'enabled' }, { AutomaticFailover: 'enabled' }],
    })
    expect((await groupIn(away, 'away')).CacheNodeType).toBe('cache.r6g.large')
    await expect(
      home.modifyGlobalReplicationGroup({ ...NOW, CacheNodeType: 'cache.t4g.medium' }),
    ).rejects.toMatchObject({ message: 'Nodes of a global datastore cannot be of type cache.t4g.medium.' })
    await expect(home.modifyGlobalReplicationGroup({ ...OF, ApplyImmediately: false })).rejects.toMatchObject({
      message: 'ApplyImmediately must be true.',
    })
  })

  test.skipIf(!areBothInstalled)(
    'is their engine, which those that replicate have first',
    async () => {
      const { home, away } = await createBoth({ Engine: 'redis', EngineVersion: '7.1' })
      await home.createCacheParameterGroup({
        CacheParameterGroupName: 'own',
        CacheParameterGroupFamily: 'valkey8',
        Description: 'd',
      })
      await home.modifyCacheParameterGroup({
        CacheParameterGroupName: 'own',
        ParameterNameValues: [{ ParameterName: 'maxmemory-policy', ParameterValue: 'allkeys-lru' }],
      })
      await expect(
        home.modifyGlobalReplicationGroup({ ...NOW, CacheParameterGroupName: 'default.redis7' }),
      ).rejects.toMatchObject({
        message:
          'ModifyGlobalReplicationGroup API does not support cache parameter group modification without a change in major engine version.',
      })
      const ports = [
        portOf(await groupIn(home, 'home'), 'PrimaryEndpoint'),
        portOf(await groupIn(away, 'away'), 'PrimaryEndpoint'),
      ]
      const [port = 0, awayPort = 0] = ports
      expect(await say(port, 'SET', 'before', '1')).toBe('OK')
      await home.modifyGlobalReplicationGroup({
        ...NOW,
        Engine: 'valkey',
        EngineVersion: '8.0',
        CacheParameterGroupName: 'own',
      })
      await until(home, 'available')
      expect(await globalOf(home)).toMatchObject({ Engine: 'valkey', EngineVersion: expect.stringMatching(/^8\.0/) })
      for (const each of ports) {
        expect(await say(each, 'INFO', 'server')).toMatch(/server_name:valkey/)
        expect(await say(each, 'GET', 'before')).toBe('1')
      }
      expect(await say(port, 'SET', 'after', '1')).toBe('OK')
      await eventually('it replicates', async () => (await say(awayPort, 'GET', 'after')) === '1')
      const group = (await nodeIn(away, 'away-001')).CacheParameterGroup?.CacheParameterGroupName
      expect(group).toMatch(/^global-datastore-away/)
      const { Parameters = [] } = await away.describeCacheParameters({ CacheParameterGroupName: group, Source: 'user' })
      expect(Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue])).toEqual([
        ['maxmemory-policy', 'allkeys-lru'],
      ])
    },
    60_000,
  )
})
