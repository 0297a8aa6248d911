import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { say } from '../../../support/redis-node.ts'
import { createdCache, untilCache, untilCacheGone, untilSnapshot } from '../../../support/serverless.ts'
import { startTestEngine } from '../../../support/servers.ts'
import { available, create, portOf } from '../../replication-groups/support.ts'
import { clientOfCache, created, HAS_VALKEY } from './redis-support.ts'

const ARN = 'arn:aws:elasticache:us-west-2:000000000000:'

/** A snapshot of a cache with one key. */
async function snapshotted(engine: TestEngine): Promise<void> {
  const client = clientOfCache(engine, await created(engine))
  expect(await client.say('SET', 'a', '1')).toBe('OK')
  const api = engine.client()
  await api.createServerlessCacheSnapshot({ ServerlessCacheName: 'shop', ServerlessCacheSnapshotName: 'backup' })
  await untilSnapshot(api, 'backup', 'available')
  await untilCache(api, 'shop', 'available')
}

describe.skipIf(!HAS_VALKEY)('snapshots of a serverless cache of Valkey (skipped without valkey-server)', () => {
  test('are copied and exported as files that a server loads, and restored from there', async () => {
    const engine = await startTestEngine()
    const api = engine.client()
    await snapshotted(engine)
    const copy = { SourceServerlessCacheSnapshotName: 'backup', TargetServerlessCacheSnapshotName: 'copy' }
    await api.copyServerlessCacheSnapshot(copy)
    await untilSnapshot(api, 'copy', 'available')
    await api.exportServerlessCacheSnapshot({ ServerlessCacheSnapshotName: 'copy', S3BucketName: 'backups' })
    await untilSnapshot(api, 'copy', 'available')
    expect(existsSync(join(engine.stateDir, 's3', 'backups', 'copy-0001.rdb'))).toBe(true)
    const fromCopy = await createdCache(engine, 'other', {
      Engine: 'valkey',
      SnapshotArnsToRestore: [`${ARN}serverlesscachesnapshot:copy`],
    })
    expect(await clientOfCache(engine, fromCopy).say('GET', 'a')).toBe('1')
    const fromBucket = await createdCache(engine, 'third', {
      Engine: 'valkey',
      SnapshotArnsToRestore: ['arn:aws:s3:::backups/copy-0001.rdb'],
    })
    expect(await clientOfCache(engine, fromBucket).say('GET', 'a')).toBe('1')
  })

  test('are made before a cache is deleted, and fill a replication group', async () => {
    const engine = await startTestEngine()
    const api = engine.client()
    const client = clientOfCache(engine, await created(engine))
    await client.say('SET', 'a', '1')
    await api.deleteServerlessCache({ ServerlessCacheName: 'shop', FinalSnapshotName: 'last' })
    await untilCacheGone(api, 'shop')
    const group = await create(engine, { Engine: 'valkey', ServerlessCacheSnapshotName: 'last' })
    expect(await say(portOf(group, 'PrimaryEndpoint'), 'GET', 'a')).toBe('1')
  })

  test('of a replication group fill a serverless cache', async () => {
    const engine = await startTestEngine()
    const api = engine.client()
    const group = await create(engine, { Engine: 'valkey', ReplicationGroupId: 'shop' })
    await say(portOf(group, 'PrimaryEndpoint'), 'SET', 'a', '1')
    await api.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'backup' })
    await eventually('the snapshot is there', async () => {
      const { Snapshots: [snapshot] = [] } = await api.describeSnapshots({ SnapshotName: 'backup' })
      return snapshot?.SnapshotStatus === 'available'
    })
    await available(engine)
    const cache = await createdCache(engine, 'other', {
      Engine: 'valkey',
      SnapshotArnsToRestore: [`${ARN}snapshot:backup`],
    })
    expect(await clientOfCache(engine, cache).say('GET', 'a')).toBe('1')
  })

  test('that no server can read make no cache', async () => {
    const engine = await startTestEngine()
    const api = engine.client()
    await api.createServerlessCache({
      ServerlessCacheName: 'shop',
      Engine: 'valkey',
      SnapshotArnsToRestore: ['arn:aws:s3:::backups/nosuch.rdb'],
    })
    await untilCache(api, 'shop', 'create-failed')
  })
})
