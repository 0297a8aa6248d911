import { describe, expect, test } from 'vitest'
import type { OperationName } from '../../../src/api/model.ts'
import { authorize, authorizeAction } from '../../../src/engine/identity/authorize.ts'
import type { Circumstances } from '../../../src/engine/identity/condition-keys.ts'
import { readPolicy } from '../../../src/engine/identity/policy.ts'
import { resourcesOf } from '../../../src/engine/identity/resources.ts'
import type { Tag } from '../../../src/engine/store/records.ts'

const WHO: Circumstances = {
  userName: 'ann',
  userId: 'AIDA0000000000000000',
  userArn: 'arn:aws:iam::000000000000:user/ann',
  account: '000000000000',
  region: 'us-west-2',
  sourceIp: '127.0.0.1',
  userAgent: 'aws-cli/2',
  now: Date.UTC(2026, 10, 21, 9, 0, 0, 999),
}
const arnOf = (type: string, name: string) => `arn:aws:elasticache:us-west-2:000000000000:${type}:${name}`

/** `allowed`, or what the refusal says. */
function ask(
  statements: object | object[],
  operation: OperationName,
  input: Record<string, unknown> = {},
  tags: Record<string, readonly Tag[]> = {},
): string {
  try {
    authorize({
      call: { operation, input },
      who: WHO,
      policies: [readPolicy({ Statement: statements })],
      tagsOf: (arn) => tags[arn] ?? [],
    })
    return 'allowed'
  } catch (error) {
    return (error as Error).message
  }
}

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more })
const onlyIf = (operator: string, key: string, value: unknown) => allow({ Condition: { [operator]: { [key]: value } } })

describe('a call is allowed only for all it is about', () => {
  const create = { CacheClusterId: 'Shop', CacheParameterGroupName: 'mine', CacheSubnetGroupName: 'nets' }
  const all = [arnOf('cluster', 'shop'), arnOf('parametergroup', 'mine'), arnOf('subnetgroup', 'nets')]

  test('the cluster and all it is made with', () => {
    expect(ask(allow({ Resource: all }), 'CreateCacheCluster', create)).toBe('allowed')
  })

  test.each(all)('%s is missing', (missing) => {
    const rest = all.filter((arn) => arn !== missing)
    expect(ask(allow({ Resource: rest }), 'CreateCacheCluster', create)).toBe(
      `User: ${WHO.userArn} is not authorized to perform: elasticache:CreateCacheCluster on resource: ${missing} ` +
        'because no identity-based policy allows the elasticache:CreateCacheCluster action',
    )
  })

  test('an explicit deny is told apart', () => {
    const deny = { Effect: 'Deny', Action: 'elasticache:Create*', Resource: all[1] }
    expect(ask([allow(), deny], 'CreateCacheCluster', create)).toMatch(
      new RegExp(`on resource: ${all[1]} with an explicit deny in an identity-based policy$`),
    )
  })

  test("conditions on what is asked for don't hold for what it is made with", () => {
    const named = onlyIf('StringEquals', 'elasticache:CacheParameterGroupName', 'mine')
    expect(ask(named, 'CreateCacheCluster', { CacheClusterId: 'shop' })).toMatch(/cluster:shop because/)
    expect(ask(named, 'CreateCacheCluster', create)).toMatch(/parametergroup:mine because/)
    expect(ask([named, allow({ Resource: all.slice(1) })], 'CreateCacheCluster', create)).toBe('allowed')
  })
})

describe('tags', () => {
  const Tags = [{ Key: 'Project', Value: 'Dev' }]
  const creating = allow({ Action: 'elasticache:CreateCacheCluster' })
  const tagging = allow({ Action: 'elasticache:AddTagsToResource' })
  const shop = { CacheClusterId: 'shop' }
  const resource = { ResourceName: arnOf('cluster', 'shop') }

  test('creating with some needs permission to tag, creating with none does not', () => {
    expect(ask(creating, 'CreateCacheCluster', { ...shop, Tags })).toMatch(/AddTagsToResource on .*cluster:shop/)
    expect(ask([creating, tagging], 'CreateCacheCluster', { ...shop, Tags })).toBe('allowed')
    expect(ask(creating, 'CreateCacheCluster', { ...shop, Tags: [] })).toBe('allowed')
    expect(ask(creating, 'CreateCacheCluster', shop)).toBe('allowed')
    expect(ask(tagging, 'CreateCacheCluster', { ...shop, Tags })).toMatch(/CreateCacheCluster on/)
  })

  test('tagging asks for no more than itself', () => {
    expect(ask(tagging, 'AddTagsToResource', { ...resource, Tags })).toBe('allowed')
    const once = { Effect: 'Allow', Action: 'elasticache:AddTagsToResource', Resource: resource.ResourceName }
    expect(ask(once, 'AddTagsToResource', { ...resource, Tags })).toBe('allowed')
  })

  test('of the request are known by key in any letters', () => {
    const dev = onlyIf('StringEquals', 'aws:RequestTag/project', 'Dev')
    expect(ask(dev, 'AddTagsToResource', { ...resource, Tags })).toBe('allowed')
    expect(ask(dev, 'AddTagsToResource', { ...resource, Tags: [{ Key: 'Project', Value: 'dev' }] })).toMatch(/because/)
    expect(ask(dev, 'AddTagsToResource', { ...resource, Tags: 'Project' })).toMatch(/because/)
    expect(
      ask(onlyIf('StringEquals', 'aws:RequestTag/a', ''), 'AddTagsToResource', { ...resource, Tags: [{ Key: 'a' }] }),
    ).toBe('allowed')
  })

  test('of a resource count for that resource', () => {
    const prod = onlyIf('StringEquals', 'aws:ResourceTag/project', 'Prod')
    const tagged = { [arnOf('cluster', 'shop')]: [{ Key: 'Project', Value: 'Prod' }] }
    expect(ask(prod, 'DeleteCacheCluster', shop, tagged)).toBe('allowed')
    expect(ask(prod, 'DeleteCacheCluster', { CacheClusterId: 'other' }, tagged)).toMatch(/because/)
  })

  test.each([
    ['that are brought', 'AddTagsToResource', { ...resource, Tags }, 'Project'],
    [
      'that are named to be removed',
      'RemoveTagsFromResource',
      { ...resource, TagKeys: ['Team', 'Project'] },
      'Project',
    ],
  ] as const)('have the keys %s', (_, operation, input, key) => {
    expect(ask(onlyIf('ForAnyValue:StringEquals', 'aws:TagKeys', key), operation, input)).toBe('allowed')
    expect(ask(onlyIf('ForAnyValue:StringEquals', 'aws:TagKeys', 'Other'), operation, input)).toMatch(/because/)
  })

  test('without keys have none', () => {
    const none = onlyIf('Null', 'aws:TagKeys', 'true')
    expect(ask(none, 'AddTagsToResource', { ...resource, Tags: [] })).toBe('allowed')
    expect(ask(none, 'AddTagsToResource', { ...resource, Tags: [{ Value: 'x' }] })).toBe('allowed')
    expect(ask(none, 'RemoveTagsFromResource', { ...resource, TagKeys: 'x' })).toBe('allowed')
    expect(ask(none, 'RemoveTagsFromResource', { ...resource, TagKeys: ['x'] })).toMatch(/because/)
  })
})

describe('what a call says can be a condition', () => {
  test.each([
    ['elasticache:CacheNodeType', 'CreateCacheCluster', { CacheNodeType: 'cache.t4g.small' }, 'cache.t4g.small'],
    ['elasticache:EngineType', 'CreateServerlessCache', { Engine: 'redis' }, 'redis'],
    ['elasticache:EngineVersion', 'CreateCacheCluster', { EngineVersion: '1.6.22' }, '1.6.22'],
    ['elasticache:EngineVersion', 'CreateServerlessCache', { MajorEngineVersion: '1.6' }, '1.6'],
    ['elasticache:AuthTokenEnabled', 'CreateReplicationGroup', { AuthToken: 'secret' }, 'true'],
    ['elasticache:MultiAZEnabled', 'CreateReplicationGroup', { MultiAZEnabled: false }, 'false'],
    [
      'elasticache:MaximumDataStorage',
      'CreateServerlessCache',
      { CacheUsageLimits: { DataStorage: { Maximum: 10 } } },
      '10',
    ],
    ['elasticache:UserAuthenticationMode', 'CreateUser', { AuthenticationMode: { Type: 'iam' } }, 'iam'],
  ] as const)('%s of %s', (key, operation, input, value) => {
    const own = { CacheClusterId: 'a', ...input }
    expect(
      ask(
        [onlyIf('StringEquals', key, value), allow({ Resource: 'arn:aws:elasticache:*:*:cluster:a' })],
        operation,
        own,
      ),
    ).toBe('allowed')
    expect(ask(onlyIf('StringEquals', key, `${value}x`), operation, input)).toMatch(/because/)
    expect(ask(onlyIf('Null', key, 'true'), operation, {})).toBe('allowed')
    expect(ask(onlyIf('Null', key, 'true'), operation, input)).toMatch(/because/)
  })

  const encrypted = { ReplicationGroupId: 'cart', TransitEncryptionEnabled: true }
  test.each([
    ['ClusterModeEnabled', 'CreateReplicationGroup', {}, 'false'],
    ['ClusterModeEnabled', 'CreateReplicationGroup', { NumNodeGroups: 2 }, 'true'],
    ['ClusterModeEnabled', 'CreateReplicationGroup', { CacheParameterGroupName: 'default.valkey8.cluster.on' }, 'true'],
    ['ClusterModeEnabled', 'ModifyReplicationGroup', { ClusterMode: 'enabled' }, 'true'],
    ['ClusterModeEnabled', 'ModifyReplicationGroup', { ClusterMode: 'compatible' }, 'false'],
    ['TransitEncryptionEnabled', 'CreateReplicationGroup', encrypted, 'false'],
    ['TransitEncryptionEnabled', 'CreateReplicationGroup', { ...encrypted, TransitEncryptionMode: 'required' }, 'true'],
    [
      'TransitEncryptionEnabled',
      'ModifyReplicationGroup',
      { ReplicationGroupId: 'cart', TransitEncryptionMode: 'required' },
      'true',
    ],
    ['TransitEncryptionEnabled', 'CreateCacheCluster', { TransitEncryptionEnabled: true }, 'true'],
  ] as const)('%s of %s with %o is %s', (key, operation, input, value) => {
    const groups = allow({ Resource: arnOf('parametergroup', '*') })
    expect(ask([onlyIf('StringEquals', `elasticache:${key}`, value), groups], operation, input)).toBe('allowed')
  })

  test('null is nothing said', () => {
    const unsaid = onlyIf('Null', 'elasticache:CacheNodeType', 'true')
    expect(ask(unsaid, 'CreateCacheCluster', { CacheNodeType: null })).toBe('allowed')
  })

  test.each([
    ['aws:username', 'ann'],
    ['aws:userid', WHO.userId],
    ['aws:PrincipalArn', WHO.userArn],
    ['aws:PrincipalAccount', WHO.account],
    ['aws:PrincipalType', 'User'],
    ['aws:RequestedRegion', 'us-west-2'],
    ['aws:SourceIp', '127.0.0.1'],
    ['aws:UserAgent', 'aws-cli/2'],
    ['aws:SecureTransport', 'false'],
    ['aws:CurrentTime', '2026-11-21T09:00:00.999Z'],
    ['aws:EpochTime', String(Date.UTC(2026, 10, 21, 9) / 1000)],
  ])('%s is %s', (key, value) => {
    expect(ask(onlyIf('StringEquals', key, value), 'DescribeEvents')).toBe('allowed')
  })
})

describe('a call is about', () => {
  const about = (operation: OperationName, input: Record<string, unknown>) => resourcesOf({ operation, input }, WHO)
  test.each<[string, OperationName, Record<string, unknown>, string[]]>([
    ['one by its name in small letters', 'DeleteCacheCluster', { CacheClusterId: 'Shop' }, [arnOf('cluster', 'shop')]],
    ['all of a kind when it names none', 'DescribeCacheClusters', {}, [arnOf('cluster', '*')]],
    ['nothing of the account', 'DescribeEvents', {}, ['*']],
    ['a resource by its ARN', 'ListTagsForResource', { ResourceName: 'arn:x:Y' }, ['arn:x:Y']],
    [
      'a list',
      'BatchApplyUpdateAction',
      { CacheClusterIds: ['A', '', 7, 'b'] },
      [arnOf('cluster', 'a'), arnOf('cluster', 'b')],
    ],
    [
      'the users of a group that is created',
      'CreateUserGroup',
      { UserGroupId: 'Shop', UserIds: ['default', 'Ann'] },
      [arnOf('usergroup', 'shop'), arnOf('user', 'default'), arnOf('user', 'ann')],
    ],
    [
      'the users that come and go',
      'ModifyUserGroup',
      { UserGroupId: 'shop', UserIdsToAdd: ['ann'], UserIdsToRemove: ['bob'] },
      [arnOf('usergroup', 'shop'), arnOf('user', 'ann'), arnOf('user', 'bob')],
    ],
    [
      'the user groups that a cache is to have',
      'ModifyReplicationGroup',
      { ReplicationGroupId: 'r', UserGroupIdsToAdd: ['a'], UserGroupIdsToRemove: ['b'] },
      [arnOf('replicationgroup', 'r'), arnOf('usergroup', 'a'), arnOf('usergroup', 'b')],
    ],
    [
      'the first name there is',
      'CopyServerlessCacheSnapshot',
      { SourceServerlessCacheSnapshotName: 'old', TargetServerlessCacheSnapshotName: 'new' },
      [arnOf('serverlesscachesnapshot', 'old'), arnOf('serverlesscachesnapshot', 'new')],
    ],
    [
      'the default group of the version it creates with',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'memcached', EngineVersion: '1.5.16' },
      [arnOf('cluster', 'a'), arnOf('parametergroup', 'default.memcached1.5')],
    ],
    [
      'that of the newest without one',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'memcached' },
      [arnOf('cluster', 'a'), arnOf('parametergroup', 'default.memcached1.6')],
    ],
    [
      'no default group where one is named',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'memcached', CacheParameterGroupName: 'mine' },
      [arnOf('cluster', 'a'), arnOf('parametergroup', 'mine')],
    ],
    [
      'the default group of an engine in capitals, which is created as well',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'MemCached' },
      [arnOf('cluster', 'a'), arnOf('parametergroup', 'default.memcached1.6')],
    ],
    [
      'the default group of another engine',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'redis' },
      [arnOf('cluster', 'a'), arnOf('parametergroup', 'default.redis7')],
    ],
    [
      'none of a version there is not',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'memcached', EngineVersion: '9.9' },
      [arnOf('cluster', 'a')],
    ],
    [
      'none of what is no version',
      'CreateCacheCluster',
      { CacheClusterId: 'a', Engine: 'memcached', EngineVersion: ['1.5.16'] },
      [arnOf('cluster', 'a')],
    ],
    [
      'no default group when it only modifies',
      'ModifyCacheCluster',
      { CacheClusterId: 'a', Engine: 'memcached' },
      [arnOf('cluster', 'a')],
    ],
  ])('%s', (_, operation, input, expected) => {
    expect(about(operation, input)).toEqual(expected)
  })
})

describe('an action of another service', () => {
  const to = (action: string, resource = '*', keys: [string, string[]][] = []) => ({ action, resource, keys })
  const statement = allow({
    Action: 'cloudwatch:Get*',
    Condition: { StringEquals: { 'aws:username': 'ann', 'cloudwatch:namespace': 'AWS/ElastiCache' } },
  })
  const policies = [readPolicy({ Statement: statement })]
  const ours: [string, string[]][] = [['cloudwatch:namespace', ['AWS/ElastiCache']]]

  test('is held to the policies of the user, with keys of its own', () => {
    expect(() => authorizeAction(to('cloudwatch:GetMetricData', '*', ours), policies, WHO)).not.toThrow()
    expect(() => authorizeAction(to('cloudwatch:GetMetricData'), policies, WHO)).toThrow(/because/)
  })

  test('is refused by its name and its resource', () => {
    expect(() => authorizeAction(to('cloudwatch:DeleteAlarms', 'arn:a', ours), policies, WHO)).toThrow(
      `User: ${WHO.userArn} is not authorized to perform: cloudwatch:DeleteAlarms on resource: arn:a because`,
    )
  })
})
