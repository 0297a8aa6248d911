import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { startTestEngine } from '../../support/servers.ts'
import { available, create, SKIPPED, server } from '../replication-groups/support.ts'

const KEY = 'arn:aws:kms:us-west-2:000000000000:key/one'

describe.skipIf(!server)(`keys of snapshots ${SKIPPED}`, () => {
  test('are those that a request names, else those of what is saved or copied', async () => {
    const api = await startTestEngine()
    const client = api.client()
    const group = await create(api, { AtRestEncryptionEnabled: true, KmsKeyId: KEY })
    expect(group).toMatchObject({ KmsKeyId: KEY, StorageEncryptionType: 'sse-kms' })
    const saved = await client.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'monday' })
    expect(saved.Snapshot?.KmsKeyId).toBe(KEY)
    await available(api)
    const own = await client.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'tuesday', KmsKeyId: 'two' })
    expect(own.Snapshot?.KmsKeyId).toBe('two')
    await available(api)
    const isThere = async () =>
      (await client.describeSnapshots({ SnapshotName: 'monday' })).Snapshots?.[0]?.SnapshotStatus === 'available'
    await eventually('monday is there', isThere)
    const copy = await client.copySnapshot({
      SourceSnapshotName: 'monday',
      TargetSnapshotName: 'copy',
      KmsKeyId: 'alias/three',
    })
    expect(copy.Snapshot?.KmsKeyId).toBe('alias/three')
    await eventually('monday is free', isThere)
    await expect(
      client.copySnapshot({
        SourceSnapshotName: 'monday',
        TargetSnapshotName: 'out',
        TargetBucket: 'bucket',
        KmsKeyId: 'two',
      }),
    ).rejects.toMatchObject({ message: 'KmsKeyId cannot be specified with TargetBucket.' })
    await expect(
      client.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'bad', KmsKeyId: 'no key' }),
    ).rejects.toMatchObject({ message: 'Invalid KmsKeyId: no key.' })
  })
})
