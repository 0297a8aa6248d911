import net from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { say, TestClient } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { create, groupOf, messagesOf, portOf, portOfCluster, RUNTIMES, rolesOf, SKIPPED } from './support.ts'

/** Listens on a port as soon as nothing else does, until the test is over. */
async function taking(port: number): Promise<void> {
  const thief = net.createServer()
  onTestFinished(() => void thief.close())
  const listens = () =>
    new Promise<boolean>((resolve) => {
      thief.once('error', () => resolve(false))
      thief.listen({ host: '127.0.0.1', port }, () => resolve(true))
    })
  while (!(await listens()));
}

describe.each(RUNTIMES)(`a replication group, $nodeRuntime ${SKIPPED}`, ({ nodeRuntime, isMissing }) => {
  // Its server can't be killed alone.
  const isPart = nodeRuntime === 'embedded'

  test.skipIf(isMissing)(
    'with cluster mode disabled takes writes at its primary endpoint, and replicates them',
    async () => {
      const api = await startTestEngine({ nodeRuntime })
      const group = await create(api, { NumCacheClusters: 2, AutomaticFailoverEnabled: true })
      expect(group).toMatchObject({ AutomaticFailover: 'enabled', ClusterEnabled: false })
      expect(await say(portOf(group, 'PrimaryEndpoint'), 'SET', 'a', '1')).toBe('OK')
      await eventually('replicated', async () => (await say(portOf(group, 'ReaderEndpoint'), 'GET', 'a')) === '1')
      expect(await say(portOf(group, 'ReaderEndpoint'), 'SET', 'a', '2')).toMatch(/^READONLY/)
      expect(await messagesOf(api, 'shop')).toEqual([
        'Replication group shop created',
        'Automatic failover has been turned on for replication group shop',
      ])
    },
  )

  test.skipIf(isMissing)('with cluster mode enabled is one cluster of all its nodes', async () => {
    const api = await startTestEngine({ nodeRuntime })
    const group = await create(api, { NumNodeGroups: 2, ReplicasPerNodeGroup: 1, AutomaticFailoverEnabled: true })
    expect(group).toMatchObject({ ClusterEnabled: true, NodeGroups: [{ Slots: '0-8191' }, { Slots: '8192-16383' }] })
    const client = new TestClient(group.ConfigurationEndpoint?.Port ?? 0)
    const info = await client.say('CLUSTER', 'INFO')
    expect(info).toContain('cluster_state:ok')
    expect(info).toContain('cluster_known_nodes:4')
    expect(info).toContain('cluster_size:2')
  })

  test.skipIf(isMissing || isPart)(
    'whose primary dies goes on with the replica, and has the lost node back under its id',
    async () => {
      const api = await startTestEngine({ nodeRuntime })
      const group = await create(api, { NumCacheClusters: 2, AutomaticFailoverEnabled: true })
      const port = portOf(group, 'PrimaryEndpoint')
      expect(await say(port, 'SET', 'a', '1')).toBe('OK')
      await eventually('replicated', async () => (await say(portOf(group, 'ReaderEndpoint'), 'GET', 'a')) === '1')
      const [, pid] = /process_id:(\d+)/.exec(await say(port, 'INFO', 'server')) ?? []
      process.kill(Number(pid), 'SIGKILL')
      await eventually('writes again', async () => (await say(port, 'SET', 'b', '2')) === 'OK')
      expect(await say(port, 'GET', 'a')).toBe('1')
      await eventually('recovered', async () =>
        (await messagesOf(api, 'shop-001')).includes('Finished recovery for cache nodes 0001'),
      )
      expect(rolesOf(await groupOf(api))).toEqual(['shop-001 replica', 'shop-002 primary'])
      expect((await messagesOf(api, 'shop-001')).slice(-3)).toEqual([
        'Failover from primary node shop-001 to replica node shop-002 completed',
        'Recovering cache nodes 0001',
        'Finished recovery for cache nodes 0001',
      ])
    },
  )

  test.skipIf(isMissing || isPart)(
    'has a lost node back though another program has come to have the ports behind it',
    async () => {
      const api = await startTestEngine({ nodeRuntime })
      await create(api, { NumNodeGroups: 2, ReplicasPerNodeGroup: 1, AutomaticFailoverEnabled: true })
      const port = await portOfCluster(api, 'shop-0001-001')
      const [, pid] = /process_id:(\d+)/.exec(await say(port, 'INFO', 'server')) ?? []
      const [, inner] = /tcp_port:(\d+)/.exec(await say(port, 'INFO', 'server')) ?? []
      const [, bus] = /@(\d+)[^ ]* myself/.exec(await say(port, 'CLUSTER', 'NODES')) ?? []
      process.kill(Number(pid), 'SIGKILL')
      await Promise.all([taking(Number(inner)), taking(Number(bus))])
      await eventually('recovered', async () =>
        (await messagesOf(api, 'shop-0001-001')).includes('Finished recovery for cache nodes 0001'),
      )
      expect(await say(port, 'INFO', 'server')).not.toContain(`tcp_port:${inner}`)
      expect(await say(port, 'INFO', 'replication')).toContain('master_link_status:up')
      expect(await say(port, 'CLUSTER', 'NODES')).not.toContain(`@${bus}`)
    },
  )

  test.skipIf(isMissing)('that is deleted is gone with its servers, but for a primary that is retained', async () => {
    const api = await startTestEngine({ nodeRuntime })
    const client = api.client()
    const group = await create(api, { NumCacheClusters: 2 })
    const members = group.NodeGroups?.[0]?.NodeGroupMembers ?? []
    const [first = 0, second = 0] = members.map(({ ReadEndpoint }) => ReadEndpoint?.Port ?? 0)
    await say(first, 'SET', 'a', '1')
    await client.deleteReplicationGroup({ ReplicationGroupId: 'shop', RetainPrimaryCluster: true })
    await eventually('gone', async () => (await client.describeReplicationGroups({})).ReplicationGroups?.length === 0)
    const { CacheClusters: clusters = [] } = await client.describeCacheClusters({
      ShowCacheClustersNotInReplicationGroups: true,
    })
    expect(clusters).toMatchObject([{ CacheClusterId: 'shop-001', CacheClusterStatus: 'available' }])
    expect(clusters[0]).not.toHaveProperty('ReplicationGroupId')
    expect(await say(first, 'GET', 'a')).toBe('1')
    await eventually('the replica has ended', async () => (await say(second, 'PING')) === 'CLOSED')
  })
})
