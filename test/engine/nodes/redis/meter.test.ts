import { describe, expect, test } from 'vitest'
import { SERVERS, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

const [server] = SERVERS.filter(({ isMissing }) => !isMissing).reverse()
const live = { directives: {}, users: ['default on nopass ~* &* +@all'], transit: 'plain' as const }

describe.skipIf(!server)('a metered server (skipped without redis-server and valkey-server)', () => {
  const spec = (ecpuPerSecond: number) => specOf(server?.name ?? 'redis-server', { live: { ...live, ecpuPerSecond } })

  test('counts one ECPU a command, and the kilobytes of larger ones in both directions', async () => {
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

  test('lets wait what is over the limit, and serves it in its order', async () => {
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
