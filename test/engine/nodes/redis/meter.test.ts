import { describe, expect, test } from 'vitest'
import { encodeCommand } from '../../../../src/protocols/resp/encode.ts'
import { SERVERS, type ServerName, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

const [installed] = SERVERS.filter(({ isMissing }) => !isMissing).reverse()
const servers: readonly { readonly name: ServerName; readonly isMissing: boolean }[] = [
  { name: installed?.name ?? 'redis-server', isMissing: installed === undefined },
  { name: 'embedded valkey', isMissing: false },
]
const live = { directives: {}, users: ['default on nopass ~* &* +@all'], transit: 'plain' as const }

describe.each(servers)('a metered $name (skipped without it)', ({ name, isMissing }) => {
  const spec = (ecpuPerSecond: number) => specOf(name, { live: { ...live, ecpuPerSecond } })

  test.skipIf(isMissing)('counts one ECPU a command, and the kilobytes of larger ones in both directions', async () => {
    const wanted = spec(Number.POSITIVE_INFINITY)
    const node = await startNode(wanted)
    const client = new TestClient(wanted.port)
    await client.say('PING')
    await client.say('SET', 'a', 'x'.repeat(10_240))
    expect((await node.counters()).ecpus).toBeCloseTo(11, 0)
    await client.say('GET', 'a')
    expect((await node.counters()).ecpus).toBeCloseTo(21, 0)
    expect((await node.counters()).throttled).toBe(0)
  })

  test.skipIf(isMissing)('lets wait what is over the limit, and serves it in its order', async () => {
    const wanted = spec(20)
    const node = await startNode(wanted)
    const client = new TestClient(wanted.port)
    const replies: string[] = []
    for (let turn = 0; turn < 50; turn++) replies.push(await client.say('INCR', 'n'))
    expect(replies).toEqual(Array.from({ length: 50 }, (_, turn) => String(turn + 1)))
    expect(await node.counters()).toMatchObject({ ecpus: 50, throttled: expect.any(Number) })
    expect((await node.counters()).throttled).toBeGreaterThan(0)
  })
})

test('each command of a pipeline costs what it moves, and one that waits is paid for once', async () => {
  const wanted = specOf('embedded valkey', { live: { ...live, ecpuPerSecond: Number.POSITIVE_INFINITY } })
  const node = await startNode(wanted)
  const spent = async () => (await node.counters()).ecpus
  const client = new TestClient(wanted.port)
  const value = 'x'.repeat(2_048)
  const set = (encodeCommand(['SET', 'a', value]).length + '+OK\r\n'.length) / 1_024
  const get = (encodeCommand(['GET', 'a']).length + '$2048\r\n\r\n'.length + value.length) / 1_024
  await client.say('SET', 'a', value)
  expect(await spent()).toBeCloseTo(set)
  await Promise.all([client.say('PING'), client.say('GET', 'a'), client.say('PING')])
  expect(await spent()).toBeCloseTo(set + get + 2)
  const waiting = client.say('BLPOP', 'list', '0')
  await new TestClient(wanted.port).say('LPUSH', 'list', 'x')
  await waiting
  expect(await spent()).toBeCloseTo(set + get + 4)
})
