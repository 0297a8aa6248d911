import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RespClient } from '../../../../src/kv/resp/client.ts'
import { itemsOf, textOf } from '../../../../src/protocols/resp/reply.ts'
import { say } from '../../../support/redis-node.ts'
import { createdCache, describedCache, untilCache, untilCacheGone } from '../../../support/serverless.ts'
import { startTestEngine } from '../../../support/servers.ts'
import { clientOfCache, created, ENGINES, HAS_BOTH, HAS_VALKEY, SKIPPED } from './redis-support.ts'

describe.each(ENGINES)(`a serverless cache of $engine ${SKIPPED}`, ({ engine: name, isMissing }) => {
  test.skipIf(isMissing)('answers on two ports with TLS, with all slots at its endpoint', async () => {
    const engine = await startTestEngine()
    const cache = await createdCache(engine, 'shop', { Engine: name, MajorEngineVersion: '7' })
    expect(cache).toMatchObject({
      Engine: name,
      MajorEngineVersion: '7',
      FullEngineVersion: name === 'redis' ? '7.1' : '7.2',
    })
    const port = cache.Endpoint?.Port ?? 0
    expect(cache.ReaderEndpoint).toEqual({ Address: cache.Endpoint?.Address, Port: port + 1 })
    const client = clientOfCache(engine, cache)
    expect(await client.say('SET', 'a', '1')).toBe('OK')
    expect(await clientOfCache(engine, cache, 'reader').say('GET', 'a')).toBe('1')
    const [[first, last, node] = []] = itemsOf(await client.reply('CLUSTER', 'SLOTS')).map(itemsOf)
    expect([first, last].map(String)).toEqual(['0', '16383'])
    expect(
      itemsOf(node ?? null)
        .slice(0, 2)
        .map((each) => textOf(each)),
    ).toEqual(['localhost', String(port)])
    expect(await client.say('SELECT', '1')).toContain('SELECT is not allowed in cluster mode')
    expect(await say(port, 'PING')).toContain('CLOSED')
  })

  test.skipIf(isMissing)('does not know what only the service may say', async () => {
    const engine = await startTestEngine()
    const client = clientOfCache(engine, await createdCache(engine, 'shop', { Engine: name }))
    for (const command of [
      'KEYS *',
      'CONFIG GET maxmemory',
      'MEMORY USAGE a',
      'WAIT 0 1',
      'FUNCTION LIST',
      'OBJECT HELP',
    ]) {
      expect(await client.say(...command.split(' '))).toContain('unknown command')
    }
    for (const command of ['CLIENT LIST', 'CLIENT PAUSE 1', 'ACL LOG', 'SCRIPT KILL', 'PUBSUB NUMPAT']) {
      expect(await client.say(...command.split(' '))).toContain('unknown command')
    }
    expect(await client.say('ACL', 'WHOAMI')).toBe('default')
  })
})

describe.skipIf(!HAS_VALKEY)('a serverless cache of Valkey (skipped without valkey-server)', () => {
  test('takes a client in cluster mode that knows nothing but the endpoint', async () => {
    const engine = await startTestEngine()
    const { Endpoint } = await created(engine)
    const client = await RespClient.open([{ host: '127.0.0.1', port: Endpoint?.Port ?? 0 }], {
      timeoutMs: 5_000,
      tls: { ca: readFileSync(join(engine.stateDir, 'ca.pem'), 'utf8'), servername: 'localhost' },
    })
    onTestFinished(() => client.close())
    expect(client.isCluster).toBe(true)
  })

  test('is not made in a version that there is not', async () => {
    const engine = await startTestEngine()
    const input = { ServerlessCacheName: 'shop', Engine: 'valkey', MajorEngineVersion: '6' }
    await expect(engine.client().createServerlessCache(input)).rejects.toThrow(
      'Specified engine does not support major engine version 6',
    )
  })

  test('is as large as its limit of data, and lets keys with a time to live go for others', async () => {
    const engine = await startTestEngine()
    const cache = await created(engine, { CacheUsageLimits: { DataStorage: { Maximum: 1, Unit: 'GB' } } })
    const info = await clientOfCache(engine, cache).say('INFO', 'memory')
    expect(info).toContain('maxmemory:1073741824')
    expect(info).toContain('maxmemory_policy:volatile-lru')
  })

  test('is gone once it is deleted, with its server', async () => {
    const engine = await startTestEngine()
    const cache = await created(engine)
    const client = clientOfCache(engine, cache)
    await client.say('PING')
    await engine.client().deleteServerlessCache({ ServerlessCacheName: 'shop' })
    await untilCacheGone(engine.client(), 'shop')
    await client.closed
  })
})

test.skipIf(!HAS_BOTH)(`a serverless cache of Redis OSS becomes Valkey with all it has ${SKIPPED}`, async () => {
  const engine = await startTestEngine()
  const api = engine.client()
  const before = await createdCache(engine, 'shop', { Engine: 'redis' })
  await clientOfCache(engine, before).say('SET', 'a', '1')
  await api.modifyServerlessCache({ ServerlessCacheName: 'shop', Engine: 'valkey', MajorEngineVersion: '8' })
  await untilCache(api, 'shop', 'available')
  const after = await describedCache(api, 'shop')
  expect(after).toMatchObject({ Engine: 'valkey', MajorEngineVersion: '8', Endpoint: before.Endpoint })
  const client = clientOfCache(engine, after)
  expect(await client.say('GET', 'a')).toBe('1')
  expect(await client.say('SET', 'b', '1')).toBe('OK')
  const back = api.modifyServerlessCache({ ServerlessCacheName: 'shop', Engine: 'redis' })
  await expect(back).rejects.toThrow('This API supports only cross-engine upgrades to Valkey engine currently')
})

test.skipIf(!HAS_BOTH)(`the way back from Valkey 7 says why there is none here ${SKIPPED}`, async () => {
  const engine = await startTestEngine()
  await createdCache(engine, 'shop', { Engine: 'valkey', MajorEngineVersion: '7' })
  const back = engine.client().modifyServerlessCache({ ServerlessCacheName: 'shop', Engine: 'redis' })
  await expect(back).rejects.toThrow(
    'redis-server 7.0 does not read the files (RDB version 11) that a Valkey server writes',
  )
})

test('a serverless cache whose server is not installed is refused, with the package to install', async () => {
  const serverPlaces = { 'valkey-server': '/nonexistent/valkey-server' }
  const engine = await startTestEngine({ nodeRuntime: 'server', serverPlaces })
  const made = engine.client().createServerlessCache({ ServerlessCacheName: 'shop', Engine: 'valkey' })
  await expect(made).rejects.toMatchObject({
    name: 'InvalidParameterCombinationException',
    message: expect.stringContaining('apt-get install valkey-server'),
  })
})
