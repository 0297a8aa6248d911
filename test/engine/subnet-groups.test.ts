import type { ElastiCache } from '@aws-sdk/client-elasticache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTROL } from '../../src/api/local-engine.ts'
import type { SubnetReport } from '../../src/api/local-network.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'

const REGION = 'us-west-2'
const ZONES = ['a', 'b', 'c', 'd'].map((letter) => REGION + letter)

const subnets = async (engine: TestEngine, region = REGION): Promise<SubnetReport[]> =>
  ((await control(engine, 'POST', `${CONTROL.subnets}/list`, { region })) as { subnets: SubnetReport[] }).subnets

const addSubnet = (engine: TestEngine, request: object) =>
  control(engine, 'POST', `${CONTROL.subnets}/create`, { region: REGION, availabilityZone: 'us-west-2a', ...request })

const group = (CacheSubnetGroupName: string, ...SubnetIds: string[]) => ({
  CacheSubnetGroupName,
  CacheSubnetGroupDescription: 'Testing',
  SubnetIds,
})

describe('the local VPC', () => {
  test('has in every zone a subnet of each kind, the same at every start, in ranges that do not overlap', async () => {
    const first = await subnets(await startTestEngine())
    expect(
      first.map(({ availabilityZone, supportedNetworkTypes }) => [availabilityZone, ...supportedNetworkTypes]),
    ).toEqual(
      ZONES.flatMap((zone) => [
        [zone, 'ipv4'],
        [zone, 'ipv4', 'dual_stack'],
        [zone, 'ipv6'],
      ]),
    )
    expect(new Set(first.flatMap(({ ipv4Cidr }) => ipv4Cidr ?? [])).size).toBe(8)
    expect(new Set(first.flatMap(({ ipv6Cidr }) => ipv6Cidr ?? [])).size).toBe(8)
    expect(new Set(first.map(({ vpcId }) => vpcId)).size).toBe(1)
    expect(await subnets(await startTestEngine())).toEqual(first)
  })

  test('the default group spans all zones and network types, and is in every region', async () => {
    const engine = await startTestEngine()
    const { CacheSubnetGroups } = await engine.client('us-east-1').describeCacheSubnetGroups({})
    expect(CacheSubnetGroups).toHaveLength(1)
    expect(CacheSubnetGroups?.[0]).toMatchObject({
      CacheSubnetGroupName: 'default',
      SupportedNetworkTypes: ['ipv4', 'ipv6', 'dual_stack'],
      ARN: 'arn:aws:elasticache:us-east-1:000000000000:subnetgroup:default',
    })
    const zones = CacheSubnetGroups?.[0]?.Subnets?.map(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name)
    expect(new Set(zones).size).toBe(6)
  })
})

test('a subnet group lives as in the guide: created, changed to other subnets, deleted without an answer', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  for (const subnetId of ['subnet-53df9c3a', 'subnet-42df9c3a', 'subnet-48fc21a9'])
    await addSubnet(engine, { subnetId })
  const created = await client.createCacheSubnetGroup(group('MySubnetGroup', 'subnet-53df9c3a'))
  const vpcId = (await subnets(engine))[0]?.vpcId
  expect(created.CacheSubnetGroup).toEqual({
    CacheSubnetGroupName: 'mysubnetgroup',
    CacheSubnetGroupDescription: 'Testing',
    VpcId: vpcId,
    Subnets: [
      {
        SubnetIdentifier: 'subnet-53df9c3a',
        SubnetAvailabilityZone: { Name: 'us-west-2a' },
        SupportedNetworkTypes: ['ipv4'],
      },
    ],
    ARN: 'arn:aws:elasticache:us-west-2:000000000000:subnetgroup:mysubnetgroup',
    SupportedNetworkTypes: ['ipv4'],
  })
  const modified = await client.modifyCacheSubnetGroup({
    CacheSubnetGroupName: 'mysubnetgroup',
    CacheSubnetGroupDescription: 'New description',
    SubnetIds: ['subnet-42df9c3a', 'subnet-48fc21a9'],
  })
  expect(modified.CacheSubnetGroup?.CacheSubnetGroupDescription).toBe('New description')
  expect(modified.CacheSubnetGroup?.Subnets?.map(({ SubnetIdentifier }) => SubnetIdentifier)).toEqual([
    'subnet-42df9c3a',
    'subnet-48fc21a9',
  ])
  const described = await client.describeCacheSubnetGroups({ CacheSubnetGroupName: 'MYSUBNETGROUP' })
  expect(described.CacheSubnetGroups).toEqual([modified.CacheSubnetGroup])
  await client.deleteCacheSubnetGroup({ CacheSubnetGroupName: 'mysubnetgroup' })
  await expect(client.describeCacheSubnetGroups({ CacheSubnetGroupName: 'mysubnetgroup' })).rejects.toMatchObject({
    Code: 'CacheSubnetGroupNotFoundFault',
    message: 'Cache subnet group mysubnetgroup not found.',
  })
})

test('a subnet group has tags from its creation on', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  const [first] = await subnets(engine)
  const { CacheSubnetGroup } = await client.createCacheSubnetGroup({
    ...group('tagged', first?.subnetId as string),
    Tags: [{ Key: 'team', Value: 'a' }],
  })
  const ResourceName = CacheSubnetGroup?.ARN as string
  await client.addTagsToResource({ ResourceName, Tags: [{ Key: 'stage', Value: 'test' }] })
  await client.removeTagsFromResource({ ResourceName, TagKeys: ['team'] })
  expect((await client.listTagsForResource({ ResourceName })).TagList).toEqual([{ Key: 'stage', Value: 'test' }])
})

test('groups survive a restart, and there are at most 300 of them, listed page by page', async () => {
  const first = await startTestEngine()
  const [subnet] = await subnets(first)
  const client = first.client()
  for (let number = 1; number < 300; number++) {
    await client.createCacheSubnetGroup(group(`g${number}`, subnet?.subnetId as string))
  }
  await expect(client.createCacheSubnetGroup(group('more', subnet?.subnetId as string))).rejects.toMatchObject({
    Code: 'CacheSubnetGroupQuotaExceeded',
  })
  await first.close()
  const again = (await startTestEngine({ stateDir: first.stateDir })).client()
  const names: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    const page = await again.describeCacheSubnetGroups({ MaxRecords: 100, ...(Marker && { Marker }) })
    names.push(...(page.CacheSubnetGroups ?? []).map(({ CacheSubnetGroupName }) => CacheSubnetGroupName))
    Marker = page.Marker
  } while (Marker)
  expect(new Set(names).size).toBe(300)
})

describe('refused, as AWS does', () => {
  let client: ElastiCache
  let engine: TestEngine
  const cleanUps: (() => Promise<void> | void)[] = []
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  })

  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    client = engine.client()
    await addSubnet(engine, { subnetId: 'subnet-mine' })
    await addSubnet(engine, { subnetId: 'subnet-spare' })
    await addSubnet(engine, { subnetId: 'subnet-b', availabilityZone: 'us-west-2b', ipv4Cidr: null, ipv6Cidr: 'auto' })
    await addSubnet(engine, { subnetId: 'subnet-other', vpcId: 'vpc-other', ipv4Cidr: '10.0.0.0/24' })
    await client.createCacheSubnetGroup(group('mine', 'subnet-mine'))
    await client.createCacheSubnetGroup(group('both', 'subnet-mine', 'subnet-b'))
    await client.createCacheCluster({ ...memcached('shop'), CacheSubnetGroupName: 'mine' })
    await engine.until('shop', 'available')
  })

  const IDENTIFIER =
    /^The parameter CacheSubnetGroupName is not a valid identifier\. Identifiers must begin with a letter;/
  type Case = [why: string, attempt: () => Promise<unknown>, code: string, message: string | RegExp]
  const CASES: Case[] = [
    [
      'a name with a space',
      () => client.createCacheSubnetGroup(group('s 1', 'subnet-mine')),
      'InvalidParameterValue',
      IDENTIFIER,
    ],
    [
      'a name with a dot',
      () => client.deleteCacheSubnetGroup({ CacheSubnetGroupName: 'default.x' }),
      'InvalidParameterValue',
      IDENTIFIER,
    ],
    [
      'a name in use',
      () => client.createCacheSubnetGroup(group('Mine', 'subnet-mine')),
      'CacheSubnetGroupAlreadyExists',
      'Cache subnet group mine already exists.',
    ],
    [
      'subnets that are not there',
      () => client.createCacheSubnetGroup(group('new', 'subnet-a', 'subnet-mine', 'subnet-z')),
      'InvalidParameterValue',
      'Some input subnets in :[subnet-a, subnet-z] are invalid.',
    ],
    [
      'subnets of two VPCs',
      () => client.createCacheSubnetGroup(group('new', 'subnet-mine', 'subnet-other')),
      'InvalidSubnet',
      'Subnets subnet-mine and subnet-other are not in the same VPC.',
    ],
    ['no subnets', () => client.createCacheSubnetGroup(group('new')), 'InvalidParameterValue', /SubnetIds/],
    [
      'taking away a subnet that nodes are in',
      () => client.modifyCacheSubnetGroup({ CacheSubnetGroupName: 'mine', SubnetIds: ['subnet-spare'] }),
      'SubnetInUse',
      /subnet-mine .* shop/,
    ],
    [
      'deleting a group in use',
      () => client.deleteCacheSubnetGroup({ CacheSubnetGroupName: 'mine' }),
      'CacheSubnetGroupInUse',
      'Cache subnet group mine is currently in use by a cache cluster.',
    ],
    [
      'deleting the default',
      () => client.deleteCacheSubnetGroup({ CacheSubnetGroupName: 'default' }),
      'CacheSubnetGroupInUse',
      /default/,
    ],
    [
      'deleting a group that is not there',
      () => client.deleteCacheSubnetGroup({ CacheSubnetGroupName: 'main' }),
      'CacheSubnetGroupNotFoundFault',
      'Cache Subnet Group main does not exist.',
    ],
    [
      'a cluster in a group that is not there',
      () => client.createCacheCluster({ ...memcached('new'), CacheSubnetGroupName: 'main' }),
      'CacheSubnetGroupNotFoundFault',
      'Cache Subnet Group main does not exist.',
    ],
    [
      'a network type no subnet of the group has',
      () => client.createCacheCluster({ ...memcached('new'), CacheSubnetGroupName: 'mine', NetworkType: 'dual_stack' }),
      'InvalidParameterCombination',
      /dual_stack is not supported by cache subnet group mine/,
    ],
    [
      'a zone the group has no subnet in',
      () =>
        client.createCacheCluster({
          ...memcached('new'),
          CacheSubnetGroupName: 'mine',
          PreferredAvailabilityZone: 'us-west-2c',
        }),
      'InvalidParameterCombination',
      /no subnet for this network type in us-west-2c/,
    ],
    [
      'a zone the group has only another family in',
      () =>
        client.createCacheCluster({
          ...memcached('new'),
          CacheSubnetGroupName: 'both',
          PreferredAvailabilityZone: 'us-west-2b',
        }),
      'InvalidParameterCombination',
      /no subnet for this network type in us-west-2b/,
    ],
    [
      'new nodes in a zone the group has no subnet in',
      () =>
        client.modifyCacheCluster({
          CacheClusterId: 'shop',
          NumCacheNodes: 2,
          AZMode: 'cross-az',
          NewAvailabilityZones: ['us-west-2c'],
        }),
      'InvalidParameterCombination',
      /us-west-2c/,
    ],
  ]

  test.each(CASES)('%s', async (_, attempt, code, message) => {
    await expect(attempt()).rejects.toMatchObject({
      Code: code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  test('21 subnets in a group', async () => {
    const ids = Array.from({ length: 9 }, (_, number) => `subnet-m${number}`)
    for (const subnetId of ids) await addSubnet(engine, { subnetId })
    const known = (await subnets(engine)).filter(({ isDefault }) => isDefault).map(({ subnetId }) => subnetId)
    await expect(client.createCacheSubnetGroup(group('many', ...known, ...ids))).rejects.toMatchObject({
      Code: 'CacheSubnetQuotaExceededFault',
    })
    await client.createCacheSubnetGroup(group('many', ...known, ...ids.slice(1)))
  })

  test('a security group of another VPC than the subnet group', async () => {
    const request = { region: REGION, groupName: 'far', vpcId: 'vpc-other', groupId: 'sg-far' }
    await control(engine, 'POST', `${CONTROL.securityGroups}/create`, request)
    const vpcId = (await subnets(engine))[0]?.vpcId
    await expect(
      client.createCacheCluster({ ...memcached('new'), SecurityGroupIds: ['sg-far'] }),
    ).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: `Subnet group [default] belongs to a different VPC [${vpcId}] than [vpc-other]`,
    })
  })
})
