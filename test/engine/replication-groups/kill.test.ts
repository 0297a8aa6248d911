/**
 * `CACHECTL_KILLS=200 npx vitest run --config test/vitest.config.ts test/engine/replication-groups/kill.test.ts` for the long
 * proof; `CACHECTL_SEED` makes other choices.
 */
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { ElastiCache, ReplicationGroup } from '@aws-sdk/client-elasticache'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canListen } from '../../../src/engine/network/ports.ts'
import { firstPort, temporaryDirectory } from '../../support/engine.ts'
import { type EngineProcess, start as startAny } from '../../support/engine-process.ts'
import { eventually } from '../../support/eventually.ts'
import { GroupWriter } from '../../support/group-writer.ts'
import { oneOf, type Random, randomOf } from '../../support/random.ts'
import { start } from '../../support/real-servers.ts'
import { TestClient } from '../../support/redis-node.ts'
import { installed, NODE, SKIPPED } from './support.ts'

const KILLS = Number(process.env.CACHECTL_KILLS ?? 3)
const SEED = Number(process.env.CACHECTL_SEED ?? 1)
/** A change that was broken off is finished within this, however busy the machine is. */
const SETTLES_WITHIN_MS = 120_000
/** Kills come this long after a change was asked for, at most. */
const MOMENT_MS = 1_000

const startEmbedded = (stateDir: string) => startAny(stateDir, { nodeRuntime: 'embedded' })

const VICTIMS = ['engine', 'primary', 'replica', 'engine and primary'] as const
type Victim = (typeof VICTIMS)[number]

const PLAIN = 'plain'
const SHARDED = 'sharded'
/** Comes and goes. */
const OTHER = 'other'
const COMMON = { ...NODE, ReplicationGroupDescription: 'd', AutomaticFailoverEnabled: true, Port: firstPort }
const NOW = { ApplyImmediately: true }

async function groupsOf(client: ElastiCache): Promise<ReplicationGroup[]> {
  const { ReplicationGroups = [] } = await client.describeReplicationGroups({})
  return ReplicationGroups
}

async function shardsOf(client: ElastiCache, id: string) {
  const group = (await groupsOf(client)).find(({ ReplicationGroupId }) => ReplicationGroupId === id)
  return group?.NodeGroups ?? []
}

type Change = (client: ElastiCache, random: Random) => Promise<unknown>

const CHANGES: readonly Change[] = [
  async function replicas(client, random) {
    const ReplicationGroupId = oneOf(random, [PLAIN, SHARDED])
    const [shard] = await shardsOf(client, ReplicationGroupId)
    const [call, NewReplicaCount] =
      shard?.NodeGroupMembers?.length === 3
        ? (['decreaseReplicaCount', 1] as const)
        : (['increaseReplicaCount', 2] as const)
    return client[call]({ ReplicationGroupId, NewReplicaCount, ...NOW })
  },
  async function shards(client, random) {
    const present = (await shardsOf(client, SHARDED)).map(({ NodeGroupId = '' }) => NodeGroupId)
    const change = { ReplicationGroupId: SHARDED, ...NOW }
    return client.modifyReplicationGroupShardConfiguration(
      present.length === 2
        ? { ...change, NodeGroupCount: 3 }
        : { ...change, NodeGroupCount: 2, NodeGroupsToRemove: [oneOf(random, present)] },
    )
  },
  async function failover(client, random) {
    const ReplicationGroupId = oneOf(random, [PLAIN, SHARDED])
    const { NodeGroupId } = oneOf(random, await shardsOf(client, ReplicationGroupId))
    return client.testFailover({ ReplicationGroupId, NodeGroupId })
  },
  async function snapshot(client, random) {
    const { Snapshots: [taken] = [] } = await client.describeSnapshots({})
    if (taken) return client.deleteSnapshot({ SnapshotName: taken.SnapshotName })
    return client.createSnapshot({ ReplicationGroupId: oneOf(random, [PLAIN, SHARDED]), SnapshotName: 'taken' })
  },
  async function nodeType(client, random) {
    const ReplicationGroupId = oneOf(random, [PLAIN, SHARDED])
    const CacheNodeType = oneOf(random, ['cache.t4g.small', 'cache.t4g.medium'])
    return client.modifyReplicationGroup({ ReplicationGroupId, CacheNodeType, ...NOW })
  },
  async function another(client) {
    const isThere = (await shardsOf(client, OTHER)).length > 0
    if (isThere) return client.deleteReplicationGroup({ ReplicationGroupId: OTHER })
    return client.createReplicationGroup({
      ...COMMON,
      ReplicationGroupId: OTHER,
      NumNodeGroups: 1,
      ReplicasPerNodeGroup: 1,
    })
  },
]

/** Servers that run with this state: the process of each, and the member it is. */
function serversIn(stateDir: string): { pid: number; member: string }[] {
  const nodes = join(stateDir, 'nodes', 'us-west-2')
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const directory = readlinkSync(`/proc/${pid}/cwd`)
      if (!directory.startsWith(nodes)) return []
      return [{ pid: Number(pid), member: directory.slice(nodes.length + 1).split('/')[0] ?? '' }]
    } catch {
      return [] // no process, or it has ended
    }
  })
}

async function membersOf(client: ElastiCache) {
  const { CacheClusters = [] } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
  return CacheClusters.map(({ CacheClusterId = '', ReplicationGroupId = '', CacheNodes: [node] = [] }) => ({
    member: CacheClusterId,
    group: ReplicationGroupId,
    port: node?.Endpoint?.Port ?? 0,
  }))
}

async function infoAt(port: number): Promise<string> {
  const client = new TestClient(port)
  const info = await client.say('INFO')
  client.close()
  return info
}

/** The process of a member that is what is to be killed; of a primary only when a replica has what it has. */
async function pidOf(client: ElastiCache, victim: Victim, random: Random): Promise<number | undefined> {
  const ofGroup = oneOf(random, [PLAIN, SHARDED])
  const members = (await membersOf(client)).filter(({ group, port }) => group === ofGroup && port > 0)
  const infos = await Promise.all(members.map(({ port }) => infoAt(port)))
  const fits = infos.filter((info) =>
    victim === 'replica'
      ? info.includes('role:slave')
      : info.includes('role:master') && /slave\d+:.*state=online/.test(info),
  )
  const pid = fits.length > 0 ? /process_id:(\d+)/.exec(oneOf(random, fits))?.[1] : undefined
  return pid === undefined ? undefined : Number(pid)
}

const kill = (pid: number) => {
  if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
}

/** Nothing is under way any more, and each replica follows. */
async function isAtRest(client: ElastiCache): Promise<boolean> {
  const groups = await groupsOf(client)
  const { Snapshots = [] } = await client.describeSnapshots({})
  if (groups.some(({ Status }) => Status !== 'available')) return false
  if (Snapshots.some(({ SnapshotStatus }) => SnapshotStatus !== 'available' && SnapshotStatus !== 'failed'))
    return false
  const infos = await Promise.all((await membersOf(client)).map(({ port }) => infoAt(port)))
  return infos.every((info) => info.includes('role:master') || info.includes('master_link_status:up'))
}

const portsOf = async (client: ElastiCache): Promise<number[]> => {
  const endpoints = (await groupsOf(client)).flatMap(({ ConfigurationEndpoint, NodeGroups = [] }) => [
    ConfigurationEndpoint,
    ...NodeGroups.flatMap(({ PrimaryEndpoint, ReaderEndpoint }) => [PrimaryEndpoint, ReaderEndpoint]),
  ])
  const ports = [
    ...endpoints.map((endpoint) => endpoint?.Port ?? 0),
    ...(await membersOf(client)).map(({ port }) => port),
  ]
  return ports.filter((port) => port > 0)
}

/** A group of each cluster mode. Answers where each takes writes. */
async function createGroups(client: ElastiCache): Promise<number[]> {
  await client.createReplicationGroup({ ...COMMON, ReplicationGroupId: PLAIN, NumCacheClusters: 2 })
  const sharded = { ReplicationGroupId: SHARDED, NumNodeGroups: 2, ReplicasPerNodeGroup: 1 }
  await client.createReplicationGroup({ ...COMMON, ...sharded })
  await eventually('all is at rest', () => isAtRest(client), SETTLES_WITHIN_MS)
  return (await groupsOf(client)).map(
    ({ ConfigurationEndpoint, NodeGroups: [shard] = [] }) =>
      (ConfigurationEndpoint ?? shard?.PrimaryEndpoint)?.Port ?? 0,
  )
}

// What they held has ended with the engine; that is all that is lost.
test('groups whose nodes are parts of an engine are at rest and take writes after kill -9 of it at any moment', {
  timeout: 120_000 + KILLS * 60_000,
}, async () => {
  const random = randomOf(SEED)
  const stateDir = temporaryDirectory()
  let engine = await startEmbedded(stateDir)
  const ports = await createGroups(engine.client)
  for (let nth = 1; nth <= Math.ceil(KILLS / 3); nth++) {
    const change = oneOf(random, CHANGES)
    const told = `seed ${SEED}, kill ${nth} while it changes ${change.name}`
    const asked = change(engine.client, random).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, random() * MOMENT_MS))
    await engine.kill()
    await asked
    engine = await startEmbedded(stateDir)
    await eventually(`${told}: all is at rest`, () => isAtRest(engine.client), SETTLES_WITHIN_MS)
    for (const port of ports) {
      const writer = new GroupWriter(port)
      writer.begin()
      await eventually(`${told}: writes`, () => writer.acknowledged.length >= 50)
      await writer.end()
      expect(await writer.missing(), told).toEqual([])
    }
  }
})

describe.skipIf(!installed || process.platform !== 'linux')(`servers of replication groups ${SKIPPED}`, () => {
  test(`hold what was acknowledged after kill -9 of them and of the engine at any moment, ${KILLS} times, and none is left over`, {
    timeout: 120_000 + KILLS * 60_000,
  }, async () => {
    const random = randomOf(SEED)
    const stateDir = temporaryDirectory()
    onTestFinished(() => {
      for (const { pid } of serversIn(stateDir)) kill(pid)
    })
    let engine: EngineProcess = await start(stateDir)
    const rest = () => eventually('all is at rest', () => isAtRest(engine.client), SETTLES_WITHIN_MS)
    const writers = (await createGroups(engine.client)).map((port) => new GroupWriter(port))
    const ports = new Set<number>()

    for (let nth = 1; nth <= KILLS; nth++) {
      const change = oneOf(random, CHANGES)
      const victim = oneOf(random, VICTIMS)
      const told = `seed ${SEED}, kill ${nth} (${victim}, while it changes ${change.name})`
      for (const writer of writers) writer.begin()
      // It may be refused, or get no answer: what becomes of it is looked at below.
      const asked = change(engine.client, random).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, random() * MOMENT_MS))
      const pid = victim === 'engine' ? undefined : await pidOf(engine.client, victim, random)
      const takesEngine = victim === 'engine' || victim === 'engine and primary'
      const engineEnds = takesEngine ? engine.kill() : undefined
      if (pid !== undefined) kill(pid)
      await engineEnds
      await asked
      if (takesEngine) engine = await start(stateDir)
      await rest()
      for (const writer of writers) {
        await writer.end()
        expect(await writer.missing(), told).toEqual([])
      }
      const expected = (await membersOf(engine.client)).map(({ member }) => member).sort()
      const running = () =>
        serversIn(stateDir)
          .map(({ member }) => member)
          .sort()
      await eventually(`${told}: servers of ${expected} alone`, () => String(running()) === String(expected))
      for (const port of await portsOf(engine.client)) ports.add(port)
    }

    for (const { ReplicationGroupId } of await groupsOf(engine.client)) {
      await engine.client.deleteReplicationGroup({ ReplicationGroupId })
    }
    await eventually('no group', async () => (await groupsOf(engine.client)).length === 0, SETTLES_WITHIN_MS)
    await eventually('no server', () => serversIn(stateDir).length === 0)
    for (const port of ports) expect(await canListen('127.0.0.1', port), `port ${port}`).toBe(true)
    const counts = writers.map(({ acknowledged }) => acknowledged.length)
    console.log(`${KILLS} kills, seed ${SEED}; ${counts.join(' and ')} acknowledged keys are there`)
    expect(counts.every((count) => count > 0)).toBe(true)
  })
})
