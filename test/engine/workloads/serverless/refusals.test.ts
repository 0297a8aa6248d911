import type {
  CreateServerlessCacheCommandInput,
  ElastiCache,
  ModifyServerlessCacheCommandInput,
} from '@aws-sdk/client-elasticache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine } from '../../../support/engine.ts'
import { createdCache, serverless, untilSnapshot } from '../../../support/serverless.ts'

type Case = [why: string, input: object, code: string, message: RegExp | string]

const INVALID = 'InvalidParameterValue'
const CONFLICT = 'InvalidParameterCombination'
const SNAPSHOT_ARN = 'arn:aws:elasticache:us-west-2:000000000000:serverlesscachesnapshot:'

let client: ElastiCache
let atEnd: (() => Promise<void> | void)[] = []

beforeAll(async () => {
  const engine = await startTestEngine({ atEnd: (work) => atEnd.push(work) })
  client = engine.client()
  await createdCache(engine, 'shop', { SnapshotRetentionLimit: 3, DailySnapshotTime: '03:00', Description: 'a shop' })
  await client.createServerlessCacheSnapshot({ ServerlessCacheName: 'shop', ServerlessCacheSnapshotName: 'backup' })
  await untilSnapshot(client, 'backup', 'available')
})

afterAll(async () => {
  for (const work of atEnd.reverse()) await work()
  atEnd = []
})

const storage = (limits: object) => ({ CacheUsageLimits: { DataStorage: { Unit: 'GB', ...limits } } })
const ecpus = (limits: object) => ({ CacheUsageLimits: { ECPUPerSecond: limits } })

const SETTINGS: Case[] = [
  ['an engine that is none', { Engine: 'nosuch' }, INVALID, /nosuch/],
  ['version 8', { MajorEngineVersion: '8' }, INVALID, 'Specified engine does not support major engine version 8'],
  ['a user group', { UserGroupId: 'g' }, CONFLICT, /not supported for engine memcached/],
  ['a description of 256 characters', { Description: 'x'.repeat(256) }, INVALID, /255/],
  ['36 days', { SnapshotRetentionLimit: 36 }, INVALID, /between 0 and 35/],
  ['a negative number of days', { SnapshotRetentionLimit: -1 }, INVALID, /between 0 and 35/],
  ['a time of day that is none', { DailySnapshotTime: '24:00' }, INVALID, /hh24:mi/],
  ['an unknown security group', { SecurityGroupIds: ['sg-nosuch'] }, INVALID, /sg-nosuch/],
  ['5001 GB', storage({ Maximum: 5001 }), INVALID, /DataStorage\.Maximum.*between 1 and 5000/],
  ['999 ECPUs', ecpus({ Maximum: 999 }), INVALID, /ECPUPerSecond\.Maximum.*between 1000 and 15000000/],
  ['a minimum above the maximum', storage({ Minimum: 3, Maximum: 2 }), CONFLICT, /DataStorage\.Minimum 3/],
  ['a minimum of ECPUs above the maximum', ecpus({ Minimum: 3000, Maximum: 2000 }), CONFLICT, /ECPUPerSecond/],
]

const CREATE: Case[] = [
  ...SETTINGS,
  ['a key that is none', { KmsKeyId: 'the key' }, INVALID, 'Invalid KmsKeyId: the key.'],
  ['no engine', { Engine: undefined }, INVALID, 'The parameter Engine must be provided and must not be null.'],
  [
    'a name with two hyphens',
    { ServerlessCacheName: 'a--b' },
    INVALID,
    /ServerlessCacheName is not a valid identifier/,
  ],
  ['a name of 41 characters', { ServerlessCacheName: 'a'.repeat(41) }, INVALID, /40 characters/],
  ['a name that is taken', { ServerlessCacheName: 'SHOP' }, 'ServerlessCacheAlreadyExistsFault', /already exists/],
  ['an unknown subnet', { SubnetIds: ['subnet-no'] }, INVALID, 'Some input subnets in :[subnet-no] are invalid.'],
  ['an ARN that is none', { SnapshotArnsToRestore: ['backup'] }, INVALID, /not the ARN of a serverless cache snapshot/],
  ['a snapshot that is not there', { SnapshotArnsToRestore: [`${SNAPSHOT_ARN}nosuch`] }, INVALID, /nosuch/],
  [
    'two snapshots',
    { SnapshotArnsToRestore: [`${SNAPSHOT_ARN}backup`, `${SNAPSHOT_ARN}backup`] },
    INVALID,
    /one snapshot only/,
  ],
]

const NOTHING = 'No modifications were requested'
const MODIFY: Case[] = [
  ...SETTINGS,
  ['nothing', {}, CONFLICT, NOTHING],
  ['what is so already', { Description: 'a shop', DailySnapshotTime: '03:00' }, CONFLICT, NOTHING],
  ['the engine it has', { Engine: 'memcached', MajorEngineVersion: '1.6' }, CONFLICT, NOTHING],
  ['a user group to be removed', { RemoveUserGroup: true }, CONFLICT, /User groups/],
  ['a cache that is not there', { ServerlessCacheName: 'no' }, 'ServerlessCacheNotFoundFault', /no/],
]

describe('to create a serverless cache', () => {
  test.each(CREATE)('with %s is refused', async (_, input, Code, message) => {
    const request = { ...serverless('other'), ...input } as CreateServerlessCacheCommandInput
    await expect(client.createServerlessCache(request)).rejects.toMatchObject({
      Code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })
})

describe('to modify a serverless cache', () => {
  test.each(MODIFY)('with %s is refused', async (_, input, Code, message) => {
    const request = { ServerlessCacheName: 'shop', ...input } as ModifyServerlessCacheCommandInput
    await expect(client.modifyServerlessCache(request)).rejects.toMatchObject({
      Code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })
})

const NOT_FOUND = 'ServerlessCacheSnapshotNotFoundFault'
const EXISTS = 'ServerlessCacheSnapshotAlreadyExistsFault'

const OTHERS: [what: string, request: (client: ElastiCache) => Promise<unknown>, code: string][] = [
  [
    'a description of no cache',
    (c) => c.describeServerlessCaches({ ServerlessCacheName: 'no' }),
    'ServerlessCacheNotFoundFault',
  ],
  ['a page of 51', (c) => c.describeServerlessCaches({ MaxResults: 51 }), INVALID],
  ['a page of none', (c) => c.describeServerlessCacheSnapshots({ MaxResults: 0 }), INVALID],
  ['a token that is none', (c) => c.describeServerlessCaches({ NextToken: 'garbage' }), INVALID],
  [
    'a deletion of no cache',
    (c) => c.deleteServerlessCache({ ServerlessCacheName: 'no' }),
    'ServerlessCacheNotFoundFault',
  ],
  [
    'a final snapshot with a name that is taken',
    (c) => c.deleteServerlessCache({ ServerlessCacheName: 'shop', FinalSnapshotName: 'backup' }),
    EXISTS,
  ],
  [
    'a snapshot with a name that is taken',
    (c) => c.createServerlessCacheSnapshot({ ServerlessCacheName: 'shop', ServerlessCacheSnapshotName: 'Backup' }),
    EXISTS,
  ],
  [
    'a snapshot with a dot in its name',
    (c) => c.createServerlessCacheSnapshot({ ServerlessCacheName: 'shop', ServerlessCacheSnapshotName: 'a.b' }),
    INVALID,
  ],
  [
    'a snapshot of no cache',
    (c) => c.createServerlessCacheSnapshot({ ServerlessCacheName: 'no', ServerlessCacheSnapshotName: 'b' }),
    'ServerlessCacheNotFoundFault',
  ],
  [
    'a snapshot with a key that is none',
    (c) =>
      c.createServerlessCacheSnapshot({ ServerlessCacheName: 'shop', ServerlessCacheSnapshotName: 'b', KmsKeyId: '' }),
    INVALID,
  ],
  [
    'a description of no snapshot',
    (c) => c.describeServerlessCacheSnapshots({ ServerlessCacheSnapshotName: 'no' }),
    NOT_FOUND,
  ],
  ['snapshots of a type that is none', (c) => c.describeServerlessCacheSnapshots({ SnapshotType: 'hourly' }), INVALID],
  [
    'snapshots of no cache',
    (c) => c.describeServerlessCacheSnapshots({ ServerlessCacheName: 'no' }),
    'ServerlessCacheNotFoundFault',
  ],
  [
    'a copy of no snapshot',
    (c) =>
      c.copyServerlessCacheSnapshot({
        SourceServerlessCacheSnapshotName: 'no',
        TargetServerlessCacheSnapshotName: 'b',
      }),
    NOT_FOUND,
  ],
  [
    'a copy on itself',
    (c) =>
      c.copyServerlessCacheSnapshot({
        SourceServerlessCacheSnapshotName: 'backup',
        TargetServerlessCacheSnapshotName: 'backup',
      }),
    EXISTS,
  ],
  [
    'a deletion of no snapshot',
    (c) => c.deleteServerlessCacheSnapshot({ ServerlessCacheSnapshotName: 'no' }),
    NOT_FOUND,
  ],
  [
    'an export out of the folder',
    (c) => c.exportServerlessCacheSnapshot({ ServerlessCacheSnapshotName: 'backup', S3BucketName: '../../etc' }),
    INVALID,
  ],
  [
    'an export of no snapshot',
    (c) => c.exportServerlessCacheSnapshot({ ServerlessCacheSnapshotName: 'no', S3BucketName: 'bucket' }),
    NOT_FOUND,
  ],
]

describe('also refused', () => {
  test.each(OTHERS)('is %s', async (_, request, Code) => {
    await expect(request(client)).rejects.toMatchObject({ Code })
  })

  test('is the 41st cache of a region', async () => {
    const engine = await startTestEngine({ pace: 'realistic' })
    const many = engine.client('eu-west-1')
    for (let number = 0; number < 40; number++) await many.createServerlessCache(serverless(`cache-${number}`))
    await expect(many.createServerlessCache(serverless('one-more'))).rejects.toMatchObject({
      Code: 'ServerlessCacheQuotaForCustomerExceededFault',
    })
  })
})
