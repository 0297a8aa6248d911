import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memcached, startTestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import {
  connectTo,
  createdCache,
  describedCache,
  serverless,
  snapshots,
  untilCache,
  untilCacheGone,
  untilSnapshot,
} from '../../../support/serverless.ts'

const HOUR = 3600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 21, 9)

const snapshot = (ServerlessCacheName: string, ServerlessCacheSnapshotName: string) => ({
  ServerlessCacheName,
  ServerlessCacheSnapshotName,
})

describe('a snapshot', () => {
  test('holds the items of its cache, which a new cache begins with', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    const { Endpoint } = await createdCache(engine, 'shop')
    const before = await connectTo(engine, Endpoint?.Port)
    const large = 'y'.repeat(600_000)
    await before.ask(`set a 5 0 3\r\nabc\r\nset b 0 1000 1\r\nx\r\nset large 0 0 600000\r\n${large}\r\n`)
    await client.createServerlessCacheSnapshot(snapshot('shop', 'Backup'))
    await untilSnapshot(client, 'backup', 'available')
    await before.ask('set a 0 0 5\r\nlater\r\n')

    const [shown] = await snapshots(client)
    expect(shown).toMatchObject({
      ServerlessCacheSnapshotName: 'backup',
      ARN: 'arn:aws:elasticache:us-west-2:000000000000:serverlesscachesnapshot:backup',
      SnapshotType: 'manual',
      Status: 'available',
      ServerlessCacheConfiguration: { ServerlessCacheName: 'shop', Engine: 'memcached', MajorEngineVersion: '1.6' },
    })
    expect(Number(shown?.BytesUsedForCache)).toBeGreaterThan(600_000)
    expect(shown?.ExpiryTime).toBeUndefined()

    const restored = await createdCache(engine, 'copy', { SnapshotArnsToRestore: [shown?.ARN] })
    const after = await connectTo(engine, restored.Endpoint?.Port)
    expect(await after.ask('get a b\r\n')).toBe('VALUE a 5 3\r\nabc\r\nVALUE b 0 1\r\nx\r\nEND\r\n')
    expect(await after.ask('mg b t\r\n')).toMatch(/^HD t(99\d|1000)\r\n$/)
    expect(await after.ask('get large\r\n')).toBe(`VALUE large 0 600000\r\n${large}\r\nEND\r\n`)
  })

  test('survives a restart of the engine, and the end of its cache', async () => {
    const stopped = await startTestEngine()
    const { Endpoint } = await createdCache(stopped, 'shop')
    await (await connectTo(stopped, Endpoint?.Port)).ask('set a 0 0 1\r\nx\r\n')
    await stopped.client().createServerlessCacheSnapshot(snapshot('shop', 'backup'))
    await untilSnapshot(stopped.client(), 'backup', 'available')
    await stopped.close()

    const engine = await startTestEngine({ stateDir: stopped.stateDir })
    const client = engine.client()
    await client.deleteServerlessCache({ ServerlessCacheName: 'shop' })
    await untilCacheGone(client, 'shop')
    const [kept] = await snapshots(client, { ServerlessCacheName: 'shop' })
    const { Endpoint: restored } = await createdCache(engine, 'shop', { SnapshotArnsToRestore: [kept?.ARN] })
    expect(await (await connectTo(engine, restored?.Port)).ask('get a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
  })

  test('can be the last of a cache that is deleted', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    const { Endpoint } = await createdCache(engine, 'shop')
    await (await connectTo(engine, Endpoint?.Port)).ask('set a 0 0 1\r\nx\r\n')
    const deleting = await client.deleteServerlessCache({ ServerlessCacheName: 'shop', FinalSnapshotName: 'final' })
    expect(deleting.ServerlessCache?.Status).toBe('deleting')
    await untilCacheGone(client, 'shop')
    const [final] = await snapshots(client, { ServerlessCacheSnapshotName: 'final' })
    expect(final).toMatchObject({ Status: 'available', SnapshotType: 'manual' })
    const { Endpoint: restored } = await createdCache(engine, 'again', { SnapshotArnsToRestore: [final?.ARN] })
    expect(await (await connectTo(engine, restored?.Port)).ask('get a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
  })

  test('is copied, exported to a folder that stands for S3, and deleted with its file', async () => {
    const engine = await startTestEngine({ pace: 'quick' })
    const client = engine.client()
    await createdCache(engine, 'shop')
    await client.createServerlessCacheSnapshot(snapshot('shop', 'backup'))
    await untilSnapshot(client, 'backup', 'available')

    const copying = await client.copyServerlessCacheSnapshot({
      SourceServerlessCacheSnapshotName: 'backup',
      TargetServerlessCacheSnapshotName: 'copy',
      Tags: [{ Key: 'Team', Value: 'a' }],
    })
    expect(copying.ServerlessCacheSnapshot?.Status).toBe('copying')
    await expect(client.deleteServerlessCacheSnapshot({ ServerlessCacheSnapshotName: 'backup' })).rejects.toMatchObject(
      { Code: 'InvalidServerlessCacheSnapshotStateFault' },
    )
    await untilSnapshot(client, 'copy', 'available')
    const { TagList } = await client.listTagsForResource({ ResourceName: copying.ServerlessCacheSnapshot?.ARN })
    expect(TagList).toEqual([{ Key: 'Team', Value: 'a' }])

    const exporting = await client.exportServerlessCacheSnapshot({
      ServerlessCacheSnapshotName: 'copy',
      S3BucketName: 'my-bucket',
    })
    expect(exporting.ServerlessCacheSnapshot?.Status).toBe('exporting')
    await untilSnapshot(client, 'copy', 'available')
    expect(readFileSync(join(engine.stateDir, 's3/my-bucket/copy.items'), 'latin1')).toMatch(/^cachectl serverless/)

    for (const ServerlessCacheSnapshotName of ['backup', 'copy']) {
      const deleting = await client.deleteServerlessCacheSnapshot({ ServerlessCacheSnapshotName })
      expect(deleting.ServerlessCacheSnapshot?.Status).toBe('deleting')
    }
    await eventually('no snapshot is left', async () => (await snapshots(client)).length === 0)
    expect(readdirSync(join(engine.stateDir, 'snapshots'))).toEqual([])
  })

  test('that is damaged makes no cache', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await createdCache(engine, 'shop')
    const { ServerlessCacheSnapshot } = await client.createServerlessCacheSnapshot(snapshot('shop', 'backup'))
    await untilSnapshot(client, 'backup', 'available')
    const [file] = readdirSync(join(engine.stateDir, 'snapshots'))
    appendFileSync(join(engine.stateDir, 'snapshots', file as string), 'x')
    await client.createServerlessCache({
      ...serverless('copy'),
      SnapshotArnsToRestore: [ServerlessCacheSnapshot?.ARN as string],
    })
    await untilCache(client, 'copy', 'create-failed')
    await client.deleteServerlessCache({ ServerlessCacheName: 'copy' })
    await untilCacheGone(client, 'copy')
  })

  test('files that no record speaks of are gone after a start', async () => {
    const stopped = await startTestEngine()
    await stopped.close()
    const folder = join(stopped.stateDir, 'snapshots')
    writeFileSync(join(folder, 'us-west-2-lost.items.partial'), 'half')
    await startTestEngine({ stateDir: stopped.stateDir })
    expect(readdirSync(folder)).toEqual([])
  })
})

test('a key that is named is told of a cache, its snapshots and their copies', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await createdCache(engine, 'shop', { KmsKeyId: 'alias/shop' })
  expect(await describedCache(client, 'shop')).toMatchObject({ KmsKeyId: 'alias/shop' })
  await client.createServerlessCacheSnapshot(snapshot('shop', 'backup'))
  await untilSnapshot(client, 'backup', 'available')
  const { ServerlessCacheSnapshot: copy } = await client.copyServerlessCacheSnapshot({
    SourceServerlessCacheSnapshotName: 'backup',
    TargetServerlessCacheSnapshotName: 'copy',
    KmsKeyId: 'alias/other',
  })
  expect(copy?.KmsKeyId).toBe('alias/other')
  const [backup] = await snapshots(client)
  expect(backup).toMatchObject({ ServerlessCacheSnapshotName: 'backup', KmsKeyId: 'alias/shop' })
})

describe('while a snapshot is made', () => {
  test('the cache is snapshotting, and nothing else can be done with it', async () => {
    const quick = await startTestEngine()
    const { stateDir } = quick
    await createdCache(quick, 'shop')
    await quick.close()
    const slow = await startTestEngine({ stateDir, pace: 'realistic' })
    const slowClient = slow.client()
    const made = await slowClient.createServerlessCacheSnapshot(snapshot('shop', 'backup'))
    expect(made.ServerlessCacheSnapshot).toMatchObject({ Status: 'creating', SnapshotType: 'manual' })
    expect(made.ServerlessCacheSnapshot?.BytesUsedForCache).toBeUndefined()
    expect((await describedCache(slowClient, 'shop')).Status).toBe('snapshotting')
    const Code = 'InvalidServerlessCacheStateFault'
    const name = { ServerlessCacheName: 'shop' }
    await expect(slowClient.modifyServerlessCache({ ...name, Description: 'x' })).rejects.toMatchObject({ Code })
    await expect(slowClient.deleteServerlessCache(name)).rejects.toMatchObject({ Code })
    await expect(slowClient.createServerlessCacheSnapshot(snapshot('shop', 'other'))).rejects.toMatchObject({ Code })

    // The engine ends before it is written: with it go the items, so that there is nothing to write any more.
    await slow.close()
    const after = await startTestEngine({ stateDir })
    expect((await describedCache(after.client(), 'shop')).Status).toBe('available')
    expect((await snapshots(after.client()))[0]).toMatchObject({ Status: 'failed' })
  })
})

describe('automatic snapshots', () => {
  test('are made daily at their time, kept for their days, and go with their cache', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await createdCache(engine, 'shop', { SnapshotRetentionLimit: 2, DailySnapshotTime: '10:15' })
    expect(await snapshots(client)).toEqual([])
    for (let day = 0; day < 3; day++) {
      clock.advanceTo(START + day * DAY + 1.25 * HOUR)
      const name = `automatic.shop-2026-11-${21 + day}-10-15`
      await eventually(`there is ${name}`, async () =>
        (await snapshots(client)).some(
          ({ ServerlessCacheSnapshotName, Status }) => ServerlessCacheSnapshotName === name && Status === 'available',
        ),
      )
      await untilCache(client, 'shop', 'available')
    }
    // The first has expired at the moment the third was made.
    await eventually('two are kept', async () => (await snapshots(client)).length === 2)
    const [first] = await snapshots(client, { SnapshotType: 'automated' })
    expect(first).toMatchObject({ ServerlessCacheSnapshotName: 'automatic.shop-2026-11-22-10-15' })
    expect(first?.ExpiryTime).toEqual(new Date(Date.UTC(2026, 10, 24, 10, 15)))
    expect(await snapshots(client, { SnapshotType: 'manual' })).toEqual([])

    await client.copyServerlessCacheSnapshot({
      SourceServerlessCacheSnapshotName: 'automatic.shop-2026-11-22-10-15',
      TargetServerlessCacheSnapshotName: 'kept',
    })
    await untilSnapshot(client, 'kept', 'available')
    await client.deleteServerlessCache({ ServerlessCacheName: 'shop' })
    await untilCacheGone(client, 'shop')
    await eventually('only the manual copy is left', async () => (await snapshots(client)).length === 1)
    expect((await snapshots(client))[0]).toMatchObject({ ServerlessCacheSnapshotName: 'kept', SnapshotType: 'manual' })
  })

  test('take their time to go', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ pace: 'realistic', clock })
    const client = engine.client()
    const inTime = (what: string, isSo: () => Promise<boolean>) =>
      eventually(what, async () => {
        clock.advanceTo(clock.now() + 60_000)
        return isSo()
      })
    const isAvailable = async () => (await describedCache(client, 'shop')).Status === 'available'
    await client.createServerlessCache({ ...serverless('shop'), SnapshotRetentionLimit: 1, DailySnapshotTime: '10:15' })
    await inTime('the snapshot of the day', async () => (await snapshots(client))[0]?.Status === 'available')
    await inTime('available', isAvailable)
    await client.deleteServerlessCache({ ServerlessCacheName: 'shop' })
    clock.advanceTo(clock.now() + 60_000)
    await untilCacheGone(client, 'shop')
    // By the time the engine has started a node, a deletion that takes no time would be done.
    await client.createCacheCluster(memcached('other'))
    const nodes = async () =>
      (await client.describeCacheClusters({ ShowCacheNodeInfo: true })).CacheClusters?.[0]?.CacheNodes
    await eventually('other has a node', async () => (await nodes())?.length === 1)
    expect((await snapshots(client))[0]?.Status).toBe('deleting')
    await inTime('gone', async () => (await snapshots(client)).length === 0)
  })

  test('stop when nothing is to be kept', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await createdCache(engine, 'shop', { SnapshotRetentionLimit: 1, DailySnapshotTime: '10:00' })
    await client.modifyServerlessCache({ ServerlessCacheName: 'shop', SnapshotRetentionLimit: 0 })
    await untilCache(client, 'shop', 'available')
    clock.advanceTo(START + 2 * HOUR)
    await client.modifyServerlessCache({ ServerlessCacheName: 'shop', Description: 'still there' })
    await untilCache(client, 'shop', 'available')
    expect(await snapshots(client)).toEqual([])
  })
})

describe('the quota of manual snapshots', () => {
  test('is 24 of a cache in any 24 hours, whatever has become of them', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await createdCache(engine, 'shop')
    for (let number = 1; number <= 24; number++) {
      await client.createServerlessCacheSnapshot(snapshot('shop', `b${number}`))
      await untilSnapshot(client, `b${number}`, 'available')
      await untilCache(client, 'shop', 'available')
    }
    await client.deleteServerlessCacheSnapshot({ ServerlessCacheSnapshotName: 'b1' })
    await expect(client.createServerlessCacheSnapshot(snapshot('shop', 'one-more'))).rejects.toMatchObject({
      Code: 'ServerlessCacheSnapshotQuotaExceededFault',
    })
    clock.advanceTo(START + DAY + 1)
    await client.createServerlessCacheSnapshot(snapshot('shop', 'one-more'))
    await untilSnapshot(client, 'one-more', 'available')
  })
})
