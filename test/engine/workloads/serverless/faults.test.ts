import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultReport, FaultRequest } from '../../../../src/api/engine-faults.ts'
import { CONTROL } from '../../../../src/api/local-engine.ts'
import { control } from '../../../support/control.ts'
import { startTestEngine, type TestEngine } from '../../../support/engine.ts'
import {
  connectTo,
  createdCache,
  describedCache,
  serverless,
  untilCache,
  untilCacheGone,
} from '../../../support/serverless.ts'

const cleanUps: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const work of cleanUps.reverse()) await work()
})

let engine: TestEngine
let port: number | undefined
beforeAll(async () => {
  engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
  port = (await createdCache(engine, 'shop', { NetworkType: 'ipv4' })).Endpoint?.Port
})
beforeEach(() => clear())

const inject = (request: FaultRequest) => control<FaultReport>(engine, 'POST', CONTROL.faults, request)
const clear = () => control<FaultReport[]>(engine, 'POST', CONTROL.faults, { clear: [] })
const messagesOf = async (SourceIdentifier: string) => {
  const { Events = [] } = await engine.client().describeEvents({ SourceType: 'serverless-cache', SourceIdentifier })
  return Events.map(({ Message }) => Message)
}

describe('a serverless cache suffers like a node', () => {
  test('it may be named as a cluster would be, unless a cluster has the name', async () => {
    expect(await inject({ kind: 'delay', cluster: 'Shop' })).toMatchObject({ cluster: null, serverlessCache: 'shop' })
    await expect(inject({ kind: 'node-crash', cluster: 'shop', node: '0001' })).rejects.toThrow(
      'shop is a serverless cache; node-crash is for clusters.',
    )
    await expect(inject({ kind: 'delay', cluster: 'shopp' })).rejects.toThrow('CacheCluster not found: shopp')
  })

  test('requests are delayed, and no longer when it is over', async () => {
    const client = await connectTo(engine, port)
    const fault = await inject({ kind: 'delay', serverlessCache: 'Shop', delayMs: 150 })
    expect(fault).toMatchObject({ id: 'delay-1', cluster: null, serverlessCache: 'shop', delayMs: 150 })
    const began = performance.now()
    await client.ask('get a\r\n')
    expect(performance.now() - began).toBeGreaterThanOrEqual(145)
    await clear()
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
  })

  test('connections are reset', async () => {
    const client = await connectTo(engine, port)
    const ended = new Promise((resolve) => client.socket.on('error', resolve).on('close', resolve))
    await inject({ kind: 'reset', serverlessCache: 'shop' })
    await ended
    await clear()
    expect(await (await connectTo(engine, port)).ask('get a\r\n')).toBe('END\r\n')
  })

  test('its certificate is expired, or of another name', async () => {
    await inject({ kind: 'bad-certificate', serverlessCache: 'shop' })
    await expect(connectTo(engine, port)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' })
    await clear()
    await inject({ kind: 'bad-certificate', serverlessCache: 'shop', how: 'mismatch' })
    await expect(connectTo(engine, port)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    await clear()
    await connectTo(engine, port)
  })

  test('a fault goes with its cache', async () => {
    await createdCache(engine, 'gone')
    await inject({ kind: 'node-hang', serverlessCache: 'gone' })
    await engine.client().deleteServerlessCache({ ServerlessCacheName: 'gone' })
    await untilCacheGone(engine.client(), 'gone')
    const again = await createdCache(engine, 'gone')
    expect(await (await connectTo(engine, again.Endpoint?.Port)).ask('get a\r\n')).toBe('END\r\n')
    expect(await control(engine, 'GET', CONTROL.faults)).toEqual([])
  })

  const refused: [string, FaultRequest, RegExp][] = [
    ['a cache there is not', { kind: 'delay', serverlessCache: 'nosuch' }, /Serverless cache not found: nosuch/],
    ['a fault of nodes', { kind: 'node-crash', serverlessCache: 'shop', node: '0001' }, /has no --serverless-cache/],
    ['a node of it', { kind: 'delay', serverlessCache: 'shop', node: '0001' }, /no nodes to choose from/],
    ['a cluster as well', { kind: 'delay', serverlessCache: 'shop', cluster: 'shop' }, /exclude one another/],
    ['a family it lacks', { kind: 'drop-family', serverlessCache: 'shop', family: 'ipv6' }, /does not have ipv6/],
    ['a way there is not', { kind: 'serverless-creation', how: 'luck' }, /addresses or subnets or endpoints or/],
  ]
  test.each(refused)('refused: %s', async (_, request, message) => {
    await expect(inject(request)).rejects.toThrow(message)
  })
})

describe('the failures the guide has events of', () => {
  test.each([
    ['addresses', 'Insufficient free IP addresses to create VPC endpoint.'],
    ['subnets', 'Invalid subnets provided in the request.'],
    ['endpoints', 'Quota limit reached for creating VPC endpoint.'],
    ['permissions', 'You do not have permissions to create a VPC endpoint.'],
  ])('creation: %s', async (how, cause) => {
    await inject({ kind: 'serverless-creation', how })
    const name = `failed-${how}`
    await engine.client().createServerlessCache(serverless(name))
    await untilCache(engine.client(), name, 'create-failed')
    expect(await messagesOf(name)).toEqual([`Failed to create cache ${name}. ${cause}`])
    await engine.client().deleteServerlessCache({ ServerlessCacheName: name })
    await untilCacheGone(engine.client(), name)
  })

  test('creation: no address is left in the zones', async () => {
    await inject({ kind: 'address-exhaustion' })
    await engine.client().createServerlessCache(serverless('full'))
    await untilCache(engine.client(), 'full', 'create-failed')
    expect((await messagesOf('full'))[0]).toMatch(/Insufficient free IP addresses/)
  })

  const limits = { CacheUsageLimits: { ECPUPerSecond: { Maximum: 5_000 } } }
  const groups = { SecurityGroupIds: ['sg-0fedcba9876543210'] }
  test.each([
    ['security-groups', groups, 'An update to the cache shop failed. SecurityGroups update failed.'],
    [
      'permissions',
      groups,
      'An update to the cache shop failed. SecurityGroups update failed because of insufficient permissions.',
    ],
    [
      'invalid-groups',
      groups,
      'An update to the cache shop failed. SecurityGroups update failed because the SecurityGroups are invalid.',
    ],
    ['configuration', limits, 'A limit update to the cache shop failed due to invalid configuration.'],
    ['deleted', limits, 'A limit update to the cache shop failed because the cache was deleted.'],
  ])('update: %s', async (how, change, message) => {
    if (how === 'security-groups') {
      const group = { region: 'us-west-2', groupName: 'other', groupId: 'sg-0fedcba9876543210' }
      await control(engine, 'POST', `${CONTROL.securityGroups}/create`, group)
    }
    const { SecurityGroupIds, CacheUsageLimits } = await describedCache(engine.client(), 'shop')
    await inject({ kind: 'serverless-update', how })
    await engine.client().modifyServerlessCache({ ServerlessCacheName: 'shop', Description: how, ...change })
    await untilCache(engine.client(), 'shop', 'available')
    expect((await messagesOf('shop'))[0]).toBe(message)
    expect(await describedCache(engine.client(), 'shop')).toMatchObject({
      SecurityGroupIds,
      Description: how,
      ...(CacheUsageLimits && { CacheUsageLimits }),
    })
  })
})
