import type { UpdateAction } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import {
  available,
  create,
  engine,
  groupOf,
  messagesOf,
  NODE,
  portOf,
  portOfCluster,
  rolesOf,
  SKIPPED,
  server,
} from './support.ts'

const SAMPLE = 'sample-service-update'
const DAY_MS = 24 * 3600_000

async function actionOn(api: TestEngine, name = SAMPLE): Promise<UpdateAction | undefined> {
  const { UpdateActions } = await api.client().describeUpdateActions({
    ServiceUpdateName: name,
    ShowNodeLevelUpdateStatus: true,
  })
  return UpdateActions?.[0]
}

const apply = (api: TestEngine, name = SAMPLE) =>
  api.client().batchApplyUpdateAction({ ServiceUpdateName: name, ReplicationGroupIds: ['Shop'] })

const statusesOf = (action: UpdateAction | undefined) =>
  action?.NodeGroupUpdateStatus?.flatMap(({ NodeGroupId, NodeGroupMemberUpdateStatus = [] }) =>
    NodeGroupMemberUpdateStatus.map(
      ({ CacheClusterId, NodeUpdateStatus }) => `${NodeGroupId} ${CacheClusterId} ${NodeUpdateStatus}`,
    ),
  )

describe.skipIf(!server)(`service updates of replication groups ${SKIPPED}`, () => {
  test('restart replicas first, then the primary, whose place one of them takes with all it holds', async () => {
    const api = await startTestEngine()
    const group = await create(api, { NumCacheClusters: 2, AutomaticFailoverEnabled: true })
    await say(portOf(group, 'PrimaryEndpoint'), 'SET', 'a', '1')
    expect(await actionOn(api)).toMatchObject({
      ReplicationGroupId: 'shop',
      UpdateActionStatus: 'not-applied',
      NodesUpdated: '0/2',
      Engine: engine,
    })
    const { ProcessedUpdateActions, UnprocessedUpdateActions } = await apply(api)
    expect(UnprocessedUpdateActions).toEqual([])
    expect(ProcessedUpdateActions).toEqual([
      { ReplicationGroupId: 'shop', ServiceUpdateName: SAMPLE, UpdateActionStatus: 'waiting-to-start' },
    ])
    await eventually('complete', async () => (await actionOn(api))?.UpdateActionStatus === 'complete')
    const action = await actionOn(api)
    expect(action).toMatchObject({ NodesUpdated: '2/2' })
    expect(action).not.toHaveProperty('CacheNodeUpdateStatus')
    expect(statusesOf(action)).toEqual(['0001 shop-001 complete', '0001 shop-002 complete'])
    const after = await available(api)
    expect(rolesOf(after)).toEqual(['shop-001 replica', 'shop-002 primary'])
    expect(await say(portOf(after, 'PrimaryEndpoint'), 'GET', 'a')).toBe('1')
    expect(await messagesOf(api, 'shop-002')).toEqual(
      expect.arrayContaining(['Cache node 0001 shutdown', 'Cache node 0001 restarted']),
    )
    expect(await messagesOf(api, 'shop')).toContain(
      'Failover from primary node shop-001 to replica node shop-002 completed',
    )
  })

  test('keep the keys of a cluster with more shards, one shard after the other', async () => {
    const api = await startTestEngine()
    const group = await create(api, { NumNodeGroups: 2, ReplicasPerNodeGroup: 1, AutomaticFailoverEnabled: true })
    const portOfMember = (id: string) => portOfCluster(api, id)
    // In slots 15495 and 3300.
    await say(await portOfMember('shop-0002-001'), 'SET', 'a', '1')
    await say(await portOfMember('shop-0001-001'), 'SET', 'b', '2')
    expect(group.ClusterEnabled).toBe(true)
    await apply(api)
    await eventually('complete', async () => (await actionOn(api))?.NodesUpdated === '4/4')
    await available(api)
    expect(await say(await portOfMember('shop-0002-002'), 'GET', 'a')).toBe('1')
    expect(await say(await portOfMember('shop-0001-002'), 'GET', 'b')).toBe('2')
  })

  test('keep what a lone cache cluster holds, which is named as one', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await client.createCacheCluster({ ...NODE, CacheClusterId: 'one', NumCacheNodes: 1 })
    await api.until('one', 'available')
    const port = await portOfCluster(api, 'one')
    await say(port, 'SET', 'a', '1')
    const run = await say(port, 'INFO', 'server')
    await client.batchApplyUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['one'] })
    await eventually('complete', async () => (await actionOn(api))?.UpdateActionStatus === 'complete')
    expect(await actionOn(api)).toMatchObject({
      CacheClusterId: 'one',
      NodesUpdated: '1/1',
      CacheNodeUpdateStatus: [{ CacheNodeId: '0001', NodeUpdateStatus: 'complete' }],
    })
    await api.until('one', 'available')
    expect(await say(port, 'GET', 'a')).toBe('1')
    const id = (info: string) => /run_id:(\w+)/.exec(info)?.[1]
    expect(id(await say(port, 'INFO', 'server'))).not.toBe(id(run))
  })

  test('are stopped: the node that has begun is finished, the others stay', async () => {
    const api = await startTestEngine({ pace: 'quick' })
    await create(api, { NumCacheClusters: 3, AutomaticFailoverEnabled: true })
    await apply(api)
    await eventually('in progress', async () => (await actionOn(api))?.UpdateActionStatus === 'in-progress')
    const { ProcessedUpdateActions } = await api.client().batchStopUpdateAction({
      ServiceUpdateName: SAMPLE,
      ReplicationGroupIds: ['shop'],
    })
    expect(ProcessedUpdateActions).toMatchObject([{ ReplicationGroupId: 'shop', UpdateActionStatus: 'stopping' }])
    await eventually('stopped', async () => (await actionOn(api))?.UpdateActionStatus === 'stopped')
    expect(statusesOf(await actionOn(api))).toEqual([
      '0001 shop-001 stopped',
      '0001 shop-002 complete',
      '0001 shop-003 stopped',
    ])
    expect(rolesOf(await available(api))?.[0]).toBe('shop-001 primary')
  })

  test('are announced when they come out, and applied in the window after their date', async () => {
    const release = Date.UTC(2027, 0, 1)
    const clock = manualClock(release - DAY_MS)
    const api = await startTestEngine({ clock })
    await create(api, { PreferredMaintenanceWindow: 'sun:23:00-mon:01:00' })
    clock.advanceTo(release + 1_000)
    const name = `elasticache-${engine}-security-update-20270101`
    await eventually('told', async () =>
      (await messagesOf(api, 'shop-001')).includes('Service update is available for cache node 0001.'),
    )
    expect(await actionOn(api, name)).toMatchObject({ UpdateActionStatus: 'not-applied', NodesUpdated: '0/1' })
    clock.advanceTo(release + 31 * DAY_MS)
    await eventually('applied', async () => {
      clock.advanceTo(clock.now() + 1_000)
      return (await actionOn(api, name))?.UpdateActionStatus === 'complete'
    })
    expect((await actionOn(api, name))?.NodeGroupUpdateStatus?.[0]?.NodeGroupMemberUpdateStatus).toMatchObject([
      { NodeUpdateInitiatedBy: 'system' },
    ])
  })

  test('are refused for a member, another engine, and a group that is not available', async () => {
    const api = await startTestEngine({ pace: 'quick' })
    const client = api.client()
    await client.createReplicationGroup({
      ...NODE,
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'd',
    })
    const creating = await apply(api)
    expect(creating.UnprocessedUpdateActions).toMatchObject([{ ReplicationGroupId: 'shop' }])
    await available(api)
    await client.modifyReplicationGroup({ ReplicationGroupId: 'shop', ReplicationGroupDescription: 'e' })
    expect((await groupOf(api)).Status).toBe('modifying')
    expect((await apply(api)).UnprocessedUpdateActions).toMatchObject([
      { ReplicationGroupId: 'shop', ErrorType: 'InvalidReplicationGroupState' },
    ])
    const member = await client.batchApplyUpdateAction({ ServiceUpdateName: SAMPLE, CacheClusterIds: ['shop-001'] })
    expect(member.UnprocessedUpdateActions).toMatchObject([
      { CacheClusterId: 'shop-001', ErrorMessage: expect.stringContaining('ReplicationGroupIds') },
    ])
    const { ServiceUpdates = [] } = await client.describeServiceUpdates({ ServiceUpdateStatus: ['available'] })
    const other = await apply(api, ServiceUpdates.find(({ Engine }) => Engine === 'memcached')?.ServiceUpdateName)
    expect(other.UnprocessedUpdateActions).toMatchObject([{ ErrorMessage: expect.stringContaining('is not for') }])
  })
})
