import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { startTestEngine } from '../../support/servers.ts'
import { clusterOf, groupOf, NODE, SKIPPED, server } from './support.ts'

const SHOP = { ...NODE, ReplicationGroupId: 'shop', ReplicationGroupDescription: 'The shop' }
const TOKEN = 'a token of sixteen or more'.replaceAll(' ', '-')

describe.skipIf(!server)(`the time that changes of a replication group take ${SKIPPED}`, () => {
  test('is seen by those who look: what is pending, and a group that is being deleted', async () => {
    const { api, client, inTime, isAvailable } = await atRealisticPace()
    await client.createReplicationGroup({ ...SHOP, TransitEncryptionEnabled: true })
    await inTime('available', isAvailable)
    await client.modifyReplicationGroup({ ReplicationGroupId: 'shop', AuthToken: TOKEN, ApplyImmediately: true })
    const pending = { AuthTokenStatus: 'ROTATING' }
    expect(await groupOf(api)).toMatchObject({ Status: 'modifying', PendingModifiedValues: pending })
    expect(await clusterOf(api, 'shop-001')).toMatchObject({ PendingModifiedValues: pending })
    await inTime('available again', isAvailable)
    expect(await groupOf(api)).toMatchObject({ AuthTokenEnabled: true, PendingModifiedValues: {} })
    await client.deleteReplicationGroup({ ReplicationGroupId: 'shop' })
    expect((await groupOf(api)).Status).toBe('deleting')
    await inTime('gone', () => isGone(api))
  })

  test('is that of a deletion too, once the final snapshot is there', async () => {
    const { api, client, clock, inTime, isAvailable } = await atRealisticPace()
    await client.createReplicationGroup(SHOP)
    await inTime('available', isAvailable)
    await client.deleteReplicationGroup({ ReplicationGroupId: 'shop', FinalSnapshotIdentifier: 'last' })
    const taken = async () => (await client.describeSnapshots({})).Snapshots?.[0]?.SnapshotStatus === 'available'
    clock.advanceTo(clock.now() + 60_000)
    await eventually('the snapshot is taken', taken)
    expect((await groupOf(api)).Status).toBe('deleting')
    await inTime('gone', () => isGone(api))
  })

  test('is that of a deletion too, with its global datastore', async () => {
    const { api, client, inTime, isAvailable } = await atRealisticPace()
    await client.createReplicationGroup({ ...SHOP, CacheNodeType: 'cache.m6g.large' })
    await inTime('available', isAvailable)
    const { GlobalReplicationGroup: { GlobalReplicationGroupId } = {} } = await client.createGlobalReplicationGroup({
      GlobalReplicationGroupIdSuffix: 'shop',
      PrimaryReplicationGroupId: 'shop',
    })
    expect((await groupOf(api)).Status).toBe('modifying')
    await inTime('available again', isAvailable)
    await client.deleteGlobalReplicationGroup({ GlobalReplicationGroupId, RetainPrimaryReplicationGroup: false })
    expect((await groupOf(api)).Status).toBe('deleting')
    await inTime('gone', () => isGone(api))
  })
})

async function atRealisticPace() {
  const clock = manualClock(Date.UTC(2026, 10, 29))
  const api = await startTestEngine({ pace: 'realistic', clock })
  return {
    api,
    clock,
    client: api.client(),
    isAvailable: async () => (await groupOf(api)).Status === 'available',
    inTime: (what: string, isSo: () => Promise<boolean>) =>
      eventually(what, async () => {
        clock.advanceTo(clock.now() + 60_000)
        return isSo()
      }),
  }
}

const isGone = async (api: TestEngine) =>
  (await api.client().describeReplicationGroups({})).ReplicationGroups?.length === 0
