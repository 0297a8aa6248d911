import type { CreateReplicationGroupCommandInput, ElastiCache } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import { clientOf, type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { start, startTestEngine } from '../../support/servers.ts'
import { engine, portOf, SKIPPED, server } from './support.ts'

const HOME = 'us-west-2'
const AWAY = 'eu-west-1'
const ID = 'sgaui-shop'
const NODE = { Engine: engine, CacheNodeType: 'cache.m6g.large', ReplicationGroupDescription: 'd' }
const OF = { GlobalReplicationGroupId: ID }

async function groupIn(client: ElastiCache, id: string) {
  const { ReplicationGroups: [group = {}] = [] } = await client.describeReplicationGroups({ ReplicationGroupId: id })
  return group
}

async function availableIn(client: ElastiCache, id: string) {
  await eventually(`${id} available`, async () => (await groupIn(client, id)).Status === 'available')
  return portOf(await groupIn(client, id), 'PrimaryEndpoint')
}

async function globalOf(client: ElastiCache) {
  const { GlobalReplicationGroups: [found = {}] = [] } = await client.describeGlobalReplicationGroups({
    ...OF,
    ShowMemberInfo: true,
  })
  return found
}

const until = (client: ElastiCache, status: string) =>
  eventually(`global datastore ${status}`, async () => (await globalOf(client)).Status === status)

const rolesOf = async (client: ElastiCache) =>
  Object.fromEntries(
    ((await globalOf(client)).Members ?? []).map(({ ReplicationGroupId, Role }) => [ReplicationGroupId, Role]),
  )

/** The group `home`, alone in a global datastore. */
async function createHome(client: ElastiCache, input: Partial<CreateReplicationGroupCommandInput> = {}) {
  await client.createReplicationGroup({ ...NODE, ReplicationGroupId: 'home', ...input })
  const port = await availableIn(client, 'home')
  const created = await client.createGlobalReplicationGroup({
    GlobalReplicationGroupIdSuffix: 'Shop',
    PrimaryReplicationGroupId: 'home',
  })
  return { port, created: created.GlobalReplicationGroup }
}

/** Both groups, the second with a replica. */
async function createBoth(home: ElastiCache, away: ElastiCache) {
  const { port } = await createHome(home)
  await until(home, 'primary-only')
  await say(port, 'SET', 'a', '1')
  await away.createReplicationGroup({
    ...OF,
    ReplicationGroupId: 'away',
    ReplicationGroupDescription: 'd',
    NumCacheClusters: 2,
  })
  const awayPort = await availableIn(away, 'away')
  await until(home, 'available')
  return { home: port, away: awayPort }
}

const clientsOf = (api: TestEngine) => ({ home: api.client(HOME), away: api.client(AWAY) })

const reaches = (port: number, key: string, value: string) =>
  eventually(`${key} is ${value}`, async () => (await say(port, 'GET', key)) === value)

describe.skipIf(!server)(`a global datastore ${SKIPPED}`, () => {
  test('is made around a group, and has the prefix of its region', async () => {
    const { home } = clientsOf(await startTestEngine({ pace: 'quick' }))
    const { created } = await createHome(home)
    expect(created).toMatchObject({
      GlobalReplicationGroupId: ID,
      GlobalReplicationGroupDescription: ' ',
      Status: 'creating',
      CacheNodeType: 'cache.m6g.large',
      ClusterEnabled: false,
      Members: [{ ReplicationGroupId: 'home', ReplicationGroupRegion: HOME, Role: 'PRIMARY', Status: 'associating' }],
    })
    expect(created?.ARN).toMatch(/^arn:aws:elasticache::\d+:globalreplicationgroup:sgaui-shop$/)
    await until(home, 'primary-only')
    expect((await groupIn(home, 'home')).GlobalReplicationGroupInfo).toEqual({
      GlobalReplicationGroupId: ID,
      GlobalReplicationGroupMemberRole: 'PRIMARY',
    })
  })

  test('brings data to another region, where writes are refused until it fails over', async () => {
    const { home, away } = clientsOf(await startTestEngine())
    const ports = await createBoth(home, away)
    expect(await say(ports.away, 'GET', 'a')).toBe('1')
    expect(await say(ports.away, 'SET', 'a', '2')).toMatch(/^READONLY /)
    await say(ports.home, 'SET', 'b', '1')
    await reaches(portOf(await groupIn(away, 'away'), 'ReaderEndpoint'), 'b', '1')

    const { GlobalReplicationGroup } = await home.failoverGlobalReplicationGroup({
      ...OF,
      PrimaryRegion: AWAY,
      PrimaryReplicationGroupId: 'away',
    })
    expect(GlobalReplicationGroup?.Status).toBe('modifying')
    await until(home, 'available')
    expect(await rolesOf(home)).toEqual({ away: 'PRIMARY', home: 'SECONDARY' })
    expect(await say(ports.away, 'SET', 'c', '3')).toBe('OK')
    expect(await say(ports.home, 'SET', 'c', '4')).toMatch(/^READONLY /)
    await reaches(ports.home, 'c', '3')
    expect(await say(ports.home, 'GET', 'b')).toBe('1')
  })

  test('follows when the primary region has another primary', async () => {
    const { home, away } = clientsOf(await startTestEngine())
    const ports = await createBoth(home, away)
    await home.increaseReplicaCount({ ReplicationGroupId: 'home', NewReplicaCount: 1, ApplyImmediately: true })
    await availableIn(home, 'home')
    await home.modifyReplicationGroup({
      ReplicationGroupId: 'home',
      PrimaryClusterId: 'home-002',
      ApplyImmediately: true,
    })
    await availableIn(home, 'home')
    expect(await say(ports.home, 'SET', 'a', '5')).toBe('OK')
    await reaches(ports.away, 'a', '5')
  })

  test('lets a secondary group go with its data, and then the primary one', async () => {
    const { home, away } = clientsOf(await startTestEngine())
    const ports = await createBoth(home, away)
    await expect(away.deleteReplicationGroup({ ReplicationGroupId: 'away' })).rejects.toMatchObject({
      message: `Cluster [away] is part of a global cluster [${ID}]. Request rejected.`,
    })
    await expect(
      home.deleteGlobalReplicationGroup({ ...OF, RetainPrimaryReplicationGroup: true }),
    ).rejects.toMatchObject({ message: 'Cannot delete a global replication group in available state' })
    const gone = { ...OF, ReplicationGroupId: 'away', ReplicationGroupRegion: AWAY }
    await home.disassociateGlobalReplicationGroup(gone)
    await until(home, 'primary-only')
    await availableIn(away, 'away')
    expect(await say(ports.away, 'GET', 'a')).toBe('1')
    expect(await say(ports.away, 'SET', 'a', 'own')).toBe('OK')
    expect(await say(ports.home, 'SET', 'a', 'home')).toBe('OK')
    expect(await say(ports.away, 'GET', 'a')).toBe('own')
    await expect(home.disassociateGlobalReplicationGroup(gone)).rejects.toMatchObject({
      message: `Replication Group away in ${AWAY} is not associated with Global Replication Group ${ID}.`,
    })
    await home.deleteGlobalReplicationGroup({ ...OF, RetainPrimaryReplicationGroup: true })
    await eventually(
      'gone',
      async () => !(await home.describeGlobalReplicationGroups({})).GlobalReplicationGroups?.length,
    )
    await availableIn(home, 'home')
    expect((await groupIn(home, 'home')).GlobalReplicationGroupInfo).toEqual({})
    expect(await say(ports.home, 'GET', 'a')).toBe('home')
  })

  test('gives each of its groups a parameter group of its own, which stays until it is deleted', async () => {
    const { home, away } = clientsOf(await startTestEngine())
    await home.createCacheParameterGroup({
      CacheParameterGroupName: 'own',
      CacheParameterGroupFamily: engine === 'valkey' ? 'valkey8' : 'redis7',
      Description: 'd',
    })
    const [ParameterName, ParameterValue] = ['maxmemory-policy', 'allkeys-lru']
    await home.modifyCacheParameterGroup({
      CacheParameterGroupName: 'own',
      ParameterNameValues: [{ ParameterName, ParameterValue }],
    })
    await createHome(home, { CacheParameterGroupName: 'own', EngineVersion: engine === 'valkey' ? '8.0' : '7.1' })
    await until(home, 'primary-only')
    await away.createReplicationGroup({ ...OF, ReplicationGroupId: 'away', ReplicationGroupDescription: 'd' })
    await until(home, 'available')
    for (const [client, id] of [
      [home, 'home'],
      [away, 'away'],
    ] as const) {
      const { CacheClusters = [] } = await client.describeCacheClusters({ CacheClusterId: `${id}-001` })
      const { CacheParameterGroupName } = CacheClusters[0]?.CacheParameterGroup ?? {}
      expect(CacheParameterGroupName).toMatch(new RegExp(`^global-datastore-${id}[a-z0-9]{4}$`))
      const { Parameters } = await client.describeCacheParameters({ CacheParameterGroupName, Source: 'user' })
      expect(Parameters).toEqual([expect.objectContaining({ ParameterName, ParameterValue })])
      const { CacheParameterGroups } = await client.describeCacheParameterGroups({ CacheParameterGroupName })
      expect(CacheParameterGroups?.[0]).toMatchObject({
        Description: `Created by ElastiCache to be used by global cluster ${ID}`,
        IsGlobal: true,
      })
    }
    const nameIn = async (client: ElastiCache) =>
      (await client.describeCacheParameterGroups({})).CacheParameterGroups?.find(({ IsGlobal }) => IsGlobal)
        ?.CacheParameterGroupName
    const CacheParameterGroupName = await nameIn(away)
    await expect(away.deleteCacheParameterGroup({ CacheParameterGroupName })).rejects.toMatchObject({
      name: 'InvalidCacheParameterGroupStateFault',
    })
    const leaving = { ...OF, ReplicationGroupId: 'away', ReplicationGroupRegion: AWAY }
    await home.disassociateGlobalReplicationGroup(leaving)
    await availableIn(away, 'away')
    await away.deleteReplicationGroup({ ReplicationGroupId: 'away' })
    await eventually('gone', async () => !(await away.describeReplicationGroups({})).ReplicationGroups?.length)
    await away.deleteCacheParameterGroup({ CacheParameterGroupName })
    expect(await nameIn(away)).toBeUndefined()
  })

  test('goes with its last group when that is not to stay', async () => {
    const { home } = clientsOf(await startTestEngine())
    await createHome(home)
    await until(home, 'primary-only')
    await home.deleteGlobalReplicationGroup({ ...OF, RetainPrimaryReplicationGroup: false })
    await eventually('gone', async () => !(await home.describeReplicationGroups({})).ReplicationGroups?.length)
    await expect(globalOf(home)).rejects.toMatchObject({ name: 'GlobalReplicationGroupNotFoundFault' })
  })

  test('is there, and replicates, when the engine was killed', async () => {
    const stateDir = temporaryDirectory()
    const first = await start(stateDir, { pace: 'instant' })
    const ports = await createBoth(clientOf(first, HOME), clientOf(first, AWAY))
    await first.kill()
    const second = await start(stateDir, { pace: 'instant' })
    await until(clientOf(second, AWAY), 'available')
    await eventually('home takes writes', async () => (await say(ports.home, 'SET', 'k', '1')) === 'OK')
    await reaches(ports.away, 'k', '1')
  })

  test('turns automatic failover on in all its groups, and keeps a description', async () => {
    const { home } = clientsOf(await startTestEngine())
    await createHome(home, { NumCacheClusters: 2 })
    await until(home, 'primary-only')
    const modified = await home.modifyGlobalReplicationGroup({
      ...OF,
      ApplyImmediately: true,
      GlobalReplicationGroupDescription: 'The shop',
      AutomaticFailoverEnabled: true,
    })
    expect(modified.GlobalReplicationGroup?.Status).toBe('modifying')
    await until(home, 'primary-only')
    expect(await globalOf(home)).toMatchObject({
      GlobalReplicationGroupDescription: 'The shop',
      Members: [{ AutomaticFailover: 'enabled' }],
    })
  })

  test('refuses what it cannot be', async () => {
    const { home, away } = clientsOf(await startTestEngine())
    const small = { ...NODE, ReplicationGroupId: 'small', CacheNodeType: 'cache.t4g.small' }
    await home.createReplicationGroup(small)
    await availableIn(home, 'small')
    await expect(
      home.createGlobalReplicationGroup({ GlobalReplicationGroupIdSuffix: 'x', PrimaryReplicationGroupId: 'small' }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^Replication group small cannot be in a global datastore: it needs a node type/),
    })
    await createHome(home)
    await until(home, 'primary-only')
    const secondary = { ...OF, ReplicationGroupId: 'away', ReplicationGroupDescription: 'd' }
    await expect(away.createReplicationGroup({ ...secondary, CacheNodeType: 'cache.m6g.large' })).rejects.toMatchObject(
      {
        name: 'InvalidParameterCombinationException',
        message:
          'Cannot use the given parameters when creating new replication group in an existing global replication group.',
      },
    )
    await expect(home.createReplicationGroup(secondary)).rejects.toMatchObject({
      message: `Global Replication Group ${ID} has a replication group in ${HOME} already.`,
    })
    await expect(home.rebalanceSlotsInGlobalReplicationGroup({ ...OF, ApplyImmediately: true })).rejects.toMatchObject({
      message: 'Operation is only applicable for cluster mode enabled replication groups.',
    })
    await expect(
      home.createGlobalReplicationGroup({ GlobalReplicationGroupIdSuffix: 'shop', PrimaryReplicationGroupId: 'home' }),
    ).rejects.toMatchObject({ name: 'GlobalReplicationGroupAlreadyExistsFault' })
  })
})
