import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { say, TestClient } from '../../support/redis-node.ts'
import { SERVERS, startTestEngine } from '../../support/servers.ts'
import {
  available,
  clusterOf,
  create,
  groupOf,
  messagesOf,
  portOf,
  portOfCluster,
  rolesOf,
  SKIPPED,
} from './support.ts'

const SHAPE = { NumCacheClusters: 2, AutomaticFailoverEnabled: true } as const

const modify = (api: TestEngine, input: object) =>
  api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', ApplyImmediately: true, ...input })

const become = async (api: TestEngine, ClusterMode: 'compatible' | 'enabled' | 'disabled') => {
  const { ReplicationGroup: begun } = await modify(api, { ClusterMode })
  expect(begun).toMatchObject({ Status: 'modifying', PendingModifiedValues: { ClusterMode } })
  const group = await available(api)
  expect(group).toMatchObject({ ClusterMode, PendingModifiedValues: {} })
  return group
}

const servers = SERVERS.filter(({ isMissing }) => !isMissing).map(({ name }) => name.replace('-server', ''))

describe.each(servers)(`the cluster mode of a group of %s ${SKIPPED}`, (Engine) => {
  test('is changed to compatible and to enabled, with all that the group holds', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, { Engine, ...SHAPE }), 'PrimaryEndpoint')
    for (let n = 0; n < 50; n++) await say(port, 'SET', `k${n}`, `v${n}`)

    const compatible = await become(api, 'compatible')
    // As Terraform's acceptance tests find it at AWS.
    expect(compatible.ClusterEnabled).toBe(true)
    expect(portOf(compatible, 'PrimaryEndpoint')).toBe(port)
    const configuration = compatible.ConfigurationEndpoint?.Port ?? 0
    expect(rolesOf(compatible)).toEqual(['shop-001 primary', 'shop-002 replica'])
    expect((await clusterOf(api, 'shop-002')).CacheParameterGroup).toMatchObject({
      CacheParameterGroupName: expect.stringMatching(/^default\..*\.cluster\.on$/),
      ParameterApplyStatus: 'in-sync',
    })
    expect(await say(configuration, 'CLUSTER', 'INFO')).toContain('cluster_state:ok')
    expect(await say(port, 'GET', 'k49')).toBe('v49')
    expect(await say(portOf(compatible, 'ReaderEndpoint'), 'INFO', 'replication')).toContain('role:slave')
    expect(await say(port, 'SET', 'more', '1')).toBe('OK')

    const enabled = await become(api, 'enabled')
    expect(enabled).toMatchObject({ ClusterEnabled: true, ConfigurationEndpoint: { Port: configuration } })
    expect(enabled.NodeGroups).toMatchObject([{ NodeGroupId: '0001', Slots: '0-16383' }])
    expect(enabled.NodeGroups?.[0]).not.toHaveProperty('PrimaryEndpoint')
    expect(await say(configuration, 'GET', 'more')).toBe('1')
    expect(await say(configuration, 'DBSIZE')).toBe('51')
    await expect(modify(api, { ClusterMode: 'compatible' })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
      message: 'Cluster mode enabled cannot be changed to compatible.',
    })
  })

  test('goes back from compatible to disabled, with all that the group holds', async () => {
    const api = await startTestEngine()
    await create(api, { Engine, ...SHAPE, ClusterMode: 'compatible' })
    const port = await portOfCluster(api, 'shop-0001-001')
    await say(port, 'SET', 'a', '1')
    const disabled = await become(api, 'disabled')
    expect(disabled).not.toHaveProperty('ConfigurationEndpoint')
    const primary = portOf(disabled, 'PrimaryEndpoint')
    expect(await say(primary, 'GET', 'a')).toBe('1')
    expect(await say(primary, 'CLUSTER', 'INFO')).toMatch(/cluster support disabled/)
    const { CacheParameterGroup } = await clusterOf(api, 'shop-0001-001')
    expect(CacheParameterGroup?.CacheParameterGroupName).not.toMatch(/cluster/)
  })
})

describe.skipIf(servers.length === 0)(`the cluster mode of a group ${SKIPPED}`, () => {
  test('stays disabled with keys in other databases than 0', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, SHAPE), 'PrimaryEndpoint')
    const client = new TestClient(port)
    await client.say('SELECT', '1')
    await client.say('SET', 'a', '1')
    await modify(api, { ClusterMode: 'compatible' })
    const group = await available(api)
    expect(group.ClusterMode).toBe('disabled')
    expect(group).not.toHaveProperty('ConfigurationEndpoint')
    expect(await messagesOf(api, 'shop')).toContain(
      'Cluster mode of replication group shop is not changed: there are keys in other databases than 0',
    )
    expect(await say(port, 'SET', 'b', '1')).toBe('OK')
  })

  test('is changed one step at a time, alone, with failover on, and with a parameter group of the mode', async () => {
    const api = await startTestEngine()
    await create(api, SHAPE)
    const refused = (input: object) => modify(api, input).catch(({ name, message }: Error) => `${name}: ${message}`)
    expect(await refused({ ClusterMode: 'enabled' })).toBe(
      'InvalidParameterCombinationException: Cluster mode disabled cannot be changed to enabled.',
    )
    expect(await refused({ ClusterMode: 'compatible', SnapshotWindow: '01:00-02:00' })).toBe(
      'InvalidParameterCombinationException: Cluster mode updates are not supported while attempting to update additional properties.',
    )
    expect(await refused({ ClusterMode: 'compatible', ApplyImmediately: false })).toMatch(/ApplyImmediately/)
    const { CacheParameterGroup } = await clusterOf(api, 'shop-001')
    const CacheParameterGroupName = CacheParameterGroup?.CacheParameterGroupName
    expect(await refused({ ClusterMode: 'compatible', CacheParameterGroupName })).toBe(
      'InvalidParameterCombinationException: Cluster mode should be enabled in parameter group, but found it is disabled.',
    )
    await modify(api, { AutomaticFailoverEnabled: false })
    await available(api)
    expect(await refused({ ClusterMode: 'compatible' })).toMatch(/automatic failover/)
    expect((await groupOf(api)).ClusterMode).toBe('disabled')
  })

  test('lets neither node type, version nor replicas change while it is compatible', async () => {
    const api = await startTestEngine()
    await create(api, { ...SHAPE, ClusterMode: 'compatible' })
    await expect(modify(api, { CacheNodeType: 'cache.t4g.medium' })).rejects.toThrow(/compatible/)
    const more = { ReplicationGroupId: 'shop', NewReplicaCount: 2, ApplyImmediately: true }
    await expect(api.client().increaseReplicaCount(more)).rejects.toThrow(/compatible/)
  })
})
