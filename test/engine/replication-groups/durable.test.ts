import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CreateReplicationGroupCommandInput } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { startTestEngine } from '../../support/real-servers.ts'
import { SERVERS, TestClient } from '../../support/redis-node.ts'
import { available, create, portOfCluster } from './support.ts'

const isMissing = SERVERS.some(({ name, isMissing }) => name === 'valkey-server' && isMissing)

const DURABLE = {
  Engine: 'valkey',
  EngineVersion: '9.0',
  CacheNodeType: 'cache.r7g.large',
  NumNodeGroups: 1,
  ReplicasPerNodeGroup: 1,
  ClusterMode: 'enabled',
  AutomaticFailoverEnabled: true,
  MultiAZEnabled: true,
  TransitEncryptionEnabled: true,
  Durability: 'sync',
} as const satisfies Partial<CreateReplicationGroupCommandInput>

/** To the first member, which stays the primary: it starts again with what it had. */
async function say(api: TestEngine, ...command: string[]): Promise<string> {
  const ca = readFileSync(join(api.stateDir, 'ca.pem'), 'utf8')
  return new TestClient(await portOfCluster(api, 'shop-0001-001'), { ca }).say(...command)
}

/** All servers of this state, at once and without a word. */
function killServers({ stateDir }: TestEngine): void {
  const nodes = join(stateDir, 'nodes')
  for (const file of readdirSync(nodes, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('server.json')) continue
    // The engine wrote it.
    const { pid } = JSON.parse(readFileSync(join(nodes, file), 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
  }
}

describe.skipIf(isMissing)('a durable replication group (skipped without valkey-server)', () => {
  test('has every acknowledged write again after all of its servers have died at once', async () => {
    const api = await startTestEngine()
    expect(await create(api, DURABLE)).toMatchObject({
      Durability: 'sync',
      EffectiveDurability: 'sync',
      AtRestEncryptionEnabled: true,
      StorageEncryptionType: 'sse-elasticache',
    })
    for (let key = 0; key < 50; key++) expect(await say(api, 'SET', `a${key}`, '1')).toBe('OK')
    killServers(api)
    await eventually('keys', async () => (await say(api, 'DBSIZE')) === '50')
    await available(api)
    killServers(api)
    await eventually('keys again', async () => (await say(api, 'GET', 'a49')) === '1')
  })

  test('that comes after another one of its name begins empty', async () => {
    const api = await startTestEngine()
    await create(api, DURABLE)
    await say(api, 'SET', 'a', '1')
    await api.client().deleteReplicationGroup({ ReplicationGroupId: 'shop' })
    await eventually(
      'gone',
      async () => (await api.client().describeReplicationGroups({})).ReplicationGroups?.length === 0,
    )
    await create(api, DURABLE)
    expect(await say(api, 'DBSIZE')).toBe('0')
  })

  test('becomes another one while it lives: asynchronous, not durable, durable again', async () => {
    const api = await startTestEngine()
    await create(api, DURABLE)
    const client = api.client()
    const modify = (Durability: 'async' | 'disabled' | 'default' | 'sync') =>
      client.modifyReplicationGroup({ ReplicationGroupId: 'shop', Durability, ApplyImmediately: true })
    await modify('async')
    expect(await available(api)).toMatchObject({ Durability: 'async', EffectiveDurability: 'async' })
    await modify('default')
    expect(await available(api)).toMatchObject({ Durability: 'default', EffectiveDurability: 'disabled' })
    expect(await say(api, 'INFO', 'persistence')).toContain('aof_enabled:0')
    await say(api, 'SET', 'a', '1')
    await modify('sync')
    await available(api)
    expect(await say(api, 'INFO', 'persistence')).toContain('aof_enabled:1')
    killServers(api)
    await eventually('the key', async () => (await say(api, 'GET', 'a')) === '1')
  })

  test('has its durability in snapshots', async () => {
    const api = await startTestEngine()
    await create(api, DURABLE)
    await api.client().createSnapshot({ ReplicationGroupId: 'shop', SnapshotName: 'monday' })
    await available(api)
    const { Snapshots } = await api.client().describeSnapshots({ SnapshotName: 'monday' })
    expect(Snapshots?.[0]?.Durability).toBe('sync')
  })

  test('needs what durability goes with', async () => {
    const api = await startTestEngine()
    const refused = (more: Partial<CreateReplicationGroupCommandInput>) =>
      expect(
        api.client().createReplicationGroup({
          ...DURABLE,
          ReplicationGroupId: 'shop',
          ReplicationGroupDescription: 'd',
          ...more,
        }),
      ).rejects
    const Code = 'InvalidParameterCombination'
    await refused({ EngineVersion: '8.0' }).toMatchObject({
      Code,
      message: 'Durability sync is not supported for valkey 8.0: from 9.0 on.',
    })
    await refused({ MultiAZEnabled: false }).toMatchObject({ Code, message: 'Durability sync needs Multi-AZ.' })
    await refused({ TransitEncryptionEnabled: false }).toMatchObject({ Code })
    await refused({ AtRestEncryptionEnabled: false }).toMatchObject({ Code })
    await refused({ ClusterMode: 'disabled' }).toMatchObject({ Code })
    await create(api, { ...DURABLE, Durability: 'disabled', MultiAZEnabled: false })
    await expect(
      api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', Durability: 'sync', ApplyImmediately: true }),
    ).rejects.toMatchObject({ Code, message: 'Durability sync needs Multi-AZ.' })
  })
})
