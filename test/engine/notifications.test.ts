import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { notificationOf, readEvent } from '../../src/api/catalog/events.ts'
import { CONTROL } from '../../src/api/local-engine.ts'
import type { SnsNotification } from '../../src/api/notifications.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'

const TOPIC = 'arn:aws:sns:us-west-2:000000000000:ElastiCacheNotifications'

const cleanUps: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const work of cleanUps.reverse()) await work()
})

function sent(engine: TestEngine): SnsNotification[] {
  const text = readFileSync(join(engine.stateDir, 'notifications.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

async function withCluster(
  topic: object = { NotificationTopicArn: TOPIC },
  atEnd: (work: () => Promise<void> | void) => void = onTestFinished,
) {
  const engine = await startTestEngine({ atEnd })
  await engine.client().createCacheCluster({ ...memcached('shop'), ...topic })
  await engine.until('shop', 'available')
  return engine
}

test('a cluster shows its topic, and tells it of what the guide lists, in the shape SNS delivers', async () => {
  const engine = await withCluster()
  const client = engine.client()
  const { CacheClusters } = await client.describeCacheClusters({})
  expect(CacheClusters?.[0]?.NotificationConfiguration).toEqual({ TopicArn: TOPIC, TopicStatus: 'active' })
  await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
  await engine.until('shop', 'available')
  await client.deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
  const notifications = sent(engine)
  expect(notifications.map(({ Message }) => Message)).toEqual([
    'ElastiCache:CacheClusterProvisioningComplete shop',
    'ElastiCache:AddCacheNodeComplete : shop',
    'Cache node 0001 shutdown',
    'Cache node 0001 restarted',
    'ElastiCache:DeleteCacheClusterComplete : shop',
  ])
  expect(notifications[2]).toMatchObject({
    Type: 'Notification',
    TopicArn: TOPIC,
    MessageAttributes: { event: { Type: 'String', Value: 'ElastiCache:CacheNodesRebooted' } },
  })
  const numbers = notifications.map(({ SequenceNumber }) => Number(SequenceNumber))
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
})

test('nothing is sent while the topic is inactive, and again once it is active', async () => {
  const engine = await withCluster()
  const client = engine.client()
  const before = sent(engine).length
  const set = async (NotificationTopicStatus: string) => {
    const { CacheCluster } = await client.modifyCacheCluster({ CacheClusterId: 'shop', NotificationTopicStatus })
    expect(CacheCluster?.NotificationConfiguration).toEqual({ TopicArn: TOPIC, TopicStatus: NotificationTopicStatus })
  }
  const reboot = async () => {
    await client.rebootCacheCluster({ CacheClusterId: 'shop', CacheNodeIdsToReboot: ['0001'] })
    await engine.until('shop', 'available')
  }
  await set('inactive')
  await reboot()
  expect(sent(engine)).toHaveLength(before)
  await set('active')
  await reboot()
  expect(sent(engine)).toHaveLength(before + 2)
})

test('a cluster has one topic: another takes its place', async () => {
  const engine = await withCluster()
  const other = TOPIC.replace('ElastiCacheNotifications', 'other')
  const { CacheCluster } = await engine
    .client()
    .modifyCacheCluster({ CacheClusterId: 'shop', NotificationTopicArn: other })
  expect(CacheCluster?.NotificationConfiguration).toEqual({ TopicArn: other, TopicStatus: 'active' })
})

test('what was not delivered when the engine was killed is delivered at the next start, the rest not again', async () => {
  const engine = await withCluster()
  await engine.close()
  const path = join(engine.stateDir, 'notifications.jsonl')
  const [first = '', second = ''] = readFileSync(path, 'utf8').split('\n')
  // As a crash leaves it: the first line whole, the second cut off.
  writeFileSync(path, `${first}\n${second.slice(0, 20)}`)
  await startTestEngine({ stateDir: engine.stateDir })
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  const { MessageId: _, ...again } = JSON.parse(lines[2] ?? '')
  expect(JSON.parse(second)).toMatchObject(again)
})

test('what was not delivered is delivered at a start after the days that events are kept for, too', async () => {
  const engine = await withCluster()
  await engine.close()
  const path = join(engine.stateDir, 'notifications.jsonl')
  const before = sent(engine).map(({ Message }) => Message)
  writeFileSync(path, '')
  const clock = manualClock(Date.now() + 20 * 86_400_000)
  const later = await startTestEngine({ stateDir: engine.stateDir, clock })
  expect(before).not.toEqual([])
  expect(sent(later).map(({ Message }) => Message)).toEqual(before)
})

describe('a topic is refused', () => {
  let shared: Promise<TestEngine> | undefined
  const sharedEngine = () => (shared ??= withCluster({}, (work) => cleanUps.push(work)))
  test.each([
    ['of another region', { NotificationTopicArn: TOPIC.replace('us-west-2', 'eu-west-1') }, /region of the cluster/],
    ['of another account', { NotificationTopicArn: TOPIC.replace(/0{12}/, '123456789012') }, /account of the cluster/],
    ['that is no topic', { NotificationTopicArn: 'arn:aws:sqs:us-west-2:000000000000:queue' }, /not the ARN/],
    ['when only a status is given', { NotificationTopicStatus: 'inactive' }, /needs a topic/],
    ['with a status that is none', { NotificationTopicStatus: 'off' }, /Valid values are: active, inactive/],
  ])('%s', async (_, input, message) => {
    const engine = await sharedEngine()
    await expect(engine.client().modifyCacheCluster({ CacheClusterId: 'shop', ...input })).rejects.toThrow(message)
  })
})

test('a webhook gets each notification as SNS would post it, tried again when it fails; only on loopback', async () => {
  const got: { headers: IncomingHttpHeaders; body: string }[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      got.push({ headers: request.headers, body })
      response.writeHead(got.length === 1 ? 500 : 200).end()
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void hook.close())
  const webhook = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/sns`
  const engine = await startTestEngine()
  await expect(control(engine, 'POST', CONTROL.notifications, { webhook: 'http://example.com/' })).rejects.toThrow(
    /loopback/,
  )
  expect(await control(engine, 'POST', CONTROL.notifications, { webhook })).toEqual({ webhook })
  await engine.client().createCacheCluster({ ...memcached('shop'), NotificationTopicArn: TOPIC })
  await eventually('both notifications are there, one of them twice', () => got.length === 3)
  expect(got[0]?.headers).toMatchObject({ 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-topic-arn': TOPIC })
  expect(new Set(got.map(({ body }) => JSON.parse(body).Message)).size).toBe(2)
})

test.each([
  ['Service update is available for cache node 0001.', 'ServiceUpdateAvailableForNode', /for cache node 0001\.$/],
  [
    'Failed to add cache nodes: insufficient free IP addresses in availability zone us-west-2a for cache subnet group default',
    'AddCacheNodeFailed',
    /^ElastiCache:AddCacheNodeFailed : shop$/,
  ],
])('%s is %s', (message, name, text) => {
  const notification = notificationOf(readEvent(message), 'shop')
  expect(notification).toMatchObject({ name: `ElastiCache:${name}`, message: expect.stringMatching(text) })
})

test('what the guide does not list is told by DescribeEvents only', () => {
  expect(notificationOf({ kind: 'number-increasing' }, 'shop')).toBeUndefined()
})
