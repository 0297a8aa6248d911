import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fault } from '../../src/api/faults.ts'
import { model } from '../../src/api/model.generated.ts'
import type { OperationName } from '../../src/api/model.ts'
import type { Member, Structure } from '../../src/api/shapes.ts'
import { decodeInput, encodeFault } from '../../src/engine/http/query-protocol.ts'
import { handlers } from '../../src/engine/operations/handlers.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'

const cleanUps: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const work of cleanUps.reverse()) await work()
})

let engine: TestEngine
beforeAll(async () => {
  engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
})

const FAMILY = 'memcached1.6'
const TOPIC = 'arn:aws:sns:us-west-2:000000000000:told'

describe('text that XML cannot hold', () => {
  test.each([
    ['a NUL', 'a\u0000b'],
    ['an escape', 'a\u001bb'],
    ['a control character of the second set', 'a\u0085b'],
    ['U+FFFF', 'a\uffffb'],
  ])('%s is refused, and the list stays readable', async (_, Description) => {
    const client = engine.client()
    const group = { CacheParameterGroupName: 'held', CacheParameterGroupFamily: FAMILY }
    await expect(client.createCacheParameterGroup({ ...group, Description })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'The parameter Description has characters that are not allowed.',
    })
    await expect(
      client.createCacheParameterGroup({ ...group, Description: 'd', Tags: [{ Key: Description }] }),
    ).rejects.toMatchObject({ message: 'The parameter Tags.Tag.1.Key has characters that are not allowed.' })
    const { CacheParameterGroups = [] } = await client.describeCacheParameterGroups({})
    expect(CacheParameterGroups.map(({ CacheParameterGroupName }) => CacheParameterGroupName)).not.toContain('held')
  })

  test('letters of any alphabet, tabs and line breaks are text like any other', async () => {
    const client = engine.client()
    const Description = 'ключ 鍵 😀\tone\nand two'
    const group = { CacheParameterGroupName: 'spoken', CacheParameterGroupFamily: FAMILY, Description }
    await client.createCacheParameterGroup(group)
    const { CacheParameterGroups } = await client.describeCacheParameterGroups({ CacheParameterGroupName: 'spoken' })
    expect(CacheParameterGroups?.[0]?.Description).toBe(Description)
  })

  test('a name that cannot be said is named with the replacement character', () => {
    const document = encodeFault({ code: 'InvalidAction', message: 'no \u0000 & \ud800\t.', status: 400 }, 'id')
    expect(document).toContain('<Message>no \ufffd &amp; \ufffd\t.</Message>')
  })
})

/** Values that no rule lets through, of the kind the member has. */
function wrongValues(member: Member): unknown[] {
  switch (member.kind) {
    case 'string':
      return ['', 'Bad--id- ☃', 'x'.repeat(5000), '../../etc/passwd']
    case 'number':
      return [-1, 0, 2 ** 31, Number.MAX_SAFE_INTEGER]
    case 'boolean':
      return ['maybe']
    case 'timestamp':
      return [new Date(0), new Date(8.64e15)]
    case 'list':
      return [[], ...wrongValues(member.of).map((value) => [value, value]), Array(500).fill(wrongValues(member.of)[1])]
    case 'structure':
      return [{}]
  }
}

test.each([
  ['deleteCacheSubnetGroup', 'CacheSubnetGroupName'],
  ['deleteCacheParameterGroup', 'CacheParameterGroupName'],
  ['deleteReplicationGroup', 'ReplicationGroupId'],
  ['deleteUser', 'UserId'],
])('%s with an empty %s is told that it is blank', async (method, member) => {
  // Sound: the SDK names its methods so, and a name is all that these need.
  const send = engine.client() as unknown as Record<string, (input: object) => Promise<unknown>>
  await expect(send[method]?.({ [member]: '' })).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: `The parameter ${member} must be provided and must not be blank.`,
  })
})

test('no value of any member of any operation makes the engine fail', async () => {
  const structures: Readonly<Record<string, Structure>> = model.structures
  // Sound: the SDK names its methods so; what they are given here is wrong on purpose.
  const send = engine.client() as unknown as Record<string, (input: object) => Promise<unknown>>
  const failures: string[] = []
  for (const [operation, { input }] of Object.entries(model.operations)) {
    if (!handlers[operation as OperationName]) continue
    const { members = {}, required = [] } = structures[input] ?? {}
    const needed = Object.fromEntries(required.map((name) => [name, members[name]?.kind === 'list' ? ['no'] : 'no']))
    const call = send[operation.charAt(0).toLowerCase() + operation.slice(1)]?.bind(send)
    const wrong = Object.entries(members).flatMap(([name, member]) =>
      wrongValues(member).map((value) => ({ name, value })),
    )
    await Promise.all(
      wrong.map(async ({ name, value }) => {
        const error = await call?.({ ...needed, [name]: value }).then(
          () => undefined,
          (reason) => reason,
        )
        const status = error ? (error.$metadata?.httpStatusCode ?? 0) : 200
        if (status === 0 || status >= 500) failures.push(`${operation} ${name} ${String(value).slice(0, 40)}: ${error}`)
      }),
    )
  }
  expect(failures).toEqual([])
})

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('%s is a member of nothing', (name) => {
  const decode = () => decodeInput('DescribeCacheClusters', new URLSearchParams({ [name]: '1' }))
  expect(decode).toThrow(new Fault('InvalidQueryParameter', `Unknown parameter ${name}.`))
})

test('a request larger than the API takes is read to its end, and then told', async () => {
  const status = await new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: engine.info.port, method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end(Buffer.alloc(8 * 1024 * 1024, 'a'))
  })
  expect(status).toBe(413)
})

test('an empty marker asks for the first page', async () => {
  const client = engine.client()
  const { CacheParameterGroups: first } = await client.describeCacheParameterGroups({})
  const { CacheParameterGroups: marked } = await client.describeCacheParameterGroups({ Marker: '' })
  expect(marked).toEqual(first)
  expect((await client.describeServerlessCaches({ NextToken: '' })).ServerlessCaches).toEqual([])
})

test('a marker of another list, or one that was changed, is refused', async () => {
  const client = engine.client()
  for (let at = 0; at < 20; at += 1) {
    const CacheParameterGroupName = `group-${at}`
    await client.createCacheParameterGroup({
      CacheParameterGroupName,
      CacheParameterGroupFamily: FAMILY,
      Description: 'd',
    })
  }
  const { Marker = '' } = await client.describeCacheParameterGroups({ MaxRecords: 20 })
  const { CacheParameterGroups = [] } = await client.describeCacheParameterGroups({ Marker })
  expect(CacheParameterGroups.length).toBeGreaterThan(0)
  const refusal = { name: 'InvalidParameterValueException', message: expect.stringContaining('is not valid') }
  await expect(client.describeCacheClusters({ Marker })).rejects.toMatchObject(refusal)
  await expect(client.describeServerlessCaches({ NextToken: Marker })).rejects.toMatchObject(refusal)
  await expect(client.describeCacheParameterGroups({ Marker: `${Marker}AA` })).rejects.toMatchObject(refusal)
})

test.each(['describeUpdateActions', 'batchApplyUpdateAction', 'batchStopUpdateAction'] as const)(
  '%s takes 20 clusters at most',
  async (operation) => {
    const client = engine.client()
    const { ServiceUpdates } = await client.describeServiceUpdates({})
    const ServiceUpdateName = ServiceUpdates?.[0]?.ServiceUpdateName
    const ids = (count: number) => Array.from({ length: count }, (_, at) => `shop-${at}`)
    await expect(client[operation]({ ServiceUpdateName, CacheClusterIds: ids(20) })).resolves.toBeDefined()
    await expect(client[operation]({ ServiceUpdateName, CacheClusterIds: ids(21) })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'CacheClusterIds must not name more than 20; it names 21.',
    })
  },
)

describe('requests as Terraform and the guide make them', () => {
  test('engines are written in any case, and answered small', async () => {
    const client = engine.client()
    const { CacheEngineVersions = [] } = await client.describeCacheEngineVersions({ Engine: 'Memcached' })
    expect(CacheEngineVersions.map(({ EngineVersion }) => EngineVersion).slice(0, 5)).toEqual([
      '1.4.14',
      '1.4.24',
      '1.4.33',
      '1.4.34',
      '1.4.5',
    ])
    const { CacheCluster } = await client.createCacheCluster({ ...memcached('cased'), Engine: 'Memcached' })
    expect(CacheCluster?.Engine).toBe('memcached')
    const { UpdateActions } = await client.describeUpdateActions({ Engine: 'Memcached' })
    expect(UpdateActions).toEqual((await client.describeUpdateActions({ Engine: 'memcached' })).UpdateActions)
    await engine.until('cased', 'available')
  })

  test('offerings are listed with empty filters, as in the example of the API model', async () => {
    const client = engine.client()
    const { ReservedCacheNodesOfferings: all } = await client.describeReservedCacheNodesOfferings({ MaxRecords: 25 })
    const { ReservedCacheNodesOfferings: filtered } = await client.describeReservedCacheNodesOfferings({
      CacheNodeType: '',
      Duration: '',
      Marker: '',
      MaxRecords: 25,
      OfferingType: '',
      ProductDescription: '',
      ReservedCacheNodesOfferingId: '',
    })
    expect(filtered).toEqual(all)
  })

  test('zones of several Availability Zones are enough without a mode, for the first nodes and for those added', async () => {
    const client = engine.client()
    const zones = async () => {
      const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId: 'wide', ShowCacheNodeInfo: true })
      return CacheClusters?.[0]?.CacheNodes?.map(({ CustomerAvailabilityZone }) => CustomerAvailabilityZone)
    }
    await client.createCacheCluster({
      ...memcached('wide', 2),
      PreferredAvailabilityZones: ['us-west-2a', 'us-west-2b'],
      NotificationTopicArn: TOPIC,
    })
    await engine.until('wide', 'available')
    await client.modifyCacheCluster({
      CacheClusterId: 'wide',
      NumCacheNodes: 3,
      NewAvailabilityZones: ['us-west-2c'],
      ApplyImmediately: true,
    })
    await engine.until('wide', 'available')
    expect(await zones()).toEqual(['us-west-2a', 'us-west-2b', 'us-west-2c'])
  })

  test('an empty topic with status inactive silences the topic that is there', async () => {
    const { CacheCluster } = await engine.client().modifyCacheCluster({
      CacheClusterId: 'wide',
      NotificationTopicArn: '',
      NotificationTopicStatus: 'inactive',
    })
    expect(CacheCluster?.NotificationConfiguration).toEqual({ TopicArn: TOPIC, TopicStatus: 'inactive' })
  })

  test('a tag key that is not there is removed without an error', async () => {
    const client = engine.client()
    const ResourceName = 'arn:aws:elasticache:us-west-2:000000000000:cluster:wide'
    await client.addTagsToResource({ ResourceName, Tags: [{ Key: 'Service', Value: 'elasticache' }] })
    const { TagList } = await client.removeTagsFromResource({ ResourceName, TagKeys: ['PM', 'Service'] })
    expect(TagList).toEqual([])
  })
})
