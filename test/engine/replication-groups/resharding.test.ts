import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeGroup } from '@aws-sdk/client-elasticache'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RespClient } from '../../../src/kv/resp/client.ts'
import { keySlot } from '../../../src/protocols/resp/hash-slot.ts'
import { textOf } from '../../../src/protocols/resp/reply.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { createGroup, modifyGroup } from '../../support/parameters.ts'
import { startTestEngine } from '../../support/servers.ts'
import { available, create, FAMILY, groupOf, messagesOf, SKIPPED, server } from './support.ts'

const CLUSTER = { NumNodeGroups: 2, ReplicasPerNodeGroup: 0, AutomaticFailoverEnabled: true } as const

const reshard = (api: TestEngine, input: object) =>
  api.client().modifyReplicationGroupShardConfiguration({
    ReplicationGroupId: 'shop',
    NodeGroupCount: 2,
    ApplyImmediately: true,
    ...input,
  })

const slotsOf = (shards: readonly NodeGroup[] = []) => shards.map(({ NodeGroupId, Slots }) => `${NodeGroupId} ${Slots}`)

/** As one client among others: not all that the machine can do. */
const WRITE_EVERY_MS = 3

/** Writes keys until it is stopped, and answers how many were acknowledged: `k0`, `k1` and so on. */
async function writing(port: number) {
  let client = await clientAt(port)
  let isOver = false
  let count = 0
  const written = (async () => {
    while (!isOver) {
      try {
        await client.ask(`k${count}`, 'SET', `k${count}`, `v${count}`)
        count++
      } catch {
        // The node of its key has gone: it looks again who has it.
        client = await clientAt(port)
      }
      await pause(WRITE_EVERY_MS)
    }
    return count
  })()
  // A test that fails closes the client under it.
  written.catch(() => undefined)
  return {
    get count() {
      return count
    },
    stop() {
      isOver = true
      return written
    },
  }
}

async function clientAt(port: number): Promise<RespClient> {
  const client = await RespClient.open([{ host: '127.0.0.1', port }], { timeoutMs: 20_000 })
  onTestFinished(() => client.close())
  return client
}

/** Keys that do not have the value that was written. */
async function lostOf(client: RespClient, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, n) => `k${n}`)
  const answers = await client.askAll(keys.map((key) => ({ key, command: ['GET', key] })))
  return keys.filter((key, n) => textOf(answers[n]?.reply ?? null) !== `v${key.slice(1)}`)
}

describe.skipIf(!server)(`the shards of a replication group ${SKIPPED}`, () => {
  test('become more while clients write, and no key is lost', async () => {
    const api = await startTestEngine()
    const port = (await create(api, CLUSTER)).ConfigurationEndpoint?.Port ?? 0
    const writer = await writing(port)
    await eventually('keys are there', async () => writer.count > 100)

    const { ReplicationGroup: begun } = await reshard(api, { NodeGroupCount: 3 })
    expect(begun).toMatchObject({
      Status: 'modifying',
      MemberClusters: ['shop-0001-001', 'shop-0002-001', 'shop-0003-001'],
      PendingModifiedValues: { Resharding: { SlotMigration: { ProgressPercentage: 0 } } },
    })
    expect(begun?.NodeGroups?.map(({ Status }) => Status)).toEqual(['modifying', 'modifying', 'creating'])
    await eventually('slots are on their way', async () => {
      const { PendingModifiedValues: pending } = await groupOf(api)
      return (pending?.Resharding?.SlotMigration?.ProgressPercentage ?? 0) > 0
    })
    const grown = await available(api)
    expect(grown.PendingModifiedValues).toEqual({})
    expect(slotsOf(grown.NodeGroups)).toEqual(['0001 0-5461', '0002 8192-13652', '0003 5462-8191,13653-16383'])
    expect(await lostOf(await clientAt(port), await writer.stop())).toEqual([])
    expect(await messagesOf(api, 'shop')).toEqual([
      'Replication group shop created',
      'Automatic failover has been turned on for replication group shop',
      'Modified replication group shop to add 1 new node groups - 0003',
      'Scaling out replication group shop from 2 node groups to 3 node groups',
      'Scaling of replication group shop to 3 node groups completed',
    ])
  })

  test('become fewer while clients write, and no key is lost', async () => {
    const api = await startTestEngine()
    const port = (await create(api, CLUSTER)).ConfigurationEndpoint?.Port ?? 0
    const writer = await writing(port)
    await eventually('keys are there', async () => writer.count > 100)
    await reshard(api, { NodeGroupCount: 1, NodeGroupsToRetain: ['0002'] })
    expect(slotsOf((await available(api)).NodeGroups)).toEqual(['0002 0-16383'])
    const client = await clientAt(port)
    expect(client.shards).toHaveLength(1)
    expect(await lostOf(client, await writer.stop())).toEqual([])
    expect(await messagesOf(api, 'shop-0001-001')).toContain('Cache cluster deleted')
    const { ReplicationGroup: again } = await reshard(api, { NodeGroupCount: 2 })
    expect(again?.MemberClusters).toEqual(['shop-0001-001', 'shop-0002-001'])
  })

  test('become more and fewer again with their replicas', async () => {
    const api = await startTestEngine()
    await create(api, { ...CLUSTER, ReplicasPerNodeGroup: 1 })
    await reshard(api, { NodeGroupCount: 3 })
    const grown = await available(api)
    expect(slotsOf(grown.NodeGroups)).toEqual(['0001 0-5461', '0002 8192-13652', '0003 5462-8191,13653-16383'])
    const shardsFor = async () => (await clientAt(grown.ConfigurationEndpoint?.Port ?? 0)).shards
    expect((await shardsFor()).map(({ replicas }) => replicas.length)).toEqual([1, 1, 1])
    await reshard(api, { NodeGroupCount: 2, NodeGroupsToRemove: ['0001'] })
    expect((await available(api)).NodeGroups?.map(({ NodeGroupId }) => NodeGroupId)).toEqual(['0002', '0003'])
    expect((await shardsFor()).map(({ replicas }) => replicas.length)).toEqual([1, 1])
  })

  test('have their slots shared out anew when they are not even', async () => {
    const api = await startTestEngine()
    await create(api, {
      AutomaticFailoverEnabled: true,
      NodeGroupConfiguration: [{ Slots: '0-99' }, { Slots: '100-16383' }],
    })
    await reshard(api, {})
    expect(slotsOf((await available(api)).NodeGroups)).toEqual(['0001 0-99,8292-16383', '0002 100-8291'])
    await expect(reshard(api, {})).rejects.toMatchObject({
      name: 'InvalidReplicationGroupStateFault',
      message: 'Slots in the replication group are uniformly distributed. Nothing to do.',
    })
    await expect(reshard(api, { NodeGroupCount: 1, NodeGroupsToRemove: ['0010'] })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'The following node group ids are invalid: [0010]',
    })
    await expect(reshard(api, { NodeGroupCount: 1 })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
    })
  })

  /** Nodes of the smallest type have some 20 MB. */
  const createSmall = async (api: TestEngine, slots: readonly string[], CacheNodeType = 'cache.t4g.micro') => {
    await createGroup(api.client(), 'tight', FAMILY)
    await modifyGroup(api.client(), 'tight', { 'cluster-enabled': 'yes', 'reserved-memory-percent': '95' })
    const NodeGroupConfiguration = slots.map((Slots) => ({ Slots }))
    const shape = {
      AutomaticFailoverEnabled: true,
      NodeGroupConfiguration,
      CacheParameterGroupName: 'tight',
      CacheNodeType,
    }
    return clientAt((await create(api, shape)).ConfigurationEndpoint?.Port ?? 0)
  }
  /** So many values of a MB, in one slot; no server can make them smaller on their way. Answers the slot. */
  const fill = async (client: RespClient, slots: (slot: number) => boolean, megabytes: number) => {
    const tag = Array.from({ length: 1000 }, (_, n) => `{${n}}`).find((each) => slots(keySlot(each))) ?? ''
    for (let n = 0; n < megabytes; n++) {
      await client.ask(`${tag}${n}`, 'SET', `${tag}${n}`, randomBytes((1 << 20) * 0.75).toString('base64'))
    }
    return { slot: keySlot(tag), key: `${tag}0` }
  }

  test('stay as they are when fewer would not hold their data, and so does a node type', async () => {
    const api = await startTestEngine()
    const client = await createSmall(api, ['0-8191', '8192-16383'], 'cache.t4g.small')
    await fill(client, (slot) => slot < 8000, 40)
    await fill(client, (slot) => slot > 8300, 40)
    await reshard(api, { NodeGroupCount: 1, NodeGroupsToRemove: ['0002'] })
    expect(slotsOf((await available(api)).NodeGroups)).toEqual(['0001 0-8191', '0002 8192-16383'])
    const smaller = { ReplicationGroupId: 'shop', CacheNodeType: 'cache.t4g.micro', ApplyImmediately: true }
    await api.client().modifyReplicationGroup(smaller)
    expect((await available(api)).CacheNodeType).toBe('cache.t4g.small')
    const messages = await messagesOf(api, 'shop')
    expect(messages).toContain('Failed applying modification to cache node type to cache.t4g.micro.')
    expect(messages).toContain(
      'Scaling of replication group shop to 1 node groups ended without change: their memory does not hold its data',
    )
  })

  test('keep slots that the other one has no memory for, and are available again', async () => {
    const api = await startTestEngine()
    const client = await createSmall(api, ['0-99', '100-8191', '8192-16383'])
    const { slot, key } = await fill(client, (slot) => slot < 100, 13)
    await fill(client, (slot) => slot > 200 && slot < 8000, 13)
    await reshard(api, { NodeGroupCount: 2, NodeGroupsToRemove: ['0001'] })
    expect(slotsOf((await available(api)).NodeGroups)[0]).toBe(`0001 ${slot}-${slot}`)
    const found = await clientAt((await groupOf(api)).ConfigurationEndpoint?.Port ?? 0)
    expect(await found.ask(key, 'STRLEN', key)).toMatchObject({ reply: BigInt(1 << 20) })
    const messages = await messagesOf(api, 'shop')
    expect(messages.slice(-2)).toEqual([
      '1 slots of replication group shop stay in node group 0001: the other one has no memory left',
      'Scaling of replication group shop ended: 1 slots could not be moved',
    ])
  })

  test('are only those of a group with cluster mode enabled', async () => {
    const api = await startTestEngine()
    await create(api)
    await expect(reshard(api, { NodeGroupCount: 2 })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Operation is only applicable for cluster mode enabled replication groups.',
    })
  })
})
