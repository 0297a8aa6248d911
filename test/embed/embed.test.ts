import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { expect, onTestFinished, test } from 'vitest'
import { startEngine } from '../../src/embed/index.ts'
import type { LocalEngine } from '../../src/embed/published.d.ts'
import { firstPort, memcached, temporaryDirectory } from '../support/engine.ts'

async function engineOfTest(options: Parameters<typeof startEngine>[0] = {}): Promise<LocalEngine> {
  const engine = await startEngine(options)
  onTestFinished(() => engine.stop())
  return engine
}

test('an engine for tests takes what port is free, and answers the SDK', async () => {
  const { url, clientConfig } = await engineOfTest()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect((await new ElastiCache(clientConfig).describeCacheClusters({})).CacheClusters).toEqual([])
})

test('several engines in one process do not know of each other', async () => {
  const [one, other] = await Promise.all([engineOfTest(), engineOfTest()])
  await new ElastiCache(one.clientConfig).createCacheCluster(memcached('shop'))
  await one.available('shop')
  expect((await new ElastiCache(other.clientConfig).describeCacheClusters({})).CacheClusters).toEqual([])
})

test('a cache tells where it answers once it is available, and answers there', async () => {
  const engine = await engineOfTest()
  await new ElastiCache(engine.clientConfig).createCacheCluster(memcached('shop', 2))
  const endpoints = await engine.available('shop')
  expect(endpoints.map(({ role }) => role)).toEqual(['configuration', '0001', '0002'])
  for (const { host, port } of endpoints) {
    const socket = connect({ host, port }, () => socket.write('version\r\n'))
    const [answer] = await new Promise<Buffer[]>((resolve) => socket.once('data', (bytes) => resolve([bytes])))
    socket.destroy()
    expect(String(answer)).toMatch(/^VERSION 1\.6/)
  }
})

test('a cache that is not there is told by its name', async () => {
  const engine = await engineOfTest()
  await expect(engine.endpoints('nope')).rejects.toThrow('CacheCluster not found: nope')
})

test('a directory of its own is gone when the engine has stopped', async () => {
  const { stateDir, stop } = await engineOfTest()
  expect(existsSync(stateDir)).toBe(true)
  await stop()
  expect(existsSync(stateDir)).toBe(false)
})

test('a directory that was named is kept, and what is in it comes back', async () => {
  const stateDir = temporaryDirectory()
  const first = await engineOfTest({ stateDir })
  await new ElastiCache(first.clientConfig).createCacheCluster({ ...memcached('shop'), Port: firstPort })
  await first.available('shop')
  await first.stop()
  const second = await engineOfTest({ stateDir })
  expect(await second.available('shop')).toHaveLength(2)
})

test.each([
  [{ pase: 'quick' }, 'no option pase. Did you mean pace?'],
  [{ pace: 'fast' }, "pace is 'fast'. Possible: instant, quick, realistic."],
  [{ region: 'us-wset-2' }, "region is 'us-wset-2'. Did you mean us-west-2?"],
  [{ region: 7 }, 'region is 7. Possible: a region such as us-west-2.'],
  [{ port: 70_000 }, 'port is 70000.'],
  [{ stateDir: '' }, "stateDir is ''. Possible: the path of a directory."],
  [{ log: 'yes' }, "log is 'yes'. Possible: a function."],
  [null, 'an object of options: stateDir, port, region, pace, log.'],
])('options that JavaScript gets wrong are refused before anything starts: %j', async (options, words) => {
  const starting = startEngine(options as never) // what a type checker would not let pass
  await expect(starting).rejects.toThrow(TypeError)
  await expect(starting).rejects.toThrow(words)
})

test('`await using` ends it', async () => {
  const url = await (async () => {
    await using engine = await startEngine()
    return engine.url
  })()
  await expect(fetch(`${url}/health`)).rejects.toThrow()
})
