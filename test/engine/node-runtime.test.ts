import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { CONTROL, type EngineStatus, engineFiles, NODE_RUNTIME_TAG } from '../../src/api/local-engine.ts'
import { memcachedArguments } from '../../src/engine/nodes/memcached/arguments.ts'
import { Store } from '../../src/engine/store/store.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../support/engine.ts'
import { start } from '../support/engine-process.ts'
import { eventually } from '../support/eventually.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { createCluster, createGroup } from '../support/parameters.ts'
import { isInstalled } from '../support/programs.ts'
import { ask } from '../support/raw.ts'
import { say } from '../support/redis-node.ts'

const REAL = { Tags: [{ Key: NODE_RUNTIME_TAG, Value: 'memcached' }] }
const CONFIG = 'config get cluster\r\n'

const cleanUps: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const work of cleanUps.reverse()) await work()
})

async function connect(...place: Parameters<typeof MemcachedClient.connect>): Promise<MemcachedClient> {
  const client = await MemcachedClient.connect(...place)
  onTestFinished(() => client.close())
  return client
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

async function reportOf({ status }: Pick<TestEngine, 'status'>, id: string) {
  const cluster = (await status()).clusters.find((each) => each.id === id)
  if (!cluster) throw new Error(`no cluster ${id}`)
  return { ...cluster, pids: cluster.nodes.map(({ pid }) => pid as number) }
}

describe.skipIf(!isInstalled('memcached', '-V'))('real nodes (skipped where memcached is not installed)', () => {
  let engine: TestEngine
  let ports: number[]
  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    ports = await createCluster(engine, { ...REAL, CacheClusterId: 'shop', NumCacheNodes: 2, EngineVersion: '1.6.22' })
  })

  test('run the installed version, which the events and the status tell', async () => {
    const { nodeVersion, nodeRuntime, nodes } = await reportOf(engine, 'shop')
    expect(nodeRuntime).toBe('memcached')
    expect(nodes.every(({ pid }) => pid !== null)).toBe(true)
    expect(await ask(ports[0] ?? 0, 'version\r\n', '\n')).toBe(`VERSION ${nodeVersion}\r\n`)
    const { Events } = await engine.client().describeEvents({})
    const told = Events?.some(({ Message }) => Message?.includes(`memcached ${nodeVersion}, not 1.6.22`))
    expect(told).toBe(nodeVersion !== '1.6.22')
    expect((await engine.status()).nodeRuntime).toBe('auto')
  })

  test('answer discovery on the endpoint and on every node, and hold the key of old clients', async () => {
    const { endpoint } = await reportOf(engine, 'shop')
    // In the order of ports, which need not be that of nodes: one whose port was taken has moved to another.
    const [first, second] = ports.toSorted((a, b) => a - b)
    const list = `1\nlocalhost|127.0.0.1|${first} localhost|127.0.0.1|${second}\n`
    for (const port of [endpoint?.port ?? 0, ...ports]) {
      expect(await ask(port, CONFIG)).toBe(`CONFIG cluster 0 ${list.length}\r\n${list}\r\nEND\r\n`)
      expect(await ask(port, 'get AmazonElastiCache:cluster\r\n')).toContain(list)
    }
  })

  test('put back the list that a client has deleted', async () => {
    const port = ports[0] ?? 0
    const list = await ask(port, CONFIG)
    await ask(port, 'config delete cluster\r\n', 'DELETED\r\n')
    await eventually('the list is back', async () => (await ask(port, CONFIG)) === list)
    await eventually('the log tells', () => engine.log.some((line) => line.includes('a client had deleted its list')))
  })

  test('answer config in its place, among other commands and values that look like it', async () => {
    const client = await connect(ports[0] ?? 0)
    const value = `${CONFIG}END\r\n`
    const answer = await client.ask(
      `set k 0 0 ${value.length}\r\n${value}\r\nget k\r\n${CONFIG}get k\r\nconfig get x\r\n`,
    )
    const item = `VALUE k 0 ${value.length}\r\n${value}\r\nEND\r\n`
    const [before = '', after = ''] = answer.split(/CONFIG cluster 0 \d+\r\n1\n.*\n\r\nEND\r\n/)
    expect(before).toBe(`STORED\r\n${item}`)
    expect(after).toMatch(new RegExp(`^${item.replaceAll(/[\r\n]/g, '\\s')}END\\r\\n`))
  })

  test('pass a value of a megabyte, and all that was asked before the client closed its side', async () => {
    const value = 'v'.repeat(1_000_000)
    expect(await ask(ports[0] ?? 0, `set big 0 0 ${value.length}\r\n${value}\r\n`, 'STORED\r\n')).toBe('STORED\r\n')
    const client = await connect(ports[0] ?? 0)
    client.socket.end('get big\r\nget big\r\n')
    const answer = await client.until('two values', (received) => (received.endsWith('END\r\n') ? received.length : -1))
    expect(answer.split(value).length).toBeGreaterThanOrEqual(2)
  })

  test('listen on both families, under TLS too', async () => {
    const [port = 0] = await createCluster(engine, {
      ...REAL,
      CacheClusterId: 'safe',
      TransitEncryptionEnabled: true,
      NetworkType: 'dual_stack',
    })
    const ca = readFileSync(`${engine.stateDir}/ca.pem`)
    for (const host of ['127.0.0.1', '::1']) {
      const client = await connect(port, host, { ca, servername: 'localhost' })
      expect(await client.ask(`set a 0 0 1\r\nx\r\n${CONFIG}`)).toMatch(/^STORED\r\nCONFIG cluster 0 \d+\r\n1\n/)
    }
  })

  test('go by their parameter group, watch at once', async () => {
    await createGroup(engine.client(), 'own', 'memcached1.6', {
      max_item_size: '2097152',
      cas_disabled: '1',
      disable_flush_all: '1',
      error_on_memory_exhausted: '1',
      chunk_size: '96',
      watch: '0',
    })
    const [port = 0] = await createCluster(engine, {
      ...REAL,
      CacheClusterId: 'own',
      CacheParameterGroupName: 'own',
      EngineVersion: '1.6.22',
    })
    const settings = await ask(port, 'stats settings\r\n')
    for (const line of [
      'item_size_max 2097152',
      'cas_enabled no',
      'evictions off',
      'chunk_size 96',
      'flush_enabled no',
    ]) {
      expect(settings).toContain(`STAT ${line}\r\n`)
    }
    expect(await ask(port, 'watch\r\n', '\n')).toBe('CLIENT_ERROR watch commands not allowed\r\n')
    await engine.client().modifyCacheParameterGroup({
      CacheParameterGroupName: 'own',
      ParameterNameValues: [{ ParameterName: 'watch', ParameterValue: '1' }],
    })
    await eventually('watching is allowed', async () => (await ask(port, 'watch\r\n', '\n')) === 'OK\r\n')
  })

  test('that cannot start with their parameters are incompatible, in the words of memcached', async () => {
    await createGroup(engine.client(), 'odd', 'memcached1.4', { expirezero_does_not_evict: '1', lru_maintainer: '1' })
    await engine.client().createCacheCluster({
      ...memcached('odd'),
      ...REAL,
      CacheNodeType: 'cache.t3.micro',
      EngineVersion: '1.4.34',
      CacheParameterGroupName: 'odd',
    })
    await engine.until('odd', 'incompatible-parameters')
    const { Events } = await engine.client().describeEvents({ SourceType: 'cache-cluster', SourceIdentifier: 'odd' })
    expect(Events?.[0]?.Message).toMatch(/^Cache node 0001 cannot start: Illegal suboption "expirezero_does_not_evict"/)
  })

  test('that are killed are away, and come back empty under the same port, with events', async () => {
    const [port = 0] = await createCluster(engine, { ...REAL, CacheClusterId: 'frail' })
    const { pids } = await reportOf(engine, 'frail')
    await ask(port, 'set a 0 0 1\r\nx\r\n', 'STORED\r\n')
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await eventually('nothing listens', () =>
      ask(port, 'version\r\n', '\n').then(
        () => false,
        () => true,
      ),
    )
    const events = async () => (await engine.client().describeEvents({})).Events?.map(({ Message }) => Message)
    await eventually('it is replaced', async () => {
      const [newest, before] = (await events()) ?? []
      return newest === 'Finished recovery for cache nodes 0001' && before === 'Recovering cache nodes 0001'
    })
    await eventually('it answers', () =>
      ask(port, 'get a\r\n').then(
        (answer) => answer === 'END\r\n',
        () => false,
      ),
    )
  })

  test('suffer from faults', async () => {
    await control(engine, 'POST', CONTROL.faults, { kind: 'delay', cluster: 'shop', node: '0001', delayMs: 150 })
    const began = performance.now()
    await ask(ports[0] ?? 0, 'get a\r\n')
    expect(performance.now() - began).toBeGreaterThanOrEqual(145)
    await control(engine, 'POST', CONTROL.faults, { clear: [] })
  })

  test('end with their engine, even when that is killed, and come back with it', async () => {
    const stateDir = temporaryDirectory()
    const first = await start(stateDir, { nodeRuntime: 'memcached', pace: 'instant' })
    const pidsOf = async (each: typeof first) => {
      const { clusters } = await control<EngineStatus>(each, 'GET', CONTROL.status)
      return clusters.flatMap(({ nodes }) => nodes.map(({ pid }) => pid as number))
    }
    await first.client.createCacheCluster(memcached('shop', 2))
    await eventually('two nodes run', async () => (await pidsOf(first)).filter(Boolean).length === 2)
    const pids = await pidsOf(first)
    await first.kill()
    await eventually('they are gone', () => pids.every(isGone))
    const again = await start(stateDir)
    await eventually('others are there', async () => {
      const others = (await pidsOf(again)).filter(Boolean)
      return others.length === 2 && !others.some(isGone)
    })
  })
})

describe('without memcached', () => {
  test('an engine of real nodes does not start, and says what to install; nothing stays behind', async () => {
    const stateDir = temporaryDirectory()
    vi.stubEnv('PATH', '/nonexistent')
    onTestFinished(() => void vi.unstubAllEnvs())
    const refused = startTestEngine({ stateDir, nodeRuntime: 'memcached' })
    await expect(refused).rejects.toMatchObject({
      message: 'memcached is not installed: there is no such program in PATH.',
      hint: expect.stringContaining('apt-get install memcached'),
    })
    const engine = await startTestEngine({ stateDir })
    await expect(engine.client().createCacheCluster({ ...memcached('shop'), ...REAL })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
      message: expect.stringContaining('brew install memcached'),
    })
  })
})

test('the tag is given at creation, with a runtime there is, and stays', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  const tagged = (Value: string) => ({ ...memcached('shop'), Tags: [{ Key: NODE_RUNTIME_TAG, Value }] })
  await expect(client.createCacheCluster(tagged('docker'))).rejects.toThrow(
    /is one of auto, embedded, server, memcached, not 'docker'/,
  )
  const { CacheCluster } = await client.createCacheCluster(tagged('embedded'))
  await engine.until('shop', 'available')
  const ResourceName = CacheCluster?.ARN ?? ''
  const Tags = [{ Key: NODE_RUNTIME_TAG, Value: 'memcached' }]
  await expect(client.addTagsToResource({ ResourceName, Tags })).rejects.toThrow(/and stays/)
  await expect(client.removeTagsFromResource({ ResourceName, TagKeys: [NODE_RUNTIME_TAG] })).rejects.toThrow(
    /and stays/,
  )
  expect((await client.listTagsForResource({ ResourceName })).TagList).toEqual([
    { Key: NODE_RUNTIME_TAG, Value: 'embedded' },
  ])
})

test('every parameter has its word on the command line', () => {
  const spec = {
    key: 'us-west-2/shop/0001',
    cluster: 'us-west-2/shop',
    incarnation: 1,
    addresses: [],
    port: 11211,
    engineVersion: '1.6.22',
    memoryLimit: 412 * 2 ** 20,
    threads: 2,
    tls: null,
    ingress: [],
    program: 'memcached-process',
    files: { socket: '/s', log: '/l', directory: '/d', snapshots: '/n', logs: '/g', secret: '', serverPlaces: {} },
    live: { watchEnabled: true },
    options: {
      maxConnections: 65_000,
      maxItemSize: 1_048_576,
      chunkSize: 48,
      growthFactor: 1.1,
      backlog: 512,
      requestsPerEvent: 10,
      bindingProtocol: 'ascii',
      evictToFree: false,
      casEnabled: false,
      flushAllEnabled: false,
      maxConnsFast: false,
      lruCrawler: false,
      lruSegmented: false,
      slabReassign: false,
      slabAutomove: 2,
      slabChunkMax: 262_144,
      hashAlgorithm: 'murmur3',
      hashpowerInit: 17,
      idleTimeout: 60,
      watcherLogbufSize: 512,
      workerLogbufSize: 128,
      trackSizes: true,
      evictUnexpiring: false,
    },
  } as const
  expect(memcachedArguments(spec, ['-s', '/s'], { fileLimit: 20_000, rootName: undefined }).join(' ')).toBe(
    '-s /s -U 0 -v -m 412 -t 2 -c 19936 -I 1048576 -n 48 -f 1.1 -b 512 -R 10 -B ascii -M -C -F -o no_maxconns_fast -o no_lru_crawler -o no_lru_maintainer -o no_slab_reassign -o slab_automove=2 -o slab_chunk_max=256 -o hash_algorithm=murmur3 -o hashpower=17 -o idle_timeout=60 -o watcher_logbuf_size=512 -o track_sizes -o expirezero_does_not_evict',
  )
})

/** Makes records of caches what they were before any of their nodes was a part of the engine. */
async function forgetServerRuntimes(stateDir: string): Promise<void> {
  const store = await Store.open(engineFiles(stateDir).store)
  store.change((change) => {
    for (const { nodeRuntime: _, ...record } of store.all('replicationGroup')) change.put('replicationGroup', record)
    for (const { nodeRuntime: _, ...record } of store.all('serverlessCache')) change.put('serverlessCache', record)
  })
  await store.close()
}

describe('nodes of Redis OSS and Valkey', () => {
  const NOWHERE = { 'valkey-server': '/no/such/valkey', 'redis-server': '/no/such/redis' }
  const group = (ReplicationGroupId: string, more: object = {}) => ({
    ...{ ReplicationGroupId, ReplicationGroupDescription: 'd', Engine: 'valkey', CacheNodeType: 'cache.t4g.small' },
    ...more,
  })
  const tagged = (Value: string) => ({ Tags: [{ Key: NODE_RUNTIME_TAG, Value }] })
  const DURABLE = {
    ...{ Durability: 'sync', ReplicasPerNodeGroup: 1, NumNodeGroups: 1, AutomaticFailoverEnabled: true },
    ...{ MultiAZEnabled: true, TransitEncryptionEnabled: true },
  } as const

  test('are parts of the engine on a machine without their programs, unless they are asked to be servers', async () => {
    const engine = await startTestEngine({ serverPlaces: NOWHERE })
    const client = engine.client()
    await expect(client.createReplicationGroup(group('real', tagged('server')))).rejects.toThrow(
      /valkey-server, which is not installed/,
    )
    await expect(client.createReplicationGroup(group('kept', DURABLE))).rejects.toThrow(
      /^Durability sync needs nodes that are real servers\. .* not installed/,
    )
    await client.createReplicationGroup(group('shop', { NumCacheClusters: 2 }))
    await eventually('shop is available', async () => {
      const { ReplicationGroups: [shop] = [] } = await client.describeReplicationGroups({})
      return shop?.Status === 'available'
    })
    const [told] = (await engine.status()).replicationGroups
    expect(told).toMatchObject({ id: 'shop', nodeRuntime: 'embedded', members: [{ pid: null }, { pid: null }] })
    expect(await say(told?.members[0]?.port ?? 0, 'INFO', 'server')).toContain('server_name:valkey')
  })

  test('of former engines, which knew servers alone, are parts of the engine where their program is no longer there', async () => {
    const stateDir = temporaryDirectory()
    const first = await startTestEngine({ stateDir })
    await first.client().createReplicationGroup(group('shop', { NumCacheClusters: 2 }))
    await first.client().createServerlessCache({ ServerlessCacheName: 'cart', Engine: 'redis' })
    await first.close()
    await forgetServerRuntimes(stateDir)
    const engine = await startTestEngine({ stateDir, serverPlaces: NOWHERE })
    await eventually('shop is available', async () => {
      const { ReplicationGroups: [shop] = [] } = await engine.client().describeReplicationGroups({})
      return shop?.Status === 'available'
    })
    const { replicationGroups: [shop] = [] } = await engine.status()
    expect(shop).toMatchObject({ nodeRuntime: 'embedded' })
    expect(await say(shop?.members[0]?.port ?? 0, 'SET', 'a', '1')).toBe('OK')
    expect(engine.log).toContainEqual(
      expect.stringMatching(/^us-west-2\/cart\/serverless is a part of the engine from now on. .*redis-server/),
    )
  })

  test('of former engines stay servers where all are asked to be', async () => {
    const stateDir = temporaryDirectory()
    const first = await startTestEngine({ stateDir })
    await first.client().createReplicationGroup(group('shop', { NumCacheClusters: 2 }))
    await first.close()
    await forgetServerRuntimes(stateDir)
    const engine = await startTestEngine({ stateDir, serverPlaces: NOWHERE, nodeRuntime: 'server' })
    expect((await engine.status()).replicationGroups).toMatchObject([{ nodeRuntime: 'server' }])
    expect(engine.log.join('\n')).toMatch(/shop-001 on port \d+: Valkey nodes are run by valkey-server/)
  })

  test('that are to be embedded are not durable, and none are of Memcached', async () => {
    const client = (await startTestEngine({ nodeRuntime: 'embedded' })).client()
    await expect(client.createReplicationGroup(group('kept', DURABLE))).rejects.toThrow(
      `ask for them with the tag ${NODE_RUNTIME_TAG}=server.`,
    )
    await expect(client.createReplicationGroup(group('shop', tagged('memcached')))).rejects.toThrow(
      'is for clusters of Memcached',
    )
  })
})
