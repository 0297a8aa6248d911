import { createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { memcached, startTestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'
import { ask } from '../support/raw.ts'

function occupy(port: number): Promise<Server> {
  const server = createServer()
  onTestFinished(() => void server.close())
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

test('a node whose port another program took while the engine was down makes the cluster incompatible-network, until it is free', async () => {
  const stateDir = temporaryDirectory()
  const start = Date.now()
  const first = await startTestEngine({ stateDir })
  await first.client().createCacheCluster(memcached('shop', 2))
  await first.until('shop', 'available')
  const { clusters } = await first.status()
  const port = clusters[0]?.nodes[1]?.port as number
  await first.close()

  const squatter = await occupy(port)
  const clock = manualClock(start)
  const second = await startTestEngine({ stateDir, clock })
  await second.until('shop', 'incompatible-network')
  const { Events } = await second.client().describeEvents({ StartTime: new Date(start - 1000) })
  expect(Events?.[0]?.Message).toBe(`Cannot listen: 0002 on port ${port} (EADDRINUSE)`)

  await new Promise((resolve) => squatter.close(resolve))
  await eventually('the next attempt succeeds', async () => {
    clock.advanceTo(clock.now() + 5_000)
    const { CacheClusters } = await second.client().describeCacheClusters({})
    return CacheClusters?.[0]?.CacheClusterStatus === 'available'
  })
  expect(await ask(port, 'version\r\n', '\n')).toBe('VERSION 1.6.22\r\n')
})

test('a cluster that cannot come up can be deleted', async () => {
  const stateDir = temporaryDirectory()
  const first = await startTestEngine({ stateDir })
  await first.client().createCacheCluster(memcached('shop'))
  await first.until('shop', 'available')
  const port = (await first.status()).clusters[0]?.nodes[0]?.port as number
  await first.close()
  await occupy(port)
  const second = await startTestEngine({ stateDir })
  await second.until('shop', 'incompatible-network')
  await second.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await second.untilGone('shop')
})
