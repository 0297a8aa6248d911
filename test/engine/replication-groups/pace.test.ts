import { describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { clusterOf, groupOf, NODE, SKIPPED, server } from './support.ts'

const TOKEN = 'a token of sixteen or more'.replaceAll(' ', '-')

describe.skipIf(!server)(`the time that changes of a replication group take ${SKIPPED}`, () => {
  test('is seen by those who look: what is pending, and a group that is being deleted', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const api = await startTestEngine({ pace: 'realistic', clock })
    const client = api.client()
    const inTime = (what: string, isSo: () => Promise<boolean>) =>
      eventually(what, async () => {
        clock.advanceTo(clock.now() + 60_000)
        return isSo()
      })
    const isAvailable = async () => (await groupOf(api)).Status === 'available'
    await client.createReplicationGroup({
      ...NODE,
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'The shop',
      TransitEncryptionEnabled: true,
    })
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
})

const isGone = async (api: TestEngine) =>
  (await api.client().describeReplicationGroups({})).ReplicationGroups?.length === 0
