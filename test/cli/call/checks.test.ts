import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkRequest, complaintText, suggestName } from '../../../src/cli/call/checks.ts'

const about = (input: object) => checkRequest('CreateCacheCluster', input).map(({ option }) => option)
const cluster = { CacheClusterId: 'shop', Engine: 'memcached', EngineVersion: '1.6.22', NumCacheNodes: 2 }

test('the character that a name may not have is pointed at, and another name is offered', () => {
  const [complaint] = checkRequest('CreateCacheCluster', { CacheClusterId: 'my_shop.v2' })
  expect(
    complaint && complaintText(complaint),
  ).toBe(`--cache-cluster-id: "_" is not allowed; letters, digits and hyphens are.
    my_shop.v2
      ^ try: my-shop-v2`)
  expect(checkRequest('CreateServerlessCache', { ServerlessCacheName: 'x'.repeat(41) })[0]?.text).toContain('40')
  for (const bad of ['1shop', 'shop-', 'my--shop']) expect(about({ CacheClusterId: bad })).toEqual(['cache-cluster-id'])
})

test('a name that is offered is a name that is allowed', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 80 }), (value) => {
      expect(about({ CacheClusterId: suggestName(value, 50) })).toEqual([])
    }),
  )
})

describe('a cluster', () => {
  test.each<[string, object, string[]]>([
    ['nothing is wrong', {}, []],
    ['a zone is missing', { PreferredAvailabilityZones: ['us-west-2a'] }, ['preferred-availability-zones']],
    ['one zone and two', { AZMode: 'single-az', PreferredAvailabilityZones: ['a', 'b'] }, ['az-mode']],
    [
      'one zone twice across zones',
      { AZMode: 'cross-az', PreferredAvailabilityZones: ['a', 'a'] },
      ['preferred-availability-zones'],
    ],
    ['an engine there is not', { Engine: 'memcache' }, ['engine']],
    ['many nodes', { NumCacheNodes: 61 }, ['num-cache-nodes']],
    ['IPv6 before 1.6.6', { EngineVersion: '1.5.16', NetworkType: 'ipv6' }, ['network-type']],
    ['discovery without the network', { IpDiscovery: 'ipv6' }, ['ip-discovery']],
    ['TLS before 1.6.12', { EngineVersion: '1.6.6', TransitEncryptionEnabled: true }, ['transit-encryption-enabled']],
    ['a group of another family', { CacheParameterGroupName: 'default.memcached1.5' }, ['cache-parameter-group-name']],
    ['a group of its family', { CacheParameterGroupName: 'default.memcached1.6' }, []],
    ['a line of versions, of which some have TLS', { EngineVersion: '1.6', TransitEncryptionEnabled: true }, []],
    ['a group the name tells nothing of', { CacheParameterGroupName: 'hot' }, []],
  ])('%s', (_, more, expected) => expect(about({ ...cluster, ...more })).toEqual(expected))
})
