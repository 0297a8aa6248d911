import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../src/api/local-engine.ts'
import type { SubnetReport } from '../../src/api/local-network.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'

const REGION = 'us-west-2'
const RETRY_MS = 5_000

/** A subnet with 11 addresses, and a group with nothing else. */
async function smallGroup(engine: TestEngine, subnetId = 'subnet-small') {
  await subnetCall(engine, 'create', { availabilityZone: 'us-west-2a', ipv4Cidr: '172.31.200.0/28', subnetId })
  await engine.client().createCacheSubnetGroup({
    CacheSubnetGroupName: 'small',
    CacheSubnetGroupDescription: 'eleven addresses',
    SubnetIds: [subnetId],
  })
}

const subnetCall = <T>(engine: TestEngine, action: string, request: object): Promise<T> =>
  control(engine, 'POST', `${CONTROL.subnets}/${action}`, { region: REGION, ...request })

async function subnet(engine: TestEngine, id: string): Promise<SubnetReport | undefined> {
  const { subnets } = await subnetCall<{ subnets: SubnetReport[] }>(engine, 'list', {})
  return subnets.find(({ subnetId }) => subnetId === id)
}

const inSmall = (id: string, nodes: number) => ({ ...memcached(id, nodes), CacheSubnetGroupName: 'small' })

const messages = async (engine: TestEngine) =>
  ((await engine.client().describeEvents({ Duration: 20_000 })).Events ?? []).map(({ Message }) => Message)

test('every node holds an address of its subnet until it is deleted', async () => {
  const engine = await startTestEngine()
  await smallGroup(engine)
  expect(await subnet(engine, 'subnet-small')).toMatchObject({ freeAddresses: 11, usedAddresses: 0 })
  await engine.client().createCacheCluster(inSmall('shop', 3))
  await engine.until('shop', 'available')
  expect(await subnet(engine, 'subnet-small')).toMatchObject({ freeAddresses: 8, usedAddresses: 3 })
  const { CacheClusters } = await engine.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  expect(CacheClusters?.[0]).toMatchObject({ CacheSubnetGroupName: 'small', PreferredAvailabilityZone: 'us-west-2a' })
  await engine.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
  expect(await subnet(engine, 'subnet-small')).toMatchObject({ freeAddresses: 11, usedAddresses: 0 })
})

test('nodes that find no address are not added: an event says why, and the cluster stays as it was', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await smallGroup(engine)
  await client.createCacheCluster(inSmall('shop', 10))
  await engine.until('shop', 'available')
  const { CacheCluster } = await client.modifyCacheCluster({
    CacheClusterId: 'shop',
    NumCacheNodes: 12,
    ApplyImmediately: true,
  })
  expect(CacheCluster?.CacheClusterStatus).toBe('modifying')
  await engine.until('shop', 'available')
  const { CacheClusters } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
  expect(CacheClusters?.[0]).toMatchObject({ NumCacheNodes: 10, PendingModifiedValues: {} })
  expect(CacheClusters?.[0]?.CacheNodes).toHaveLength(10)
  expect((await messages(engine))[0]).toBe(
    'Failed to add cache nodes: insufficient free IP addresses in availability zone us-west-2a for cache subnet group small',
  )
  await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 11, ApplyImmediately: true })
  await engine.until('shop', 'available')
  expect((await subnet(engine, 'subnet-small'))?.freeAddresses).toBe(0)
})

test('a cluster that finds no addresses is incompatible-network, and is created when its group gets another subnet', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await smallGroup(engine)
  await client.createCacheCluster(inSmall('big', 12))
  await engine.until('big', 'incompatible-network')
  expect((await messages(engine))[0]).toMatch(/^Failed to create cache nodes: insufficient free IP addresses/)
  await subnetCall(engine, 'create', { availabilityZone: 'us-west-2a', subnetId: 'subnet-more' })
  await client.modifyCacheSubnetGroup({ CacheSubnetGroupName: 'small', SubnetIds: ['subnet-small', 'subnet-more'] })
  await engine.until('big', 'available')
  expect((await subnet(engine, 'subnet-more'))?.usedAddresses).toBe(12)
})

test('a cluster that waits for addresses is created when others give theirs back, and can be deleted', async () => {
  const clock = manualClock(Date.now())
  const engine = await startTestEngine({ clock })
  const client = engine.client()
  await smallGroup(engine)
  await client.createCacheCluster(inSmall('first', 9))
  await engine.until('first', 'available')
  await client.createCacheCluster(inSmall('second', 3))
  await client.createCacheCluster(inSmall('third', 4))
  await engine.until('second', 'incompatible-network')
  await engine.until('third', 'incompatible-network')
  await client.deleteCacheCluster({ CacheClusterId: 'third' })
  await engine.untilGone('third')
  await client.deleteCacheCluster({ CacheClusterId: 'first' })
  await engine.untilGone('first')
  await eventually('the second is created', async () => {
    clock.advanceTo(clock.now() + RETRY_MS)
    const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId: 'second' })
    return CacheClusters?.[0]?.CacheClusterStatus === 'available'
  })
})

test('zones nobody chose are zones with addresses left', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await smallGroup(engine)
  await subnetCall(engine, 'create', { availabilityZone: 'us-west-2d', subnetId: 'subnet-roomy' })
  await client.modifyCacheSubnetGroup({ CacheSubnetGroupName: 'small', SubnetIds: ['subnet-small', 'subnet-roomy'] })
  const { CacheCluster } = await client.createCacheCluster(inSmall('shop', 12))
  expect(CacheCluster?.PreferredAvailabilityZone).toBe('us-west-2d')
  await client.createCacheCluster({ ...inSmall('spread', 4), AZMode: 'cross-az' })
  await engine.until('spread', 'available')
  const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId: 'spread', ShowCacheNodeInfo: true })
  const zones = CacheClusters?.[0]?.CacheNodes?.map(({ CustomerAvailabilityZone }) => CustomerAvailabilityZone)
  expect(zones?.sort()).toEqual(['us-west-2a', 'us-west-2a', 'us-west-2d', 'us-west-2d'])
})

test('addresses in use are the same after a restart', async () => {
  const first = await startTestEngine()
  await smallGroup(first)
  await first.client().createCacheCluster(inSmall('shop', 4))
  await first.until('shop', 'available')
  await first.close()
  const second = await startTestEngine({ stateDir: first.stateDir })
  expect(await subnet(second, 'subnet-small')).toMatchObject({ freeAddresses: 7, usedAddresses: 4 })
})

describe('a subnet of the VPC', () => {
  test('that is deleted under its nodes makes their cluster incompatible-network until it is back', async () => {
    const engine = await startTestEngine()
    await smallGroup(engine)
    await engine.client().createCacheCluster(inSmall('shop', 2))
    await engine.until('shop', 'available')
    await expect(subnetCall(engine, 'delete', { subnetId: 'subnet-small' })).rejects.toThrow(/has nodes of shop/)
    await subnetCall(engine, 'delete', { subnetId: 'subnet-small', force: true })
    await engine.until('shop', 'incompatible-network')
    expect((await messages(engine))[0]).toBe('Subnet subnet-small of cache subnet group small no longer exists')
    await subnetCall(engine, 'create', {
      availabilityZone: 'us-west-2a',
      ipv4Cidr: '172.31.200.0/28',
      subnetId: 'subnet-small',
    })
    await engine.until('shop', 'available')
  })

  const REFUSED: [why: string, request: object, message: RegExp][] = [
    ['in a zone of another region', { availabilityZone: 'us-east-1a' }, /us-east-1a is not a zone of us-west-2/],
    ['of a range outside of the VPC', { ipv4Cidr: '10.0.0.0/24' }, /not within 172\.31\.0\.0\/16/],
    ['of a range that is taken', { ipv4Cidr: '172.31.16.0/28' }, /overlaps with the subnet 172\.31\.16\.0\/20/],
    ['smaller than a /28', { ipv4Cidr: '172.31.200.0/29' }, /a \/16 to a \/28/],
    ['of IPv6 in an odd size', { ipv6Cidr: 'fd00::/62' }, /in steps of four/],
    ['of another family than said', { ipv4Cidr: 'fd00::/64' }, /not a range of ipv4/],
    ['without any range', { ipv4Cidr: null }, /needs a range/],
    ['with an id that is none', { subnetId: 'mine' }, /not an id of the form subnet-/],
    ['in a region that is none', { region: 'mars-1' }, /no region mars-1/],
    ['in another VPC without a range', { vpcId: 'vpc-1' }, /has to be given/],
  ]

  test('is refused where EC2 would refuse it', async () => {
    const engine = await startTestEngine()
    for (const [, request, message] of REFUSED) {
      await expect(subnetCall(engine, 'create', { availabilityZone: 'us-west-2a', ...request })).rejects.toThrow(
        message,
      )
    }
  })

  test('that is default, or in a group, is not deleted', async () => {
    const engine = await startTestEngine()
    const { subnets } = await subnetCall<{ subnets: SubnetReport[] }>(engine, 'list', {})
    await expect(subnetCall(engine, 'delete', { subnetId: subnets[0]?.subnetId })).rejects.toThrow(/default subnet/)
    await smallGroup(engine)
    await expect(subnetCall(engine, 'delete', { subnetId: 'subnet-small' })).rejects.toThrow(/cache subnet group small/)
    await engine.client().deleteCacheSubnetGroup({ CacheSubnetGroupName: 'small' })
    await subnetCall(engine, 'delete', { subnetId: 'subnet-small' })
    expect(await subnet(engine, 'subnet-small')).toBeUndefined()
  })
})
