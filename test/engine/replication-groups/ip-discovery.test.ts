import { describe, expect, test } from 'vitest'
import { RespClient } from '../../../src/kv/resp/client.ts'
import type { TestEngine } from '../../support/engine.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { available, create, portOf, SKIPPED, server } from './support.ts'

const modify = (api: TestEngine, input: object) =>
  api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', ...input })

/** Addresses of all nodes, as a client in cluster mode is told of them. */
async function hostsAt(port: number): Promise<string[]> {
  const client = await RespClient.open([{ host: '127.0.0.1', port }], { timeoutMs: 20_000 })
  try {
    expect(await client.ask('a', 'GET', 'a')).toMatchObject({ reply: Buffer.from('1') })
    return [
      ...new Set(client.shards.flatMap(({ primary, replicas }) => [primary, ...replicas].map(({ host }) => host))),
    ]
  } finally {
    client.close()
  }
}

describe.skipIf(!server)(`IpDiscovery of a replication group ${SKIPPED}`, () => {
  test('is changed with cluster mode enabled: clients are told the other addresses, and find what there was', async () => {
    const api = await startTestEngine()
    const shape = { NumNodeGroups: 2, ReplicasPerNodeGroup: 1, AutomaticFailoverEnabled: true }
    const group = await create(api, { ...shape, NetworkType: 'dual_stack', IpDiscovery: 'ipv4' })
    const port = group.ConfigurationEndpoint?.Port ?? 0
    const client = await RespClient.open([{ host: '127.0.0.1', port }], { timeoutMs: 20_000 })
    await client.ask('a', 'SET', 'a', '1')
    client.close()
    expect(await hostsAt(port)).toEqual(['127.0.0.1'])
    await modify(api, { IpDiscovery: 'ipv6' })
    expect((await available(api)).IpDiscovery).toBe('ipv6')
    expect(await hostsAt(port)).toEqual(['::1'])
    await modify(api, { IpDiscovery: 'ipv4' })
    await available(api)
    expect(await hostsAt(port)).toEqual(['127.0.0.1'])
  })

  test('is changed with cluster mode disabled, where servers tell clients nothing', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, { NetworkType: 'dual_stack', IpDiscovery: 'ipv4' }), 'PrimaryEndpoint')
    const runId = async () => /run_id:(\w+)/.exec(await say(port, 'INFO', 'server'))?.[1]
    const before = await runId()
    await modify(api, { IpDiscovery: 'ipv6' })
    expect((await available(api)).IpDiscovery).toBe('ipv6')
    expect(await runId()).toBe(before)
  })

  test('is of the group’s network type', async () => {
    const api = await startTestEngine()
    await create(api)
    await expect(modify(api, { IpDiscovery: 'ipv6' })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
      message: 'IpDiscovery ipv6 is not possible with NetworkType ipv4.',
    })
  })
})
