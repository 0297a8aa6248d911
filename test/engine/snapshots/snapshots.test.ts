/** Snapshots of replication groups and of cache clusters of Redis OSS and Valkey, with real servers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CreateReplicationGroupCommandInput, ReplicationGroup, Snapshot } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import { CONTROL, engineFiles } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startTestEngine } from '../../support/servers.ts'
import { NODE, SKIPPED, server } from '../replication-groups/support.ts'
import { expectFilled, fill } from './data.ts'

const CLUSTERED = { NumNodeGroups: 2, AutomaticFailoverEnabled: true }

async function groupOf(api: TestEngine, ReplicationGroupId: string): Promise<ReplicationGroup> {
  const { ReplicationGroups: [group = {}] = [] } = await api.client().describeReplicationGroups({ ReplicationGroupId })
  return group
}

async function available(api: TestEngine, id: string): Promise<ReplicationGroup> {
  await eventually(`${id} available`, async () => (await groupOf(api, id)).Status === 'available')
  return groupOf(api, id)
}

/** A group that is available. */
async function createGroup(api: TestEngine, id: string, input: Partial<CreateReplicationGroupCommandInput> = {}) {
  await api
    .client()
    .createReplicationGroup({ ReplicationGroupId: id, ReplicationGroupDescription: 'The shop', ...input })
  return available(api, id)
}

/** A cache cluster that is available. Answers its port. */
async function createCluster(api: TestEngine, id: string, more: object = NODE): Promise<number> {
  await api.client().createCacheCluster({ CacheClusterId: id, ...more })
  await api.until(id, 'available')
  const { CacheClusters: [cluster] = [] } = await api
    .client()
    .describeCacheClusters({ CacheClusterId: id, ShowCacheNodeInfo: true })
  return cluster?.CacheNodes?.[0]?.Endpoint?.Port ?? 0
}

async function snapshotOf(api: TestEngine, SnapshotName: string): Promise<Snapshot> {
  const { Snapshots: [snapshot = {}] = [] } = await api.client().describeSnapshots({ SnapshotName })
  return snapshot
}

async function taken(api: TestEngine, name: string): Promise<Snapshot> {
  await eventually(`${name} taken`, async () => (await snapshotOf(api, name)).SnapshotStatus === 'available')
  return snapshotOf(api, name)
}

const configurationPort = ({ ConfigurationEndpoint }: ReplicationGroup): number => ConfigurationEndpoint?.Port ?? 0
const primaryPort = ({ NodeGroups: [shard] = [] }: ReplicationGroup): number => shard?.PrimaryEndpoint?.Port ?? 0

const messagesOf = async (api: TestEngine, SourceIdentifier: string) => {
  const { Events = [] } = await api.client().describeEvents({ SourceIdentifier })
  return Events.map(({ Message }) => Message)
}

describe.skipIf(!server)(`a snapshot ${SKIPPED}`, () => {
  test('of a cache cluster becomes a cluster, and a group of more shards, with its data', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await fill(await createCluster(api, 'cart'))
    const { Snapshot: begun } = await client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'friday' })
    expect(begun).toMatchObject({ SnapshotStatus: 'creating', NodeSnapshots: [{ CacheNodeId: '0001', CacheSize: '' }] })
    const snapshot = await taken(api, 'friday')
    expect(snapshot).toMatchObject({
      CacheClusterId: 'cart',
      SnapshotSource: 'manual',
      Engine: NODE.Engine,
      NumCacheNodes: 1,
      NodeSnapshots: [{ CacheNodeId: '0001', CacheSize: expect.stringMatching(/^\d+ MB$/) }],
    })
    expect(await messagesOf(api, 'cart')).toContain(
      "Snapshot succeeded for snapshot with ID 'friday' of cache cluster with ID 'cart'",
    )
    await expectFilled(await createCluster(api, 'cart-2', { SnapshotName: 'friday' }))
    const group = await createGroup(api, 'shop', { SnapshotName: 'friday', ...CLUSTERED, NumNodeGroups: 3 })
    expect(group.NodeGroups).toHaveLength(3)
    await expectFilled(configurationPort(group))
    expect((await snapshotOf(api, 'friday')).SnapshotStatus).toBe('available')
  })

  test('of a group in cluster mode is restored with its slots, or with another number of shards', async () => {
    const api = await startTestEngine()
    await fill(configurationPort(await createGroup(api, 'shop', { ...NODE, ...CLUSTERED, ReplicasPerNodeGroup: 1 })))
    await api.client().createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'friday' })
    const snapshot = await taken(api, 'friday')
    expect(snapshot).toMatchObject({ ReplicationGroupId: 'shop', NumNodeGroups: 2, AutomaticFailover: 'enabled' })
    expect(snapshot).not.toHaveProperty('CacheClusterId')
    expect(snapshot.NodeSnapshots?.map(({ CacheClusterId }) => CacheClusterId)).toEqual([
      'shop-0001-002',
      'shop-0002-002',
    ])
    const same = await createGroup(api, 'same', { SnapshotName: 'friday', ReplicasPerNodeGroup: 0 })
    expect(same.NodeGroups?.map(({ Slots }) => Slots)).toEqual(['0-8191', '8192-16383'])
    await expectFilled(configurationPort(same))
    const one = await createGroup(api, 'one', { SnapshotName: 'friday', NumNodeGroups: 1, ReplicasPerNodeGroup: 0 })
    await expectFilled(configurationPort(one))
  })

  test('that is exported is a file that a plain server loads, and that a group can be made of', async () => {
    const api = await startTestEngine()
    await fill(await createCluster(api, 'cart'))
    const client = api.client()
    await client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'friday' })
    await taken(api, 'friday')
    const { Snapshot: exporting } = await client.copySnapshot({
      SourceSnapshotName: 'friday',
      TargetSnapshotName: 'out',
      TargetBucket: 'my-bucket',
    })
    expect(exporting?.SnapshotStatus).toBe('exporting')
    await taken(api, 'friday')
    const plain = await startRedis(['--dir', join(api.stateDir, 's3', 'my-bucket'), '--dbfilename', 'out-0001.rdb'], {
      program: server?.name ?? '',
    })
    await expectFilled(plain.port)
    const group = await createGroup(api, 'shop', { ...NODE, SnapshotArns: ['arn:aws:s3:::my-bucket/out-0001.rdb'] })
    await expectFilled(primaryPort(group))
  })

  test('that is copied outlives what it was copied from, and keeps its own tags', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await fill(await createCluster(api, 'cart'))
    await client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'friday' })
    await taken(api, 'friday')
    await client.copySnapshot({
      SourceSnapshotName: 'friday',
      TargetSnapshotName: 'kept',
      Tags: [{ Key: 'team', Value: 'shop' }],
    })
    const { ARN: ResourceName = '' } = await taken(api, 'kept')
    const { Snapshot: deleting } = await client.deleteSnapshot({ SnapshotName: 'friday' })
    expect(deleting?.SnapshotStatus).toBe('deleting')
    await eventually('friday gone', async () => ((await client.describeSnapshots({})).Snapshots ?? []).length === 1)
    expect((await client.listTagsForResource({ ResourceName })).TagList).toEqual([{ Key: 'team', Value: 'shop' }])
    await expectFilled(await createCluster(api, 'cart-2', { SnapshotName: 'kept' }))
  })

  test('is taken of the day in the window, kept for as long as is said, and goes with its cluster', async () => {
    const api = await startTestEngine()
    const client = api.client()
    const advance = (hours: number) => control(api, 'POST', CONTROL.clock, { advanceMs: hours * 3600_000 })
    const automatic = async () => (await client.describeSnapshots({ SnapshotSource: 'system' })).Snapshots ?? []
    const hour = new Date(Date.now() + 2 * 3600_000).getUTCHours()
    const digits = (value: number) => String(value % 24).padStart(2, '0')
    const SnapshotWindow = `${digits(hour)}:00-${digits(hour + 1)}:00`
    await createCluster(api, 'cart', { ...NODE, SnapshotRetentionLimit: 2, SnapshotWindow })
    await advance(3)
    await eventually('the first', async () => (await automatic())[0]?.SnapshotStatus === 'available')
    const [first] = await automatic()
    expect(first?.SnapshotName).toMatch(new RegExp(`^automatic\\.cart-\\d{4}-\\d\\d-\\d\\d-${digits(hour)}-\\d\\d$`))
    expect(first).toMatchObject({ SnapshotSource: 'automated', CacheClusterId: 'cart' })
    for (const hours of [24, 24, 24]) {
      await advance(hours)
      await eventually('that of the day', async () =>
        (await automatic()).every(({ SnapshotStatus }) => SnapshotStatus === 'available'),
      )
    }
    expect(await automatic()).toHaveLength(2)
    await client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'manual' })
    await taken(api, 'manual')
    await client.deleteCacheCluster({ CacheClusterId: 'cart' })
    await eventually('automatic ones gone', async () => (await automatic()).length === 0)
    expect(await taken(api, 'manual')).toMatchObject({ SnapshotSource: 'manual' })
  })

  test('can be the last of a group that is deleted', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await fill(primaryPort(await createGroup(api, 'shop', { ...NODE, NumCacheClusters: 2 })))
    const { ReplicationGroup: going } = await client.deleteReplicationGroup({
      ReplicationGroupId: 'shop',
      FinalSnapshotIdentifier: 'last',
    })
    expect(going?.Status).toBe('snapshotting')
    await eventually('gone', async () => (await client.describeReplicationGroups({})).ReplicationGroups?.length === 0)
    expect(await taken(api, 'last')).toMatchObject({ ReplicationGroupId: 'shop', CacheClusterId: 'shop-001' })
    await expectFilled(primaryPort(await createGroup(api, 'again', { SnapshotName: 'last' })))
  })

  test('that cannot be read leaves a cluster that says restore-failed, and why', async () => {
    const api = await startTestEngine()
    const file = join(api.stateDir, 's3', 'my-bucket', 'torn.rdb')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'no such thing')
    await api.client().createCacheCluster({
      ...NODE,
      CacheClusterId: 'cart',
      SnapshotArns: ['arn:aws:s3:::my-bucket/torn.rdb'],
    })
    await api.until('cart', 'restore-failed')
    expect((await messagesOf(api, 'cart'))[0]).toMatch(
      /^Failed to restore the data of the snapshot: Wrong signature trying to load DB from file(;|$)/,
    )
    await api.client().deleteCacheCluster({ CacheClusterId: 'cart' })
    await api.untilGone('cart')
  })

  test('is refused in AWS’s words where there can be none', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await createGroup(api, 'shop', { ...NODE, ...CLUSTERED })
    await client.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'friday' })
    await taken(api, 'friday')
    const refusals: [Promise<unknown>, object][] = [
      [
        client.createSnapshot({ SnapshotName: 'a' }),
        {
          name: 'InvalidParameterValueException',
          message: 'One of CacheClusterId or ReplicationGroupId must be provided.',
        },
      ],
      [
        client.createSnapshot({ SnapshotName: 'a', CacheClusterId: 'a', ReplicationGroupId: 'b' }),
        { message: 'Only one of CacheClusterId or ReplicationGroupId can be provided.' },
      ],
      [
        client.describeSnapshots({ CacheClusterId: 'a', ReplicationGroupId: 'b' }),
        {
          name: 'InvalidParameterCombinationException',
          message: 'Only one of CacheClusterId or ReplicationGroupId can be provided.',
        },
      ],
      [
        client.createSnapshot({ SnapshotName: 'friday', ReplicationGroupId: 'shop' }),
        { name: 'SnapshotAlreadyExistsFault' },
      ],
      [
        client.createSnapshot({ SnapshotName: 'a', CacheClusterId: 'shop-0001-001' }),
        { name: 'InvalidParameterCombinationException' },
      ],
      [client.describeSnapshots({ SnapshotName: 'none' }), { name: 'SnapshotNotFoundFault' }],
      [
        client.describeSnapshots({ MaxRecords: 51 }),
        { message: 'Invalid value 51 for MaxRecords. Must be between 20 and 50' },
      ],
      [
        client.createReplicationGroup({
          ReplicationGroupId: 'plain',
          ReplicationGroupDescription: 'd',
          SnapshotName: 'friday',
          NumCacheClusters: 1,
        }),
        { name: 'InvalidParameterCombinationException' },
      ],
      [
        client.createReplicationGroup({
          ReplicationGroupId: 'plain',
          ReplicationGroupDescription: 'd',
          ...NODE,
          ...CLUSTERED,
          SnapshotArns: ['arn:aws:s3:::my-bucket/a.rdb'],
        }),
        { message: 'Slots must be provided when restoring from snapshot ARNs with cluster mode enabled' },
      ],
    ]
    for (const [request, refusal] of refusals) await expect(request).rejects.toMatchObject(refusal)
  })

  test('is one of 20 of a node in any 24 hours, whatever has become of them', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await createCluster(api, 'cart')
    await control(api, 'POST', `${CONTROL.quotas}/set`, {
      region: 'us-west-2',
      name: 'snapshots-per-node-per-day',
      limit: 1,
    })
    await client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'friday' })
    await taken(api, 'friday')
    await client.deleteSnapshot({ SnapshotName: 'friday' })
    await eventually('friday gone', async () => ((await client.describeSnapshots({})).Snapshots ?? []).length === 0)
    const again = () => client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'friday' })
    await expect(again()).rejects.toMatchObject({
      name: 'SnapshotQuotaExceededFault',
      message:
        'The maximum number of manual snapshots for this node taken within 24 hours has been reached its quota of 1',
    })
    await control(api, 'POST', CONTROL.clock, { advanceMs: 25 * 3600_000 })
    await again()
  })

  test('keeps its group from being changed while it is taken, and tells the topic once it is', async () => {
    const api = await startTestEngine({ pace: 'quick' })
    const client = api.client()
    const NotificationTopicArn = 'arn:aws:sns:us-west-2:000000000000:ops'
    await createGroup(api, 'shop', { ...NODE, NumCacheClusters: 2, NotificationTopicArn })
    await client.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'friday' })
    expect((await groupOf(api, 'shop')).Status).toBe('snapshotting')
    const { CacheClusters = [] } = await client.describeCacheClusters({})
    expect(CacheClusters.map(({ CacheClusterStatus }) => CacheClusterStatus)).toEqual(['available', 'snapshotting'])
    await expect(client.deleteReplicationGroup({ ReplicationGroupId: 'shop' })).rejects.toMatchObject({
      name: 'InvalidReplicationGroupStateFault',
    })
    await expect(client.deleteSnapshot({ SnapshotName: 'friday' })).rejects.toMatchObject({
      name: 'InvalidSnapshotStateFault',
    })
    const { Snapshots: [shown] = [] } = await client.describeSnapshots({ ShowNodeGroupConfig: true })
    expect(shown?.NodeSnapshots?.[0]?.NodeGroupConfiguration).toMatchObject({ NodeGroupId: '0001', ReplicaCount: 1 })
    await taken(api, 'friday')
    expect(await available(api, 'shop')).toMatchObject({ Status: 'available' })
    const told = () => readFileSync(engineFiles(api.stateDir).notifications, 'utf8')
    await eventually('told', () => told().includes('ElastiCache:SnapshotComplete'))
  })
})
