import { expect, test } from 'vitest'
import { memcached, startTestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { manualClock } from '../../../support/manual-clock.ts'

test('a cluster that is being deleted is seen for as long as the pace says', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 29))
  const api = await startTestEngine({ pace: 'realistic', clock })
  const client = api.client()
  const clusterOf = async (id: string) => {
    const { CacheClusters = [] } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
    return CacheClusters.find(({ CacheClusterId }) => CacheClusterId === id)
  }
  const inTime = (what: string, isSo: () => Promise<boolean>) =>
    eventually(what, async () => {
      clock.advanceTo(clock.now() + 60_000)
      return isSo()
    })
  await client.createCacheCluster(memcached('shop'))
  await inTime('available', async () => (await clusterOf('shop'))?.CacheClusterStatus === 'available')
  await client.deleteCacheCluster({ CacheClusterId: 'shop' })
  // By the time the engine has started the node of another one, a deletion that takes no time would be done.
  await client.createCacheCluster(memcached('other'))
  await eventually('other has a node', async () => (await clusterOf('other'))?.CacheNodes?.length === 1)
  expect((await clusterOf('shop'))?.CacheClusterStatus).toBe('deleting')
  await inTime('gone', async () => (await clusterOf('shop')) === undefined)
})
