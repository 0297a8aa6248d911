import { describe, expect, onTestFinished, test } from 'vitest'
import { judgeEvidence } from '../../../src/diagnose/causes/index.ts'
import { examine } from '../../../src/diagnose/doctor.ts'
import type { ClusterFacts, Place } from '../../../src/diagnose/evidence.ts'
import type { RedisLive, RedisSpec } from '../../../src/engine/nodes/redis/spec.ts'
import { eventually } from '../../support/eventually.ts'
import { ALL_SERVERS, OPEN, specOf, startNode, TestClient } from '../../support/redis-node.ts'

const KINDS = ALL_SERVERS.filter(({ name }) => name !== 'embedded redis' && name !== 'valkey-server')
const SECONDS = 60_000

const placeOf = (port: number, role: string): Place => ({
  ...{ host: '127.0.0.1', port, role, tls: false, cluster: 'shop', speaks: 'resp' },
})

/** A group of one shard, as the API tells of it. */
const groupOf = (...nodes: { port: number; role?: 'primary' | 'replica' }[]): ClusterFacts => ({
  ...{ id: 'shop', status: 'available', engine: 'valkey', networkType: 'ipv4', ipDiscovery: 'ipv4', tls: false },
  ...{ numCacheNodes: nodes.length, group: true, local: true },
  nodes: nodes.map(({ port, ...more }, at) => ({
    ...{ id: `shop-00${at + 1}`, status: 'available', host: '127.0.0.1', port, shard: '0001', ...more },
  })),
})

/** What doctor finds at the nodes of a group, the first first. */
async function doctor(group: ClusterFacts, login = {}) {
  const places = group.nodes.map(({ id, port = 0 }) => placeOf(port, id))
  const evidence = await examine({ places, clusters: [group], trust: new Map(), attempts: 1, login })
  return judgeEvidence(evidence)
}

const causes = (findings: Awaited<ReturnType<typeof doctor>>) =>
  findings.filter(({ severity }) => severity !== 'note').map(({ id }) => id)

const told = (findings: Awaited<ReturnType<typeof doctor>>) =>
  findings.map(({ id, sentence, hint }) => `${id} ${sentence} ${hint}`).join('\n')

/** Says it again and again until the test ends. */
function goOn(port: number, ...commands: string[][]): void {
  const client = new TestClient(port)
  let over = false
  onTestFinished(() => {
    over = true
  })
  void (async () => {
    while (!over) {
      for (const command of commands) if ((await client.say(...command)) === 'CLOSED') return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
}

const live = (more: Partial<RedisLive>): Partial<RedisSpec> => ({ live: { ...OPEN, ...more } })

describe.each(KINDS)('of a group of $name the doctor', ({ name, isMissing }) => {
  test.skipIf(isMissing)('has nothing to say where all is well', { timeout: SECONDS }, async () => {
    const spec = specOf(name)
    await startNode(spec)
    goOn(spec.port, ['SET', 'a', '1'], ['GET', 'a'])
    expect(causes(await doctor(groupOf({ port: spec.port, role: 'primary' })))).toEqual([])
  })

  test.skipIf(isMissing)('names who lacks which permission, for what', { timeout: SECONDS }, async () => {
    const users = ['default on nopass ~* &* +@all', 'app on nopass ~app:* &* +@read +hello']
    const spec = specOf(name, live({ users }))
    await startNode(spec)
    goOn(spec.port, ['AUTH', 'app', 'x'], ['SET', 'app:1', 'x'], ['GET', 'other'])
    const found = await doctor(groupOf({ port: spec.port, role: 'primary' }))
    expect(causes(found)).toEqual(['V09'])
    expect(told(found)).toMatch(/app lacks .*(\+set|~other)/)
  })

  test.skipIf(isMissing)('names the user whose password is refused', { timeout: SECONDS }, async () => {
    const spec = specOf(name)
    await startNode(spec)
    goOn(spec.port, ['AUTH', 'nobody', 'x'])
    const found = await doctor(groupOf({ port: spec.port, role: 'primary' }))
    expect(causes(found)).toEqual(['V08'])
    expect(told(found)).toContain('as nobody')
  })

  test.skipIf(isMissing)('says that its own password is refused', { timeout: SECONDS }, async () => {
    const spec = specOf(name)
    await startNode(spec)
    const found = await doctor(groupOf({ port: spec.port, role: 'primary' }), { user: 'nobody', password: 'x' })
    expect(causes(found)).toEqual(['V01'])
  })

  test.skipIf(isMissing)('names a full node that may evict nothing', { timeout: SECONDS }, async () => {
    const spec = specOf(name, live({ directives: { maxmemory: '8mb', 'maxmemory-policy': 'noeviction' } }))
    await startNode(spec)
    const client = new TestClient(spec.port)
    await eventually('it is full', async () => {
      const key = String(Math.random())
      return (await client.say('SET', key, 'x'.repeat(100_000))).startsWith('OOM')
    })
    goOn(spec.port, ['SET', 'k', 'x'])
    expect(causes(await doctor(groupOf({ port: spec.port, role: 'primary' })))).toEqual(['V10'])
  })

  test.skipIf(isMissing)('names keys that are thrown out', { timeout: SECONDS }, async () => {
    const spec = specOf(name, live({ directives: { maxmemory: '8mb', 'maxmemory-policy': 'allkeys-lru' } }))
    await startNode(spec)
    const load = Array.from({ length: 400 }, (_, at) => ['SET', `k${at}`, 'x'.repeat(100_000)])
    goOn(spec.port, ...load)
    expect(causes(await doctor(groupOf({ port: spec.port, role: 'primary' })))).toEqual(['V11'])
  })

  test.skipIf(isMissing)('names a MONITOR', { timeout: SECONDS }, async () => {
    const spec = specOf(name)
    await startNode(spec)
    const client = new TestClient(spec.port)
    await client.say('MONITOR')
    expect(causes(await doctor(groupOf({ port: spec.port, role: 'primary' })))).toEqual(['V14'])
  })

  test.skipIf(isMissing)('names a slow script of the last minute', { timeout: SECONDS }, async () => {
    const spec = specOf(name)
    await startNode(spec)
    const loop = 'local x = 0 for i = 1, 30000000 do x = i % 7 end return x'
    await new TestClient(spec.port).say('EVAL', loop, '0')
    const found = await doctor(groupOf({ port: spec.port, role: 'primary' }))
    expect(causes(found)).toEqual(['V12'])
    expect(told(found)).toContain('EVAL')
  })

  test.skipIf(isMissing)('names two primaries of one shard', { timeout: SECONDS }, async () => {
    const [one, other] = [specOf(name), specOf(name)]
    await Promise.all([startNode(one), startNode(other)])
    const found = await doctor(groupOf({ port: one.port, role: 'primary' }, { port: other.port, role: 'replica' }))
    expect(causes(found)[0]).toBe('V03')
    expect(told(found)).toContain('shop-001 and shop-002')
  })
})
