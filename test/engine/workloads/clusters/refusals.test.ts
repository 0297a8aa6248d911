import type {
  CreateCacheClusterCommandInput,
  ElastiCache,
  ModifyCacheClusterCommandInput,
} from '@aws-sdk/client-elasticache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memcached, startTestEngine } from '../../../support/engine.ts'

type Case = [why: string, input: object, code: string, message: RegExp | string]

const IDENTIFIER =
  'The parameter CacheClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.'
const ZONES = 'Must specify the same number of preferred availability zones as requested number of nodes.'

const CREATE: Case[] = [
  ['an id with two hyphens', { CacheClusterId: 'a--b' }, 'InvalidParameterValue', IDENTIFIER],
  ['an id that ends with a hyphen', { CacheClusterId: 'a-' }, 'InvalidParameterValue', IDENTIFIER],
  ['an id that begins with a digit', { CacheClusterId: '1a' }, 'InvalidParameterValue', IDENTIFIER],
  ['an id with a dot', { CacheClusterId: 'a.b' }, 'InvalidParameterValue', IDENTIFIER],
  ['an id of 51 characters', { CacheClusterId: 'a'.repeat(51) }, 'InvalidParameterValue', /50 characters/],
  [
    'no engine',
    { Engine: undefined },
    'InvalidParameterValue',
    'The parameter Engine must be provided and must not be null.',
  ],
  ['an engine that is not there', { Engine: 'nosuch' }, 'InvalidParameterValue', /nosuch/],
  ['redis with several nodes', { Engine: 'redis', NumCacheNodes: 2 }, 'InvalidParameterValue', /should be 1/],
  [
    'no node type',
    { CacheNodeType: undefined },
    'InvalidParameterValue',
    'The parameter CacheNodeType must be provided and must not be null.',
  ],
  ['an unknown node type', { CacheNodeType: 'cache.zz.huge' }, 'InvalidParameterValue', /cache\.zz\.huge/],
  [
    'a previous generation node type',
    { CacheNodeType: 'cache.m1.small' },
    'InvalidParameterValue',
    /previous generation/,
  ],
  [
    'a node type newer than the version',
    { CacheNodeType: 'cache.t4g.small', EngineVersion: '1.4.34' },
    'InvalidParameterCombination',
    /1\.5\.16/,
  ],
  [
    'a version that is not there',
    { EngineVersion: '1.6.99' },
    'InvalidParameterCombination',
    /^Cannot find version 1\.6\.99 for memcached/,
  ],
  [
    'no node count',
    { NumCacheNodes: undefined },
    'InvalidParameterValue',
    'The parameter NumCacheNodes must be provided and must not be null.',
  ],
  ['no nodes', { NumCacheNodes: 0 }, 'InvalidParameterValue', /at least 1/],
  [
    '61 nodes',
    { NumCacheNodes: 61 },
    'NodeQuotaForClusterExceeded',
    'Cluster node quota exceeded. Each cluster can have at most 60 nodes in this region.',
  ],
  ['cross-az with one node', { AZMode: 'cross-az' }, 'InvalidParameterCombination', /two cache nodes/],
  [
    'fewer zones than nodes',
    { NumCacheNodes: 2, AZMode: 'cross-az', PreferredAvailabilityZones: ['us-west-2a'] },
    'InvalidParameterCombination',
    ZONES,
  ],
  [
    'several zones with single-az',
    { NumCacheNodes: 2, AZMode: 'single-az', PreferredAvailabilityZones: ['us-west-2a', 'us-west-2b'] },
    'InvalidParameterCombination',
    /cross-az/,
  ],
  [
    'a zone of another region',
    { PreferredAvailabilityZone: 'us-east-1a' },
    'InvalidParameterValue',
    /us-east-1a is not a valid availability zone/,
  ],
  [
    'one zone and a list of zones',
    { PreferredAvailabilityZone: 'us-west-2a', PreferredAvailabilityZones: ['us-west-2a'] },
    'InvalidParameterCombination',
    /both/,
  ],
  [
    'IPv6 before 1.6.6',
    { NetworkType: 'ipv6', CacheNodeType: 'cache.t3.small', EngineVersion: '1.5.16' },
    'InvalidParameterCombination',
    /1\.6\.6/,
  ],
  [
    'IPv6 on a type that is not Nitro',
    { NetworkType: 'dual_stack', CacheNodeType: 'cache.m4.large' },
    'InvalidParameterCombination',
    /Nitro/,
  ],
  ['IPv6 discovery on an IPv4 network', { IpDiscovery: 'ipv6' }, 'InvalidParameterCombination', /IpDiscovery ipv6/],
  [
    'a network type that is none',
    { NetworkType: 'ipv5' },
    'InvalidParameterValue',
    /ipv4, ipv6, dual_stack|dual_stack, ipv4, ipv6/,
  ],
  [
    'TLS before 1.6.12',
    { TransitEncryptionEnabled: true, EngineVersion: '1.6.6' },
    'InvalidParameterCombination',
    /1\.6\.12/,
  ],
  [
    'TLS on T2',
    { TransitEncryptionEnabled: true, CacheNodeType: 'cache.t2.small' },
    'InvalidParameterCombination',
    /cache\.t2\.small/,
  ],
  [
    'a parameter group of another family',
    { CacheParameterGroupName: 'default.memcached1.4' },
    'InvalidParameterCombination',
    'Expected a parameter group of family memcached1.6 but found one of family memcached1.4',
  ],
  [
    'an unknown parameter group',
    { CacheParameterGroupName: 'mine' },
    'CacheParameterGroupNotFound',
    'CacheParameterGroup not found: mine',
  ],
  [
    'an unknown subnet group',
    { CacheSubnetGroupName: 'main' },
    'CacheSubnetGroupNotFoundFault',
    'Cache Subnet Group main does not exist.',
  ],
  ['an unknown security group', { SecurityGroupIds: ['sg-1'] }, 'InvalidParameterValue', /sg-1/],
  ['a port below 1024', { Port: 80 }, 'InvalidParameterValue', /between 1024 and 65535/],
  ['a window that is none', { PreferredMaintenanceWindow: 'sunday' }, 'InvalidParameterValue', /ddd:hh24:mi/],
  [
    'a window of half an hour',
    { PreferredMaintenanceWindow: 'sun:23:00-sun:23:30' },
    'InvalidParameterValue',
    /60 minutes/,
  ],
  ['a window of 25 hours', { PreferredMaintenanceWindow: 'sun:23:00-tue:00:00' }, 'InvalidParameterValue', /24 hours/],
  [
    '51 tags',
    { Tags: Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' })) },
    'TagQuotaPerResourceExceeded',
    /50/,
  ],
  ['a reserved tag', { Tags: [{ Key: 'aws:x', Value: '' }] }, 'InvalidParameterValue', /aws:/],
  ['an auth token', { AuthToken: 'x'.repeat(16) }, 'InvalidParameterCombination', /memcached/],
  ['a snapshot to restore', { SnapshotName: 's' }, 'InvalidParameterCombination', /memcached/],
  ['snapshots', { SnapshotRetentionLimit: 1 }, 'InvalidParameterCombination', /memcached/],
  [
    'log delivery',
    { LogDeliveryConfigurations: [{ LogType: 'engine-log' }] },
    'InvalidParameterCombination',
    'engine-log log delivery is not supported for the memcached engine',
  ],
  ['a replication group', { ReplicationGroupId: 'rg' }, 'ReplicationGroupNotFoundFault', /rg/],
  [
    'cache security groups',
    { CacheSecurityGroupNames: ['x'] },
    'InvalidParameterValue',
    'Use of cache security groups is not permitted in this API version for your account.',
  ],
  ['an outpost', { OutpostMode: 'single-outpost' }, 'InvalidParameterValue', /Outposts/],
]

const MODIFY: Case[] = [
  [
    'a cluster that is not there',
    { CacheClusterId: 'nosuch' },
    'CacheClusterNotFound',
    'CacheCluster not found: nosuch',
  ],
  [
    'fewer nodes without their ids',
    { NumCacheNodes: 1 },
    'InvalidParameterCombination',
    'The number of CacheNodeIdsToRemove must match the number of nodes you are trying to remove, current number of cache nodes is 2, requested number of cache nodes is 1 and CacheNodeIdsToRemove supplied are 0',
  ],
  [
    'too many ids',
    { NumCacheNodes: 1, CacheNodeIdsToRemove: ['0001', '0002'] },
    'InvalidParameterCombination',
    /supplied are 2/,
  ],
  ['ids without a count', { CacheNodeIdsToRemove: ['0001'] }, 'InvalidParameterCombination', /NumCacheNodes/],
  ['an id the cluster lacks', { NumCacheNodes: 1, CacheNodeIdsToRemove: ['0009'] }, 'InvalidParameterValue', /0009/],
  [
    'ids when nodes are added',
    { NumCacheNodes: 3, CacheNodeIdsToRemove: ['0001'] },
    'InvalidParameterCombination',
    /only possible/,
  ],
  ['no nodes', { NumCacheNodes: 0 }, 'InvalidParameterValue', /at least 1/],
  ['61 nodes', { NumCacheNodes: 61 }, 'NodeQuotaForClusterExceeded', /60/],
  ['a node type there is not', { CacheNodeType: 'cache.zz.huge' }, 'InvalidParameterValue', /cache\.zz\.huge/],
  ['a node type of the past', { CacheNodeType: 'cache.m3.large' }, 'InvalidParameterValue', /previous generation/],
  ['ScaleConfig alone', { ScaleConfig: { ScalePercentage: 50 } }, 'InvalidParameterCombination', /CacheNodeType/],
  [
    'a batch of 9 percent',
    { CacheNodeType: 'cache.m5.large', ScaleConfig: { ScalePercentage: 9 } },
    'InvalidParameterValue',
    /between 10 and 100/,
  ],
  [
    'an interval of 31 minutes',
    { CacheNodeType: 'cache.m5.large', ScaleConfig: { ScaleIntervalMinutes: 31 } },
    'InvalidParameterValue',
    /between 2 and 30/,
  ],
  ['an older version', { EngineVersion: '1.5.16' }, 'InvalidParameterCombination', /downgrade/],
  [
    'another engine',
    { Engine: 'valkey' },
    'InvalidParameterValue',
    'This API supports only cross-engine upgrades to Valkey engine currently',
  ],
  ['zones when no nodes are added', { NewAvailabilityZones: ['us-west-2a'] }, 'InvalidParameterCombination', /added/],
  [
    'another number of zones than of new nodes',
    { NumCacheNodes: 4, NewAvailabilityZones: ['us-west-2a'] },
    'InvalidParameterCombination',
    ZONES,
  ],
  ['IPv6 discovery on an IPv4 network', { IpDiscovery: 'ipv6' }, 'InvalidParameterCombination', /IpDiscovery ipv6/],
  ['a bad window', { PreferredMaintenanceWindow: 'x' }, 'InvalidParameterValue', /ddd/],
]

describe('requests that are refused change nothing', () => {
  let client: ElastiCache
  const cleanUps: (() => Promise<void> | void)[] = []
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  })

  beforeAll(async () => {
    const engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    client = engine.client()
    await client.createCacheCluster({ ...memcached('present', 2), PreferredAvailabilityZone: 'us-west-2a' })
    await engine.until('present', 'available')
  })

  const refused = async (attempt: () => Promise<unknown>, code: string, message: RegExp | string) => {
    const before = await client.describeCacheClusters({})
    await expect(attempt()).rejects.toMatchObject({
      Code: code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
    const after = await client.describeCacheClusters({})
    expect(after.CacheClusters).toEqual(before.CacheClusters)
  }

  test.each(CREATE)('CreateCacheCluster with %s', (_, input, code, message) =>
    refused(
      () => client.createCacheCluster({ ...memcached('new'), ...input } as CreateCacheClusterCommandInput),
      code,
      message,
    ),
  )

  test('CreateCacheCluster with an id in use, in any case', () =>
    refused(
      () => client.createCacheCluster(memcached('PRESENT')),
      'CacheClusterAlreadyExists',
      'Cache cluster already exists',
    ))

  test.each(MODIFY)('ModifyCacheCluster with %s', (_, input, code, message) =>
    refused(
      () => client.modifyCacheCluster({ CacheClusterId: 'present', ...input } as ModifyCacheClusterCommandInput),
      code,
      message,
    ),
  )

  test('RebootCacheCluster with a node the cluster lacks', () =>
    refused(
      () => client.rebootCacheCluster({ CacheClusterId: 'present', CacheNodeIdsToReboot: ['0009'] }),
      'InvalidParameterValue',
      /0009/,
    ))

  test('RebootCacheCluster without nodes: there is no shorthand for all', () =>
    refused(
      () => client.rebootCacheCluster({ CacheClusterId: 'present', CacheNodeIdsToReboot: [] }),
      'InvalidParameterValue',
      /CacheNodeIdsToReboot/,
    ))

  test.each([
    ['present', 'SnapshotFeatureNotSupportedFault', /memcached/],
    ['nosuch', 'CacheClusterNotFound', /nosuch/],
  ])('CreateSnapshot of cluster %s', (CacheClusterId, code, message) =>
    refused(() => client.createSnapshot({ CacheClusterId, SnapshotName: 's' }), code, message),
  )

  test('DeleteCacheCluster with a final snapshot', () =>
    refused(
      () => client.deleteCacheCluster({ CacheClusterId: 'present', FinalSnapshotIdentifier: 's' }),
      'SnapshotFeatureNotSupportedFault',
      /memcached/,
    ))
})

test('a cluster that is being created can be neither modified, rebooted nor deleted', async () => {
  const engine = await startTestEngine({ pace: 'realistic' })
  const client = engine.client()
  await client.createCacheCluster(memcached('shop'))
  const refusal = { Code: 'InvalidCacheClusterState' }
  await expect(client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2 })).rejects.toMatchObject(refusal)
  await expect(
    client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] }),
  ).rejects.toMatchObject(refusal)
  await expect(client.deleteCacheCluster({ CacheClusterId: 'shop' })).rejects.toMatchObject(refusal)
})

test('a region holds at most 300 nodes', async () => {
  const engine = await startTestEngine({ pace: 'realistic' })
  const client = engine.client()
  for (let number = 0; number < 5; number++) await client.createCacheCluster(memcached(`shop-${number}`, 60))
  await expect(client.createCacheCluster(memcached('more'))).rejects.toMatchObject({
    Code: 'NodeQuotaForCustomerExceeded',
    message: 'Customer node quota exceeded. You can have at most 300 nodes in this region.',
  })
})
