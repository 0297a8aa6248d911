import { ElastiCache } from '@aws-sdk/client-elasticache'
import { startEngine } from 'cachectl'
import type {} from 'cachectl/vitest' // what inject('cachectl') is
import { expect, inject, test } from 'vitest'

test('the engine of this run answers the SDK', async () => {
  const client = new ElastiCache(inject('cachectl').clientConfig)
  const { CacheClusters } = await client.describeCacheClusters({})
  expect(CacheClusters).toEqual([])
})

test('a test can have an engine of its own', async () => {
  await using engine = await startEngine()
  const client = new ElastiCache(engine.clientConfig)
  await client.createCacheCluster({
    CacheClusterId: 'shop',
    Engine: 'memcached',
    CacheNodeType: 'cache.t4g.small',
    NumCacheNodes: 2,
  })
  const endpoints = await engine.available('shop')
  expect(endpoints.map(({ role }) => role)).toEqual(['configuration', '0001', '0002'])
})
