import { expect, test } from 'vitest'
import { nodeMetrics } from '../../../../src/engine/families/redis/metrics.ts'
import { READINGS } from '../../../../src/engine/nodes/redis/readings.ts'
import { eventually } from '../../../support/eventually.ts'
import { OPEN, SERVERS, say, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

/** Of a minute that began with nothing counted. */
function metricsOf(reading: Float64Array, seconds = 60): ReadonlyMap<string, number> {
  const value = (name: string) => READINGS.read(reading, name as Parameters<typeof READINGS.read>[1]) // the table's own names
  return new Map(nodeMetrics.metrics.map(({ name, source }) => [name, source({ now: value, grown: value, seconds })]))
}

test.each(SERVERS)(
  'a node of $name tells what its metrics are made of (skipped where it is not installed)',
  async ({ name, isMissing }) => {
    if (isMissing) return
    const primary = specOf(name, { live: { ...OPEN, directives: { maxmemory: '100mb' } } })
    const node = await startNode(primary)
    const role = { replicaOf: { port: primary.port, innerPort: primary.innerPort } }
    const replica = await startNode(specOf(name, { secret: primary.secret, live: { ...OPEN, role } }))
    await eventually(
      'the replica is in sync',
      async () => (await replica.status()).inSync && (await replica.status()).role === 'replica',
    )
    const client = new TestClient(primary.port)
    for (const command of ['SET a 1', 'SET b 2 EX 100', 'GET a', 'GET none', 'HSET h f v', 'LPUSH l x', 'ZADD z 1 m'])
      await client.say(...command.split(' '))
    const metrics = metricsOf((await node.reading(2)) ?? new Float64Array())
    expect(Object.fromEntries(metrics)).toMatchObject({
      ...{ CurrItems: 5, CurrVolatileItems: 1, CacheHits: 1, CacheMisses: 1, CacheHitRate: 50, GetTypeCmds: 2 },
      ...{
        SetTypeCmds: 5,
        StringBasedCmds: 4,
        HashBasedCmds: 1,
        ListBasedCmds: 1,
        SortedSetBasedCmds: 1,
        SetBasedCmds: 0,
      },
      ...{ IsPrimary: 1, PrimaryLinkHealthStatus: 1, ReplicationLag: Number.NaN, Evictions: 0, SaveInProgress: 0 },
    })
    expect(metrics.get('DatabaseMemoryUsagePercentage')).toBeGreaterThan(0.5)
    expect(metrics.get('SetTypeCmdsLatency')).toBeGreaterThan(0)
    expect(metrics.get('ReplicationBytes')).toBeGreaterThan(0)
    expect(metrics.get('EngineCPUUtilization')).toBeGreaterThan(0)
    const theirs = metricsOf((await replica.reading(2)) ?? new Float64Array())
    expect(theirs.get('IsPrimary')).toBe(0)
    expect(theirs.get('ReplicationLag')).toBeLessThanOrEqual(2)
    expect(await node.counters()).toMatchObject({ pid: node.pid, connections: 1, items: 5 })
    await replica.stop()
    await say(primary.port, 'PING')
  },
)
