import net from 'node:net'
import type tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { FaultReport, FaultRequest } from '../../src/api/engine-faults.ts'
import { CONTROL } from '../../src/api/local-engine.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'
import { MemcachedClient } from '../support/memcached-client.ts'

const NOON = Date.UTC(2026, 0, 4, 12)

const cleanUps: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const work of cleanUps.reverse()) await work()
})

const inject = (engine: TestEngine, request: FaultRequest) =>
  control<FaultReport>(engine, 'POST', CONTROL.faults, request)
const clear = (engine: TestEngine, ...ids: string[]) =>
  control<FaultReport[]>(engine, 'POST', CONTROL.faults, { clear: ids })
const list = (engine: TestEngine) => control<FaultReport[]>(engine, 'GET', CONTROL.faults)
const advance = (engine: TestEngine, advanceMs: number) => control(engine, 'POST', CONTROL.clock, { advanceMs })

async function nodesOf(engine: TestEngine, id = 'shop') {
  const { CacheClusters } = await engine.client().describeCacheClusters({ CacheClusterId: id, ShowCacheNodeInfo: true })
  const [cluster] = CacheClusters ?? []
  const ports = (cluster?.CacheNodes ?? []).map(({ Endpoint }) => Endpoint?.Port ?? 0)
  return { cluster, ports, endpoint: cluster?.ConfigurationEndpoint?.Port ?? 0 }
}

async function connect(port: number, host = '127.0.0.1', tlsOptions?: tls.ConnectionOptions) {
  const client = await MemcachedClient.connect(port, host, tlsOptions)
  onTestFinished(() => client.close())
  return client
}

async function answer(port: number, request: string, host?: string): Promise<string> {
  return (await connect(port, host)).ask(request)
}

/** What a client gets within 200 ms: of a node that answers, an answer. */
async function heardSoon(client: MemcachedClient, request: string): Promise<string> {
  client.send(request)
  await new Promise((resolve) => setTimeout(resolve, 200))
  return client.socket.bytesRead === 0 ? '' : 'something'
}

async function cluster(engine: TestEngine, more: object = {}, count = 3) {
  await engine.client().createCacheCluster({ ...memcached('shop', count), ...more })
  await engine.until('shop', 'available')
  return nodesOf(engine)
}

describe('a node that crashes', () => {
  test('is away, stays in the list, and comes back empty under the same name and port, with events', async () => {
    const engine = await startTestEngine({ clock: manualClock(NOON) })
    const before = await cluster(engine)
    const [first = 0, second = 0] = before.ports
    await answer(second, 'set a 0 0 1\r\nx\r\n')
    const fault = await inject(engine, { kind: 'node-crash', cluster: 'shop', node: '0002', durationMs: 60_000 })
    expect(fault).toMatchObject({ id: 'node-crash-1', until: '2026-01-04T12:01:00.000Z' })
    await expect(MemcachedClient.connect(second)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await answer(first, 'config get cluster\r\n')).toContain(`|${second}`)
    expect(await answer(before.endpoint, 'config get cluster\r\n')).toContain(`|${second}`)
    await expect(inject(engine, { kind: 'node-crash', cluster: 'shop', node: '0002' })).rejects.toThrow(/down already/)
    await advance(engine, 61_000)
    expect(await answer(second, 'get a\r\n')).toBe('END\r\n')
    expect((await nodesOf(engine)).ports).toEqual(before.ports)
    expect(await list(engine)).toEqual([])
    const { Events } = await engine.client().describeEvents({ SourceType: 'cache-cluster' })
    expect(Events?.slice(0, 2).map(({ Message, Date: at }) => [Message, at?.toISOString()])).toEqual([
      ['Finished recovery for cache nodes 0002', expect.stringMatching(/^2026-01-04T12:01:0/)],
      ['Recovering cache nodes 0002', expect.stringMatching(/^2026-01-04T12:00:15/)],
    ])
  })

  test('leaves the configuration endpoint to another', async () => {
    const engine = await startTestEngine()
    const { endpoint, ports } = await cluster(engine)
    for (const node of ['0001', '0002']) await inject(engine, { kind: 'node-crash', cluster: 'shop', node })
    expect(await answer(endpoint, 'config get cluster\r\n')).toMatch(new RegExp(`\\|${ports[0]}\\s`))
  })

  test('is still away after a restart of the engine, and is replaced when it is cleared', async () => {
    const stateDir = temporaryDirectory()
    const engine = await startTestEngine({ stateDir })
    const { ports } = await cluster(engine)
    await inject(engine, { kind: 'node-crash', cluster: 'shop', node: '0003' })
    await engine.close()
    const again = await startTestEngine({ stateDir })
    await expect(MemcachedClient.connect(ports[2] ?? 0)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await clear(again)).toMatchObject([{ id: 'node-crash-1' }])
    expect(await answer(ports[2] ?? 0, 'get a\r\n')).toBe('END\r\n')
  })
})

describe('faults of connections', () => {
  let engine: TestEngine
  let ports: number[]
  let endpoint: number

  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    ;({ ports, endpoint } = await cluster(engine, { NetworkType: 'dual_stack' }))
  })

  test('a node that hangs connects, says nothing, and answers once it is over, what came meanwhile too', async () => {
    const [port = 0] = ports
    const there = await connect(port)
    await inject(engine, { kind: 'node-hang', cluster: 'shop', node: '0001' })
    const fresh = await connect(port)
    expect(await heardSoon(there, 'set k 0 0 1\r\nx\r\n')).toBe('')
    expect(await heardSoon(fresh, 'get k\r\n')).toBe('')
    expect(await answer(ports[1] ?? 0, 'get k\r\n')).toBe('END\r\n')
    expect(await answer(endpoint, 'get k\r\n')).toBe('END\r\n')
    await clear(engine)
    expect(await there.bytes(8)).toBe('STORED\r\n')
    expect(await fresh.bytes(18)).toBe('VALUE k 0 1\r\nx\r\nEN')
  })

  test('one family is dropped, the other is served', async () => {
    const [port = 0] = ports
    await inject(engine, { kind: 'drop-family', cluster: 'shop', family: 'ipv6' })
    expect(await heardSoon(await connect(port, '::1'), 'version\r\n')).toBe('')
    expect(await answer(port, 'get a\r\n')).toBe('END\r\n')
    await clear(engine)
    expect(await answer(port, 'get a\r\n', '::1')).toBe('END\r\n')
  })

  test.each([
    ['reset', { kind: 'reset' }, '127.0.0.1'],
    ['drop-family --how reset', { kind: 'drop-family', family: 'ipv6', how: 'reset' }, '::1'],
  ])('%s ends what is there, and what comes', async (_, request, host) => {
    const [port = 0] = ports
    const there = await connect(port, host)
    const ended = new Promise<string | undefined>((resolve) => {
      there.socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    })
    await inject(engine, { cluster: 'shop', node: '0001', ...request })
    expect(await ended).toBe('ECONNRESET')
    const fresh = net.connect({ port, host })
    const code = await new Promise((resolve) => {
      fresh.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      fresh.write('version\r\n')
    })
    expect(['ECONNRESET', 'EPIPE']).toContain(code)
    await clear(engine)
  })

  test('a delay is added to every request, in their order, also of connections that were there', async () => {
    const [port = 0] = ports
    const there = await connect(port)
    await inject(engine, { kind: 'delay', cluster: 'shop', node: '0001', delayMs: 150 })
    const began = performance.now()
    expect(await there.ask('set a 0 0 1\r\nx\r\nget a\r\n')).toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
    expect(performance.now() - began).toBeGreaterThanOrEqual(145)
    await clear(engine)
    const then = performance.now()
    await there.ask('get a\r\n')
    expect(performance.now() - then).toBeLessThan(140)
  })

  test('a throttled node sends a value at the rate, and all of it', async () => {
    const [port = 0] = ports
    const value = 'x'.repeat(20_000)
    await answer(port, `set big 0 0 ${value.length}\r\n${value}\r\n`)
    await inject(engine, { kind: 'throttle', cluster: 'shop', node: '0001', rate: 50_000 })
    const began = performance.now()
    expect(await answer(port, 'get big\r\n')).toBe(`VALUE big 0 20000\r\n${value}\r\nEND\r\n`)
    expect(performance.now() - began).toBeGreaterThan(250)
    await clear(engine)
  })

  test('a zone that goes away takes its nodes, and no node can be created in it', async () => {
    const { cluster: shop } = await nodesOf(engine)
    const zone = shop?.PreferredAvailabilityZone ?? ''
    await inject(engine, { kind: 'zone-outage', zone })
    expect(await heardSoon(await connect(ports[1] ?? 0), 'version\r\n')).toBe('')
    const other = { ...memcached('other'), PreferredAvailabilityZone: zone }
    await expect(engine.client().createCacheCluster(other)).rejects.toMatchObject({
      name: 'InsufficientCacheClusterCapacityFault',
    })
    await clear(engine)
    expect(await answer(ports[1] ?? 0, 'get a\r\n')).toBe('END\r\n')
  })

  test('several faults add up, and are cleared one by one', async () => {
    const [port = 0] = ports
    const first = await inject(engine, { kind: 'delay', cluster: 'shop', delayMs: 60 })
    const second = await inject(engine, { kind: 'delay', cluster: 'shop', delayMs: 90 })
    expect([first.id, second.id]).toEqual(['delay-1', 'delay-2'])
    const timed = async () => {
      const began = performance.now()
      await answer(port, 'get a\r\n')
      return performance.now() - began
    }
    expect(await timed()).toBeGreaterThanOrEqual(145)
    await clear(engine, 'delay-2')
    expect((await list(engine)).map(({ id }) => id)).toEqual(['delay-1'])
    expect(await timed()).toBeGreaterThanOrEqual(55)
    await clear(engine)
  })
})

describe('discovery', () => {
  test('one node goes on with the list it had, through a restart too', async () => {
    const stateDir = temporaryDirectory()
    const engine = await startTestEngine({ stateDir })
    const { ports } = await cluster(engine)
    const [first = 0, second = 0] = ports
    await inject(engine, { kind: 'stale-discovery', cluster: 'shop', node: '0002' })
    await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 4, ApplyImmediately: true })
    await engine.until('shop', 'available')
    expect(await answer(first, 'config get cluster\r\n')).toContain('\r\n2\n')
    expect(await answer(second, 'config get cluster\r\n')).toContain('\r\n1\n')
    await engine.close()
    const again = await startTestEngine({ stateDir })
    await eventually('the node has its old list again', async () =>
      (await answer(second, 'config get cluster\r\n')).includes('\r\n1\n'),
    )
    await clear(again)
    expect(await answer(second, 'config get cluster\r\n')).toContain('\r\n2\n')
  })

  test('a changed list arrives late, at one node after the other', async () => {
    const engine = await startTestEngine({ clock: manualClock(NOON) })
    const { ports } = await cluster(engine)
    await inject(engine, { kind: 'slow-discovery', cluster: 'shop', delayMs: 40_000 })
    await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 4, ApplyImmediately: true })
    await engine.until('shop', 'available')
    const versions = async () => {
      const answers = await Promise.all(ports.map((port) => answer(port, 'config get cluster\r\n')))
      return answers.map((text) => /\r\n(\d+)\n/.exec(text)?.[1])
    }
    expect(await versions()).toEqual(['1', '1', '1'])
    await advance(engine, 25_000)
    expect(await versions()).toEqual(['2', '2', '1'])
    await advance(engine, 15_000)
    expect(await versions()).toEqual(['2', '2', '2'])
  })
})

test('a certificate is expired, or of another name, until the fault is cleared', async () => {
  const engine = await startTestEngine()
  const { ports } = await cluster(engine, { TransitEncryptionEnabled: true }, 1)
  const { readFileSync } = await import('node:fs')
  const ca = readFileSync(`${engine.stateDir}/ca.pem`)
  const shake = () => connect(ports[0] ?? 0, '127.0.0.1', { ca, servername: 'localhost' })
  await (await shake()).ask('get a\r\n')
  await inject(engine, { kind: 'bad-certificate', cluster: 'shop' })
  await expect(shake()).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' })
  await clear(engine)
  await inject(engine, { kind: 'bad-certificate', cluster: 'shop', how: 'mismatch' })
  await expect(shake()).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await clear(engine)
  await (await shake()).ask('get a\r\n')
})

describe('faults of the API', () => {
  test('no capacity in a zone is told in the words of AWS, and avoided where nobody asked for that zone', async () => {
    const engine = await startTestEngine()
    const client = engine.client()
    await inject(engine, { kind: 'capacity', zone: 'us-west-2b', nodeType: 'cache.t4g.small' })
    await expect(
      client.createCacheCluster({ ...memcached('shop'), PreferredAvailabilityZone: 'us-west-2b' }),
    ).rejects.toMatchObject({
      name: 'InsufficientCacheClusterCapacityFault',
      message:
        'cache.t4g.small (VPC) is not currently supported in the availability zone us-west-2b.  Retry the launch with no availability zone or target: us-west-2a, us-west-2c, us-west-2d.',
    })
    for (let index = 0; index < 8; index++) {
      const { CacheCluster } = await client.createCacheCluster(memcached(`any-${index}`))
      expect(CacheCluster?.PreferredAvailabilityZone).not.toBe('us-west-2b')
    }
    await inject(engine, { kind: 'capacity' })
    await expect(client.createCacheCluster(memcached('none'))).rejects.toThrow(/in any availability zone of us-west-2/)
  })

  test('a scale-out finds no capacity either', async () => {
    const engine = await startTestEngine()
    await cluster(engine, { PreferredAvailabilityZone: 'us-west-2a' }, 1)
    await inject(engine, { kind: 'capacity', zone: 'us-west-2a' })
    const scaleOut = { CacheClusterId: 'shop', NumCacheNodes: 2, ApplyImmediately: true }
    await expect(engine.client().modifyCacheCluster(scaleOut)).rejects.toMatchObject({
      name: 'InsufficientCacheClusterCapacityFault',
    })
    expect((await nodesOf(engine)).cluster).toMatchObject({ CacheClusterStatus: 'available', NumCacheNodes: 1 })
  })

  test('without free addresses a scale-out fails, and says so in the events', async () => {
    const engine = await startTestEngine()
    await cluster(engine, {}, 1)
    await inject(engine, { kind: 'address-exhaustion' })
    await engine.client().modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2, ApplyImmediately: true })
    await engine.until('shop', 'available')
    const { Events } = await engine.client().describeEvents({})
    expect(Events?.[0]?.Message).toMatch(/^Failed to add cache nodes: .*address/)
  })

  test('calls beyond the rate are throttled, and let through again as time passes', async () => {
    const clock = manualClock(NOON)
    const engine = await startTestEngine({ clock })
    const client = engine.client()
    await inject(engine, { kind: 'api-throttling', rate: 2, operation: 'DescribeCacheClusters' })
    await client.describeCacheClusters({})
    await client.describeCacheClusters({})
    await expect(client.describeCacheClusters({})).rejects.toMatchObject({
      name: 'Throttling',
      message: 'Rate exceeded',
    })
    await client.describeEvents({})
    clock.advanceTo(NOON + 500)
    await client.describeCacheClusters({})
    await expect(client.describeCacheClusters({})).rejects.toMatchObject({ name: 'Throttling' })
    await expect(engine.client('eu-west-1').describeCacheClusters({})).resolves.toMatchObject({ CacheClusters: [] })
  })
})

test('a report has every member, in one order, and null where it does not apply', async () => {
  const engine = await startTestEngine({ clock: manualClock(NOON) })
  await inject(engine, { kind: 'api-throttling', rate: 3, operation: 'DescribeEvents', durationMs: 60_000 })
  await inject(engine, { kind: 'capacity', zone: 'us-west-2a' })
  const response = await fetch(`${engine.info.url}${CONTROL.faults}`, {
    headers: { authorization: `Bearer ${engine.credentials.controlToken}` },
  })
  expect(await response.text()).toBe(
    '[{"region":"us-west-2","kind":"api-throttling","cluster":null,"serverlessCache":null,"node":null,"zone":null,"delayMs":null,"rate":3,"family":null,"how":null,"operation":"DescribeEvents","nodeType":null,"since":"2026-01-04T12:00:00.000Z","until":"2026-01-04T12:01:00.000Z","id":"api-throttling-1","replicationGroup":null},' +
      '{"region":"us-west-2","kind":"capacity","cluster":null,"serverlessCache":null,"node":null,"zone":"us-west-2a","delayMs":null,"rate":null,"family":null,"how":null,"operation":null,"nodeType":null,"since":"2026-01-04T12:00:00.000Z","until":null,"id":"capacity-1","replicationGroup":null}]',
  )
})

test('a fault ends with its duration, by the clock of the engine', async () => {
  const clock = manualClock(NOON)
  const engine = await startTestEngine({ clock })
  const { ports } = await cluster(engine, {}, 1)
  await inject(engine, { kind: 'node-hang', cluster: 'shop', durationMs: 5_000 })
  const client = await connect(ports[0] ?? 0)
  expect(await heardSoon(client, 'get a\r\n')).toBe('')
  clock.advanceTo(NOON + 5_000)
  expect(await client.bytes(5)).toBe('END\r\n')
  await eventually('the list is empty', async () => (await list(engine)).length === 0)
})

test('a cluster that is deleted takes its faults along; another of its name is well', async () => {
  const engine = await startTestEngine()
  await cluster(engine, {}, 1)
  await inject(engine, { kind: 'node-hang', cluster: 'shop' })
  await engine.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
  const { ports } = await cluster(engine, {}, 1)
  expect(await answer(ports[0] ?? 0, 'get a\r\n')).toBe('END\r\n')
  expect(await list(engine)).toEqual([])
})

describe('is refused', () => {
  let shared: TestEngine
  beforeAll(async () => {
    shared = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    await cluster(shared)
  })

  const cases: [string, FaultRequest, RegExp][] = [
    ['a fault there is not', { kind: 'flood' }, /There is no fault flood\. There are: node-crash, /],
    ['a fault of a node without one', { kind: 'node-crash', cluster: 'shop' }, /needs --node/],
    ['a fault of a cluster without one', { kind: 'delay' }, /needs --cluster/],
    ['a cluster there is not', { kind: 'delay', cluster: 'nosuch' }, /CacheCluster not found: nosuch/],
    ['a node there is not', { kind: 'delay', cluster: 'shop', node: '0009' }, /It has 0001, 0002, 0003/],
    ['a zone there is not', { kind: 'zone-outage', zone: 'mars-1a' }, /not a zone of us-west-2/],
    ['an option it does not have', { kind: 'reset', cluster: 'shop', delayMs: 5 }, /reset has no --delay/],
    ['a cluster for a fault of the API', { kind: 'api-throttling', cluster: 'shop' }, /has no --cluster/],
    ['a family there is not', { kind: 'drop-family', cluster: 'shop', family: 'ipx' }, /ipv4 or ipv6/],
    ['no family', { kind: 'drop-family', cluster: 'shop' }, /needs --family/],
    ['a way there is not', { kind: 'drop-family', cluster: 'shop', family: 'ipv4', how: 'loudly' }, /silent or reset/],
    ['a bad certificate without TLS', { kind: 'bad-certificate', cluster: 'shop' }, /no in-transit encryption/],
    ['an operation there is not', { kind: 'api-throttling', operation: 'DescribeMoon' }, /no operation DescribeMoon/],
    ['a node type there is not', { kind: 'capacity', nodeType: 'cache.x' }, /no node type cache\.x/],
    ['no duration', { kind: 'reset', cluster: 'shop', durationMs: 0 }, /longer than no time/],
  ]
  test.each(cases)('%s', async (_, request, message) => {
    await expect(inject(shared, request)).rejects.toThrow(message)
    expect(await list(shared)).toEqual([])
  })

  test('clearing what is not there', async () => {
    await expect(clear(shared, 'delay-9')).rejects.toThrow(/No such fault: delay-9\. In effect: none/)
  })
})
