import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import {
  available,
  clusterOf,
  create,
  groupOf,
  messagesOf,
  NODE,
  portOf,
  portOfCluster,
  RUNTIMES,
  rolesOf,
  SKIPPED,
} from './support.ts'

const untilCluster = (api: TestEngine, id: string) =>
  eventually(`${id} available`, async () => (await clusterOf(api, id)).CacheClusterStatus === 'available')

describe.each(RUNTIMES)(
  `cache clusters of Redis OSS and Valkey, $nodeRuntime ${SKIPPED}`,
  ({ nodeRuntime, isMissing }) => {
    test.skipIf(isMissing)('one alone is no replication group, and comes back empty from a reboot', async () => {
      const api = await startTestEngine({ nodeRuntime })
      const client = api.client()
      const { CacheCluster: created } = await client.createCacheCluster({
        ...NODE,
        CacheClusterId: 'one',
        NumCacheNodes: 1,
      })
      expect(created).toMatchObject({ CacheClusterStatus: 'creating', NumCacheNodes: 1 })
      await untilCluster(api, 'one')
      expect((await client.describeReplicationGroups({})).ReplicationGroups).toEqual([])
      const port = await portOfCluster(api, 'one')
      expect(await say(port, 'SET', 'a', '1')).toBe('OK')
      const { CacheCluster } = await client.rebootCacheCluster({
        CacheClusterId: 'one',
        CacheNodeIdsToReboot: ['0001'],
      })
      expect(CacheCluster?.CacheClusterStatus).toBe('rebooting cluster nodes')
      await untilCluster(api, 'one')
      expect(await say(port, 'GET', 'a')).toBe('')
      await client.deleteCacheCluster({ CacheClusterId: 'one' })
      await eventually('gone', async () => (await client.describeCacheClusters({})).CacheClusters?.length === 0)
      expect(await messagesOf(api, 'one')).toEqual([
        'Cache cluster created',
        expect.stringMatching(/does not support persistence/),
        expect.stringMatching(/^Added cache node 0001/),
        'Cache node 0001 shutdown',
        'Cache node 0001 restarted',
        'Cache cluster deleted',
      ])
    })

    test.skipIf(isMissing)('a group around one keeps its server and what it holds', async () => {
      const api = await startTestEngine({ nodeRuntime })
      const client = api.client()
      await client.createCacheCluster({ ...NODE, CacheClusterId: 'one', NumCacheNodes: 1 })
      await untilCluster(api, 'one')
      const port = await portOfCluster(api, 'one')
      await say(port, 'SET', 'a', '1')
      const runOf = async () => /run_id:(\w+)/.exec(await say(port, 'INFO', 'server'))?.[1]
      const run = await runOf()
      await client.createReplicationGroup({
        ReplicationGroupId: 'shop',
        ReplicationGroupDescription: 'd',
        PrimaryClusterId: 'one',
        NumCacheClusters: 2,
      })
      const group = await available(api)
      expect(rolesOf(group)).toEqual(['one primary', 'shop-001 replica'])
      expect(await runOf()).toBe(run)
      expect(await say(portOf(group, 'ReaderEndpoint'), 'GET', 'a')).toBe('1')
      expect((await clusterOf(api, 'one')).ReplicationGroupId).toBe('shop')
    })

    test.skipIf(isMissing)('a replica is added to a group and removed, and the rest stays as it is', async () => {
      const api = await startTestEngine({ nodeRuntime })
      const client = api.client()
      await create(api)
      await client.createCacheCluster({ CacheClusterId: 'copy', ReplicationGroupId: 'shop' })
      expect((await groupOf(api)).Status).toBe('modifying')
      expect(rolesOf(await available(api))).toEqual(['shop-001 primary', 'copy replica'])
      await expect(client.deleteCacheCluster({ CacheClusterId: 'shop-001' })).rejects.toMatchObject({
        Code: 'InvalidCacheClusterState',
      })
      await client.deleteCacheCluster({ CacheClusterId: 'copy' })
      await eventually('gone', async () => (await groupOf(api)).MemberClusters?.length === 1)
      await available(api)
      await expect(client.deleteCacheCluster({ CacheClusterId: 'shop-001' })).rejects.toMatchObject({
        message: expect.stringMatching(/^Cannot delete the cache cluster since it is the only member/),
      })
    })

    test.skipIf(isMissing)('replicas come and go by their number, and a failover is tested', async () => {
      const api = await startTestEngine({ nodeRuntime })
      const client = api.client()
      await create(api, { NumCacheClusters: 2, AutomaticFailoverEnabled: true })
      const ask = { ReplicationGroupId: 'shop', ApplyImmediately: true }
      const { ReplicationGroup } = await client.increaseReplicaCount({ ...ask, NewReplicaCount: 2 })
      expect(ReplicationGroup?.MemberClusters).toEqual(['shop-001', 'shop-002', 'shop-003'])
      expect(rolesOf(ReplicationGroup ?? {})).toHaveLength(2)
      await available(api)
      const { ReplicationGroup: tested } = await client.testFailover({
        ReplicationGroupId: 'shop',
        NodeGroupId: '0001',
      })
      expect(tested?.Status).toBe('available')
      await eventually('recovered', async () =>
        (await messagesOf(api, 'shop-001')).includes('Finished recovery for cache nodes 0001'),
      )
      expect(rolesOf(await groupOf(api))?.[0]).toBe('shop-001 replica')
      expect((await messagesOf(api, 'shop')).slice(-2)).toEqual([
        'Test Failover API called for node group 0001',
        expect.stringMatching(/^Failover from primary node shop-001 to replica node shop-00[23] completed$/),
      ])
      await client.decreaseReplicaCount({ ...ask, ReplicasToRemove: ['shop-001'] })
      await eventually('gone', async () => (await groupOf(api)).MemberClusters?.length === 2)
      await available(api)
      await expect(client.decreaseReplicaCount({ ...ask, NewReplicaCount: 0 })).rejects.toMatchObject({
        message: 'Must have at least 1 replica when cluster mode is disabled with auto failover enabled.',
      })
    })
  },
)
