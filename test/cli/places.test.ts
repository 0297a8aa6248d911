import { expect, test } from 'vitest'
import { resources } from '../../src/api/catalog/resources.ts'
import type { CacheKind } from '../../src/cli/caches/cache.ts'
import { allCaches, findCache } from '../../src/cli/caches/find.ts'
import { cluster } from '../../src/cli/caches/kinds/cluster.ts'
import { cacheKinds } from '../../src/cli/caches/kinds/index.ts'
import { joinPorts, onePlace } from '../../src/cli/caches/place.ts'
import type { ApiClient } from '../../src/cli/target/client.ts'

test.each([
  [['127.0.0.1', '11222'], ['127.0.0.1:11222']],
  [
    ['localhost', '::1', '11222'],
    ['localhost:11222', '[::1]:11222'],
  ],
  [
    ['cache.test', '1', '[::1]', '2', 'shop'],
    ['cache.test:1', '[::1]:2', 'shop'],
  ],
  [['10.0.0.0/30', '80,443'], ['10.0.0.0/30:80,443']],
  [['2001:db8::/127', '5-6'], ['[2001:db8::/127]:5-6']],
  [
    ['shop', 'a:1'],
    ['shop', 'a:1'],
  ],
])('%j means %j: a number is the port of the hosts before it', (spoken, meant) => {
  expect(joinPorts(spoken)).toEqual(meant)
})

test.each([
  [['11222'], 'no host stands before it'],
  [['127.0.0.1', '1', '2'], '2 is a port, and no host'],
  [['127.0.0.1:1', '2'], 'which names its port'],
  [['[::1]:1', '2'], 'which names its port'],
  [['shop', '11222'], 'the id of a cluster'],
])('%j is refused: %s', (spoken, why) => {
  expect(() => joinPorts(spoken)).toThrow(why)
})

test('a command that looks at one place takes a host and its port, and no second host', () => {
  expect(onePlace(['127.0.0.1', '11222'])).toBe('127.0.0.1:11222')
  expect(() => onePlace(['127.0.0.1', '::1'])).toThrow('One place at a time')
})

test('a kind of cache is a file and a row: it is found by its name after those there are', async () => {
  const kind = resources.globalReplicationGroup
  const madeUp: CacheKind = {
    kind,
    cacheOf: (item) => ({ ...cluster.cacheOf({ ...item, CacheClusterId: item[kind.id] }), kind }),
  }
  const calls: string[] = []
  const client = {
    async call(name: string) {
      calls.push(name)
      return name === kind.describe ? { [kind.list]: [{ [kind.id]: 'front', Engine: 'redis' }] } : {}
    },
  } as unknown as ApiClient // no more of a client is used than its calls
  expect(await findCache(client, 'front', [...cacheKinds, madeUp])).toMatchObject({
    id: 'front',
    engine: 'redis',
    kind,
  })
  expect(calls).toEqual([
    'DescribeCacheClusters',
    'DescribeServerlessCaches',
    'DescribeReplicationGroups',
    'DescribeGlobalReplicationGroups',
  ])
})

test('serverless caches are those of every page', async () => {
  const cache = (ServerlessCacheName: string) => ({ ServerlessCacheName, Engine: 'memcached' })
  const pages: Record<string, object> = {
    first: { ServerlessCaches: [cache('web')], NextToken: 'second' },
    second: { ServerlessCaches: [cache('cart')] },
  }
  // Of a client no more is used than its calls.
  const client = {
    call: async (name: string, { NextToken = 'first' }) =>
      name === 'DescribeServerlessCaches' ? pages[NextToken] : {},
  } as unknown as ApiClient
  const found = await allCaches(client, () => {})
  expect(found.map(({ id }) => id)).toEqual(['web', 'cart'])
})
