import { describe, expect, test } from 'vitest'
import { memcached, startTestEngine } from '../support/engine.ts'
import { manualClock } from '../support/manual-clock.ts'

const GROUP = 'my-sec-grp'
const ec2 = (EC2SecurityGroupName = 'my-ec2-sec-grp') => ({
  CacheSecurityGroupName: GROUP,
  EC2SecurityGroupName,
  EC2SecurityGroupOwnerId: '1234-5678-9012',
})

async function withGroup() {
  const clock = manualClock(Date.now())
  const engine = await startTestEngine({ pace: 'quick', clock })
  const client = engine.client()
  const { CacheSecurityGroup } = await client.createCacheSecurityGroup({
    CacheSecurityGroupName: 'My-Sec-Grp',
    Description: 'Example',
  })
  const statuses = async () => {
    const { CacheSecurityGroups } = await client.describeCacheSecurityGroups({ CacheSecurityGroupName: GROUP })
    return CacheSecurityGroups?.[0]?.EC2SecurityGroups?.map(({ Status }) => Status)
  }
  return { engine, client, created: CacheSecurityGroup, statuses, wait: () => clock.advanceTo(clock.now() + 1_000) }
}

test('a cache security group is authorizing, authorized, revoking, and then empty again', async () => {
  const { client, created, statuses, wait } = await withGroup()
  expect(created).toEqual({
    OwnerId: '000000000000',
    CacheSecurityGroupName: GROUP,
    Description: 'Example',
    EC2SecurityGroups: [],
    ARN: `arn:aws:elasticache:us-west-2:000000000000:securitygroup:${GROUP}`,
  })
  const { CacheSecurityGroup } = await client.authorizeCacheSecurityGroupIngress(ec2())
  expect(CacheSecurityGroup?.EC2SecurityGroups).toEqual([
    { Status: 'authorizing', EC2SecurityGroupName: 'my-ec2-sec-grp', EC2SecurityGroupOwnerId: '123456789012' },
  ])
  expect(await statuses()).toEqual(['authorizing'])
  wait()
  expect(await statuses()).toEqual(['authorized'])
  await client.authorizeCacheSecurityGroupIngress(ec2('another'))
  expect(await statuses()).toEqual(['authorized', 'authorizing'])
  await client.revokeCacheSecurityGroupIngress(ec2())
  expect(await statuses()).toEqual(['authorizing', 'revoking'])
  wait()
  expect(await statuses()).toEqual(['authorized'])
  await client.deleteCacheSecurityGroup({ CacheSecurityGroupName: GROUP })
  await expect(statuses()).rejects.toMatchObject({ Code: 'CacheSecurityGroupNotFound' })
})

test('what is refused, and with which of the declared faults', async () => {
  const { client, wait } = await withGroup()
  const refused = (attempt: Promise<unknown>, Code: string) => expect(attempt).rejects.toMatchObject({ Code })
  await refused(
    client.createCacheSecurityGroup({ CacheSecurityGroupName: GROUP, Description: 'd' }),
    'CacheSecurityGroupAlreadyExists',
  )
  await refused(
    client.createCacheSecurityGroup({ CacheSecurityGroupName: 'default', Description: 'd' }),
    'CacheSecurityGroupAlreadyExists',
  )
  await refused(
    client.createCacheSecurityGroup({ CacheSecurityGroupName: 'a--b', Description: 'd' }),
    'InvalidParameterValue',
  )
  await refused(client.revokeCacheSecurityGroupIngress(ec2()), 'AuthorizationNotFound')
  await refused(
    client.authorizeCacheSecurityGroupIngress({ ...ec2(), CacheSecurityGroupName: 'nosuch' }),
    'CacheSecurityGroupNotFound',
  )
  await refused(
    client.authorizeCacheSecurityGroupIngress({ ...ec2(), EC2SecurityGroupOwnerId: 'me' }),
    'InvalidParameterValue',
  )
  await client.authorizeCacheSecurityGroupIngress(ec2())
  await refused(client.authorizeCacheSecurityGroupIngress(ec2()), 'AuthorizationAlreadyExists')
  await refused(client.revokeCacheSecurityGroupIngress(ec2()), 'InvalidCacheSecurityGroupState')
  await refused(client.deleteCacheSecurityGroup({ CacheSecurityGroupName: GROUP }), 'InvalidCacheSecurityGroupState')
  wait()
  await client.revokeCacheSecurityGroupIngress(ec2())
  await refused(client.authorizeCacheSecurityGroupIngress(ec2()), 'InvalidCacheSecurityGroupState')
  await refused(
    client.deleteCacheSecurityGroup({ CacheSecurityGroupName: 'default' }),
    'InvalidCacheSecurityGroupState',
  )
})

test('there are at most 50, the default one among them', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  for (let number = 1; number < 50; number++) {
    await client.createCacheSecurityGroup({ CacheSecurityGroupName: `g${number}`, Description: 'd' })
  }
  await expect(
    client.createCacheSecurityGroup({ CacheSecurityGroupName: 'more', Description: 'd' }),
  ).rejects.toMatchObject({ Code: 'QuotaExceeded.CacheSecurityGroup' })
  expect((await client.describeCacheSecurityGroups({})).CacheSecurityGroups).toHaveLength(50)
})

describe('clusters, which are all in a VPC, take none', () => {
  const ALONG = 'Use of cache security groups is not permitted along with cache subnet group and/or security group Ids.'
  const ALONE = 'Use of cache security groups is not permitted in this API version for your account.'

  test('on creation', async () => {
    const { client } = await withGroup()
    const create = (more: object) =>
      client.createCacheCluster({ ...memcached('shop'), CacheSecurityGroupNames: [GROUP], ...more })
    await expect(create({})).rejects.toMatchObject({ Code: 'InvalidParameterValue', message: ALONE })
    const along = { Code: 'InvalidParameterCombination', message: ALONG }
    await expect(create({ CacheSubnetGroupName: 'default' })).rejects.toMatchObject(along)
    await expect(create({ SecurityGroupIds: ['sg-00000000000000000'] })).rejects.toMatchObject(along)
  })

  test('on modification', async () => {
    const engine = await startTestEngine()
    await engine.client().createCacheCluster(memcached('shop'))
    await engine.until('shop', 'available')
    await expect(
      engine.client().modifyCacheCluster({ CacheClusterId: 'shop', CacheSecurityGroupNames: ['default'] }),
    ).rejects.toMatchObject({ Code: 'InvalidParameterValue', message: ALONE })
  })
})
