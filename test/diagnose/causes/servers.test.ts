import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { judgeEvidence } from '../../../src/diagnose/causes/index.ts'
import { examine } from '../../../src/diagnose/doctor.ts'
import type { ClusterFacts, Place } from '../../../src/diagnose/evidence.ts'
import type { Member, RedisLive, RedisSpec } from '../../../src/engine/nodes/redis/spec.ts'
import { eventually } from '../../support/eventually.ts'
import {
  ALL_SERVERS,
  kill,
  nextPort,
  OPEN,
  type ServerName,
  say,
  specOf,
  startNode,
  TestClient,
} from '../../support/redis-node.ts'

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

/** Of what servers tell: on a busy host any of them may be late, too. */
const causes = (findings: Awaited<ReturnType<typeof doctor>>) =>
  findings.filter(({ id, severity }) => severity !== 'note' && id.startsWith('V')).map(({ id }) => id)

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

/** A cluster of two shards without replicas. */
async function startCluster(name: ServerName, announced = '127.0.0.1') {
  const secret = randomBytes(8).toString('hex')
  const slots = [
    [0, 8191],
    [8192, 16_383],
  ] as const
  const topology = slots.map((range, at): Member => {
    const [nodeId, ports] = [randomBytes(20).toString('hex'), { port: nextPort(), busPort: nextPort() }]
    return { nodeId, ip: announced, ...ports, shard: `000${at + 1}`, slots: [range], primary: true }
  })
  const announce = { ip: announced }
  const nodes = topology.map(({ nodeId, port }) =>
    specOf(name, { secret, nodeId, port, announce, ...live({ topology }) }),
  )
  const started = await Promise.all(nodes.map((spec) => startNode(spec)))
  await eventually('all slots are served', async () => {
    const states = await Promise.all(started.map((node) => node.status()))
    return states.every(({ agrees, clusterOk }) => agrees && clusterOk)
  })
  const group = groupOf(...nodes.map(({ port }) => ({ port })))
  const [first, second] = group.nodes.map((node, at) => ({ ...node, shard: `000${at + 1}` }))
  return { group: { ...group, nodes: [first, second].flatMap((node) => node ?? []) }, port: nodes[0]?.port ?? 0 }
}

async function startPair(name: ServerName) {
  const primary = specOf(name)
  const node = await startNode(primary)
  const role = { replicaOf: { port: primary.port, innerPort: primary.innerPort } }
  const replica = specOf(name, { secret: primary.secret, ...live({ role }) })
  const second = await startNode(replica)
  await eventually('the replica is in sync', async () => (await second.status()).inSync)
  const group = groupOf({ port: primary.port, role: 'primary' }, { port: replica.port, role: 'replica' })
  return { primary, replica, node, group }
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

  test.skipIf(isMissing)(
    'has nothing to say of a pair, nor of what its clients write',
    { timeout: SECONDS },
    async () => {
      const { primary, group } = await startPair(name)
      goOn(primary.port, ['SET', 'a', '1'])
      expect(causes(await doctor(group))).toEqual([])
    },
  )

  test.skipIf(isMissing)('names clients that write to a replica', { timeout: SECONDS }, async () => {
    const { primary, replica, group } = await startPair(name)
    goOn(replica.port, ['SET', 'a', '1'])
    const found = await doctor(group)
    expect(causes(found)).toEqual(['V05'])
    expect(told(found)).toContain(`the primary is 127.0.0.1:${primary.port}`)
  })

  test.skipIf(isMissing)('names a replica that has lost its primary', { timeout: SECONDS }, async () => {
    const { node, group } = await startPair(name)
    await kill(node)
    await eventually('it is told', async () => causes(await doctor(group)).includes('V04'))
    expect(causes(await doctor(group))).toContain('V03')
  })

  test.skipIf(isMissing)('says that the API has the primary wrong', { timeout: SECONDS }, async () => {
    const { primary, replica } = await startPair(name)
    const found = await doctor(
      groupOf({ port: primary.port, role: 'replica' }, { port: replica.port, role: 'primary' }),
    )
    expect(causes(found)).toEqual(['V03'])
    expect(told(found)).toContain('The API names shop-002')
  })

  test.skipIf(isMissing)('names a script that holds the node', { timeout: SECONDS }, async () => {
    const spec = specOf(name, live({ directives: { 'busy-reply-threshold': '100' } }))
    await startNode(spec)
    void new TestClient(spec.port).say('EVAL', 'while true do end', '0')
    await eventually('it is busy', async () => (await say(spec.port, 'PING')).startsWith('BUSY'))
    const found = await doctor(groupOf({ port: spec.port, role: 'primary' }))
    expect(await say(spec.port, 'SCRIPT', 'KILL')).toBe('OK')
    expect(causes(found)[0]).toBe('V02')
    expect(told(found)).toContain('SCRIPT KILL')
  })

  test.skipIf(isMissing)('names a client that does not read', { timeout: SECONDS }, async () => {
    const spec = specOf(name)
    await startNode(spec)
    const deaf = connect(spec.port, '127.0.0.1')
    onTestFinished(() => void deaf.destroy())
    deaf.pause()
    deaf.write('SUBSCRIBE news\r\n')
    await eventually('it is sent more than fits on its way', async () => {
      await say(spec.port, 'PUBLISH', 'news', 'x'.repeat(500_000))
      return /omem=([4-9]\d{6}|\d{8})/.test(await say(spec.port, 'CLIENT', 'LIST'))
    })
    expect(causes(await doctor(groupOf({ port: spec.port, role: 'primary' })))).toEqual(['V13'])
  })

  test.skipIf(isMissing)('names clients that do not log in', { timeout: SECONDS }, async () => {
    const users = ['default off', 'app on >secretsecretsecret ~* &* +@all']
    const spec = specOf(name, live({ users }))
    await startNode(spec)
    const group = groupOf({ port: spec.port, role: 'primary' })
    const login = { user: 'app', password: 'secretsecretsecret' }
    expect(causes(await doctor(group, login))).toEqual([])
    expect(causes(await doctor(group))).toEqual([])
    goOn(spec.port, ['GET', 'a'])
    expect(causes(await doctor(group, login))).toEqual(['V08'])
  })

  test.skipIf(isMissing)(
    'names what clients do wrong in cluster mode, and nothing where they do well',
    { timeout: SECONDS },
    async () => {
      const { group, port } = await startCluster(name)
      expect(causes(await doctor(group))).toEqual([])
      goOn(port, ['SELECT', '1'])
      expect(causes(await doctor(group))).toEqual(['V15'])
      goOn(port, ['GET', 'a'], ['MGET', 'a', 'b'])
      const found = await doctor(group)
      expect(causes(found)[0]).toBe('V06')
      expect(told(found)).toMatch(/times MOVED and \d+ times CROSSSLOT/)
    },
  )

  test.skipIf(isMissing)('names addresses that a cluster leads to in vain', { timeout: SECONDS }, async () => {
    const { group } = await startCluster(name, '127.9.9.9')
    const found = await doctor(group)
    expect(causes(found)[0]).toBe('V07')
    expect(told(found)).toContain('127.9.9.9')
  })
})
