import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { available, clusterOf, create, groupOf, messagesOf, portOf, rolesOf, SKIPPED, server } from './support.ts'

describe.skipIf(!server)(`a replication group that is modified ${SKIPPED}`, () => {
  test('changes its settings at once, and failover when that is asked for', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await create(api, { NumCacheClusters: 2 })
    const { ReplicationGroup } = await client.modifyReplicationGroup({
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'The other shop',
      PreferredMaintenanceWindow: 'sun:05:00-sun:06:00',
      AutomaticFailoverEnabled: true,
      ApplyImmediately: true,
    })
    expect(ReplicationGroup).toMatchObject({ Status: 'modifying', AutomaticFailover: 'enabling' })
    const group = await available(api)
    expect(group).toMatchObject({ AutomaticFailover: 'enabled', Description: 'The other shop' })
    expect((await clusterOf(api, 'shop-002')).PreferredMaintenanceWindow).toBe('sun:05:00-sun:06:00')
    expect((await messagesOf(api, 'shop')).at(-1)).toBe(
      'Automatic failover has been turned on for replication group shop',
    )
    await expect(
      client.modifyReplicationGroup({ ReplicationGroupId: 'shop', PrimaryClusterId: 'shop-002' }),
    ).rejects.toMatchObject({
      Code: 'InvalidReplicationGroupState',
      message: 'Cannot manually promote a new master cache cluster while autofailover is enabled',
    })
  })

  test('leaves failover to the maintenance window where nothing is said', async () => {
    const api = await startTestEngine()
    await create(api, { NumCacheClusters: 2 })
    await api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', AutomaticFailoverEnabled: true })
    const group = await available(api)
    expect(group).toMatchObject({
      AutomaticFailover: 'disabled',
      PendingModifiedValues: { AutomaticFailoverStatus: 'enabled' },
    })
  })

  test('has another primary, with what the former one held', async () => {
    const api = await startTestEngine()
    const group = await create(api, { NumCacheClusters: 2 })
    const port = portOf(group, 'PrimaryEndpoint')
    await say(port, 'SET', 'a', '1')
    await eventually('replicated', async () => (await say(portOf(group, 'ReaderEndpoint'), 'GET', 'a')) === '1')
    await api.client().modifyReplicationGroup({
      ReplicationGroupId: 'shop',
      PrimaryClusterId: 'shop-002',
      ApplyImmediately: true,
    })
    expect(rolesOf(await available(api))).toEqual(['shop-001 replica', 'shop-002 primary'])
    await eventually('writes', async () => (await say(port, 'SET', 'b', '2')) === 'OK')
    expect(await say(port, 'GET', 'a')).toBe('1')
  })

  test('gives its tags to its members', async () => {
    const api = await startTestEngine()
    const client = api.client()
    const group = await create(api, { Tags: [{ Key: 'team', Value: 'a' }] })
    const ResourceName = group.ARN ?? ''
    await client.addTagsToResource({ ResourceName, Tags: [{ Key: 'stage', Value: 'test' }] })
    await available(api)
    const member = (await clusterOf(api, 'shop-001')).ARN ?? ''
    const both = [
      { Key: 'team', Value: 'a' },
      { Key: 'stage', Value: 'test' },
    ]
    expect((await client.listTagsForResource({ ResourceName })).TagList).toEqual(both)
    expect((await client.listTagsForResource({ ResourceName: member })).TagList).toEqual(both)
    expect((await groupOf(api)).Status).toBe('available')
  })
})
