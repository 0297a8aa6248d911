import { describe, expect, test } from 'vitest'
import { type AskedNode, membersOf } from '../../../src/cli/caches/group-nodes.ts'
import { replicationGroup } from '../../../src/cli/caches/kinds/replication-group.ts'
import { viewOf } from '../../../src/cli/commands/diagnose/discover-group.ts'
import { eventsOf } from '../../../src/cli/commands/diagnose/discover-group-follow.ts'
import { groupVerdict, refuseHopeless } from '../../../src/cli/commands/diagnose/discover-group-verdict.ts'
import { wishesOf } from '../../../src/cli/commands/diagnose/wishes.ts'

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

describe('a wish for a group', () => {
  const verdict = (wish: string, asked: readonly AskedNode[] = [primary, replica]) =>
    groupVerdict(cache, asked, viewOf(cache, asked).differences, wishesOf(wish))

  test.each([
    'agreed',
    'primary',
    'primary cart-0001-001',
    'primary 10.0.0.1:6379',
    'shards 1',
    'replicas 1',
    'nodes 2,ipv4',
  ])('%s is met', (wish) => {
    expect(verdict(wish)).toEqual({ converged: true, nodes: 2, shards: 1 })
  })

  test.each([
    ['primary cart-0001-002', 'cart-0001-002 is a replica, the primary is cart-0001-001'],
    ['shards 2', '1 shard, 2 expected'],
    ['replicas 2', '1 replica follows the primary of shard 0001, 2 expected'],
    ['nodes 3', '2 nodes answer, 3 expected'],
    ['ipv6', 'clients are told 10.0.0.1:6379, which is not ipv6'],
  ])('%s is not, and it is said why', (wish, detail) => {
    expect(verdict(wish)).toMatchObject({ converged: false, detail, final: false })
  })

  test('a replica that receives nothing does not count', () => {
    const cut: AskedNode = { ...replica, standing: { role: 'replica', offset: 40, linked: false } }
    expect(verdict('replicas 1', [primary, cut])).toMatchObject({
      detail: expect.stringContaining('0 replicas follow'),
    })
  })

  test('two primaries, or none, are not one', () => {
    const other: AskedNode = { ...replica, standing: { role: 'primary', offset: 40 } }
    expect(verdict('primary', [primary, other])).toMatchObject({ reason: 'wrong-primary' })
    expect(verdict('primary', [{ node: first, problem: 'refused' }, replica])).toMatchObject({
      reason: 'wrong-primary',
    })
  })

  test('is not met while the API names another primary', () => {
    const swapped: AskedNode[] = [
      { ...primary, standing: { role: 'replica', offset: 40, linked: true } },
      { ...replica, standing: { role: 'primary', offset: 50 } },
    ]
    expect(verdict('primary cart-0001-002', swapped)).toMatchObject({ reason: 'differs' })
  })

  test('is given up where a login is refused', () => {
    const locked: AskedNode = { node: second, problem: 'NOAUTH', refusal: 'NOAUTH', hint: 'log in' }
    expect(verdict('primary', [primary, locked])).toMatchObject({ reason: 'login-refused', final: true })
    expect(viewOf(cache, [locked, locked]).hints).toEqual(['log in'])
  })

  test('for a node that there is not is refused, with those that there are', () => {
    expect(() => refuseHopeless(cache, { primaries: ['cart-9'] })).toThrow(
      'cart has no node cart-9 (choose from: cart-0001-001, cart-0001-002)',
    )
    expect(() => refuseHopeless(cache, { shards: 2 })).not.toThrow()
    const { configuration, ...single } = cache
    expect(() => refuseHopeless(single, { shards: 2 })).toThrow('without cluster mode a group has one shard')
  })
})

describe('from one round to the next', () => {
  const before = viewOf(cache, [primary, replica])

  test('a failover is told: the lost node, the new primary, and the old one as a replica', () => {
    const promoted: AskedNode = { ...replica, standing: { role: 'primary', offset: 60 } }
    const during = viewOf(cache, [{ node: first, problem: 'refused' }, promoted])
    expect(eventsOf(before, during)).toEqual([
      { type: 'silent', node: 'cart-0001-001', shard: '0001', detail: 'refused' },
      { type: 'role', node: 'cart-0001-002', shard: '0001', from: 'replica', to: 'primary' },
    ])
    const back: AskedNode = { ...primary, standing: { role: 'replica', offset: 60, linked: true } }
    const after = viewOf(cache, [back, promoted])
    expect(eventsOf(during, after, new Map([['cart-0001-001', 'primary']]))).toEqual([
      { type: 'answers-again', node: 'cart-0001-001', shard: '0001', role: 'replica' },
      { type: 'role', node: 'cart-0001-001', shard: '0001', from: 'primary', to: 'replica' },
    ])
  })

  test('nodes that come and go are told, offsets are not', () => {
    const one = viewOf(cache, [{ ...primary, standing: { role: 'primary', offset: 99 } }])
    expect(eventsOf(before, one)).toEqual([{ type: 'left', node: 'cart-0001-002', shard: '0001' }])
    expect(eventsOf(one, before)).toEqual([{ type: 'joined', node: 'cart-0001-002', shard: '0001' }])
  })
})
