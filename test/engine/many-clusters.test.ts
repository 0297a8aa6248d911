import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { firstPort, memcached, startTestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

test('a hundred clusters created and deleted leave no port, node or record behind', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  const ids = Array.from({ length: 100 }, (_, number) => `shop-${number}`)
  for (let round = 0; round < 10; round++) {
    const batch = ids.slice(round * 10, round * 10 + 10)
    await Promise.all(batch.map((id) => client.createCacheCluster(memcached(id, 2))))
    for (const id of batch) await engine.until(id, 'available')
    const { clusters } = await engine.status()
    const ports = clusters.flatMap(({ endpoint, nodes }) => [endpoint?.port, ...nodes.map(({ port }) => port)])
    expect(new Set(ports).size).toBe(30)
    await Promise.all(batch.map((id) => client.deleteCacheCluster({ CacheClusterId: id })))
    for (const id of batch) await engine.untilGone(id)
  }
  expect((await engine.status()).clusters).toEqual([])
  // Freed ports are given again, so the search for free ones never drifts away.
  await client.createCacheCluster(memcached('last'))
  await engine.until('last', 'available')
  const { CacheClusters } = await client.describeCacheClusters({})
  expect(CacheClusters?.[0]?.ConfigurationEndpoint?.Port).toBeLessThan(firstPort + 400)
}, 60_000)

test('the port asked for is the configuration endpoint’s when it is free, else the next free one', async () => {
  const taken = createServer()
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port))
  })
  onTestFinished(() => void taken.close())
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop'), Port: port })
  await engine.until('shop', 'available')
  const { CacheClusters } = await client.describeCacheClusters({})
  expect(CacheClusters?.[0]?.ConfigurationEndpoint?.Port).toBeGreaterThan(port)
})

test('lists longer than a page carry a marker, and pages stay right while clusters go', async () => {
  const engine = await startTestEngine({ pace: 'realistic' })
  const client = engine.client()
  for (let number = 10; number < 40; number++) await client.createCacheCluster(memcached(`c-${number}`))
  const first = await client.describeCacheClusters({ MaxRecords: 20 })
  expect(first.CacheClusters).toHaveLength(20)
  const second = await client.describeCacheClusters({ MaxRecords: 20, Marker: first.Marker as string })
  expect(second.CacheClusters?.[0]?.CacheClusterId).toBe('c-30')
  expect(second.CacheClusters).toHaveLength(10)
  expect(second.Marker).toBeUndefined()
})

test('the nodes of a cluster are spread over the workers', async () => {
  const engine = await startTestEngine()
  await engine.client().createCacheCluster(memcached('shop', 4))
  await engine.until('shop', 'available')
  const { clusters, workers } = await engine.status()
  expect(new Set(clusters[0]?.nodes.map(({ worker }) => worker)).size).toBe(workers)
})

test('a reset deletes every resource of every region and stops their nodes', async () => {
  const engine = await startTestEngine()
  for (const region of ['us-west-2', 'eu-west-1']) {
    await engine.client(region).createCacheCluster(memcached('shop'))
    await engine.until('shop', 'available', region)
  }
  const answer = await fetch(`${engine.info.url}/_cachectl/reset`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.credentials.controlToken}` },
  })
  expect(await answer.json()).toEqual({ clusters: 2 })
  await eventually('nothing is left', async () => (await engine.status()).clusters.length === 0)
})
