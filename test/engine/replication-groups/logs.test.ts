import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogDeliveryConfigurationRequest } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import { defaultGroupOf, familyOf, newestVersion } from '../../../src/api/catalog/engines.ts'
import { findFamily } from '../../../src/engine/families/families.ts'
import { type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { createGroup } from '../../support/parameters.ts'
import { say } from '../../support/redis-node.ts'
import { isEmbedded, start, startTestEngine } from '../../support/servers.ts'
import {
  available,
  clusterOf,
  create,
  engine,
  groupOf,
  NODE,
  portOf,
  portOfCluster,
  SKIPPED,
  server,
} from './support.ts'

const SLOW = {
  LogType: 'slow-log',
  DestinationType: 'cloudwatch-logs',
  DestinationDetails: { CloudWatchLogsDetails: { LogGroup: '/shop/slow' } },
  LogFormat: 'json',
} as const satisfies LogDeliveryConfigurationRequest

const ENGINE = {
  LogType: 'engine-log',
  DestinationType: 'kinesis-firehose',
  DestinationDetails: { KinesisFirehoseDetails: { DeliveryStream: 'logs' } },
  LogFormat: 'text',
} as const satisfies LogDeliveryConfigurationRequest

const inGroup = (stateDir: string, group: string, member: string, type = 'slow-log') =>
  join(stateDir, 'logs', 'us-west-2', 'cloudwatch-logs', group, 'elasticache', engine, member, '0001', type)

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

const modify = (api: TestEngine, ...logs: LogDeliveryConfigurationRequest[]) =>
  api.client().modifyReplicationGroup({
    ReplicationGroupId: 'shop',
    LogDeliveryConfigurations: logs,
    ApplyImmediately: true,
  })

/** Every command is slow. */
async function allSlow(client: ReturnType<TestEngine['client']>): Promise<string> {
  const facts = findFamily(NODE.Engine)?.engine
  if (!facts) throw new Error(`no engine ${NODE.Engine}`)
  expect(defaultGroupOf(facts, newestVersion(facts))).toContain(engine)
  await createGroup(client, 'slow', familyOf(facts, newestVersion(facts)), { 'slowlog-log-slower-than': '0' })
  return 'slow'
}

describe.skipIf(!server)(`log delivery of replication groups ${SKIPPED}`, () => {
  test('is there from the start, of every member, where the request says', async () => {
    const api = await startTestEngine()
    const answer = await api.client().createReplicationGroup({
      ...NODE,
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'd',
      NumCacheClusters: 2,
      CacheParameterGroupName: await allSlow(api.client()),
      LogDeliveryConfigurations: [SLOW, ENGINE],
    })
    expect(answer.ReplicationGroup).toMatchObject({
      PendingModifiedValues: { LogDeliveryConfigurations: [SLOW, ENGINE] },
      LogDeliveryConfigurations: [
        { ...SLOW, Status: 'enabling' },
        { ...ENGINE, Status: 'enabling' },
      ],
    })
    const group = await available(api)
    expect(group.PendingModifiedValues).toEqual({})
    expect(group.LogDeliveryConfigurations).toEqual([
      { ...SLOW, Status: 'active' },
      { ...ENGINE, Status: 'active' },
    ])
    expect(await clusterOf(api, 'shop-002')).toMatchObject({
      ReplicationGroupLogDeliveryEnabled: true,
      LogDeliveryConfigurations: [],
    })
    await say(portOf(group, 'PrimaryEndpoint'), 'SET', 'name', 'hidden')
    const stream = inGroup(api.stateDir, '%2Fshop%2Fslow', 'shop-001')
    await eventually('the command', () => textOf(stream).includes('"Command":"SET ... (2 more arguments)"'))
    const firehose = join(
      api.stateDir,
      'logs/us-west-2/kinesis-firehose/logs/elasticache',
      engine,
      'shop-002/0001/engine-log',
    )
    await eventually('the replica', () => /^shop-002\/0001:S .*: Finished with success$/m.test(textOf(firehose)))
  })

  test('changes on a living group: into another log group, another format, off', async () => {
    const api = await startTestEngine({ pace: 'quick' })
    await create(api, {
      CacheParameterGroupName: await allSlow(api.client()),
      LogDeliveryConfigurations: [SLOW, ENGINE],
    })
    const other = {
      ...SLOW,
      LogFormat: 'text',
      DestinationDetails: { CloudWatchLogsDetails: { LogGroup: 'other' } },
    } as const
    const { ReplicationGroup } = await modify(api, other, { LogType: 'engine-log', Enabled: false })
    expect(ReplicationGroup).toMatchObject({
      Status: 'modifying',
      PendingModifiedValues: { LogDeliveryConfigurations: [other] },
      LogDeliveryConfigurations: [
        { ...SLOW, Status: 'modifying' },
        { ...ENGINE, Status: 'disabling' },
      ],
    })
    const group = await available(api)
    expect(group.LogDeliveryConfigurations).toEqual([{ ...other, Status: 'active' }])
    await say(portOf(group, 'PrimaryEndpoint'), 'SET', 'name', 'hidden')
    await eventually('the command', () =>
      /^shop-001,0001,\d+,\d+,SET \.\.\. \(2 more arguments\),/m.test(
        textOf(inGroup(api.stateDir, 'other', 'shop-001')),
      ),
    )
  })

  test('what cannot be written is an error that says why, until it is asked for again and can', async () => {
    const api = await startTestEngine()
    await create(api)
    const stream = inGroup(api.stateDir, 'log', 'shop-001', 'engine-log')
    mkdirSync(dirname(dirname(stream)), { recursive: true })
    writeFileSync(dirname(stream), '')
    const log = {
      ...SLOW,
      LogType: 'engine-log',
      DestinationDetails: { CloudWatchLogsDetails: { LogGroup: 'log' } },
    } as const
    await modify(api, log)
    expect((await available(api)).LogDeliveryConfigurations).toEqual([
      { ...log, Status: 'error', Message: expect.stringContaining('0001') as string },
    ])
    rmSync(dirname(stream))
    await modify(api, log)
    expect((await available(api)).LogDeliveryConfigurations).toEqual([{ ...log, Status: 'active' }])
  })

  test('lone cache clusters have it themselves', async () => {
    const api = await startTestEngine()
    await api.client().createCacheCluster({
      ...NODE,
      CacheClusterId: 'one',
      NumCacheNodes: 1,
      CacheParameterGroupName: await allSlow(api.client()),
      LogDeliveryConfigurations: [SLOW],
    })
    await api.until('one', 'available')
    expect(await clusterOf(api, 'one')).toMatchObject({
      ReplicationGroupLogDeliveryEnabled: false,
      LogDeliveryConfigurations: [{ ...SLOW, Status: 'active' }],
    })
    await say(await portOfCluster(api, 'one'), 'PING')
    const stream = inGroup(api.stateDir, '%2Fshop%2Fslow', 'one')
    await eventually('the command', () => textOf(stream).includes('"Command":"PING"'))
    const { CacheCluster } = await api.client().modifyCacheCluster({
      CacheClusterId: 'one',
      LogDeliveryConfigurations: [ENGINE, { LogType: 'slow-log', Enabled: false }],
      ApplyImmediately: true,
    })
    expect(CacheCluster).toMatchObject({
      CacheClusterStatus: 'modifying',
      PendingModifiedValues: { LogDeliveryConfigurations: [ENGINE] },
    })
    await api.until('one', 'available')
    expect((await clusterOf(api, 'one')).LogDeliveryConfigurations).toEqual([{ ...ENGINE, Status: 'active' }])
  })

  test('is refused where it does not go together, and nothing changes', async () => {
    const api = await startTestEngine()
    await create(api)
    const refused = (...logs: LogDeliveryConfigurationRequest[]) => expect(modify(api, ...logs)).rejects
    await refused(SLOW, SLOW).toMatchObject({
      message: 'LogDeliveryConfigurations must not name slow-log more than once.',
    })
    await refused({ ...SLOW, LogFormat: undefined }).toMatchObject({ Code: 'InvalidParameterValue' })
    await refused({ ...SLOW, DestinationType: 'kinesis-firehose' }).toMatchObject({
      Code: 'InvalidParameterCombination',
    })
    await refused({
      ...SLOW,
      DestinationDetails: { CloudWatchLogsDetails: { LogGroup: 'no spaces' } },
    }).toMatchObject({ message: 'Invalid value no spaces for CloudWatchLogsDetails.LogGroup.' })
    await expect(
      api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', LogDeliveryConfigurations: [SLOW] }),
    ).rejects.toMatchObject({ message: 'Changes of LogDeliveryConfigurations need ApplyImmediately.' })
    expect(await groupOf(api)).toMatchObject({ Status: 'available', LogDeliveryConfigurations: [] })
  })

  test('Redis OSS has the slow log from 6.0 on, and the engine log from 6.2', async () => {
    const api = await startTestEngine()
    const old = (EngineVersion: string, log: LogDeliveryConfigurationRequest) =>
      api.client().createReplicationGroup({
        Engine: 'redis',
        EngineVersion,
        CacheNodeType: 'cache.t3.small',
        ReplicationGroupId: 'old',
        ReplicationGroupDescription: 'd',
        LogDeliveryConfigurations: [log],
      })
    await expect(old('5.0.6', SLOW)).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: 'slow-log log delivery is not available for this redis engine version.',
    })
    await expect(old('6.0', ENGINE)).rejects.toMatchObject({
      message: 'engine-log log delivery is not available for this redis engine version.',
    })
  })

  test.skipIf(isEmbedded || process.platform !== 'linux')(
    'tells each command once when the engine is killed',
    async () => {
      const stateDir = temporaryDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      const parameters = await allSlow(first.client)
      await first.client.createReplicationGroup({
        ...NODE,
        ReplicationGroupId: 'shop',
        ReplicationGroupDescription: 'd',
        CacheParameterGroupName: parameters,
        LogDeliveryConfigurations: [SLOW],
      })
      const groupNow = async (client: typeof first.client) =>
        (await client.describeReplicationGroups({})).ReplicationGroups?.[0] ?? {}
      await eventually('available', async () => (await groupNow(first.client)).Status === 'available')
      const port = portOf(await groupNow(first.client), 'PrimaryEndpoint')
      const stream = inGroup(stateDir, '%2Fshop%2Fslow', 'shop-001')
      const ids = () => [...textOf(stream).matchAll(/"Id":(\d+),.*"Command":"SET /g)].map(([, id]) => Number(id))
      for (let key = 0; key < 10; key++) await say(port, 'SET', `a${key}`, '1')
      await eventually('some', () => ids().length > 0)
      await first.kill()
      const second = await start(stateDir, { pace: 'instant' })
      await eventually('available again', async () => (await groupNow(second.client)).Status === 'available')
      for (let key = 0; key < 10; key++) await say(port, 'SET', `b${key}`, '1')
      await eventually('all', () => ids().length >= 20)
      await second.client.modifyReplicationGroup({
        ReplicationGroupId: 'shop',
        LogDeliveryConfigurations: [{ LogType: 'slow-log', Enabled: false }],
        ApplyImmediately: true,
      })
      await eventually('off', async () => (await groupNow(second.client)).LogDeliveryConfigurations?.length === 0)
      expect(ids()).toHaveLength(20)
      expect(new Set(ids()).size).toBe(20)
    },
  )
})
