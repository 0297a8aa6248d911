import { describe, expect, test } from 'vitest'
import { type AskedNode, membersOf } from '../../../src/cli/caches/group-nodes.ts'
import { replicationGroup } from '../../../src/cli/caches/kinds/replication-group.ts'
import { viewOf } from '../../../src/cli/commands/diagnose/discover-group.ts'

const ends = ['10.0.0.1', '10.0.0.2'].map((host) => ({ host, port: 6379 }))
const cache = replicationGroup.cacheOf({
  ReplicationGroupId: 'cart',
  Status: 'available',
  Engine: 'valkey',
  ConfigurationEndpoint: { Address: '10.0.0.9', Port: 6379 },
  NodeGroups: [
    {
      NodeGroupId: '0001',
      Slots: '0-16383',
      NodeGroupMembers: ends.map(({ host, port }, at) => ({
        CacheClusterId: `cart-0001-00${at + 1}`,
        ReadEndpoint: { Address: host, Port: port },
        CurrentRole: at === 0 ? 'primary' : 'replica',
      })),
    },
  ],
})
const [first, second] = membersOf(cache)
const [primaryEnd, replicaEnd] = ends
if (!first || !second || !primaryEnd || !replicaEnd) throw new Error('a group of two')

const shards = [{ slots: [[0, 16383]] as [number, number][], primary: primaryEnd, replicas: [replicaEnd] }]
const primary: AskedNode = { node: first, standing: { role: 'primary', offset: 50 }, shards }
const replica: AskedNode = { node: second, standing: { role: 'replica', offset: 40, linked: true }, shards }

describe('what nodes of a group say, held against the API', () => {
  test('agrees, and tells how far a replica is behind', () => {
    const { differences, nodes } = viewOf(cache, [primary, replica])
    expect(differences).toEqual([])
    expect(nodes.map(({ behind, knows }) => [behind, knows])).toEqual([
      [null, 2],
      [10, 2],
    ])
  })

  const odd: readonly [string, AskedNode, string][] = [
    ['is silent', { node: second, problem: 'refused' }, 'cart-0001-002 does not answer: refused'],
    [
      'has another role',
      { ...replica, standing: { role: 'primary', offset: 40 } },
      'cart-0001-001 and cart-0001-002 of shard 0001 all say that they are the primary',
    ],
    [
      'receives nothing',
      { ...replica, standing: { role: 'replica', offset: 40, linked: false } },
      'cart-0001-002 does not receive what its primary writes',
    ],
    [
      'lists one node too few',
      { ...replica, shards: [{ ...shards[0], slots: [[0, 16383]], primary: primaryEnd, replicas: [] }] },
      'cart-0001-002 does not list cart-0001-002',
    ],
    [
      'lists a stranger',
      { ...replica, shards: [...shards, { slots: [], primary: { host: '10.0.0.7', port: 1 }, replicas: [] }] },
      'cart-0001-002 lists 10.0.0.7:1, which the API does not',
    ],
    [
      'lists other slots',
      { ...replica, shards: [{ slots: [[0, 99]], primary: primaryEnd, replicas: [replicaEnd] }] },
      'cart-0001-002 lists shard 0001 with slots 0-99, and the API with 0-16383',
    ],
    [
      'wants a login',
      { node: second, problem: 'NOAUTH Authentication required.', refusal: 'NOAUTH' },
      'cart-0001-002 refuses: NOAUTH Authentication required.',
    ],
    [
      'does not answer',
      { node: second, problem: 'no answer within 3 s' },
      'cart-0001-002 does not answer: no answer within 3 s',
    ],
  ]
  test.each(odd)('differs where a node %s', (_, node, told) => {
    expect(viewOf(cache, [primary, node]).differences).toContain(told)
  })
})
