import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UserEntry } from '../../../src/api/identity.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import type { SnsNotification } from '../../../src/api/notifications.ts'
import { decodeCbor, encodeCbor } from '../../../src/engine/cloudwatch/cbor.ts'
import { type Asked, jsonCall, type Sent, signed } from '../../support/cloudwatch.ts'
import { control } from '../../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { start } from '../../support/engine-process.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'
import { isInstalled, run } from '../../support/programs.ts'

const START = Date.UTC(2031, 0, 1, 12)
const MINUTE = 60_000
const TOPIC = 'arn:aws:sns:us-west-2:000000000000:ops'
const cluster = [{ Name: 'CacheClusterId', Value: 'shop' }]
const node = [...cluster, { Name: 'CacheNodeId', Value: '0001' }]

/** An alarm of one minute's `get` commands; tests add what they are about. */
const alarm = (AlarmName: string, more: object = {}) => ({
  AlarmName,
  Namespace: 'AWS/ElastiCache',
  MetricName: 'CmdGet',
  Dimensions: cluster,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 2.5,
  ComparisonOperator: 'GreaterThanThreshold',
  ...more,
})

async function answer(engine: Asked, operation: string, input: object, more: Sent = {}) {
  const { status, value } = await jsonCall(engine, operation, input, more)
  if (status !== 200) throw new Error(value.message)
  return value
}

const stateOf = async (engine: TestEngine, name: string): Promise<string> =>
  (await answer(engine, 'DescribeAlarms', { AlarmNames: [name] })).MetricAlarms[0].StateValue

const advance = (engine: TestEngine, minutes: number) =>
  control(engine, 'POST', CONTROL.clock, { advanceMs: minutes * MINUTE })

/** Notifications of alarms, with their messages read. */
function sent({ stateDir }: Pick<TestEngine, 'stateDir'>) {
  const path = join(stateDir, 'notifications.jsonl')
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
  return lines
    .map((line) => JSON.parse(line) as SnsNotification)
    .map((each) => ({ ...each, alarm: JSON.parse(each.Message) as Record<string, unknown> }))
}

async function clientOf(engine: TestEngine, index = 0): Promise<MemcachedClient> {
  const { CacheClusters } = await engine.client().describeCacheClusters({ ShowCacheNodeInfo: true })
  return MemcachedClient.connect(CacheClusters?.[0]?.CacheNodes?.[index]?.Endpoint?.Port ?? 0)
}

async function engineWithShop(atEnd?: (work: () => Promise<void> | void) => void): Promise<TestEngine> {
  const engine = await startTestEngine({ clock: manualClock(START), ...(atEnd && { atEnd }) })
  await engine.client().createCacheCluster(memcached('shop', 2))
  await engine.until('shop', 'available')
  return engine
}

describe('what the guide recommends to watch ("Which metrics should I monitor?")', () => {
  test('an alarm goes off by the engine’s clock, tells its topics, and is over again', async () => {
    const engine = await engineWithShop()
    const actions = { OKActions: [TOPIC], AlarmActions: [TOPIC], InsufficientDataActions: [TOPIC] }
    for (const [name, more] of Object.entries({
      cpu: { MetricName: 'CPUUtilization', Statistic: 'Average', Threshold: 90, Dimensions: node },
      swap: { MetricName: 'SwapUsage', Statistic: 'Maximum', Threshold: 50e6, Dimensions: node },
      evictions: { MetricName: 'Evictions', Threshold: 100 },
      connections: { MetricName: 'CurrConnections', Statistic: 'Maximum', Threshold: 8, Dimensions: node },
    })) {
      await answer(engine, 'PutMetricAlarm', alarm(name, { ...actions, EvaluationPeriods: 2, ...more }))
    }
    await advance(engine, 3)
    const { MetricAlarms } = await answer(engine, 'DescribeAlarms', {})
    expect(MetricAlarms.map((each: { StateValue: string }) => each.StateValue)).toEqual(['OK', 'OK', 'OK', 'OK'])

    const clients = await Promise.all([clientOf(engine), clientOf(engine), clientOf(engine)])
    await advance(engine, 1)
    expect(await stateOf(engine, 'connections')).toBe('OK')
    await advance(engine, 1)
    expect(await stateOf(engine, 'connections')).toBe('ALARM')
    for (const client of clients) client.close()
    await eventually('the node has seen them go', async () => {
      const { clusters } = await engine.status()
      return clusters[0]?.nodes[0]?.connections === 0
    })
    await advance(engine, 1)
    expect(await stateOf(engine, 'connections')).toBe('OK')

    const told = sent(engine).filter(({ alarm: { AlarmName } }) => AlarmName === 'connections')
    expect(told.map(({ Subject, Timestamp }) => [Subject, Timestamp])).toEqual([
      ['OK: "connections" in US West (Oregon)', '2031-01-01T12:01:00.000Z'],
      ['ALARM: "connections" in US West (Oregon)', '2031-01-01T12:05:00.000Z'],
      ['OK: "connections" in US West (Oregon)', '2031-01-01T12:06:00.000Z'],
    ])
    expect(told[1]).toMatchObject({
      Type: 'Notification',
      TopicArn: TOPIC,
      alarm: {
        AlarmName: 'connections',
        AlarmArn: 'arn:aws:cloudwatch:us-west-2:000000000000:alarm:connections',
        AWSAccountId: '000000000000',
        OldStateValue: 'OK',
        NewStateValue: 'ALARM',
        NewStateReason:
          'Threshold Crossed: 2 datapoints [9.0 (01/01/31 12:04:00), 9.0 (01/01/31 12:03:00)] were greater than the threshold (8.0).',
        StateChangeTime: '2031-01-01T12:05:00.000+0000',
        Region: 'US West (Oregon)',
        Trigger: {
          MetricName: 'CurrConnections',
          Statistic: 'MAXIMUM',
          Dimensions: [
            { name: 'CacheClusterId', value: 'shop' },
            { name: 'CacheNodeId', value: '0001' },
          ],
          Period: 60,
          EvaluationPeriods: 2,
          Threshold: 8,
        },
      },
    })
    // ElastiCache does not know of alarms.
    const { Events } = await engine.client().describeEvents({ Duration: 60 })
    expect(Events?.filter(({ SourceIdentifier }) => SourceIdentifier === 'connections')).toEqual([])
  })
})

test('a clock that is moved over an hour brings what each of its minutes would have', async () => {
  const engine = await engineWithShop()
  await answer(engine, 'PutMetricAlarm', alarm('gets', { Threshold: 0, OKActions: [TOPIC], AlarmActions: [TOPIC] }))
  const client = await clientOf(engine)
  await client.ask('get a\r\n')
  await advance(engine, 60)
  client.close()
  expect(sent(engine).map(({ Subject, Timestamp }) => `${Subject} ${Timestamp}`)).toEqual([
    'ALARM: "gets" in US West (Oregon) 2031-01-01T12:01:00.000Z',
    'OK: "gets" in US West (Oregon) 2031-01-01T12:02:00.000Z',
  ])
})

test('a metric that ends leaves the alarm without data, or in the state that it treats missing data as', async () => {
  const engine = await engineWithShop()
  for (const TreatMissingData of ['missing', 'ignore', 'breaching', 'notBreaching']) {
    await answer(engine, 'PutMetricAlarm', alarm(TreatMissingData, { TreatMissingData }))
  }
  await answer(engine, 'PutMetricAlarm', alarm('unit', { Unit: 'Bytes' }))
  await advance(engine, 1)
  expect(await stateOf(engine, 'missing')).toBe('OK')
  await engine.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
  await advance(engine, 5)
  const { MetricAlarms } = await answer(engine, 'DescribeAlarms', {})
  expect(
    Object.fromEntries(MetricAlarms.map((each: Record<string, string>) => [each.AlarmName, each.StateValue])),
  ).toEqual({
    missing: 'INSUFFICIENT_DATA',
    ignore: 'OK',
    breaching: 'ALARM',
    notBreaching: 'OK',
    unit: 'INSUFFICIENT_DATA',
  })
})

test('SetAlarmState holds until the end of the minute, and runs the actions of the state', async () => {
  const engine = await engineWithShop()
  await answer(engine, 'PutMetricAlarm', alarm('gets', { AlarmActions: [TOPIC] }))
  await advance(engine, 1)
  await answer(engine, 'SetAlarmState', {
    AlarmName: 'gets',
    StateValue: 'ALARM',
    StateReason: 'rehearsal',
    StateReasonData: '{"by":"me"}',
  })
  const { MetricAlarms } = await answer(engine, 'DescribeAlarms', { StateValue: 'ALARM' })
  expect(MetricAlarms).toMatchObject([{ AlarmName: 'gets', StateReason: 'rehearsal', StateReasonData: '{"by":"me"}' }])
  expect(sent(engine).map(({ alarm: { NewStateReason } }) => NewStateReason)).toEqual(['rehearsal'])
  await answer(engine, 'SetAlarmState', { AlarmName: 'gets', StateValue: 'ALARM', StateReason: 'again' })
  expect(sent(engine)).toHaveLength(1)
  await advance(engine, 1)
  expect(await stateOf(engine, 'gets')).toBe('OK')
})

test('actions that are disabled are not run, though the state changes', async () => {
  const engine = await engineWithShop()
  await answer(engine, 'PutMetricAlarm', alarm('gets', { OKActions: [TOPIC], AlarmActions: [TOPIC] }))
  await answer(engine, 'DisableAlarmActions', { AlarmNames: ['gets', 'nosuch'] })
  await advance(engine, 1)
  expect(await stateOf(engine, 'gets')).toBe('OK')
  expect(sent(engine)).toEqual([])
  await answer(engine, 'EnableAlarmActions', { AlarmNames: ['gets'] })
  await answer(engine, 'SetAlarmState', { AlarmName: 'gets', StateValue: 'ALARM', StateReason: 'rehearsal' })
  expect(sent(engine)).toHaveLength(1)
})

test('an alarm that is put again is written over, but for its state and its tags', async () => {
  const engine = await engineWithShop()
  await answer(
    engine,
    'PutMetricAlarm',
    alarm('gets', { AlarmDescription: 'first', Tags: [{ Key: 'team', Value: 'web' }] }),
  )
  await advance(engine, 1)
  await answer(engine, 'PutMetricAlarm', alarm('gets', { Threshold: 9, Tags: [{ Key: 'team', Value: 'other' }] }))
  const { MetricAlarms } = await answer(engine, 'DescribeAlarms', {})
  expect(MetricAlarms[0]).toMatchObject({ StateValue: 'OK', Threshold: 9 })
  expect(MetricAlarms[0]).not.toHaveProperty('AlarmDescription')
  const ResourceARN = MetricAlarms[0].AlarmArn
  expect((await answer(engine, 'ListTagsForResource', { ResourceARN })).Tags).toEqual([{ Key: 'team', Value: 'web' }])
  await answer(engine, 'TagResource', { ResourceARN, Tags: [{ Key: 'stage', Value: 'test' }] })
  await answer(engine, 'UntagResource', { ResourceARN, TagKeys: ['team'] })
  expect((await answer(engine, 'ListTagsForResource', { ResourceARN })).Tags).toEqual([{ Key: 'stage', Value: 'test' }])
})

test('the history says what was done, what became of it, and who was told, also when the alarm is gone', async () => {
  const engine = await engineWithShop()
  await answer(engine, 'PutMetricAlarm', alarm('gets', { OKActions: [TOPIC] }))
  await advance(engine, 1)
  await answer(engine, 'DeleteAlarms', { AlarmNames: ['gets'] })
  const items = async (more: object) => (await answer(engine, 'DescribeAlarmHistory', more)).AlarmHistoryItems
  const summaries = (found: { HistorySummary: string }[]) => found.map(({ HistorySummary }) => HistorySummary)
  const newestFirst = [
    'Alarm "gets" deleted',
    `Successfully executed action ${TOPIC}`,
    'Alarm updated from INSUFFICIENT_DATA to OK',
    'Alarm "gets" created',
  ]
  expect(summaries(await items({ AlarmName: 'gets' }))).toEqual(newestFirst)
  expect(summaries(await items({ ScanBy: 'TimestampAscending' }))).toEqual([...newestFirst].reverse())
  expect(summaries(await items({ HistoryItemType: 'Action' }))).toEqual([newestFirst[1]])
  expect(await items({ StartDate: START / 1000 + 3600 })).toEqual([])
  expect(await items({ AlarmName: 'other' })).toEqual([])
  const [update] = await items({ HistoryItemType: 'StateUpdate' })
  expect(JSON.parse(update.HistoryData)).toMatchObject({
    version: '1.0',
    oldState: { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation' },
    newState: { stateValue: 'OK', stateReasonData: { threshold: 2.5, recentDatapoints: [0] } },
  })
  const first = await answer(engine, 'DescribeAlarmHistory', { MaxRecords: 3 })
  const second = await answer(engine, 'DescribeAlarmHistory', { MaxRecords: 3, NextToken: first.NextToken })
  expect(summaries([...first.AlarmHistoryItems, ...second.AlarmHistoryItems])).toEqual(newestFirst)
  expect(second).not.toHaveProperty('NextToken')
})

test('history is kept for 30 days', async () => {
  const engine = await startTestEngine({ clock: manualClock(START) })
  await answer(engine, 'PutMetricAlarm', alarm('old'))
  await advance(engine, 31 * 24 * 60)
  await answer(engine, 'PutMetricAlarm', alarm('new'))
  const { AlarmHistoryItems } = await answer(engine, 'DescribeAlarmHistory', {})
  expect(AlarmHistoryItems.map((each: { AlarmName: string }) => each.AlarmName)).toEqual(['new'])
})

test('alarms, their states and their histories outlive kill -9, and nobody is told twice', async () => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  await answer(first, 'PutMetricAlarm', alarm('gets', { AlarmActions: [TOPIC] }))
  await answer(first, 'SetAlarmState', {
    AlarmName: 'gets',
    StateValue: 'ALARM',
    StateReason: 'rehearsal',
  })
  await first.kill()
  const second = await start(stateDir)
  const { MetricAlarms } = await answer(second, 'DescribeAlarms', {})
  expect(MetricAlarms).toMatchObject([{ AlarmName: 'gets', StateValue: 'ALARM', StateReason: 'rehearsal' }])
  const { AlarmHistoryItems } = await answer(second, 'DescribeAlarmHistory', {})
  expect(AlarmHistoryItems).toHaveLength(3)
  expect(sent({ stateDir }).map(({ Subject }) => Subject)).toEqual(['ALARM: "gets" in US West (Oregon)'])
  await second.kill()
})

describe('with alarms of many names', () => {
  let engine: TestEngine
  const names = async (input: object, more: Sent = {}): Promise<string[]> =>
    (await answer(engine, 'DescribeAlarms', input, more)).MetricAlarms.map(
      (each: { AlarmName: string }) => each.AlarmName,
    )

  beforeAll(async () => {
    engine = await startTestEngine({ clock: manualClock(START), atEnd: afterAll })
    for (let number = 0; number < 60; number++) {
      const AlarmName = `a-${String(number).padStart(2, '0')}`
      await answer(engine, 'PutMetricAlarm', alarm(AlarmName, number === 7 ? { OKActions: [TOPIC] } : {}))
    }
    await answer(engine, 'PutMetricAlarm', alarm('b "ü"', { Dimensions: node, Period: 300 }))
    await answer(engine, 'SetAlarmState', { AlarmName: 'a-03', StateValue: 'ALARM', StateReason: '' })
  })

  test('they come in pages of fifty, or as many as are asked for', async () => {
    const { MetricAlarms, NextToken } = await answer(engine, 'DescribeAlarms', {})
    expect(MetricAlarms).toHaveLength(50)
    expect(await names({ NextToken })).toHaveLength(11)
    expect(await names({ MaxRecords: 100 })).toHaveLength(61)
  })

  test('they are found by name, prefix, state and action', async () => {
    expect(await names({ AlarmNames: ['a-02', 'b "ü"', 'nosuch'] })).toEqual(['a-02', 'b "ü"'])
    expect(await names({ AlarmNamePrefix: 'a-1' })).toHaveLength(10)
    expect(await names({ AlarmNamePrefix: 'A' })).toEqual([])
    expect(await names({ StateValue: 'ALARM' })).toEqual(['a-03'])
    expect(await names({ ActionPrefix: TOPIC.slice(0, -1) })).toEqual(['a-07'])
    expect(await names({ AlarmTypes: ['CompositeAlarm'] })).toEqual([])
    expect(await names({ ParentsOfAlarmName: 'a-03' })).toEqual([])
  })

  test('they are found by just their metric', async () => {
    const of = async (more: object) => {
      const asked = { MetricName: 'CmdGet', Namespace: 'AWS/ElastiCache', ...more }
      return (await answer(engine, 'DescribeAlarmsForMetric', asked)).MetricAlarms.length
    }
    expect(await of({ Dimensions: node })).toBe(1)
    expect(await of({ Dimensions: [...node].reverse(), Period: 300, Statistic: 'Sum' })).toBe(1)
    expect(await of({ Dimensions: node, Period: 60 })).toBe(0)
    expect(await of({ Dimensions: cluster })).toBe(60)
    expect(await of({})).toBe(0)
  })

  test('another region has its own', async () => {
    const elsewhere = { region: 'eu-west-1' }
    expect(await names({}, elsewhere)).toEqual([])
    await answer(engine, 'PutMetricAlarm', alarm('a-00'), elsewhere)
    const { MetricAlarms } = await answer(engine, 'DescribeAlarms', {}, elsewhere)
    expect(MetricAlarms).toMatchObject([{ AlarmArn: 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a-00' }])
    await answer(engine, 'DeleteAlarms', { AlarmNames: ['a-00'] }, elsewhere)
    expect(await names({ AlarmNames: ['a-00'] })).toEqual(['a-00'])
  })

  test('there are no more of them than the quota', async () => {
    await control(engine, 'POST', `${CONTROL.quotas}/set`, {
      region: 'us-west-2',
      name: 'alarms-per-region',
      limit: 61,
    })
    const { status, error } = await jsonCall(engine, 'PutMetricAlarm', alarm('one-more'))
    expect([status, error]).toEqual([400, 'LimitExceeded;Sender'])
    expect((await jsonCall(engine, 'PutMetricAlarm', alarm('a-00'))).status).toBe(200)
  })

  test.each([
    ['PutMetricAlarm', { ...alarm(''), AlarmName: undefined }, 'ValidationError', /Value null at 'alarmName'/],
    ['PutMetricAlarm', alarm(''), 'ValidationError', /'alarmName' .* greater than or equal to 1/],
    ['PutMetricAlarm', alarm('x'.repeat(256)), 'ValidationError', /'alarmName' .* less than or equal to 255/],
    ['PutMetricAlarm', alarm('x\n'), 'ValidationError', /control characters/],
    ['PutMetricAlarm', alarm('x', { AlarmDescription: 'x'.repeat(1025) }), 'ValidationError', /'alarmDescription'/],
    ['PutMetricAlarm', alarm('x', { AlarmActions: Array(6).fill(TOPIC) }), 'ValidationError', /'alarmActions'/],
    ['PutMetricAlarm', alarm('x', { MetricName: undefined }), 'ValidationError', /^MetricName must not be null$/],
    ['PutMetricAlarm', alarm('x', { Period: undefined }), 'ValidationError', /^Period must not be null$/],
    ['PutMetricAlarm', alarm('x', { Threshold: undefined }), 'ValidationError', /^Threshold must not be null$/],
    ['PutMetricAlarm', alarm('x', { Statistic: undefined }), 'ValidationError', /Statistic or ExtendedStatistic/],
    ['PutMetricAlarm', alarm('x', { Statistic: 'Median' }), 'InvalidParameterValue', /Statistic must be a value in/],
    ['PutMetricAlarm', alarm('x', { ExtendedStatistic: 'p9' }), 'InvalidParameterCombination', /both/],
    [
      'PutMetricAlarm',
      alarm('x', { Statistic: undefined, ExtendedStatistic: 'p101' }),
      'ValidationError',
      /p101 .* not supported/,
    ],
    [
      'PutMetricAlarm',
      alarm('x', { Statistic: undefined, ExtendedStatistic: 'tm90' }),
      'UnsupportedOperation',
      /no tm90/,
    ],
    ['PutMetricAlarm', alarm('x', { Threshold: 'much' }), 'InvalidParameterValue', /Threshold must be a number/],
    ['PutMetricAlarm', alarm('x', { Period: 61 }), 'ValidationError', /multiple of 60/],
    ['PutMetricAlarm', alarm('x', { Period: 10 }), 'UnsupportedOperation', /a sample of a metric a minute/],
    ['PutMetricAlarm', alarm('x', { EvaluationPeriods: 1441 }), 'ValidationError', /more than a day/],
    ['PutMetricAlarm', alarm('x', { Period: 86400, EvaluationPeriods: 8 }), 'ValidationError', /more than a week/],
    ['PutMetricAlarm', alarm('x', { Period: 86400, EvaluationPeriods: 2 }), 'UnsupportedOperation', /for a day/],
    ['PutMetricAlarm', alarm('x', { EvaluationPeriods: 0 }), 'ValidationError', /'evaluationPeriods'/],
    ['PutMetricAlarm', alarm('x', { DatapointsToAlarm: 2 }), 'ValidationError', /DatapointsToAlarm must be less/],
    ['PutMetricAlarm', alarm('x', { TreatMissingData: 'zero' }), 'ValidationError', /zero is not a valid value/],
    ['PutMetricAlarm', alarm('x', { EvaluateLowSampleCountPercentile: 'no' }), 'ValidationError', /no is not a valid/],
    ['PutMetricAlarm', alarm('x', { Dimensions: [...cluster, ...cluster] }), 'ValidationError', /one value/],
    ['PutMetricAlarm', alarm('x', { Dimensions: [{ Name: 'x' }] }), 'ValidationError', /dimensions.1.member.value/],
    ['PutMetricAlarm', alarm('x', { OKActions: ['ops'] }), 'ValidationError', /^Invalid arn syntax: ops$/],
    [
      'PutMetricAlarm',
      alarm('x', { OKActions: [TOPIC.replace('us-west-2', 'eu-west-1')] }),
      'ValidationError',
      /^Invalid region eu-west-1 specified. Only us-west-2 is supported.$/,
    ],
    [
      'PutMetricAlarm',
      alarm('x', { OKActions: ['arn:aws:lambda:us-west-2:000000000000:function:f'] }),
      'UnsupportedOperation',
      /no action of lambda/,
    ],
    [
      'PutMetricAlarm',
      alarm('x', { ComparisonOperator: 'GreaterThanUpperThreshold' }),
      'UnsupportedOperation',
      /anomaly detection models/,
    ],
    ['PutMetricAlarm', alarm('x', { ThresholdMetricId: 'm' }), 'UnsupportedOperation', /anomaly detection models/],
    ['PutMetricAlarm', { AlarmName: 'x', Metrics: [{ Id: 'm' }] }, 'UnsupportedOperation', /metric math expressions/],
    ['PutMetricAlarm', alarm('x', { EvaluationInterval: 60 }), 'UnsupportedOperation', /PromQL/],
    ['PutMetricAlarm', alarm('x', { Tags: [{ Key: 'aws:x', Value: '' }] }), 'InvalidParameterValue', /reserved/],
    [
      'PutCompositeAlarm',
      { AlarmName: 'x', AlarmRule: 'TRUE' },
      'UnsupportedOperation',
      /does not do PutCompositeAlarm/,
    ],
    ['DescribeAlarms', { MaxRecords: 101 }, 'ValidationError', /'maxRecords' .* less than or equal to 100/],
    ['DescribeAlarms', { AlarmNames: ['x'], AlarmNamePrefix: 'x' }, 'ValidationError', /cannot both/],
    ['DescribeAlarms', { NextToken: 'x' }, 'InvalidNextToken', /invalid/],
    ['DescribeAlarms', { ChildrenOfAlarmName: 'x' }, 'UnsupportedOperation', /no composite alarms/],
    [
      'DescribeAlarms',
      { ParentsOfAlarmName: 'x', StateValue: 'OK' },
      'ValidationError',
      /MaxRecords and NextToken only/,
    ],
    ['DescribeAlarmsForMetric', { MetricName: 'x' }, 'ValidationError', /'namespace'/],
    ['SetAlarmState', { AlarmName: 'nosuch', StateValue: 'OK', StateReason: '' }, 'ResourceNotFound', /nosuch/],
    ['SetAlarmState', { AlarmName: 'a-00', StateValue: 'OK' }, 'ValidationError', /Value null at 'stateReason'/],
    [
      'SetAlarmState',
      { AlarmName: 'a-00', StateValue: 'OK', StateReason: '', StateReasonData: '{' },
      'InvalidFormat',
      /JSON/,
    ],
    ['ListTagsForResource', { ResourceARN: 'arn:aws:s3:::x' }, 'ResourceNotFoundException', /does not exist/],
  ])('%s refuses %j', async (operation, input, code, message) => {
    const { status, error, value } = await jsonCall(engine, operation, input)
    expect([status, error]).toEqual([code.startsWith('ResourceNotFound') ? 404 : 400, `${code};Sender`])
    expect(value.message).toMatch(message)
    expect(await names({ AlarmNames: ['x'] })).toEqual([])
  })

  test('of those that are to be deleted the ones that are there go, whatever else is named', async () => {
    const { error, value } = await jsonCall(engine, 'DeleteAlarms', { AlarmNames: ['a-58', 'nosuch', 'a-59'] })
    expect([error, value.message]).toEqual(['ResourceNotFound;Sender', 'Alarms not found: nosuch'])
    expect(await names({ AlarmNamePrefix: 'a-5' })).toHaveLength(8)
  })
})

describe('who asks', () => {
  let engine: TestEngine
  let user: UserEntry
  const may = (Statement: object) =>
    control(engine, 'POST', CONTROL.policies, {
      userName: 'ann',
      policyName: 'alarms',
      document: { Version: '2012-10-17', Statement },
    })
  const asked = async (operation: string, input: object) =>
    (await jsonCall(engine, operation, input, { credentials: user })).error ?? 'done'

  beforeAll(async () => {
    engine = await startTestEngine({ clock: manualClock(START), atEnd: afterAll })
    user = await control<UserEntry>(engine, 'POST', CONTROL.users, { create: 'ann' })
  })

  test('needs to be allowed what is asked, of the alarms it is asked of', async () => {
    const { value } = await jsonCall(engine, 'PutMetricAlarm', alarm('web-gets'), { credentials: user })
    expect(value.message).toMatch(
      /^User: arn:aws:iam::000000000000:user\/ann is not authorized to perform: cloudwatch:PutMetricAlarm on resource: arn:aws:cloudwatch:us-west-2:000000000000:alarm:web-gets/,
    )
    await may({ Effect: 'Allow', Action: 'cloudwatch:*', Resource: 'arn:aws:cloudwatch:*:*:alarm:web-*' })
    expect(await asked('PutMetricAlarm', alarm('web-gets'))).toBe('done')
    expect(await asked('PutMetricAlarm', alarm('gets'))).toBe('AccessDenied;Sender')
    expect(await asked('DescribeAlarms', {})).toBe('AccessDenied;Sender')
    expect(await asked('DescribeAlarms', { AlarmNames: ['web-gets'] })).toBe('done')
    expect(await asked('DisableAlarmActions', { AlarmNames: ['web-gets', 'gets'] })).toBe('AccessDenied;Sender')
    expect(await asked('DeleteAlarms', { AlarmNames: ['web-gets'] })).toBe('done')
  })

  test('needs TagResource as well for an alarm with tags, and conditions on tags hold', async () => {
    const tagged = alarm('tagged', { Tags: [{ Key: 'team', Value: 'web' }] })
    const put = { Effect: 'Allow', Action: 'cloudwatch:PutMetricAlarm', Resource: '*' }
    await may(put)
    expect(await asked('PutMetricAlarm', tagged)).toBe('AccessDenied;Sender')
    const StringEquals = { 'aws:ResourceTag/team': 'web' }
    await may([
      { ...put, Action: ['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource'] },
      { Effect: 'Allow', Action: 'cloudwatch:DeleteAlarms', Resource: '*', Condition: { StringEquals } },
    ])
    expect(await asked('PutMetricAlarm', tagged)).toBe('done')
    expect(await asked('PutMetricAlarm', alarm('plain'))).toBe('done')
    expect(await asked('DeleteAlarms', { AlarmNames: ['plain'] })).toBe('AccessDenied;Sender')
    expect(await asked('DeleteAlarms', { AlarmNames: ['tagged'] })).toBe('done')
  })

  test('is in the audit log, as CloudTrail has calls of CloudWatch', async () => {
    await asked('PutMetricAlarm', alarm('audited'))
    await asked('SetAlarmState', { AlarmName: 'audited', StateValue: 'OK', StateReason: '' })
    await asked('ListMetrics', {})
    await control(engine, 'POST', CONTROL.auditFlush)
    const lines = readFileSync(join(engine.stateDir, 'audit.jsonl'), 'utf8').trimEnd().split('\n')
    const last = lines.slice(-2).map((line) => JSON.parse(line))
    expect(last).toMatchObject([
      {
        eventSource: 'monitoring.amazonaws.com',
        eventName: 'PutMetricAlarm',
        awsRegion: 'us-west-2',
        userIdentity: { userName: 'ann' },
        requestParameters: { alarmName: 'audited', threshold: 2.5 },
        responseElements: null,
      },
      { eventName: 'SetAlarmState', errorCode: 'AccessDenied' },
    ])
  })
})

describe('the protocols', () => {
  let engine: TestEngine
  beforeAll(async () => {
    engine = await startTestEngine({ clock: manualClock(START), atEnd: afterAll })
  })

  test('Query: parameters in, XML out', async () => {
    const ask = async (parameters: Record<string, string>) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams({ Version: '2010-08-01', ...parameters }).toString()
      return (await signed(engine, { headers, body })).text()
    }
    const { Dimensions: _, ...flat } = alarm('query')
    const put = await ask({
      Action: 'PutMetricAlarm',
      ...Object.fromEntries(Object.entries(flat).map(([name, value]) => [name, String(value)])),
      Threshold: '1.5E3',
      'AlarmActions.member.1': TOPIC,
      'Dimensions.member.1.Name': 'CacheClusterId',
      'Dimensions.member.1.Value': 'shop',
    })
    expect(put).toMatch(/<PutMetricAlarmResponse [^>]*><ResponseMetadata>/)
    expect(await ask({ Action: 'DescribeAlarms', AlarmNamePrefix: 'query' })).toContain(
      `<AlarmName>query</AlarmName><ActionsEnabled>true</ActionsEnabled><OKActions></OKActions><AlarmActions><member>${TOPIC}</member></AlarmActions>`,
    )
    expect(await ask({ Action: 'DescribeAlarms' })).toContain('<Threshold>1500</Threshold>')
    expect(await ask({ Action: 'DeleteAlarms', 'AlarmNames.member.1': 'nosuch' })).toContain(
      '<Code>ResourceNotFound</Code>',
    )
    expect(await ask({ Action: 'PutMetricAlarm', Threshold: 'much' })).toContain('<Code>InvalidParameterValue</Code>')
  })

  test('CBOR: as the newer SDKs speak it', async () => {
    const call = async (operation: string, input: object) => {
      const response = await signed(engine, {
        path: `/service/GraniteServiceVersion20100801/operation/${operation}`,
        headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', accept: 'application/cbor' },
        body: encodeCbor(input),
      })
      return decodeCbor(Buffer.from(await response.arrayBuffer()))
    }
    expect(await call('PutMetricAlarm', alarm('cbor', { Threshold: 0.25 }))).toEqual({})
    expect(await call('DescribeAlarms', { AlarmNames: ['cbor'] })).toMatchObject({
      MetricAlarms: [{ AlarmName: 'cbor', Threshold: 0.25, StateUpdatedTimestamp: new Date(START) }],
    })
    expect(await call('SetAlarmState', { AlarmName: 'no', StateValue: 'OK', StateReason: '' })).toMatchObject({
      __type: 'com.amazonaws.cloudwatch#ResourceNotFound',
    })
  })

  test.skipIf(!isInstalled('aws'))('aws cloudwatch, as it is installed', async () => {
    const env = {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: engine.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: engine.credentials.secretAccessKey,
      AWS_DEFAULT_REGION: engine.info.region,
      AWS_ENDPOINT_URL_CLOUDWATCH: engine.info.url,
    }
    const aws = (...words: string[]) => run('aws', ['cloudwatch', ...words], { env })
    const metric = ['--namespace', 'AWS/ElastiCache', '--metric-name', 'CPUUtilization']
    const rule = ['--statistic', 'Average', '--period', '300', '--evaluation-periods', '2', '--threshold', '90.5']
    const more = ['--comparison-operator', 'GreaterThanOrEqualToThreshold', '--alarm-actions', TOPIC]
    const dimensions = ['--dimensions', 'Name=CacheClusterId,Value=shop', 'Name=CacheNodeId,Value=0001']
    const put = await aws('put-metric-alarm', '--alarm-name', 'cli', ...metric, ...rule, ...more, ...dimensions)
    expect(put).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const { stdout } = await aws('describe-alarms', '--alarm-name-prefix', 'cl')
    expect(JSON.parse(stdout).MetricAlarms).toMatchObject([{ AlarmName: 'cli', Threshold: 90.5, Dimensions: node }])
    expect((await aws('delete-alarms', '--alarm-names', 'cli')).code).toBe(0)
    expect((await aws('delete-alarms', '--alarm-names', 'cli')).stderr).toContain('(ResourceNotFound)')
  })

  const hasBoto = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0
  test.skipIf(!hasBoto)('boto3, as it is installed', async () => {
    const script = `
import boto3, json, sys
url, key, secret = sys.argv[1:]
c = boto3.client('cloudwatch', endpoint_url=url, region_name='us-west-2', aws_access_key_id=key, aws_secret_access_key=secret)
for n in range(3):
    c.put_metric_alarm(AlarmName=f'boto-{n}', Namespace='AWS/ElastiCache', MetricName='Evictions', Dimensions=[{'Name': 'CacheClusterId', 'Value': 'shop'}], ExtendedStatistic='p99', Period=60, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=0.5, ComparisonOperator='GreaterThanThreshold', TreatMissingData='notBreaching')
c.set_alarm_state(AlarmName='boto-1', StateValue='ALARM', StateReason='rehearsal')
pages = c.get_paginator('describe_alarms').paginate(AlarmNamePrefix='boto', PaginationConfig={'PageSize': 2})
names = [a['AlarmName'] for page in pages for a in page['MetricAlarms']]
one = c.describe_alarms(AlarmNames=['boto-1'])['MetricAlarms'][0]
items = [i['HistorySummary'] for page in c.get_paginator('describe_alarm_history').paginate(AlarmName='boto-1', PaginationConfig={'PageSize': 1}) for i in page['AlarmHistoryItems']]
alarm = boto3.resource('cloudwatch', endpoint_url=url, region_name='us-west-2', aws_access_key_id=key, aws_secret_access_key=secret).Alarm('boto-2').threshold
refused = []
for call in (lambda: c.set_alarm_state(AlarmName='no', StateValue='OK', StateReason=''), lambda: c.set_alarm_state(AlarmName='boto-1', StateValue='OK', StateReason='', StateReasonData='{')):
    try: call()
    except (c.exceptions.ResourceNotFound, c.exceptions.InvalidFormatFault) as e: refused.append(e.response['Error']['Code'])
c.delete_alarms(AlarmNames=names)
print(json.dumps([names, one['StateValue'], one['ExtendedStatistic'], one['DatapointsToAlarm'], items, alarm, refused]))
`
    const { accessKeyId, secretAccessKey } = engine.credentials
    const { stdout, stderr } = await run('python3', ['-c', script, engine.info.url, accessKeyId, secretAccessKey])
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([
      ['boto-0', 'boto-1', 'boto-2'],
      'ALARM',
      'p99',
      2,
      ['Alarm updated from INSUFFICIENT_DATA to ALARM', 'Alarm "boto-1" created'],
      0.5,
      ['ResourceNotFound', 'InvalidFormat'],
    ])
  })
})
