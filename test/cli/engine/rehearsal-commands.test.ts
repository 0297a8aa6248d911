import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EngineCredentials } from '../../../src/api/local-engine.ts'
import { spanOf, spanText } from '../../../src/cli/span.ts'
import { jsonCall } from '../../support/cloudwatch.ts'
import { cachectl, temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const TOPIC = 'arn:aws:sns:us-west-2:000000000000:Events'
const home = temporaryHome(afterAll)

beforeAll(async () => {
  await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
  await home.answer(
    ...['create-cache-cluster', '--cache-cluster-id', 'shop', '--engine', 'memcached', '--num-cache-nodes', '2'],
    ...['--cache-node-type', 'cache.t4g.small', '--notification-topic-arn', TOPIC, '--wait'],
  )
})

const json = async (...words: string[]) => JSON.parse(await home.answer(...words, '--output', 'json'))

test('the clock goes forward, and says how far', async () => {
  const before = await json('engine', 'clock', 'show')
  const after = await json('engine', 'clock', 'advance', '1d12h')
  expect(after.aheadMs - before.aheadMs).toBe(36 * 3_600_000)
  expect(await home.answer('engine', 'clock', 'show')).toContain('1d 12h ahead of this machine')
  const refused = await home.cachectl('engine', 'clock', 'set', '2020-01-01')
  expect(refused).toMatchObject({ code: 252, stderr: expect.stringContaining('never goes backwards') })
})

test.each([
  ['90', 90_000],
  ['1.5h', 5_400_000],
  ['7d', 604_800_000],
  ['1d12h', 129_600_000],
  ['250ms', 250],
])('%s is %i ms', (text, milliseconds) => {
  expect(spanOf('<duration>', text)).toBe(milliseconds)
})

test.each(['', 'soon', '-1d', '1x', 'd'])('"%s" is no length of time', (text) => {
  expect(() => spanOf('<duration>', text)).toThrow(/invalid duration/)
})

test('a length of time is told in its two largest units', () => {
  expect([0, 4_000, 90_061_000, 604_800_000].map(spanText)).toEqual(['0s', '4s', '1d 1h', '7d'])
})

test('a user does what its policy allows, and the audit log tells who did', async () => {
  const user = await json('engine', 'user', 'create', 'alice')
  expect(user).toMatchObject({ userName: 'alice', secretAccessKey: expect.any(String) })
  const document = join(home.stateDir, 'policy.json')
  const statement = { Effect: 'Allow', Action: 'elasticache:Describe*', Resource: '*' }
  writeFileSync(document, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
  await home.answer('engine', 'policy', 'put', 'alice', 'read', '--document', `file://${document}`)
  expect(JSON.parse(await home.answer('engine', 'policy', 'get', 'alice', 'read'))).toMatchObject({
    Statement: [statement],
  })
  expect(await home.answer('engine', 'user', 'list')).toContain('alice')
  expect(await home.answer('engine', 'env', '--user', 'alice')).toContain(user.accessKeyId)
  const asAlice = (...words: string[]) => cachectl(words, { CACHECTL_HOME: home.stateDir, CACHECTL_USER: 'alice' })
  expect(await asAlice('describe-cache-clusters')).toMatchObject({ code: 0 })
  const refused = await asAlice('delete-cache-cluster', '--cache-cluster-id', 'shop', '--yes')
  expect(refused).toMatchObject({ code: 254, stderr: expect.stringContaining('AccessDenied') })
  const { Records } = await json('engine', 'audit', '--lines', '1')
  expect(Records).toMatchObject([
    { eventName: 'DeleteCacheCluster', errorCode: 'AccessDenied', userIdentity: { userName: 'alice' } },
  ])
  const broken = '{\n  "Version": "2012-10-17",\n  "Statement": [}\n}'
  expect(await home.cachectl('engine', 'policy', 'put', 'alice', 'broken', '--document', broken)).toMatchObject({
    code: 252,
    stderr: expect.stringContaining('line 3 column 17'),
  })
  const misspelt = '{\n  "Statement": [\n    {\n      "Effect": "Alow", "Action": "*", "Resource": "*"\n    }\n  ]\n}'
  expect(await home.cachectl('engine', 'policy', 'put', 'alice', 'misspelt', '--document', misspelt)).toMatchObject({
    code: 252,
    stderr: expect.stringContaining('Effect must be Allow or Deny: line 4 column 7 (char 31)'),
  })
  await home.answer('engine', 'user', 'delete', 'alice', '--yes')
  expect(await asAlice('describe-cache-clusters')).toMatchObject({
    stderr: expect.stringContaining('no user alice'),
  })
})

test('the audit log shows calls nobody signed, and how many more there were, and others among however many', async () => {
  const { url, region } = await json('engine', 'status')
  const credentials = JSON.parse(readFileSync(join(home.stateDir, 'credentials.json'), 'utf8')) as EngineCredentials
  for (let sent = 0; sent < 8; sent++) await jsonCall({ info: { url, region }, credentials }, 'DescribeAlarms', {})
  for (let sent = 0; sent < 60; sent++) await fetch(`${url}/?Action=DescribeEvents`)
  const lines = (await home.answer('engine', 'audit', '--lines', '10')).trimEnd().split('\n')
  expect(lines).toHaveLength(10)
  expect(lines.at(-1)).toMatch(/ - \d+ more without a right signature, the last -> MissingAuthenticationToken$/)
  expect(lines.at(-2)).toMatch(/ - DescribeEvents -> MissingAuthenticationToken: /)
  const { Records } = await json('engine', 'audit', '--lines', '10')
  const known = Records.filter(
    ({ userIdentity }: { userIdentity: { type: string } }) => userIdentity.type === 'IAMUser',
  )
  expect(known).toHaveLength(8)
})

test('notifications are listed', async () => {
  expect(await home.answer('engine', 'notifications')).toContain('ElastiCache:AddCacheNodeComplete : shop')
  const [first] = await json('engine', 'notifications')
  expect(first).toMatchObject({ Type: 'Notification', TopicArn: TOPIC })
  expect(await home.cachectl('engine', 'notifications', '--webhook', 'http://example.com/')).toMatchObject({
    code: 252,
    stderr: expect.stringContaining('loopback'),
  })
})

test('what alarms send is listed with the reason, and status shows the state they are in', async () => {
  const { url, region } = await json('engine', 'status')
  const credentials = JSON.parse(readFileSync(join(home.stateDir, 'credentials.json'), 'utf8')) as EngineCredentials
  const engine = { info: { url, region }, credentials }
  await jsonCall(engine, 'PutMetricAlarm', {
    AlarmName: 'configurations',
    Namespace: 'AWS/ElastiCache',
    MetricName: 'CurrConfig',
    Dimensions: [{ Name: 'CacheClusterId', Value: 'shop' }],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 2,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    AlarmActions: [TOPIC],
  })
  expect(await home.answer('engine', 'status')).toMatch(/configurations +│ INSUFFICIENT_DATA/)
  await home.answer('engine', 'clock', 'advance', '2m')
  expect(await home.answer('engine', 'notifications')).toMatch(
    /Events {2}ALARM: "configurations" in US West \(Oregon\) {2}\(Threshold Crossed: 1 datapoint \[2\.0 .* threshold \(2\.0\)\.\)\n/,
  )
  expect(await home.answer('engine', 'status')).toMatch(/configurations +│ ALARM/)
  expect((await json('engine', 'status')).alarms).toMatchObject([{ name: 'configurations', state: 'ALARM', region }])
})

test.skipIf(!hasTerminal)('a reason that holds escape sequences stays one line of a terminal', async () => {
  const { url, region } = await json('engine', 'status')
  const credentials = JSON.parse(readFileSync(join(home.stateDir, 'credentials.json'), 'utf8')) as EngineCredentials
  const StateReason = 'red \x1b[31m, \x9b31m and\nthe next'
  await jsonCall({ info: { url, region }, credentials }, 'PutMetricAlarm', {
    AlarmName: 'reasons',
    Namespace: 'none',
    MetricName: 'none',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 2,
    ComparisonOperator: 'LessThanThreshold',
    OKActions: [TOPIC],
  })
  const set = { AlarmName: 'reasons', StateValue: 'OK', StateReason }
  await jsonCall({ info: { url, region }, credentials }, 'SetAlarmState', set)
  const { raw, code } = await onTerminal(['engine', 'notifications', '--lines', '1'], {
    env: { CACHECTL_HOME: home.stateDir },
    answers: [],
  })
  expect(code).toBe(0)
  expect(raw.trimEnd().split('\n')).toHaveLength(1)
  // Neither the introducer of seven bits nor that of eight.
  for (const introducer of ['\x1b[', '\x9b']) expect(raw).not.toContain(introducer)
})

test('a fault is injected, listed and cleared', async () => {
  const fault = await json('engine', 'fault', 'inject', 'delay', '--cluster', 'shop', '--delay', '50ms')
  expect(fault).toMatchObject({ id: 'delay-1', kind: 'delay', cluster: 'shop', delayMs: 50, until: null })
  expect(await home.answer('engine', 'fault', 'list')).toContain('delay-1')
  expect(await home.answer('engine', 'fault', 'clear')).toBe('Cleared: delay-1\n')
  expect(await home.answer('engine', 'fault', 'list')).toBe('No faults are in effect.\n')
  expect(await home.cachectl('engine', 'fault', 'inject', 'flood')).toMatchObject({
    code: 252,
    stderr: expect.stringContaining('There is no fault flood'),
  })
})

test('the words of three are found, and help for two of them', async () => {
  expect(await home.answer('engine', 'fault', '--help')).toContain('engine fault inject')
  expect(await home.cachectl('engine', 'clock', 'shw')).toMatchObject({
    stderr: expect.stringContaining('engine clock show'),
  })
})
