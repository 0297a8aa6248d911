import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cache } from '../../../src/cli/caches/cache.ts'
import type { AskedNode } from '../../../src/cli/caches/group-nodes.ts'
import { membersOf } from '../../../src/cli/caches/group-nodes.ts'
import { replicationGroup } from '../../../src/cli/caches/kinds/replication-group.ts'
import { changeOf, refuseMisfit, slotCount } from '../../../src/cli/commands/caches/scale-group-plan.ts'

/** A group in cluster mode whose shards have these members, the primary first; zones in turn. */
function group(...counts: readonly number[]): { cache: Cache; asked: AskedNode[] } {
  const slots = (at: number) => Math.floor((16384 * at) / counts.length)
  const cache = replicationGroup.cacheOf({
    ReplicationGroupId: 'cart',
    Status: 'available',
    CacheNodeType: 'cache.t4g.small',
    ConfigurationEndpoint: { Address: '10.0.0.1', Port: 6379 },
    NodeGroups: counts.map((count, shard) => ({
      NodeGroupId: `000${shard + 1}`,
      Slots: `${slots(shard)}-${slots(shard + 1) - 1}`,
      NodeGroupMembers: Array.from({ length: count }, (_, at) => ({
        CacheClusterId: `cart-000${shard + 1}-00${at + 1}`,
        PreferredAvailabilityZone: `us-west-2${'abc'[at % 3]}`,
        ReadEndpoint: { Address: '10.0.0.1', Port: 7000 + shard * 10 + at },
      })),
    })),
  })
  const asked = membersOf(cache).map((node): AskedNode => {
    const role = node.id.endsWith('-001') ? 'primary' : 'replica'
    return { node, keys: 1000, standing: { role, offset: 1 } }
  })
  return { cache, asked }
}

const plan = (shape: ReturnType<typeof group>, wanted: Parameters<typeof changeOf>[2]) =>
  changeOf(shape.cache, shape.asked, wanted)

describe('a plan to scale a replication group', () => {
  test('adds replicas to every shard', () => {
    expect(plan(group(2, 2), { replicas: 3 })).toMatchObject({
      operation: 'IncreaseReplicaCount',
      input: { ReplicationGroupId: 'cart', NewReplicaCount: 3, ApplyImmediately: true },
    })
  })

  test('adds replicas to the one shard that is named', () => {
    expect(plan(group(2, 2), { replicas: 3, shard: '0002' })?.input).toMatchObject({
      ReplicaConfiguration: [{ NodeGroupId: '0002', NewReplicaCount: 3 }],
    })
  })

  test('takes replicas away where a zone has most nodes, and never a primary', () => {
    const { operation, input, lines } = plan(group(5), { replicas: 2 }) ?? {}
    expect({ operation, input }).toMatchObject({
      operation: 'DecreaseReplicaCount',
      input: { ReplicasToRemove: ['cart-0001-004', 'cart-0001-005'] },
    })
    expect(lines?.join('\n')).toContain('go: cart-0001-004, cart-0001-005')
  })

  test('leaves it to the service which replicas go where no node tells its role', () => {
    const { cache, asked } = group(3)
    const silent = asked.map(({ node }) => ({ node, problem: 'no connection' }))
    expect(changeOf(cache, silent, { replicas: 1 })?.input).toMatchObject({
      ReplicaConfiguration: [{ NodeGroupId: '0001', NewReplicaCount: 1 }],
    })
  })

  test('says how many slots and keys move to new shards', () => {
    const { operation, input, lines } = plan(group(2, 2), { shards: 4 }) ?? {}
    expect({ operation, input }).toMatchObject({
      operation: 'ModifyReplicationGroupShardConfiguration',
      input: { NodeGroupCount: 4, ApplyImmediately: true },
    })
    expect(lines?.join('\n')).toContain('about 8192 of 16384 slots (50 %) with about 1000 keys')
  })

  test('names the shards that go, those with the highest ids', () => {
    expect(plan(group(1, 1, 1), { shards: 1 })?.input).toMatchObject({ NodeGroupsToRemove: ['0002', '0003'] })
  })

  test.each([{ replicas: 1 }, { shards: 2 }])('is none for what is so already: %j', (wanted) => {
    expect(plan(group(2, 2), wanted)).toBeUndefined()
  })

  test('is refused where some shards would get more and others fewer', () => {
    expect(() => plan(group(1, 4), { replicas: 2 })).toThrow('fewer replicas than 2, others more')
  })

  test.each([
    [{ nodes: 3 }, 'not for a replication group'],
    [{}, '--replicas --shards is required'],
    [{ replicas: 1, shards: 1 }, '--replicas --shards is required'],
    [{ shards: 1, shard: '0001' }, 'only with --replicas'],
  ])('is refused for %j', (given, why) => {
    expect(() => refuseMisfit(group(2).cache, { azs: [], ...given })).toThrow(why)
  })

  test('counts slots of any ranges', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(16383), { minLength: 1, maxLength: 300 }), (slots) => {
        const text = [...slots].sort((a, b) => a - b).map((slot) => (slot % 2 ? `${slot}` : `${slot}-${slot}`))
        expect(slotCount(text.join(','))).toBe(slots.length)
      }),
    )
  })
})
