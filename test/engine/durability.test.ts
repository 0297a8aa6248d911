import { existsSync, readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { engineFiles } from '../../src/api/local-engine.ts'
import { memcached, temporaryDirectory } from '../support/engine.ts'
import { type EngineProcess, launch, start } from '../support/engine-process.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/raw.ts'

const describeCluster = async ({ client }: EngineProcess, CacheClusterId = 'shop') =>
  (await client.describeCacheClusters({ CacheClusterId, ShowCacheNodeInfo: true })).CacheClusters?.[0]

const available = (engine: EngineProcess, id = 'shop') =>
  eventually(`${id} is available`, async () => (await describeCluster(engine, id))?.CacheClusterStatus === 'available')

test('after kill -9 clusters come back with their ports, endpoints and metadata version, and empty', async () => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  await first.client.createCacheCluster({
    ...memcached('shop', 2),
    NetworkType: 'dual_stack',
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  await available(first)
  const before = await describeCluster(first)
  const port = before?.CacheNodes?.[0]?.Endpoint?.Port as number
  await ask(port, 'set k 0 0 1\r\nv\r\n', 'STORED\r\n')
  await first.kill()

  const second = await start(stateDir)
  expect(await describeCluster(second)).toEqual(before)
  expect(await ask(port, 'get k\r\n')).toBe('END\r\n')
  expect(await ask(before?.ConfigurationEndpoint?.Port as number, 'config get cluster\r\n')).toContain(
    '\r\n1\nlocalhost|::1|',
  )
  const { TagList } = await second.client.listTagsForResource({ ResourceName: before?.ARN as string })
  expect(TagList).toEqual([{ Key: 'a', Value: 'b' }])
})

test('a creation acknowledged before kill -9 is finished by the next engine', async () => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  await first.client.createCacheCluster(memcached('shop', 3))
  await first.kill()
  const second = await start(stateDir)
  await available(second)
  expect((await describeCluster(second))?.CacheNodes).toHaveLength(3)
})

test.each([0, 60, 150, 250, 450, 600])('kill -9 %i ms into scaling in and out loses nothing', async (delay) => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  await first.client.createCacheCluster(memcached('grow', 1))
  await first.client.createCacheCluster(memcached('shrink', 3))
  await available(first, 'grow')
  await available(first, 'shrink')
  await first.client.modifyCacheCluster({ CacheClusterId: 'grow', NumCacheNodes: 3, ApplyImmediately: true })
  await first.client.modifyCacheCluster({
    CacheClusterId: 'shrink',
    NumCacheNodes: 1,
    CacheNodeIdsToRemove: ['0001', '0002'],
    ApplyImmediately: true,
  })
  await new Promise((resolve) => setTimeout(resolve, delay)) // the moment of the power cut is what this test varies
  await first.kill()

  const second = await start(stateDir)
  await available(second, 'grow')
  await available(second, 'shrink')
  const [grown, shrunk] = [await describeCluster(second, 'grow'), await describeCluster(second, 'shrink')]
  expect(grown?.CacheNodes?.map(({ CacheNodeId }) => CacheNodeId)).toEqual(['0001', '0002', '0003'])
  expect(shrunk?.CacheNodes?.map(({ CacheNodeId }) => CacheNodeId)).toEqual(['0003'])
  for (const cluster of [grown, shrunk]) {
    const reply = await ask(cluster?.ConfigurationEndpoint?.Port as number, 'config get cluster\r\n')
    expect(reply.split('\n')[1]).toBe('3')
  }
})

test('a second engine on the same state directory says who holds it; after kill -9 nobody does', async () => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  const { outcome } = await launch(stateDir)
  expect(outcome.failed?.message).toContain(`pid ${first.info.pid}`)
  expect(outcome.failed?.message).toContain(first.info.url)
  await first.kill()
  await expect(start(stateDir)).resolves.toBeDefined()
})

test('secrets are readable by their owner only, and kept', async () => {
  const stateDir = temporaryDirectory()
  const files = engineFiles(stateDir)
  const first = await start(stateDir)
  for (const file of [files.credentials, files.authorityKey]) expect(statSync(file).mode & 0o777).toBe(0o600)
  const credentials = readFileSync(files.credentials, 'utf8')
  await first.kill()
  await start(stateDir)
  expect(readFileSync(files.credentials, 'utf8')).toBe(credentials)
})

test('an engine that is asked to end stops its nodes and leaves no address behind', async () => {
  const stateDir = temporaryDirectory()
  const engine = await start(stateDir)
  await engine.client.createCacheCluster(memcached('shop'))
  await available(engine)
  const port = (await describeCluster(engine))?.CacheNodes?.[0]?.Endpoint?.Port as number
  const ended = new Promise((resolve) => engine.child.once('exit', resolve))
  engine.child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(existsSync(engineFiles(stateDir).info)).toBe(false)
  await expect(ask(port, 'version\r\n', '\n')).rejects.toThrow('ECONNREFUSED')
})
