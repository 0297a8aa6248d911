import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { engineFiles } from '../../../src/api/local-engine.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import type { EngineProcess } from '../../support/engine-process.ts'
import { eventually } from '../../support/eventually.ts'
import { start } from '../../support/real-servers.ts'
import { installed, NODE, SKIPPED } from '../replication-groups/support.ts'
import { expectFilled, fill } from './data.ts'

/** Processes of all servers that were started with this state, such that only move data included. */
function serversOf(stateDir: string): number[] {
  const { nodes } = engineFiles(stateDir)
  if (!existsSync(nodes)) return []
  const files = readdirSync(nodes, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('server.json'))
  // The engine wrote it.
  return files.map((file) => (JSON.parse(readFileSync(join(nodes, file), 'utf8')) as { pid: number }).pid)
}

function stateDirectory(): string {
  const stateDir = temporaryDirectory()
  onTestFinished(() => {
    for (const pid of serversOf(stateDir)) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
  })
  return stateDir
}

const statusOf = async ({ client }: EngineProcess, SnapshotName: string) =>
  (await client.describeSnapshots({ SnapshotName })).Snapshots?.[0]?.SnapshotStatus

const taken = (engine: EngineProcess, name: string) =>
  eventually(`${name} taken`, async () => (await statusOf(engine, name)) === 'available')

async function clusterPort({ client }: EngineProcess, CacheClusterId: string): Promise<number> {
  const describe = () => client.describeCacheClusters({ CacheClusterId, ShowCacheNodeInfo: true })
  await eventually(`${CacheClusterId} available`, async () => {
    const { CacheClusters: [cluster] = [] } = await describe()
    return cluster?.CacheClusterStatus === 'available'
  })
  return (await describe()).CacheClusters?.[0]?.CacheNodes?.[0]?.Endpoint?.Port ?? 0
}

/** A cluster with data and a snapshot that is begun. */
async function begin(stateDir: string): Promise<EngineProcess> {
  const engine = await start(stateDir)
  await engine.client.createCacheCluster({ ...NODE, CacheClusterId: 'cart' })
  await fill(await clusterPort(engine, 'cart'))
  await engine.client.createSnapshot({ CacheClusterId: 'cart', SnapshotName: 'friday' })
  return engine
}

describe.skipIf(!installed || process.platform !== 'linux')(`an engine that is killed ${SKIPPED}`, () => {
  test('while a snapshot is taken, and while it is copied, ends both when it is there again', async () => {
    const stateDir = stateDirectory()
    await (await begin(stateDir)).kill()
    const second = await start(stateDir)
    await taken(second, 'friday')
    await clusterPort(second, 'cart')
    await second.client.copySnapshot({ SourceSnapshotName: 'friday', TargetSnapshotName: 'kept' })
    await second.kill()
    const third = await start(stateDir)
    await taken(third, 'kept')
    await third.client.deleteSnapshot({ SnapshotName: 'friday' })
    await third.client.createCacheCluster({ CacheClusterId: 'cart-2', SnapshotName: 'kept' })
    await expectFilled(await clusterPort(third, 'cart-2'))
  })

  test('while data is moved to other shards does it again, and leaves no server and no file of before', async () => {
    const stateDir = stateDirectory()
    const first = await begin(stateDir)
    await taken(first, 'friday')
    await first.client.createReplicationGroup({
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'd',
      SnapshotName: 'friday',
      NumNodeGroups: 2,
      AutomaticFailoverEnabled: true,
    })
    expect(await statusOf(first, 'friday')).toBe('restoring')
    await eventually('a server for a shard', () => existsSync(join(engineFiles(stateDir).nodes, 'us-west-2', 'shop')))
    await first.kill()
    const ofBefore = serversOf(stateDir)
    const second = await start(stateDir)
    const groupOf = async () => (await second.client.describeReplicationGroups({})).ReplicationGroups?.[0]
    await eventually('shop available', async () => (await groupOf())?.Status === 'available')
    await expectFilled((await groupOf())?.ConfigurationEndpoint?.Port ?? 0)
    const running = serversOf(stateDir)
    expect(running).toHaveLength(3)
    for (const pid of ofBefore) if (!running.includes(pid)) expect(existsSync(`/proc/${pid}`)).toBe(false)
    expect(readdirSync(engineFiles(stateDir).snapshots)).toHaveLength(1)
    expect(await statusOf(second, 'friday')).toBe('available')
  })
})
