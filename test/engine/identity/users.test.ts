import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UserEntry, UserReport } from '../../../src/api/identity.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../../support/engine.ts'

const CLUSTER = 'arn:aws:elasticache:us-west-2:000000000000:cluster'
const DEPENDENCIES = ['parametergroup', 'subnetgroup', 'securitygroup', 'replicationgroup'].map(
  (type) => `arn:aws:elasticache:*:*:${type}:*`,
)

const cleanUps: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const work of cleanUps.reverse()) await work()
})

async function createUser(engine: TestEngine, userName: string, ...statements: object[]) {
  const user = await control<UserEntry>(engine, 'POST', CONTROL.users, { create: userName })
  if (statements.length > 0) await put(engine, userName, statements)
  const { accessKeyId, secretAccessKey } = user
  const credentials = { accessKeyId, secretAccessKey }
  return new ElastiCache({ endpoint: engine.info.url, region: 'us-west-2', credentials, maxAttempts: 1 })
}

const put = (engine: TestEngine, userName: string, Statement: object | object[], policyName = 'test') =>
  control<UserReport>(engine, 'POST', CONTROL.policies, {
    userName,
    policyName,
    document: { Version: '2012-10-17', Statement },
  })

const denied = (user: string, action: string, resource: string, why?: string) =>
  expect.objectContaining({
    name: 'AccessDenied',
    message: `User: arn:aws:iam::000000000000:user/${user} is not authorized to perform: elasticache:${action} on resource: ${resource} ${why ?? `because no identity-based policy allows the elasticache:${action} action`}`,
  })

describe('a named user', () => {
  let engine: TestEngine

  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    await engine.client().createCacheCluster({ ...memcached('shop'), Tags: [{ Key: 'Project', Value: 'Dev' }] })
    await engine.until('shop', 'available')
  })

  test('may do nothing without a policy, and is told so in the words of AWS, with status 403', async () => {
    const ann = await createUser(engine, 'ann')
    const refused = ann.describeCacheClusters({})
    await expect(refused).rejects.toEqual(denied('ann', 'DescribeCacheClusters', `${CLUSTER}:*`))
    await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    await expect(ann.describeCacheClusters({ CacheClusterId: 'Shop' })).rejects.toEqual(
      denied('ann', 'DescribeCacheClusters', `${CLUSTER}:shop`),
    )
    await expect(ann.describeEvents({})).rejects.toEqual(denied('ann', 'DescribeEvents', '*'))
  })

  test('of the policy that reads only reads only', async () => {
    const reader = await createUser(engine, 'reader', {
      Effect: 'Allow',
      Action: ['elasticache:Describe*', 'elasticache:List*'],
      Resource: '*',
    })
    await expect(reader.describeCacheClusters({})).resolves.toMatchObject({ CacheClusters: [{}] })
    await expect(reader.deleteCacheCluster({ CacheClusterId: 'shop' })).rejects.toEqual(
      denied('reader', 'DeleteCacheCluster', `${CLUSTER}:shop`),
    )
  })

  test('is told of an explicit deny', async () => {
    const bob = await createUser(
      engine,
      'bob',
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'elasticache:Delete*', Resource: `${CLUSTER}:shop` },
    )
    await expect(bob.deleteCacheCluster({ CacheClusterId: 'shop' })).rejects.toEqual(
      denied('bob', 'DeleteCacheCluster', `${CLUSTER}:shop`, 'with an explicit deny in an identity-based policy'),
    )
  })

  test('creates with the node types of the guide’s policy, and with no others', async () => {
    const carl = await createUser(
      engine,
      'carl',
      { Effect: 'Allow', Action: 'elasticache:CreateCacheCluster', Resource: DEPENDENCIES },
      {
        Effect: 'Allow',
        Action: 'elasticache:CreateCacheCluster',
        Resource: 'arn:aws:elasticache:*:*:cluster:*',
        Condition: { StringEquals: { 'elasticache:CacheNodeType': ['cache.t4g.small'] } },
      },
    )
    await expect(carl.createCacheCluster(memcached('carls'))).resolves.toMatchObject({ CacheCluster: {} })
    const large = { ...memcached('large'), CacheNodeType: 'cache.r6g.4xlarge' }
    await expect(carl.createCacheCluster(large)).rejects.toEqual(
      denied('carl', 'CreateCacheCluster', `${CLUSTER}:large`),
    )
  })

  test('tags as the guide’s policy for tags demands', async () => {
    const projects = ['Dev', 'Prod', 'QA']
    const dora = await createUser(
      engine,
      'dora',
      { Effect: 'Allow', Action: ['elasticache:CreateCacheCluster'], Resource: DEPENDENCIES },
      {
        Effect: 'Deny',
        Action: ['elasticache:CreateCacheCluster'],
        Resource: ['arn:aws:elasticache:*:*:cluster:*'],
        Condition: { Null: { 'aws:RequestTag/Project': 'true' } },
      },
      {
        Effect: 'Allow',
        Action: ['elasticache:CreateCacheCluster', 'elasticache:AddTagsToResource'],
        Resource: 'arn:aws:elasticache:*:*:cluster:*',
        Condition: { StringEquals: { 'aws:RequestTag/Project': projects } },
      },
    )
    const why = 'with an explicit deny in an identity-based policy'
    await expect(dora.createCacheCluster(memcached('untagged'))).rejects.toEqual(
      denied('dora', 'CreateCacheCluster', `${CLUSTER}:untagged`, why),
    )
    const wrong = { ...memcached('wrong'), Tags: [{ Key: 'Project', Value: 'Toys' }] }
    await expect(dora.createCacheCluster(wrong)).rejects.toEqual(
      denied('dora', 'CreateCacheCluster', `${CLUSTER}:wrong`),
    )
    const right = { ...memcached('right'), Tags: [{ Key: 'Project', Value: 'QA' }] }
    await expect(dora.createCacheCluster(right)).resolves.toMatchObject({ CacheCluster: {} })
  })

  test('needs AddTagsToResource to create with tags', async () => {
    const emil = await createUser(engine, 'emil', {
      Effect: 'Allow',
      Action: 'elasticache:CreateCacheCluster',
      Resource: '*',
    })
    const tagged = { ...memcached('tagged'), Tags: [{ Key: 'a', Value: 'b' }] }
    await expect(emil.createCacheCluster(tagged)).rejects.toEqual(
      denied('emil', 'AddTagsToResource', `${CLUSTER}:tagged`),
    )
  })

  test('is held to the tags a resource has', async () => {
    const fred = await createUser(engine, 'fred', {
      Effect: 'Allow',
      Action: 'elasticache:ModifyCacheCluster',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/Project': 'Prod' } },
    })
    const change = { CacheClusterId: 'shop', AutoMinorVersionUpgrade: false }
    await expect(fred.modifyCacheCluster(change)).rejects.toEqual(
      denied('fred', 'ModifyCacheCluster', `${CLUSTER}:shop`),
    )
    await engine.client().addTagsToResource({
      ResourceName: `${CLUSTER}:shop`,
      Tags: [{ Key: 'Project', Value: 'Prod' }],
    })
    await expect(fred.modifyCacheCluster(change)).resolves.toMatchObject({ CacheCluster: {} })
  })

  test('that is deleted is nobody: its key is not known any more', async () => {
    const gone = await createUser(engine, 'gone', { Effect: 'Allow', Action: '*', Resource: '*' })
    await gone.describeCacheClusters({})
    await control(engine, 'POST', CONTROL.users, { delete: 'gone' })
    await expect(gone.describeCacheClusters({})).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })

  test.each([
    ['a second time', { create: 'ANN' }, /already exists/],
    ['with the name of the default user', { create: 'default' }, /already exists/],
    ['with spaces in its name', { create: 'a b' }, /not a user name/],
  ])('is not created %s', async (_, request, message) => {
    await expect(control(engine, 'POST', CONTROL.users, request)).rejects.toThrow(message)
  })

  test('loses a permission with its policy', async () => {
    const hugo = await createUser(engine, 'hugo', { Effect: 'Allow', Action: '*', Resource: '*' })
    await hugo.describeEvents({})
    const request = { userName: 'hugo', policyName: 'test', document: null }
    expect(await control(engine, 'POST', CONTROL.policies, request)).toMatchObject({ policies: {} })
    await expect(hugo.describeEvents({})).rejects.toEqual(denied('hugo', 'DescribeEvents', '*'))
    await expect(control(engine, 'POST', CONTROL.policies, request)).rejects.toThrow(/cannot be found/)
  })
})

test('users and policies survive a restart, in a file that only its owner reads', async () => {
  const stateDir = temporaryDirectory()
  const engine = await startTestEngine({ stateDir })
  const { accessKeyId, secretAccessKey } = await control<UserEntry>(engine, 'POST', CONTROL.users, { create: 'ann' })
  await put(engine, 'ann', { Effect: 'Allow', Action: 'elasticache:DescribeEvents', Resource: '*' })
  await engine.close()
  expect(statSync(join(stateDir, 'users.json')).mode & 0o777).toBe(0o600)
  const again = await startTestEngine({ stateDir })
  const credentials = { accessKeyId, secretAccessKey }
  const ann = new ElastiCache({ endpoint: again.info.url, region: 'us-west-2', credentials })
  await expect(ann.describeEvents({})).resolves.toMatchObject({ Events: [] })
  const listed = await control<UserReport[]>(again, 'GET', CONTROL.users)
  expect(listed).toMatchObject([{ userName: 'ann', arn: 'arn:aws:iam::000000000000:user/ann', accessKeyId }])
  expect(JSON.stringify(listed)).not.toContain(secretAccessKey)
})
