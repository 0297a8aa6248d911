import type { ElastiCache, ParameterNameValue } from '@aws-sdk/client-elasticache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'
import { setting } from '../support/parameters.ts'

const IDENTIFIER =
  'The parameter CacheParameterGroupName is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.'

const group = (CacheParameterGroupName: string, CacheParameterGroupFamily = 'memcached1.6') => ({
  CacheParameterGroupName,
  CacheParameterGroupFamily,
  Description: 'My first parameter group',
})

const sourceUser = async (client: ElastiCache, CacheParameterGroupName: string) => {
  const { Parameters } = await client.describeCacheParameters({ CacheParameterGroupName, Source: 'user' })
  return Object.fromEntries((Parameters ?? []).map((each) => [each.ParameterName, each.ParameterValue]))
}

test('the default groups of the families of Memcached are always there, and cannot be changed or deleted', async () => {
  const client = (await startTestEngine()).client()
  const { CacheParameterGroups } = await client.describeCacheParameterGroups({})
  const described = CacheParameterGroups?.map((each) => [each.CacheParameterGroupName, each.Description])
  expect(described?.filter(([name]) => name?.includes('memcached'))).toEqual(
    ['1.4', '1.5', '1.6'].map((family) => [
      `default.memcached${family}`,
      `Default parameter group for memcached${family}`,
    ]),
  )
  expect(described).toContainEqual(['default.redis6.x', 'Default parameter group for redis6.x'])
  expect(described).toContainEqual([
    'default.valkey8.cluster.on',
    'Customized default parameter group for valkey8 with cluster mode on',
  ])
  const CacheParameterGroupName = 'default.memcached1.6'
  const refusal = { Code: 'InvalidParameterValue', message: IDENTIFIER }
  const ParameterNameValues = setting({ chunk_size: '96' })
  await expect(
    client.modifyCacheParameterGroup({ CacheParameterGroupName, ParameterNameValues }),
  ).rejects.toMatchObject(refusal)
  await expect(
    client.resetCacheParameterGroup({ CacheParameterGroupName, ResetAllParameters: true }),
  ).rejects.toMatchObject(refusal)
  await expect(client.deleteCacheParameterGroup({ CacheParameterGroupName })).rejects.toMatchObject(refusal)
})

test('a group goes from creation through change and reset to deletion, as the guide prints it, and tells of it', async () => {
  const client = (await startTestEngine()).client()
  const { CacheParameterGroup } = await client.createCacheParameterGroup(group('myMem16'))
  expect(CacheParameterGroup).toEqual({
    CacheParameterGroupName: 'mymem16',
    CacheParameterGroupFamily: 'memcached1.6',
    Description: 'My first parameter group',
    IsGlobal: false,
    ARN: 'arn:aws:elasticache:us-west-2:000000000000:parametergroup:mymem16',
  })
  const CacheParameterGroupName = 'MYMEM16'
  const answer = await client.modifyCacheParameterGroup({
    CacheParameterGroupName,
    ParameterNameValues: setting({ chunk_size: '096', chunk_size_growth_factor: '1.50', lru_crawler: '1' }),
  })
  expect(answer.CacheParameterGroupName).toBe('mymem16')
  expect(await sourceUser(client, 'mymem16')).toEqual({
    chunk_size: '96',
    chunk_size_growth_factor: '1.5',
    lru_crawler: '1',
  })
  const ParameterNameValues = [{ ParameterName: 'chunk_size' }, { ParameterName: 'idle_timeout' }]
  await client.resetCacheParameterGroup({ CacheParameterGroupName, ParameterNameValues })
  expect(await sourceUser(client, 'mymem16')).toEqual({ chunk_size_growth_factor: '1.5', lru_crawler: '1' })
  await client.resetCacheParameterGroup({ CacheParameterGroupName, ResetAllParameters: true })
  expect(await sourceUser(client, 'mymem16')).toEqual({})
  await client.deleteCacheParameterGroup({ CacheParameterGroupName })
  await expect(client.describeCacheParameterGroups({ CacheParameterGroupName })).rejects.toMatchObject({
    Code: 'CacheParameterGroupNotFound',
    message: 'CacheParameterGroup MYMEM16 not found.',
  })
  const { Events } = await client.describeEvents({
    SourceType: 'cache-parameter-group',
    SourceIdentifier: CacheParameterGroupName,
  })
  expect(Events?.map(({ Message }) => Message)).toEqual([
    'Cache parameter group deleted',
    'Reset all parameters',
    'Reset parameter idle_timeout',
    'Reset parameter chunk_size',
    'Updated parameter lru_crawler to 1',
    'Updated parameter chunk_size_growth_factor to 1.5',
    'Updated parameter chunk_size to 96',
    'Cache parameter group created',
  ])
})

describe('what is refused changes nothing', () => {
  let engine: TestEngine
  let client: ElastiCache
  const cleanUps: (() => Promise<void> | void)[] = []
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  })
  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    client = engine.client()
    await client.createCacheParameterGroup(group('present'))
    await client.createCacheParameterGroup(group('used'))
    await client.createCacheParameterGroup(group('old', 'memcached1.4'))
    await client.createCacheCluster({ ...memcached('shop'), CacheParameterGroupName: 'used' })
    await engine.until('shop', 'available')
  })

  const refused = async (attempt: () => Promise<unknown>, Code: string, message: RegExp | string) => {
    const state = async () => [
      (await client.describeCacheParameterGroups({})).CacheParameterGroups,
      await sourceUser(client, 'present'),
      (await client.describeCacheClusters({})).CacheClusters,
    ]
    const before = await state()
    await expect(attempt()).rejects.toMatchObject({
      Code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
    expect(await state()).toEqual(before)
  }

  test.each<[string, object, string, RegExp | string]>([
    ['a name with a dot', { CacheParameterGroupName: 'a.b' }, 'InvalidParameterValue', IDENTIFIER],
    ['a name with two hyphens', { CacheParameterGroupName: 'a--b' }, 'InvalidParameterValue', IDENTIFIER],
    ['a name that ends with a hyphen', { CacheParameterGroupName: 'a-' }, 'InvalidParameterValue', IDENTIFIER],
    ['256 characters', { CacheParameterGroupName: 'a'.repeat(256) }, 'InvalidParameterValue', /255/],
    ['no description', { Description: '' }, 'InvalidParameterValue', /Description must be provided/],
    [
      'a family that is none',
      { CacheParameterGroupFamily: 'memcached2' },
      'InvalidParameterValue',
      'CacheParameterGroupFamily memcached2 is not a valid parameter group family.',
    ],
    ['a family of Redis that there is not', { CacheParameterGroupFamily: 'redis8' }, 'InvalidParameterValue', /redis8/],
    [
      'a name in use, in any case',
      { CacheParameterGroupName: 'PRESENT' },
      'CacheParameterGroupAlreadyExists',
      'Parameter group present already exists',
    ],
    ['a reserved tag', { Tags: [{ Key: 'aws:a', Value: 'b' }] }, 'InvalidParameterValue', /aws:/],
  ])('CreateCacheParameterGroup with %s', (_, input, code, message) =>
    refused(() => client.createCacheParameterGroup({ ...group('new'), ...input }), code, message),
  )

  test.each<[string, ParameterNameValue[], string, RegExp | string]>([
    ['nothing', [], 'InvalidParameterValue', /ParameterNameValues must be provided/],
    [
      'the name that the guide cuts short',
      setting({ chunk_size: '96', chunk_size_growth_fact: '1.5' }),
      'InvalidParameterValue',
      "Parameter chunk_size_growth_fact doesn't exist",
    ],
    ['a parameter of Redis', setting({ maxmemory: '1' }), 'InvalidParameterValue', /doesn't exist/],
    ['a parameter of an older family', setting({ modern: '1' }), 'InvalidParameterValue', /doesn't exist/],
    ['a fixed parameter', setting({ config_max: '4' }), 'InvalidParameterValue', /cannot be modified/],
    ['one that the node type decides', setting({ num_threads: '4' }), 'InvalidParameterValue', /cannot be modified/],
    ['a value below the range', setting({ chunk_size: '0' }), 'InvalidParameterValue', /1-1024/],
    ['a value above the range', setting({ idle_timeout: '86401' }), 'InvalidParameterValue', /0-86400/],
    ['a fraction', setting({ chunk_size: '48.5' }), 'InvalidParameterValue', /48\.5/],
    ['a factor of 1', setting({ chunk_size_growth_factor: '1' }), 'InvalidParameterValue', /1\.01-100\.00/],
    ['a word for a switch', setting({ lru_crawler: 'true' }), 'InvalidParameterValue', /0,1/],
    ['a protocol that is not a choice', setting({ binding_protocol: 'binary' }), 'InvalidParameterValue', /auto,ascii/],
    ['no value', [{ ParameterName: 'chunk_size' }], 'InvalidParameterValue', /ParameterValue must be provided/],
    [
      'one twice',
      [...setting({ chunk_size: '50' }), ...setting({ chunk_size: '60' })],
      'InvalidParameterCombination',
      /more than once/,
    ],
    [
      '21 of them',
      Array.from({ length: 21 }, () => ({ ParameterName: 'chunk_size', ParameterValue: '50' })),
      'InvalidParameterCombination',
      'Cannot modify more than 20 parameters in a single request',
    ],
  ])('ModifyCacheParameterGroup with %s', (_, ParameterNameValues, code, message) =>
    refused(
      () => client.modifyCacheParameterGroup({ CacheParameterGroupName: 'present', ParameterNameValues }),
      code,
      message,
    ),
  )

  test.each<[string, () => Promise<unknown>, string, RegExp | string]>([
    [
      'ModifyCacheParameterGroup of a group that is not there',
      () =>
        client.modifyCacheParameterGroup({ CacheParameterGroupName: 'x', ParameterNameValues: setting({ a: '1' }) }),
      'CacheParameterGroupNotFound',
      'CacheParameterGroup not found: x',
    ],
    [
      'ResetCacheParameterGroup of nothing',
      () => client.resetCacheParameterGroup({ CacheParameterGroupName: 'present' }),
      'InvalidParameterValue',
      /ParameterNameValues/,
    ],
    [
      'ResetCacheParameterGroup of all and of one',
      () =>
        client.resetCacheParameterGroup({
          CacheParameterGroupName: 'present',
          ResetAllParameters: true,
          ParameterNameValues: [{ ParameterName: 'chunk_size' }],
        }),
      'InvalidParameterCombination',
      /ResetAllParameters/,
    ],
    [
      'DeleteCacheParameterGroup of a group in use',
      () => client.deleteCacheParameterGroup({ CacheParameterGroupName: 'used' }),
      'InvalidCacheParameterGroupState',
      'One or more cache clusters are still members of this parameter group used, so the group cannot be deleted.',
    ],
    [
      'DeleteCacheParameterGroup of a group that is not there',
      () => client.deleteCacheParameterGroup({ CacheParameterGroupName: 'x' }),
      'CacheParameterGroupNotFound',
      'CacheParameterGroupnot found: x',
    ],
    [
      'DescribeCacheParameters of a group that is not there',
      () => client.describeCacheParameters({ CacheParameterGroupName: 'x' }),
      'CacheParameterGroupNotFound',
      /x/,
    ],
    [
      'DescribeCacheParameters with a source that is none',
      () => client.describeCacheParameters({ CacheParameterGroupName: 'present', Source: 'me' }),
      'InvalidParameterValue',
      /user, system, engine-default/,
    ],
    [
      'DescribeEngineDefaultParameters of a family that is none',
      () => client.describeEngineDefaultParameters({ CacheParameterGroupFamily: 'memcached9' }),
      'InvalidParameterValue',
      /memcached9/,
    ],
    [
      'CreateCacheCluster with a group that is not there',
      () => client.createCacheCluster({ ...memcached('new'), CacheParameterGroupName: 'x' }),
      'CacheParameterGroupNotFound',
      'CacheParameterGroup not found: x',
    ],
    [
      'CreateCacheCluster with a group of another family',
      () => client.createCacheCluster({ ...memcached('new'), CacheParameterGroupName: 'old' }),
      'InvalidParameterCombination',
      'Expected a parameter group of family memcached1.6 but found one of family memcached1.4',
    ],
    [
      'ModifyCacheCluster with a group of another family',
      () => client.modifyCacheCluster({ CacheClusterId: 'shop', CacheParameterGroupName: 'old' }),
      'InvalidParameterCombination',
      'Expected a parameter group of family memcached1.6 but found one of family memcached1.4',
    ],
    [
      'ListAllowedNodeTypeModifications of nothing',
      () => client.listAllowedNodeTypeModifications({}),
      'InvalidParameterCombination',
      /CacheClusterId or ReplicationGroupId/,
    ],
    [
      'ListAllowedNodeTypeModifications of a cluster that is not there',
      () => client.listAllowedNodeTypeModifications({ CacheClusterId: 'x' }),
      'CacheClusterNotFound',
      'CacheCluster not found: x',
    ],
  ])('%s', (_, attempt, code, message) => refused(attempt, code, message))
})

test('a region holds 300 groups besides the default ones, page by page', async () => {
  const client = (await startTestEngine()).client()
  const names = Array.from({ length: 300 }, (_, number) => `g${String(number).padStart(3, '0')}`)
  for (const name of names) await client.createCacheParameterGroup(group(name))
  await expect(client.createCacheParameterGroup(group('more'))).rejects.toMatchObject({
    Code: 'CacheParameterGroupQuotaExceeded',
  })
  const listed: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    const page = await client.describeCacheParameterGroups({ MaxRecords: 70, ...(Marker && { Marker }) })
    listed.push(...(page.CacheParameterGroups ?? []).map((each) => each.CacheParameterGroupName))
    Marker = page.Marker
  } while (Marker)
  expect(listed.filter((name) => !name?.startsWith('default.'))).toEqual(names)
  expect(listed).toEqual([...listed].sort())
})

describe('parameters of a family', () => {
  test('a new group has the defaults of its family, with what they allow and when a change takes effect', async () => {
    const client = (await startTestEngine()).client()
    await client.createCacheParameterGroup(group('mine', 'memcached1.4'))
    const { Parameters, CacheNodeTypeSpecificParameters } = await client.describeCacheParameters({
      CacheParameterGroupName: 'mine',
    })
    const defaults = await client.describeEngineDefaultParameters({ CacheParameterGroupFamily: 'memcached1.4' })
    expect(defaults.EngineDefaults).toEqual({
      CacheParameterGroupFamily: 'memcached1.4',
      Parameters,
      CacheNodeTypeSpecificParameters,
    })
    const byName = new Map(Parameters?.map((each) => [each.ParameterName, each]))
    expect(byName.get('watch')).toMatchObject({ ChangeType: 'immediate', MinimumEngineVersion: '1.4.33' })
    expect(byName.get('max_item_size')).toMatchObject({
      ParameterValue: '1048576',
      DataType: 'integer',
      Source: 'system',
      IsModifiable: true,
      ChangeType: 'requires-reboot',
      MinimumEngineVersion: '1.4.5',
    })
    expect(byName.get('backlog_queue_limit')).toMatchObject({ IsModifiable: false, ParameterValue: '1024' })
    const memory = CacheNodeTypeSpecificParameters?.find((each) => each.ParameterName === 'max_cache_memory')
    expect(memory).toMatchObject({ IsModifiable: false, Source: 'system' })
    expect(memory?.CacheNodeTypeSpecificValues).toContainEqual({ CacheNodeType: 'cache.r5.24xlarge', Value: '650869' })
    expect(memory?.CacheNodeTypeSpecificValues?.map((each) => each.CacheNodeType)).not.toContain('cache.t4g.small')
  })

  test('families differ as the guide says', async () => {
    const client = (await startTestEngine()).client()
    const names = async (CacheParameterGroupFamily: string) => {
      const { EngineDefaults } = await client.describeEngineDefaultParameters({ CacheParameterGroupFamily })
      return (EngineDefaults?.Parameters ?? []).map(({ ParameterName }) => ParameterName)
    }
    const [old, middle, recent] = [
      await names('memcached1.4'),
      await names('memcached1.5'),
      await names('memcached1.6'),
    ]
    expect(old.filter((name) => !middle.includes(name))).toEqual(['expirezero_does_not_evict', 'modern'])
    expect(middle.filter((name) => !old.includes(name))).toEqual(['inline_ascii_resp', 'no_modern'])
    expect(recent).toEqual(middle)
  })

  test('come in pages that meet without a gap, those by node type last', async () => {
    const client = (await startTestEngine()).client()
    const request = { CacheParameterGroupName: 'default.memcached1.6' }
    const whole = await client.describeCacheParameters(request)
    const first = await client.describeCacheParameters({ ...request, MaxRecords: 20 })
    expect(first.Parameters).toHaveLength(20)
    const second = await client.describeCacheParameters({ ...request, MaxRecords: 20, Marker: first.Marker })
    expect([...(first.Parameters ?? []), ...(second.Parameters ?? [])]).toEqual(whole.Parameters)
    expect(second.Marker).toBeUndefined()
    expect(second.CacheNodeTypeSpecificParameters).toEqual(whole.CacheNodeTypeSpecificParameters)
  })

  test('are found by their source', async () => {
    const client = (await startTestEngine()).client()
    await client.createCacheParameterGroup(group('mine'))
    const ParameterNameValues = setting({ chunk_size: '48' })
    await client.modifyCacheParameterGroup({ CacheParameterGroupName: 'mine', ParameterNameValues })
    const names = async (Source: string) =>
      (await client.describeCacheParameters({ CacheParameterGroupName: 'mine', Source })).Parameters?.map(
        ({ ParameterName }) => ParameterName,
      )
    expect(await names('user')).toEqual(['chunk_size'])
    expect(await names('system')).not.toContain('chunk_size')
    expect(await names('system')).toContain('max_item_size')
    expect(await names('engine-default')).toEqual([])
  })
})

test('groups take tags when they are made and later', async () => {
  const client = (await startTestEngine()).client()
  await client.createCacheParameterGroup({ ...group('mine'), Tags: [{ Key: 'a', Value: 'b' }] })
  const ResourceName = 'arn:aws:elasticache:us-west-2:000000000000:parametergroup:mine'
  const { TagList } = await client.addTagsToResource({ ResourceName, Tags: [{ Key: 'c', Value: 'd' }] })
  expect(TagList).toEqual([
    { Key: 'a', Value: 'b' },
    { Key: 'c', Value: 'd' },
  ])
  const ofDefault = { ResourceName: ResourceName.replace('mine', 'default.memcached1.6') }
  expect((await client.listTagsForResource(ofDefault)).TagList).toEqual([])
  await expect(client.listTagsForResource({ ResourceName: `${ResourceName}x` })).rejects.toMatchObject({
    Code: 'CacheParameterGroupNotFound',
  })
})
