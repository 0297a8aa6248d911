import { describe, expect, test } from 'vitest'
import { startTestEngine } from '../../support/servers.ts'
import { available, create, groupOf, NODE, SKIPPED, server } from './support.ts'

describe.skipIf(!server)(`node types of replication groups ${SKIPPED}`, () => {
  test('more memory is up, as much or less is down; data tiering is not among them', async () => {
    const api = await startTestEngine()
    await create(api, { CacheNodeType: 'cache.r5.xlarge' })
    const of = (input: { ReplicationGroupId: string } | { CacheClusterId: string }) =>
      api.client().listAllowedNodeTypeModifications(input)
    const group = await of({ ReplicationGroupId: 'shop' })
    expect(group.ScaleUpModifications).toContain('cache.r5.2xlarge')
    expect(group.ScaleDownModifications).toEqual(
      expect.arrayContaining(['cache.m5.large', 'cache.r4.xlarge', 'cache.r6g.xlarge', 'cache.t2.micro']),
    )
    const all = [...(group.ScaleUpModifications ?? []), ...(group.ScaleDownModifications ?? [])]
    expect(all.filter((type) => type === 'cache.r5.xlarge' || type.startsWith('cache.r6gd.'))).toEqual([])
    const member = await of({ CacheClusterId: 'shop-001' })
    expect(member.ScaleUpModifications).toEqual(group.ScaleUpModifications)
    await expect(of({ ReplicationGroupId: 'nobody' })).rejects.toMatchObject({ name: 'ReplicationGroupNotFoundFault' })
  })

  test('R6gd has data tiering, says so, and is scaled within itself; no other type has it', async () => {
    const api = await startTestEngine()
    const client = api.client()
    const type = { ...NODE, CacheNodeType: 'cache.r6gd.xlarge' }
    const group = { ReplicationGroupId: 'shop', ReplicationGroupDescription: 'shop' }
    await expect(client.createReplicationGroup({ ...group, ...type })).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: 'cache.r6gd.xlarge needs DataTieringEnabled.',
    })
    await expect(client.createReplicationGroup({ ...group, ...NODE, DataTieringEnabled: true })).rejects.toMatchObject({
      message: 'Data tiering is not supported on cache.t4g.small.',
    })
    await expect(client.createCacheCluster({ ...type, CacheClusterId: 'one', NumCacheNodes: 1 })).rejects.toMatchObject(
      {
        Code: 'InvalidParameterCombination',
      },
    )
    await client.createReplicationGroup({ ...group, ...type, DataTieringEnabled: true })
    await available(api)
    expect((await groupOf(api)).DataTiering).toBe('enabled')
    await client.createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'monday' })
    await available(api)
    const { Snapshots } = await client.describeSnapshots({ SnapshotName: 'monday' })
    expect(Snapshots?.[0]?.DataTiering).toBe('enabled')
    await expect(
      client.copySnapshot({ SourceSnapshotName: 'monday', TargetSnapshotName: 'out', TargetBucket: 'bucket' }),
    ).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: 'Snapshot monday is of a group with data tiering and cannot be exported.',
    })
    const { ScaleUpModifications = [], ScaleDownModifications } = await client.listAllowedNodeTypeModifications({
      ReplicationGroupId: 'shop',
    })
    expect(ScaleDownModifications).toEqual([])
    expect(ScaleUpModifications.every((each) => each.startsWith('cache.r6gd.'))).toBe(true)
    expect(ScaleUpModifications).toHaveLength(5)
  })
})
