import type { ElastiCache, UpdateAction } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import { memcached, startTestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'
import { ask } from '../support/raw.ts'

const SAMPLE = 'sample-service-update'
const DAY = 24 * 3600_000
/** A Saturday, 40 days before an update comes out. */
const START = Date.UTC(2026, 10, 21, 9)
const RELEASE = Date.UTC(2027, 0, 1)
const QUARTERLY = 'elasticache-memcached-security-update-20270101'

async function actionOn(client: ElastiCache, id: string, name: string): Promise<UpdateAction | undefined> {
  const { UpdateActions } = await client.describeUpdateActions({
    ServiceUpdateName: name,
    CacheClusterIds: [id],
    ShowNodeLevelUpdateStatus: true,
  })
  return UpdateActions?.[0]
}

const untilAction = (client: ElastiCache, id: string, name: string, status: string) =>
  eventually(
    `${name} is ${status} on ${id}`,
    async () => (await actionOn(client, id, name))?.UpdateActionStatus === status,
  )

describe('service updates', () => {
  test('are listed newest first, with a date to apply them by that follows from their severity', async () => {
    const engine = await startTestEngine({ clock: manualClock(START) })
    const { ServiceUpdates: updates = [] } = await engine.client().describeServiceUpdates({
      ServiceUpdateStatus: ['available'],
    })
    expect(updates[0]).toMatchObject({
      ServiceUpdateName: 'elasticache-memcached-security-update-20261001',
      ServiceUpdateType: 'security-update',
      ServiceUpdateStatus: 'available',
      Engine: 'memcached',
    })
    const days = { critical: 14, important: 30, medium: 60, low: 90 }
    for (const update of updates) {
      const from = update.ServiceUpdateReleaseDate?.getTime() ?? 0
      const to = update.ServiceUpdateRecommendedApplyByDate?.getTime() ?? 0
      expect((to - from) / DAY).toBe(days[update.ServiceUpdateSeverity ?? 'low'])
    }
    const { ServiceUpdates: expired = [] } = await engine.client().describeServiceUpdates({
      ServiceUpdateStatus: ['expired'],
    })
    expect(expired.length).toBeGreaterThan(0)
    expect(updates.map(({ ServiceUpdateName }) => ServiceUpdateName)).toContain(SAMPLE)
  })

  test('restart nodes one after another until all are complete', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await client.createCacheCluster(memcached('shop', 2))
    await engine.until('shop', 'available')
    const { CacheClusters } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
    const ports = CacheClusters?.[0]?.CacheNodes?.map(({ Endpoint }) => Endpoint?.Port ?? 0) ?? []
    for (const port of ports) await ask(port, 'set a 0 0 1\r\nx\r\n', 'STORED\r\n')
    expect(await actionOn(client, 'shop', SAMPLE)).toMatchObject({
      UpdateActionStatus: 'not-applied',
      NodesUpdated: '0/2',
      SlaMet: 'n/a',
      CacheNodeUpdateStatus: [{ NodeUpdateStatus: 'not-applied' }, { NodeUpdateStatus: 'not-applied' }],
    })

    const applied = await client.batchApplyUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['Shop'] })
    expect(applied.ProcessedUpdateActions).toEqual([
      { CacheClusterId: 'shop', ServiceUpdateName: SAMPLE, UpdateActionStatus: 'waiting-to-start' },
    ])
    expect(applied.UnprocessedUpdateActions).toEqual([])
    await untilAction(client, 'shop', SAMPLE, 'complete')
    await engine.until('shop', 'available')
    const action = await actionOn(client, 'shop', SAMPLE)
    expect(action).toMatchObject({ NodesUpdated: '2/2' })
    const [one, two] = action?.CacheNodeUpdateStatus ?? []
    expect(one).toMatchObject({ CacheNodeId: '0001', NodeUpdateStatus: 'complete', NodeUpdateInitiatedBy: 'customer' })
    expect(two?.NodeUpdateStartDate?.getTime()).toBeGreaterThanOrEqual(one?.NodeUpdateEndDate?.getTime() ?? Infinity)
    for (const port of ports) expect(await ask(port, 'get a\r\n')).toBe('END\r\n')
    const { Events } = await client.describeEvents({ SourceType: 'cache-cluster' })
    expect(Events?.slice(0, 4).map(({ Message }) => Message)).toEqual([
      'Cache node 0002 restarted',
      'Cache node 0002 shutdown',
      'Cache node 0001 restarted',
      'Cache node 0001 shutdown',
    ])
  })

  test('are stopped: the node that has begun is finished, the others stay, and can be updated later', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ pace: 'realistic', clock })
    const client = engine.client()
    await client.createCacheCluster(memcached('shop', 3))
    await eventually('the cluster is available', async () => {
      clock.advanceTo(clock.now() + 60_000)
      const { CacheClusters } = await client.describeCacheClusters({})
      return CacheClusters?.[0]?.CacheClusterStatus === 'available'
    })
    await client.batchApplyUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['shop'] })
    await untilAction(client, 'shop', SAMPLE, 'in-progress')
    const stopped = await client.batchStopUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['shop', 'no'] })
    expect(stopped.ProcessedUpdateActions).toMatchObject([{ CacheClusterId: 'shop', UpdateActionStatus: 'stopping' }])
    expect(stopped.UnprocessedUpdateActions).toMatchObject([
      { CacheClusterId: 'no', ErrorType: 'CacheClusterNotFound' },
    ])
    const statuses = async () =>
      (await actionOn(client, 'shop', SAMPLE))?.CacheNodeUpdateStatus?.map(({ NodeUpdateStatus }) => NodeUpdateStatus)
    expect(await statuses()).toEqual(['in-progress', 'stopping', 'stopping'])
    await eventually('the update is stopped', async () => {
      clock.advanceTo(clock.now() + 60_000)
      return (await actionOn(client, 'shop', SAMPLE))?.UpdateActionStatus === 'stopped'
    })
    expect(await statuses()).toEqual(['complete', 'stopped', 'stopped'])
    expect(await actionOn(client, 'shop', SAMPLE)).toMatchObject({ NodesUpdated: '1/3' })

    await eventually('the rest is applied', async () => {
      clock.advanceTo(clock.now() + 60_000)
      await client.batchApplyUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['shop'] })
      return (await actionOn(client, 'shop', SAMPLE))?.UpdateActionStatus === 'complete'
    })
  })

  test('concern clusters made before their release, and are applied by themselves after their date', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await client.createCacheCluster({ ...memcached('shop'), PreferredMaintenanceWindow: 'sun:23:00-mon:01:00' })
    await engine.until('shop', 'available')
    expect((await client.describeUpdateActions({ CacheClusterIds: ['shop'] })).UpdateActions).toHaveLength(1)

    clock.advanceTo(RELEASE)
    const action = await actionOn(client, 'shop', QUARTERLY)
    expect(action).toMatchObject({ UpdateActionStatus: 'not-applied', ServiceUpdateSeverity: 'important' })
    // 31 January is a Sunday; the window opens at 23:00.
    const recommended = RELEASE + 30 * DAY
    expect(action?.ServiceUpdateRecommendedApplyByDate).toEqual(new Date(recommended))
    clock.advanceTo(recommended + 3600_000)
    expect(await actionOn(client, 'shop', QUARTERLY)).toMatchObject({ UpdateActionStatus: 'scheduled', SlaMet: 'no' })
    clock.advanceTo(recommended + 23 * 3600_000)
    await untilAction(client, 'shop', QUARTERLY, 'complete')
    const [node] = (await actionOn(client, 'shop', QUARTERLY))?.CacheNodeUpdateStatus ?? []
    expect(node).toMatchObject({ NodeUpdateInitiatedBy: 'system' })
  })

  test('are refused where they cannot be applied', async () => {
    const engine = await startTestEngine({ clock: manualClock(START) })
    const client = engine.client()
    await client.createCacheCluster(memcached('shop'))
    await engine.until('shop', 'available')
    const Code = 'ServiceUpdateNotFoundFault'
    await expect(client.describeServiceUpdates({ ServiceUpdateName: 'no' })).rejects.toMatchObject({ Code })
    await expect(
      client.batchApplyUpdateAction({ ServiceUpdateName: 'no', CacheClusterIds: ['shop'] }),
    ).rejects.toMatchObject({ Code })
    await expect(client.batchApplyUpdateAction({ ServiceUpdateName: SAMPLE })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    })
    const { UnprocessedUpdateActions } = await client.batchApplyUpdateAction({
      ServiceUpdateName: 'elasticache-memcached-security-update-20261001',
      CacheClusterIds: ['shop', 'nosuch'],
      ReplicationGroupIds: ['group'],
    })
    expect(UnprocessedUpdateActions).toMatchObject([
      { ReplicationGroupId: 'group', ErrorType: 'ReplicationGroupNotFoundFault' },
      { CacheClusterId: 'shop', ErrorType: 'InvalidParameterValue', ErrorMessage: expect.stringContaining('already') },
      { CacheClusterId: 'nosuch', ErrorType: 'CacheClusterNotFound' },
    ])
    const stopped = await client.batchStopUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['shop'] })
    expect(stopped.UnprocessedUpdateActions).toMatchObject([{ ErrorMessage: expect.stringContaining('not-applied') }])
    expect((await client.describeUpdateActions({ ReplicationGroupIds: ['group'] })).UpdateActions).toEqual([])
    expect((await client.describeUpdateActions({ Engine: 'redis' })).UpdateActions).toEqual([])
  })
})
