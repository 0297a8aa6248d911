import { expect, test } from 'vitest'
import { startTestEngine } from '../support/engine.ts'

test('what only Redis OSS and Valkey have is listed as what it is before there is any: none', async () => {
  const client = (await startTestEngine()).client()
  expect((await client.describeReplicationGroups({})).ReplicationGroups).toEqual([])
  expect((await client.describeGlobalReplicationGroups({})).GlobalReplicationGroups).toEqual([])
  expect((await client.describeSnapshots({})).Snapshots).toEqual([])
})

test('one of them asked for by name is not found, and a bad page is refused', async () => {
  const client = (await startTestEngine()).client()
  await expect(client.describeReplicationGroups({ ReplicationGroupId: 'orders' })).rejects.toMatchObject({
    name: 'ReplicationGroupNotFoundFault',
    message: 'ReplicationGroup orders not found.',
  })
  await expect(
    client.describeGlobalReplicationGroups({ GlobalReplicationGroupId: 'sgaui-orders' }),
  ).rejects.toMatchObject({
    name: 'GlobalReplicationGroupNotFoundFault',
    message: 'Global Replication Group sgaui-orders not found.',
  })
  await expect(client.describeSnapshots({ MaxRecords: 10 })).rejects.toMatchObject({
    message: 'Invalid value 10 for MaxRecords. Must be between 20 and 50',
  })
})

test('a global datastore of a group that is not there is refused', async () => {
  const client = (await startTestEngine()).client()
  const request = client.createGlobalReplicationGroup({
    GlobalReplicationGroupIdSuffix: 'orders',
    PrimaryReplicationGroupId: 'orders',
  })
  await expect(request).rejects.toMatchObject({ name: 'ReplicationGroupNotFoundFault' })
})
