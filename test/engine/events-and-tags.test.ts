import { describe, expect, test } from 'vitest'
import { memcached, startTestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 21, 9)

describe('events', () => {
  test('tell the life of a cluster in the words of the guide, newest first', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await client.createCacheCluster({ ...memcached('shop', 1), PreferredAvailabilityZone: 'us-west-2a' })
    await engine.until('shop', 'available')
    await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 3, ApplyImmediately: true })
    await engine.until('shop', 'available')
    await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0002'] })
    await engine.until('shop', 'available')
    const { Events } = await client.describeEvents({})
    expect(Events?.map(({ Message }) => Message)).toEqual([
      'Cache node 0002 restarted',
      'Cache node 0002 shutdown',
      'Finished modifying number of nodes from 1 to 3',
      'Added cache node 0003 in availability zone us-west-2a',
      'Added cache node 0002 in availability zone us-west-2a',
      'Increasing number of requested nodes',
      'Added cache node 0001 in availability zone us-west-2a',
      'Cache cluster created',
    ])
    expect(Events?.[0]).toMatchObject({ SourceIdentifier: 'shop', SourceType: 'cache-cluster' })
  })

  test('tell of groups too', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    const { CacheSubnetGroups } = await client.describeCacheSubnetGroups({})
    const subnet = CacheSubnetGroups?.[0]?.Subnets?.[0]?.SubnetIdentifier ?? ''
    const group = { CacheSubnetGroupName: 'nets', CacheSubnetGroupDescription: 'd', SubnetIds: [subnet] }
    await client.createCacheSubnetGroup(group)
    await client.modifyCacheSubnetGroup({ ...group, CacheSubnetGroupDescription: 'e' })
    await client.deleteCacheSubnetGroup({ CacheSubnetGroupName: 'nets' })
    await client.createCacheSecurityGroup({ CacheSecurityGroupName: 'old', Description: 'd' })
    const ingress = {
      CacheSecurityGroupName: 'old',
      EC2SecurityGroupName: 'web',
      EC2SecurityGroupOwnerId: '111122223333',
    }
    await client.authorizeCacheSecurityGroupIngress(ingress)
    await client.revokeCacheSecurityGroupIngress(ingress)
    await client.deleteCacheSecurityGroup({ CacheSecurityGroupName: 'old' })
    const messages = async (SourceType: 'cache-subnet-group' | 'cache-security-group', SourceIdentifier: string) => {
      const { Events } = await client.describeEvents({ SourceType, SourceIdentifier })
      return Events?.map(({ Message }) => Message).reverse()
    }
    expect(await messages('cache-subnet-group', 'nets')).toEqual(
      ['created', 'modified', 'deleted'].map((what) => `Cache subnet group ${what}`),
    )
    expect(await messages('cache-security-group', 'old')).toEqual([
      'Cache security group created',
      'Authorizing EC2 security group web of 111122223333',
      'Revoking EC2 security group web of 111122223333',
      'Cache security group deleted',
    ])
  })

  test('announce a service update once it is out, for each node, once', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await client.createCacheCluster({ ...memcached('shop', 2), PreferredMaintenanceWindow: 'sun:05:00-sun:06:00' })
    await engine.until('shop', 'available')
    const messages = async () =>
      (await client.describeEvents({ Duration: 60 })).Events?.map(({ Message }) => Message).reverse()
    clock.advanceTo(Date.UTC(2027, 0, 1))
    const announced = ['0001', '0002'].map((id) => `Service update is available for cache node ${id}.`)
    await eventually('it is announced', async () => (await messages())?.length === 2)
    expect(await messages()).toEqual(announced)
    await engine.close()
    const again = await startTestEngine({ clock, stateDir: engine.stateDir })
    expect((await again.client().describeEvents({})).Events).toHaveLength(2)
  })

  test('are those of the last hour unless a time is asked for', async () => {
    const clock = manualClock(START)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await client.createCacheCluster(memcached('shop'))
    await engine.until('shop', 'available')
    clock.advanceTo(START + 61 * MINUTE)
    const messages = async (input: object) => (await client.describeEvents(input)).Events?.length
    expect(await messages({})).toBe(0)
    expect(await messages({ Duration: 62 })).toBe(2)
    expect(await messages({ StartTime: new Date(START - 1) })).toBe(2)
    expect(await messages({ StartTime: new Date(START + 1) })).toBe(0)
    expect(await messages({ StartTime: new Date(START - 5 * MINUTE), Duration: 4 })).toBe(0)
    expect(await messages({ Duration: 62, SourceType: 'cache-cluster', SourceIdentifier: 'SHOP' })).toBe(2)
    expect(await messages({ Duration: 62, SourceIdentifier: 'shop' })).toBe(2)
    expect(await messages({ Duration: 62, SourceType: 'cache-subnet-group' })).toBe(0)
  })

  test.each([
    ['more than 14 days', { Duration: 20_161 }, 'InvalidParameterValue'],
    ['a source type that is none', { SourceType: 'cache' }, 'InvalidParameterValue'],
    ['a page of 19', { MaxRecords: 19 }, 'InvalidParameterValue'],
    ['a marker that is none', { Marker: 'garbage' }, 'InvalidParameterValue'],
  ])('%s is refused', async (_, input, Code) => {
    const engine = await startTestEngine()
    await expect(engine.client().describeEvents(input as object)).rejects.toMatchObject({ Code })
  })

  test('come in pages that meet without a gap', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await client.createCacheCluster(memcached('shop', 49))
    await engine.until('shop', 'available')
    const all = (await client.describeEvents({})).Events ?? []
    expect(all).toHaveLength(50)
    const pages: unknown[] = []
    let Marker: string | undefined
    do {
      const page = await client.describeEvents({ MaxRecords: 20, ...(Marker && { Marker }) })
      pages.push(...(page.Events ?? []))
      Marker = page.Marker
    } while (Marker)
    expect(pages).toEqual(all)
  })
})

describe('tags', () => {
  const arn = 'arn:aws:elasticache:us-west-2:000000000000:cluster:shop'

  test('every operation answers with the whole list after it', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await client.createCacheCluster({ ...memcached('shop'), Tags: [{ Key: 'Service', Value: 'EC2' }] })
    await engine.until('shop', 'available')
    const added = await client.addTagsToResource({
      ResourceName: arn,
      Tags: [{ Key: 'Service', Value: 'elasticache' }, { Key: 'Region' }],
    })
    const expected = [
      { Key: 'Service', Value: 'elasticache' },
      { Key: 'Region', Value: '' },
    ]
    expect(added.TagList).toEqual(expected)
    expect((await client.listTagsForResource({ ResourceName: arn })).TagList).toEqual(expected)
    const removed = await client.removeTagsFromResource({ ResourceName: arn, TagKeys: ['Service', 'Region'] })
    expect(removed.TagList).toEqual([])
  })

  test('a cluster holds 50 tags; the 51st is refused and the 50 stay', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    const tags = Array.from({ length: 50 }, (_, number) => ({ Key: `k${number}`, Value: 'v' }))
    await client.createCacheCluster({ ...memcached('shop'), Tags: tags })
    await engine.until('shop', 'available')
    await expect(
      client.addTagsToResource({ ResourceName: arn, Tags: [{ Key: 'one more', Value: '' }] }),
    ).rejects.toMatchObject({ Code: 'TagQuotaPerResourceExceeded' })
    expect((await client.listTagsForResource({ ResourceName: arn })).TagList).toHaveLength(50)
  })

  test.each([
    ['an ARN that is none', 'shop', 'InvalidARN'],
    ['an ARN of another region', arn.replace('us-west-2', 'eu-west-1'), 'InvalidARN'],
    ['a cluster that is not there', arn.replace('shop', 'nosuch'), 'CacheClusterNotFound'],
    ['an ARN of nothing that has tags', arn.replace(':cluster:', ':node:'), 'InvalidARN'],
    ['a replication group', arn.replace(':cluster:', ':replicationgroup:'), 'ReplicationGroupNotFoundFault'],
    ['a snapshot of a cluster', arn.replace(':cluster:', ':snapshot:'), 'SnapshotNotFoundFault'],
    ['a user', arn.replace(':cluster:', ':user:'), 'UserNotFound'],
    ['a user group', arn.replace(':cluster:', ':usergroup:'), 'UserGroupNotFound'],
  ])('%s is refused', async (_, ResourceName, Code) => {
    const engine = await startTestEngine()
    await expect(engine.client().listTagsForResource({ ResourceName })).rejects.toMatchObject({ Code })
  })

  test('a cluster that is being created has no tags to list yet', async () => {
    const engine = await startTestEngine({ pace: 'realistic' })
    await engine.client().createCacheCluster(memcached('shop'))
    await expect(engine.client().listTagsForResource({ ResourceName: arn })).rejects.toMatchObject({
      Code: 'CacheClusterNotFound',
      message: 'shop is either not present or not available.',
    })
  })
})
