import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import type { ElastiCache } from '@aws-sdk/client-elasticache'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CONTROL, type EngineCredentials, type EngineInfo, engineFiles } from '../../src/api/local-engine.ts'
import { control } from '../support/control.ts'
import { clientOf, startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { createCluster, createGroup, modifyGroup } from '../support/parameters.ts'
import { ask } from '../support/raw.ts'

const describeShop = async (client: ElastiCache) => {
  const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId: 'shop', ShowCacheNodeInfo: true })
  return CacheClusters?.[0]
}

/** What a cluster and its nodes say about their parameters, on one line. */
async function statusOf(client: ElastiCache): Promise<string> {
  const cluster = await describeShop(client)
  const { ParameterApplyStatus, CacheNodeIdsToReboot = [] } = cluster?.CacheParameterGroup ?? {}
  const nodes = cluster?.CacheNodes?.map(({ ParameterGroupStatus }) => ParameterGroupStatus)
  return `${ParameterApplyStatus} [${CacheNodeIdsToReboot}] ${nodes}`
}

const settled = (client: ElastiCache, status: string) =>
  eventually(`parameters are ${status}`, async () => (await statusOf(client)) === status)

const settingOf = async (port: number, name: string) =>
  new RegExp(`STAT ${name} (\\S+)`).exec(await ask(port, 'stats settings\r\n'))?.[1]

async function shopWith(
  values: Record<string, string>,
  input: { NumCacheNodes?: number; EngineVersion?: string } = {},
) {
  const engine = await startTestEngine()
  const client = engine.client()
  await createGroup(client, 'mine', `memcached${(input.EngineVersion ?? '1.6').slice(0, 3)}`, values)
  const ports = await createCluster(engine, { CacheClusterId: 'shop', CacheParameterGroupName: 'mine', ...input })
  const reboot = async (...CacheNodeIdsToReboot: string[]) => {
    await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot })
    await engine.until('shop', 'available')
  }
  return { engine, client, ports, reboot }
}

test('a parameter that needs a reboot waits, node by node, until each is rebooted', async () => {
  const { client, ports, reboot } = await shopWith({}, { NumCacheNodes: 2 })
  const [first, second] = ports as [number, number]
  expect(await statusOf(client)).toBe('in-sync [] in-sync,in-sync')
  await modifyGroup(client, 'mine', { chunk_size: '96' })
  await settled(client, 'pending-reboot [0001,0002] pending-reboot,pending-reboot')
  expect(await settingOf(first, 'chunk_size')).toBe('48')
  await reboot('0001')
  expect(await statusOf(client)).toBe('pending-reboot [0002] in-sync,pending-reboot')
  expect(await settingOf(first, 'chunk_size')).toBe('96')
  expect(await settingOf(second, 'chunk_size')).toBe('48')
  await reboot('0002')
  expect(await statusOf(client)).toBe('in-sync [] in-sync,in-sync')
  expect(await settingOf(second, 'chunk_size')).toBe('96')
})

test('a value set back before the reboot leaves nothing to do; so does the default set by hand', async () => {
  const { client } = await shopWith({})
  await modifyGroup(client, 'mine', { chunk_size: '96' })
  await settled(client, 'pending-reboot [0001] pending-reboot')
  await client.resetCacheParameterGroup({ CacheParameterGroupName: 'mine', ResetAllParameters: true })
  await settled(client, 'in-sync [] in-sync')
  await modifyGroup(client, 'mine', { chunk_size: '48' })
  await settled(client, 'in-sync [] in-sync')
})

test('an immediate parameter takes effect on running nodes, which keep their items', async () => {
  const { client, ports } = await shopWith({})
  const [port] = ports as [number]
  await ask(port, 'set k 0 0 1\r\nv\r\n', 'STORED\r\n')
  const watcher = await MemcachedClient.connect(port)
  onTestFinished(() => watcher.close())
  watcher.send('watch fetchers\r\n')
  await watcher.bytes(4)
  await modifyGroup(client, 'mine', { watch: '0' })
  await settled(client, 'in-sync [] in-sync')
  expect(await watcher.untilClosed()).toBe('')
  expect(await ask(port, 'watch fetchers\r\n', '\n')).toBe('CLIENT_ERROR watch commands not allowed\r\n')
  expect(await ask(port, 'get k\r\n')).toBe('VALUE k 0 1\r\nv\r\nEND\r\n')
  await modifyGroup(client, 'mine', { watch: '1' })
  await settled(client, 'in-sync [] in-sync')
  expect(await ask(port, 'watch fetchers\r\n', '\n')).toBe('OK\r\n')
})

test('a cluster that gets another group waits for a reboot, and the one it left can go', async () => {
  const { client, ports, reboot } = await shopWith({ idle_timeout: '60' })
  const [port] = ports as [number]
  const { CacheCluster } = await client.modifyCacheCluster({
    CacheClusterId: 'shop',
    CacheParameterGroupName: 'default.memcached1.6',
  })
  expect(CacheCluster?.CacheParameterGroup).toEqual({
    CacheParameterGroupName: 'default.memcached1.6',
    ParameterApplyStatus: 'applying',
    CacheNodeIdsToReboot: ['0001'],
  })
  await settled(client, 'pending-reboot [0001] pending-reboot')
  await client.deleteCacheParameterGroup({ CacheParameterGroupName: 'mine' })
  expect(await settingOf(port, 'idle_timeout')).toBe('60')
  await reboot('0001')
  expect(await statusOf(client)).toBe('in-sync [] in-sync')
  expect(await settingOf(port, 'idle_timeout')).toBe('0')
  const { Events } = await client.describeEvents({ SourceType: 'cache-cluster' })
  expect(Events?.map(({ Message }) => Message)).toContain('Applied changes of parameter group default.memcached1.6')
})

test('a node added while others wait for a reboot has the new values', async () => {
  const { engine, client } = await shopWith({})
  await modifyGroup(client, 'mine', { chunk_size: '96' })
  await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2, ApplyImmediately: true })
  await engine.until('shop', 'available')
  expect(await statusOf(client)).toBe('pending-reboot [0001] pending-reboot,in-sync')
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo // a listening TCP server has one
      server.close(() => resolve(port))
    })
  })
}

describe('an engine that starts again', () => {
  async function start(stateDir: string) {
    const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'instant' })
    const child = fork(new URL('../../dist/engine.js', import.meta.url), [options], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    const info = await new Promise<EngineInfo>((resolve, reject) => {
      child.once('message', ({ ready }: { ready: EngineInfo }) => resolve(ready))
      child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)))
    })
    const credentials = JSON.parse(readFileSync(engineFiles(stateDir).credentials, 'utf8')) as EngineCredentials
    const client = clientOf({ info, credentials })
    const until = (id: string, status: string) =>
      eventually(`${id} is ${status}`, async () => (await describeShop(client))?.CacheClusterStatus === status)
    const kill = () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      })
    return { client: () => client, until, kill }
  }

  test('after kill -9 keeps what waits for a reboot waiting, and what took effect at once in effect', async () => {
    const stateDir = temporaryDirectory()
    const engine = await start(stateDir)
    await createGroup(engine.client(), 'mine', 'memcached1.6')
    // Far from where other engines look for ports while this one is down.
    const Port = await freePort()
    const [port] = await createCluster(engine, { CacheClusterId: 'shop', CacheParameterGroupName: 'mine', Port })
    await modifyGroup(engine.client(), 'mine', { chunk_size: '96', watch: '0' })
    await engine.kill()

    const next = await start(stateDir)
    await settled(next.client(), 'pending-reboot [0001] pending-reboot')
    expect(await settingOf(port as number, 'chunk_size')).toBe('48')
    expect(await ask(port as number, 'watch fetchers\r\n', '\n')).toMatch(/^CLIENT_ERROR/)
    await next.client().rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
    await next.until('shop', 'available')
    expect(await statusOf(next.client())).toBe('in-sync [] in-sync')
    expect(await settingOf(port as number, 'chunk_size')).toBe('96')
  })
})

describe('upgrades and parameter groups', () => {
  const MISMATCH = 'Expected a parameter group of family memcached1.6 but found one of family memcached1.4'

  test('a cluster of the default group goes to the default group of the new family', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await createCluster(engine, { CacheClusterId: 'shop', EngineVersion: '1.4.34' })
    await client.modifyCacheCluster({ CacheClusterId: 'shop', EngineVersion: '1.6.22', ApplyImmediately: true })
    await engine.until('shop', 'available')
    expect((await describeShop(client))?.CacheParameterGroup).toEqual({
      CacheParameterGroupName: 'default.memcached1.6',
      ParameterApplyStatus: 'in-sync',
      CacheNodeIdsToReboot: [],
    })
  })

  test('a cluster with a group of its own needs one of the new family with the upgrade', async () => {
    const { engine, client, ports } = await shopWith({ chunk_size: '96' }, { EngineVersion: '1.4.34' })
    const upgrade = { CacheClusterId: 'shop', EngineVersion: '1.6.22', ApplyImmediately: true }
    await expect(client.modifyCacheCluster(upgrade)).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: MISMATCH,
    })
    await createGroup(client, 'new', 'memcached1.6', { chunk_size: '200' })
    await client.modifyCacheCluster({ ...upgrade, CacheParameterGroupName: 'new' })
    await engine.until('shop', 'available')
    expect(await describeShop(client)).toMatchObject({
      EngineVersion: '1.6.22',
      CacheParameterGroup: { CacheParameterGroupName: 'new', ParameterApplyStatus: 'in-sync' },
    })
    expect(await settingOf(ports[0] as number, 'chunk_size')).toBe('200')
  })

  test('before the maintenance window the group of the new family waits with the version, and cannot be deleted', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 16, 12))
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await createGroup(client, 'old', 'memcached1.5')
    await createGroup(client, 'new', 'memcached1.6')
    await createCluster(engine, {
      CacheClusterId: 'shop',
      EngineVersion: '1.5.16',
      CacheParameterGroupName: 'old',
      PreferredMaintenanceWindow: 'tue:03:00-tue:04:00',
    })
    await client.modifyCacheCluster({
      CacheClusterId: 'shop',
      EngineVersion: '1.6.22',
      CacheParameterGroupName: 'new',
    })
    expect((await describeShop(client))?.CacheParameterGroup?.CacheParameterGroupName).toBe('old')
    await expect(client.deleteCacheParameterGroup({ CacheParameterGroupName: 'new' })).rejects.toMatchObject({
      Code: 'InvalidCacheParameterGroupState',
    })
    await modifyGroup(client, 'new', { idle_timeout: '60' })
    clock.advanceTo(Date.UTC(2026, 10, 17, 3))
    await eventually('the group is the new one', async () => {
      const cluster = await describeShop(client)
      return (
        cluster?.CacheParameterGroup?.CacheParameterGroupName === 'new' && cluster.CacheClusterStatus === 'available'
      )
    })
    expect(await statusOf(client)).toBe('in-sync [] in-sync')
    const [node] = (await describeShop(client))?.CacheNodes ?? []
    expect(await settingOf(node?.Endpoint?.Port as number, 'idle_timeout')).toBe('60')
  })

  // cache.t3.micro has 512 MB, so that a quarter of what is left for items is 103 MB.
  const TOO_LARGE = String(104 * 1024 * 1024)
  test.each<[string, Record<string, string>, RegExp]>([
    ['slab_chunk_max above max_item_size', { max_item_size: '65536' }, /slab_chunk_max 524288 is larger/],
    ['max_item_size not a multiple of slab_chunk_max', { max_item_size: '1000000' }, /not a multiple/],
    ['max_item_size above a quarter of the memory for items', { max_item_size: TOO_LARGE }, /quarter/],
    ['no memory for items', { memcached_connections_overhead: '512' }, /no memory/],
    ['chunks that leave part of a page', { max_item_size: '1500000', slab_chunk_max: '500000' }, /evenly/],
  ])('%s: neither a new cluster nor an upgrade to 1.4.33 or later takes the group', async (_, values, message) => {
    const engine = await startTestEngine()
    const client = engine.client()
    const refusal = { Code: 'InvalidParameterCombination', message: expect.stringMatching(message) }
    await createGroup(client, 'mine', 'memcached1.4', values)
    await expect(
      createCluster(engine, { CacheClusterId: 'new', EngineVersion: '1.4.33', CacheParameterGroupName: 'mine' }),
    ).rejects.toMatchObject(refusal)
    await createCluster(engine, { CacheClusterId: 'shop', EngineVersion: '1.4.24' })
    await expect(
      client.modifyCacheCluster({
        CacheClusterId: 'shop',
        EngineVersion: '1.4.33',
        CacheParameterGroupName: 'mine',
        ApplyImmediately: true,
      }),
    ).rejects.toMatchObject(refusal)
    expect((await describeShop(client))?.CacheParameterGroup?.CacheParameterGroupName).toBe('default.memcached1.4')
  })

  test('an engine before 1.4.33 takes what a later one does not, until it is upgraded', async () => {
    const { client, ports } = await shopWith({ max_item_size: '1000000' }, { EngineVersion: '1.4.24' })
    expect(await settingOf(ports[0] as number, 'item_size_max')).toBe('1000000')
    await expect(client.modifyCacheCluster({ CacheClusterId: 'shop', EngineVersion: '1.4.34' })).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: expect.stringMatching(/not a multiple/),
    })
  })
})

test('a node rebooted with values it cannot start with is incompatible-parameters until the group is right again', async () => {
  const { engine, client, ports } = await shopWith({}, { NumCacheNodes: 2 })
  await modifyGroup(client, 'mine', { max_item_size: '1000000' })
  await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
  await engine.until('shop', 'incompatible-parameters')
  await expect(ask(ports[0] as number, 'version\r\n', '\n')).rejects.toThrow('ECONNREFUSED')
  expect(await ask(ports[1] as number, 'version\r\n', '\n')).toMatch(/^VERSION/)
  const { Events } = await client.describeEvents({ SourceType: 'cache-cluster' })
  expect(Events?.map(({ Message }) => Message)).toContain(
    'Cache node 0001 cannot start: max_item_size 1000000 is not a multiple of slab_chunk_max 524288.',
  )
  await modifyGroup(client, 'mine', { max_item_size: '2097152' })
  await engine.until('shop', 'available')
  expect(await statusOf(client)).toBe('pending-reboot [0002] in-sync,pending-reboot')
  expect(await settingOf(ports[0] as number, 'item_size_max')).toBe('2097152')
})

test('a cluster that is incompatible-parameters is mended by another group too, and takes no other change', async () => {
  const { engine, client, ports } = await shopWith({})
  await modifyGroup(client, 'mine', { max_item_size: '1000000' })
  await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
  await engine.until('shop', 'incompatible-parameters')
  const change = { CacheClusterId: 'shop', CacheParameterGroupName: 'default.memcached1.6' }
  for (const refused of [
    { ...change, NumCacheNodes: 2 },
    { CacheClusterId: 'shop', AutoMinorVersionUpgrade: false },
  ]) {
    await expect(client.modifyCacheCluster(refused)).rejects.toMatchObject({ Code: 'InvalidCacheClusterState' })
  }
  await client.modifyCacheCluster({ ...change, ApplyImmediately: true })
  await engine.until('shop', 'available')
  expect(await settingOf(ports[0] as number, 'item_size_max')).toBe('1048576')
})

test('a node that is replaced starts with the parameters of today, and may find that it cannot', async () => {
  const { engine, client, ports } = await shopWith({}, { NumCacheNodes: 2 })
  const replace = async () => {
    await control(engine, 'POST', CONTROL.faults, { kind: 'node-crash', cluster: 'shop', node: '0002' })
    await control(engine, 'POST', CONTROL.faults, { clear: [] })
  }
  await modifyGroup(client, 'mine', { chunk_size: '96' })
  await replace()
  expect(await settingOf(ports[1] as number, 'chunk_size')).toBe('96')
  expect(await statusOf(client)).toBe('pending-reboot [0001] pending-reboot,in-sync')
  await modifyGroup(client, 'mine', { max_item_size: '1000000' })
  await replace()
  await engine.until('shop', 'incompatible-parameters')
  await modifyGroup(client, 'mine', { max_item_size: '2097152' })
  await engine.until('shop', 'available')
  expect(await settingOf(ports[1] as number, 'item_size_max')).toBe('2097152')
})

test('a cluster that is incompatible-parameters can be deleted', async () => {
  const { engine, client } = await shopWith({})
  await modifyGroup(client, 'mine', { memcached_connections_overhead: '600' })
  await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
  await engine.until('shop', 'incompatible-parameters')
  await client.deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
})
