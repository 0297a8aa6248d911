import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../../../src/api/local-engine.ts'
import { control } from '../../../support/control.ts'
import { startTestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import {
  connectTo,
  createdCache,
  describedCache,
  serverless,
  untilCache,
  untilCacheGone,
} from '../../../support/serverless.ts'

describe('a serverless cache', () => {
  test('is created as the guide says, and described as in its sample', async () => {
    const engine = await startTestEngine({ pace: 'quick' })
    const client = engine.client()
    const { ServerlessCache } = await client.createServerlessCache({ ...serverless('Shop'), Description: 'test' })
    expect(ServerlessCache).toMatchObject({ ServerlessCacheName: 'shop', Status: 'creating', Description: 'test' })
    expect(ServerlessCache?.Endpoint).toBeUndefined()
    await untilCache(client, 'sHOP', 'available')
    const cache = await describedCache(client, 'shop')
    expect(cache).toMatchObject({
      Engine: 'memcached',
      MajorEngineVersion: '1.6',
      FullEngineVersion: '21',
      SecurityGroupIds: ['sg-00000000000000000'],
      ARN: 'arn:aws:elasticache:us-west-2:000000000000:serverlesscache:shop',
      SnapshotRetentionLimit: 0,
      NetworkType: 'ipv4',
    })
    expect(cache.CreateTime).toEqual(ServerlessCache?.CreateTime)
    expect(cache.SubnetIds).toHaveLength(3)
    expect(cache.DailySnapshotTime).toMatch(/^\d\d:[03]0$/)
    expect(cache.Endpoint?.Address).toBe('127.0.0.1')
    expect(cache.ReaderEndpoint?.Port).toBe((cache.Endpoint?.Port ?? 0) + 1)
  })

  test('takes reads and writes on both its ports, behind the certificate of the local authority', async () => {
    const engine = await startTestEngine()
    const cache = await createdCache(engine, 'shop')
    const primary = await connectTo(engine, cache.Endpoint?.Port)
    const reader = await connectTo(engine, cache.ReaderEndpoint?.Port)
    expect(await primary.ask('set a 0 0 1\r\nx\r\n')).toBe('STORED\r\n')
    expect(await reader.ask('get a\r\nset b 0 0 1\r\ny\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\nSTORED\r\n')
    expect(await primary.ask('get b\r\n')).toBe('VALUE b 0 1\r\ny\r\nEND\r\n')
    primary.send('version\r\n')
    expect(await primary.bytes(16)).toBe('VERSION 1.6.21\r\n')
  })

  test('tells of its life in the words of the guide', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    const { ARN } = await createdCache(engine, 'shop')
    await client.modifyServerlessCache({
      ServerlessCacheName: 'shop',
      CacheUsageLimits: { DataStorage: { Maximum: 1, Unit: 'GB' } },
    })
    await untilCache(client, 'shop', 'available')
    await client.addTagsToResource({ ResourceName: ARN, Tags: [{ Key: 'Team', Value: 'a' }] })
    await client.deleteServerlessCache({ ServerlessCacheName: 'shop' })
    await untilCacheGone(client, 'shop')
    const { Events } = await client.describeEvents({ SourceType: 'serverless-cache' })
    expect(Events?.map(({ Message }) => Message)).toEqual([
      'Cache shop was deleted.',
      'Tags updated for the cache shop.',
      'Limits updated for the cache shop.',
      'Cache shop is created and ready to use.',
    ])
    expect(Events?.[0]).toMatchObject({ SourceIdentifier: 'shop', SourceType: 'serverless-cache' })
  })

  test('is limited while it runs, and shows its limits until they are taken away', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await createdCache(engine, 'shop')
    const CacheUsageLimits = {
      DataStorage: { Minimum: 1, Maximum: 2, Unit: 'GB' as const },
      ECPUPerSecond: { Minimum: 1000, Maximum: 100_000 },
    }
    await client.modifyServerlessCache({ ServerlessCacheName: 'shop', CacheUsageLimits })
    await untilCache(client, 'shop', 'available')
    expect((await describedCache(client, 'shop')).CacheUsageLimits).toEqual(CacheUsageLimits)
    const [report] = (await engine.status()).serverlessCaches
    expect(report).toMatchObject({ ecpuPerSecondLimit: 100_000 })
    await client.modifyServerlessCache({
      ServerlessCacheName: 'shop',
      CacheUsageLimits: {
        DataStorage: { Minimum: 0, Maximum: 0, Unit: 'GB' },
        ECPUPerSecond: { Minimum: 0, Maximum: 0 },
      },
    })
    await untilCache(client, 'shop', 'available')
    expect((await describedCache(client, 'shop')).CacheUsageLimits).toBeUndefined()
  })

  test('is metered: the engine tells its ECPUs', async () => {
    const engine = await startTestEngine()
    const cache = await createdCache(engine, 'shop')
    const client = await connectTo(engine, cache.Endpoint?.Port)
    await client.ask(`set k 0 0 3072\r\n${'x'.repeat(3072)}\r\nget a b c d\r\n`)
    const [report] = (await engine.status()).serverlessCaches
    // Three for the value, four for the items, one for the version that `ask` ends with.
    expect(report).toMatchObject({ name: 'shop', ecpus: 8, items: 1, connections: 1, throttledCommands: 0 })
  })

  test('waits with commands over its ECPUs a second, and counts them', async () => {
    const engine = await startTestEngine()
    const cache = await createdCache(engine, 'shop', { CacheUsageLimits: { ECPUPerSecond: { Maximum: 1000 } } })
    const client = await connectTo(engine, cache.Endpoint?.Port)
    client.send('mn\r\n'.repeat(1500))
    await client.bytes(1500 * 4)
    const [report] = (await engine.status()).serverlessCaches
    expect(report?.throttledCommands).toBeGreaterThan(0)
  })

  test('comes back on its ports after a restart of the engine, empty', async () => {
    const stopped = await startTestEngine()
    const before = await createdCache(stopped, 'shop')
    await (await connectTo(stopped, before.Endpoint?.Port)).ask('set a 0 0 1\r\nx\r\n')
    await stopped.close()
    const engine = await startTestEngine({ stateDir: stopped.stateDir })
    const after = await describedCache(engine.client(), 'shop')
    expect(after).toEqual(before)
    expect(await (await connectTo(engine, after.Endpoint?.Port)).ask('get a\r\n')).toBe('END\r\n')
  })

  test('is refused to be deleted while it is being created', async () => {
    const engine = await startTestEngine({ pace: 'realistic' })
    const client = engine.client()
    await client.createServerlessCache(serverless('shop'))
    await expect(client.deleteServerlessCache({ ServerlessCacheName: 'shop' })).rejects.toMatchObject({
      Code: 'InvalidServerlessCacheStateFault',
      message: 'Serverless cache is not in an available state to perform the requested action.',
    })
  })

  test('is gone from its ports once it is deleted', async () => {
    const engine = await startTestEngine()
    const cache = await createdCache(engine, 'shop')
    await engine.client().deleteServerlessCache({ ServerlessCacheName: 'shop' })
    await untilCacheGone(engine.client(), 'shop')
    await eventually('nothing answers on its port', () =>
      connectTo(engine, cache.Endpoint?.Port).then(
        () => false,
        ({ code }) => code === 'ECONNREFUSED',
      ),
    )
  })

  test('lets in whom its security groups let in: 11211 is its primary port, 11212 the read-optimized one', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    const change = (action: string, request: object) =>
      control(engine, 'POST', `${CONTROL.securityGroups}/${action}`, { region: 'us-west-2', ...request })
    await change('create', { groupName: 'cache', groupId: 'sg-cache' })
    await change('authorize', { group: 'cache', ports: '11211', sources: ['127.0.0.1/32'] })
    const cache = await createdCache(engine, 'shop', { SecurityGroupIds: ['sg-cache'] })
    const answers = async (port: number | undefined) => {
      const connection = await connectTo(engine, port).catch(() => undefined)
      return (await connection?.ask('mn\r\n').catch(() => undefined)) === 'MN\r\n'
    }
    expect(await answers(cache.Endpoint?.Port)).toBe(true)
    expect(await answers(cache.ReaderEndpoint?.Port)).toBe(false)
    await change('authorize', { group: 'cache', ports: '11212', sources: ['127.0.0.1/32'] })
    expect(await answers(cache.ReaderEndpoint?.Port)).toBe(true)
    await change('revoke', { group: 'cache', sources: ['127.0.0.1/32'] })
    expect(await answers(cache.Endpoint?.Port)).toBe(false)

    await client.modifyServerlessCache({ ServerlessCacheName: 'shop', SecurityGroupIds: ['sg-00000000000000000'] })
    await untilCache(client, 'shop', 'available')
    expect(await answers(cache.Endpoint?.Port)).toBe(true)
    const { Events } = await client.describeEvents({ SourceIdentifier: 'shop', SourceType: 'serverless-cache' })
    expect(Events?.[0]?.Message).toBe('SecurityGroups updated for the cache shop.')
  })

  test('has tags, which cannot be listed while it is being created', async () => {
    const engine = await startTestEngine({ pace: 'realistic' })
    const client = engine.client()
    const { ServerlessCache } = await client.createServerlessCache({
      ...serverless('shop'),
      Tags: [{ Key: 'Team', Value: 'a' }],
    })
    await expect(client.listTagsForResource({ ResourceName: ServerlessCache?.ARN })).rejects.toMatchObject({
      Code: 'InvalidServerlessCacheStateFault',
    })
  })

  test('is one of pages that meet', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    for (const name of ['a', 'b', 'c']) await client.createServerlessCache(serverless(name))
    const first = await client.describeServerlessCaches({ MaxResults: 2 })
    expect(first.ServerlessCaches?.map(({ ServerlessCacheName }) => ServerlessCacheName)).toEqual(['a', 'b'])
    const second = await client.describeServerlessCaches({ MaxResults: 2, NextToken: first.NextToken })
    expect(second.ServerlessCaches?.map(({ ServerlessCacheName }) => ServerlessCacheName)).toEqual(['c'])
    expect(second.NextToken).toBeUndefined()
  })
})
