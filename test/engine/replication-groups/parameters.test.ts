import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { createGroup, modifyGroup } from '../../support/parameters.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import {
  available,
  clusterOf,
  create,
  FAMILY,
  messagesOf,
  NODE,
  portOf,
  portOfCluster,
  SKIPPED,
  server,
} from './support.ts'

const applyStatus = async (api: TestEngine, id: string) => {
  const { CacheParameterGroup: { CacheParameterGroupName: _, ...status } = {} } = await clusterOf(api, id)
  return status
}
const IN_SYNC = { ParameterApplyStatus: 'in-sync', CacheNodeIdsToReboot: [] }

const infoOf = async (port: number, name: string) =>
  new RegExp(`^${name}:(.*)$`, 'm').exec(await say(port, 'INFO'))?.[1]?.trim()

describe.skipIf(!server)(`values of parameter groups ${SKIPPED}`, () => {
  test('servers of a new group go by them, and by defaults that are not those of the program', async () => {
    const api = await startTestEngine()
    await createGroup(api.client(), 'ours', FAMILY, { 'reserved-memory-percent': '50', 'slowlog-log-slower-than': '0' })
    const port = portOf(await create(api, { CacheParameterGroupName: 'ours' }), 'PrimaryEndpoint')
    expect(await infoOf(port, 'maxmemory_policy')).toBe('volatile-lru')
    expect(await infoOf(port, 'maxmemory')).toBe(String(Math.floor(1_471_026_299 / 2)))
    expect(Number(await say(port, 'SLOWLOG', 'LEN'))).toBeGreaterThan(0)
    expect(await applyStatus(api, 'shop-001')).toEqual(IN_SYNC)
  })

  test('an immediate one that is changed reaches every server that runs, and a reset one, too', async () => {
    const api = await startTestEngine()
    await createGroup(api.client(), 'ours', FAMILY)
    await create(api, { CacheParameterGroupName: 'ours', NumCacheClusters: 2 })
    const ports = await Promise.all(['shop-001', 'shop-002'].map((id) => portOfCluster(api, id)))
    const untilPolicy = (policy: string) =>
      eventually(policy, async () => {
        const policies = await Promise.all(ports.map((port) => infoOf(port, 'maxmemory_policy')))
        return policies.every((each) => each === policy)
      })
    await modifyGroup(api.client(), 'ours', { 'maxmemory-policy': 'allkeys-lru' })
    await untilPolicy('allkeys-lru')
    await eventually('in sync', async () => (await applyStatus(api, 'shop-002')).ParameterApplyStatus === 'in-sync')
    expect(await messagesOf(api, 'shop-001')).toContain('Applied changes of parameter group ours')
    await api.client().resetCacheParameterGroup({ CacheParameterGroupName: 'ours', ResetAllParameters: true })
    await untilPolicy('volatile-lru')
  })

  test('one that waits for a reboot is pending until the cluster is rebooted', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await createGroup(client, 'ours', FAMILY)
    await create(api, { CacheParameterGroupName: 'ours' })
    const port = await portOfCluster(api, 'shop-001')
    await modifyGroup(client, 'ours', { 'acl-pubsub-default': 'resetchannels' })
    await eventually('pending', async () => {
      return (await applyStatus(api, 'shop-001')).ParameterApplyStatus === 'pending-reboot'
    })
    expect((await applyStatus(api, 'shop-001')).CacheNodeIdsToReboot).toEqual(['0001'])
    await say(port, 'SET', 'a', '1')
    await client.rebootCacheCluster({ CacheClusterId: 'shop-001', CacheNodeIdsToReboot: ['0001'] })
    await available(api)
    expect(await applyStatus(api, 'shop-001')).toEqual(IN_SYNC)
    expect(await say(port, 'GET', 'a')).toBe('')
  })

  test.each([
    ['a lone primary', { NumCacheClusters: 1 }],
    ['servers that replicate', { NumCacheClusters: 2, AutomaticFailoverEnabled: true }],
  ])('%s get new names of commands at once, and keep what they hold', async (_which, shape) => {
    const api = await startTestEngine()
    const client = api.client()
    await createGroup(client, 'ours', FAMILY)
    const primary = portOf(await create(api, { CacheParameterGroupName: 'ours', ...shape }), 'PrimaryEndpoint')
    await say(primary, 'APPEND', 'a', '1')
    await modifyGroup(client, 'ours', { 'rename-commands': 'append add flushall wipe' })
    await eventually('renamed', async () => (await say(primary, 'ADD', 'a', '2')) === '2')
    const group = await available(api)
    expect(portOf(group, 'PrimaryEndpoint')).toBe(primary)
    expect(await say(primary, 'GET', 'a')).toBe('12')
    expect(await say(primary, 'FLUSHALL')).toMatch(/unknown command/)
    for (const id of group.MemberClusters ?? []) {
      expect(await applyStatus(api, id)).toEqual(IN_SYNC)
      const port = await portOfCluster(api, id)
      await eventually(`${id} has it`, async () => (await say(port, 'GET', 'a')) === '12')
    }
    await modifyGroup(client, 'ours', { 'rename-commands': '' })
    await eventually('named as before', async () => (await say(primary, 'APPEND', 'a', '3')) === '3')
    expect(await say(primary, 'ADD', 'a', '2')).toMatch(/unknown command/)
  })

  test('cluster-enabled cannot be changed once a group is in use, nor by another group', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await createGroup(client, 'ours', FAMILY)
    await create(api, { CacheParameterGroupName: 'ours' })
    await expect(modifyGroup(client, 'ours', { 'cluster-enabled': 'yes' })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: 'The parameter cluster-enabled cannot be modified.',
    })
    await createGroup(client, 'clustered', FAMILY, { 'cluster-enabled': 'yes', timeout: '30' })
    await create(api, {
      ReplicationGroupId: 'shards',
      CacheParameterGroupName: 'clustered',
      AutomaticFailoverEnabled: true,
      NumNodeGroups: 1,
      ReplicasPerNodeGroup: 0,
    })
    await client.resetCacheParameterGroup({ CacheParameterGroupName: 'clustered', ResetAllParameters: true })
    const { Parameters } = await client.describeCacheParameters({
      CacheParameterGroupName: 'clustered',
      Source: 'user',
    })
    expect(Parameters?.map(({ ParameterName }) => ParameterName)).toEqual(['cluster-enabled'])
    const to = (CacheParameterGroupName: string) =>
      client.modifyReplicationGroup({ ReplicationGroupId: 'shop', CacheParameterGroupName, ApplyImmediately: true })
    await expect(to(`default.${FAMILY}.cluster.on`)).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: expect.stringMatching(
        /^The parameter cluster-enabled has a different value in the requested parameter group/,
      ),
    })
    await createGroup(client, 'fewer', FAMILY, { databases: '4' })
    await expect(to('fewer')).rejects.toMatchObject({
      message: expect.stringMatching(/^The parameter databases has a different value/),
    })
    await createGroup(client, 'older', NODE.Engine === 'valkey' ? 'redis7' : 'valkey7')
    await expect(to('older')).rejects.toMatchObject({
      message: expect.stringMatching(/parameter group is not applicable to engine/),
    })
  })

  test('a lone cluster changes groups, at once', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await createGroup(client, 'ours', FAMILY, { 'maxmemory-policy': 'noeviction' })
    await client.createCacheCluster({ ...NODE, CacheClusterId: 'one', NumCacheNodes: 1 })
    await eventually('available', async () => (await clusterOf(api, 'one')).CacheClusterStatus === 'available')
    expect((await clusterOf(api, 'one')).CacheParameterGroup?.CacheParameterGroupName).toBe(`default.${FAMILY}`)
    await client.modifyCacheCluster({
      CacheClusterId: 'one',
      CacheParameterGroupName: 'ours',
      ApplyImmediately: true,
    })
    const port = await portOfCluster(api, 'one')
    await eventually('policy', async () => (await infoOf(port, 'maxmemory_policy')) === 'noeviction')
  })
})
