import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { READINGS } from '../../../../src/engine/nodes/redis/readings.ts'
import type { Member, RedisLive, RedisSpec } from '../../../../src/engine/nodes/redis/spec.ts'
import { eventually } from '../../../support/eventually.ts'
import { nextPort, OPEN, SERVERS, say, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

type ServerName = RedisSpec['program']['name']

const secret = randomBytes(8).toString('hex')

/** A cluster of one node, which has all slots. */
async function startCluster(name: ServerName, more: Partial<RedisLive> = {}) {
  const nodeId = randomBytes(20).toString('hex')
  const member: Member = {
    ...{ nodeId, port: nextPort(), busPort: nextPort(), shard: '0001', slots: [[0, 16_383]], primary: true },
  }
  const live = { ...OPEN, topology: [member], ...more }
  const spec = specOf(name, { secret, nodeId, port: member.port, live })
  return { spec, live, node: await startNode(spec) }
}

type Cluster = Awaited<ReturnType<typeof startCluster>>

const fedBy = (source: Cluster): Partial<RedisLive> => ({
  feed: { innerPort: source.spec.innerPort },
  refusesWrites: true,
})

async function startPair(name: ServerName) {
  const source = await startCluster(name)
  await eventually('it serves', async () => (await say(source.spec.port, 'SET', 'before', '1')) === 'OK')
  const fed = await startCluster(name, fedBy(source))
  return { source, fed }
}

const isFed = (fed: Cluster) =>
  eventually('it is fed', async () => {
    const { agrees, inSync, fed: offset } = await fed.node.status()
    return agrees && inSync && offset !== undefined
  })

const holds = ({ spec }: Cluster, key: string, value: string) =>
  eventually(`${key} is ${value}`, async () => (await say(spec.port, 'GET', key)) === value)

const digestOf = async ({ spec }: Cluster, keys: readonly string[]) => {
  const client = new TestClient(spec.port)
  return Promise.all(keys.map((key) => client.say('DUMP', key)))
}

describe.each(SERVERS)(
  'a primary of $name that another cluster feeds (skipped where it is not installed)',
  ({ name, isMissing }) => {
    test.skipIf(isMissing)('holds what that holds, and does what that does', async () => {
      const { source, fed } = await startPair(name)
      await isFed(fed)
      expect(await say(fed.spec.port, 'GET', 'before')).toBe('1')
      const writer = new TestClient(source.spec.port)
      await writer.say('SET', 'ttl', 'v', 'PX', '600000')
      await writer.say('RPUSH', '{t}list', 'a\r\nb', '', 'c')
      for (const command of [['MULTI'], ['INCR', '{t}n'], ['LPOP', '{t}list'], ['EXEC']]) await writer.say(...command)
      await writer.say(
        'EVAL',
        "redis.call('set', KEYS[1], ARGV[1]) return redis.call('incr', KEYS[2])",
        '2',
        '{t}s',
        '{t}n',
        'x',
      )
      await writer.say('FUNCTION', 'LOAD', "#!lua name=own\nredis.register_function('own', function() return 7 end)")
      await writer.say('DEL', 'before')
      await writer.say('SET', 'last', '1')
      await holds(fed, 'last', '1')
      const keys = ['before', 'ttl', '{t}list', '{t}n', '{t}s']
      expect(await digestOf(fed, keys)).toEqual(await digestOf(source, keys))
      expect(await say(fed.spec.port, 'PEXPIRETIME', 'ttl')).toBe(await say(source.spec.port, 'PEXPIRETIME', 'ttl'))
      expect(await say(fed.spec.port, 'FCALL', 'own', '0')).toBe('7')
    })

    test.skipIf(isMissing)('drops what it held that the other does not', async () => {
      const source = await startCluster(name)
      const fed = await startCluster(name)
      await eventually('both serve', async () => {
        const told = await Promise.all([source, fed].map(({ spec }) => say(spec.port, 'SET', 'k', String(spec.port))))
        return told.every((each) => each === 'OK')
      })
      await say(fed.spec.port, 'SET', 'own', '1')
      await fed.node.adjust({ ...fed.live, ...fedBy(source) })
      await isFed(fed)
      expect(await say(fed.spec.port, 'GET', 'own')).toBe('')
      expect(await say(fed.spec.port, 'GET', 'k')).toBe(String(source.spec.port))
    })

    test.skipIf(isMissing)('takes all that the other has, and tells of the memory that it is to have', async () => {
      const source = await startCluster(name)
      const fed = await startCluster(name, { ...fedBy(source), directives: { maxmemory: '1000' } })
      await eventually('it serves', async () => (await say(source.spec.port, 'SET', 'k', '1')) === 'OK')
      await holds(fed, 'k', '1')
      const reading = await fed.node.reading(1)
      expect(reading && READINGS.read(reading, 'maxmemory')).toBe(1000)
    })

    test.skipIf(isMissing)('lets no client write, and tells it as a replica does', async () => {
      const { fed } = await startPair(name)
      await isFed(fed)
      const READONLY = "READONLY You can't write against a read only replica."
      const client = new TestClient(fed.spec.port)
      expect(await client.say('SET', 'k', '-NOPERM')).toBe(READONLY)
      expect(await client.say('FUNCTION', 'FLUSH')).toBe(READONLY)
      await client.say('MULTI')
      expect(await client.say('DEL', 'before')).toBe(READONLY)
      expect(await client.say('EXEC')).toMatch(/^EXECABORT /)
      expect(await client.say('EVAL', "return redis.call('del', KEYS[1])", '1', 'before')).toMatch(/^ERR /)
      expect(await client.say('CONFIG', 'GET', '*')).toMatch(/^ERR unknown command/)
      expect(await client.say('GET', 'before')).toBe('1')
    })

    test.skipIf(isMissing)('goes on where it was when the connection was lost', async () => {
      const { source, fed } = await startPair(name)
      await isFed(fed)
      // A beginning anew would take it away.
      await say(source.spec.port, 'SET', 'n', '1')
      await holds(fed, 'n', '1')
      const operator = new TestClient(source.spec.port)
      const copies = async () => /sync_full:(\d+)/.exec(await operator.say('INFO', 'stats'))?.[1]
      const before = await copies()
      await operator.say('CLIENT', 'KILL', 'TYPE', 'replica')
      await say(source.spec.port, 'INCR', 'n')
      await holds(fed, 'n', '2')
      expect(await copies()).toBe(before)
    })

    test.skipIf(isMissing)('begins anew when the other is another server than it was', async () => {
      const { source, fed } = await startPair(name)
      await isFed(fed)
      await source.node.stop()
      rmSync(source.spec.directory, { recursive: true })
      const again = await startNode(source.spec)
      await eventually('it serves', async () => (await say(source.spec.port, 'SET', 'after', '1')) === 'OK')
      await holds(fed, 'after', '1')
      expect(await say(fed.spec.port, 'GET', 'before')).toBe('')
      expect((await again.status()).agrees).toBe(true)
    })

    test.skipIf(isMissing)('is its own again, with its data, when that is over', async () => {
      const { source, fed } = await startPair(name)
      await isFed(fed)
      await fed.node.adjust(fed.live.topology ? { ...OPEN, topology: fed.live.topology } : OPEN)
      expect(await say(fed.spec.port, 'SET', 'own', '1')).toBe('OK')
      await say(source.spec.port, 'SET', 'own', '2')
      expect(await say(fed.spec.port, 'GET', 'before')).toBe('1')
      expect(await say(fed.spec.port, 'GET', 'own')).toBe('1')
    })
  },
)
