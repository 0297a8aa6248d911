import { describe, expect, test } from 'vitest'
import type { FaultReport, FaultRequest } from '../../../src/api/engine-faults.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { keySlot } from '../../../src/protocols/resp/hash-slot.ts'
import { control } from '../../support/control.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { say, TestClient } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import {
  available,
  create,
  groupOf,
  messagesOf,
  NODE,
  portOf,
  portOfCluster,
  rolesOf,
  SKIPPED,
  server,
} from './support.ts'

const inject = (api: TestEngine, request: FaultRequest) => control<FaultReport>(api, 'POST', CONTROL.faults, request)
const clear = (api: TestEngine, ...ids: string[]) => control<FaultReport[]>(api, 'POST', CONTROL.faults, { clear: ids })
const PAIR = { NumCacheClusters: 2, AutomaticFailoverEnabled: true }

/** What a client hears on a port; undefined: it is not let in, or hung up on. */
const heard = async (port: number, ...command: string[]) => {
  const reply = await say(port, ...command).catch(() => undefined)
  return reply === 'CLOSED' ? undefined : reply
}
const linkOf = async (port: number) =>
  /master_link_status:(\w+)/.exec((await heard(port, 'INFO', 'replication')) ?? '')?.[1]
const valueAt = (port: number, key: string) => heard(port, 'GET', key)

/** A primary and a replica, and the ports of both. */
async function pair(api: TestEngine) {
  const group = await create(api, PAIR)
  const [primary, replica] = [await portOfCluster(api, 'shop-001'), await portOfCluster(api, 'shop-002')]
  return { group, primary, replica, endpoint: portOf(group, 'PrimaryEndpoint') }
}

describe.skipIf(!server)(`a replication group to rehearse with ${SKIPPED}`, () => {
  test('loses its primary to a crash, and has the node back as a replica when that is over', async () => {
    const api = await startTestEngine()
    const { primary, endpoint } = await pair(api)
    await say(endpoint, 'SET', 'a', '1')
    const fault = await inject(api, { kind: 'primary-crash', cluster: 'shop' })
    expect(fault).toMatchObject({ id: 'primary-crash-1', cluster: 'shop-001', node: '0001', replicationGroup: null })
    await eventually('a new primary', async () => (await heard(endpoint, 'SET', 'b', '2')) === 'OK')
    expect(rolesOf(await groupOf(api))).toEqual(['shop-001 replica', 'shop-002 primary'])
    expect(await heard(primary, 'PING')).toBeUndefined()
    await clear(api)
    await eventually('the lost node has all', async () => (await valueAt(primary, 'b')) === '2')
    expect(await linkOf(primary)).toBe('up')
    await eventually('recovered', async () =>
      (await messagesOf(api, 'shop-001')).includes('Finished recovery for cache nodes 0001'),
    )
  })

  test('has no primary while a failover is refused, and one once that is over', async () => {
    const api = await startTestEngine()
    const { replica, endpoint } = await pair(api)
    await inject(api, { kind: 'failover-refused', cluster: 'shop' })
    await expect(api.client().testFailover({ ReplicationGroupId: 'shop', NodeGroupId: '0001' })).rejects.toMatchObject({
      name: 'TestFailoverNotAvailableFault',
    })
    await inject(api, { kind: 'node-crash', cluster: 'shop', node: 'shop-001' })
    await eventually('no link', async () => (await linkOf(replica)) === 'down')
    expect(await heard(endpoint, 'PING')).toBeUndefined()
    expect(await heard(replica, 'SET', 'a', '1')).toMatch(/^READONLY/)
    await clear(api, 'failover-refused-1')
    await eventually('a new primary', async () => (await heard(endpoint, 'SET', 'a', '1')) === 'OK')
    expect(rolesOf(await groupOf(api))).toEqual(['shop-001 replica', 'shop-002 primary'])
  })

  test('has a member that clients do not get through to, and servers do', async () => {
    const api = await startTestEngine()
    const { primary, replica } = await pair(api)
    await inject(api, { kind: 'reset', cluster: 'shop-001' })
    expect(await heard(primary, 'PING')).toBeUndefined()
    expect(await linkOf(replica)).toBe('up')
    await clear(api)
    expect(await heard(primary, 'PING')).toBe('PONG')
    const began = performance.now()
    await inject(api, { kind: 'delay', cluster: 'shop', node: 'shop-002', delayMs: 150 })
    expect(await heard(replica, 'PING')).toBe('PONG')
    expect(performance.now() - began).toBeGreaterThanOrEqual(145)
  })

  test('has a replica that suffers at the reader endpoint, too', async () => {
    const api = await startTestEngine()
    const { group } = await pair(api)
    const reader = portOf(group, 'ReaderEndpoint')
    const client = new TestClient(reader)
    expect(await client.say('PING')).toBe('PONG')
    await inject(api, { kind: 'reset', cluster: 'shop-002' })
    await client.closed
    expect(await heard(reader, 'PING')).toBeUndefined()
    await clear(api)
    expect(await heard(reader, 'PING')).toBe('PONG')
  })

  test('has a replica that lags behind', async () => {
    const api = await startTestEngine()
    const { primary, replica } = await pair(api)
    await inject(api, { kind: 'replica-lag', cluster: 'shop-002', delayMs: 50_000 })
    const client = new TestClient(primary)
    await client.say('SET', 'a', '1')
    expect(await client.say('WAIT', '1', '300')).toBe('0')
    expect(await valueAt(replica, 'a')).toBe('')
    expect(await linkOf(replica)).toBe('up')
    await clear(api)
    await eventually('it has caught up', async () => (await valueAt(replica, 'a')) === '1')
  })

  test('has replicas without a link to their primary', async () => {
    const api = await startTestEngine()
    const { primary, replica } = await pair(api)
    await inject(api, { kind: 'replication-break', cluster: 'shop' })
    await eventually('no link', async () => (await linkOf(replica)) === 'down')
    await say(primary, 'SET', 'a', '1')
    expect(await say(primary, 'INFO', 'replication')).toContain('connected_slaves:0')
    expect(await valueAt(replica, 'a')).toBe('')
    await clear(api)
    await eventually('it has caught up', async () => (await valueAt(replica, 'a')) === '1')
  })

  test('has a primary that others do not reach: what it takes is gone at the end', async () => {
    const api = await startTestEngine()
    const { primary, replica, endpoint, group } = await pair(api)
    await inject(api, { kind: 'split', cluster: 'shop-001' })
    await eventually(
      'a new primary',
      async () => (await heard(replica, 'INFO', 'replication'))?.includes('role:master') === true,
    )
    expect(rolesOf(await groupOf(api))).toEqual(['shop-001 replica', 'shop-002 primary'])
    expect(await say(primary, 'SET', 'a', 'old')).toBe('OK')
    await eventually('the endpoint is there', async () => (await heard(endpoint, 'SET', 'b', 'new')) === 'OK')
    expect(await valueAt(primary, 'b')).toBe('')
    expect(await valueAt(portOf(group, 'ReaderEndpoint'), 'b')).toBe('new')
    await clear(api)
    await eventually('it follows', async () => (await valueAt(primary, 'b')) === 'new')
    expect(await valueAt(primary, 'a')).toBe('')
  })

  test('is full: what needs memory is refused, and what is there stays', async () => {
    const api = await startTestEngine()
    const { primary } = await pair(api)
    await say(primary, 'SET', 'a', '1')
    await inject(api, { kind: 'memory-full', cluster: 'shop' })
    expect(await say(primary, 'SET', 'b', '2')).toMatch(/^OOM command not allowed/)
    expect(await valueAt(primary, 'a')).toBe('1')
    await clear(api)
    expect(await say(primary, 'SET', 'b', '2')).toBe('OK')
  })

  test('has slots that stay halfway between shards', async () => {
    const api = await startTestEngine()
    await create(api, { NumNodeGroups: 2, ReplicasPerNodeGroup: 0, AutomaticFailoverEnabled: true })
    await inject(api, { kind: 'slot-migration-hang', cluster: 'shop' })
    await api.client().modifyReplicationGroupShardConfiguration({
      ReplicationGroupId: 'shop',
      NodeGroupCount: 1,
      NodeGroupsToRemove: ['0002'],
      ApplyImmediately: true,
    })
    const giver = await portOfCluster(api, 'shop-0002-001')
    const key = Array.from({ length: 10_000 }, (_, index) => `k${index}`).find((each) => keySlot(each) === 8192) ?? ''
    await eventually(
      'a slot is on its way',
      async () => (await heard(giver, 'GET', key))?.startsWith('ASK 8192') === true,
    )
    const { Status, PendingModifiedValues } = await groupOf(api)
    expect(Status).toBe('modifying')
    expect(PendingModifiedValues?.Resharding?.SlotMigration?.ProgressPercentage).toBe(0)
    await clear(api)
    expect((await available(api)).NodeGroups?.map(({ Slots }) => Slots)).toEqual(['0-16383'])
  })

  test('of one server suffers as a group does', async () => {
    const api = await startTestEngine()
    await api.client().createCacheCluster({ ...NODE, CacheClusterId: 'one', NumCacheNodes: 1 })
    await eventually('there', async () => (await heard(await portOfCluster(api, 'one'), 'PING')) === 'PONG')
    const port = await portOfCluster(api, 'one')
    await inject(api, { kind: 'memory-full', cluster: 'one' })
    expect(await say(port, 'SET', 'a', '1')).toMatch(/^OOM/)
    await inject(api, { kind: 'node-crash', cluster: 'one' })
    await eventually('gone', async () => (await heard(port, 'PING')) === undefined)
    await clear(api)
    await eventually('there again', async () => (await heard(port, 'SET', 'a', '1')) === 'OK')
  })
})

describe.skipIf(!server)(`a fault of a replication group is refused ${SKIPPED}`, () => {
  const refused: [string, FaultRequest, RegExp][] = [
    [
      'for a group there is not',
      { kind: 'memory-full', replicationGroup: 'nosuch' },
      /ReplicationGroup nosuch not found/,
    ],
    [
      'for a member there is not',
      { kind: 'split', cluster: 'shop', node: 'x' },
      /no node x. It has shop-001, shop-002/,
    ],
    [
      'for a group where one node is meant',
      { kind: 'split', cluster: 'shop' },
      /needs --node, one of shop-001, shop-002/,
    ],
    ['for a member where all are meant', { kind: 'failover-refused', cluster: 'shop-001' }, /is for shop as a whole/],
    ['of discovery', { kind: 'slow-discovery', cluster: 'shop' }, /is for clusters of Memcached/],
    ['of discovery at a member', { kind: 'slow-discovery', cluster: 'shop-001' }, /is no cluster of Memcached/],
    ['of slots without any', { kind: 'slot-migration-hang', cluster: 'shop' }, /shop is not in cluster mode/],
    ['of certificates without any', { kind: 'bad-certificate', cluster: 'shop' }, /shop has no in-transit encryption/],
    ['of a node group there is not', { kind: 'primary-crash', cluster: 'shop', node: '0009' }, /no node group 0009/],
    ['that is longer than a link holds', { kind: 'replica-lag', cluster: 'shop', delayMs: 60_000 }, /50s at most/],
    ['for a lone cluster', { kind: 'replica-lag', cluster: 'one' }, /one is in no replication group/],
    ['for Memcached', { kind: 'memory-full', cluster: 'mem' }, /mem is a cluster of Memcached/],
  ]
  test('with what it has no meaning for', async () => {
    const api = await startTestEngine()
    await create(api, PAIR)
    const one = { CacheNodeType: 'cache.t4g.small', NumCacheNodes: 1 }
    await api.client().createCacheCluster({ ...NODE, CacheClusterId: 'one', NumCacheNodes: 1 })
    await api.client().createCacheCluster({ ...one, Engine: 'memcached', CacheClusterId: 'mem' })
    for (const [what, request, message] of refused) await expect(inject(api, request), what).rejects.toThrow(message)
  })
})
