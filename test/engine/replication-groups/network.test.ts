import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { clusterOf, create, groupOf, messagesOf, NODE, portOf, SKIPPED, server } from './support.ts'

const subnetCall = <T>(api: TestEngine, action: string, request: object): Promise<T> =>
  control(api, 'POST', `${CONTROL.subnets}/${action}`, { region: 'us-west-2', ...request })

const SMALL = { availabilityZone: 'us-west-2a', ipv4Cidr: '172.31.200.0/28', subnetId: 'subnet-small' }

async function smallGroup(api: TestEngine): Promise<void> {
  await subnetCall(api, 'create', SMALL)
  await api.client().createCacheSubnetGroup({
    CacheSubnetGroupName: 'small',
    CacheSubnetGroupDescription: 'one subnet',
    SubnetIds: ['subnet-small'],
  })
}

const lose = (api: TestEngine) =>
  subnetCall<{ clusters: string[] }>(api, 'delete', { subnetId: 'subnet-small', force: true })

describe.skipIf(!server)(`members of replication groups whose subnet is gone ${SKIPPED}`, () => {
  test('are incompatible-network until it is back, and go on serving', async () => {
    const api = await startTestEngine()
    await smallGroup(api)
    const group = await create(api, { CacheSubnetGroupName: 'small', NumCacheClusters: 2 })
    await expect(subnetCall(api, 'delete', { subnetId: 'subnet-small' })).rejects.toThrow(/nodes of shop-001, shop-002/)
    expect((await lose(api)).clusters).toEqual(['shop-001', 'shop-002'])
    await api.until('shop-002', 'incompatible-network')
    expect((await clusterOf(api, 'shop-001')).CacheNodes?.[0]?.CacheNodeStatus).toBe('incompatible-network')
    expect((await messagesOf(api, 'shop-001')).at(-1)).toBe(
      'Subnet subnet-small of cache subnet group small no longer exists',
    )
    expect((await groupOf(api)).Status).toBe('available')
    expect(await say(portOf(group, 'PrimaryEndpoint'), 'PING')).toBe('PONG')
    await subnetCall(api, 'create', SMALL)
    await api.until('shop-002', 'available')
    expect((await messagesOf(api, 'shop-001')).at(-1)).toBe('Cache cluster is reachable again')
  })

  test('can be deleted, with their group or alone', async () => {
    const api = await startTestEngine()
    await smallGroup(api)
    const client = api.client()
    await create(api, { CacheSubnetGroupName: 'small' })
    await client.createCacheCluster({
      ...NODE,
      CacheClusterId: 'one',
      NumCacheNodes: 1,
      CacheSubnetGroupName: 'small',
    })
    await api.until('one', 'available')
    await lose(api)
    await api.until('one', 'incompatible-network')
    await api.until('shop-001', 'incompatible-network')
    await client.deleteCacheCluster({ CacheClusterId: 'one' })
    await client.deleteReplicationGroup({ ReplicationGroupId: 'shop' })
    await api.untilGone('one')
    await eventually('gone', async () => (await client.describeReplicationGroups({})).ReplicationGroups?.length === 0)
  })
})
