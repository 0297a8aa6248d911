import { describe, expect, test } from 'vitest'
import { memberIds } from '../../../../src/engine/workloads/replication-groups/names.ts'
import { readShape } from '../../../../src/engine/workloads/replication-groups/shape.ts'

type Asked = Parameters<typeof readShape>[0]

const shape = (input: Asked, clusterEnabled?: boolean) => readShape(input, clusterEnabled)
const ON = { AutomaticFailoverEnabled: true }
const members = ({ shards }: ReturnType<typeof shape>) => shards.map(({ zones }) => zones.length)

describe('a new replication group', () => {
  test('is one node where nothing is said', () => {
    expect(shape({})).toEqual({
      clusterMode: 'disabled',
      shards: [{ id: '0001', slots: [[0, 16_383]], zones: [null] }],
    })
  })

  test('has as many cache clusters as are asked for, in the zones that are', () => {
    expect(members(shape({ NumCacheClusters: 3 }))).toEqual([3])
    const zones = ['us-west-2b', 'us-west-2a']
    expect(shape({ NumCacheClusters: 2, PreferredCacheClusterAZs: zones }).shards[0]?.zones).toEqual(zones)
  })

  test.each<[string, Asked, boolean | undefined]>([
    ['two shards', { NumNodeGroups: 2, ...ON }, undefined],
    ['a parameter group with cluster-enabled', { NumNodeGroups: 1, ...ON }, true],
    ['ClusterMode enabled', { ClusterMode: 'enabled', ...ON }, undefined],
  ])('is in cluster mode by %s', (_, input, clusterEnabled) => {
    expect(shape(input, clusterEnabled).clusterMode).toBe('enabled')
  })

  test('with one shard and without a parameter group is not in cluster mode', () => {
    expect(shape({ NumNodeGroups: 1, ReplicasPerNodeGroup: 1 }).clusterMode).toBe('disabled')
  })

  test('takes slots, zones and ids of its shards from their configuration', () => {
    const { shards } = shape({
      ...ON,
      NodeGroupConfiguration: [
        {
          NodeGroupId: '7',
          Slots: '0-8999',
          PrimaryAvailabilityZone: 'us-west-2c',
          ReplicaAvailabilityZones: ['us-west-2a'],
        },
        { Slots: '9000-16383', ReplicaCount: 2 },
      ],
    })
    expect(shards).toEqual([
      { id: '0007', slots: [[0, 8999]], zones: ['us-west-2c', 'us-west-2a'] },
      { id: '0002', slots: [[9000, 16_383]], zones: [null, null, null] },
    ])
  })

  test.each<[string, Asked, boolean | undefined]>([
    [
      'Redis with cluster mode enabled cannot be created with auto failover turned off.',
      { NumNodeGroups: 2 },
      undefined,
    ],
    [
      'When using automatic failover, there must be at least 2 cache clusters in the replication group.',
      { NumCacheClusters: 1, ...ON },
      undefined,
    ],
    [
      'PreferredCacheClusterAZs can only be specified for one node group.',
      { NumNodeGroups: 2, PreferredCacheClusterAZs: ['us-west-2a'], ...ON },
      undefined,
    ],
    ['The number of replicas per node group must be within 0 and 5.', { ReplicasPerNodeGroup: 6 }, undefined],
    ['Multi-AZ needs automatic failover to be enabled.', { NumCacheClusters: 2, MultiAZEnabled: true }, undefined],
    ['More than one node group needs a parameter group with cluster mode enabled.', { NumNodeGroups: 2, ...ON }, false],
    [
      'Slots of all node groups together must be 0-16383, each in one of them.',
      { ...ON, NodeGroupConfiguration: [{ Slots: '0-10' }, { Slots: '12-16383' }] },
      undefined,
    ],
    [
      'Slots must be given for all node groups, or for none.',
      { ...ON, NodeGroupConfiguration: [{ Slots: '0-10' }, {}] },
      undefined,
    ],
    [
      'The following node group ids are invalid: [one]',
      { ...ON, NodeGroupConfiguration: [{ NodeGroupId: 'one' }, {}] },
      undefined,
    ],
    ['Invalid value 7 for NumCacheClusters. Must be between 1 and 6', { NumCacheClusters: 7 }, undefined],
  ])('is refused: %s', (message, input, clusterEnabled) => {
    expect(() => shape(input, clusterEnabled)).toThrow(message)
  })
})

describe('members', () => {
  test('are called by their group, in cluster mode by their shard, too', () => {
    expect(memberIds('shop', null, 2, () => false)).toEqual(['shop-001', 'shop-002'])
    expect(memberIds('shop', '0002', 1, () => false)).toEqual(['shop-0002-001'])
  })

  test('get the smallest numbers that no cache cluster has', () => {
    expect(memberIds('shop', null, 2, (id) => id === 'shop-001' || id === 'shop-003')).toEqual(['shop-002', 'shop-004'])
  })
})
